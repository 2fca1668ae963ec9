import { hasSameQuorumSet } from "../engine/activeQuorums.ts";
import { isRotating } from "../engine/checkCommitment.ts";
import type { EngineContext } from "../engine/context.ts";
import { memberListHeight } from "../engine/members.ts";
import { type LlmqParams, SIGN_HEIGHT_OFFSET, WORK_DIFF_DEPTH } from "../params/llmq.ts";
import type { Height } from "../wire/hashes.ts";

/** Cycles before its own that a rotating quorum is drawn from. */
export const PREVIOUS_QUARTERS = 3;

/** So many bases more than are active may be looked back to before another whole list is needed. Deeper costs little. */
const SPARE_SHARE = 1 / 4;

/** What the quorums of a list nobody has yet are likely drawn from. */
export interface Prediction {
  /** Heights of the lists, ascending, of all needed types. */
  readonly listHeights: readonly Height[];
  /** Base of the newest cycle of the rotating type that has mined quorums; undefined before there is one. */
  readonly newestCycle: Height | undefined;
}

/**
 * Which lists the tip's quorums will need, from the LLMQ parameters alone: bases lie at multiples of the DKG interval,
 * and the newest ones whose mining window has begun are active. A DKG that failed makes this wrong by one base, which
 * discovery then finds.
 * Source: `design/sync.md` 3
 */
export function predictNeeds(
  { params, chain }: EngineContext,
  tipHeight: Height,
  neededTypes: readonly number[],
): Prediction {
  const heights = new Set<Height>();
  let newestCycle: Height | undefined;
  for (const type of neededTypes) {
    const llmq = params.llmqs.get(type);
    if (!llmq) continue;
    const newestBase = newestMinedBase(llmq, tipHeight);
    if (isRotating(llmq, newestBase, params.activation.dip0024)) {
      newestCycle = newestBase;
      for (const height of cycleWorkHeights(newestBase, llmq)) heights.add(height);
    } else {
      for (let i = 0; i < llmq.signingActiveQuorumCount; i++) {
        heights.add(memberListHeight(newestBase - i * llmq.dkgInterval, params.activation.v20));
      }
    }
  }
  const listHeights = [...heights]
    .filter((height) => height > 0 && chain.hashAt(height))
    .sort((a, b) => a - b);
  return { listHeights, newestCycle };
}

/**
 * Height of a list below those that the tip's plain quorums are likely drawn from, as far down as failed DKGs may move
 * them: where the first of all lists is that one, none costs another whole list.
 */
export function spareListHeight(
  { params, chain }: EngineContext,
  tipHeight: Height,
  neededTypes: readonly number[],
): Height | undefined {
  const heights = neededTypes.flatMap((type) => {
    const llmq = params.llmqs.get(type);
    if (!llmq || llmq.useRotation) return [];
    const spare = Math.ceil(llmq.signingActiveQuorumCount * SPARE_SHARE);
    const intervals = llmq.signingActiveQuorumCount - 1 + spare;
    return [
      memberListHeight(
        newestMinedBase(llmq, tipHeight) - intervals * llmq.dkgInterval,
        params.activation.v20,
      ),
    ];
  });
  const lowest = heights.length === 0 ? 0 : Math.min(...heights);
  return lowest > 0 && chain.hashAt(lowest) ? lowest : undefined;
}

/**
 * Height of the list with the quorums that sign the tip's ChainLock: those that were active a few blocks before.
 * @param heights - of lists that will be there, the tip's among them
 * @returns undefined where one of them has the same quorums, as whenever no mining window lies between
 */
export function signingSetHeight(
  { params, chain }: EngineContext,
  tipHeight: Height,
  heights: readonly Height[],
): Height | undefined {
  const llmq = params.llmqs.get(params.llmqTypeChainLocks);
  const height = tipHeight - SIGN_HEIGHT_OFFSET;
  if (!llmq || height <= 0 || !chain.hashAt(height)) return undefined;
  return heights.some((other) => hasSameQuorumSet(llmq, other, height)) ? undefined : height;
}

/** Base of the newest quorums, or cycle, that can have been mined in a block at or below the tip. */
function newestMinedBase({ dkgInterval, dkgMiningWindowStart }: LlmqParams, tipHeight: Height): Height {
  const latest = tipHeight - dkgMiningWindowStart;
  return latest - (latest % dkgInterval);
}

/**
 * Whether a quorum can still be in the tip's set if every DKG since its own succeeded: bases whose mining window is over
 * push out as many older ones as are active, for a rotating type every cycle the one before.
 * @param baseHeight - of the quorum
 */
export function isLikelyActiveAt(
  { dkgInterval, dkgMiningWindowEnd, signingActiveQuorumCount, useRotation }: LlmqParams,
  baseHeight: Height,
  tipHeight: Height,
): boolean {
  const latest = tipHeight - dkgMiningWindowEnd;
  const newestBase = latest - (latest % dkgInterval);
  const activeBases = useRotation ? 1 : signingActiveQuorumCount;
  return baseHeight >= newestBase - (activeBases - 1) * dkgInterval;
}

/** Heights of the lists that a cycle's members are drawn from, newest first. */
export function cycleWorkHeights(cycleBase: Height, { dkgInterval }: LlmqParams): Height[] {
  return Array.from(
    { length: PREVIOUS_QUARTERS + 1 },
    (_, k) => cycleBase - k * dkgInterval - WORK_DIFF_DEPTH,
  );
}
