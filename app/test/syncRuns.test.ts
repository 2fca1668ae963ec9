import { describe, expect, it } from "vitest";
import type { SyncRun } from "../../worker/api.ts";
import { DEFAULT_TUNING } from "../../worker/syncTuning.ts";
import { chooseRun, rowsOf } from "../syncRuns.ts";
import { requestRow, START } from "./syncRows.ts";

function run(firstId: number, lists: number): SyncRun {
  return {
    firstId,
    strategy: { kind: "discovery" },
    rationale: [],
    qrInfos: { planned: 0, done: 0 },
    mnListDiffs: { planned: lists, done: 0 },
    estimatedBytes: 0,
    estimatedDurationMs: 0,
    startedAtMs: START,
    completedAtMs: undefined,
  };
}

const RUNS = [run(1, 1), run(2, 3), run(5, 1), run(6, 1)];

describe("runs", () => {
  it.each([
    ["largest", RUNS, 2],
    ["newest", RUNS, 6],
    ["largest", [run(1, 1), run(2, 1)], 2],
    ["largest", [], undefined],
    ["newest", [], undefined],
  ] as const)("the %s is chosen", (choice, runs, firstId) => {
    expect(chooseRun(runs, choice)?.firstId).toBe(firstId);
  });

  it("have the requests up to the next one's", () => {
    const requests = [2, 3, 4, 5, 6, 7].map((id) => requestRow(id, [0]));
    const sync = { runs: RUNS, requests, concurrency: [], nowMs: START, tuning: DEFAULT_TUNING };
    expect(RUNS.map((one) => rowsOf(sync, one).map(({ id }) => id))).toEqual([[], [2, 3, 4], [5], [6, 7]]);
  });
});
