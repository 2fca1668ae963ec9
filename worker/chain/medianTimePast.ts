import type { HeaderBranch } from "./branch.ts";

const MEDIAN_TIME_SPAN = 11;

/**
 * The middle of the last 11 block times (fewer near genesis): a new block must be later.
 * @returns seconds since 1970, undefined if one of the 11 is below the first known header
 * Source: Core 23.1.2 chain.h GetMedianTimePast
 */
export function computeMedianTimePast(branch: HeaderBranch): number | undefined {
  const lowest = Math.max(0, branch.height - MEDIAN_TIME_SPAN + 1);
  if (lowest < branch.firstHeight) return undefined;
  const times: number[] = [];
  for (let height = lowest; height <= branch.height; height++) times.push(branch.timeAt(height));
  times.sort((a, b) => a - b);
  return times[times.length >> 1];
}
