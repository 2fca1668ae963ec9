import { hexToBytes } from "@noble/hashes/utils.js";
import type { CbTx } from "../../wire/cbTx.ts";
import { CommitmentVersion, makeFinalCommitment } from "../../wire/finalCommitment.ts";
import {
  type BlockHash,
  fromHashHex,
  type Height,
  type QuorumHash,
  toHashHex,
  ZERO_HASH,
} from "../../wire/hashes.ts";
import { TxType } from "../../wire/tx.ts";
import { type CoinbaseProof, computeTree, type ListEntry, type MasternodeList } from "../masternodeList.ts";
import { makeQuorumEntry, type QuorumEntry, quorumKey } from "../quorumSet.ts";
import { EMPTY_ENGINE, type EngineState } from "../state.ts";

/** What a recorded lock says of a quorum that may have signed it. */
export interface NamedQuorum {
  readonly llmqType: number;
  /** display order */
  readonly quorumHash: string;
  /** hex, basic encoding */
  readonly quorumPublicKey: string;
  readonly quorumIndex?: number;
}

/** A quorum of which only name and key are known: enough to select and check a signer. */
export function makeNamedQuorum({
  llmqType,
  quorumHash,
  quorumPublicKey,
  quorumIndex,
}: NamedQuorum): QuorumEntry {
  const noBits = { length: 0, bytes: new Uint8Array(0) };
  return makeQuorumEntry(
    makeFinalCommitment({
      version: quorumIndex === undefined ? CommitmentVersion.basic : CommitmentVersion.basicIndexed,
      llmqType,
      quorumHash: fromHashHex<QuorumHash>(quorumHash),
      quorumIndex: quorumIndex ?? 0,
      signers: noBits,
      validMembers: noBits,
      quorumPublicKey: hexToBytes(quorumPublicKey),
      quorumVvecHash: ZERO_HASH,
      quorumSig: new Uint8Array(96),
      membersSig: new Uint8Array(96),
    }),
  );
}

/** A proof that nothing checks again: these lists are not restored from a store. */
const NO_PROOF: CoinbaseProof = {
  cbTx: {
    version: 3,
    type: TxType.coinbase,
    inputs: [],
    outputs: [],
    lockTime: 0,
    extraPayload: new Uint8Array(0),
  },
  totalTransactions: 1,
  merkleHashes: [],
  merkleFlags: new Uint8Array(0),
};

export interface ListParts {
  readonly height: Height;
  /** display order */
  readonly hash: string;
  readonly masternodes?: readonly ListEntry[];
  readonly quorums?: readonly QuorumEntry[];
  readonly cbTx?: CbTx;
}

/** A list as the engine would hold it, of parts that a test chooses. */
export function makeList({ height, hash, masternodes, quorums, cbTx }: ListParts): MasternodeList {
  const entries = quorums ?? [];
  return {
    blockHash: fromHashHex<BlockHash>(hash),
    height,
    header: "verified",
    cbTx: cbTx ?? makeCbTx(height),
    proof: NO_PROOF,
    masternodes: masternodes ?? [],
    tree: computeTree(masternodes ?? []),
    quorums: new Map(
      entries.map((entry) => [quorumKey(entry.commitment.llmqType, entry.commitment.quorumHash), entry]),
    ),
  };
}

/** A coinbase payload, with a ChainLock where one is given. */
export function makeCbTx(height: Height, bestCLSignature?: Uint8Array): CbTx {
  const chainLock = bestCLSignature && { bestCLHeightDiff: 0, bestCLSignature, creditPoolBalance: 0n };
  return { version: 3, height, merkleRootMNList: ZERO_HASH, merkleRootQuorums: ZERO_HASH, chainLock };
}

/** An engine that holds these lists and knows nothing else. */
export function holding(...lists: readonly MasternodeList[]): EngineState {
  return { ...EMPTY_ENGINE, lists: new Map(lists.map((list) => [toHashHex(list.blockHash), list])) };
}

/** A block hash for a height of a chain that only a test knows. */
export function madeHash(height: Height, branch = 0): string {
  return `${height.toString(16).padStart(8, "0")}${branch.toString(16).padStart(2, "0")}`.padEnd(64, "a5");
}
