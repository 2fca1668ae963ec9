import { isBitSet, makeBitset } from "../../../worker/wire/codec.ts";
import type { Hash256, HashHex } from "../../../worker/wire/hashes.ts";
import { type QuorumSnapshot, SnapshotSkipMode } from "../../../worker/wire/qrInfo.ts";
import { type Candidate, rank, type Scores } from "./memberSelection.ts";

/** Shape of a rotating type. */
export interface RotationShape {
  /** Quorums per cycle, one per index. */
  readonly count: number;
  /** Members each cycle adds to each quorum: a quarter of its size. */
  readonly quarterSize: number;
}

/** What a cycle draws from: the list and the modifier of its work block. */
export interface CycleState<M extends Candidate> {
  readonly list: readonly M[];
  readonly modifier: Hash256;
}

/** A past cycle: what it drew from, and the snapshot that was stored; undefined if the draw failed. */
export interface PastCycle<M extends Candidate> extends CycleState<M> {
  readonly snapshot: QuorumSnapshot | undefined;
}

/** Members by quorum index. */
export type Quarter<M> = readonly (readonly M[])[];

export interface CycleDraw<M extends Candidate> {
  /** Members in order, by quorum index: the oldest quarter first, the new one last. */
  readonly members: Quarter<M>;
  /** To be stored for the three cycles after; undefined if there were too few masternodes to draw at all. */
  readonly snapshot: QuorumSnapshot | undefined;
}

/** Cycles whose quarters are still in use besides the newest. */
const PREVIOUS_QUARTERS = 3;

/**
 * The members of all quorums of a cycle.
 * @param previous - the cycles before, newest first; missing at the end if there were none
 * @param skipRemoved - a node that has left the list does not count as used (from V19)
 * Source: DIP-24; Core 23.1.2 llmq/utils.cpp ComputeQuorumMembersByQuarterRotation
 */
export function drawCycle<M extends Candidate>(
  shape: RotationShape,
  current: CycleState<M>,
  previous: readonly PastCycle<M>[],
  skipRemoved: boolean,
): CycleDraw<M> {
  const quarters = rebuildQuarters(shape, previous);
  const { quarter, snapshot } = drawNewQuarter(shape, current, quarters, skipRemoved);
  const oldestFirst = [...quarters].reverse();
  const members = Array.from({ length: shape.count }, (_, i) =>
    [...oldestFirst, quarter].flatMap((each) => each[i] ?? []),
  );
  return { members, snapshot };
}

/** Quarters of past cycles, each needed by the three cycles that follow. */
const rebuiltQuarters = new WeakMap<object, { shape: RotationShape; quarter: Quarter<Candidate> }>();

/** A cycle without a snapshot ends the collection: it and all older ones contribute nothing. */
function rebuildQuarters<M extends Candidate>(
  shape: RotationShape,
  previous: readonly PastCycle<M>[],
): Quarter<M>[] {
  const quarters: Quarter<M>[] = [];
  for (const cycle of previous.slice(0, PREVIOUS_QUARTERS)) {
    if (cycle.snapshot === undefined) break;
    quarters.push(rebuildOnce(shape, cycle, cycle.snapshot));
  }
  return quarters;
}

function rebuildOnce<M extends Candidate>(
  shape: RotationShape,
  cycle: PastCycle<M>,
  snapshot: QuorumSnapshot,
): Quarter<M> {
  const known = rebuiltQuarters.get(cycle);
  if (known?.shape === shape) return known.quarter as Quarter<M>;
  const quarter = rebuildQuarter(shape, cycle, snapshot);
  rebuiltQuarters.set(cycle, { shape, quarter });
  return quarter;
}

/**
 * The quarter a past cycle added, from its snapshot.
 * Source: Core 23.1.2 llmq/utils.cpp GetQuorumQuarterMembersBySnapshot, GetMNUsageBySnapshot
 */
export function rebuildQuarter<M extends Candidate>(
  shape: RotationShape,
  { list, modifier }: CycleState<M>,
  snapshot: QuorumSnapshot,
): Quarter<M> {
  const ranked = rank(list, modifier);
  const isUsed = (_: M, position: number) => isBitSet(snapshot.activeQuorumMembers, position);
  const combined = [...ranked.filter((m, i) => !isUsed(m, i)), ...ranked.filter(isUsed)];
  const quarter: M[][] = Array.from({ length: shape.count }, () => []);
  const skips = expandSkipList(snapshot);
  if (combined.length === 0 || skips === undefined) return quarter;
  let position = 0;
  let nextSkip = 0;
  for (const members of quarter) {
    while (members.length < shape.quarterSize) {
      if (skips[nextSkip] === position) nextSkip++;
      else members.push(combined[position] as M);
      position = (position + 1) % combined.length;
    }
  }
  return quarter;
}

/** @returns positions to skip, in the order they are met; undefined for modes nobody builds */
function expandSkipList(snapshot: QuorumSnapshot): number[] | undefined {
  switch (snapshot.mnSkipListMode) {
    case SnapshotSkipMode.noSkipping:
      return [];
    case SnapshotSkipMode.skipFirst: {
      let first = 0;
      return snapshot.mnSkipList.map((entry) => {
        if (first !== 0) return first + entry;
        first = entry;
        return entry;
      });
    }
    default:
      return undefined;
  }
}

/**
 * Nodes that may stand side by side: one that shares a unique property with another is refused, silently.
 * Source: Core 23.1.2 evo/deterministicmns.cpp CDeterministicMNList::AddMN
 */
class DistinctNodes<M extends Candidate> {
  readonly #nodes = new Map<HashHex, M>();
  readonly #properties = new Set<string>();

  get size(): number {
    return this.#nodes.size;
  }

  has(id: HashHex): boolean {
    return this.#nodes.has(id);
  }

  /** @returns whether it was added */
  add(node: M): boolean {
    if (this.#nodes.has(node.id)) return false;
    if (node.uniqueProperties.some((property) => this.#properties.has(property))) return false;
    this.#nodes.set(node.id, node);
    for (const property of node.uniqueProperties) this.#properties.add(property);
    return true;
  }

  values(): Iterable<M> {
    return this.#nodes.values();
  }
}

/** Who sits in the three older quarters: of all quorums together, and of each index. */
function collectUsed<M extends Candidate>(
  shape: RotationShape,
  list: readonly M[],
  quarters: readonly Quarter<M>[],
  skipRemoved: boolean,
): { all: DistinctNodes<M>; byIndex: DistinctNodes<M>[] } {
  const current = new Map(list.map((entry) => [entry.id, entry]));
  const all = new DistinctNodes<M>();
  const byIndex = Array.from({ length: shape.count }, () => new DistinctNodes<M>());
  byIndex.forEach((nodes, index) => {
    for (const member of quarters.flatMap((quarter) => quarter[index] ?? [])) {
      const now = current.get(member.id);
      if (now === undefined ? skipRemoved : !now.isValid) continue;
      all.add(member);
      nodes.add(member);
    }
  });
  return { all, byIndex };
}

interface NewQuarter<M extends Candidate> {
  readonly quarter: Quarter<M>;
  readonly snapshot: QuorumSnapshot | undefined;
}

/**
 * The quarter this cycle adds: unused nodes first, then used ones, each in score order; nobody twice in one quorum.
 * Source: Core 23.1.2 llmq/utils.cpp BuildNewQuorumQuarterMembers
 */
function drawNewQuarter<M extends Candidate>(
  shape: RotationShape,
  { list, modifier }: CycleState<M>,
  quarters: readonly Quarter<M>[],
  skipRemoved: boolean,
): NewQuarter<M> {
  const nothing = { quarter: Array.from({ length: shape.count }, () => []), snapshot: undefined };
  if (list.filter((entry) => entry.isValid).length < shape.quarterSize) return nothing;
  const used = collectUsed(shape, list, quarters, skipRemoved);
  const unused = list.filter((entry) => entry.isValid && !used.all.has(entry.id));
  const scores: Scores = new Map();
  const combined = [...rank(unused, modifier, scores), ...rank(used.all.values(), modifier, scores)];
  const walk = fillQuarter(shape, combined, used.byIndex);
  if (walk === undefined) return nothing;
  const active = list.map(() => false);
  rank(list, modifier, scores).forEach((entry, i) => {
    active[i] = used.all.has(entry.id);
  });
  return {
    quarter: walk.quarter,
    snapshot: {
      mnSkipListMode: walk.skips.length === 0 ? SnapshotSkipMode.noSkipping : SnapshotSkipMode.skipFirst,
      activeQuorumMembers: makeBitset(active),
      mnSkipList: walk.skips,
    },
  };
}

/**
 * Walks the candidates round and round, continuing from one quorum to the next.
 * @param used - by index; the drawn are added
 * @returns undefined if a whole round adds nobody; skips relative to the first one that is not zero
 */
function fillQuarter<M extends Candidate>(
  shape: RotationShape,
  combined: readonly M[],
  used: readonly DistinctNodes<M>[],
): { quarter: M[][]; skips: number[] } | undefined {
  const quarter: M[][] = used.map(() => []);
  const skips: number[] = [];
  let firstSkip = 0;
  let position = 0;
  for (const [index, nodes] of used.entries()) {
    const members = quarter[index] as M[];
    const usedBefore = nodes.size;
    const start = position;
    let hasProgress = false;
    while (members.length < shape.quarterSize && usedBefore + members.length < combined.length) {
      const candidate = combined[position] as M;
      if (nodes.add(candidate)) {
        members.push(candidate);
        hasProgress = true;
      } else {
        skips.push(firstSkip === 0 ? position : position - firstSkip);
        if (firstSkip === 0) firstSkip = position;
      }
      position = (position + 1) % combined.length;
      if (position === start) {
        if (!hasProgress) return undefined;
        hasProgress = false;
      }
    }
  }
  return { quarter, skips };
}
