import type { PowParams } from "../params/index.ts";
import { computeBitcoinRetarget } from "./bitcoinRetarget.ts";
import type { HeaderBranch } from "./branch.ts";
import { computeDarkGravityWave } from "./darkGravityWave.ts";
import { computeKimotoGravityWell } from "./kimotoGravityWell.ts";
import { decodeTarget, encodeCompact } from "./target.ts";

/** Test networks, from the KGW height on: a block this long after its parent may be as easy as any. */
const MIN_DIFFICULTY_GAP_SECONDS = 2 * 60 * 60;
/** ... and one this many spacings after it ten times easier than its parent. */
const EASIER_GAP_SPACINGS = 4;

/**
 * The `bits` a header must have; which rule gives them depends on its height and, on test networks, on its time.
 * @param branch - the chain below the header
 * @param time - of the header, seconds since 1970
 * @returns compact target, undefined if the rule needs headers below the first known one
 * Source: Core 23.1.2 pow.cpp GetNextWorkRequired
 */
export function computeRequiredBits(branch: HeaderBranch, time: number, pow: PowParams): number | undefined {
  if (branch.height < pow.minDifficultyBlocks) return encodeCompact(pow.powLimit);
  if (branch.height + 1 < pow.kgwHeight) return computeBitcoinRetarget(branch, time, pow);
  if (pow.noRetargeting) return encodeCompact(pow.powLimit);
  const exception = pow.allowMinDifficultyBlocks ? computeLateBits(branch, time, pow) : undefined;
  if (exception !== undefined) return exception;
  if (branch.height + 1 < pow.dgwHeight) return computeKimotoGravityWell(branch, pow);
  return computeDarkGravityWave(branch, pow);
}

/** @returns the easier `bits` of a late block on a test network, undefined for one in time */
function computeLateBits(branch: HeaderBranch, time: number, pow: PowParams): number | undefined {
  const gap = time - branch.timeAt(branch.height);
  if (gap > MIN_DIFFICULTY_GAP_SECONDS) return encodeCompact(pow.powLimit);
  if (gap <= EASIER_GAP_SPACINGS * pow.targetSpacingSeconds) return undefined;
  const target = BigInt.asUintN(256, decodeTarget(branch.bitsAt(branch.height)) * 10n);
  return encodeCompact(target < pow.powLimit ? target : pow.powLimit);
}

/**
 * @param height - of the header
 * @returns whether `bits` are the required ones, or below `exactDifficultyHeight` not off by more than half
 * Source: Core 23.1.2 validation.cpp ContextualCheckBlockHeader
 */
export function isRequiredDifficulty(
  bits: number,
  required: number,
  height: number,
  pow: PowParams,
): boolean {
  if (height >= pow.exactDifficultyHeight) return bits === required;
  const difficulty = difficultyOf(bits);
  return !(Math.abs(difficulty - difficultyOf(required)) > difficulty * 0.5);
}

/** Difficulty as a double, by the same steps as Core's ConvertBitsToDouble (validation.cpp). */
function difficultyOf(bits: number): number {
  let difficulty = 0xffff / (bits & 0x00ffffff);
  for (let size = bits >>> 24; size < 29; size++) difficulty *= 256;
  for (let size = bits >>> 24; size > 29; size--) difficulty /= 256;
  return difficulty;
}
