import type { BlockHash, Height, Txid } from "../../../worker/wire/hashes.ts";
import type { QuorumSnapshot } from "../../../worker/wire/qrInfo.ts";
import type { SmlEntry } from "../../../worker/wire/smlEntry.ts";
import type { Transaction } from "../../../worker/wire/tx.ts";
import type { QuorumSets } from "./quorums.ts";

/** What messages are built from: a node's active chain and the consensus state after each of its blocks. */
export interface ChainView {
  readonly tipHeight: Height;
  /** First block with a coinbase payload, and so with lists. */
  readonly dip3Height: Height;
  /** @returns undefined unless the block is on the active chain */
  heightOf(hash: BlockHash): Height | undefined;
  /** As heightOf, also for blocks that were replaced by others. */
  knownHeightOf(hash: BlockHash): Height | undefined;
  hashAt(height: Height): BlockHash;
  coinbaseAt(height: Height): Transaction;
  /** Of all transactions of the block, in order. */
  txidsAt(height: Height): readonly Txid[];
  /** The ChainLock signature in that block's coinbase, 96 bytes; undefined if there is none. */
  chainLockSignatureAt(height: Height): Uint8Array | undefined;
  /** The whole list after the block, ascending by proRegTxHash; entries that did not change are the same objects. */
  listAt(height: Height): readonly SmlEntry[];
  /** Commitments mined in the block itself included. */
  quorumsAt(height: Height): QuorumSets;
  /** @returns undefined if no draw succeeded at that cycle's base */
  snapshotAt(cycleHeight: Height): QuorumSnapshot | undefined;
}
