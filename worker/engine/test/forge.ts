import { type CbTx, cbTx as cbTxCodec, readCbTx } from "../../wire/cbTx.ts";
import { encode } from "../../wire/codec.ts";
import { computeCommitmentLeaf, type FinalCommitment } from "../../wire/finalCommitment.ts";
import {
  type BlockHash,
  compareBytes,
  fromHashHex,
  type Hash256,
  type HashHex,
  type Height,
  toHashHex,
} from "../../wire/hashes.ts";
import { buildPartialMerkleTree, computeMerkleRoot } from "../../wire/merkle.ts";
import type { MnListDiff } from "../../wire/mnListDiff.ts";
import { computeEntryHash, type SmlEntry } from "../../wire/smlEntry.ts";
import { computeTxid, type Transaction, TxType } from "../../wire/tx.ts";
import type { ChainView, EngineContext } from "../context.ts";
import type { MasternodeList } from "../masternodeList.ts";

/** What a list proves, without the engine's own structures. */
export interface PlainSets {
  readonly masternodes: ReadonlyMap<HashHex, SmlEntry>;
  readonly quorums: ReadonlyMap<string, FinalCommitment>;
}

export const NO_SETS: PlainSets = { masternodes: new Map(), quorums: new Map() };

export function plainSetsOf(list: MasternodeList): PlainSets {
  return {
    masternodes: new Map(list.masternodes.map(({ entry }) => [toHashHex(entry.proRegTxHash), entry])),
    quorums: new Map([...list.quorums.values()].map(({ commitment }) => [keyOf(commitment), commitment])),
  };
}

function keyOf({ llmqType, quorumHash }: Pick<FinalCommitment, "llmqType" | "quorumHash">): string {
  return `${llmqType} ${toHashHex(quorumHash)}`;
}

/** Applies a diff the plain way: remove, then set. */
export function applyPlainly(base: PlainSets, diff: MnListDiff): PlainSets {
  const masternodes = new Map(base.masternodes);
  for (const hash of diff.deletedMNs) masternodes.delete(toHashHex(hash));
  for (const entry of diff.mnList) masternodes.set(toHashHex(entry.proRegTxHash), entry);
  const quorums = new Map(base.quorums);
  for (const id of diff.deletedQuorums) quorums.delete(keyOf(id));
  for (const commitment of diff.newQuorums) quorums.set(keyOf(commitment), commitment);
  return { masternodes, quorums };
}

export function plainRoots({ masternodes, quorums }: PlainSets): {
  merkleRootMNList: Hash256;
  merkleRootQuorums: Hash256;
} {
  const entries = [...masternodes.values()].sort((a, b) => compareBytes(a.proRegTxHash, b.proRegTxHash));
  const leaves = [...quorums.values()].map(computeCommitmentLeaf).sort(compareBytes);
  return {
    merkleRootMNList: computeMerkleRoot(entries.map(computeEntryHash)).root,
    merkleRootQuorums: computeMerkleRoot(leaves).root,
  };
}

/** A diff and the chain under whose headers its coinbase is proven: what a miner who isolates a client can make. */
export interface Forged {
  readonly diff: MnListDiff;
  readonly context: EngineContext;
}

/**
 * Mines a diff into a forged block: the coinbase payload is changed, and the header's merkle root follows.
 * @param others - transactions in the block behind the coinbase
 */
export function mine(
  diff: MnListDiff,
  change: Partial<CbTx>,
  context: EngineContext,
  others: readonly Hash256[] = [],
): Forged {
  const payload = readCbTx(diff.cbTx);
  if (!payload) throw new Error("the diff has no coinbase payload");
  const cbTx = { ...diff.cbTx, extraPayload: encode(cbTxCodec, { ...payload, ...change }) };
  const txids = [computeTxid(cbTx), ...others];
  const height = context.chain.heightOf(diff.blockHash);
  if (height === undefined) throw new Error("the diff's block is not on the chain");
  const chain = withMerkleRoot(context.chain, height, computeMerkleRoot(txids).root);
  return { diff: { ...diff, cbTx, ...buildPartialMerkleTree(txids, 0) }, context: { ...context, chain } };
}

/** Mines a diff with the roots that its changes to `base` have, so that only other rules can refuse it. */
export function mineWithRoots(diff: MnListDiff, base: PlainSets, context: EngineContext): Forged {
  return mine(diff, plainRoots(applyPlainly(base, diff)), context);
}

export function withMerkleRoot(chain: ChainView, height: Height, merkleRoot: Hash256): ChainView {
  return {
    heightOf: (hash) => chain.heightOf(hash),
    hashAt: (at) => chain.hashAt(at),
    merkleRootAt: (at) => (at === height ? merkleRoot : chain.merkleRootAt(at)),
  };
}

export interface MadeBlock {
  /** display order */
  readonly hash: string;
  readonly height: Height;
}

/** The diff a node would answer with for two sets, proven by a block that holds only its coinbase. */
export function diffBetween(
  base: PlainSets,
  target: PlainSets,
  baseBlock: MadeBlock | undefined,
  block: MadeBlock,
): MnListDiff {
  const payload = { version: 3, height: block.height, ...plainRoots(target), chainLock: NO_CHAIN_LOCK };
  const cbTx: Transaction = {
    version: 3,
    type: TxType.coinbase,
    inputs: [],
    outputs: [],
    lockTime: 0,
    extraPayload: encode(cbTxCodec, payload),
  };
  return {
    version: 1,
    baseBlockHash: fromHashHex<BlockHash>(baseBlock?.hash ?? "00".repeat(32)),
    blockHash: fromHashHex<BlockHash>(block.hash),
    ...buildPartialMerkleTree([computeTxid(cbTx)], 0),
    cbTx,
    deletedMNs: [...base.masternodes]
      .filter(([key]) => !target.masternodes.has(key))
      .map(([, entry]) => entry.proRegTxHash),
    mnList: [...target.masternodes]
      .filter(([key, entry]) => !hasSameBody(base.masternodes.get(key), entry))
      .map(([, entry]) => entry),
    deletedQuorums: [...base.quorums].filter(([key]) => !target.quorums.has(key)).map(([, quorum]) => quorum),
    newQuorums: [...target.quorums].filter(([key]) => !base.quorums.has(key)).map(([, quorum]) => quorum),
    quorumsCLSigs: [],
  };
}

const NO_CHAIN_LOCK = { bestCLHeightDiff: 0, bestCLSignature: new Uint8Array(96), creditPoolBalance: 0n };

function hasSameBody(a: SmlEntry | undefined, b: SmlEntry): boolean {
  return a !== undefined && Buffer.compare(a.body, b.body) === 0;
}
