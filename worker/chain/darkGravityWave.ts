import type { PowParams } from "../params/index.ts";
import type { HeaderBranch } from "./branch.ts";
import { decodeTarget, encodeCompact } from "./target.ts";

/** Blocks in the average. */
export const DGW_PAST_BLOCKS = 24;

/**
 * Dark Gravity Wave v3. Not an arithmetic mean (the newest target weighs double), cut off at every step, and 24
 * blocks are compared with 24 intervals though they span 23. All products are modulo 2^256: on networks with a
 * limit near 2^255 they wrap around, and the network follows the wrapped result.
 * In bigints all rules together take about 6 us a header, a third of its X11.
 * @returns the compact target of the block on top of `branch`, undefined if the 24 headers are not known
 * Source: Core 23.1.2 pow.cpp DarkGravityWave
 */
export function computeDarkGravityWave(branch: HeaderBranch, pow: PowParams): number | undefined {
  if (branch.height < DGW_PAST_BLOCKS) return encodeCompact(pow.powLimit);
  const oldest = branch.height - DGW_PAST_BLOCKS + 1;
  if (oldest < branch.firstHeight) return undefined;
  const timespan = branch.timeAt(branch.height) - branch.timeAt(oldest);
  const expected = DGW_PAST_BLOCKS * pow.targetSpacingSeconds;
  const clamped = Math.min(Math.max(timespan, Math.trunc(expected / 3)), expected * 3);
  const target = wrap(averageTarget(branch) * BigInt(clamped)) / BigInt(expected);
  return encodeCompact(target < pow.powLimit ? target : pow.powLimit);
}

function averageTarget(branch: HeaderBranch): bigint {
  let average = decodeTarget(branch.bitsAt(branch.height));
  for (let k = 2; k <= DGW_PAST_BLOCKS; k++) {
    const target = decodeTarget(branch.bitsAt(branch.height - k + 1));
    average = wrap(average * BigInt(k) + target) / BigInt(k + 1);
  }
  return average;
}

function wrap(value: bigint): bigint {
  return BigInt.asUintN(256, value);
}
