import { describe, expect, it } from "vitest";
import { requestName } from "../requestStates.ts";
import { tookMs, totalsOf, waitedMs } from "../syncTotals.ts";
import { requestRow, START } from "./syncRows.ts";

const ROWS = [
  requestRow(1, [0, 0, 1_500], { kind: "qrinfo", label: "cycle 864", bytes: 60_000 }),
  requestRow(2, [0, 100, 300], { state: "retried", bytes: undefined }),
  requestRow(3, [300, 300, 600]),
  requestRow(4, [300, 300, 2_000], { state: "failed", bytes: undefined }),
];

describe("totalsOf", () => {
  it("adds up what a burst cost", () => {
    expect(totalsOf(ROWS, START + 60_000)).toMatchObject({
      requests: 4,
      pending: 0,
      answered: 2,
      inVain: 2,
      bytes: 61_000,
      startedAtMs: START,
      endedAtMs: START + 2_000,
      bytesPerSecond: 30_500,
    });
  });

  it("names what took longest, be it in vain", () => {
    expect(totalsOf(ROWS, START).slowest?.id).toBe(4);
    expect(totalsOf([requestRow(1, [0])], START).slowest).toBeUndefined();
  });

  it("counts until now while something is not over", () => {
    const totals = totalsOf([...ROWS, requestRow(5, [2_000, 2_000]), requestRow(6, [2_000])], START + 4_000);
    expect(totals).toMatchObject({ pending: 2, endedAtMs: START + 4_000, bytesPerSecond: 15_250 });
  });
});

describe("times of a request", () => {
  it.each([
    ["that was answered", requestRow(1, [0, 100, 400]), 100, 300],
    ["on its way", requestRow(1, [0, 100]), 100, 900],
    ["that waits", requestRow(1, [0]), 1_000, undefined],
    [
      "that nobody could be asked for",
      requestRow(1, [0], { state: "failed", endedAtMs: START + 200 }),
      200,
      undefined,
    ],
  ])("%s", (_, row, waited, took) => {
    expect(waitedMs(row, START + 1_000)).toBe(waited);
    expect(tookMs(row, START + 1_000)).toBe(took);
  });
});

describe("requestName", () => {
  it.each([
    ["qrinfo", "cycle 864", "QRInfo, cycle 864"],
    ["mnlistdiff", "8 to 16", "MnListDiff, 8 to 16"],
  ] as const)("of a %s", (kind, label, name) => {
    expect(requestName({ kind, label })).toBe(name);
  });
});
