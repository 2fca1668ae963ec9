import type { Problem, SyncSnapshot } from "../api.ts";
import type { ClientState } from "../clientState.ts";
import { applyDiff } from "../engine/applyDiff.ts";
import { coveredWorkBlocks, feedQrInfo } from "../engine/feedQrInfo.ts";
import { newestList, statusOf } from "../engine/state.ts";
import { DashlightError } from "../errors.ts";
import type { Peer } from "../net/peer.ts";
import { SyncActivity } from "../syncActivity.ts";
import type { SyncTuning } from "../syncTuning.ts";
import { toHashHex } from "../wire/hashes.ts";
import type { QRInfo } from "../wire/qrInfo.ts";
import type { SyncAccount } from "./account.ts";
import type { SyncAnswer } from "./askPeer.ts";
import type { LockOutcome } from "./chainLocks.ts";
import type { Pause } from "./circuitBreaker.ts";
import { type Discovery, discover } from "./discover.ts";
import { Executor } from "./executor.ts";
import { EMPTY_PLAN, explain, plan, type QrInfoRequest, type SyncPlan, type SyncRequest } from "./plan.ts";
import { prune } from "./prune.ts";
import { backoffMs } from "./recovery.ts";
import type { Penalize, Verdicts } from "./verdicts.ts";

export interface ListSyncOptions {
  readonly state: ClientState;
  readonly verdicts: Verdicts;
  readonly account: SyncAccount;
  readonly tuning: SyncTuning;
  /** Peers that shook hands, quickest first. */
  readonly ready: () => readonly Peer[];
  /** 0 to below 1. */
  readonly random: () => number;
  readonly signal: AbortSignal;
  readonly penalize: Penalize;
  /** Nothing is missing any more. */
  readonly onComplete: () => void;
  /** Once complete, more is missing again than the next block's list. */
  readonly onBehind: () => void;
}

/** Plans made one after another before the client waits for something new; each round must bring progress. */
const MAX_ROUNDS = 12;
/** Blocks the newest list may lag behind the tip while the client still is called synced: the next is on its way. */
const SYNCED_LAG = 2;

type AwaitedByLocks = Pick<LockOutcome, "missingSets" | "awaitedQuorums">;
const NOTHING_AWAITED: AwaitedByLocks = { missingSets: [], awaitedQuorums: [] };

/** Brings masternode lists and quorums up to the tip: what is missing, a plan, its answers, verdicts, and again. */
export class ListSync {
  readonly executor: Executor;
  readonly #options: ListSyncOptions;
  readonly #state: ClientState;
  readonly #activity: SyncActivity;
  #isRunning = false;
  #isDirty = false;
  #wasSynced = false;
  /** Nothing that a peer could send is missing to judge the newest list's quorums. */
  #isComplete = false;
  #discovery: Discovery | undefined;
  /** What is carried out now. */
  #planned: SyncPlan = EMPTY_PLAN;
  #round = { done: 0, total: 0 };
  /** Why the last request went unanswered, since the last time everything was there. */
  #lastFailure: DashlightError | undefined;
  /** Asks again for what was given up. */
  #retryTimer: unknown;
  #retries = 0;
  /** Goes on after a stop. */
  #pauseTimer: unknown;
  #pausedSinceMs = 0;

  constructor(options: ListSyncOptions) {
    const { state, verdicts, account, tuning, ready, random, signal, penalize } = options;
    const { chain, clock, context } = state;
    this.#options = options;
    this.#state = state;
    this.#activity = new SyncActivity(tuning, () => clock.now());
    this.executor = new Executor({
      ready,
      clock,
      random,
      tuning,
      account,
      log: this.#activity.log,
      doubted: verdicts.snapshots.doubted,
      signal,
      workBlockOf: (height) => {
        const hash = chain.hashAt(height);
        return hash && toHashHex(hash);
      },
      heightOf: context.chain.heightOf,
      apply: (request, answer) => this.#apply(request, answer),
      onFailure: (address, request, error) => {
        const facts = { address, ...error.facts };
        state.note("warning", `${address}: ${explain(request)}: ${error.message}`, facts);
        if (error.code === "net/refused") void this.#saveRefusals();
      },
      onLie: (address, error) => {
        state.setProblem(error);
        penalize(address, 100, error);
      },
      onUnanswered: (error) => {
        this.#lastFailure = error;
        state.setProblem(error);
      },
      onPause: (pause) => this.#onPause(pause),
      onDone: () => {
        this.#round.done++;
        state.changed();
      },
    });
  }

  /** What is planned, why, and what became of each request. */
  get activity(): SyncSnapshot {
    return this.#activity.snapshot();
  }

  /** Another number whenever there is something new to see in `activity`. */
  get revision(): number {
    return this.#activity.revision;
  }

  get discovery(): Discovery | undefined {
    return this.#discovery;
  }

  get planned(): SyncPlan {
    return this.#planned;
  }

  /** Requests of the present plan. */
  get round(): { readonly done: number; readonly total: number } {
    return this.#round;
  }

  /** Heights whose list no connected peer sends. */
  get exhaustedLists(): readonly number[] {
    return this.executor.history.listHeights.filter((height) => this.executor.isListExhausted(height));
  }

  /**
   * Every needed quorum of the tip's list is verified, or unknown for a reason no peer can cure; none is invalid; the
   * newest ChainLock is verified. Source: `design/sync.md` 7
   */
  get isSynced(): boolean {
    const { engine, locks } = this.#state;
    const list = newestList(engine);
    if (!list || !this.#isComplete || this.#isBehind || locks.newest === undefined) return false;
    return [...list.quorums.values()].every((quorum) => statusOf(engine, quorum).status !== "invalid");
  }

  /** Whether the newest list is older than one that only waits for the next. */
  get #isBehind(): boolean {
    const { engine, chain } = this.#state;
    const list = newestList(engine);
    return list === undefined || chain.tip.height - list.height > SYNCED_LAG;
  }

  /** Looks what is missing until nothing new came while it looked. */
  run(): void {
    this.#isDirty = true;
    if (this.#isRunning || !this.#state.hasHeaders) return;
    this.#isRunning = true;
    void this.#runWhileDirty();
  }

  /** The best chain changed: what is under way looks again, what waited for it may go on. */
  onChainChanged(): void {
    this.#isDirty = true;
  }

  /** Somebody wants it: whatever waits for its time is asked for now, of everybody. */
  resume(): void {
    const { history, health } = this.executor;
    this.#state.clock.clearTimeout(this.#pauseTimer);
    history.clear();
    health.breakers.endPauses();
    this.executor.resume();
    this.executor.dropWaiting();
    this.#lastFailure = undefined;
    this.#state.setProblem(undefined);
    this.run();
  }

  stop(): void {
    this.#state.clock.clearTimeout(this.#retryTimer);
    this.#state.clock.clearTimeout(this.#pauseTimer);
  }

  async #runWhileDirty(): Promise<void> {
    const { signal } = this.#options;
    try {
      while (this.#isDirty && !signal.aborted) {
        this.#isDirty = false;
        await this.#advance();
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      this.#isRunning = false;
    }
  }

  /** Brings the engine up to the tip: judge, discover, plan, ask, apply, and again while that brings something. */
  async #advance(): Promise<void> {
    const { verdicts } = this.#options;
    this.#round = { done: 0, total: 0 };
    if (this.#isBehind) this.#fallBehind();
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const next = await this.#planNext();
      if (next.requests.length === 0) break;
      this.#planned = next;
      this.#state.setPhase(this.#wasSynced ? "live" : "lists");
      this.#announce(next);
      if (!(await this.executor.execute(next))) break;
    }
    this.#planned = EMPTY_PLAN;
    this.#finishRound();
    await verdicts.checkInstantLocks();
    await this.#prune();
  }

  /** After a long sleep the new tip's quorums are other ones, none of them is judged, and there is progress to see. */
  #fallBehind(): void {
    this.#isComplete = false;
    if (!this.#wasSynced) return;
    this.#wasSynced = false;
    this.#options.onBehind();
  }

  /** Lists and snapshots first: signatures take longer to check than lists to come. */
  async #planNext(): Promise<SyncPlan> {
    const { verdicts } = this.#options;
    const next = this.#planFor(NOTHING_AWAITED);
    if (next.requests.length > 0) return next;
    await verdicts.judge(() => {
      if (!this.#wasSynced) this.#state.setPhase("quorums");
    });
    return this.#planFor(await verdicts.checkLocks());
  }

  #planFor({ missingSets, awaitedQuorums }: AwaitedByLocks): SyncPlan {
    const { engine, context, neededTypes, chain } = this.#state;
    const { extraShare, maxQrInfoSpan } = this.#options.tuning;
    const tipHeight = chain.tip.height;
    this.#discovery = discover(engine, context, {
      neededTypes,
      tipHeight,
      quorumSetHeights: missingSets,
      awaitedQuorums,
    });
    return plan(this.#askable(this.#discovery), engine, context, {
      tipHeight,
      neededTypes,
      canAskQrInfo: this.executor.canAskQrInfo,
      isCycleExhausted: (workHeight) => this.executor.isCycleExhausted(workHeight),
      extraShare,
      ...(maxQrInfoSpan === undefined ? {} : { maxQrInfoSpan }),
      unavailable: (height) => this.executor.isListExhausted(height),
      costs: this.executor.costs,
    });
  }

  /** Without lists that nobody sends: others must not be based on them. */
  #askable(discovery: Discovery): Discovery {
    const { tip } = discovery;
    return {
      ...discovery,
      missingLists: discovery.missingLists.filter(({ height }) => !this.executor.isListExhausted(height)),
      tip: tip && this.executor.isListExhausted(tip.height) ? undefined : tip,
    };
  }

  #finishRound(): void {
    const discovery = this.#discovery;
    const hasAll = discovery?.missingLists.length === 0 && discovery.missingCycles.length === 0;
    // A missing tip is no step back: its list is on its way, and `isSynced` looks how far behind the newest one is.
    this.#isComplete = hasAll && (this.#isComplete || !discovery?.tip);
    if (hasAll && !discovery?.tip) {
      if (!this.#wasSynced) this.#state.note("info", "every needed quorum is judged");
      this.#wasSynced = true;
      this.#options.account.complete();
      this.#activity.settle();
      this.#lastFailure = undefined;
      this.#retries = 0;
      this.#options.onComplete();
      this.#state.setProblem(undefined);
      this.#state.setPhase("live");
    } else if (this.#lastFailure) {
      this.#state.setProblem(this.#lastFailure);
    }
    this.#scheduleRetry();
    this.#state.changed();
  }

  /** What was given up is asked for again after a pause, which grows each time. */
  #scheduleRetry(): void {
    const { random, signal } = this.#options;
    const { history } = this.executor;
    if (this.#retryTimer !== undefined || signal.aborted || !history.hasGivenUp) return;
    this.#retryTimer = this.#state.clock.setTimeout(
      () => {
        this.#retryTimer = undefined;
        history.forgive();
        this.run();
      },
      backoffMs(this.#retries++, random),
    );
  }

  /** The sync stopped, and goes on by itself. */
  #onPause({ reason, retryAtMs }: Pause): void {
    const { clock } = this.#state;
    const error = new DashlightError({ code: "client/sync-paused", reason, retryAtMs });
    this.#pausedSinceMs = clock.now();
    this.#state.note("warning", error.message, error.facts);
    clock.clearTimeout(this.#pauseTimer);
    this.#pauseTimer = clock.setTimeout(() => this.run(), retryAtMs - clock.now());
  }

  /** Why nothing is asked for now; goes before what led to it. */
  get pauseProblem(): Problem | undefined {
    const { pause } = this.executor;
    if (!pause) return undefined;
    const { code, message } = new DashlightError({ code: "client/sync-paused", ...pause });
    return { code, message, sinceMs: this.#pausedSinceMs };
  }

  async #apply(request: SyncRequest, answer: SyncAnswer): Promise<void> {
    const { verdicts } = this.#options;
    const { engine, context } = this.#state;
    if (answer.kind === "mnlistdiff") {
      await this.#state.commit(applyDiff(engine, answer.diff, context).state);
    } else {
      if (request.kind === "qrinfo") this.#checkCycle(request, answer.qrInfo);
      const fed = feedQrInfo(engine, answer.qrInfo, context);
      if (fed.tip.status === "refused") throw fed.tip.error;
      verdicts.snapshots.record(fed.state, coveredWorkBlocks(answer.qrInfo), answer.peer.address);
      await this.#state.commit(fed.state);
    }
    if (!this.#isBehind) verdicts.judgeMeanwhile();
    this.#joinNext();
  }

  /** The tip's list tells what the guesses missed: that is asked for beside what is still on its way. */
  #joinNext(): void {
    const { engine, chain } = this.#state;
    if (!this.#discovery?.tip || newestList(engine)?.height !== chain.tip.height) return;
    const requests = this.executor.join(this.#planFor(NOTHING_AWAITED));
    if (requests.length > 0) this.#announce({ ...EMPTY_PLAN, requests, rationale: requests.map(explain) });
  }

  /** What is asked for from now on, and why. */
  #announce(next: SyncPlan): void {
    this.#options.account.startRound();
    this.#activity.start(next);
    for (const line of next.rationale) this.#state.note("info", line);
    this.#round.total += next.requests.length;
  }

  /** A qrinfo does not say which block it was asked for. */
  #checkCycle({ workHeight }: QrInfoRequest, { mnListDiffH }: QRInfo): void {
    const height = this.#state.chain.heightOf(mnListDiffH.blockHash);
    if (height === undefined || height === workHeight) return;
    const facts = { expected: `work block ${workHeight}`, received: String(height) };
    throw new DashlightError({ code: "engine/not-the-requested-cycle", ...facts });
  }

  /** Lists that nothing needs any more go, synced or not: what no peer sends may stay missing for ever. */
  async #prune(): Promise<void> {
    if (this.#isBehind) return;
    const { engine, context, neededTypes } = this.#state;
    const pruned = prune(engine, context, neededTypes);
    if (pruned !== engine) await this.#state.commit(pruned);
  }

  /** Their points last longer than this run. */
  #saveRefusals(): Promise<void> {
    const refusals = this.executor.health.budget.refusals(this.#state.clock.now());
    return this.#state.commit(this.#state.engine, { refusals });
  }
}
