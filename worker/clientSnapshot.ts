import type { ClientSnapshot, InstantLockSnapshot, PeerSnapshot } from "./api.ts";
import type { HeaderChain } from "./chain/headerChain.ts";
import type { EngineContext } from "./engine/context.ts";
import { countValid } from "./engine/masternodeList.ts";
import { type EngineState, newestList } from "./engine/state.ts";
import type { PeerPool } from "./net/peerPool.ts";
import { explainUnknown, quorumTypeRows } from "./rows.ts";
import type { VerifiedChainLock } from "./sync/chainLocks.ts";
import type { Discovery } from "./sync/discover.ts";
import type { VerifiedInstantLock } from "./sync/instantLocks.ts";
import { toHashHex } from "./wire/hashes.ts";
import { MnType } from "./wire/smlEntry.ts";

/** What the client knows, and what it passes on as it is. */
export interface ClientView
  extends Pick<
    ClientSnapshot,
    | "network"
    | "phase"
    | "progress"
    | "isSynced"
    | "problem"
    | "stored"
    | "blsEngine"
    | "x11Engine"
    | "syncRevision"
    | "log"
  > {
  readonly engine: EngineState;
  readonly context: EngineContext;
  readonly neededTypes: readonly number[];
  readonly chain: HeaderChain;
  readonly pool: PeerPool;
  readonly chainLock: VerifiedChainLock | undefined;
  /** Newest first. */
  readonly instantLocks: readonly VerifiedInstantLock[];
  /** Height of the verified ChainLock on our chain. */
  readonly finalHeight: number | undefined;
  readonly discovery: Discovery | undefined;
  /** Heights whose list no connected peer sends. */
  readonly exhaustedLists: readonly number[];
  readonly areSnapshotsExhausted: boolean;
}

/** The client's state as the page sees it. */
export function makeSnapshot(view: ClientView): ClientSnapshot {
  const { engine, context, neededTypes, chain, chainLock: lock } = view;
  const list = newestList(engine);
  const { tip } = chain;
  const header = chain.headerAt(tip.height);
  return {
    network: view.network,
    role: "leader",
    phase: view.phase,
    progress: view.progress,
    isSynced: view.isSynced,
    cannotVerify: cannotVerify(view),
    tip: header && {
      height: tip.height,
      hash: toHashHex(tip.hash),
      timeSeconds: header.time,
      isChainLocked: view.finalHeight === tip.height,
    },
    chainLock: lock && {
      height: lock.lock.height,
      blockHash: toHashHex(lock.lock.blockHash),
      llmqType: lock.quorum.commitment.llmqType,
      quorumHash: toHashHex(lock.quorum.commitment.quorumHash),
    },
    instantLocks: view.instantLocks.map(instantLockRow),
    masternodes: list && {
      height: list.height,
      blockHash: toHashHex(list.blockHash),
      total: list.masternodes.length,
      valid: countValid(list.masternodes),
      evo: list.masternodes.filter(({ entry }) => entry.type === MnType.evo).length,
    },
    quorums: list ? quorumTypeRows(list, engine, context, neededTypes) : [],
    peers: peerRows(view.pool),
    problem: view.problem,
    stored: view.stored,
    blsEngine: view.blsEngine,
    x11Engine: view.x11Engine,
    syncRevision: view.syncRevision,
    log: view.log,
  };
}

function instantLockRow({ lock, quorum, verifiedAtMs }: VerifiedInstantLock): InstantLockSnapshot {
  const { llmqType, quorumHash } = quorum.commitment;
  return {
    txid: toHashHex(lock.txid),
    cycleHash: toHashHex(lock.cycleHash),
    llmqType,
    quorumHash: toHashHex(quorumHash),
    verifiedAtMs,
  };
}

function cannotVerify({ discovery, exhaustedLists, areSnapshotsExhausted }: ClientView): string[] {
  const unresolvable = (discovery?.unresolvable ?? []).map(
    ({ llmqType }) => `A quorum of type ${llmqType}: ${explainUnknown({ code: "base-block-unknown" })}`,
  );
  const lists = exhaustedLists.map(
    (height) => `The masternode list at block ${height} is missing: no peer sends it.`,
  );
  const missingCycles = areSnapshotsExhausted ? (discovery?.missingCycles ?? []) : [];
  const cycles = missingCycles.map(({ cycleHeight, reason }) =>
    reason === "snapshot-missing"
      ? `The snapshot of the cycle at block ${cycleHeight} is missing: no peer sends it.`
      : explainUnknown({ code: reason, cycleHeight }),
  );
  return [...unresolvable, ...lists, ...cycles];
}

function peerRows(pool: PeerPool): PeerSnapshot[] {
  return pool.records.map(({ address, status, score, reason, peer }) => ({
    address,
    status,
    userAgent: peer?.version?.userAgent,
    protocolVersion: peer?.version?.protocolVersion,
    height: peer?.version?.startHeight,
    latencyMs: peer?.latencyMs,
    score,
    bytesIn: peer?.bytesIn ?? 0,
    bytesOut: peer?.bytesOut ?? 0,
    reason,
  }));
}
