import type { BridgeNetwork } from "../bridge/protocol.ts";
import type {
  ClientSnapshot,
  MasternodeRow,
  QuorumMember,
  QuorumRow,
  Settings,
  StoredSnapshot,
  SyncSnapshot,
} from "./api.ts";
import { LightClient } from "./client.ts";
import type { EngineContext } from "./engine/context.ts";
import type { MasternodeList } from "./engine/masternodeList.ts";
import { type QuorumEntry, quorumKey } from "./engine/quorumSet.ts";
import { type EngineState, isContradicted, newestList, sortedLists, statusOf } from "./engine/state.ts";
import { type Engines, loadEngines } from "./engines.ts";
import { DashlightError } from "./errors.ts";
import { BridgeTransport } from "./net/bridgeTransport.ts";
import { SYSTEM_CLOCK } from "./net/transport.ts";
import { type NetworkParams, neededLlmqTypes } from "./params/index.ts";
import { databaseName, openClientStore, type Restored, restore, StorePersistence } from "./persistence.ts";
import { basicPublicKey, masternodeRows, quorumMemberRows, quorumRows } from "./rows.ts";
import type { ClientStore } from "./store/index.ts";
import { makeSummary } from "./summary.ts";
import { fromHashHex, type QuorumHash } from "./wire/hashes.ts";
import type { X11 } from "./x11/index.ts";

/** The summary is for the next visit; it may be this old. */
const SUMMARY_INTERVAL_MS = 2_000;

export interface SessionOptions {
  readonly params: NetworkParams;
  readonly network: BridgeNetwork;
  readonly bridgeUrl: string;
  readonly settings: Settings;
  /** When the state that is shown now was saved. */
  readonly savedAtMs: number | undefined;
  readonly onChange: () => void;
}

/** The leading tab's client on one network, with its database. */
export class Session {
  readonly #options: SessionOptions;
  #client: LightClient | undefined;
  #store: ClientStore | undefined;
  #engines: Engines | undefined;
  #stored: StoredSnapshot | undefined;
  /** What was stored is judged: until then peers would have it judged a second time. */
  #isChecked = false;
  #isStopped = false;
  #addresses: readonly string[] = [];
  #summarySavedAtMs = 0;
  #problem: DashlightError | undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
    const { savedAtMs } = options;
    this.#stored = savedAtMs === undefined ? undefined : { savedAtMs, status: "checking-again" };
  }

  /** Opens the database, takes up what it holds, and judges it again before any peer is needed. */
  async open(): Promise<void> {
    try {
      await this.#open();
    } catch (error) {
      if (!(error instanceof DashlightError)) throw error;
      this.#showProblem(error);
    }
  }

  async #open(): Promise<void> {
    const { params, bridgeUrl, settings } = this.#options;
    const [engines, store] = await Promise.all([loadEngines(), this.#openStore()]);
    this.#engines = engines;
    this.#store = store;
    if (this.#isStopped) return this.#close();
    const { x11, bls, verifier, linkHeaders } = engines;
    const isValidSignature = (signature: Uint8Array) => bls.isValidSignature(signature, "basic");
    const restored = store && (await this.#restore(store, x11, isValidSignature));
    if (this.#isStopped) return;
    const client = new LightClient(
      {
        params,
        transport: new BridgeTransport(bridgeUrl),
        clock: SYSTEM_CLOCK,
        random: secureRandom,
        x11,
        bls,
        verifier,
        linkHeaders,
        persistence: store && new StorePersistence(store, (error) => this.#showProblem(error)),
        neededTypes: settings.neededLlmqTypes ?? neededLlmqTypes(params),
        maxPeers: settings.maxPeers,
        tuning: settings.tuning,
        onChange: () => this.#onChange(),
      },
      restored?.state,
    );
    this.#client = client;
    this.#options.onChange();
    if (restored?.state) await client.recheck(restored.state.chainLock);
    if (this.#isStopped) return;
    const dropped = [...(restored?.dropped ?? []), ...contradictedSnapshots(client.engine)];
    noteDropped(client, dropped);
    if (this.#stored) {
      const status = restored?.state && dropped.length === 0 ? "checked" : "dropped";
      this.#stored = { ...this.#stored, status };
    }
    this.#isChecked = true;
    this.#options.onChange();
    if (this.#addresses.length > 0) client.connect(this.#addresses);
  }

  /** @param addresses - HOST:PORT, best first; kept until what was stored is judged */
  connect(addresses: readonly string[]): void {
    this.#addresses = addresses;
    if (this.#isChecked) this.#client?.connect(addresses);
  }

  stop(): void {
    this.#isStopped = true;
    this.#client?.stop();
    this.#close();
  }

  #close(): void {
    this.#store?.close();
    this.#engines?.close();
  }

  /** @param shown - what is shown as long as the client is not there yet */
  snapshot(shown: ClientSnapshot): ClientSnapshot {
    const snapshot = this.#client?.snapshot(this.#stored) ?? { ...shown, role: "leader" as const };
    if (!this.#problem || snapshot.problem) return snapshot;
    const { code, message } = this.#problem;
    return { ...snapshot, problem: { code, message, sinceMs: Date.now() } };
  }

  masternodes(): MasternodeRow[] {
    const list = this.#newest();
    return list ? masternodeRows(list) : [];
  }

  quorums(): QuorumRow[] {
    const [client, list] = [this.#client, this.#newest()];
    return client && list ? quorumRows(list, client.engine, client.context, client.neededTypes) : [];
  }

  quorumMembers(llmqType: number, quorumHash: string): QuorumMember[] | undefined {
    const quorum = this.#held(llmqType, quorumHash)?.quorum;
    return this.#client && quorum && quorumMemberRows(quorum, this.#client.engine, this.#client.context);
  }

  /**
   * Only of a verified quorum in a proven list at or below a verified ChainLock. One that retired is judged when it is
   * asked for first after a start.
   */
  async quorumPublicKey(llmqType: number, quorumHash: string): Promise<string | undefined> {
    const [client, held] = [this.#client, this.#held(llmqType, quorumHash)];
    if (!client || !held || held.list.header !== "verified") return undefined;
    const { quorum } = held;
    if (statusOf(client.engine, quorum).status === "unknown") await client.judge(quorum);
    const isVerified = statusOf(client.engine, quorum).status === "verified";
    return isVerified && client.isFinal(quorum) ? basicPublicKey(quorum) : undefined;
  }

  /** @returns undefined before there is a client */
  syncActivity(): SyncSnapshot | undefined {
    return this.#client?.syncActivity;
  }

  /** Without a client there is nothing that stands still. */
  resumeSync(): void {
    this.#client?.resumeSync();
  }

  async counts(): Promise<{ headers: number; lists: number }> {
    return (await this.#store?.counts()) ?? { headers: 0, lists: 0 };
  }

  async clear(): Promise<void> {
    this.#client?.stop();
    await this.#store?.clear();
  }

  #newest(): MasternodeList | undefined {
    return this.#client && newestList(this.#client.engine);
  }

  /** In the newest list that holds it: who is shown a signature of a quorum may see it just after it retired. */
  #held(llmqType: number, quorumHash: string): { list: MasternodeList; quorum: QuorumEntry } | undefined {
    const key = quorumKey(llmqType, fromHashHex<QuorumHash>(quorumHash));
    const lists = this.#client ? sortedLists(this.#client.engine).reverse() : [];
    for (const list of lists) {
      const quorum = list.quorums.get(key);
      if (quorum) return { list, quorum };
    }
    return undefined;
  }

  async #openStore(): Promise<ClientStore | undefined> {
    const onLost = (error: DashlightError) => this.#showProblem(error);
    try {
      return await openClientStore(databaseName(this.#options.params), onLost);
    } catch (error) {
      if (!(error instanceof DashlightError)) throw error;
      this.#showProblem(error);
      return undefined;
    }
  }

  /** @returns undefined if the database fails: then all is fetched again */
  async #restore(
    store: ClientStore,
    x11: X11,
    isValidSignature: EngineContext["isValidSignature"],
  ): Promise<Restored | undefined> {
    try {
      return await restore(store, this.#options.params, x11, isValidSignature);
    } catch (error) {
      if (!(error instanceof DashlightError)) throw error;
      this.#showProblem(error);
      return undefined;
    }
  }

  /** The client goes on without saving, and says so. */
  #showProblem(error: DashlightError): void {
    if (this.#isStopped) return;
    this.#problem = error;
    this.#options.onChange();
  }

  #onChange(): void {
    if (this.#isStopped) return;
    this.#options.onChange();
    const now = Date.now();
    const isDue = this.#client?.isSynced && now - this.#summarySavedAtMs > SUMMARY_INTERVAL_MS;
    if (!isDue || !this.#client || !this.#store) return;
    this.#summarySavedAtMs = now;
    const summary = makeSummary(this.#client.snapshot(undefined), this.#options.network, now);
    this.#store.save({ summary }).catch((error: unknown) => {
      if (!(error instanceof DashlightError)) throw error;
      this.#showProblem(error);
    });
  }
}

/** Nothing proves a snapshot: that a stored one is wrong shows when its quorums are judged. */
function contradictedSnapshots(engine: EngineState): DashlightError[] {
  const count = [...engine.statuses.values()].filter(isContradicted).length;
  if (count === 0) return [];
  return [new DashlightError({ code: "store/corrupt", what: `snapshots: ${count} quorums contradict them` })];
}

/** One entry for all: where a shared record is broken, every list that holds it goes. */
function noteDropped(client: LightClient, dropped: readonly DashlightError[]): void {
  const [first, ...others] = dropped;
  if (!first) return;
  const more = others.length === 0 ? "" : `, and ${others.length} more for the like`;
  client.note("warning", `stored state: dropped and fetched again: ${first.message}${more}`, first.facts);
}

function secureRandom(): number {
  return (crypto.getRandomValues(new Uint32Array(1))[0] as number) / 2 ** 32;
}
