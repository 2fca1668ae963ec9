import { describe, expect, it } from "vitest";
import { receivedSamples, stepArea, stepPath, stepsOf } from "../stepChart.ts";
import { requestRow, START } from "./syncRows.ts";

const SPAN = { fromMs: START, toMs: START + 1_000 };
const SAMPLES = [
  { atMs: START - 500, value: 0 },
  { atMs: START, value: 4 },
  { atMs: START + 500, value: 2 },
  { atMs: START + 2_000, value: 0 },
];

describe("steps", () => {
  it("are cut to the time that is shown, and hold until the next sample", () => {
    expect(stepsOf(SAMPLES, SPAN)).toEqual([
      { start: 0, end: 0.5, value: 4 },
      { start: 0.5, end: 1, value: 2 },
    ]);
  });

  it("hold to the end after the last sample", () => {
    expect(stepsOf(SAMPLES.slice(0, 2), SPAN)).toEqual([{ start: 0, end: 1, value: 4 }]);
  });

  it("are drawn upside down, as SVG counts", () => {
    const steps = stepsOf(SAMPLES, SPAN);
    expect(stepPath(steps, 8)).toBe("M0 50H500L500 75H1000");
    expect(stepArea(steps, 8)).toBe("M0 50H500L500 75H1000L1000 100H0Z");
  });

  it("are nothing without samples", () => {
    expect(stepsOf([], SPAN)).toEqual([]);
    expect(stepPath([], 1)).toBe("");
  });
});

describe("receivedSamples", () => {
  it("adds up what came, in the order it came", () => {
    const rows = [
      requestRow(1, [0, 0, 600], { bytes: 500 }),
      requestRow(2, [0, 0, 200], { bytes: 30 }),
      requestRow(3, [0, 0, 300], { state: "failed", bytes: undefined }),
      requestRow(4, [0, 0]),
    ];
    expect(receivedSamples(rows, START)).toEqual([
      { atMs: START, value: 0 },
      { atMs: START + 200, value: 30 },
      { atMs: START + 600, value: 530 },
    ]);
  });
});
