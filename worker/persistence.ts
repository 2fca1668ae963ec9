import { bytesToHex } from "@noble/hashes/utils.js";
import { HeaderChain } from "./chain/headerChain.ts";
import type { Persistence, SavedStep } from "./client.ts";
import type { EngineContext } from "./engine/context.ts";
import { ListEntry } from "./engine/masternodeList.ts";
import { makeQuorumEntry } from "./engine/quorumSet.ts";
import { restoreList } from "./engine/restoreList.ts";
import { EMPTY_ENGINE, type EngineState } from "./engine/state.ts";
import { DashlightError, isDashlightError } from "./errors.ts";
import type { NetworkParams } from "./params/index.ts";
import {
  ClientStore,
  makeHeadersStep,
  type StoredList,
  type StoredRefusal,
  type StoreStep,
} from "./store/index.ts";
import { readSummary } from "./summary.ts";
import { type HashHex, toHashHex } from "./wire/hashes.ts";
import type { ChainLock } from "./wire/locks.ts";
import type { X11 } from "./x11/index.ts";

/**
 * @returns the database of a network: its name, its genesis and its magic, for simnets of one genesis go on differently
 */
export function databaseName({ name, genesisHash, magic }: NetworkParams): string {
  return `dashlight-${name}-${genesisHash.slice(-16)}-${bytesToHex(magic)}`;
}

export function openClientStore(name: string, onLost: (error: DashlightError) => void): Promise<ClientStore> {
  return ClientStore.open(name, {
    makeListEntry: (entry) => new ListEntry(entry),
    makeQuorumEntry,
    onLost,
  });
}

/** Writes what every accepted step changed, one transaction a step. */
export class StorePersistence implements Persistence {
  readonly #store: ClientStore;
  readonly #onError: (error: DashlightError) => void;

  /** @param onError - saving failed: the client goes on, and says so */
  constructor(store: ClientStore, onError: (error: DashlightError) => void) {
    this.#store = store;
    this.#onError = onError;
  }

  async save(step: SavedStep): Promise<void> {
    try {
      await this.#store.save(toStoreStep(step));
    } catch (error) {
      if (!(error instanceof DashlightError)) throw error;
      this.#onError(error);
    }
  }
}

function toStoreStep({ chain, headersFrom, before, after, chainLock, refusals }: SavedStep): StoreStep {
  const addLists = [...after.lists].filter(([hash]) => !before.lists.has(hash)).map(([, list]) => list);
  const removeLists = [...before.lists.keys()].filter((hash) => !after.lists.has(hash));
  const changed = [...after.snapshots].filter(([hash, snapshot]) => before.snapshots.get(hash) !== snapshot);
  const removeSnapshots = [...before.snapshots.keys()].filter((hash) => !after.snapshots.has(hash));
  return {
    ...(headersFrom === undefined ? {} : { headers: makeHeadersStep(chain, headersFrom) }),
    addLists,
    removeLists,
    snapshots: new Map(changed),
    removeSnapshots,
    ...(after.announcedQuorums === before.announcedQuorums
      ? {}
      : { announced: [...after.announcedQuorums.values()] }),
    ...(chainLock ? { chainLock: chainLock.lock } : {}),
    ...(refusals ? { refusals } : {}),
  };
}

export interface Restored {
  /** Undefined if nothing usable is stored. */
  readonly state: ProvenState | undefined;
  /** What was stored but does not hold: named, and fetched again. */
  readonly dropped: readonly DashlightError[];
}

export interface ProvenState {
  readonly chain: HeaderChain;
  readonly engine: EngineState;
  readonly chainLock: ChainLock | undefined;
  readonly refusals: readonly StoredRefusal[];
}

/**
 * Takes up what an earlier run stored. Nothing of it is trusted: headers must link and meet their work, every list is
 * proven against its header again, and no verdict is loaded at all.
 */
export async function restore(
  store: ClientStore,
  params: NetworkParams,
  x11: X11,
  isValidSignature: EngineContext["isValidSignature"],
): Promise<Restored> {
  const dropped: DashlightError[] = [];
  const chain = await restoreChain(store, params, x11, dropped);
  if (!chain) {
    if (dropped.length > 0) await store.clear();
    return { state: undefined, dropped };
  }
  const context: EngineContext = {
    params,
    chain: {
      heightOf: (hash) => chain.heightOf(hash),
      hashAt: (height) => chain.hashAt(height),
      merkleRootAt: (height) => chain.headerAt(height)?.merkleRoot,
    },
    isValidSignature,
  };
  const engine = await restoreEngine(store, context, dropped);
  const chainLock = await keepErrors(dropped, () => store.loadChainLock());
  const refusals = await keepErrors(dropped, () => store.loadRefusals());
  // Nothing else takes the place of a broken record before the next refusal.
  if (!refusals) await store.save({ refusals: [] });
  await keepErrors(dropped, () => checkSummary(store));
  return { state: { chain, engine, chainLock, refusals: refusals ?? [] }, dropped };
}

/** What was shown of it is gone already; here it is only named. */
async function checkSummary(store: ClientStore): Promise<void> {
  const summary = await store.loadSummary();
  if (summary !== undefined && !readSummary(summary)) throw corrupt("meta summary");
}

async function restoreChain(
  store: ClientStore,
  params: NetworkParams,
  x11: X11,
  dropped: DashlightError[],
): Promise<HeaderChain | undefined> {
  const hashHeaders = (headers: Uint8Array) => x11.hashHeaders(headers);
  return keepErrors(dropped, async () => {
    const stored = await store.loadHeaders();
    if (!stored) return undefined;
    const chain = HeaderChain.restore(params, hashHeaders, stored.saved, stored.chunks);
    for (let height = chain.firstHeight; height <= chain.headersTip.height; ) {
      height = chain.reverify(height, REVERIFIED_AT_ONCE);
      await nextTask();
    }
    return chain;
  });
}

/** Headers checked again before other work gets its turn: about 40 ms. */
const REVERIFIED_AT_ONCE = 2_000;

function nextTask(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

async function restoreEngine(
  store: ClientStore,
  context: EngineContext,
  dropped: DashlightError[],
): Promise<EngineState> {
  const stored = await store.loadEngine();
  dropped.push(...stored.dropped);
  let engine = EMPTY_ENGINE;
  const refused: HashHex[] = [];
  for (const list of stored.lists) {
    try {
      const restored = restoreList(engine, list, context);
      checkHeight(list, context);
      engine = restored;
    } catch (error) {
      if (!(error instanceof DashlightError)) throw error;
      refused.push(toHashHex(list.blockHash));
      dropped.push(error);
    }
  }
  if (refused.length > 0) await store.save({ removeLists: refused });
  return {
    ...engine,
    snapshots: new Map([...stored.snapshots].filter(([hash]) => engine.lists.has(hash))),
    announcedQuorums: new Map(stored.announced.map((quorum) => [quorum.id, quorum])),
  };
}

function checkHeight({ blockHash, height }: StoredList, { chain }: EngineContext): void {
  const proven = chain.heightOf(blockHash);
  if (height !== proven) throw corrupt(`lists ${toHashHex(blockHash)}: height ${height}, not ${proven}`);
}

function corrupt(what: string): DashlightError {
  return new DashlightError({ code: "store/corrupt", what });
}

/** A record that does not hold is as good as none. */
async function keepErrors<T>(dropped: DashlightError[], load: () => Promise<T>): Promise<T | undefined> {
  try {
    return await load();
  } catch (error) {
    if (!isDashlightError(error)) throw error;
    dropped.push(error);
    return undefined;
  }
}
