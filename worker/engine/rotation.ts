import type { LlmqParams } from "../params/llmq.ts";
import { WORK_DIFF_DEPTH } from "../params/llmq.ts";
import { isBitSet } from "../wire/codec.ts";
import type { Hash256, HashHex, Height } from "../wire/hashes.ts";
import { type QuorumSnapshot, SnapshotSkipMode } from "../wire/qrInfo.ts";
import { type EngineContext, isActiveAfter } from "./context.ts";
import { countValid, findEntry, type ListEntry, type MasternodeList, type Sml } from "./masternodeList.ts";
import { computeBlockHashModifier, computeHashModifier, rankEntries } from "./members.ts";
import { type EngineState, listAtHeight, snapshotOfWorkBlock, type UnknownReason } from "./state.ts";

/** One quarter per quorum index: `quarter[i]` are its members for index i, in selection order. */
type Quarters = readonly (readonly ListEntry[])[];

/** How many earlier cycles a rotating quorum's members come from. */
const PREVIOUS_QUARTERS = 3;

export type RotatedMembersOutcome =
  /** Per quorum index, oldest quarter first: the order of signers and validMembers. */
  { readonly members: readonly (readonly ListEntry[])[] } | { readonly missing: UnknownReason };

/**
 * Members of all quorums of one rotating cycle: quarters drawn in the three cycles before, rebuilt from their
 * snapshots, then the quarter drawn in this one.
 * @param cycleBase - base height of the cycle, a multiple of dkgInterval
 * Source: DIP-24; Core 23.1.2 llmq/utils.cpp ComputeQuorumMembersByQuarterRotation
 */
export function selectRotatedMembers(
  state: EngineState,
  llmq: LlmqParams,
  cycleBase: Height,
  context: EngineContext,
): RotatedMembersOutcome {
  const workHeight = cycleBase - WORK_DIFF_DEPTH;
  const list = listAtHeight(state, context.chain, workHeight);
  if (!list) return { missing: { code: "list-missing", height: workHeight } };

  const previous: Quarters[] = [];
  for (let k = 1; k <= PREVIOUS_QUARTERS; k++) {
    const cycleHeight = cycleBase - k * llmq.dkgInterval;
    // Before rotation there was no snapshot: this quarter and all older ones are empty.
    if (cycleHeight < Math.max(1, context.params.activation.dip0024)) break;
    const height = cycleHeight - WORK_DIFF_DEPTH;
    const previousList = listAtHeight(state, context.chain, height);
    if (!previousList) return { missing: { code: "list-missing", height } };
    const snapshot = snapshotOfWorkBlock(state, context.chain, height);
    if (!snapshot) return { missing: { code: "snapshot-missing", cycleHeight } };
    const modifier = rotationModifier(llmq, previousList, context);
    previous.push(rebuildQuarters(previousList.masternodes, snapshot, modifier, llmq));
  }
  const modifier = rotationModifier(llmq, list, context);
  const added = drawQuarters(
    list.masternodes,
    previous,
    modifier,
    llmq,
    isRemovedSkipped(cycleBase, context),
  );
  const members = added.map((quarter, i) => [
    ...previous.toReversed().flatMap((q) => q[i] ?? []),
    ...quarter,
  ]);
  return { members };
}

/** Before V20 a rotating draw uses the hash of its work block (unlike a plain one, which uses the base block's). */
function rotationModifier(llmq: LlmqParams, workBlock: MasternodeList, context: EngineContext): Hash256 {
  return isActiveAfter(workBlock.height, context.params.activation.v20)
    ? computeHashModifier(llmq.type, workBlock, context)
    : computeBlockHashModifier(llmq.type, workBlock.blockHash);
}

function isRemovedSkipped(cycleBase: Height, { params }: EngineContext): boolean {
  return params.skipRemovedBeforeV19 || isActiveAfter(cycleBase, params.activation.v19);
}

/**
 * Quarters of an earlier cycle from its snapshot.
 * Skip-list entries are relative to the first non-zero one (DIP-24 says to the previous one; the network follows
 * Core) and may be negative after a wrap-around.
 * Source: Core 23.1.2 llmq/utils.cpp GetQuorumQuarterMembersBySnapshot
 */
function rebuildQuarters(sml: Sml, snapshot: QuorumSnapshot, modifier: Hash256, llmq: LlmqParams): Quarters {
  const ranked = rankEntries(sml, modifier);
  const isUsed = (_: ListEntry, i: number) => isBitSet(snapshot.activeQuorumMembers, i);
  const combined = [...ranked.filter((entry, i) => !isUsed(entry, i)), ...ranked.filter(isUsed)];
  const skips = expandSkipList(snapshot);
  if (combined.length === 0 || skips === undefined) return emptyQuarters(llmq);

  let position = 0;
  let nextSkip = 0;
  const fill = (): ListEntry[] => {
    const quarter: ListEntry[] = [];
    while (quarter.length < quarterSize(llmq)) {
      if (nextSkip < skips.length && skips[nextSkip] === position) nextSkip++;
      else quarter.push(combined[position] as ListEntry);
      position = (position + 1) % combined.length;
    }
    return quarter;
  };
  return Array.from({ length: llmq.signingActiveQuorumCount }, fill);
}

/** @returns absolute positions to skip; undefined for modes that Core reads as "no members" */
function expandSkipList({ mnSkipListMode, mnSkipList }: QuorumSnapshot): number[] | undefined {
  if (mnSkipListMode === SnapshotSkipMode.noSkipping) return [];
  if (mnSkipListMode !== SnapshotSkipMode.skipFirst) return undefined;
  let first = 0;
  return mnSkipList.map((entry) => {
    if (first !== 0) return first + entry;
    first = entry;
    return entry;
  });
}

/** Members already used per index, by proRegTxHash; the value is the entry as it was when it was drawn. */
type UsedEntries = Map<HashHex, ListEntry>;

/**
 * The quarter that a cycle adds.
 * @param previous - quarters of the three cycles before, newest first
 * @param skipRemoved - members that left the list do not count as used
 * Source: Core 23.1.2 llmq/utils.cpp BuildNewQuorumQuarterMembers
 */
function drawQuarters(
  sml: Sml,
  previous: readonly Quarters[],
  modifier: Hash256,
  llmq: LlmqParams,
  skipRemoved: boolean,
): Quarters {
  if (countValid(sml) < quarterSize(llmq)) return emptyQuarters(llmq);
  const { used, usedByIndex } = collectUsed(sml, previous, llmq, skipRemoved);
  const unused = sml.filter((entry) => entry.entry.isValid && !used.has(entry.key));
  const combined = [...rankEntries(unused, modifier), ...rankEntries(used.values(), modifier)];

  let position = 0;
  const quarters: ListEntry[][] = [];
  for (const usedHere of usedByIndex) {
    const quarter: ListEntry[] = [];
    const usedBefore = usedHere.size;
    const start = position;
    let progress = false;
    while (quarter.length < quarterSize(llmq) && usedBefore + quarter.length < combined.length) {
      const entry = combined[position] as ListEntry;
      if (!usedHere.has(entry.key)) {
        usedHere.set(entry.key, entry);
        quarter.push(entry);
        progress = true;
      }
      position = (position + 1) % combined.length;
      if (position === start) {
        if (!progress) return emptyQuarters(llmq);
        progress = false;
      }
    }
    quarters.push(quarter);
  }
  return quarters;
}

function collectUsed(
  sml: Sml,
  previous: readonly Quarters[],
  llmq: LlmqParams,
  skipRemoved: boolean,
): { used: UsedEntries; usedByIndex: UsedEntries[] } {
  const used: UsedEntries = new Map();
  const usedByIndex: UsedEntries[] = [];
  for (let index = 0; index < llmq.signingActiveQuorumCount; index++) {
    const usedHere: UsedEntries = new Map();
    for (const quarters of previous) {
      for (const member of quarters[index] ?? []) {
        const current = findEntry(sml, member.entry.proRegTxHash);
        if (current ? !current.entry.isValid : skipRemoved) continue;
        if (!used.has(member.key)) used.set(member.key, member);
        if (!usedHere.has(member.key)) usedHere.set(member.key, member);
      }
    }
    usedByIndex.push(usedHere);
  }
  return { used, usedByIndex };
}

function quarterSize(llmq: LlmqParams): number {
  return Math.floor(llmq.size / 4);
}

function emptyQuarters(llmq: LlmqParams): Quarters {
  return Array.from({ length: llmq.signingActiveQuorumCount }, () => []);
}
