import { useStore } from "zustand";
import { createStore } from "zustand/vanilla";
import type {
  ClientSnapshot,
  MasternodeRow,
  Problem,
  QuorumRow,
  QuorumTypeSnapshot,
  SyncSnapshot,
} from "../worker/api.ts";
import type { Loaded } from "./loader.ts";
import { shareStructure } from "./shareStructure.ts";

/** "stopped": the worker failed or no longer answers, and only a restart helps. */
export type EngineState = "starting" | "running" | "stopped";

export interface AppState {
  readonly engine: EngineState;
  /** What `start` was refused with; undefined while it was not. */
  readonly startError: unknown;
  readonly snapshot: ClientSnapshot | undefined;
  /** When the client last said synced with a peer connected; milliseconds since 1970. */
  readonly lastVerifiedMs: number | undefined;
  /** As the browser sees it: false is sure, true is a guess. */
  readonly isOnline: boolean;
  readonly masternodes: Loaded<readonly MasternodeRow[]>;
  readonly quorums: Loaded<readonly QuorumRow[]>;
  readonly sync: Loaded<SyncSnapshot>;
  /** Installs the new version and reloads; undefined while there is none. */
  readonly update: (() => void) | undefined;
}

const BEFORE_START = {
  engine: "starting",
  startError: undefined,
  snapshot: undefined,
  masternodes: { status: "idle" },
  quorums: { status: "idle" },
  sync: { status: "idle" },
} as const satisfies Partial<AppState>;

export const appStore = createStore<AppState>()(() => ({
  ...BEFORE_START,
  lastVerifiedMs: undefined,
  isOnline: true,
  update: undefined,
}));

export function useApp<T>(selector: (state: AppState) => T): T {
  return useStore(appStore, selector);
}

/** @returns the state with a new snapshot in it */
export function withSnapshot(state: AppState, snapshot: ClientSnapshot, nowMs: number): AppState {
  const isVerifiedNow = snapshot.isSynced && readyPeers(snapshot) > 0;
  return {
    ...state,
    engine: "running",
    snapshot: state.snapshot === undefined ? snapshot : shareStructure(state.snapshot, snapshot),
    lastVerifiedMs: isVerifiedNow ? nowMs : state.lastVerifiedMs,
  };
}

/** @returns the state for an engine that starts from nothing: whatever an earlier one said is gone */
export function withFreshEngine(state: AppState): AppState {
  return { ...state, ...BEFORE_START };
}

export function readyPeers(snapshot: ClientSnapshot | undefined): number {
  return snapshot?.peers.filter((peer) => peer.status === "ready").length ?? 0;
}

/** Nobody is connected in the first moments of every start: a problem only once that lasts. */
const CONNECTING_GRACE_MS = 3_000;

/** @returns the problem to tell the user about now */
export function currentProblem(snapshot: ClientSnapshot | undefined, nowMs: number): Problem | undefined {
  const problem = snapshot?.problem;
  const isStillConnecting =
    problem?.code === "client/no-peers" && nowMs - problem.sinceMs < CONNECTING_GRACE_MS;
  return isStillConnecting ? undefined : problem;
}

/** @returns whether the shown state was verified before, but not in this run of the engine */
export function isUnchecked({ engine, snapshot }: Pick<AppState, "engine" | "snapshot">): boolean {
  return engine === "stopped" || snapshot?.stored?.status === "checking-again";
}

/** Changes whenever the rows of the masternode list may have. */
export function masternodesKey(state: AppState): string | undefined {
  return state.snapshot?.masternodes?.blockHash;
}

/** Changes whenever a quorum may have another status, or the list others. */
export function quorumsKey(state: AppState): string | undefined {
  const { snapshot } = state;
  if (snapshot?.masternodes === undefined) return undefined;
  const counts = snapshot.quorums.map((type) =>
    [type.llmqType, type.total, type.verified, type.invalid].join(":"),
  );
  return `${snapshot.masternodes.blockHash} ${counts.join(" ")}`;
}

export type QuorumCounts = Pick<QuorumTypeSnapshot, "total" | "verified" | "unknown" | "invalid">;

/** @returns the sums over the types that must verify */
export function neededQuorums(quorums: readonly QuorumTypeSnapshot[]): QuorumCounts {
  const sum = { total: 0, verified: 0, unknown: 0, invalid: 0 };
  for (const type of quorums) {
    if (!type.isNeeded) continue;
    sum.total += type.total;
    sum.verified += type.verified;
    sum.unknown += type.unknown;
    sum.invalid += type.invalid;
  }
  return sum;
}
