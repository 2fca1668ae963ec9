import type { BridgeNetwork } from "../bridge/protocol.ts";
import type {
  ClientSnapshot,
  LightClientApi,
  MasternodeRow,
  QuorumMember,
  QuorumRow,
  Settings,
  StartOptions,
  StorageUsage,
  SyncSnapshot,
  Unsubscribe,
} from "./api.ts";
import { type DashlightError, isDashlightError } from "./errors.ts";
import { fetchBridgeNetwork } from "./net/bridgeTransport.ts";
import { type NetworkParams, networkParams, paramsFromFile } from "./params/index.ts";
import { databaseName, openClientStore } from "./persistence.ts";
import { Session } from "./session.ts";
import { ClientStore, DEFAULT_SETTINGS, readSettings, SettingsStore } from "./store/index.ts";
import { readSummary, type Summary } from "./summary.ts";
import { SyncActivity } from "./syncActivity.ts";
import { type Question, Tabs } from "./tabs.ts";

/** Longest a bridge that does not answer is waited for, and pause before it is asked again. */
const BRIDGE_TIMEOUT_MS = 5_000;
const BRIDGE_RETRY_MS = 3_000;
/** Snapshots are sent at most this often. */
const SNAPSHOT_INTERVAL_MS = 100;

const EMPTY_SNAPSHOT: ClientSnapshot = {
  network: undefined,
  role: "follower",
  phase: "starting",
  progress: {
    fraction: 0,
    requestsDone: 0,
    requestsTotal: 0,
    listsKnown: 0,
    listsNeeded: 0,
    quorumsVerified: 0,
    quorumsTotal: 0,
    bytesIn: 0,
    etaMs: undefined,
  },
  isSynced: false,
  cannotVerify: [],
  tip: undefined,
  chainLock: undefined,
  instantLocks: [],
  masternodes: undefined,
  quorums: [],
  peers: [],
  problem: undefined,
  stored: undefined,
  blsEngine: undefined,
  x11Engine: undefined,
  syncRevision: 0,
  log: [],
};

/** The light client as a page sees it: settings, the bridge, which tab leads, and what earlier visits left. */
export class LightClientService implements LightClientApi {
  readonly #origin: string;
  readonly #listeners = new Set<(snapshot: ClientSnapshot) => void>();
  #settings: Settings = DEFAULT_SETTINGS;
  /** Those of the newest start. */
  #saved: Promise<Settings> | undefined;
  #tabs: Tabs | undefined;
  #session: Session | undefined;
  #snapshot: ClientSnapshot = EMPTY_SNAPSHOT;
  #notifyTimer: ReturnType<typeof setTimeout> | undefined;
  #start = new AbortController();
  #options: StartOptions = {};
  /** What this start works on; undefined until the last visit or the bridge says. */
  #network: BridgeNetwork | undefined;

  /** @param origin - where the page comes from: its bridge unless settings name another */
  constructor(origin: string) {
    this.#origin = origin;
  }

  async start(options: StartOptions): Promise<void> {
    this.stop();
    const { signal } = this.#start;
    this.#options = options;
    this.#saved = this.#loadSettings();
    const settings = await this.#saved;
    if (signal.aborted) return;
    this.#settings = settings;
    const remembered = await this.#loadRemembered();
    if (signal.aborted) return;
    // Peers of before are gone: as long as they are shown as ready, the bridge is not asked.
    this.#publish({ ...this.#snapshot, peers: [], isSynced: false });
    if (remembered) {
      const stored = { savedAtMs: remembered.savedAtMs, status: "checking-again" } as const;
      this.#publish({
        ...EMPTY_SNAPSHOT,
        ...remembered.snapshot,
        isSynced: false,
        phase: "starting",
        stored,
      });
      this.#lead(remembered.network, true);
    }
    void this.#followBridge(signal);
  }

  /** Leaves the network, and the lead to another tab; `start` starts again. */
  stop(): void {
    this.#start.abort();
    this.#start = new AbortController();
    this.#leave();
  }

  async subscribe(listener: (snapshot: ClientSnapshot) => void): Promise<Unsubscribe> {
    this.#listeners.add(listener);
    listener(this.#snapshot);
    return () => this.#listeners.delete(listener);
  }

  async snapshot(): Promise<ClientSnapshot> {
    return this.#snapshot;
  }

  masternodes(): Promise<readonly MasternodeRow[]> {
    return this.#ask("masternodes", []) as Promise<readonly MasternodeRow[]>;
  }

  quorums(): Promise<readonly QuorumRow[]> {
    return this.#ask("quorums", []) as Promise<readonly QuorumRow[]>;
  }

  quorumMembers(llmqType: number, quorumHash: string): Promise<readonly QuorumMember[] | undefined> {
    return this.#ask("quorumMembers", [llmqType, quorumHash]) as Promise<readonly QuorumMember[] | undefined>;
  }

  quorumPublicKey(llmqType: number, quorumHash: string): Promise<string | undefined> {
    return this.#ask("quorumPublicKey", [llmqType, quorumHash]) as Promise<string | undefined>;
  }

  syncActivity(): Promise<SyncSnapshot> {
    return this.#ask("syncActivity", []) as Promise<SyncSnapshot>;
  }

  async resumeSync(): Promise<void> {
    await this.#ask("resumeSync", []);
  }

  settings(): Promise<Settings> {
    return this.#saved ?? this.#loadSettings();
  }

  async changeSettings(settings: Settings): Promise<void> {
    const store = await SettingsStore.open();
    try {
      await store.save(settings);
    } finally {
      store.close();
    }
    // A follower's leader takes the new settings up as well.
    if (this.#tabs && !this.#tabs.isLeader) await this.#tabs.ask("restart", []);
    await this.start(this.#options);
  }

  async storageUsage(): Promise<StorageUsage> {
    const counts = this.#session ? await this.#session.counts() : { headers: 0, lists: 0 };
    const estimate = await navigator.storage?.estimate?.();
    return { ...counts, usedBytes: estimate?.usage, quotaBytes: estimate?.quota };
  }

  async reset(): Promise<void> {
    await this.#ask("reset", []);
  }

  async ping(): Promise<void> {}

  // --- starting

  #leave(): void {
    this.#session?.stop();
    this.#session = undefined;
    this.#tabs?.close();
    this.#tabs = undefined;
    this.#network = undefined;
  }

  async #loadSettings(): Promise<Settings> {
    try {
      const store = await SettingsStore.open();
      const { settings } = await store.load();
      store.close();
      return settings;
    } catch (error) {
      if (!isDashlightError(error, "store/unavailable")) throw error;
      return readSettings(undefined).settings;
    }
  }

  get #bridgeUrl(): string {
    return this.#settings.bridgeUrl ?? this.#options.bridgeUrl ?? this.#origin;
  }

  /** What the last visit left, to be shown with its age before anything else happens. */
  async #loadRemembered(): Promise<Summary | undefined> {
    const summaries: Summary[] = [];
    try {
      for (const name of await ClientStore.list()) {
        const summary = await this.#loadSummary(name);
        if (summary) summaries.push(summary);
      }
    } catch (error) {
      this.#showStoreProblem(error);
    }
    const wanted = this.#settings.network;
    return summaries
      .filter(({ network }) => wanted === undefined || network.network === wanted)
      .sort((a, b) => b.savedAtMs - a.savedAtMs)[0];
  }

  /** @returns undefined also if what it says is no network, or another than its database is of */
  async #loadSummary(name: string): Promise<Summary | undefined> {
    let store: ClientStore | undefined;
    try {
      store = await openClientStore(name, () => undefined);
      const summary = readSummary(await store.loadSummary());
      return summary && databaseName(toParams(summary.network)) === name ? summary : undefined;
    } catch (error) {
      this.#showStoreProblem(error);
      return undefined;
    } finally {
      store?.close();
    }
  }

  #showStoreProblem(error: unknown): void {
    if (!isDashlightError(error)) throw error;
    this.#publish({ ...this.#snapshot, problem: this.#problem(error) });
  }

  /** Asks the bridge what it offers, and again as long as it does not answer or nobody behind it does. */
  async #followBridge(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      // With a problem too: a peer may be back before the bridge was asked again.
      if (!this.#hasReadyPeer || this.#bridgeProblem) await this.#askBridge(signal);
      await new Promise((resolve) => setTimeout(resolve, BRIDGE_RETRY_MS));
    }
  }

  get #hasReadyPeer(): boolean {
    return this.#snapshot.peers.some(({ status }) => status === "ready");
  }

  async #askBridge(signal: AbortSignal): Promise<void> {
    try {
      const timeout = AbortSignal.timeout(BRIDGE_TIMEOUT_MS);
      const offered = await fetchBridgeNetwork(this.#bridgeUrl, AbortSignal.any([signal, timeout]));
      if (signal.aborted) return;
      this.#setProblem(undefined);
      this.#takeOffer(offered);
    } catch (error) {
      if (signal.aborted) return;
      if (!isDashlightError(error)) throw error;
      this.#setProblem(error);
    }
  }

  #takeOffer(offered: BridgeNetwork): void {
    const wanted = this.#settings.network;
    const network = wanted === undefined || wanted === offered.network ? offered : builtIn(wanted);
    const known = this.#network;
    if (known && isSameNetwork(known, network)) {
      this.#network = network;
      this.#session?.connect(this.#addresses(network));
      return;
    }
    // Another network than the one remembered: a new simnet, other parameters, or another setting.
    this.#leave();
    if (known) this.#snapshot = EMPTY_SNAPSHOT;
    this.#lead(network, false);
  }

  #lead(network: BridgeNetwork, isRemembered: boolean): void {
    const params = toParams(network);
    this.#network = network;
    this.#tabs = new Tabs({
      name: databaseName(params),
      onLead: () => void this.#openSession(params, this.#network ?? network, isRemembered),
      onSnapshot: (snapshot) => this.#publish({ ...snapshot, role: "follower" }),
      answer: (question, values) => this.#answer(question, values),
    });
  }

  async #openSession(params: NetworkParams, network: BridgeNetwork, isRemembered: boolean): Promise<void> {
    if (params.name === "simnet") void forgetOtherSimnets(databaseName(params));
    const session = new Session({
      params,
      network,
      bridgeUrl: this.#bridgeUrl,
      settings: this.#settings,
      savedAtMs: isRemembered ? this.#snapshot.stored?.savedAtMs : undefined,
      onChange: () => this.#publishLater(),
    });
    this.#session = session;
    await session.open();
    session.connect(this.#addresses(network));
  }

  #addresses(network: BridgeNetwork): string[] {
    const { ownNode } = this.#settings;
    return [...(ownNode === undefined ? [] : [ownNode]), ...network.peers];
  }

  // --- what the page sees

  #bridgeProblem: DashlightError | undefined;
  #bridgeProblemSinceMs = 0;

  #setProblem(error: DashlightError | undefined): void {
    if (error && !this.#bridgeProblem) this.#bridgeProblemSinceMs = Date.now();
    this.#bridgeProblem = error;
    this.#publish(this.#withProblem({ ...this.#snapshot, problem: undefined }));
  }

  /** Without the bridge nothing else matters. */
  #withProblem(snapshot: ClientSnapshot): ClientSnapshot {
    if (!this.#bridgeProblem) return snapshot;
    return {
      ...snapshot,
      problem: { ...this.#problem(this.#bridgeProblem), sinceMs: this.#bridgeProblemSinceMs },
    };
  }

  #problem(error: DashlightError) {
    return { code: error.code, message: error.message, sinceMs: Date.now() };
  }

  #publish(snapshot: ClientSnapshot): void {
    this.#snapshot = snapshot;
    this.#publishLater();
  }

  /** The client changes far more often than anybody looks: its state is put together when it is sent. */
  #publishLater(): void {
    this.#notifyTimer ??= setTimeout(() => {
      this.#notifyTimer = undefined;
      if (this.#session) this.#snapshot = this.#withProblem(this.#session.snapshot(this.#snapshot));
      for (const listener of this.#listeners) listener(this.#snapshot);
      this.#tabs?.publish(this.#snapshot);
    }, SNAPSHOT_INTERVAL_MS);
  }

  #idleActivity(): SyncSnapshot {
    return new SyncActivity(this.#settings.tuning, () => Date.now()).snapshot();
  }

  /** After the answer is out: starting again closes the channel it goes by. */
  #restartSoon(): void {
    setTimeout(() => void this.start(this.#options), 0);
  }

  #ask(question: Question, values: unknown[]): Promise<unknown> {
    const isLed = this.#tabs !== undefined && !this.#tabs.isLeader;
    return isLed ? (this.#tabs as Tabs).ask(question, values) : this.#answer(question, values);
  }

  async #answer(question: Question, values: unknown[]): Promise<unknown> {
    const [llmqType, quorumHash] = values as [number, string];
    switch (question) {
      case "masternodes":
        return this.#session?.masternodes() ?? [];
      case "quorums":
        return this.#session?.quorums() ?? [];
      case "quorumMembers":
        return this.#session?.quorumMembers(llmqType, quorumHash);
      case "quorumPublicKey":
        return this.#session?.quorumPublicKey(llmqType, quorumHash);
      case "syncActivity":
        return this.#session?.syncActivity() ?? this.#idleActivity();
      case "resumeSync":
        this.#session?.resumeSync();
        return undefined;
      case "reset":
        await this.#session?.clear();
        this.#snapshot = EMPTY_SNAPSHOT;
        this.#restartSoon();
        return undefined;
      case "restart":
        this.#restartSoon();
        return undefined;
    }
  }
}

/** Every simnet is a network of its own: what is stored of former ones is of no use any more. */
async function forgetOtherSimnets(current: string): Promise<void> {
  const others = (await ClientStore.list()).filter(
    (name) => name.startsWith("dashlight-simnet-") && name !== current,
  );
  for (const name of others) {
    await ClientStore.delete(name).catch((error: unknown) => {
      // Another tab still shows it.
      if (!isDashlightError(error, "store/unavailable")) throw error;
    });
  }
}

/** Remembered parameters are worth no more than the database they come from. */
function isSameNetwork(a: BridgeNetwork, b: BridgeNetwork): boolean {
  return JSON.stringify([a.network, a.params]) === JSON.stringify([b.network, b.params]);
}

/** A network the user chose instead of the bridge's: its constants and seeds are built in. */
function builtIn(name: string): BridgeNetwork {
  return { network: name, peers: networkParams(name).fixedSeeds };
}

/** @throws `params/*` for what a bridge should not offer */
function toParams({ network, params }: BridgeNetwork): NetworkParams {
  return params === undefined ? networkParams(network) : paramsFromFile(params);
}
