import { DashlightError } from "../errors.ts";
import type { BlockHash, HashHex, Height } from "../wire/hashes.ts";
import { toHashHex } from "../wire/hashes.ts";
import type { QuorumSnapshot } from "../wire/qrInfo.ts";
import type { ChainView } from "./context.ts";
import type { MasternodeList } from "./masternodeList.ts";
import type { QuorumEntry } from "./quorumSet.ts";

/** Why a quorum cannot be judged yet: exactly what is missing. */
export type UnknownReason =
  /** Not looked at yet. */
  | { readonly code: "pending" }
  /** The base block is below our first header or off the best chain. */
  | { readonly code: "base-block-unknown" }
  | { readonly code: "list-missing"; readonly height: Height }
  | { readonly code: "snapshot-missing"; readonly cycleHeight: Height }
  /** membersSig fails under a snapshot that nothing proves: another peer's may do. */
  | { readonly code: "snapshot-contradicted"; readonly cycleHeight: Height };

export type InvalidReason = "quorum-signature" | "members-signature";

export type QuorumStatus =
  | { readonly status: "unknown"; readonly reason: UnknownReason }
  | { readonly status: "verified" }
  | { readonly status: "invalid"; readonly reason: InvalidReason };

export function isContradicted(status: QuorumStatus): boolean {
  return status.status === "unknown" && status.reason.code === "snapshot-contradicted";
}

export const PENDING: QuorumStatus = { status: "unknown", reason: { code: "pending" } };

/**
 * The masternode list engine's whole state. Plain immutable values: every step returns a new state and leaves the
 * old one as it was, so a failed step changes nothing.
 */
export interface EngineState {
  /** By block hash. */
  readonly lists: ReadonlyMap<HashHex, MasternodeList>;
  /** Snapshot of a rotating cycle, by the hash of its work block. Proven by nothing. */
  readonly snapshots: ReadonlyMap<HashHex, QuorumSnapshot>;
  /** lastCommitmentPerIndex of the newest qrinfo; usable only once a list holds the same commitment. */
  readonly announcedQuorums: ReadonlyMap<HashHex, QuorumEntry>;
  /** By commitment id; shared by every list that holds the quorum. */
  readonly statuses: ReadonlyMap<HashHex, QuorumStatus>;
}

export const EMPTY_ENGINE: EngineState = {
  lists: new Map(),
  snapshots: new Map(),
  announcedQuorums: new Map(),
  statuses: new Map(),
};

export function listAtBlock(state: EngineState, blockHash: BlockHash): MasternodeList | undefined {
  return state.lists.get(toHashHex(blockHash));
}

export function listAtHeight(
  state: EngineState,
  chain: ChainView,
  height: Height,
): MasternodeList | undefined {
  const blockHash = chain.hashAt(height);
  return blockHash && listAtBlock(state, blockHash);
}

export function snapshotOfWorkBlock(
  state: EngineState,
  chain: ChainView,
  workHeight: Height,
): QuorumSnapshot | undefined {
  const blockHash = chain.hashAt(workHeight);
  return blockHash && state.snapshots.get(toHashHex(blockHash));
}

/** Lists ascending by height. */
export function sortedLists(state: EngineState): MasternodeList[] {
  return [...state.lists.values()].sort((a, b) => a.height - b.height);
}

export function newestList(state: EngineState): MasternodeList | undefined {
  let newest: MasternodeList | undefined;
  for (const list of state.lists.values()) if (!newest || list.height > newest.height) newest = list;
  return newest;
}

/** The list most like the one at a height, as far as heights tell. */
export function nearestList(state: EngineState, height: Height): MasternodeList | undefined {
  let nearest: MasternodeList | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const list of state.lists.values()) {
    const distance = Math.abs(list.height - height);
    if (distance < least) {
      nearest = list;
      least = distance;
    }
  }
  return nearest;
}

export function statusOf(state: EngineState, quorum: QuorumEntry): QuorumStatus {
  return state.statuses.get(quorum.id) ?? PENDING;
}

/** Height of a block the message speaks of. @throws `engine/unknown-block` if it is not on the best chain */
export function requireHeight(chain: ChainView, blockHash: BlockHash): Height {
  const height = chain.heightOf(blockHash);
  if (height === undefined) {
    throw new DashlightError({ code: "engine/unknown-block", blockHash: toHashHex(blockHash) });
  }
  return height;
}

/** After a reorg: lists and snapshots whose block is no longer on the best chain go. */
export function dropOffChain(state: EngineState, chain: ChainView): EngineState {
  const lists = new Map(
    [...state.lists].filter(([, list]) => chain.heightOf(list.blockHash) === list.height),
  );
  if (lists.size === state.lists.size) return state;
  return retainReferenced({ ...state, lists });
}

/** Drops lists below what `keep` names, and what only they needed. */
export function pruneLists(state: EngineState, keep: (list: MasternodeList) => boolean): EngineState {
  const lists = new Map([...state.lists].filter(([, list]) => keep(list)));
  return lists.size === state.lists.size ? state : retainReferenced({ ...state, lists });
}

/** Snapshots without their list, and statuses of quorums that nothing holds, go. */
function retainReferenced(state: EngineState): EngineState {
  const held = new Set<HashHex>(state.announcedQuorums.keys());
  for (const list of state.lists.values()) for (const { id } of list.quorums.values()) held.add(id);
  return {
    ...state,
    snapshots: new Map([...state.snapshots].filter(([hash]) => state.lists.has(hash))),
    statuses: new Map([...state.statuses].filter(([id]) => held.has(id))),
  };
}
