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
import { computeMerkleRoot } from "../../../worker/wire/merkle.ts";
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
}

export function makeMasternode(state: MasternodeState): Masternode {
  return {
    ...state,
    id: toHashHex(state.proRegTxHash),
    isValid: state.poSeBanHeight === undefined,
    uniqueProperties: uniqueProperties(state),
    collateralKey: outpointKey(state.collateralOutpoint),
    entry: makeEntry(state),
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

/** Leaves of the tree, kept with their entries. */
const leaves = new WeakMap<SmlEntry, Hash256>();

function leafOf(entry: SmlEntry): Hash256 {
  const known = leaves.get(entry);
  if (known !== undefined) return known;
  const leaf = computeEntryHash(entry);
  leaves.set(entry, leaf);
  return leaf;
}

/** All registered masternodes after a block, banned ones included. Immutable; a list shares what did not change. */
export class MasternodeList {
  /** ascending by proRegTxHash */
  readonly all: readonly Masternode[];
  /** PoSe penalties that are not zero. */
  readonly penalties: ReadonlyMap<HashHex, number>;
  /** Made when it is first asked for: a long chain has many lists. */
  #byId: ReadonlyMap<HashHex, Masternode> | undefined;
  #root: Hash256 | undefined;
  #entries: readonly SmlEntry[] | undefined;

  constructor(all: readonly Masternode[] = [], penalties: ReadonlyMap<HashHex, number> = new Map()) {
    this.all = all;
    this.penalties = penalties;
  }

  get(id: HashHex): Masternode | undefined {
    this.#byId ??= new Map(this.all.map((masternode) => [masternode.id, masternode]));
    return this.#byId.get(id);
  }

  /** As the simplified list has them, in the order of the tree. */
  get entries(): readonly SmlEntry[] {
    this.#entries ??= this.all.map(({ entry }) => entry);
    return this.#entries;
  }

  /** What the coinbase commits to. */
  merkleRoot(): Hash256 {
    this.#root ??= computeMerkleRoot(this.all.map(({ entry }) => leafOf(entry))).root;
    return this.#root;
  }

  /** @returns a list that may be changed and then frozen again */
  edit(): MasternodeListEditor {
    return new MasternodeListEditor(this);
  }

  /** The same masternodes with other penalties. */
  withPenalties(penalties: ReadonlyMap<HashHex, number>): MasternodeList {
    const list = new MasternodeList(this.all, penalties);
    list.#root = this.#root;
    list.#entries = this.#entries;
    return list;
  }
}

/** The changes of one block on their way into the next list. */
export class MasternodeListEditor {
  readonly #before: MasternodeList;
  readonly #masternodes: Map<HashHex, Masternode>;
  readonly #penalties: Map<HashHex, number>;
  #hasChanged = false;

  constructor(before: MasternodeList) {
    this.#before = before;
    this.#masternodes = new Map(before.all.map((masternode) => [masternode.id, masternode]));
    this.#penalties = new Map(before.penalties);
  }

  get size(): number {
    return this.#masternodes.size;
  }

  get(id: HashHex): Masternode | undefined {
    return this.#masternodes.get(id);
  }

  values(): Iterable<Masternode> {
    return this.#masternodes.values();
  }

  add(state: MasternodeState): void {
    const masternode = makeMasternode(state);
    this.#masternodes.set(masternode.id, masternode);
    this.#hasChanged = true;
  }

  update(id: HashHex, changes: Partial<MasternodeState>): void {
    const masternode = this.#masternodes.get(id);
    if (masternode !== undefined) this.add({ ...masternode, ...changes });
  }

  remove(id: HashHex): void {
    this.#hasChanged = this.#masternodes.delete(id) || this.#hasChanged;
    this.#penalties.delete(id);
  }

  penalty(id: HashHex): number {
    return this.#penalties.get(id) ?? 0;
  }

  setPenalty(id: HashHex, penalty: number): void {
    if (penalty > 0) this.#penalties.set(id, penalty);
    else this.#penalties.delete(id);
  }

  freeze(): MasternodeList {
    if (!this.#hasChanged) return this.#before.withPenalties(this.#penalties);
    const sorted = [...this.#masternodes.values()].sort((a, b) =>
      compareBytes(a.proRegTxHash, b.proRegTxHash),
    );
    return new MasternodeList(sorted, this.#penalties);
  }
}

export const UNCONFIRMED = ZERO_HASH as BlockHash;
