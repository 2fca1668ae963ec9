import { type LlmqParams, SIGN_HEIGHT_OFFSET } from "../../../worker/params/index.ts";
import {
  compareBytes,
  type Hash256,
  type Height,
  type SignHash,
  sha256d,
} from "../../../worker/wire/hashes.ts";
import type { MinedCommitment, QuorumSets } from "./quorums.ts";

/**
 * The quorum of a non-rotating type that answers a request: the one with the smallest hash of type, quorum and request.
 * @returns undefined if the set is empty
 * Source: Core 23.1.2 llmq/quorumsman.cpp SelectQuorumForSigning
 */
export function selectPlainQuorum(
  set: readonly MinedCommitment[],
  llmqType: number,
  requestId: Hash256,
): MinedCommitment | undefined {
  const scored = set.map((mined) => ({
    mined,
    score: sha256d(Uint8Array.of(llmqType), mined.commitment.quorumHash, requestId),
  }));
  return scored.sort((a, b) => compareBytes(a.score, b.score))[0]?.mined;
}

/**
 * The quorum of a rotating type that answers a request: the one at the index some bits of the request name. The bits
 * are those below the top one of its last eight bytes, read little-endian.
 * @returns undefined if that index was never mined
 * Source: Core 23.1.2 llmq/quorumsman.cpp SelectQuorumForSigning
 */
export function selectRotatingQuorum(
  set: readonly MinedCommitment[],
  llmq: LlmqParams,
  requestId: Hash256,
): MinedCommitment | undefined {
  const bitCount = Math.log2(llmq.signingActiveQuorumCount);
  const last = new DataView(requestId.buffer, requestId.byteOffset + 24, 8).getBigUint64(0, true);
  const index = Number((last >> BigInt(64 - bitCount - 1)) & BigInt(llmq.signingActiveQuorumCount - 1));
  return set.find(({ commitment }) => commitment.quorumIndex === index);
}

/** Active quorums a message is signed with: those some blocks below, so that everyone agrees on them. */
export function signingSet(
  quorumsAt: (height: Height) => QuorumSets,
  signedHeight: Height,
  llmqType: number,
): readonly MinedCommitment[] {
  const height = signedHeight - SIGN_HEIGHT_OFFSET;
  return height < 0 ? [] : quorumsAt(height).ofType(llmqType);
}

/** What a quorum signs. Source: Core 23.1.2 llmq/signhash.cpp SignHash */
export function computeSignHash(quorum: MinedCommitment, requestId: Hash256, msgHash: Hash256): SignHash {
  const { llmqType, quorumHash } = quorum.commitment;
  return sha256d<SignHash>(Uint8Array.of(llmqType), quorumHash, requestId, msgHash);
}
