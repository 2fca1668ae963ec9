import { sha256 } from "@noble/hashes/sha2.js";
import { encode, i32 } from "../../../worker/wire/codec.ts";
import {
  type BlockHash,
  type Hash256,
  type HashHex,
  isZero,
  type ProTxHash,
  sha256d,
} from "../../../worker/wire/hashes.ts";

/** What a draw has to know of a masternode. Its keys are the caller's: draws return the objects they were given. */
export interface Candidate {
  readonly proRegTxHash: ProTxHash;
  /** display form of proRegTxHash, the key in sets */
  readonly id: HashHex;
  /** Zero until the registration has enough confirmations. */
  readonly confirmedHash: BlockHash;
  /** Not PoSe-banned. */
  readonly isValid: boolean;
  readonly isEvo: boolean;
  /**
   * What no two masternodes of one set may share, each with its kind in front: collateral, addresses, owner key,
   * operator key, platform node id. A draw treats a node that collides with one already in its set as not added.
   */
  readonly uniqueProperties: readonly string[];
}

/** The block whose state decides a draw: `WORK_DIFF_DEPTH` below the quorum's base or the cycle's base. */
export interface WorkBlock {
  readonly height: number;
  readonly hash: BlockHash;
  /** 96 bytes from its coinbase, basic encoding; undefined if it has none, which is never hashed as zeros */
  readonly chainLockSignature: Uint8Array | undefined;
}

/**
 * Modifier of all scores of one draw: SHA-256d of type, height and ChainLock signature, or of type and block hash.
 * Source: DIP-29; Core 23.1.2 llmq/utils.cpp GetHashModifier (V20 active)
 */
export function computeModifier(llmqType: number, work: WorkBlock): Hash256 {
  const type = Uint8Array.of(llmqType);
  return work.chainLockSignature === undefined
    ? sha256d(type, work.hash)
    : sha256d(type, encode(i32, work.height), work.chainLockSignature);
}

/** H(proRegTxHash || confirmedHash) of entries seen before: the half of a score that does not depend on the draw. */
const innerHashes = new WeakMap<Candidate, Uint8Array>();

function innerHash(candidate: Candidate): Uint8Array {
  const known = innerHashes.get(candidate);
  if (known !== undefined) return known;
  const hash = sha256.create().update(candidate.proRegTxHash).update(candidate.confirmedHash).digest();
  innerHashes.set(candidate, hash);
  return hash;
}

/**
 * The score of one masternode in one draw: single SHA-256 twice.
 * @returns 32 bytes, a number with its least significant byte first
 * Source: Core 23.1.2 llmq/utils.cpp calculateQuorumScore
 */
function computeScore(candidate: Candidate, modifier: Hash256): Uint8Array {
  return sha256.create().update(innerHash(candidate)).update(modifier).digest();
}

/** Numeric order of two little-endian numbers. */
function compareLittleEndian(a: Uint8Array, b: Uint8Array): number {
  for (let i = a.length - 1; i >= 0; i--) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/**
 * Everyone who can be drawn, best score first: valid and confirmed, as the entries themselves say.
 * Source: Core 23.1.2 llmq/utils.cpp CalculateScoresForQuorum, CalculateQuorum
 */
export function rank<M extends Candidate>(entries: Iterable<M>, modifier: Hash256): M[] {
  return Array.from(entries)
    .filter((entry) => entry.isValid && !isZero(entry.confirmedHash))
    .map((entry) => ({ entry, score: computeScore(entry, modifier) }))
    .sort((a, b) => compareLittleEndian(b.score, a.score))
    .map(({ entry }) => entry);
}

/**
 * Members of a non-rotating quorum, in the order in which `signers` and `validMembers` count them.
 * @param list - at the work block
 * @param isEvoOnly - the type is the network's Platform type
 * @returns at most `size` entries; fewer if there are no more
 * Source: Core 23.1.2 llmq/utils.cpp ComputeQuorumMembers
 */
export function selectPlainMembers<M extends Candidate>(
  list: readonly M[],
  modifier: Hash256,
  size: number,
  isEvoOnly: boolean,
): M[] {
  const candidates = isEvoOnly ? list.filter((entry) => entry.isEvo) : list;
  return rank(candidates, modifier).slice(0, size);
}
