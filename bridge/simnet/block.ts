import type { CbTx } from "../../worker/wire/cbTx.ts";
import type { BlockHash, Height, Txid } from "../../worker/wire/hashes.ts";
import type { BlockHeader } from "../../worker/wire/header.ts";
import type { Transaction } from "../../worker/wire/tx.ts";
import type { MasternodeList } from "./consensus/masternodes.ts";
import type { QuorumSets } from "./consensus/quorums.ts";
import type { Wallet } from "./transactions.ts";

/** A block of the simulated chain and the state after it. */
export interface SimBlock {
  readonly height: Height;
  readonly hash: BlockHash;
  readonly header: BlockHeader;
  /** 80 bytes */
  readonly headerBytes: Uint8Array;
  readonly transactions: readonly [Transaction, ...Transaction[]];
  readonly txids: readonly Txid[];
  /** undefined for genesis */
  readonly cbTx: CbTx | undefined;
  readonly list: MasternodeList;
  readonly quorums: QuorumSets;
  readonly wallet: Wallet;
}
