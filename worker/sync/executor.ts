import { DashlightError, isDashlightError } from "../errors.ts";
import type { Peer } from "../net/peer.ts";
import type { Clock } from "../net/transport.ts";
import type { SyncTuning } from "../syncTuning.ts";
import type { BlockHash, HashHex, Height } from "../wire/hashes.ts";
import type { SyncAccount } from "./account.ts";
import { AnswerLedger, type AnswerMessage, type Stray } from "./answerLedger.ts";
import { AnswerQueue } from "./answerQueue.ts";
import { askPeer, isBadAnswer, type SyncAnswer } from "./askPeer.ts";
import type { Pause } from "./circuitBreaker.ts";
import { Dispatcher } from "./dispatcher.ts";
import { classOf } from "./errorStatistics.ts";
import { ANY_LIST, ANY_QRINFO, PeerSlots, type Wanted } from "./peerSlots.ts";
import type { SyncPlan, SyncRequest } from "./plan.ts";
import { DEFAULT_COSTS, type PlanCosts } from "./planCosts.ts";
import { type Decision, recover } from "./recovery.ts";
import { cycleKey, RequestHistory, refusable, requestKey } from "./requestHistory.ts";
import type { RequestLog } from "./requestLog.ts";
import { priorityAfter } from "./requestQueue.ts";
import { SyncHealth } from "./syncHealth.ts";
import { makeTasks, type SyncTask } from "./syncTasks.ts";

export interface ExecutorOptions {
  /** Peers that shook hands, quickest first. */
  readonly ready: () => readonly Peer[];
  readonly clock: Clock;
  /** 0 to below 1. */
  readonly random: () => number;
  readonly tuning: SyncTuning;
  readonly account: SyncAccount;
  readonly log: RequestLog;
  /** Addresses not to be asked for a qrinfo. */
  readonly doubted: ReadonlySet<string>;
  readonly signal: AbortSignal;
  /** @returns hash of the block that the answer to a qrinfo must be about */
  readonly workBlockOf: (workHeight: Height) => HashHex | undefined;
  /** @returns height of a block of our chain */
  readonly heightOf: (block: BlockHash) => Height | undefined;
  /** Brings an answer into the engine. @throws `engine/*` when a proof refutes it */
  readonly apply: (request: SyncRequest, answer: SyncAnswer) => Promise<void>;
  readonly onFailure: (address: string, request: SyncRequest, error: DashlightError) => void;
  /** A proof refutes what a peer sent. */
  readonly onLie: (address: string, error: DashlightError) => void;
  /** A request was given up. */
  readonly onUnanswered: (error: DashlightError) => void;
  /** Nothing is asked for until `retryAtMs`, or until conditions change. */
  readonly onPause: (pause: Pause) => void;
  /** A request ended, one way or the other. */
  readonly onDone: () => void;
}

const LEFT_THE_CHAIN = "a block that it names left the chain";

/** A plan being carried out. */
interface Run {
  readonly tasks: SyncTask[];
  /** Something was applied, or given up: another plan will be another one. */
  hasChanged: boolean;
  readonly finish: () => void;
  readonly fail: (reason: unknown) => void;
}

/**
 * Carries out plans: requests side by side within the limits, each tried again as recovery says, answers applied one
 * after another as soon as their base is there. One failure never fails the rest.
 * Source: `design/sync.md` 5, 6
 */
export class Executor {
  /** What became of requests so far, across plans. */
  readonly history = new RequestHistory();
  /** How peers and network are doing. */
  readonly health: SyncHealth;
  readonly #options: ExecutorOptions;
  readonly #now: () => number;
  readonly #slots: PeerSlots;
  readonly #dispatcher: Dispatcher;
  readonly #ledger = new AnswerLedger();
  readonly #answers = new AnswerQueue((task, answer) => this.#apply(task, answer));
  readonly #inFlight = new Set<AbortController>();
  #run: Run | undefined;
  #announcedPause: Pause | undefined;

  constructor(options: ExecutorOptions) {
    const { ready, clock, tuning, doubted, signal, log, heightOf } = options;
    this.#options = options;
    this.#now = () => clock.now();
    this.health = new SyncHealth(tuning, this.#now, heightOf);
    this.#slots = new PeerSlots({ ready, health: this.health, tuning, doubted, now: this.#now });
    this.#dispatcher = new Dispatcher({
      ready,
      clock,
      health: this.health,
      slots: this.#slots,
      history: this.history,
      log,
      tasks: () => this.#run?.tasks ?? [],
      send: (task, peer) => void this.#ask(task, peer),
      onNobody: (task) => this.#recover(task),
      onPause: (pause, waiting) => this.#stop(pause, waiting),
    });
    // One listener for all requests: each has a controller of its own.
    signal.addEventListener("abort", () => this.#abort(signal.reason), { once: true });
  }

  /**
   * Runs one plan; the one before must have ended.
   * @returns whether another plan is worth making
   * @throws the reason of the signal
   */
  async execute(plan: SyncPlan): Promise<boolean> {
    this.#options.signal.throwIfAborted();
    const tasks = makeTasks(plan, this.#now());
    if (tasks.length === 0) return false;
    const ended = new Promise<void>((finish, fail) => {
      this.#run = { tasks, hasChanged: false, finish, fail };
    });
    const run = this.#run;
    for (const task of tasks) this.#enqueue(task);
    this.#pump();
    try {
      await ended;
    } finally {
      this.#run = undefined;
      this.#dispatcher.clear();
    }
    return run?.hasChanged ?? false;
  }

  /**
   * What is carried out already tells what else is needed: that joins it.
   * @returns the requests that it did not have
   */
  join(plan: SyncPlan): SyncRequest[] {
    const run = this.#run;
    if (!run) return [];
    const added = makeTasks(plan, this.#now(), run.tasks);
    run.tasks.push(...added);
    for (const task of added) this.#enqueue(task);
    return added.map(({ request }) => request);
  }

  /** Peers came or went. */
  wake(): void {
    this.#pump();
  }

  /** Conditions changed, or somebody wants it: what was stopped goes on. */
  resume(): void {
    this.health.resume();
    this.#pump();
  }

  /** Why nothing is sent now; undefined while requests may go out. */
  get pause(): Pause | undefined {
    return this.health.pause(this.#options.ready().map(({ address }) => address));
  }

  /** Other headers make another plan: nothing waits for the end of a pause any more. */
  dropWaiting(): void {
    for (const task of this.#dispatcher.removePausing()) this.#end(task, "aborted", "the chain changed");
  }

  /** @returns what an answer is that nobody waits for */
  stray(address: string, message: AnswerMessage): Stray {
    return this.#ledger.takeStray(address, message);
  }

  /** @returns whether a list was given up, and nobody is left that could be asked for it */
  isListExhausted(height: number): boolean {
    return this.#isExhausted(String(height), ANY_LIST);
  }

  /** @returns whether the qrinfo about a cycle was given up, and nobody is left that could be asked for it */
  isCycleExhausted(workHeight: Height): boolean {
    return this.#isExhausted(cycleKey(workHeight), ANY_QRINFO);
  }

  /** Whether anybody answers a qrinfo at all. While nobody is connected, there is no saying. */
  get canAskQrInfo(): boolean {
    return this.#options.ready().length === 0 || this.#slots.usable(ANY_QRINFO).length > 0;
  }

  /** Nobody is left to be asked for the snapshots of some cycle. */
  get areSnapshotsExhausted(): boolean {
    const { cycleKeys } = this.history;
    return !this.canAskQrInfo || cycleKeys.some((key) => this.#isExhausted(key, ANY_QRINFO));
  }

  /** What requests cost now. */
  get costs(): PlanCosts {
    return this.health.monitor.costs(DEFAULT_COSTS, this.#dispatcher.limit);
  }

  #isExhausted(key: string, wanted: Wanted): boolean {
    const addresses = this.#slots.usable(wanted).map(({ address }) => address);
    return this.history.isExhausted(key, addresses);
  }

  #enqueue(task: SyncTask): void {
    task.status = "queued";
    task.row = this.#options.log.queue(task.request, task.priority);
    this.#dispatcher.add(task);
  }

  #pump(): void {
    if (this.#run && !this.#options.signal.aborted) this.#dispatcher.pump();
  }

  /** A node passes over what names a block of another branch, and counts it. */
  #isOffChain({ request }: SyncTask): boolean {
    return refusable(request).blocks.some((block) => this.#options.heightOf(block) === undefined);
  }

  async #ask(task: SyncTask, peer: Peer): Promise<void> {
    if (this.#isOffChain(task)) {
      this.#end(task, "aborted", LEFT_THE_CHAIN);
      return;
    }
    const { tuning, account, workBlockOf, signal } = this.#options;
    const { request } = task;
    const { address } = peer;
    const controller = new AbortController();
    const isOver = this.#ledger.ask(
      address,
      request,
      request.kind === "qrinfo" ? (workBlockOf(request.workHeight) ?? "") : "",
    );
    task.status = "inFlight";
    this.#slots.take(peer, request.kind);
    this.#inFlight.add(controller);
    this.#options.log.send(task.row, address);
    account.ask(request);
    try {
      const answer = await askPeer(request, peer, {
        timeoutMs: request.kind === "qrinfo" ? tuning.qrInfoTimeoutMs : tuning.mnListDiffTimeoutMs,
        signal: controller.signal,
        isOverdue: (message) => this.#ledger.isOverdue(address, message),
      });
      isOver("answered");
      this.#slots.release(peer, request.kind);
      this.#receive(task, answer);
    } catch (error) {
      isOver(isDashlightError(error, "net/timeout") ? "timed-out" : "refused");
      this.#slots.release(peer, request.kind);
      if (signal.aborted) return;
      if (error instanceof DashlightError) this.#fail(task, address, error);
      else this.#run?.fail(error);
    } finally {
      this.#inFlight.delete(controller);
    }
    this.#pump();
  }

  #receive(task: SyncTask, answer: SyncAnswer): void {
    task.status = "answered";
    this.health.receive(answer.peer.address, answer.bytes, answer.transferMs);
    this.#options.log.receive(task.row, answer.bytes);
    this.#answers.add(task, answer);
  }

  async #apply(task: SyncTask, answer: SyncAnswer): Promise<void> {
    const { apply, account, signal } = this.#options;
    const { request } = task;
    const { address } = answer.peer;
    if (signal.aborted) return;
    try {
      await apply(request, answer);
      this.health.succeed(address, request);
      account.succeed(requestKey(request));
      this.history.succeed(request);
      if (this.#run) this.#run.hasChanged = true;
      this.#end(task, "answered");
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof DashlightError)) this.#run?.fail(error);
      else if (isPlannedOnOther(task) && isDashlightError(error, "engine/unknown-base")) {
        // Nobody's fault: it is planned again on another base.
        this.#end(task, "aborted", "the list it is based on did not come");
      } else this.#fail(task, address, error);
    }
    this.#pump();
  }

  #fail(task: SyncTask, address: string, error: DashlightError): void {
    const { account, onFailure, onLie } = this.#options;
    const { request } = task;
    account.fail(requestKey(request));
    this.history.fail(request, address, error);
    this.health.fail(address, request, error);
    task.priority = priorityAfter(task.priority, classOf(error));
    onFailure(address, request, error);
    if (isBadAnswer(error)) onLie(address, error);
    this.#recover(task);
  }

  /** @param task - that failed, or that nobody is left for; in no queue */
  #recover(task: SyncTask): void {
    const { request } = task;
    if (this.#isOffChain(task)) {
      this.#end(task, "aborted", LEFT_THE_CHAIN);
      return;
    }
    const decision = this.#decide(request);
    switch (decision.action) {
      case "fall-back":
      case "give-up":
        this.#giveUp(task, decision.action === "fall-back" ? "fellBack" : "failed");
        return;
      case "retry-later":
        this.history.backOff(request, this.#now() + decision.pauseMs);
        break;
      case "retry-smaller":
        this.history.goSmaller(request);
        this.health.concurrency.halve();
        task.request = withoutExtraShare(request);
        break;
      case "retry-alone":
        this.history.goAlone(request);
        this.health.concurrency.goSequential();
        break;
      case "ask-another":
        break;
    }
    if (task.status === "queued") {
      this.#dispatcher.add(task);
    } else {
      this.#options.log.end(task.row, "retried", this.history.of(request).lastError);
      this.#enqueue(task);
    }
  }

  #decide(request: SyncRequest): Decision {
    const { ready, random } = this.#options;
    // Somebody will come.
    if (ready().length === 0) return { action: "ask-another" };
    const past = this.history.of(request);
    const wanted = refusable(request);
    const untried = this.#slots
      .working(wanted)
      .filter(({ address }) => !past.failures.some((failure) => failure.address === address));
    return recover({
      past,
      statistics: this.health.statistics,
      untriedPeers: untried.length,
      usablePeers: this.#slots.usable(wanted).length,
      random,
    });
  }

  #giveUp(task: SyncTask, state: "failed" | "fellBack"): void {
    const { request } = task;
    const { failures, lastError = new DashlightError({ code: "client/no-peers" }) } =
      this.history.of(request);
    const usable = this.#slots.usable(refusable(request));
    const unaskable = this.#options.ready().filter((peer) => !usable.includes(peer));
    this.history.giveUp(
      request,
      unaskable.map(({ address }) => address),
    );
    if (this.#run && failures.length > 0) this.#run.hasChanged = true;
    this.#options.onUnanswered(lastError);
    this.#end(task, state, lastError);
  }

  /** Nothing more is sent; what is on its way may still arrive. */
  #stop(pause: Pause, waiting: readonly SyncTask[]): void {
    const isNew = this.#announcedPause?.retryAtMs !== pause.retryAtMs;
    // First: whoever hears of it may wake us.
    this.#announcedPause = pause;
    if (isNew) this.#options.onPause(pause);
    for (const task of waiting)
      this.#end(task, "aborted", "the sync was stopped: hardly anything is answered");
  }

  #end(
    task: SyncTask,
    state: "answered" | "failed" | "fellBack" | "aborted",
    why?: DashlightError | string,
  ): void {
    task.status = "ended";
    this.#options.log.end(task.row, state, why);
    const dependents = state === "answered" ? [] : this.#dispatcher.removeDependents(task);
    this.#options.onDone();
    for (const dependent of dependents) {
      this.#end(dependent, "aborted", "the list it is based on did not come");
    }
    this.#answers.applyWhatIsReady();
    const run = this.#run;
    if (run?.tasks.every(({ status }) => status === "ended")) run.finish();
  }

  #abort(reason: unknown): void {
    for (const controller of this.#inFlight) controller.abort(reason);
    this.#answers.clear();
    this.#dispatcher.clear();
    for (const { status, row } of this.#run?.tasks ?? []) {
      if (status !== "ended") this.#options.log.end(row, "aborted", "the client stopped");
    }
    this.#run?.fail(reason);
  }
}

/** The fourth cycle back is seldom needed, and if it is the next plan asks for it. */
function withoutExtraShare(request: SyncRequest): SyncRequest {
  if (request.kind !== "qrinfo") return request;
  return { ...request, request: { ...request.request, extraShare: false } };
}

/** A list is based on what was held when it was planned, or on another answer; a qrinfo on itself, unless it says so. */
function isPlannedOnOther({ request, base }: SyncTask): boolean {
  return request.kind === "mnlistdiff" || base !== undefined;
}
