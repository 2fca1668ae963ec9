import { sha256 } from "@noble/hashes/sha2.js";
import type { CbTx } from "../wire/cbTx.ts";
import {
  type BlockHash,
  compareBytes,
  type Hash256,
  type HashHex,
  type Height,
  isZero,
  type ProTxHash,
  toHashHex,
} from "../wire/hashes.ts";
import type { PartialMerkleTree } from "../wire/merkle.ts";
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
    if (this.#confirmedProTxHash === undefined) {
      const hasher = sha256.create().update(this.entry.proRegTxHash).update(this.entry.confirmedHash);
      this.#confirmedProTxHash = hasher.digest();
    }
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
  readonly quorums: QuorumSet;
}

export function findEntry(sml: Sml, proTxHash: ProTxHash): ListEntry | undefined {
  let low = 0;
  let high = sml.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const candidate = sml[middle] as ListEntry;
    const order = compareBytes(candidate.entry.proRegTxHash, proTxHash);
    if (order === 0) return candidate;
    if (order < 0) low = middle + 1;
    else high = middle - 1;
  }
  return undefined;
}

/**
 * @param deleted - keys of entries to leave out
 * @param changed - entries to insert or replace, any order, unique
 * @returns the merged list; unchanged entries are the same objects
 */
export function mergeEntries(base: Sml, deleted: ReadonlySet<HashHex>, changed: readonly ListEntry[]): Sml {
  const sorted = [...changed].sort((a, b) => compareBytes(a.entry.proRegTxHash, b.entry.proRegTxHash));
  const merged: ListEntry[] = [];
  let next = 0;
  for (const entry of base) {
    let replaced = false;
    while (next < sorted.length) {
      const candidate = sorted[next] as ListEntry;
      const order = compareBytes(candidate.entry.proRegTxHash, entry.entry.proRegTxHash);
      if (order > 0) break;
      merged.push(candidate);
      replaced ||= order === 0;
      next++;
    }
    if (!replaced && !(deleted.size > 0 && deleted.has(entry.key))) merged.push(entry);
  }
  merged.push(...sorted.slice(next));
  return merged;
}

export function countValid(sml: Sml): number {
  return sml.reduce((count, { entry }) => count + (entry.isValid ? 1 : 0), 0);
}
