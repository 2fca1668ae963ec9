import type { ClientSnapshot, LogEntry, LogFacts, Problem, StoredSnapshot, SyncSnapshot } from "./api.ts";
import type { Bls, SignatureVerifier } from "./bls/index.ts";
import type { AcceptResult } from "./chain/headerChain.ts";
import { makeSnapshot } from "./clientSnapshot.ts";
import { ClientState, type ClientStateOptions, type RestoredState } from "./clientState.ts";
import type { EngineContext } from "./engine/context.ts";
import { type QuorumEntry, quorumKey } from "./engine/quorumSet.ts";
import { dropOffChain, type EngineState, newestList } from "./engine/state.ts";
import { DashlightError } from "./errors.ts";
import type { Peer } from "./net/peer.ts";
import { PeerPool, type Penalty } from "./net/peerPool.ts";
import type { Transport } from "./net/transport.ts";
import { type LinkHeaders, linkHeadersIn } from "./pool/index.ts";
import { countProgress, type ProgressCounts, ProgressMeter } from "./progressMeter.ts";
import { SyncAccount, type SyncCounts } from "./sync/account.ts";
import type { AnswerMessage } from "./sync/answerLedger.ts";
import { HeaderSync, headerPenalty } from "./sync/headerSync.ts";
import { ListSync } from "./sync/listSync.ts";
import { Verdicts } from "./sync/verdicts.ts";
import { DEFAULT_TUNING, type SyncTuning } from "./syncTuning.ts";
import { type InventoryItem, InvType } from "./wire/inventory.ts";
import type { ChainLock } from "./wire/locks.ts";
import type { Message } from "./wire/message.ts";
import { ServiceFlag } from "./wire/version.ts";

export type { Persistence, RestoredState, SavedStep } from "./clientState.ts";

export interface ClientOptions extends ClientStateOptions {
  readonly transport: Transport;
  /** 0 to below 1. */
  readonly random: () => number;
  readonly bls: Bls;
  /** Checks signatures; `bls` if left out. */
  readonly verifier?: SignatureVerifier;
  /** Hashes headers instead of `x11`, as in threads of their own. */
  readonly linkHeaders?: LinkHeaders;
  readonly maxPeers: number;
  /** The defaults if left out. */
  readonly tuning?: SyncTuning;
}

/** What a run cost: requests by kind, bytes over all connections, and what became of what failed. */
export interface ClientCounts extends SyncCounts {
  readonly headers: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** What a request for headers brings, for the account. */
const HEADERS = "headers";

/** The light client: peers, headers and messages on one side, lists and verdicts on the other. */
export class LightClient {
  readonly #options: ClientOptions;
  readonly #state: ClientState;
  readonly #headers: HeaderSync;
  readonly #pool: PeerPool;
  readonly #verdicts: Verdicts;
  readonly #lists: ListSync;
  readonly #abort = new AbortController();
  readonly #account = new SyncAccount();
  readonly #startedAtMs: number;
  #progress: ProgressMeter;

  constructor(options: ClientOptions, restored: RestoredState | undefined) {
    this.#options = options;
    const { params, transport, clock, random, x11, bls, maxPeers } = options;
    this.#startedAtMs = clock.now();
    this.#state = new ClientState({ ...options, onChange: () => this.#changed() }, restored);
    const { chain } = this.#state;
    this.#progress = this.#startMeter();
    this.#headers = new HeaderSync(
      chain,
      options.linkHeaders ?? linkHeadersIn(undefined, x11),
      clock,
      (result) => this.#onHeaders(result),
      ({ address }, block) => this.#lists.executor.health.budget.show(address, block),
    );
    this.#pool = new PeerPool({
      params,
      transport,
      clock,
      random,
      maxPeers,
      startHeight: () => chain.tip.height,
      onReady: (peer) => this.#onReady(peer),
      onMessage: (peer, message) => void this.#onMessage(peer, message),
      onPong: ({ address }, rttMs) => this.#lists.executor.health.monitor.pong(address, rttMs),
      onChange: () => this.#changed(),
    });
    const { signal } = this.#abort;
    this.#verdicts = new Verdicts({
      state: this.#state,
      verifier: options.verifier ?? bls,
      isVerifierApart: options.verifier !== undefined,
      signal,
      penalize: this.#pool.penalize.bind(this.#pool),
      isListExhausted: (height) => this.#lists.executor.isListExhausted(height),
      onReorg: () => this.#lists.onChainChanged(),
    });
    this.#lists = new ListSync({
      state: this.#state,
      verdicts: this.#verdicts,
      account: this.#account,
      tuning: options.tuning ?? DEFAULT_TUNING,
      ready: () => this.#pool.ready,
      random,
      signal,
      penalize: this.#pool.penalize.bind(this.#pool),
      onComplete: () => this.#progress.finish(),
      onBehind: () => {
        this.#progress = this.#startMeter();
      },
    });
    this.#lists.executor.health.budget.restore(restored?.refusals ?? [], clock.now());
  }

  get engine(): EngineState {
    return this.#state.engine;
  }

  get context(): EngineContext {
    return this.#state.context;
  }

  get neededTypes(): readonly number[] {
    return this.#state.neededTypes;
  }

  get requestCounts(): { readonly qrinfo: number; readonly mnlistdiff: number; readonly headers: number } {
    const { qrinfo, mnlistdiff } = this.#account.counts;
    return { qrinfo, mnlistdiff, headers: this.#headers.requests };
  }

  /** What is planned, why, and what became of each request. */
  get syncActivity(): SyncSnapshot {
    return this.#lists.activity;
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

  /** @see ListSync.isSynced */
  get isSynced(): boolean {
    return this.#lists.isSynced;
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
    if (chainLock) this.#state.locks.add(chainLock, "store");
    if (!newestList(this.engine)) return;
    try {
      await this.#verdicts.judge(() => this.#state.setPhase("quorums"));
      await this.#verdicts.checkLocks();
    } catch (error) {
      if (!this.#abort.signal.aborted) throw error;
    }
    this.#changed();
  }

  /** Judges a quorum of whatever list, as far as what it was drawn from is held. */
  async judge(quorum: QuorumEntry): Promise<void> {
    await this.#verdicts.judgeQuorums([quorum], true);
    this.#changed();
  }

  /** Whether a list that a verified ChainLock makes final holds the quorum, on a chain with the network's work. */
  isFinal(quorum: QuorumEntry): boolean {
    const { finalHeight, chain, engine } = this.#state;
    if (finalHeight === undefined || !chain.hasMinimumWork) return false;
    const { llmqType, quorumHash } = quorum.commitment;
    const key = quorumKey(llmqType, quorumHash);
    return [...engine.lists.values()].some(
      ({ height, quorums }) => height <= finalHeight && quorums.get(key)?.id === quorum.id,
    );
  }

  /** Somebody wants it: whatever waits for its time is asked for now, of everybody. */
  resumeSync(): void {
    this.#lists.resume();
  }

  stop(): void {
    this.#abort.abort(new DashlightError({ code: "client/not-running" }));
    this.#lists.stop();
    this.#pool.close();
  }

  /** Shows a problem until the next progress. */
  setProblem(error: DashlightError | undefined): void {
    this.#state.setProblem(error);
  }

  /** Adds one decision or event to the log. */
  note(level: LogEntry["level"], message: string, facts?: LogFacts): void {
    this.#state.note(level, message, facts);
  }

  snapshot(stored: StoredSnapshot | undefined): ClientSnapshot {
    const { params, bls, x11, clock } = this.#options;
    const { phase, engine, context, chain, neededTypes, finalHeight, locks, problem, log } = this.#state;
    return makeSnapshot({
      network: params.name,
      phase,
      engine,
      context,
      neededTypes,
      chain,
      finalHeight,
      chainLock: locks.newest,
      instantLocks: this.#verdicts.instantLocks.newest,
      pool: this.#pool,
      discovery: this.#lists.discovery,
      progress: this.#progress.update(this.#countProgress(), clock.now()),
      isSynced: this.isSynced,
      exhaustedLists: this.#lists.exhaustedLists,
      areSnapshotsExhausted: this.#lists.executor.areSnapshotsExhausted,
      problem: this.#lists.pauseProblem ?? problem ?? this.#connectionProblem(),
      stored,
      blsEngine: bls.engine,
      x11Engine: x11.engine,
      syncRevision: this.#lists.revision,
      log,
    });
  }

  /** Of what is missing now. */
  #startMeter(): ProgressMeter {
    const { chain, engine, clock } = this.#state;
    return new ProgressMeter(clock.now(), { headers: chain.headersTip.height, lists: engine.lists.size });
  }

  #countProgress(): ProgressCounts {
    const { engine, context, neededTypes, chain, hasHeaders } = this.#state;
    const { discovery, planned, round } = this.#lists;
    const pool = this.#pool;
    return countProgress({
      ...{ engine, context, neededTypes, chain, pool, discovery, hasHeaders, round },
      plan: planned,
    });
  }

  #connectionProblem(): Problem | undefined {
    if (this.#pool.ready.length > 0) return undefined;
    const reason = this.#pool.lastError;
    if (reason === undefined) return undefined;
    const message = `No peer is connected: ${reason}.`;
    return { code: "client/no-peers", message, sinceMs: this.#startedAtMs };
  }

  #changed(): void {
    this.#lists.executor.wake();
    this.#options.onChange();
  }

  // --- headers

  #onReady(peer: Peer): void {
    this.#verdicts.instantLocks.connected(peer.address);
    this.#lists.executor.resume();
    // The best ChainLock is announced only to who asks so, and a node without bloom filters hangs up on that.
    const hasMempool = ((peer.version?.services ?? 0n) & ServiceFlag.bloom) !== 0n;
    if (hasMempool) peer.send({ command: "mempool", payload: undefined });
    void this.#syncHeaders(peer);
  }

  async #syncHeaders(peer: Peer): Promise<void> {
    const { chain } = this.#state;
    if (!this.#state.hasHeaders) this.#state.setPhase("headers");
    try {
      await this.#headers.sync(peer, this.#abort.signal);
    } catch (error) {
      if (!this.#abort.signal.aborted) this.#account.fail(HEADERS);
      this.#onHeaderError(peer, error);
      return;
    }
    this.#account.succeed(HEADERS);
    if (!chain.hasMinimumWork) {
      const reason = "its chain has less work than the network is known to have";
      this.note("warning", `${peer.address}: ${reason}`, { address: peer.address });
      // It may be syncing itself: until later its place is somebody else's.
      peer.close(reason);
      return;
    }
    this.#state.hasHeaders = true;
    this.#lists.run();
  }

  #onHeaderError(peer: Peer, error: unknown): void {
    if (this.#abort.signal.aborted) return;
    if (!(error instanceof DashlightError)) throw error;
    this.note("warning", `${peer.address}: ${error.message}`, { address: peer.address, ...error.facts });
    const points = headerPenalty(error);
    if (points > 0) this.#pool.penalize(peer.address, points, error);
    else if (error.code !== "net/disconnected") peer.close(error.message);
  }

  async #onHeaders({ changedFrom, reorg }: AcceptResult): Promise<void> {
    const { engine, context } = this.#state;
    const { executor } = this.#lists;
    if (reorg) {
      const { forkHeight } = reorg;
      this.note("warning", `reorganisation: the best chain forks at block ${forkHeight}`, { forkHeight });
    }
    executor.history.clear();
    executor.dropWaiting();
    const after = reorg ? dropOffChain(engine, context.chain) : engine;
    await this.#state.commit(after, changedFrom === undefined ? {} : { headersFrom: changedFrom });
    this.#changed();
    if (this.#state.hasHeaders) this.#lists.run();
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
          this.#state.locks.add(message.payload, peer.address);
          this.#lists.run();
          return;
        case "isdlock":
          if (this.#verdicts.instantLocks.add(message.payload, peer.address)) this.#lists.run();
          return;
        case "notfound":
          this.#verdicts.instantLocks.notFound(message.payload, peer.address);
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
    const stray = this.#lists.executor.stray(address, message);
    if (stray === "late") {
      this.note("info", `${address}: its ${message.command} came late`, { address });
      return;
    }
    const error = new DashlightError({ code: "net/unexpected-message", address, command: message.command });
    const reason = `it sent an answer nobody waits for: ${stray}`;
    this.note("warning", `${address}: ${reason}`, error.facts);
    this.#pool.penalize(address, 5, error, reason);
  }

  #onInventory(peer: Peer, items: readonly InventoryItem[]): void {
    const { chain, clock, hasHeaders } = this.#state;
    const chainLock = items.filter(({ type }) => type === InvType.clSig).slice(-1);
    const instantLocks = this.#verdicts.instantLocks.choose(items, peer.address, clock.now());
    const wanted = [...chainLock, ...instantLocks];
    if (wanted.length > 0) peer.send({ command: "getdata", payload: wanted });
    const hasNewBlock = items.some(({ type, hash }) => type === InvType.block && !chain.isKnown(hash));
    if (hasNewBlock && hasHeaders) void this.#syncHeaders(peer);
  }
}
