import { deserialize, serialize } from "node:v8";
import { block as blockCodec } from "../../worker/wire/block.ts";
import { type CbTx, readCbTx } from "../../worker/wire/cbTx.ts";
import { decode, encode } from "../../worker/wire/codec.ts";
import type { BlockHash, HashHex, Height, Txid } from "../../worker/wire/hashes.ts";
import { type BlockHeader, blockHeader, HEADER_SIZE } from "../../worker/wire/header.ts";
import type { ChainLock } from "../../worker/wire/locks.ts";
import { computeTxid, type Transaction } from "../../worker/wire/tx.ts";
import type { SimBlock } from "./block.ts";
import { type Masternode, MasternodeList, type MasternodeState } from "./consensus/masternodes.ts";
import { type MinedCommitment, QuorumSets } from "./consensus/quorums.ts";
import type { Snapshots } from "./draws.ts";
import type { KeyPair } from "./keyring.ts";
import { type Coin, Wallet } from "./transactions.ts";

/** What a chain is made of that others can go on from. */
export interface Past {
  /** From genesis on. */
  readonly blocks: readonly SimBlock[];
  readonly bestChainLock: ChainLock | undefined;
  readonly snapshots: Snapshots;
  readonly operatorKeys: readonly KeyPair[];
  /** Payments made so far: the next one is told apart by it. */
  readonly payments: number;
}

/** A block as it travels, and how it changed the state. What two blocks share is one object in the saved bytes too. */
interface SavedBlock {
  readonly hash: BlockHash;
  readonly bytes: Uint8Array;
  readonly changed: readonly MasternodeState[];
  readonly removed: readonly HashHex[];
  /** Position in the list and penalty, by turns. */
  readonly penalties: Uint32Array;
  /** Undefined: those of the block before. */
  readonly quorums: ReadonlyMap<number, readonly MinedCommitment[]> | undefined;
  readonly coins: readonly Coin[];
}

interface SavedPast extends Omit<Past, "blocks"> {
  readonly blocks: readonly SavedBlock[];
}

/** @returns bytes from which {@link decodePast} makes the same past without drawing, signing or hashing it again */
export function encodePast(past: Past): Uint8Array {
  const positions = new Positions();
  const saved: SavedPast = {
    ...past,
    blocks: past.blocks.map((each, i) => saveBlock(each, past.blocks[i - 1], positions)),
  };
  return serialize(saved);
}

/** @param bytes - of encodePast() in the same version of this code; nothing else is understood */
export function decodePast(bytes: Uint8Array): Past {
  const saved = deserialize(bytes) as SavedPast;
  const blocks: SimBlock[] = [];
  for (const each of saved.blocks) blocks.push(new RestoredBlock(each, blocks.at(-1)));
  return { ...saved, blocks };
}

/** Where each masternode of a list is; most lists are those of the block before. */
class Positions {
  #all: readonly Masternode[] = [];
  #byId = new Map<HashHex, number>();

  of(all: readonly Masternode[]): ReadonlyMap<HashHex, number> {
    if (all !== this.#all) this.#byId = new Map(all.map(({ id }, i) => [id, i]));
    this.#all = all;
    return this.#byId;
  }
}

function saveBlock(each: SimBlock, before: SimBlock | undefined, positions: Positions): SavedBlock {
  const { hash, header, transactions, list, quorums, wallet } = each;
  const byId = positions.of(list.all);
  return {
    hash,
    bytes: encode(blockCodec, { header, transactions: [...transactions] }),
    ...compareLists(before?.list.all ?? [], list.all),
    penalties: Uint32Array.from([...list.penalties].flatMap(([id, penalty]) => [byId.get(id) ?? 0, penalty])),
    quorums: quorums === before?.quorums ? undefined : quorums.byType,
    coins: wallet.coins,
  };
}

/** Lists share what did not change, so it is enough to look for other objects. */
function compareLists(
  before: readonly Masternode[],
  after: readonly Masternode[],
): Pick<SavedBlock, "changed" | "removed"> {
  if (before === after) return { changed: [], removed: [] };
  const known = new Set(before);
  const ids = new Set(after.map(({ id }) => id));
  return {
    changed: after.filter((masternode) => !known.has(masternode)).map(stateOf),
    removed: before.filter(({ id }) => !ids.has(id)).map(({ id }) => id),
  };
}

function stateOf(masternode: Masternode): MasternodeState {
  const { id, isValid, uniqueProperties, collateralKey, entry, leaf, ...state } = masternode;
  return state;
}

/** A block from a file. What only few ever ask for is decoded when they do. */
class RestoredBlock implements SimBlock {
  readonly height: Height;
  readonly hash: BlockHash;
  readonly header: BlockHeader;
  readonly headerBytes: Uint8Array;
  readonly list: MasternodeList;
  readonly quorums: QuorumSets;
  readonly #saved: SavedBlock;
  #transactions: readonly [Transaction, ...Transaction[]] | undefined;
  #txids: readonly Txid[] | undefined;

  constructor(saved: SavedBlock, before: SimBlock | undefined) {
    this.#saved = saved;
    this.height = before === undefined ? 0 : before.height + 1;
    this.hash = saved.hash;
    this.headerBytes = saved.bytes.subarray(0, HEADER_SIZE);
    this.header = decode(blockHeader, this.headerBytes);
    this.list = restoreList(before?.list ?? new MasternodeList(), saved);
    this.quorums =
      before !== undefined && saved.quorums === undefined ? before.quorums : new QuorumSets(saved.quorums);
  }

  get transactions(): readonly [Transaction, ...Transaction[]] {
    this.#transactions ??= decode(blockCodec, this.#saved.bytes).transactions as [
      Transaction,
      ...Transaction[],
    ];
    return this.#transactions;
  }

  get txids(): readonly Txid[] {
    this.#txids ??= this.transactions.map(computeTxid);
    return this.#txids;
  }

  get cbTx(): CbTx | undefined {
    return readCbTx(this.transactions[0]);
  }

  get wallet(): Wallet {
    return new Wallet(this.#saved.coins);
  }
}

function restoreList(before: MasternodeList, { changed, removed, penalties }: SavedBlock): MasternodeList {
  const editor = before.edit();
  for (const id of removed) editor.remove(id);
  for (const state of changed) editor.add(state);
  return editor.freeze((all) => {
    const byId = new Map<HashHex, number>();
    for (let i = 0; i < penalties.length; i += 2) {
      const masternode = all[penalties[i] as number];
      if (masternode !== undefined) byId.set(masternode.id, penalties[i + 1] as number);
    }
    return byId;
  });
}
