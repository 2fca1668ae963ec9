import type { EngineContext } from "../engine/context.ts";
import type { QuorumEntry } from "../engine/quorumSet.ts";
import { type EngineState, isContradicted, statusOf } from "../engine/state.ts";
import { WORK_DIFF_DEPTH } from "../params/llmq.ts";
import { equalBytes, type HashHex, toHashHex } from "../wire/hashes.ts";
import type { QuorumSnapshot } from "../wire/qrInfo.ts";

/** Cycles before its own whose snapshots a rotating quorum is drawn from. */
const PREVIOUS_QUARTERS = 3;
/** Doubts kept; nobody doubted for longer than that is worth remembering. No specific reason for this number. */
const MAX_DOUBTS = 64;

interface Given {
  readonly address: string;
  readonly snapshot: QuorumSnapshot;
}

interface Doubt extends Given {
  readonly workBlock: HashHex;
}

/**
 * Who gave which snapshot. Nothing proves a snapshot: if a quorum's signatures contradict it, its sender is doubted
 * and somebody else is asked; a sender is a liar once another's snapshot of the same cycle verifies.
 * Source: `design/sync.md` 6
 */
export class SnapshotSources {
  readonly #given = new Map<HashHex, Given>();
  #doubts: Doubt[] = [];
  readonly #doubted = new Set<string>();

  /** Addresses whose snapshots alone led to a contradiction. */
  get doubted(): ReadonlySet<string> {
    return this.#doubted;
  }

  /** @param workBlocks - those whose snapshots in `state` come from `address` */
  record(state: EngineState, workBlocks: readonly HashHex[], address: string): void {
    for (const workBlock of workBlocks) {
      const snapshot = state.snapshots.get(workBlock);
      if (snapshot) this.#given.set(workBlock, { address, snapshot });
    }
    for (const workBlock of this.#given.keys()) {
      if (!state.snapshots.has(workBlock)) this.#given.delete(workBlock);
    }
  }

  /**
   * @param judged - quorums that were just judged
   * @returns addresses whose snapshots are refuted now
   */
  weigh(state: EngineState, judged: readonly QuorumEntry[], context: EngineContext): string[] {
    const liars = new Set<string>();
    for (const quorum of judged) {
      const status = statusOf(state, quorum);
      if (isContradicted(status)) this.#doubt(snapshotWorkBlocks(quorum, context));
      else if (status.status === "verified") {
        for (const liar of this.#refuted(state, snapshotWorkBlocks(quorum, context))) liars.add(liar);
      }
    }
    this.#doubts = this.#doubts.filter(({ address }) => !liars.has(address));
    for (const liar of liars) this.#doubted.delete(liar);
    return [...liars];
  }

  #doubt(workBlocks: readonly HashHex[]): void {
    const doubts = workBlocks.flatMap((workBlock) => {
      const given = this.#given.get(workBlock);
      return given ? [{ ...given, workBlock }] : [];
    });
    this.#doubts = [...this.#doubts, ...doubts].slice(-MAX_DOUBTS);
    const sources = new Set(doubts.map(({ address }) => address));
    // With several sources there is no telling which: whoever is asked next gives all of them.
    if (sources.size === 1) for (const address of sources) this.#doubted.add(address);
  }

  #refuted(state: EngineState, workBlocks: readonly HashHex[]): string[] {
    const refuted = this.#doubts.filter(({ workBlock, snapshot }) => {
      const proven = workBlocks.includes(workBlock) ? state.snapshots.get(workBlock) : undefined;
      return proven !== undefined && !isSameSnapshot(snapshot, proven);
    });
    return refuted.map(({ address }) => address);
  }
}

/** @returns none for a quorum that does not rotate, whose base no header has, or whose type is unknown */
function snapshotWorkBlocks({ commitment }: QuorumEntry, { params, chain }: EngineContext): HashHex[] {
  const llmq = params.llmqs.get(commitment.llmqType);
  const baseHeight = chain.heightOf(commitment.quorumHash);
  if (!llmq?.useRotation || baseHeight === undefined) return [];
  const cycleBase = baseHeight - (baseHeight % llmq.dkgInterval);
  return Array.from({ length: PREVIOUS_QUARTERS }, (_, k) => {
    const hash = chain.hashAt(cycleBase - (k + 1) * llmq.dkgInterval - WORK_DIFF_DEPTH);
    return hash ? [toHashHex(hash)] : [];
  }).flat();
}

function isSameSnapshot(a: QuorumSnapshot, b: QuorumSnapshot): boolean {
  return (
    a.mnSkipListMode === b.mnSkipListMode &&
    a.activeQuorumMembers.length === b.activeQuorumMembers.length &&
    equalBytes(a.activeQuorumMembers.bytes, b.activeQuorumMembers.bytes) &&
    a.mnSkipList.length === b.mnSkipList.length &&
    a.mnSkipList.every((skip, i) => skip === b.mnSkipList[i])
  );
}
