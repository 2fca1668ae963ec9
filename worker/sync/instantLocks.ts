import type { SignatureVerifier } from "../bls/index.ts";
import type { EngineContext } from "../engine/context.ts";
import { prepareInstantLock } from "../engine/locks.ts";
import type { QuorumEntry } from "../engine/quorumSet.ts";
import { type EngineState, statusOf } from "../engine/state.ts";
import { DashlightError } from "../errors.ts";
import { encode } from "../wire/codec.ts";
import { type HashHex, type Height, sha256d, toHashHex } from "../wire/hashes.ts";
import { type InventoryItem, InvType } from "../wire/inventory.ts";
import { type InstantLock, instantLock } from "../wire/locks.ts";
import { AnnouncedLocks } from "./announcedLocks.ts";

/** Locks of one source that wait to be checked; the oldest go. */
const MAX_PER_SOURCE = 16;
/** Of all sources, those no longer connected included. */
const MAX_PENDING = 64;
/** Verified locks kept to be shown. No specific reason for this number. */
const MAX_NEWEST = 16;

/** An InstantSend lock whose signature verified, with a quorum that itself is verified under a proven list. */
export interface VerifiedInstantLock {
  readonly lock: InstantLock;
  readonly quorum: QuorumEntry;
  readonly verifiedAtMs: number;
}

export interface InstantLockOutcome {
  /** How many verified now. */
  readonly verified: number;
  /** Quorums that signed a lock and are not judged yet. */
  readonly awaitedQuorums: readonly QuorumEntry[];
  /** The first forged lock of each source. */
  readonly refused: readonly { readonly source: string; readonly error: DashlightError }[];
}

interface PendingLock {
  readonly lock: InstantLock;
  readonly hash: HashHex;
  readonly source: string;
  /** Ids of quorums whose key does not fit the signature: none is tried twice. */
  readonly refutedBy: Set<HashHex>;
}

/** What a check needs to know. */
export interface CheckInput {
  readonly state: EngineState;
  readonly context: EngineContext;
  readonly tipHeight: Height;
  readonly nowMs: number;
}

/**
 * Fetches announced InstantSend locks, keeps those that cannot be checked yet, and checks them whenever the engine
 * knows more. Nothing is fetched to check them: the sets of current signers belong to what the sync needs anyway.
 */
export class InstantLocks {
  readonly #announced = new AnnouncedLocks();
  #pending: PendingLock[] = [];
  #newest: VerifiedInstantLock[] = [];

  /** Newest first. */
  get newest(): readonly VerifiedInstantLock[] {
    return this.#newest;
  }

  get pending(): number {
    return this.#pending.length;
  }

  /** @returns what to ask `source` for, of all that it announced */
  choose(items: readonly InventoryItem[], source: string, nowMs: number): InventoryItem[] {
    return this.#announced.choose(items.filter(isInstantLock), source, nowMs);
  }

  /** @param items - what `source` does not have */
  notFound(items: readonly InventoryItem[], source: string): void {
    const hashes = items.filter(isInstantLock).map(({ hash }) => toHashHex(hash));
    this.#announced.settle(hashes, source);
  }

  /** A source connected again. */
  connected(source: string): void {
    this.#announced.forget(source);
  }

  /** @returns whether the lock says something new */
  add(lock: InstantLock, source: string): boolean {
    const hash = toHashHex(sha256d(encode(instantLock, lock)));
    this.#announced.settle([hash], source);
    this.#announced.receive(hash);
    const txid = toHashHex(lock.txid);
    if (this.#newest.some((verified) => toHashHex(verified.lock.txid) === txid)) return false;
    if (this.#pending.some((known) => known.hash === hash)) return false;
    const others = this.#pending.filter((known) => known.source !== source);
    const own = this.#pending.filter((known) => known.source === source);
    const added = { lock, hash, source, refutedBy: new Set<HashHex>() };
    this.#pending = [...others, ...[...own, added].slice(-MAX_PER_SOURCE)].slice(-MAX_PENDING);
    return true;
  }

  /** Checks what can be checked; the rest stays. */
  async check(input: CheckInput, verifier: SignatureVerifier): Promise<InstantLockOutcome> {
    const refused = new Map<string, DashlightError>();
    const awaited = new Map<HashHex, QuorumEntry>();
    let verified = 0;
    for (const pending of this.#pending) {
      if (refused.has(pending.source)) continue;
      try {
        const signer = await findSigner(pending, input, verifier);
        if (!signer) continue;
        if (statusOf(input.state, signer).status === "verified") {
          this.#accept(pending, signer, input.nowMs);
          verified++;
        } else awaited.set(signer.id, signer);
      } catch (error) {
        if (!(error instanceof DashlightError)) throw error;
        refused.set(pending.source, error);
      }
    }
    // Who forged one is not believed the others.
    this.#pending = this.#pending.filter(({ source }) => !refused.has(source));
    return {
      verified,
      awaitedQuorums: [...awaited.values()],
      refused: [...refused].map(([source, error]) => ({ source, error })),
    };
  }

  #accept(pending: PendingLock, quorum: QuorumEntry, verifiedAtMs: number): void {
    this.#newest = [{ lock: pending.lock, quorum, verifiedAtMs }, ...this.#newest].slice(0, MAX_NEWEST);
    this.#pending = this.#pending.filter((other) => other !== pending);
  }
}

function isInstantLock({ type }: InventoryItem): boolean {
  return type === InvType.isdLock;
}

/**
 * @returns the quorum whose key fits the signature, judged or not; undefined while there is no saying
 * @throws `engine/malformed-lock`; `engine/bad-lock-signature` if no quorum that may have signed did
 */
async function findSigner(
  { lock, refutedBy }: PendingLock,
  { state, context, tipHeight }: CheckInput,
  verifier: SignatureVerifier,
): Promise<QuorumEntry | undefined> {
  const { candidates, missing } = prepareInstantLock(state, lock, tipHeight, context);
  const untried = candidates.filter(({ quorum }) => !refutedBy.has(quorum.id));
  const checks = untried.map(({ check }) => check);
  const results = await verifier.verify(checks, { isUrgent: true });
  const signer = untried.find((_, i) => results[i] === true);
  if (signer) return signer.quorum;
  for (const { quorum } of untried) refutedBy.add(quorum.id);
  const isJudged = candidates.some(({ quorum }) => statusOf(state, quorum).status === "verified");
  if (missing || !isJudged || !isSetComplete(lock, tipHeight, context)) return undefined;
  const hashes = candidates.map(({ quorum }) => toHashHex(quorum.commitment.quorumHash));
  throw new DashlightError({
    code: "engine/bad-lock-signature",
    lock: "instantlock",
    quorumHash: hashes.join(","),
  });
}

/** Whether every quorum of the lock's cycle is mined on our chain: before, an honest signer may be ahead of us. */
function isSetComplete(lock: InstantLock, tipHeight: Height, { params, chain }: EngineContext): boolean {
  const llmq = params.llmqs.get(params.llmqTypeInstantSend);
  const cycleHeight = chain.heightOf(lock.cycleHash);
  return llmq !== undefined && cycleHeight !== undefined && tipHeight - cycleHeight > llmq.dkgMiningWindowEnd;
}
