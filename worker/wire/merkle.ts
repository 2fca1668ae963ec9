import { DashlightError } from "../errors.ts";
import { equalBytes, type Hash256, sha256d, ZERO_HASH } from "./hashes.ts";

export interface MerkleRoot {
  /** 32 zero bytes for no leaves, the leaf itself for one */
  readonly root: Hash256;
  /** Two equal neighbours at an even position of some level: the list could be a forged duplicate (CVE-2012-2459). */
  readonly mutated: boolean;
}

/**
 * Bitcoin's merkle tree: SHA-256d of pairs, the last hash paired with itself when a level is odd.
 * Source: Core 23.1.2 consensus/merkle.cpp ComputeMerkleRoot
 */
export function computeMerkleRoot(leaves: readonly Hash256[]): MerkleRoot {
  if (leaves.length === 0) return { root: ZERO_HASH, mutated: false };
  let mutated = false;
  let level = leaves;
  while (level.length > 1) {
    const next: Hash256[] = [];
    for (let i = 0; i < level.length; i += 2) {
      const left = level[i] as Hash256;
      const right = level[i + 1];
      if (right !== undefined && equalBytes(left, right)) mutated = true;
      next.push(sha256d(left, right ?? left));
    }
    level = next;
  }
  return { root: level[0] as Hash256, mutated };
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
  const levels: (readonly Hash256[])[] = [leaves];
  for (let level = leaves; level.length > 1; ) {
    const next: Hash256[] = [];
    for (let i = 0; i < level.length; i += 2) {
      const left = level[i] as Hash256;
      next.push(sha256d(left, level[i + 1] ?? left));
    }
    levels.push(next);
    level = next;
  }
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
