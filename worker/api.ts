/**
 * The public contract between the light client's worker and whoever uses it: the app, or another page that embeds
 * the engine. Plain data only, so that everything survives `postMessage`. Hashes are hex in display order (as Dash
 * Core and explorers print them), heights are block heights, times are milliseconds since 1970 unless named otherwise.
 *
 * What is not verified is never shown as verified: every value here says what it rests on.
 */
import type { ErrorCode } from "./errors.ts";
import type { SyncTuning } from "./syncTuning.ts";

/** How to start. Everything left out comes from the saved settings, or from what the bridge offers. */
export interface StartOptions {
  /** Base URL of the bridge, e.g. `https://example.org`; the page's own origin if left out. */
  readonly bridgeUrl?: string;
}

export type NetworkName = "mainnet" | "testnet" | "devnet" | "regtest" | "simnet";

/** What the user can change; saved per browser. Invalid values are refused with `client/invalid-setting`. */
export interface Settings {
  /** Undefined: what the bridge was started for. */
  readonly network: NetworkName | undefined;
  /** Base URL of the bridge; undefined: the page's own origin. */
  readonly bridgeUrl: string | undefined;
  /** HOST:PORT of the user's own node, asked before all others; undefined: none. */
  readonly ownNode: string | undefined;
  /** LLMQ types whose quorums must verify; undefined: those the network signs with. */
  readonly neededLlmqTypes: readonly number[] | undefined;
  /** Peers to be connected to at the same time, 1 to 8. */
  readonly maxPeers: number;
  /** How the sync asks. */
  readonly tuning: SyncTuning;
}

export type Phase = "starting" | "connecting" | "headers" | "lists" | "quorums" | "live";

/** Progress of what is going on now. `fraction` never goes back within one plan. */
export interface Progress {
  /** 0 to 1. */
  readonly fraction: number;
  readonly requestsDone: number;
  readonly requestsTotal: number;
  readonly listsKnown: number;
  readonly listsNeeded: number;
  readonly quorumsVerified: number;
  readonly quorumsTotal: number;
  readonly bytesIn: number;
  /** Undefined while nothing is known about speed. */
  readonly etaMs: number | undefined;
}

export interface TipSnapshot {
  readonly height: number;
  readonly hash: string;
  /** Block time, seconds since 1970. */
  readonly timeSeconds: number;
  /** At or below a ChainLock verified with a verified quorum. */
  readonly isChainLocked: boolean;
}

/** A ChainLock whose signature and whose quorum both verified. */
export interface ChainLockSnapshot {
  readonly height: number;
  readonly blockHash: string;
  readonly llmqType: number;
  readonly quorumHash: string;
}

/** An InstantSend lock whose signature and whose quorum both verified: none of the inputs can be spent otherwise. */
export interface InstantLockSnapshot {
  readonly txid: string;
  /** Base block of the cycle in which the signing quorum was formed. */
  readonly cycleHash: string;
  readonly llmqType: number;
  readonly quorumHash: string;
  readonly verifiedAtMs: number;
}

/** Counts of the newest proven list. */
export interface MasternodesSnapshot {
  readonly height: number;
  readonly blockHash: string;
  readonly total: number;
  readonly valid: number;
  readonly evo: number;
}

/** Quorums of one type in the newest proven list. */
export interface QuorumTypeSnapshot {
  readonly llmqType: number;
  readonly name: string;
  readonly isNeeded: boolean;
  readonly total: number;
  readonly verified: number;
  readonly unknown: number;
  readonly invalid: number;
}

export type PeerStatus = "connecting" | "handshake" | "ready" | "banned" | "closed";

export interface PeerSnapshot {
  readonly address: string;
  readonly status: PeerStatus;
  readonly userAgent: string | undefined;
  readonly protocolVersion: number | undefined;
  readonly height: number | undefined;
  readonly latencyMs: number | undefined;
  /** 0 (trusted with nothing more) to 100 (no complaint). */
  readonly score: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Why it is closed or banned, one sentence. */
  readonly reason: string | undefined;
}

/** Something the user should know, as one clear sentence. It goes when its cause does. */
export interface Problem {
  readonly code: ErrorCode;
  readonly message: string;
  readonly sinceMs: number;
}

/** One decision of the client, for the log. */
export interface LogEntry {
  readonly timeMs: number;
  readonly level: "info" | "warning" | "error";
  /** For people. */
  readonly message: string;
  /** What it was decided on, by name: whom it concerns, the code and the values of an error. */
  readonly facts: LogFacts;
}

export type LogFacts = Readonly<Record<string, string | number>>;

/** The state the client was loaded with, until it has been checked again. */
export interface StoredSnapshot {
  readonly savedAtMs: number;
  readonly status: "checking-again" | "checked" | "dropped";
}

/** The whole observable state; a new one is sent whenever something in it changed, at most every 100 ms. */
export interface ClientSnapshot {
  readonly network: NetworkName | undefined;
  /** One tab leads and writes the database, the others follow it. */
  readonly role: "leader" | "follower";
  readonly phase: Phase;
  readonly progress: Progress;
  /** Every needed quorum of the newest list is verified, or unknown for a reason no peer can cure; none is invalid; the newest ChainLock is verified. */
  readonly isSynced: boolean;
  /** Quorums no peer can cure, named. */
  readonly cannotVerify: readonly string[];
  /** The best verified header. */
  readonly tip: TipSnapshot | undefined;
  readonly chainLock: ChainLockSnapshot | undefined;
  /** Those seen on the network while the client ran, newest first, bounded. */
  readonly instantLocks: readonly InstantLockSnapshot[];
  readonly masternodes: MasternodesSnapshot | undefined;
  readonly quorums: readonly QuorumTypeSnapshot[];
  readonly peers: readonly PeerSnapshot[];
  readonly problem: Problem | undefined;
  readonly stored: StoredSnapshot | undefined;
  /** Another number whenever `syncActivity` has something new to say. */
  readonly syncRevision: number;
  /** "mcl" (WebAssembly) or "noble" (JavaScript). */
  readonly blsEngine: string | undefined;
  /** "wasm" or "js". */
  readonly x11Engine: string | undefined;
  /** Newest last, bounded. */
  readonly log: readonly LogEntry[];
}

export interface MasternodeRow {
  readonly proTxHash: string;
  readonly confirmedHash: string;
  /** "1.2.3.4:9999", "[::1]:9999", a domain, or undefined where the entry has no address */
  readonly service: string | undefined;
  readonly isValid: boolean;
  readonly isEvo: boolean;
  readonly pubKeyOperator: string;
  readonly keyIDVoting: string;
  readonly version: number;
  readonly platformHTTPPort: number | undefined;
  readonly platformNodeID: string | undefined;
}

export interface QuorumRow {
  readonly llmqType: number;
  readonly name: string;
  readonly quorumHash: string;
  readonly quorumIndex: number;
  /** Height of the base block; undefined below the first header. */
  readonly height: number | undefined;
  readonly status: "verified" | "unknown" | "invalid";
  /** Why it is not verified, one sentence. */
  readonly reason: string | undefined;
  readonly quorumPublicKey: string;
  readonly size: number;
  /** One bit a member, in member order. */
  readonly signers: readonly boolean[];
  readonly validMembers: readonly boolean[];
  readonly isNeeded: boolean;
}

export interface QuorumMember {
  readonly proTxHash: string;
  readonly service: string | undefined;
  readonly isSigner: boolean;
  readonly isValidMember: boolean;
}

/**
 * What became of one request, sent to one peer: each further attempt is a row of its own. `queued`: no peer was free yet;
 * `answered`: applied; `failed`: in vain, and nobody else is asked; `retried`: in vain, and asked for again; `fellBack`: in
 * vain, and lists come by mnlistdiff instead of this qrinfo; `aborted`: needed no more, or the client stopped.
 */
export type SyncRequestState =
  | "queued"
  | "inFlight"
  | "answered"
  | "failed"
  | "retried"
  | "fellBack"
  | "aborted";

export type SyncPriority = "critical" | "high" | "normal" | "low";

export interface SyncRequestRow {
  /** Ascending in the order the rows were made; never used twice in one run. */
  readonly id: number;
  readonly kind: "qrinfo" | "mnlistdiff";
  /** What is asked for, short: "cycle 864", "1120 to 1144". */
  readonly label: string;
  /** Why, one clause. */
  readonly reason: string;
  readonly priority: SyncPriority;
  /** Nobody has said yet that the list is needed: it only is likely to be. */
  readonly isSpeculative: boolean;
  readonly state: SyncRequestState;
  /** HOST:PORT of the peer that was asked; undefined while it is queued, and for what nobody could be asked. */
  readonly address: string | undefined;
  readonly queuedAtMs: number;
  readonly sentAtMs: number | undefined;
  /** When the answer was applied, or when it was clear that none of use would come. */
  readonly endedAtMs: number | undefined;
  /** Size of the answer. */
  readonly bytes: number | undefined;
  /** Why it was in vain. */
  readonly error: SyncRequestError | undefined;
}

/** A code, or where nothing went wrong with the request itself one clause for people. */
export type SyncRequestError = { readonly code: ErrorCode } | { readonly reason: string };

/** Requests on their way at one moment; another is taken whenever either number changes. */
export interface ConcurrencySample {
  readonly atMs: number;
  readonly inFlight: number;
  /** Most that may be, as peers and tuning allowed then. */
  readonly limit: number;
}

/** How lists and snapshots are brought: as discovery asks for them, or by lists alone where no peer sends snapshots. */
export type SyncStrategy =
  | { readonly kind: "discovery" }
  | { readonly kind: "fallback"; readonly reason: string };

/** Requests of one kind in a run; what is asked for again counts once. */
export interface SyncRequestCount {
  readonly planned: number;
  readonly done: number;
}

/** From the first gap until nothing is missing: the plans of all its rounds, added up, and what they came to. */
export interface SyncRun {
  /** Its requests are those from here on, up to those of the next run. */
  readonly firstId: number;
  readonly strategy: SyncStrategy;
  /** One line a decision, for people, each once; bounded. */
  readonly rationale: readonly string[];
  readonly qrInfos: SyncRequestCount;
  readonly mnListDiffs: SyncRequestCount;
  /** As the plans' cost model has it. */
  readonly estimatedBytes: number;
  readonly estimatedDurationMs: number;
  readonly startedAtMs: number;
  /** When nothing was missing any more; undefined as long as something is. */
  readonly completedAtMs: number | undefined;
}

/** What is planned, why, and what became of each request. */
export interface SyncSnapshot {
  /** Oldest first; the newest, bounded. */
  readonly runs: readonly SyncRun[];
  /** By id; the newest, bounded. */
  readonly requests: readonly SyncRequestRow[];
  /** Oldest first; the newest, bounded. */
  readonly concurrency: readonly ConcurrencySample[];
  /** By the clock all times here are of. */
  readonly nowMs: number;
  /** As this start of the client has it. */
  readonly tuning: SyncTuning;
}

export interface StorageUsage {
  readonly headers: number;
  readonly lists: number;
  /** As the browser estimates it; undefined where it does not. */
  readonly usedBytes: number | undefined;
  readonly quotaBytes: number | undefined;
}

/** Stops what `subscribe` started. */
export type Unsubscribe = () => void;

export interface LightClientApi {
  /** Starts, or starts again with what changed. @throws `client/invalid-setting` */
  start(options: StartOptions): Promise<void>;
  /** @param listener - called with the state now and after every change; wrap it with `Comlink.proxy` */
  subscribe(listener: (snapshot: ClientSnapshot) => void): Promise<Unsubscribe>;
  snapshot(): Promise<ClientSnapshot>;
  /** Masternodes of the newest proven list, ascending by proTxHash in display order. Empty before there is one. */
  masternodes(): Promise<readonly MasternodeRow[]>;
  /** Quorums of the newest proven list, by type, newest first. Empty before there is one. */
  quorums(): Promise<readonly QuorumRow[]>;
  /** @returns members in order; undefined while a list or snapshot they are drawn from is missing */
  quorumMembers(llmqType: number, quorumHash: string): Promise<readonly QuorumMember[] | undefined>;
  /**
   * Public key of a quorum for whoever checks its signatures, e.g. a Platform proof.
   * One of the Platform type is known for 24 DKG intervals after it retired: Platform goes on signing with it.
   * @returns 48 bytes hex, basic encoding, only for a verified quorum in a proven, ChainLocked list; else undefined
   */
  quorumPublicKey(llmqType: number, quorumHash: string): Promise<string | undefined>;
  /** What is planned, why, and what became of each request. */
  syncActivity(): Promise<SyncSnapshot>;
  /** Goes on at once with a sync that stopped itself (`client/sync-paused`) or waits before it asks again. */
  resumeSync(): Promise<void>;
  settings(): Promise<Settings>;
  /** Saves and applies. @throws `client/invalid-setting` naming the field; nothing is changed then */
  changeSettings(settings: Settings): Promise<void>;
  storageUsage(): Promise<StorageUsage>;
  /** Forgets all that is stored of this network and syncs again. */
  reset(): Promise<void>;
  /** Answers at once; a missing answer means the worker is gone. */
  ping(): Promise<void>;
}
