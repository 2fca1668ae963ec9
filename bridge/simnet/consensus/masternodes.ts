import { bytesToHex } from "@noble/hashes/utils.js";
import { convertPublicKey } from "../../../worker/bls/index.ts";
import {
  type BlockHash,
  compareBytes,
  type Hash256,
  type HashHex,
  type Height,
  isZero,
  type ProTxHash,
  toHashHex,
  ZERO_HASH,
} from "../../../worker/wire/hashes.ts";
import type { Service } from "../../../worker/wire/netInfo.ts";
import {
  computeEntryHash,
  MnType,
  makeSmlEntry,
  type SmlEntry,
  SmlEntryVersion,
} from "../../../worker/wire/smlEntry.ts";
import type { Outpoint } from "../../../worker/wire/tx.ts";
import type { Candidate } from "./memberSelection.ts";
import { MerkleRoots } from "./merkleRoots.ts";

/** What consensus keeps about a masternode. Source: Core 23.1.2 evo/deterministicmns.h, evo/dmnstate.h */
export interface MasternodeState {
  readonly proRegTxHash: ProTxHash;
  readonly isEvo: boolean;
  readonly collateralOutpoint: Outpoint;
  readonly registeredHeight: Height;
  /** 1 legacy, 2 basic: how the operator's key is encoded. */
  readonly version: number;
  readonly confirmedHash: BlockHash;
  readonly netInfo: Service;
  readonly keyIDOwner: Uint8Array;
  readonly keyIDVoting: Uint8Array;
  /** 48 bytes; zero after a revocation */
  readonly pubKeyOperator: Uint8Array;
  /** 20 bytes, Evo only; zero after a revocation or a new operator key */
  readonly platformNodeID: Uint8Array;
  readonly platformHTTPPort: number;
  /** Height of the block that banned it; undefined: valid. */
  readonly poSeBanHeight: Height | undefined;
  readonly revocationReason: number;
}

/** A masternode after some block. Immutable: whoever keeps one keeps it as it was. */
export interface Masternode extends MasternodeState, Candidate {
  readonly collateralKey: string;
  /** How the simplified list shows it. */
  readonly entry: SmlEntry;
  /** Hash of the entry, a leaf of the list's merkle tree. */
  readonly leaf: Hash256;
}

export function makeMasternode(state: MasternodeState): Masternode {
  const entry = makeEntry(state);
  return {
    ...state,
    id: toHashHex(state.proRegTxHash),
    isValid: state.poSeBanHeight === undefined,
    uniqueProperties: uniqueProperties(state),
    collateralKey: outpointKey(state.collateralOutpoint),
    entry,
    leaf: computeEntryHash(entry),
  };
}

/** A masternode of version 1 has no type on the wire, so a revoked Evo node looks like a regular one. */
function makeEntry(state: MasternodeState): SmlEntry {
  const isEvo = state.isEvo && state.version >= SmlEntryVersion.basicBls;
  return makeSmlEntry({
    version: state.version,
    proRegTxHash: state.proRegTxHash,
    confirmedHash: state.confirmedHash,
    netInfo: state.netInfo,
    pubKeyOperator: state.pubKeyOperator,
    keyIDVoting: state.keyIDVoting,
    isValid: state.poSeBanHeight === undefined,
    type: isEvo ? MnType.evo : MnType.regular,
    platformHTTPPort: isEvo ? state.platformHTTPPort : undefined,
    platformNodeID: isEvo ? state.platformNodeID : undefined,
  });
}

/** Source: Core 23.1.2 evo/deterministicmns.cpp AddMN */
function uniqueProperties(state: MasternodeState): string[] {
  const { netInfo, pubKeyOperator, platformNodeID } = state;
  const scheme = state.version === SmlEntryVersion.legacyBls ? "legacy" : "basic";
  const key = isZero(pubKeyOperator)
    ? undefined
    : convertPublicKey({ bytes: pubKeyOperator, scheme }, "basic");
  return [
    `collateral ${outpointKey(state.collateralOutpoint)}`,
    `owner ${bytesToHex(state.keyIDOwner)}`,
    ...(isZero(netInfo.address) ? [] : [`address ${bytesToHex(netInfo.address)} ${netInfo.port}`]),
    ...(key === undefined ? [] : [`operator ${bytesToHex(key)}`]),
    ...(isZero(platformNodeID) ? [] : [`node ${bytesToHex(platformNodeID)}`]),
  ];
}

export function outpointKey({ txid, index }: Outpoint): string {
  return `${toHashHex(txid)}:${index}`;
}

/** Ways into a list. Each is as large as the list, so the lists of a chain hand it on from one to the next. */
class ListIndex {
  readonly byId = new Map<HashHex, Masternode>();
  readonly byCollateral = new Map<string, HashHex>();
  readonly unconfirmed = new Set<HashHex>();

  constructor(all: readonly Masternode[]) {
    for (const masternode of all) this.set(masternode);
  }

  set(masternode: Masternode): void {
    const { id, collateralKey, confirmedHash } = masternode;
    this.byId.set(id, masternode);
    this.byCollateral.set(collateralKey, id);
    if (isZero(confirmedHash)) this.unconfirmed.add(id);
    else this.unconfirmed.delete(id);
  }

  delete({ id, collateralKey }: Masternode): void {
    this.byId.delete(id);
    this.byCollateral.delete(collateralKey);
    this.unconfirmed.delete(id);
  }
}

/** All registered masternodes after a block, banned ones included. Immutable; a list shares what did not change. */
export class MasternodeList {
  /** ascending by proRegTxHash */
  readonly all: readonly Masternode[];
  /** PoSe penalties that are not zero. */
  readonly penalties: ReadonlyMap<HashHex, number>;
  /** Shared by all lists that were made from one another. */
  readonly #roots: MerkleRoots;
  #index: ListIndex | undefined;
  #root: Hash256 | undefined;
  #entries: readonly SmlEntry[] | undefined;

  /** @param before - the list this one was made from */
  constructor(
    all: readonly Masternode[] = [],
    penalties: ReadonlyMap<HashHex, number> = new Map(),
    before?: MasternodeList,
  ) {
    this.all = all;
    this.penalties = penalties;
    this.#roots = before === undefined ? new MerkleRoots() : before.#roots;
    if (before === undefined || before.all !== all) return;
    this.#root = before.#root;
    this.#entries = before.#entries;
  }

  /** As the simplified list has them, in the order of the tree. */
  get entries(): readonly SmlEntry[] {
    this.#entries ??= this.all.map(({ entry }) => entry);
    return this.#entries;
  }

  /** What the coinbase commits to. */
  merkleRoot(): Hash256 {
    this.#root ??= this.#roots.rootOf(this.all.map(({ leaf }) => leaf));
    return this.#root;
  }

  /** @returns a list that may be changed and then frozen again */
  edit(): MasternodeListEditor {
    const index = this.#index ?? new ListIndex(this.all);
    this.#index = undefined;
    return new MasternodeListEditor(this, index, (list) => {
      list.#index = index;
    });
  }
}

/** The changes of one block on their way into the next list. */
class MasternodeListEditor {
  readonly #before: MasternodeList;
  readonly #index: ListIndex;
  readonly #handOn: (list: MasternodeList) => void;
  readonly #penalties: Map<HashHex, number>;
  /** Changed, added or removed. */
  readonly #touched = new Map<HashHex, ProTxHash>();

  /** @param handOn - gives the index to the next list */
  constructor(before: MasternodeList, index: ListIndex, handOn: (list: MasternodeList) => void) {
    this.#before = before;
    this.#index = index;
    this.#handOn = handOn;
    this.#penalties = new Map(before.penalties);
  }

  get size(): number {
    return this.#index.byId.size;
  }

  get(id: HashHex): Masternode | undefined {
    return this.#index.byId.get(id);
  }

  /** Those whose registration has too few confirmations so far. */
  unconfirmed(): Masternode[] {
    return [...this.#index.unconfirmed].flatMap((id) => this.get(id) ?? []);
  }

  /** @param key - of an outpoint @returns whose collateral that is */
  ownerOf(key: string): HashHex | undefined {
    return this.#index.byCollateral.get(key);
  }

  add(state: MasternodeState): void {
    const masternode = makeMasternode(state);
    this.#index.set(masternode);
    this.#touched.set(masternode.id, masternode.proRegTxHash);
  }

  update(id: HashHex, changes: Partial<MasternodeState>): void {
    const masternode = this.get(id);
    if (masternode !== undefined) this.add({ ...masternode, ...changes });
  }

  remove(id: HashHex): void {
    const masternode = this.get(id);
    if (masternode === undefined) return;
    this.#index.delete(masternode);
    this.#touched.set(id, masternode.proRegTxHash);
    this.#penalties.delete(id);
  }

  penalty(id: HashHex): number {
    return this.#penalties.get(id) ?? 0;
  }

  setPenalty(id: HashHex, penalty: number): void {
    if (penalty > 0) this.#penalties.set(id, penalty);
    else this.#penalties.delete(id);
  }

  /** @param penaltiesOf - the penalties of the list to be, where they are known otherwise */
  freeze(penaltiesOf?: (all: readonly Masternode[]) => ReadonlyMap<HashHex, number>): MasternodeList {
    const all = this.#touched.size === 0 ? this.#before.all : this.#merge();
    const list = new MasternodeList(all, penaltiesOf?.(all) ?? this.#penalties, this.#before);
    this.#handOn(list);
    return list;
  }

  #merge(): Masternode[] {
    const all = [...this.#before.all];
    for (const [id, proRegTxHash] of this.#touched) {
      const position = findPosition(all, proRegTxHash);
      const isThere = all[position]?.id === id;
      const masternode = this.get(id);
      all.splice(position, isThere ? 1 : 0, ...(masternode === undefined ? [] : [masternode]));
    }
    return all;
  }
}

export type { MasternodeListEditor };

/** @returns where the masternode is, or where it would be */
function findPosition(all: readonly Masternode[], proRegTxHash: ProTxHash): number {
  let low = 0;
  let high = all.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const masternode = all[middle] as Masternode;
    if (compareBytes(masternode.proRegTxHash, proRegTxHash) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

export const UNCONFIRMED = ZERO_HASH as BlockHash;
