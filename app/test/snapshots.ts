import type { ClientSnapshot, PeerSnapshot, QuorumTypeSnapshot } from "../../worker/api.ts";
import type { AppState } from "../store.ts";

export const NOW = Date.UTC(2025, 10, 20, 11, 0, 0);
export const HASH = "0000000000000013a4f1c09b7e5d3f2ca4f1c09b7e5d3f2ca4f1c09b7e5d3f2c";
export const QUORUM_HASH = "6d339acc500a643544b5e14469376274df6ae9b5d9c9db808ae6c0cff2ac7288";

export function peer(part: Partial<PeerSnapshot> = {}): PeerSnapshot {
  return {
    address: "203.0.113.7:9999",
    status: "ready",
    userAgent: "/Dash Core:23.1.2/",
    protocolVersion: 70238,
    height: 2000,
    latencyMs: 40,
    score: 100,
    bytesIn: 0,
    bytesOut: 0,
    reason: undefined,
    ...part,
  };
}

export function quorumType(part: Partial<QuorumTypeSnapshot> = {}): QuorumTypeSnapshot {
  return {
    llmqType: 5,
    name: "llmq_60_75",
    isNeeded: true,
    total: 32,
    verified: 32,
    unknown: 0,
    invalid: 0,
    ...part,
  };
}

/** A client that has just started and knows nothing. */
export function emptySnapshot(part: Partial<ClientSnapshot> = {}): ClientSnapshot {
  return {
    network: "simnet",
    role: "leader",
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
    syncRevision: 0,
    blsEngine: undefined,
    x11Engine: undefined,
    log: [],
    ...part,
  };
}

/** A client that is done. */
export function syncedSnapshot(part: Partial<ClientSnapshot> = {}): ClientSnapshot {
  return emptySnapshot({
    phase: "live",
    isSynced: true,
    progress: {
      fraction: 1,
      requestsDone: 9,
      requestsTotal: 9,
      listsKnown: 35,
      listsNeeded: 35,
      quorumsVerified: 32,
      quorumsTotal: 32,
      bytesIn: 7_000_000,
      etaMs: undefined,
    },
    tip: { height: 2000, hash: HASH, timeSeconds: NOW / 1000 - 60, isChainLocked: true },
    chainLock: { height: 2000, blockHash: HASH, llmqType: 5, quorumHash: QUORUM_HASH },
    masternodes: { height: 2000, blockHash: HASH, total: 3512, valid: 3300, evo: 270 },
    quorums: [
      quorumType(),
      quorumType({ llmqType: 1, isNeeded: false, total: 24, verified: 0, unknown: 24 }),
    ],
    peers: [peer()],
    ...part,
  });
}

export function appState(part: Partial<AppState> = {}): AppState {
  return {
    engine: "running",
    startError: undefined,
    snapshot: undefined,
    lastVerifiedMs: undefined,
    isOnline: true,
    masternodes: { status: "idle" },
    quorums: { status: "idle" },
    sync: { status: "idle" },
    update: undefined,
    ...part,
  };
}
