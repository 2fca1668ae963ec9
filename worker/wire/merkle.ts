import { DashlightError } from "../errors.ts";
import { equalBytes, type Hash256, sha256d, ZERO_HASH } from "./hashes.ts";

export interface MerkleRoot {
  /** 32 zero bytes for no leaves, the leaf itself for one */
  readonly root: Hash256;
  /** Two equal neighbours at an even position of some level: the list could be a forged duplicate (CVE-2012-2459). */
  readonly mutated: boolean;
}

/** A merkle tree, kept so that one of leaves that are mostly the same need not hash them again. */
export interface MerkleTree extends MerkleRoot {
  /** Above the leaves, lowest first; the last one holds the root. Trees share their hashes. */
  readonly levels: readonly (readonly Hash256[])[];
}

/** `length` leaves from position `at` on are those from position `from` on of another tree. */
export interface SameLeaves {
  readonly at: number;
  readonly from: number;
  readonly length: number;
}

/** A tree and which of its leaves are found again: ascending and apart in `at` and in `from`. */
export interface KnownTree {
  readonly tree: MerkleTree;
  readonly same: readonly SameLeaves[];
}

export const EMPTY_MERKLE_TREE: MerkleTree = { root: ZERO_HASH, mutated: false, levels: [] };

export function computeMerkleRoot(leaves: readonly Hash256[]): MerkleRoot {
  const { root, mutated } = computeMerkleTree(leaves);
  return { root, mutated };
}

/**
 * Bitcoin's merkle tree: SHA-256d of pairs, the last hash paired with itself when a level is odd.
 * @param known - what need not be hashed again: pairs that were pairs in that tree. Leaves that moved by an odd number
 *   of places are in other pairs than before.
 * Source: Core 23.1.2 consensus/merkle.cpp ComputeMerkleRoot
 */
export function computeMerkleTree(leaves: readonly Hash256[], known?: KnownTree): MerkleTree {
  if (leaves.length === 0) return EMPTY_MERKLE_TREE;
  let mutated = false;
  let level = leaves;
  // Of a mutated tree nobody knows which pair it was.
  let same = known && !known.tree.mutated ? known.same : [];
  const levels: (readonly Hash256[])[] = [];
  while (level.length > 1) {
    const below = level;
    const next: Hash256[] = [];
    const hashUpTo = (end: number): void => {
      for (let i = next.length * 2; i < end; i += 2) {
        const left = below[i] as Hash256;
        const right = below[i + 1];
        if (right !== undefined && equalBytes(left, right)) mutated = true;
        next.push(sha256d(left, right ?? left));
      }
    };
    same = samePairs(same);
    const knownLevel = known?.tree.levels[levels.length] ?? [];
    for (const { at, from, length } of same) {
      hashUpTo(at * 2);
      for (let i = 0; i < length; i++) next.push(knownLevel[from + i] as Hash256);
    }
    hashUpTo(below.length);
    levels.push(next);
    level = next;
  }
  return { root: level[0] as Hash256, mutated, levels };
}

/** Which pairs are the same when these hashes are: those of two of them, at even positions here and there. */
function samePairs(same: readonly SameLeaves[]): SameLeaves[] {
  const pairs: SameLeaves[] = [];
  for (const { at, from, length } of same) {
    if ((at - from) % 2 !== 0) continue;
    const first = at + (at % 2);
    const count = (at + length - first) >> 1;
    if (count > 0) pairs.push({ at: first / 2, from: (first - at + from) / 2, length: count });
  }
  return pairs;
}

/** Transactions a block can have at most: 2 000 000 bytes of at least 60 (merkleblock.cpp). */
export const MAX_TRANSACTIONS = 33_333;

export interface PartialMerkleTree {
  readonly totalTransactions: number;
  readonly merkleHashes: readonly Hash256[];
  /** Flag bits, least significant first, padded with zeros to whole bytes. */
  readonly merkleFlags: Uint8Array;
}

export interface MerkleMatch {
  readonly position: number;
  readonly hash: Hash256;
}

/**
 * Walks a partial merkle tree.
 * @returns the root it gives and the matched leaves in order
 * @throws `wire/bad-merkle-proof` with the rule that is broken
 * Source: Core 23.1.2 merkleblock.cpp CPartialMerkleTree::ExtractMatches
 */
export function extractMatches(tree: PartialMerkleTree): { root: Hash256; matches: MerkleMatch[] } {
  const { totalTransactions, merkleHashes, merkleFlags } = tree;
  const bitCount = merkleFlags.length * 8;
  if (totalTransactions === 0) throw badProof("no transactions");
  if (totalTransactions > MAX_TRANSACTIONS) throw badProof("too many transactions");
  if (merkleHashes.length > totalTransactions) throw badProof("more hashes than transactions");
  if (bitCount < merkleHashes.length) throw badProof("fewer flags than hashes");

  let bitsUsed = 0;
  let hashesUsed = 0;
  const matches: MerkleMatch[] = [];
  const widthAt = (level: number) => Math.ceil(totalTransactions / 2 ** level);

  const walk = (level: number, position: number): Hash256 => {
    if (bitsUsed >= bitCount) throw badProof("out of flags");
    const flag = ((merkleFlags[bitsUsed >> 3] as number) >> (bitsUsed & 7)) & 1;
    bitsUsed++;
    if (level === 0 || flag === 0) {
      const hash = merkleHashes[hashesUsed++];
      if (hash === undefined) throw badProof("out of hashes");
      if (level === 0 && flag === 1) matches.push({ position, hash });
      return hash;
    }
    const left = walk(level - 1, position * 2);
    if (position * 2 + 1 >= widthAt(level - 1)) return sha256d(left, left);
    const right = walk(level - 1, position * 2 + 1);
    if (equalBytes(left, right)) throw badProof("equal siblings");
    return sha256d(left, right);
  };

  let height = 0;
  while (widthAt(height) > 1) height++;
  const root = walk(height, 0);
  if (hashesUsed !== merkleHashes.length) throw badProof("unused hashes");
  if (Math.ceil(bitsUsed / 8) !== merkleFlags.length) throw badProof("unused flags");
  return { root, matches };
}

/**
 * The proof that leaf `position` of a block is what it is, as a node puts it into a mnlistdiff.
 * @param leaves - all txids of the block, in order
 * Source: Core 23.1.2 merkleblock.cpp CPartialMerkleTree::TraverseAndBuild
 */
export function buildPartialMerkleTree(leaves: readonly Hash256[], position: number): PartialMerkleTree {
  const merkleHashes: Hash256[] = [];
  const flags: number[] = [];
  const levels = [leaves, ...computeMerkleTree(leaves).levels];
  const walk = (level: number, index: number): void => {
    const isOnPath = position >> level === index;
    flags.push(isOnPath ? 1 : 0);
    if (level === 0 || !isOnPath) {
      merkleHashes.push(levels[level]?.[index] as Hash256);
      return;
    }
    walk(level - 1, index * 2);
    if (index * 2 + 1 < (levels[level - 1]?.length ?? 0)) walk(level - 1, index * 2 + 1);
  };
  walk(levels.length - 1, 0);
  const merkleFlags = new Uint8Array(Math.ceil(flags.length / 8));
  flags.forEach((flag, i) => {
    merkleFlags[i >> 3] = (merkleFlags[i >> 3] as number) | (flag << (i & 7));
  });
  return { totalTransactions: leaves.length, merkleHashes, merkleFlags };
}

function badProof(reason: string): DashlightError {
  return new DashlightError({ code: "wire/bad-merkle-proof", reason });
}
