import { describe, expect, it } from "vitest";
import { EMPTY_PLAN, type SyncPlan } from "../sync/plan.ts";
import { diffRequest, qrInfoRequest } from "../sync/test/requests.ts";
import { SyncActivity } from "../syncActivity.ts";
import { DEFAULT_TUNING } from "../syncTuning.ts";
import { ManualClock } from "./manualClock.ts";

const PLAN: SyncPlan = {
  ...EMPTY_PLAN,
  rationale: ["one QRInfo", "one list"],
  estimatedBytes: 11_000,
  estimatedDurationMs: 300,
};
const ADDRESS = "203.0.113.7:9999";

function start() {
  const clock = new ManualClock(1_000);
  const activity = new SyncActivity(DEFAULT_TUNING, () => clock.now());
  const answer = (height: number) =>
    activity.log.end(activity.log.queue(diffRequest(height), "normal"), "answered");
  return { clock, activity, answer };
}

describe("the sync's activity", () => {
  it("is empty before there is a plan", () => {
    expect(start().activity.snapshot()).toEqual({
      runs: [],
      requests: [],
      concurrency: [],
      nowMs: 1_000,
      tuning: DEFAULT_TUNING,
    });
  });

  it("is the plan, its requests and how many are done", () => {
    const { clock, activity } = start();
    activity.start(PLAN);
    const qrInfo = activity.log.queue(qrInfoRequest(), "critical");
    const list = activity.log.queue(diffRequest(448, 424), "normal");
    activity.log.send(qrInfo, ADDRESS);
    activity.log.send(list, ADDRESS);
    clock.advance(20);
    activity.log.end(list, "answered");
    const { requests, runs, nowMs } = activity.snapshot();
    expect(nowMs).toBe(1_020);
    expect(requests.map(({ state }) => state)).toEqual(["inFlight", "answered"]);
    expect(runs).toEqual([
      {
        firstId: qrInfo,
        strategy: { kind: "discovery" },
        rationale: PLAN.rationale,
        qrInfos: { planned: 1, done: 0 },
        mnListDiffs: { planned: 1, done: 1 },
        estimatedBytes: 11_000,
        estimatedDurationMs: 300,
        startedAtMs: 1_000,
        completedAtMs: undefined,
      },
    ]);
  });

  it("counts once what is asked for again", () => {
    const { activity, answer } = start();
    activity.start(PLAN);
    activity.log.end(activity.log.queue(diffRequest(448), "normal"), "retried", "refused");
    answer(448);
    expect(activity.snapshot().runs).toMatchObject([{ mnListDiffs: { planned: 1, done: 1 } }]);
  });

  it("adds up the rounds of a run, which ends when nothing is missing", () => {
    const { clock, activity, answer } = start();
    for (const height of [432, 440]) {
      activity.start({ ...PLAN, rationale: ["one QRInfo", `the list at ${height}`] });
      answer(height);
    }
    clock.advance(500);
    activity.settle();
    clock.advance(500);
    activity.settle();
    activity.start(PLAN);
    activity.log.queue(diffRequest(448), "critical");
    expect(activity.snapshot().runs).toMatchObject([
      {
        firstId: 1,
        mnListDiffs: { planned: 2, done: 2 },
        rationale: ["one QRInfo", "the list at 432", "the list at 440"],
        estimatedBytes: 22_000,
        estimatedDurationMs: 600,
        completedAtMs: 1_500,
      },
      {
        firstId: 3,
        mnListDiffs: { planned: 1, done: 0 },
        rationale: PLAN.rationale,
        startedAtMs: 2_000,
        completedAtMs: undefined,
      },
    ]);
  });

  it("keeps the newest runs", () => {
    const { activity } = start();
    for (let run = 0; run < 60; run++) {
      activity.start({ ...PLAN, estimatedBytes: run });
      activity.settle();
    }
    const { runs } = activity.snapshot();
    expect([runs.length, runs[0]?.estimatedBytes, runs.at(-1)?.estimatedBytes]).toEqual([50, 10, 59]);
  });

  it("says why lists alone are asked for", () => {
    const { activity } = start();
    activity.start({ ...PLAN, fallbackToMnListDiff: true });
    expect(activity.snapshot().runs[0]?.strategy).toEqual({
      kind: "fallback",
      reason: "no peer sends snapshots, so rotating quorums stay unknown",
    });
  });

  it("has another revision whenever there is something new", () => {
    const { activity } = start();
    const news = [
      () => activity.start(PLAN),
      () => activity.log.queue(diffRequest(448), "normal"),
      () => activity.settle(),
    ];
    for (const happen of news) {
      const before = activity.revision;
      happen();
      expect(activity.revision).not.toBe(before);
    }
  });
});
