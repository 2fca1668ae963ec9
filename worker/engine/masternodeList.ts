import type { CbTx } from "../wire/cbTx.ts";
import {
  type BlockHash,
  compareBytes,
  equalBytes,
  type Hash256,
  type HashHex,
  type Height,
  isZero,
  type ProTxHash,
  sha256,
  toHashHex,
} from "../wire/hashes.ts";
import {
  computeMerkleTree,
  type MerkleTree,
  type PartialMerkleTree,
  type SameLeaves,
} from "../wire/merkle.ts";
import { computeEntryHash, type SmlEntry } from "../wire/smlEntry.ts";
import type { Transaction } from "../wire/tx.ts";
import type { QuorumSet } from "./quorumSet.ts";

/** A masternode with what is derived from it once. Lists share these objects. */
export class ListEntry {
  readonly entry: SmlEntry;
  /** Leaf of merkleRootMNList. */
  readonly leaf: Hash256;
  #key: HashHex | undefined;
  #confirmedProTxHash: Hash256 | undefined;

  constructor(entry: SmlEntry) {
    this.entry = entry;
    this.leaf = computeEntryHash(entry);
  }

  /** proRegTxHash in display order. */
  get key(): HashHex {
    this.#key ??= toHashHex(this.entry.proRegTxHash);
    return this.#key;
  }

  /** SHA-256(proRegTxHash, confirmedHash), a single SHA-256: the inner hash of the quorum score. */
  get confirmedProTxHash(): Hash256 {
    this.#confirmedProTxHash ??= sha256(this.entry.proRegTxHash, this.entry.confirmedHash);
    return this.#confirmedProTxHash;
  }

  /** Valid and confirmed: may be drawn into a quorum. */
  get isEligible(): boolean {
    return this.entry.isValid && !isZero(this.entry.confirmedHash);
  }
}

/** Entries of one list, ascending by the raw bytes of proRegTxHash, without duplicates. */
export type Sml = readonly ListEntry[];

export interface CoinbaseProof extends PartialMerkleTree {
  readonly cbTx: Transaction;
}

/** Masternode list and quorum set after a block, both proven by that block's coinbase. */
export interface MasternodeList {
  readonly blockHash: BlockHash;
  readonly height: Height;
  /** Whether the coinbase was proven against a verified header; `unknown` only in the offline tool. */
  readonly header: "verified" | "unknown";
  readonly cbTx: CbTx;
  /** The coinbase transaction and its way up to the header's merkle root: with it the list can be proven again. */
  readonly proof: CoinbaseProof;
  readonly masternodes: Sml;
  /** Over the leaves of {@link masternodes}; the next list's tree is made of it. */
  readonly tree: MerkleTree;
  readonly quorums: QuorumSet;
}

export function findEntry(sml: Sml, proTxHash: ProTxHash): ListEntry | undefined {
  const candidate = sml[placeOf(sml, proTxHash, 0)];
  return candidate && equalBytes(candidate.entry.proRegTxHash, proTxHash) ? candidate : undefined;
}

/** @returns position of the first entry from `low` on that is not below a hash */
function placeOf(sml: Sml, proTxHash: ProTxHash, low: number): number {
  let first = low;
  let end = sml.length;
  while (first < end) {
    const middle = (first + end) >> 1;
    if (compareBytes((sml[middle] as ListEntry).entry.proRegTxHash, proTxHash) < 0) first = middle + 1;
    else end = middle;
  }
  return first;
}

/**
 * @param deleted - entries of `base` to leave out
 * @param changed - entries to insert or replace, ascending, unique
 * @returns the merged list; unchanged entries are the same objects
 */
export function mergeEntries(base: Sml, deleted: ReadonlySet<ListEntry>, changed: Sml): Sml {
  if (deleted.size === 0 && changed.length === 0) return base;
  const merged: ListEntry[] = [];
  let next = 0;
  const keepUpTo = (end: number): void => {
    for (; next < end; next++) {
      const entry = base[next] as ListEntry;
      if (!deleted.has(entry)) merged.push(entry);
    }
  };
  for (const entry of changed) {
    keepUpTo(placeOf(base, entry.entry.proRegTxHash, next));
    const old = base[next];
    if (old && compareEntries(old, entry) === 0) next++;
    merged.push(entry);
  }
  keepUpTo(base.length);
  return merged;
}

/** The order of a list. */
export function compareEntries(a: ListEntry, b: ListEntry): number {
  return compareBytes(a.entry.proRegTxHash, b.entry.proRegTxHash);
}

/** Where one list holds the very entries of another: their leaves are the same. */
export function sameEntries(before: Sml, after: Sml): SameLeaves[] {
  const same: SameLeaves[] = [];
  let from = 0;
  let at = 0;
  while (from < before.length && at < after.length) {
    const start = at;
    while (at < after.length && before[from] === after[at]) {
      from++;
      at++;
    }
    const length = at - start;
    if (length > 0) same.push({ at: start, from: from - length, length });
    const old = before[from];
    const other = after[at];
    if (!old || !other) break;
    const order = compareEntries(old, other);
    if (order <= 0) from++;
    if (order >= 0) at++;
  }
  return same;
}

/** @param near - a list that shares entries with this one: what it hashed is not hashed again */
export function computeTree(
  masternodes: Sml,
  near?: Pick<MasternodeList, "masternodes" | "tree">,
): MerkleTree {
  if (near?.masternodes === masternodes) return near.tree;
  const known = near && { tree: near.tree, same: sameEntries(near.masternodes, masternodes) };
  return computeMerkleTree(
    masternodes.map(({ leaf }) => leaf),
    known,
  );
}

export function countValid(sml: Sml): number {
  return sml.reduce((count, { entry }) => count + (entry.isValid ? 1 : 0), 0);
}
