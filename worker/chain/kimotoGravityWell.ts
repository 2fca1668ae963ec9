import type { PowParams } from "../params/index.ts";
import type { HeaderBranch } from "./branch.ts";
import { decodeTarget, encodeCompact } from "./target.ts";

/** Parts of the target timespan: 14 blocks at least, a week of blocks (4032) at most. */
const PAST_MIN = 0.025;
const PAST_MAX = 7;

/**
 * Kimoto Gravity Well: mainnet 15200 to 34139 only, where `bits` may be off by half (`exactDifficultyHeight`), so
 * doubles that differ in the last digit from Core's do not matter.
 * @returns the compact target of the block on top of `branch`, undefined if a header it needs is not known
 * Source: Core 23.1.2 pow.cpp KimotoGravityWell
 */
export function computeKimotoGravityWell(branch: HeaderBranch, pow: PowParams): number | undefined {
  const minBlocks = Math.trunc(Math.trunc(pow.targetTimespanSeconds * PAST_MIN) / pow.targetSpacingSeconds);
  const maxBlocks = Math.trunc((pow.targetTimespanSeconds * PAST_MAX) / pow.targetSpacingSeconds);
  if (branch.height === 0 || branch.height < minBlocks) return encodeCompact(pow.powLimit);
  const newest = branch.timeAt(branch.height);
  let average = 0n;
  let blocks = 0;
  let actualSeconds = 0;
  while (blocks < maxBlocks && branch.height - blocks > 0) {
    const height = branch.height - blocks;
    if (height < branch.firstHeight) return undefined;
    blocks++;
    average = nextAverage(average, decodeTarget(branch.bitsAt(height)), blocks);
    actualSeconds = Math.max(0, newest - branch.timeAt(height));
    const ratio = actualSeconds === 0 ? 1 : (pow.targetSpacingSeconds * blocks) / actualSeconds;
    if (blocks >= minBlocks && isPastEventHorizon(ratio, blocks)) break;
  }
  const target =
    actualSeconds === 0
      ? average
      : BigInt.asUintN(256, average * BigInt(actualSeconds)) / BigInt(pow.targetSpacingSeconds * blocks);
  return encodeCompact(target < pow.powLimit ? target : pow.powLimit);
}

/** Running mean of the first `count` targets, cut off at every step; bigint division cuts towards zero as Core does. */
function nextAverage(previous: bigint, target: bigint, count: number): bigint {
  return previous + (target - previous) / BigInt(count);
}

function isPastEventHorizon(ratio: number, blocks: number): boolean {
  const deviation = 1 + 0.7084 * (blocks / 28.2) ** -1.228;
  return ratio <= 1 / deviation || ratio >= deviation;
}
