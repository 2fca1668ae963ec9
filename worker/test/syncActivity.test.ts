import { describe, expect, it } from "vitest";
import { EMPTY_PLAN, type SyncPlan } from "../sync/plan.ts";
import { diffRequest, qrInfoRequest } from "../sync/test/requests.ts";
import { idleSync, SyncActivity } from "../syncActivity.ts";
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
  return { clock, activity: new SyncActivity(DEFAULT_TUNING, () => clock.now()) };
}

describe("the sync's activity", () => {
  it("is empty before there is a plan", () => {
    const { activity } = start();
    expect(activity.snapshot()).toEqual(idleSync(DEFAULT_TUNING, 1_000));
    expect(activity.snapshot()).toMatchObject({
      strategy: { kind: "discovery" },
      rationale: [],
      qrInfos: { planned: 0, done: 0 },
      requests: [],
      nowMs: 1_000,
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
    const { requests, ...rest } = activity.snapshot();
    expect(requests.map(({ state }) => state)).toEqual(["inFlight", "answered"]);
    expect(rest).toEqual({
      strategy: { kind: "discovery" },
      rationale: PLAN.rationale,
      qrInfos: { planned: 1, done: 0 },
      mnListDiffs: { planned: 1, done: 1 },
      estimatedBytes: 11_000,
      estimatedDurationMs: 300,
      concurrency: [],
      nowMs: 1_020,
      tuning: DEFAULT_TUNING,
    });
  });

  it("counts once what is asked for again", () => {
    const { activity } = start();
    activity.start(PLAN);
    activity.log.end(activity.log.queue(diffRequest(448, 424), "normal"), "retried", "refused");
    activity.log.end(activity.log.queue(diffRequest(448, 424), "normal"), "answered");
    expect(activity.snapshot().mnListDiffs).toEqual({ planned: 1, done: 1 });
  });

  it("goes on counting in the next round, and begins again after everything was there", () => {
    const { activity } = start();
    for (const height of [432, 440]) {
      activity.start({ ...PLAN, rationale: ["one QRInfo", `the list at ${height}`] });
      activity.log.end(activity.log.queue(diffRequest(height), "normal"), "answered");
    }
    activity.settle();
    expect(activity.snapshot()).toMatchObject({
      mnListDiffs: { planned: 2, done: 2 },
      rationale: ["one QRInfo", "the list at 432", "the list at 440"],
      estimatedBytes: 22_000,
      estimatedDurationMs: 600,
    });
    activity.start(PLAN);
    expect(activity.snapshot()).toMatchObject({ rationale: PLAN.rationale, estimatedBytes: 11_000 });
    activity.log.queue(diffRequest(448), "critical");
    expect(activity.snapshot().mnListDiffs).toEqual({ planned: 1, done: 0 });
    expect(activity.snapshot().requests).toHaveLength(3);
  });

  it("says why lists alone are asked for", () => {
    const { activity } = start();
    activity.start({ ...PLAN, fallbackToMnListDiff: true });
    expect(activity.snapshot().strategy).toEqual({
      kind: "fallback",
      reason: "no peer sends snapshots, so rotating quorums stay unknown",
    });
  });

  it("has another revision whenever there is something new", () => {
    const { activity } = start();
    const first = activity.revision;
    activity.start(PLAN);
    const second = activity.revision;
    activity.log.queue(diffRequest(448), "normal");
    expect(new Set([first, second, activity.revision]).size).toBe(3);
  });
});
