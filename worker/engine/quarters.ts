import type { LlmqParams } from "../params/llmq.ts";
import { isBitSet, makeBitset } from "../wire/codec.ts";
import type { Hash256 } from "../wire/hashes.ts";
import { type QuorumSnapshot, SnapshotSkipMode } from "../wire/qrInfo.ts";
import { countValid, findEntry, type ListEntry, type Sml } from "./masternodeList.ts";
import { rankEntries } from "./members.ts";
import { UsedEntries } from "./usedEntries.ts";

/** Members that one cycle adds to each quorum: `quarters[i]` for index i, in selection order. */
export type Quarters = readonly (readonly ListEntry[])[];

/** What a cycle's draw gives; without a snapshot, later cycles know nothing of it. */
export interface Draw {
  readonly quarters: Quarters;
  readonly snapshot: QuorumSnapshot | undefined;
}

export function quarterSize(llmq: LlmqParams): number {
  return Math.floor(llmq.size / 4);
}

/**
 * Quarters of an earlier cycle from its snapshot.
 * Skip-list entries are relative to the first non-zero one (DIP-24 says to the previous one; the network follows
 * Core) and may be negative after a wrap-around.
 * Source: Core 23.1.2 llmq/utils.cpp GetQuorumQuarterMembersBySnapshot
 */
export function rebuildQuarters(
  sml: Sml,
  snapshot: QuorumSnapshot,
  modifier: Hash256,
  llmq: LlmqParams,
): Quarters {
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

/**
 * Draws the quarters that a cycle adds, and the snapshot a node stores of the draw.
 * @param previous - quarters of the three cycles before, newest first; fewer at the start of rotation
 * @param skipRemoved - members that left the list do not count as used
 * Source: Core 23.1.2 llmq/utils.cpp BuildNewQuorumQuarterMembers, BuildQuorumSnapshot
 */
export function drawQuarters(
  sml: Sml,
  previous: readonly Quarters[],
  modifier: Hash256,
  llmq: LlmqParams,
  skipRemoved: boolean,
): Draw {
  const nothing: Draw = { quarters: emptyQuarters(llmq), snapshot: undefined };
  if (countValid(sml) < quarterSize(llmq)) return nothing;
  const { used, usedByIndex } = collectUsed(sml, previous, llmq, skipRemoved);
  const unused = sml.filter((entry) => entry.entry.isValid && !used.has(entry.key));
  const combined = [...rankEntries(unused, modifier), ...rankEntries(used.values(), modifier)];
  const walked = walkCombined(combined, usedByIndex, quarterSize(llmq));
  if (!walked) return nothing;
  return { quarters: walked.quarters, snapshot: makeSnapshot(sml, used, modifier, walked.skipped) };
}

/** @returns undefined when a whole round gives a quorum nothing */
function walkCombined(
  combined: readonly ListEntry[],
  usedByIndex: readonly UsedEntries[],
  size: number,
): { quarters: Quarters; skipped: number[] } | undefined {
  let position = 0;
  const skipped: number[] = [];
  const quarters: ListEntry[][] = [];
  for (const usedHere of usedByIndex) {
    const quarter: ListEntry[] = [];
    const usedBefore = usedHere.size;
    const start = position;
    let progress = false;
    while (quarter.length < size && usedBefore + quarter.length < combined.length) {
      const entry = combined[position] as ListEntry;
      if (usedHere.add(entry)) {
        quarter.push(entry);
        progress = true;
      } else {
        skipped.push(position);
      }
      position = (position + 1) % combined.length;
      if (position === start) {
        if (!progress) return undefined;
        progress = false;
      }
    }
    quarters.push(quarter);
  }
  return { quarters, skipped };
}

function collectUsed(
  sml: Sml,
  previous: readonly Quarters[],
  llmq: LlmqParams,
  skipRemoved: boolean,
): { used: UsedEntries; usedByIndex: UsedEntries[] } {
  const used = new UsedEntries();
  const usedByIndex: UsedEntries[] = [];
  for (let index = 0; index < llmq.signingActiveQuorumCount; index++) {
    const usedHere = new UsedEntries();
    for (const quarters of previous) {
      for (const member of quarters[index] ?? []) {
        const current = findEntry(sml, member.entry.proRegTxHash);
        if (current ? !current.entry.isValid : skipRemoved) continue;
        used.add(member);
        usedHere.add(member);
      }
    }
    usedByIndex.push(usedHere);
  }
  return { used, usedByIndex };
}

function makeSnapshot(
  sml: Sml,
  used: UsedEntries,
  modifier: Hash256,
  skipped: readonly number[],
): QuorumSnapshot {
  const active = rankEntries(sml, modifier).map(({ key }) => used.has(key));
  while (active.length < sml.length) active.push(false);
  let first = 0;
  const mnSkipList = skipped.map((position) => {
    if (first !== 0) return position - first;
    first = position;
    return position;
  });
  const mode = mnSkipList.length === 0 ? SnapshotSkipMode.noSkipping : SnapshotSkipMode.skipFirst;
  return { mnSkipListMode: mode, activeQuorumMembers: makeBitset(active), mnSkipList };
}

function emptyQuarters(llmq: LlmqParams): Quarters {
  return Array.from({ length: llmq.signingActiveQuorumCount }, () => []);
}
