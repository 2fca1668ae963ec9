import type { PowParams } from "../params/index.ts";
import type { HeaderBranch } from "./branch.ts";
import { decodeTarget, encodeCompact } from "./target.ts";

/**
 * Bitcoin's rule, for heights below the KGW height: the target changes once per timespan (576 blocks); test networks
 * let a late block be easy, and return to the last hard target after it.
 * @param time - of the new header
 * @returns the compact target of the block on top of `branch`, undefined if a header it needs is not known
 * Source: Core 23.1.2 pow.cpp GetNextWorkRequiredBTC, CalculateNextWorkRequired
 */
export function computeBitcoinRetarget(
  branch: HeaderBranch,
  time: number,
  pow: PowParams,
): number | undefined {
  const interval = Math.trunc(pow.targetTimespanSeconds / pow.targetSpacingSeconds);
  if ((branch.height + 1) % interval === 0) return retarget(branch, interval, pow);
  if (!pow.allowMinDifficultyBlocks) return branch.bitsAt(branch.height);
  const easiest = encodeCompact(pow.powLimit);
  if (time > branch.timeAt(branch.height) + 2 * pow.targetSpacingSeconds) return easiest;
  let height = branch.height;
  while (height > 0 && height % interval !== 0 && branch.bitsAt(height) === easiest) {
    height--;
    if (height < branch.firstHeight) return undefined;
  }
  return branch.bitsAt(height);
}

function retarget(branch: HeaderBranch, interval: number, pow: PowParams): number | undefined {
  const bits = branch.bitsAt(branch.height);
  if (pow.noRetargeting) return bits;
  const first = branch.height - interval + 1;
  if (first < branch.firstHeight) return undefined;
  const expected = pow.targetTimespanSeconds;
  const timespan = branch.timeAt(branch.height) - branch.timeAt(first);
  const clamped = Math.min(Math.max(timespan, Math.trunc(expected / 4)), expected * 4);
  const target = BigInt.asUintN(256, decodeTarget(bits) * BigInt(clamped)) / BigInt(expected);
  return encodeCompact(target < pow.powLimit ? target : pow.powLimit);
}
