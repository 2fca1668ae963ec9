import type { SignatureVerifier } from "../bls/index.ts";
import type { ClientState } from "../clientState.ts";
import type { QuorumEntry } from "../engine/quorumSet.ts";
import { dropOffChain, newestList, type QuorumStatus, statusOf } from "../engine/state.ts";
import { DashlightError } from "../errors.ts";
import { toHashHex } from "../wire/hashes.ts";
import type { LockOutcome, VerifiedChainLock } from "./chainLocks.ts";
import { quorumsToJudge } from "./discover.ts";
import { InstantLocks } from "./instantLocks.ts";
import { judgeQuorums } from "./judge.ts";
import { SnapshotSources } from "./snapshotSources.ts";
import { takeVerdicts } from "./takeVerdicts.ts";

/** Takes points off a peer. @param reason - in words, where the error's are not the whole story */
export type Penalize = (address: string, points: number, error: DashlightError, reason?: string) => void;

export interface VerdictsOptions {
  readonly state: ClientState;
  readonly verifier: SignatureVerifier;
  /** The verifier has threads of its own: judging keeps nobody waiting. */
  readonly isVerifierApart: boolean;
  readonly signal: AbortSignal;
  readonly penalize: Penalize;
  /** A list was given up, and nobody is left that could be asked for it. */
  readonly isListExhausted: (height: number) => boolean;
  /** A ChainLock led to another branch. */
  readonly onReorg: () => void;
}

/** Judges quorums and locks by their signatures, and holds to account who sent forged ones. */
export class Verdicts {
  readonly instantLocks = new InstantLocks();
  readonly snapshots = new SnapshotSources();
  readonly #options: VerdictsOptions;
  readonly #state: ClientState;
  /** Quorums that are judged while answers come in; ended by itself. */
  #judging: Promise<void> | undefined;
  #hasMoreToJudge = false;

  constructor(options: VerdictsOptions) {
    this.#options = options;
    this.#state = options.state;
  }

  /**
   * Judges all that can be judged now.
   * @param onBegin - there is something to judge
   */
  async judge(onBegin: () => void): Promise<void> {
    while (this.#judging) await this.#judging;
    await this.#judgeOnce(onBegin);
  }

  /**
   * Judges what can be judged already while the rest is on its way: a pool's threads have nothing else to do, while a
   * single thread would keep the answers waiting.
   */
  judgeMeanwhile(): void {
    if (!this.#options.isVerifierApart) return;
    this.#hasMoreToJudge = true;
    this.#judging ??= this.#judgeWhileMore();
  }

  async #judgeWhileMore(): Promise<void> {
    try {
      while (this.#hasMoreToJudge) {
        this.#hasMoreToJudge = false;
        await this.#judgeOnce();
      }
    } catch (error) {
      if (!this.#options.signal.aborted) throw error;
    } finally {
      this.#judging = undefined;
    }
  }

  async #judgeOnce(onBegin?: () => void): Promise<void> {
    if (this.#quorumsToJudge().length === 0) return;
    onBegin?.();
    // First of all the quorum that signed the newest ChainLock: what is final shows before the rest is judged.
    await this.checkLocks();
    const quorums = this.#quorumsToJudge();
    await this.judgeQuorums(quorums);
    for (const address of this.snapshots.weigh(this.#state.engine, quorums, this.#state.context)) {
      const error = new DashlightError({ code: "engine/snapshot-refuted", address });
      const reason = "its quorum snapshots were not the network's";
      this.#state.note("warning", `${address}: ${reason}`, error.facts);
      this.#options.penalize(address, 100, error, reason);
    }
    this.#state.changed();
  }

  #quorumsToJudge(): QuorumEntry[] {
    const { engine, neededTypes } = this.#state;
    const list = newestList(engine);
    return list ? quorumsToJudge(engine, list, neededTypes) : [];
  }

  /**
   * Judges these, whatever else is judged meanwhile.
   * @param isUrgent - a lock waits for them
   */
  async judgeQuorums(quorums: readonly QuorumEntry[], isUrgent = false): Promise<void> {
    const { verifier, signal } = this.#options;
    const { engine, context } = this.#state;
    const judged = await judgeQuorums(engine, quorums, context, verifier, { signal, isUrgent });
    this.#state.engine = takeVerdicts(this.#state.engine, judged, quorums);
    this.#noteVerdicts(quorums.filter((quorum) => statusOf(engine, quorum).status === "unknown"));
  }

  /** One entry for all, and one for each that is invalid: nobody's key then, whoever sent it. */
  #noteVerdicts(quorums: readonly QuorumEntry[]): void {
    const { engine } = this.#state;
    const statuses = quorums.map((quorum) => ({ quorum, status: statusOf(engine, quorum) }));
    const count = (name: QuorumStatus["status"]) =>
      statuses.filter(({ status }) => status.status === name).length;
    const counts = { verified: count("verified"), invalid: count("invalid") };
    if (counts.verified + counts.invalid === 0) return;
    this.#state.note(
      "info",
      `quorums judged: ${counts.verified} verified, ${counts.invalid} invalid`,
      counts,
    );
    for (const { quorum, status } of statuses) {
      if (status.status !== "invalid") continue;
      const { llmqType, quorumHash } = quorum.commitment;
      const facts = { llmqType, quorumHash: toHashHex(quorumHash), reason: status.reason };
      this.#state.note("warning", `a quorum of type ${llmqType} is invalid: ${status.reason}`, facts);
    }
  }

  /** Checks the locks that wait; one whose quorum is not judged yet has it judged first. */
  async checkLocks(): Promise<LockOutcome> {
    const { locks, context, chain } = this.#state;
    const { verifier, isListExhausted } = this.#options;
    const list = newestList(this.#state.engine);
    if (list) locks.addFromCoinbase(list, context);
    let outcome = await locks.check(this.#state.engine, context, verifier);
    if (outcome.awaitedQuorums.length > 0) {
      await this.judgeQuorums(outcome.awaitedQuorums, true);
      const again = await locks.check(this.#state.engine, context, verifier);
      const refused = [...outcome.refused, ...again.refused];
      outcome = { ...again, verified: again.verified ?? outcome.verified, refused };
    }
    this.#refuse(outcome.refused);
    if (outcome.verified) await this.#enforceLock(outcome.verified);
    const isAskable = (height: number) =>
      height > 0 && height <= chain.tip.height && !isListExhausted(height);
    // One at a time: the newest lock that verifies makes all others useless.
    return { ...outcome, missingSets: outcome.missingSets.filter(isAskable).slice(0, 1) };
  }

  /** Those that came meanwhile, and those that waited for what is known now. */
  async checkInstantLocks(): Promise<void> {
    if (this.instantLocks.pending === 0) return;
    const { chain, context, clock } = this.#state;
    const check = () => {
      const { engine: state } = this.#state;
      const input = { state, context, tipHeight: chain.tip.height, nowMs: clock.now() };
      return this.instantLocks.check(input, this.#options.verifier);
    };
    const first = await check();
    this.#refuse(first.refused);
    if (first.awaitedQuorums.length > 0) {
      await this.judgeQuorums(first.awaitedQuorums, true);
      this.#refuse((await check()).refused);
    }
    this.#state.changed();
  }

  /** Who sent a forged lock is banned. */
  #refuse(refused: LockOutcome["refused"]): void {
    for (const { source, error } of refused) {
      this.#state.note("warning", `${source}: ${error.message}`, { address: source, ...error.facts });
      this.#options.penalize(source, 100, error);
    }
  }

  async #enforceLock({ lock, quorum }: VerifiedChainLock): Promise<void> {
    const { chain, context } = this.#state;
    const { llmqType, quorumHash } = quorum.commitment;
    this.#state.note("info", `the ChainLock at ${lock.height} is verified`, {
      ...{ height: lock.height, blockHash: toHashHex(lock.blockHash) },
      ...{ llmqType, quorumHash: toHashHex(quorumHash) },
    });
    const result = chain.applyChainLock(lock.height, lock.blockHash);
    const changedFrom = result.status === "locked" ? result.changedFrom : undefined;
    const isReorg = result.status === "locked" && result.reorg !== undefined;
    if (isReorg) {
      const facts = { height: lock.height, blockHash: toHashHex(lock.blockHash) };
      this.#state.note("warning", `the ChainLock at ${lock.height} switches to another branch`, facts);
      this.#options.onReorg();
    }
    const { engine } = this.#state;
    const after = isReorg ? dropOffChain(engine, context.chain) : engine;
    await this.#state.commit(after, changedFrom === undefined ? {} : { headersFrom: changedFrom });
    this.#state.changed();
  }
}
