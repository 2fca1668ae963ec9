import { expect, it } from "vitest";
import { poolSize } from "../index.ts";

it.each([
  [1, 2],
  [2, 2],
  [3, 2],
  [4, 3],
  [9, 8],
  [10, 8],
  [128, 8],
])("%i cores are worth %i threads", (cores, threads) => {
  expect(poolSize(cores)).toBe(threads);
});
