import type { LlmqParams } from "../params/llmq.ts";
import type { Height } from "../wire/hashes.ts";
import type { EngineContext } from "./context.ts";
import type { MasternodeList } from "./masternodeList.ts";
import { type QuorumEntry, quorumsOfType } from "./quorumSet.ts";
import type { EngineState } from "./state.ts";

/** Active quorums of one type at a height, and the list that proves them. */
export interface ActiveQuorums {
  readonly list: MasternodeList;
  readonly quorums: readonly QuorumEntry[];
}

/**
 * The active set of a type at a height. The set at a block is what its merkleRootQuorums commits to, and it changes
 * only inside mining windows, so any held list in the same gap has it.
 * @returns undefined if no held list has that set
 * Source: Core 23.1.2 llmq/quorumsman.cpp ScanQuorums, `protocol/verification.md` 12
 */
export function activeQuorumsAt(
  state: EngineState,
  llmq: LlmqParams,
  height: Height,
  context: EngineContext,
): ActiveQuorums | undefined {
  for (const list of state.lists.values()) {
    if (context.chain.heightOf(list.blockHash) !== list.height) continue;
    if (!hasSameQuorumSet(llmq, list.height, height)) continue;
    return { list, quorums: quorumsOfType(list.quorums, llmq.type) };
  }
  return undefined;
}

/** Whether no block above the lower and up to the higher of two heights can mine a commitment of the type. */
export function hasSameQuorumSet(llmq: LlmqParams, a: Height, b: Height): boolean {
  const [low, high] = a < b ? [a, b] : [b, a];
  if (low === high) return true;
  const cycleBase = high - (high % llmq.dkgInterval);
  // The last height at or below `high` that lies in a mining window.
  const lastMining =
    high % llmq.dkgInterval >= llmq.dkgMiningWindowStart
      ? Math.min(high, cycleBase + llmq.dkgMiningWindowEnd)
      : cycleBase - llmq.dkgInterval + llmq.dkgMiningWindowEnd;
  return lastMining <= low;
}
