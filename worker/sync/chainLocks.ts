import type { SignatureVerifier } from "../bls/index.ts";
import type { EngineContext } from "../engine/context.ts";
import { prepareChainLock } from "../engine/locks.ts";
import type { MasternodeList } from "../engine/masternodeList.ts";
import type { QuorumEntry } from "../engine/quorumSet.ts";
import { type EngineState, statusOf } from "../engine/state.ts";
import { DashlightError } from "../errors.ts";
import { type HashHex, type Height, isZero, toHashHex } from "../wire/hashes.ts";
import type { ChainLock } from "../wire/locks.ts";
import { verifyLock } from "./judge.ts";

/**
 * Locks of one source that wait for their quorum set or block. Newer ones make older ones useless, so few are enough;
 * each source has its own, so that nobody's inventions push out what others sent.
 */
const MAX_PER_SOURCE = 2;
/** Of all sources, those no longer connected included; the oldest go. */
const MAX_PENDING = 32;

/** A ChainLock whose signature verified, with a quorum that itself is verified under a proven list. */
export interface VerifiedChainLock {
  readonly lock: ChainLock;
  readonly quorum: QuorumEntry;
}

export interface LockOutcome {
  /** The newest lock that verified now. */
  readonly verified: VerifiedChainLock | undefined;
  /** Heights whose quorum set is missing, newest first. */
  readonly missingSets: readonly Height[];
  /** Quorums that must be judged before their signature counts: a lock's need not be in the newest list any more. */
  readonly awaitedQuorums: readonly QuorumEntry[];
  /** Locks that are forged, with where they came from. */
  readonly refused: readonly { readonly source: string; readonly error: DashlightError }[];
}

interface PendingLock {
  readonly lock: ChainLock;
  /** Address of the peer, or what else it was read from. */
  readonly source: string;
}

/** What locks wait for, gathered while they are checked. */
interface Waiting {
  readonly missingSets: Set<Height>;
  readonly awaitedQuorums: Map<HashHex, QuorumEntry>;
}

/** Keeps ChainLocks until they can be checked, newest first, and checks them whenever the engine knows more. */
export class ChainLocks {
  #pending: PendingLock[] = [];
  #newest: VerifiedChainLock | undefined;

  get newest(): VerifiedChainLock | undefined {
    return this.#newest;
  }

  /** Locks at or below the newest verified one say nothing new. */
  add(lock: ChainLock, source: string): void {
    if (this.#newest && lock.height <= this.#newest.lock.height) return;
    const hash = toHashHex(lock.blockHash);
    const isKnown = this.#pending.some(
      (known) =>
        known.source === source &&
        known.lock.height === lock.height &&
        toHashHex(known.lock.blockHash) === hash,
    );
    if (isKnown) return;
    const ofSource = this.#pending.filter((known) => known.source === source);
    const kept = newestFirst([...ofSource, { lock, source }]).slice(0, MAX_PER_SOURCE);
    const others = this.#pending.filter((known) => known.source !== source);
    this.#pending = [...others, ...kept].slice(-MAX_PENDING);
  }

  /** The lock that a list's own coinbase carries: the best its miner knew. Source: `protocol/verification.md` 10.4 */
  addFromCoinbase(list: MasternodeList, context: EngineContext): void {
    const carried = list.cbTx.chainLock;
    if (!carried || isZero(carried.bestCLSignature)) return;
    const height = list.height - carried.bestCLHeightDiff - 1;
    const blockHash = context.chain.hashAt(height);
    if (blockHash) this.add({ height, blockHash, sig: carried.bestCLSignature }, "coinbase");
  }

  /** Checks what can be checked; the rest stays. */
  async check(state: EngineState, context: EngineContext, verifier: SignatureVerifier): Promise<LockOutcome> {
    const waiting: Waiting = { missingSets: new Set(), awaitedQuorums: new Map() };
    const refused: { source: string; error: DashlightError }[] = [];
    let verified: VerifiedChainLock | undefined;
    for (const pending of newestFirst(this.#pending)) {
      if (verified && pending.lock.height <= verified.lock.height) break;
      try {
        const quorum = await this.#checkOne(pending.lock, state, context, verifier, waiting);
        if (quorum) verified = { lock: pending.lock, quorum };
      } catch (error) {
        if (!(error instanceof DashlightError)) throw error;
        refused.push({ source: pending.source, error });
        this.#pending = this.#pending.filter((other) => other !== pending);
      }
    }
    if (verified) this.#accept(verified);
    const { missingSets, awaitedQuorums } = waiting;
    return {
      verified,
      missingSets: [...missingSets],
      awaitedQuorums: [...awaitedQuorums.values()],
      refused,
    };
  }

  #accept(verified: VerifiedChainLock): void {
    this.#newest = verified;
    this.#pending = this.#pending.filter(({ lock }) => lock.height > verified.lock.height);
  }

  /** @returns the signer if the lock verified with a verified quorum */
  async #checkOne(
    lock: ChainLock,
    state: EngineState,
    context: EngineContext,
    verifier: SignatureVerifier,
    { missingSets, awaitedQuorums }: Waiting,
  ): Promise<QuorumEntry | undefined> {
    const preparation = prepareChainLock(state, lock, context);
    if (preparation.missing?.code === "quorum-set-missing") missingSets.add(preparation.missing.height);
    const [candidate] = preparation.candidates;
    if (!candidate) return undefined;
    // A key is used only if its quorum verified: until then the lock waits.
    const { status } = statusOf(state, candidate.quorum);
    if (status === "unknown") awaitedQuorums.set(candidate.quorum.id, candidate.quorum);
    if (status !== "verified") return undefined;
    const verdict = await verifyLock("chainlock", preparation, verifier);
    return verdict.status === "verified" ? verdict.quorum : undefined;
  }
}

function newestFirst(locks: readonly PendingLock[]): PendingLock[] {
  return [...locks].sort((a, b) => b.lock.height - a.lock.height);
}
