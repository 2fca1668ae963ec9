import type {
  ClientSnapshot,
  LogEntry,
  LogFacts,
  Phase,
  Problem,
  StoredSnapshot,
  SyncSnapshot,
} from "./api.ts";
import type { Bls, SignatureVerifier } from "./bls/index.ts";
import { type AcceptResult, HeaderChain } from "./chain/headerChain.ts";
import { makeSnapshot } from "./clientSnapshot.ts";
import { applyDiff } from "./engine/applyDiff.ts";
import type { EngineContext } from "./engine/context.ts";
import { coveredWorkBlocks, feedQrInfo } from "./engine/feedQrInfo.ts";
import type { MasternodeList } from "./engine/masternodeList.ts";
import { type QuorumEntry, quorumKey } from "./engine/quorumSet.ts";
import { dropOffChain, EMPTY_ENGINE, type EngineState, newestList, statusOf } from "./engine/state.ts";
import { DashlightError } from "./errors.ts";
import type { Peer } from "./net/peer.ts";
import { PeerPool, type Penalty } from "./net/peerPool.ts";
import type { Clock, Transport } from "./net/transport.ts";
import type { NetworkParams } from "./params/index.ts";
import { type LinkHeaders, linkHeadersIn } from "./pool/index.ts";
import { countProgress, type ProgressCounts, ProgressMeter } from "./progressMeter.ts";
import { SyncAccount, type SyncCounts } from "./sync/account.ts";
import type { AnswerMessage } from "./sync/answerLedger.ts";
import type { SyncAnswer } from "./sync/askPeer.ts";
import { ChainLocks, type LockOutcome } from "./sync/chainLocks.ts";
import type { Pause } from "./sync/circuitBreaker.ts";
import { type Discovery, discover, quorumsToJudge } from "./sync/discover.ts";
import { Executor } from "./sync/executor.ts";
import { HeaderSync, headerPenalty } from "./sync/headerSync.ts";
import { InstantLocks } from "./sync/instantLocks.ts";
import { judgeQuorums } from "./sync/judge.ts";
import type { NodeRefusal } from "./sync/misbehaviourBudget.ts";
import {
  EMPTY_PLAN,
  explain,
  plan,
  type QrInfoRequest,
  type SyncPlan,
  type SyncRequest,
} from "./sync/plan.ts";
import { prune } from "./sync/prune.ts";
import { backoffMs } from "./sync/recovery.ts";
import { SnapshotSources } from "./sync/snapshotSources.ts";
import { takeVerdicts } from "./sync/takeVerdicts.ts";
import { SyncActivity } from "./syncActivity.ts";
import { DEFAULT_TUNING, type SyncTuning } from "./syncTuning.ts";
import { toHashHex } from "./wire/hashes.ts";
import { type InventoryItem, InvType } from "./wire/inventory.ts";
import type { ChainLock } from "./wire/locks.ts";
import type { Message } from "./wire/message.ts";
import type { QRInfo } from "./wire/qrInfo.ts";
import { ServiceFlag } from "./wire/version.ts";
import type { X11 } from "./x11/index.ts";

/** What the client keeps when it is closed; `ClientPersistence` of the worker, nothing in the terminal. */
export interface Persistence {
  /** After every accepted step. Never throws: a full disk is a problem to show, not a reason to stop. */
  save(step: SavedStep): Promise<void>;
}

/** What one accepted step changed. */
export interface SavedStep {
  readonly chain: HeaderChain;
  /** Lowest height whose header changed. */
  readonly headersFrom?: number;
  readonly before: EngineState;
  readonly after: EngineState;
  readonly chainLock?: ChainLocks["newest"];
  /** Requests that nodes passed over in the last day, all of them. */
  readonly refusals?: readonly NodeRefusal[];
}

export interface ClientOptions {
  readonly params: NetworkParams;
  readonly transport: Transport;
  readonly clock: Clock;
  /** 0 to below 1. */
  readonly random: () => number;
  readonly x11: X11;
  readonly bls: Bls;
  /** Checks signatures; `bls` if left out. */
  readonly verifier?: SignatureVerifier;
  /** Hashes headers instead of `x11`, as in threads of their own. */
  readonly linkHeaders?: LinkHeaders;
  readonly persistence: Persistence | undefined;
  readonly neededTypes: readonly number[];
  readonly maxPeers: number;
  /** The defaults if left out. */
  readonly tuning?: SyncTuning;
  /** The observable state changed. */
  readonly onChange: () => void;
}

/** What an earlier run left, already proven again. */
export interface RestoredState {
  readonly chain: HeaderChain;
  readonly engine: EngineState;
  readonly refusals?: readonly NodeRefusal[];
}

/** What a run cost: requests by kind, bytes over all connections, and what became of what failed. */
export interface ClientCounts extends SyncCounts {
  readonly headers: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** Plans made one after another before the client waits for something new; each round must bring progress. */
const MAX_ROUNDS = 12;
const MAX_LOG_ENTRIES = 300;
/** What a request for headers brings, for the account. */
const HEADERS = "headers";
/** Blocks the newest list may lag behind the tip while the client still is called synced: the next is on its way. */
const SYNCED_LAG = 2;

/** The light client's state machine: what phase it is in, and what comes next. */
export class LightClient {
  readonly #options: ClientOptions;
  readonly #context: EngineContext;
  readonly #chain: HeaderChain;
  readonly #headers: HeaderSync;
  readonly #pool: PeerPool;
  readonly #executor: Executor;
  readonly #locks = new ChainLocks();
  readonly #instantLocks = new InstantLocks();
  readonly #abort = new AbortController();
  readonly #log: LogEntry[] = [];
  readonly #account = new SyncAccount();
  readonly #tuning: SyncTuning;
  readonly #activity: SyncActivity;
  #engine: EngineState;
  #phase: Phase = "connecting";
  #hasHeaders = false;
  #isRunning = false;
  #isDirty = false;
  #wasSynced = false;
  /** Nothing that a peer could send is missing to judge the newest list's quorums. */
  #isComplete = false;
  #discovery: Discovery | undefined;
  /** Quorums that are judged while answers come in; ended by itself. */
  #judging: Promise<void> | undefined;
  #hasMoreToJudge = false;
  /** What is carried out now. */
  #planned: SyncPlan = EMPTY_PLAN;
  #round = { done: 0, total: 0 };
  readonly #startedAtMs: number;
  readonly #progress: ProgressMeter;
  #problem: Problem | undefined;
  readonly #snapshots = new SnapshotSources();
  /** Why the last request went unanswered, since the last time everything was there. */
  #lastFailure: DashlightError | undefined;
  /** Asks again for what was given up. */
  #retryTimer: unknown;
  #retries = 0;
  /** Goes on after a stop. */
  #pauseTimer: unknown;
  #pausedSinceMs = 0;

  constructor(options: ClientOptions, restored: RestoredState | undefined) {
    this.#options = options;
    const { params, transport, clock, random, x11, bls, maxPeers } = options;
    this.#chain = restored?.chain ?? HeaderChain.start(params, (headers) => x11.hashHeaders(headers));
    this.#engine = restored?.engine ?? EMPTY_ENGINE;
    this.#startedAtMs = clock.now();
    this.#tuning = options.tuning ?? DEFAULT_TUNING;
    this.#activity = new SyncActivity(this.#tuning, () => clock.now());
    this.#progress = new ProgressMeter(this.#startedAtMs, {
      headers: this.#chain.headersTip.height,
      lists: this.#engine.lists.size,
    });
    this.#context = {
      params,
      chain: {
        heightOf: (hash) => this.#chain.heightOf(hash),
        hashAt: (height) => this.#chain.hashAt(height),
        merkleRootAt: (height) => this.#chain.headerAt(height)?.merkleRoot,
      },
      isValidSignature: (signature) => bls.isValidSignature(signature, "basic"),
    };
    this.#headers = new HeaderSync(
      this.#chain,
      options.linkHeaders ?? linkHeadersIn(undefined, x11),
      clock,
      (result) => this.#onHeaders(result),
      ({ address }, block) => this.#executor.health.budget.show(address, block),
    );
    this.#pool = new PeerPool({
      params,
      transport,
      clock,
      random,
      maxPeers,
      startHeight: () => this.#chain.tip.height,
      onReady: (peer) => this.#onReady(peer),
      onMessage: (peer, message) => void this.#onMessage(peer, message),
      onPong: ({ address }, rttMs) => this.#executor.health.monitor.pong(address, rttMs),
      onChange: () => this.#changed(),
    });
    this.#executor = new Executor({
      ready: () => this.#pool.ready,
      clock,
      random,
      tuning: this.#tuning,
      account: this.#account,
      log: this.#activity.log,
      doubted: this.#snapshots.doubted,
      signal: this.#abort.signal,
      workBlockOf: (height) => {
        const hash = this.#chain.hashAt(height);
        return hash && toHashHex(hash);
      },
      heightOf: (block) => this.#chain.heightOf(block),
      apply: (request, answer) => this.#apply(request, answer),
      onFailure: (address, request, error) => {
        this.note("warning", `${address}: ${explain(request)}: ${error.message}`, {
          address,
          ...error.facts,
        });
        if (error.code === "net/refused") void this.#saveRefusals();
      },
      onLie: (address, error) => {
        this.setProblem(error);
        this.#pool.penalize(address, 100, error);
      },
      onUnanswered: (error) => {
        this.#lastFailure = error;
        this.setProblem(error);
      },
      onPause: (pause) => this.#onPause(pause),
      onDone: () => {
        this.#round.done++;
        this.#changed();
      },
    });
    this.#executor.health.budget.restore(restored?.refusals ?? [], clock.now());
  }

  get engine(): EngineState {
    return this.#engine;
  }

  get context(): EngineContext {
    return this.#context;
  }

  get #verifier(): SignatureVerifier {
    return this.#options.verifier ?? this.#options.bls;
  }

  get neededTypes(): readonly number[] {
    return this.#options.neededTypes;
  }

  get requestCounts(): { readonly qrinfo: number; readonly mnlistdiff: number; readonly headers: number } {
    const { qrinfo, mnlistdiff } = this.#account.counts;
    return { qrinfo, mnlistdiff, headers: this.#headers.requests };
  }

  /** What is planned, why, and what became of each request. */
  get syncActivity(): SyncSnapshot {
    return this.#activity.snapshot();
  }

  /** What the sync cost so far. */
  get counts(): ClientCounts {
    const { bytesIn, bytesOut } = this.#pool;
    return { ...this.#account.counts, headers: this.#headers.requests, bytesIn, bytesOut };
  }

  /** Points taken off peers, oldest first, bounded. */
  get penalties(): readonly Penalty[] {
    return this.#pool.penalties;
  }

  /** @param addresses - HOST:PORT, best first; may be called again with more */
  connect(addresses: readonly string[]): void {
    this.#pool.addAddresses(addresses);
  }

  /**
   * Judges what an earlier run left: works without any peer.
   * @param chainLock - as it was stored
   */
  async recheck(chainLock: ChainLock | undefined): Promise<void> {
    if (chainLock) this.#locks.add(chainLock, "store");
    if (!newestList(this.#engine)) return;
    try {
      await this.#judge();
      await this.#checkLocks();
    } catch (error) {
      if (!this.#abort.signal.aborted) throw error;
    }
    this.#changed();
  }

  /** The newest verified ChainLock, as far as our chain goes: one of another branch says nothing about ours. */
  get #finalHeight(): number | undefined {
    const lock = this.#locks.newest?.lock;
    return lock && this.#chain.heightOf(lock.blockHash) === lock.height ? lock.height : undefined;
  }

  /** Whether a list that a verified ChainLock makes final holds the quorum, on a chain with the network's work. */
  isFinal(quorum: QuorumEntry): boolean {
    const lockHeight = this.#finalHeight;
    if (lockHeight === undefined || !this.#chain.hasMinimumWork) return false;
    const { llmqType, quorumHash } = quorum.commitment;
    const key = quorumKey(llmqType, quorumHash);
    return [...this.#engine.lists.values()].some(
      ({ height, quorums }) => height <= lockHeight && quorums.get(key)?.id === quorum.id,
    );
  }

  /** Somebody wants it: whatever waits for its time is asked for now, of everybody. */
  resumeSync(): void {
    const { history, health } = this.#executor;
    this.#options.clock.clearTimeout(this.#pauseTimer);
    history.clear();
    health.breakers.endPauses();
    this.#executor.resume();
    this.#executor.dropWaiting();
    this.#lastFailure = undefined;
    this.setProblem(undefined);
    this.#run();
  }

  stop(): void {
    this.#abort.abort(new DashlightError({ code: "client/not-running" }));
    this.#options.clock.clearTimeout(this.#retryTimer);
    this.#options.clock.clearTimeout(this.#pauseTimer);
    this.#pool.close();
  }

  /** Shows a problem until the next progress. */
  setProblem(error: DashlightError | undefined): void {
    this.#problem = error && { code: error.code, message: error.message, sinceMs: this.#options.clock.now() };
    this.#changed();
  }

  snapshot(stored: StoredSnapshot | undefined): ClientSnapshot {
    const { clock, params, bls, x11 } = this.#options;
    return makeSnapshot({
      network: params.name,
      phase: this.#phase,
      engine: this.#engine,
      context: this.#context,
      neededTypes: this.neededTypes,
      chain: this.#chain,
      finalHeight: this.#finalHeight,
      chainLock: this.#locks.newest,
      instantLocks: this.#instantLocks.newest,
      pool: this.#pool,
      discovery: this.#discovery,
      progress: this.#progress.update(this.#countProgress(), clock.now()),
      isSynced: this.isSynced,
      exhaustedLists: this.#executor.history.listHeights.filter((height) => this.#isListExhausted(height)),
      areSnapshotsExhausted: this.#executor.areSnapshotsExhausted,
      problem: this.#pauseProblem() ?? this.#problem ?? this.#connectionProblem(),
      stored,
      blsEngine: bls.engine,
      x11Engine: x11.engine,
      syncRevision: this.#activity.revision,
      log: this.#log.slice(-MAX_LOG_ENTRIES),
    });
  }

  #countProgress(): ProgressCounts {
    return countProgress({
      engine: this.#engine,
      context: this.#context,
      neededTypes: this.neededTypes,
      chain: this.#chain,
      pool: this.#pool,
      discovery: this.#discovery,
      plan: this.#planned,
      hasHeaders: this.#hasHeaders,
      round: this.#round,
    });
  }

  /**
   * Every needed quorum of the tip's list is verified, or unknown for a reason no peer can cure; none is invalid; the
   * newest ChainLock is verified. Source: `design/sync.md` 7
   */
  get isSynced(): boolean {
    const list = newestList(this.#engine);
    if (!list || !this.#isComplete || this.#isBehind) return false;
    return this.#locks.newest !== undefined && !this.#hasInvalidQuorum(list);
  }

  /** Whether the newest list is older than one that only waits for the next. */
  get #isBehind(): boolean {
    const list = newestList(this.#engine);
    return list === undefined || this.#chain.tip.height - list.height > SYNCED_LAG;
  }

  #hasInvalidQuorum(list: MasternodeList): boolean {
    return [...list.quorums.values()].some((quorum) => statusOf(this.#engine, quorum).status === "invalid");
  }

  #isListExhausted(height: number): boolean {
    return this.#executor.isListExhausted(height);
  }

  // --- headers

  #onReady(peer: Peer): void {
    this.#instantLocks.connected(peer.address);
    this.#executor.resume();
    // The best ChainLock is announced only to who asks so, and a node without bloom filters hangs up on that.
    const hasMempool = ((peer.version?.services ?? 0n) & ServiceFlag.bloom) !== 0n;
    if (hasMempool) peer.send({ command: "mempool", payload: undefined });
    void this.#syncHeaders(peer);
  }

  async #syncHeaders(peer: Peer): Promise<void> {
    if (!this.#hasHeaders) this.#setPhase("headers");
    try {
      await this.#headers.sync(peer, this.#abort.signal);
    } catch (error) {
      if (!this.#abort.signal.aborted) this.#account.fail(HEADERS);
      this.#onHeaderError(peer, error);
      return;
    }
    this.#account.succeed(HEADERS);
    if (!this.#chain.hasMinimumWork) {
      const reason = "its chain has less work than the network is known to have";
      this.note("warning", `${peer.address}: ${reason}`, { address: peer.address });
      // It may be syncing itself: until later its place is somebody else's.
      peer.close(reason);
      return;
    }
    this.#hasHeaders = true;
    this.#run();
  }

  #onHeaderError(peer: Peer, error: unknown): void {
    if (this.#abort.signal.aborted) return;
    if (!(error instanceof DashlightError)) throw error;
    this.note("warning", `${peer.address}: ${error.message}`, { address: peer.address, ...error.facts });
    if (error.code.startsWith("chain/")) this.#pool.penalize(peer.address, headerPenalty(error), error);
    else if (error.code.startsWith("wire/")) this.#pool.penalize(peer.address, 100, error);
    else if (error.code !== "net/disconnected") peer.close(error.message);
  }

  async #onHeaders({ changedFrom, reorg }: AcceptResult): Promise<void> {
    const before = this.#engine;
    if (reorg) {
      const { forkHeight } = reorg;
      this.note("warning", `reorganisation: the best chain forks at block ${forkHeight}`, { forkHeight });
      this.#engine = dropOffChain(this.#engine, this.#context.chain);
    }
    this.#executor.history.clear();
    this.#executor.dropWaiting();
    const headersFrom = changedFrom === undefined ? {} : { headersFrom: changedFrom };
    await this.#save({ ...headersFrom, before });
    this.#changed();
    if (this.#hasHeaders) this.#run();
  }

  // --- messages nobody asked for

  async #onMessage(peer: Peer, message: Message): Promise<void> {
    try {
      switch (message.command) {
        case "headers":
        case "headers2":
          if (!(await this.#headers.accept(peer, message))) await this.#syncHeaders(peer);
          return;
        case "inv":
          this.#onInventory(peer, message.payload);
          return;
        case "clsig":
          this.#locks.add(message.payload, peer.address);
          this.#run();
          return;
        case "isdlock":
          if (this.#instantLocks.add(message.payload, peer.address)) this.#run();
          return;
        case "notfound":
          this.#instantLocks.notFound(message.payload, peer.address);
          return;
        case "mnlistdiff":
        case "qrinfo":
          this.#penalizeStray(peer, message);
          return;
        default:
          return;
      }
    } catch (error) {
      this.#onHeaderError(peer, error);
    }
  }

  #penalizeStray({ address }: Peer, message: AnswerMessage): void {
    const stray = this.#executor.stray(address, message);
    const error = new DashlightError({ code: "net/unexpected-message", address, command: message.command });
    const reason = `it sent an answer nobody waits for: ${stray}`;
    this.note("warning", `${address}: ${reason}`, error.facts);
    this.#pool.penalize(address, 5, error, reason);
  }

  #onInventory(peer: Peer, items: readonly InventoryItem[]): void {
    const chainLock = items.filter(({ type }) => type === InvType.clSig).slice(-1);
    const instantLocks = this.#instantLocks.choose(items, peer.address, this.#options.clock.now());
    const wanted = [...chainLock, ...instantLocks];
    if (wanted.length > 0) peer.send({ command: "getdata", payload: wanted });
    const hasNewBlock = items.some(({ type, hash }) => type === InvType.block && !this.#chain.isKnown(hash));
    if (hasNewBlock && this.#hasHeaders) void this.#syncHeaders(peer);
  }

  // --- lists and quorums

  /** Runs `#advance` until nothing new came while it ran. */
  #run(): void {
    this.#isDirty = true;
    if (this.#isRunning || !this.#hasHeaders) return;
    this.#isRunning = true;
    void this.#runWhileDirty();
  }

  async #runWhileDirty(): Promise<void> {
    try {
      while (this.#isDirty && !this.#abort.signal.aborted) {
        this.#isDirty = false;
        await this.#advance();
      }
    } catch (error) {
      if (!this.#abort.signal.aborted) throw error;
    } finally {
      this.#isRunning = false;
    }
  }

  /** Brings the engine up to the tip: judge, discover, plan, ask, apply, and again while that brings something. */
  async #advance(): Promise<void> {
    this.#round = { done: 0, total: 0 };
    // After a long sleep the new tip's quorums are other ones, and none of them is judged.
    if (this.#isBehind) this.#isComplete = false;
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const next = await this.#planNext();
      const { requests, rationale } = next;
      if (requests.length === 0) break;
      this.#account.startRound();
      this.#activity.start(next);
      this.#planned = next;
      this.#setPhase(this.#wasSynced ? "live" : "lists");
      for (const line of rationale) this.note("info", line);
      this.#round.total += requests.length;
      if (!(await this.#executor.execute(next))) break;
    }
    this.#planned = EMPTY_PLAN;
    this.#finishRound();
    await this.#checkInstantLocks();
    await this.#prune();
  }

  /** Lists and snapshots first: signatures take longer to check than lists to come. */
  async #planNext(): Promise<SyncPlan> {
    const next = this.#planFor({ missingSets: [], awaitedQuorums: [] });
    if (next.requests.length > 0) return next;
    await this.#judge();
    return this.#planFor(await this.#checkLocks());
  }

  #planFor(locks: Pick<LockOutcome, "missingSets" | "awaitedQuorums">): SyncPlan {
    this.#discovery = this.#discover(locks);
    return this.#plan(this.#askable(this.#discovery));
  }

  #discover({ missingSets, awaitedQuorums }: Pick<LockOutcome, "missingSets" | "awaitedQuorums">): Discovery {
    const tipHeight = this.#chain.tip.height;
    return discover(this.#engine, this.#context, {
      neededTypes: this.neededTypes,
      tipHeight,
      quorumSetHeights: missingSets,
      awaitedQuorums,
    });
  }

  /** Without lists that nobody sends: others must not be based on them. */
  #askable(discovery: Discovery): Discovery {
    const { tip } = discovery;
    return {
      ...discovery,
      missingLists: discovery.missingLists.filter(({ height }) => !this.#isListExhausted(height)),
      tip: tip && this.#isListExhausted(tip.height) ? undefined : tip,
    };
  }

  #plan(discovery: Discovery): SyncPlan {
    const { extraShare, maxQrInfoSpan } = this.#tuning;
    return plan(discovery, this.#engine, this.#context, {
      tipHeight: this.#chain.tip.height,
      neededTypes: this.neededTypes,
      canAskQrInfo: this.#executor.canAskQrInfo,
      isCycleExhausted: (workHeight) => this.#executor.isCycleExhausted(workHeight),
      extraShare,
      ...(maxQrInfoSpan === undefined ? {} : { maxQrInfoSpan }),
      unavailable: (height) => this.#isListExhausted(height),
      costs: this.#executor.costs,
    });
  }

  #finishRound(): void {
    const discovery = this.#discovery;
    const hasAll = discovery?.missingLists.length === 0 && discovery.missingCycles.length === 0;
    // A missing tip is no step back: its list is on its way, and `isSynced` looks how far behind the newest one is.
    this.#isComplete = hasAll && (this.#isComplete || !discovery?.tip);
    if (hasAll && !discovery?.tip) {
      if (!this.#wasSynced) this.note("info", "every needed quorum is judged");
      this.#wasSynced = true;
      this.#progress.finish();
      this.#account.complete();
      this.#activity.settle();
      this.#problem = undefined;
      this.#lastFailure = undefined;
      this.#retries = 0;
      this.#setPhase("live");
    } else if (this.#lastFailure) {
      this.setProblem(this.#lastFailure);
    }
    this.#scheduleRetry();
    this.#changed();
  }

  /** What was given up is asked for again after a pause, which grows each time. */
  #scheduleRetry(): void {
    const { clock, random } = this.#options;
    const isIdle = this.#retryTimer === undefined && !this.#abort.signal.aborted;
    if (!isIdle || !this.#executor.history.hasGivenUp) return;
    this.#retryTimer = clock.setTimeout(
      () => {
        this.#retryTimer = undefined;
        this.#executor.history.forgive();
        this.#run();
      },
      backoffMs(this.#retries++, random),
    );
  }

  /** The sync stopped, and goes on by itself. */
  #onPause({ reason, retryAtMs }: Pause): void {
    const { clock } = this.#options;
    const error = new DashlightError({ code: "client/sync-paused", reason, retryAtMs });
    this.#pausedSinceMs = clock.now();
    this.note("warning", error.message, error.facts);
    clock.clearTimeout(this.#pauseTimer);
    this.#pauseTimer = clock.setTimeout(() => this.#run(), retryAtMs - clock.now());
  }

  async #apply(request: SyncRequest, answer: SyncAnswer): Promise<void> {
    const before = this.#engine;
    if (answer.kind === "mnlistdiff") {
      this.#engine = applyDiff(before, answer.diff, this.#context).state;
    } else {
      if (request.kind === "qrinfo") this.#checkCycle(request, answer.qrInfo);
      const fed = feedQrInfo(before, answer.qrInfo, this.#context);
      if (fed.tip.status === "refused") throw fed.tip.error;
      this.#engine = fed.state;
      this.#snapshots.record(fed.state, coveredWorkBlocks(answer.qrInfo), answer.peer.address);
    }
    await this.#save({ before });
    this.#judgeMeanwhile();
    this.#joinNext();
  }

  /** The tip's list tells what the guesses missed: that is asked for beside what is still on its way. */
  #joinNext(): void {
    if (!this.#discovery?.tip || newestList(this.#engine)?.height !== this.#chain.tip.height) return;
    const requests = this.#executor.join(this.#planFor({ missingSets: [], awaitedQuorums: [] }));
    if (requests.length === 0) return;
    const rationale = requests.map(explain);
    this.#account.startRound();
    this.#activity.start({ ...EMPTY_PLAN, requests, rationale });
    for (const line of rationale) this.note("info", line);
    this.#round.total += requests.length;
  }

  /** A qrinfo does not say which block it was asked for. */
  #checkCycle({ workHeight }: QrInfoRequest, { mnListDiffH }: QRInfo): void {
    const height = this.#chain.heightOf(mnListDiffH.blockHash);
    if (height === undefined || height === workHeight) return;
    const facts = { expected: `work block ${workHeight}`, received: String(height) };
    throw new DashlightError({ code: "engine/not-the-requested-cycle", ...facts });
  }

  /** Judges all that can be judged now. */
  async #judge(): Promise<void> {
    while (this.#judging) await this.#judging;
    await this.#judgeOnce(() => {
      if (!this.#wasSynced) this.#setPhase("quorums");
    });
  }

  /**
   * Judges what can be judged already while the rest is on its way: a pool's threads have nothing else to do, while a
   * single thread would keep the answers waiting.
   */
  #judgeMeanwhile(): void {
    if (!this.#options.verifier || this.#isBehind) return;
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
      if (!this.#abort.signal.aborted) throw error;
    } finally {
      this.#judging = undefined;
    }
  }

  /** @param onBegin - there is something to judge */
  async #judgeOnce(onBegin?: () => void): Promise<void> {
    const list = newestList(this.#engine);
    const quorums = list ? quorumsToJudge(this.#engine, list, this.neededTypes) : [];
    if (quorums.length === 0) return;
    onBegin?.();
    await this.#judgeQuorums(quorums);
    for (const address of this.#snapshots.weigh(this.#engine, quorums, this.#context)) {
      const error = new DashlightError({ code: "engine/snapshot-refuted", address });
      const reason = "its quorum snapshots were not the network's";
      this.note("warning", `${address}: ${reason}`, error.facts);
      this.#pool.penalize(address, 100, error, reason);
    }
    this.#changed();
  }

  async #judgeQuorums(quorums: readonly QuorumEntry[]): Promise<void> {
    const { signal } = this.#abort;
    const judged = await judgeQuorums(this.#engine, quorums, this.#context, this.#verifier, signal);
    this.#engine = takeVerdicts(this.#engine, judged, quorums);
  }

  /** Checks the locks that wait; one whose quorum is not judged yet has it judged first. */
  async #checkLocks(): Promise<LockOutcome> {
    const list = newestList(this.#engine);
    if (list) this.#locks.addFromCoinbase(list, this.#context);
    let outcome = await this.#locks.check(this.#engine, this.#context, this.#verifier);
    if (outcome.awaitedQuorums.length > 0) {
      await this.#judgeQuorums(outcome.awaitedQuorums);
      const again = await this.#locks.check(this.#engine, this.#context, this.#verifier);
      const refused = [...outcome.refused, ...again.refused];
      outcome = { ...again, verified: again.verified ?? outcome.verified, refused };
    }
    this.#refuse(outcome.refused);
    if (outcome.verified) await this.#enforceLock(outcome.verified);
    const isAskable = (height: number) =>
      height > 0 && height <= this.#chain.tip.height && !this.#isListExhausted(height);
    // One at a time: the newest lock that verifies makes all others useless.
    return { ...outcome, missingSets: outcome.missingSets.filter(isAskable).slice(0, 1) };
  }

  /** Those that came meanwhile, and those that waited for what is known now. */
  async #checkInstantLocks(): Promise<void> {
    if (this.#instantLocks.pending === 0) return;
    const { clock } = this.#options;
    const check = () => {
      const tipHeight = this.#chain.tip.height;
      const input = { state: this.#engine, context: this.#context, tipHeight, nowMs: clock.now() };
      return this.#instantLocks.check(input, this.#verifier);
    };
    const first = await check();
    this.#refuse(first.refused);
    if (first.awaitedQuorums.length > 0) {
      await this.#judgeQuorums(first.awaitedQuorums);
      this.#refuse((await check()).refused);
    }
    this.#changed();
  }

  /** Who sent a forged lock is banned. */
  #refuse(refused: LockOutcome["refused"]): void {
    for (const { source, error } of refused) {
      this.note("warning", `${source}: ${error.message}`, { address: source, ...error.facts });
      this.#pool.penalize(source, 100, error);
    }
  }

  async #enforceLock({ lock }: NonNullable<ChainLocks["newest"]>): Promise<void> {
    const before = this.#engine;
    const result = this.#chain.applyChainLock(lock.height, lock.blockHash);
    const changedFrom = result.status === "locked" ? result.changedFrom : undefined;
    if (result.status === "locked" && result.reorg) {
      const facts = { height: lock.height, blockHash: toHashHex(lock.blockHash) };
      this.note("warning", `the ChainLock at ${lock.height} switches to another branch`, facts);
      this.#engine = dropOffChain(this.#engine, this.#context.chain);
      this.#isDirty = true;
    }
    await this.#save({ before, ...(changedFrom === undefined ? {} : { headersFrom: changedFrom }) });
    this.#changed();
  }

  /** Lists that nothing needs any more go. */
  async #prune(): Promise<void> {
    if (!this.#wasSynced) return;
    const before = this.#engine;
    this.#engine = prune(before, this.#context, this.neededTypes);
    if (this.#engine !== before) await this.#save({ before });
  }

  /** Their points last longer than this run. */
  #saveRefusals(): Promise<void> {
    const refusals = this.#executor.health.budget.refusals(this.#options.clock.now());
    return this.#save({ before: this.#engine, refusals });
  }

  async #save(step: Pick<SavedStep, "before" | "headersFrom" | "refusals">): Promise<void> {
    const { persistence } = this.#options;
    const chainLock = this.#locks.newest;
    const lock = chainLock ? { chainLock } : {};
    await persistence?.save({ chain: this.#chain, after: this.#engine, ...step, ...lock });
  }

  // --- what is observed

  #setPhase(phase: Phase): void {
    if (this.#phase === phase) return;
    this.#phase = phase;
    this.#changed();
  }

  #changed(): void {
    this.#executor.wake();
    this.#options.onChange();
  }

  /** Adds one decision or event to the log. */
  note(level: LogEntry["level"], message: string, facts: LogFacts = {}): void {
    this.#log.push({ timeMs: this.#options.clock.now(), level, message, facts });
    if (this.#log.length > 2 * MAX_LOG_ENTRIES) this.#log.splice(0, MAX_LOG_ENTRIES);
    this.#changed();
  }

  /** Goes before what led to it. */
  #pauseProblem(): Problem | undefined {
    const { pause } = this.#executor;
    if (!pause) return undefined;
    const { code, message } = new DashlightError({ code: "client/sync-paused", ...pause });
    return { code, message, sinceMs: this.#pausedSinceMs };
  }

  #connectionProblem(): Problem | undefined {
    if (this.#pool.ready.length > 0) return undefined;
    const reason = this.#pool.lastError;
    if (reason === undefined) return undefined;
    const message = `No peer is connected: ${reason}.`;
    return { code: "client/no-peers", message, sinceMs: this.#startedAtMs };
  }
}
