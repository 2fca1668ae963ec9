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

/** A number of 256 bits. */
interface Score {
  /** least significant byte first */
  readonly bytes: Uint8Array;
  /** its 48 most significant bits: they decide nearly every comparison */
  readonly top: number;
}

/** Scores under one modifier, so that a second ranking need not compute them again. */
export type Scores = Map<Candidate, Score>;

/**
 * The score of one masternode in one draw: single SHA-256 twice.
 * Source: Core 23.1.2 llmq/utils.cpp calculateQuorumScore
 */
function computeScore(candidate: Candidate, modifier: Hash256): Score {
  const bytes = sha256.create().update(innerHash(candidate)).update(modifier).digest();
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return { bytes, top: view.getUint32(28, true) * 0x10000 + view.getUint16(26, true) };
}

function compareScores(a: Score, b: Score): number {
  if (a.top !== b.top) return a.top - b.top;
  for (let i = a.bytes.length - 1; i >= 0; i--) {
    const difference = (a.bytes[i] ?? 0) - (b.bytes[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/**
 * Everyone who can be drawn, best score first: valid and confirmed, as the entries themselves say.
 * @param scores - of earlier rankings with this modifier; new ones are added
 * Source: Core 23.1.2 llmq/utils.cpp CalculateScoresForQuorum, CalculateQuorum
 */
export function rank<M extends Candidate>(
  entries: Iterable<M>,
  modifier: Hash256,
  scores: Scores = new Map(),
): M[] {
  const scoreOf = (entry: M) => {
    const score = scores.get(entry) ?? computeScore(entry, modifier);
    scores.set(entry, score);
    return score;
  };
  return Array.from(entries)
    .filter((entry) => entry.isValid && !isZero(entry.confirmedHash))
    .map((entry) => ({ entry, score: scoreOf(entry) }))
    .sort((a, b) => compareScores(b.score, a.score))
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
