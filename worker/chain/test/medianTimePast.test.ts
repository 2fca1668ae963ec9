import { expect, test } from "vitest";
import { computeMedianTimePast } from "../medianTimePast.ts";
import { memoryBranch } from "./memoryBranch.ts";

const branch = (height: number, times: number[]) =>
  memoryBranch(
    height,
    times.map((time) => ({ time, bits: 0 })),
  );

test.each([
  ["genesis alone", 0, [7], 7],
  ["the upper of two", 1, [1, 2], 2],
  ["the middle of three, in any order", 2, [9, 1, 5], 5],
  ["numbers, not digits", 2, [9, 10, 100], 10],
  ["the sixth of eleven", 10, [11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1], 6],
  ["only the last eleven", 12, [900, 901, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1], 6],
])("%s", (_, height, times, median) => {
  expect(computeMedianTimePast(branch(height, times))).toBe(median);
});

test("unknown if one of the eleven is", () => {
  const times = [11, 10, 9, 8, 7, 6, 5, 4, 3, 2];
  expect(computeMedianTimePast(branch(500, times))).toBeUndefined();
  expect(computeMedianTimePast(branch(500, [...times, 1]))).toBe(6);
});
