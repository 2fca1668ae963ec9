import type { SignatureCheck } from "../bls/index.ts";
import { DashlightError } from "../errors.ts";
import type { LlmqParams } from "../params/llmq.ts";
import { SIGN_HEIGHT_OFFSET } from "../params/llmq.ts";
import { isLegacyCommitment } from "../wire/finalCommitment.ts";
import {
  compareBytes,
  type Hash256,
  type Height,
  isZero,
  type QuorumHash,
  type SignHash,
  sha256d,
  toHashHex,
} from "../wire/hashes.ts";
import {
  type ChainLock,
  computeChainLockRequestId,
  computeInstantLockRequestId,
  type InstantLock,
} from "../wire/locks.ts";
import { activeQuorumsAt } from "./activeQuorums.ts";
import type { EngineContext } from "./context.ts";
import type { MasternodeList } from "./masternodeList.ts";
import type { QuorumEntry } from "./quorumSet.ts";
import type { EngineState } from "./state.ts";

/** Why a lock cannot be checked yet. It is kept and tried again at every new set. */
export type LockUnknownReason =
  | { readonly code: "block-unknown" }
  | { readonly code: "quorum-set-missing"; readonly height: Height }
  | { readonly code: "no-quorum"; readonly height: Height };

/** A quorum that may have signed, the list that proves its key, and the signature to check. */
export interface LockCandidate {
  readonly quorum: QuorumEntry;
  readonly list: MasternodeList;
  readonly check: SignatureCheck;
}

/**
 * Who may have signed. The lock is valid if any candidate's signature checks out. If none does it is invalid, unless
 * something is missing: then it is unknown.
 */
export interface LockPreparation {
  readonly candidates: readonly LockCandidate[];
  readonly missing: LockUnknownReason | undefined;
}

/**
 * Finds who must have signed a ChainLock: of the quorums active 8 blocks below it, the one with the smallest
 * SHA-256d(type, quorumHash, requestId), compared bytewise.
 * @throws `engine/malformed-lock` when the block is known at another height
 * Source: DIP-8 (its formulas are outdated); Core 23.1.2 llmq/quorumsman.cpp SelectQuorumForSigning
 */
export function prepareChainLock(
  state: EngineState,
  lock: ChainLock,
  context: EngineContext,
): LockPreparation {
  const { params, chain } = context;
  const height = chain.heightOf(lock.blockHash);
  if (height !== undefined && height !== lock.height) throw malformed("block at another height");
  const llmq = params.llmqs.get(params.llmqTypeChainLocks);
  const setHeight = lock.height - SIGN_HEIGHT_OFFSET;
  const active = llmq && activeQuorumsAt(state, llmq, setHeight, context);
  if (!llmq || !active) return nothing({ code: "quorum-set-missing", height: setHeight });

  const requestId = computeChainLockRequestId(lock.height);
  const quorum = selectSigningQuorum(llmq, active.quorums, requestId);
  if (!quorum) return nothing({ code: "no-quorum", height: setHeight });
  const candidate = makeCandidate(llmq, quorum, active.list, requestId, lock.blockHash, lock.sig);
  return { candidates: [candidate], missing: undefined };
}

/**
 * Finds who must have signed an InstantSend lock: the quorum with the request's index in the set active at the end
 * of the lock's cycle, or one interval earlier (locks of old signers).
 * @param tipHeight - height of the best chain's tip
 * @throws `engine/malformed-lock` for a lock that can never be valid
 * Source: DIP-22, DIP-24; Core 23.1.2 instantsend/net_instantsend.cpp, llmq/quorumsman.cpp SelectQuorumForSigning
 */
export function prepareInstantLock(
  state: EngineState,
  lock: InstantLock,
  tipHeight: Height,
  context: EngineContext,
): LockPreparation {
  checkInputs(lock);
  const { params, chain } = context;
  const llmq = params.llmqs.get(params.llmqTypeInstantSend);
  const cycleHeight = chain.heightOf(lock.cycleHash);
  if (!llmq || cycleHeight === undefined) return nothing({ code: "block-unknown" });
  if (cycleHeight % llmq.dkgInterval !== 0) throw malformed("cycleHash is not a cycle base");

  const requestId = computeInstantLockRequestId(lock);
  const next = cycleHeight + llmq.dkgInterval;
  const endOfCycle = next < tipHeight ? next - 1 : tipHeight;
  const candidates: LockCandidate[] = [];
  let missing: LockUnknownReason | undefined;
  for (const height of [endOfCycle, endOfCycle - llmq.dkgInterval]) {
    const active = activeQuorumsAt(state, llmq, height, context);
    const quorum = active && selectInstantSendQuorum(llmq, active.quorums, requestId);
    if (active && quorum) {
      candidates.push(makeCandidate(llmq, quorum, active.list, requestId, lock.txid, lock.sig));
    } else if (!active) {
      missing ??= { code: "quorum-set-missing", height };
    }
  }
  return candidates.length > 0 || missing
    ? { candidates, missing }
    : nothing({ code: "no-quorum", height: endOfCycle });
}

/** The smallest SHA-256d(type, quorumHash, requestId), compared as raw bytes, not as a number. */
export function selectSigningQuorum(
  llmq: LlmqParams,
  quorums: readonly QuorumEntry[],
  requestId: Hash256,
): QuorumEntry | undefined {
  let best: { quorum: QuorumEntry; score: Hash256 } | undefined;
  for (const quorum of quorums) {
    const score = sha256d(Uint8Array.of(llmq.type), quorum.commitment.quorumHash, requestId);
    if (!best || compareBytes(score, best.score) < 0) best = { quorum, score };
  }
  return best?.quorum;
}

function selectInstantSendQuorum(
  llmq: LlmqParams,
  quorums: readonly QuorumEntry[],
  requestId: Hash256,
): QuorumEntry | undefined {
  if (!llmq.useRotation) return selectSigningQuorum(llmq, quorums, requestId);
  const index = signerIndex(requestId, llmq.signingActiveQuorumCount);
  return quorums.find(({ commitment }) => commitment.quorumIndex === index);
}

/**
 * Index of the rotating quorum that signs a request: the n = log2(count) bits just below the top bit of the last
 * little-endian u64 (DIP-24 says the last n bits; the network follows Core).
 */
export function signerIndex(requestId: Hash256, count: number): number {
  const bits = BigInt(Math.floor(Math.log2(count)));
  const view = new DataView(requestId.buffer, requestId.byteOffset, 32);
  return Number((view.getBigUint64(24, true) >> (64n - bits - 1n)) & ((1n << bits) - 1n));
}

/** SHA-256d(type, quorumHash, requestId, msgHash). Source: Core 23.1.2 llmq/signhash.cpp (DIP-7 leaves out the type) */
export function computeSignHash(
  llmqType: number,
  quorumHash: QuorumHash,
  requestId: Hash256,
  msgHash: Hash256,
): SignHash {
  return sha256d<SignHash>(Uint8Array.of(llmqType), quorumHash, requestId, msgHash);
}

function makeCandidate(
  llmq: LlmqParams,
  quorum: QuorumEntry,
  list: MasternodeList,
  requestId: Hash256,
  msgHash: Hash256,
  signature: Uint8Array,
): LockCandidate {
  const { version, quorumHash, quorumPublicKey } = quorum.commitment;
  // A quorum formed before V19 signs on after it: then with the basic scheme, under a key in legacy encoding.
  const keyScheme = isLegacyCommitment(version) ? "legacy" : "basic";
  const check: SignatureCheck = {
    scheme: "basic",
    message: computeSignHash(llmq.type, quorumHash, requestId, msgHash),
    signature,
    signer: { kind: "single", publicKey: { bytes: quorumPublicKey, scheme: keyScheme } },
  };
  return { quorum, list, check };
}

function checkInputs({ inputs, txid }: InstantLock): void {
  if (isZero(txid)) throw malformed("no txid");
  if (inputs.length === 0) throw malformed("no inputs");
  const seen = new Set(inputs.map(({ txid: hash, index }) => `${toHashHex(hash)}:${index}`));
  if (seen.size !== inputs.length) throw malformed("an input twice");
}

function malformed(what: string): DashlightError {
  return new DashlightError({ code: "engine/malformed-lock", what });
}

function nothing(missing: LockUnknownReason): LockPreparation {
  return { candidates: [], missing };
}
