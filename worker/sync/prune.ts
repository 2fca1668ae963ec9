import { isRotating } from "../engine/checkCommitment.ts";
import type { EngineContext } from "../engine/context.ts";
import type { MasternodeList } from "../engine/masternodeList.ts";
import { memberListHeight } from "../engine/members.ts";
import { type EngineState, newestList, pruneLists } from "../engine/state.ts";
import { WORK_DIFF_DEPTH } from "../params/llmq.ts";
import type { Height } from "../wire/hashes.ts";

/** Recent lists that stay whatever they are for: sets for locks of the last blocks, bases after a short reorg. */
const RECENT_BLOCKS = 24;
/** Rotating cycles whose work blocks stay: the newest one's four, and those of quorums that outlived failed DKGs. */
const KEPT_CYCLES = 8;

/** DKG intervals for which a retired quorum of the Platform type is still known, for Platform goes on signing with it. */
const KEPT_PLATFORM_INTERVALS = 24;

/**
 * Drops lists that nothing needs any more. Those stay that are recent, at a work block of a recent rotating cycle or
 * Platform quorum, or the ones an active quorum of a needed type was drawn from.
 * Source: `design/sync.md` 9
 */
export function prune(
  state: EngineState,
  context: EngineContext,
  neededTypes: readonly number[],
): EngineState {
  const newest = newestList(state);
  if (!newest) return state;
  const needed = neededHeights(newest, context, neededTypes);
  return pruneLists(
    state,
    ({ height }) =>
      newest.height - height <= RECENT_BLOCKS ||
      needed.has(height) ||
      isRecentWorkBlock(height, newest.height, context) ||
      isRecentPlatformBlock(height, newest.height, context, neededTypes),
  );
}

function isRecentWorkBlock(height: Height, newestHeight: Height, { params }: EngineContext): boolean {
  const llmq = params.llmqs.get(params.llmqTypeInstantSend);
  if (!llmq?.useRotation || (height + WORK_DIFF_DEPTH) % llmq.dkgInterval !== 0) return false;
  return newestHeight - height <= KEPT_CYCLES * llmq.dkgInterval;
}

/**
 * The list there holds the quorums that were active then, those that retired since among them. One that retired as long
 * ago as that is drawn from a list that is older by as many intervals as it was active.
 */
function isRecentPlatformBlock(
  height: Height,
  newestHeight: Height,
  { params }: EngineContext,
  neededTypes: readonly number[],
): boolean {
  const llmq = params.llmqs.get(params.llmqTypePlatform);
  if (!llmq || !neededTypes.includes(llmq.type) || (height + WORK_DIFF_DEPTH) % llmq.dkgInterval !== 0)
    return false;
  const intervals = KEPT_PLATFORM_INTERVALS + llmq.signingActiveQuorumCount;
  return newestHeight - height <= intervals * llmq.dkgInterval;
}

function neededHeights(
  newest: MasternodeList,
  { params, chain }: EngineContext,
  neededTypes: readonly number[],
): Set<Height> {
  const heights = new Set<Height>();
  for (const { commitment } of newest.quorums.values()) {
    const llmq = params.llmqs.get(commitment.llmqType);
    const baseHeight = chain.heightOf(commitment.quorumHash);
    if (!llmq || baseHeight === undefined || !neededTypes.includes(llmq.type)) continue;
    if (!isRotating(llmq, baseHeight, params.activation.dip0024)) {
      heights.add(memberListHeight(baseHeight, params.activation.v20));
      continue;
    }
    const cycleBase = baseHeight - (baseHeight % llmq.dkgInterval);
    for (let k = 0; k <= 3; k++) heights.add(cycleBase - k * llmq.dkgInterval - WORK_DIFF_DEPTH);
  }
  return heights;
}
