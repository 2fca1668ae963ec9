import type { Bls } from "../bls/index.ts";
import type { EngineContext } from "../engine/context.ts";
import { prepareChainLock } from "../engine/locks.ts";
import type { MasternodeList } from "../engine/masternodeList.ts";
import type { QuorumEntry } from "../engine/quorumSet.ts";
import { type EngineState, statusOf } from "../engine/state.ts";
import { DashlightError } from "../errors.ts";
import { type Height, isZero, toHashHex } from "../wire/hashes.ts";
import type { ChainLock } from "../wire/locks.ts";
import { verifyLock } from "./judge.ts";

/** Locks that wait for their quorum set or block. Newer ones make older ones useless, so few are enough. */
const MAX_PENDING = 16;

/** A ChainLock whose signature verified, with a quorum that itself is verified under a proven list. */
export interface VerifiedChainLock {
  readonly lock: ChainLock;
  readonly quorum: QuorumEntry;
}

export interface LockOutcome {
  /** The newest lock that verified now. */
  readonly verified: VerifiedChainLock | undefined;
  /** Heights whose quorum set is missing. */
  readonly missingSets: readonly Height[];
  /** Locks that are forged, with where they came from. */
  readonly refused: readonly { readonly source: string; readonly error: DashlightError }[];
}

interface PendingLock {
  readonly lock: ChainLock;
  /** Address of the peer, or what else it was read from. */
  readonly source: string;
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
    this.#pending.push({ lock, source });
    this.#pending.sort((a, b) => b.lock.height - a.lock.height);
    this.#pending.length = Math.min(this.#pending.length, MAX_PENDING);
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
  async check(state: EngineState, context: EngineContext, bls: Bls): Promise<LockOutcome> {
    const missingSets = new Set<Height>();
    const refused: { source: string; error: DashlightError }[] = [];
    let verified: VerifiedChainLock | undefined;
    for (const pending of [...this.#pending]) {
      if (verified && pending.lock.height <= verified.lock.height) break;
      try {
        const quorum = await this.#checkOne(pending.lock, state, context, bls, missingSets);
        if (quorum) verified = { lock: pending.lock, quorum };
      } catch (error) {
        if (!(error instanceof DashlightError)) throw error;
        refused.push({ source: pending.source, error });
        this.#pending = this.#pending.filter((other) => other !== pending);
      }
    }
    if (verified) this.#accept(verified);
    return { verified, missingSets: [...missingSets], refused };
  }

  /** After a reorg or a reset: nothing is known any more. */
  clear(): void {
    this.#pending = [];
    this.#newest = undefined;
  }

  #accept(verified: VerifiedChainLock): void {
    this.#newest = verified;
    this.#pending = this.#pending.filter(({ lock }) => lock.height > verified.lock.height);
  }

  /** @returns the signer if the lock verified with a verified quorum; undefined while something is missing */
  async #checkOne(
    lock: ChainLock,
    state: EngineState,
    context: EngineContext,
    bls: Bls,
    missingSets: Set<Height>,
  ): Promise<QuorumEntry | undefined> {
    const preparation = prepareChainLock(state, lock, context);
    if (preparation.missing?.code === "quorum-set-missing") missingSets.add(preparation.missing.height);
    // A key is used only if its quorum verified: until then the lock waits.
    const [candidate] = preparation.candidates;
    if (!candidate || statusOf(state, candidate.quorum).status !== "verified") return undefined;
    const verdict = await verifyLock("chainlock", preparation, bls);
    return verdict.status === "verified" ? verdict.quorum : undefined;
  }
}
