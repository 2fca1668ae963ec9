import { DashlightError } from "../errors.ts";
import {
  type Codec,
  type Decoded,
  fixedBytes,
  hash256,
  type Reader,
  struct,
  u8,
  u16,
  varBytes,
  vector,
  type Writer,
} from "./codec.ts";
import { type FinalCommitment, finalCommitment } from "./finalCommitment.ts";
import type { BlockHash, Hash256, ProTxHash, QuorumHash } from "./hashes.ts";
import { MAX_TRANSACTIONS, type PartialMerkleTree } from "./merkle.ts";
import { type SmlEntry, SmlEntryVersion, smlEntry, unversionedSmlEntry } from "./smlEntry.ts";
import { type Transaction, transaction } from "./tx.ts";

/** What a negotiated protocol version changes in a mnlistdiff (Core 23.1.2 version.h, evo/smldiff.h). */
const BLS_SCHEME_PROTO_VERSION = 70225;
const SMNLE_VERSIONED_PROTO_VERSION = 70228;
const MNLISTDIFF_VERSION_ORDER = 70229;
const MNLISTDIFF_CHAINLOCKS_PROTO_VERSION = 70230;

/** Most masternodes and quorums of one message we take, an order of magnitude above mainnet (3 200 and 90). */
export const MAX_MASTERNODES = 50_000;
export const MAX_QUORUMS = 1_000;

export const getMnListDiff = struct({
  /** Zero or genesis: from the empty list. */
  baseBlockHash: hash256<BlockHash>(),
  blockHash: hash256<BlockHash>(),
});
export type GetMnListDiff = Decoded<typeof getMnListDiff>;

export interface QuorumId {
  readonly llmqType: number;
  readonly quorumHash: QuorumHash;
}

export interface QuorumsClSig {
  /** 96 bytes, basic; zero when the work block's coinbase has none. Nothing commits to it. */
  readonly signature: Uint8Array;
  /** Positions in `newQuorums`. */
  readonly indexes: readonly number[];
}

/**
 * The changes of masternode list and quorum set between two blocks, with the coinbase that commits to both.
 * Source: DIP-4; Core 23.1.2 evo/smldiff.h CSimplifiedMNListDiff
 */
export interface MnListDiff extends PartialMerkleTree {
  /** 1; in the oldest encoding (before 70225) it is not on the wire. */
  readonly version: number;
  /** As requested; zero and genesis both mean the empty list. */
  readonly baseBlockHash: BlockHash;
  readonly blockHash: BlockHash;
  readonly cbTx: Transaction;
  readonly deletedMNs: readonly ProTxHash[];
  /** Added or changed entries, unsorted. */
  readonly mnList: readonly SmlEntry[];
  readonly deletedQuorums: readonly QuorumId[];
  readonly newQuorums: readonly FinalCommitment[];
  /** From 70230 on, else empty. */
  readonly quorumsCLSigs: readonly QuorumsClSig[];
}

const blockHash = hash256<BlockHash>();
const merkleHashes = vector(hash256<Hash256>(), "merkle hashes", MAX_TRANSACTIONS);
const merkleFlags = varBytes();
const deletedMNs = vector(hash256<ProTxHash>(), "deletedMNs", MAX_MASTERNODES);
const deletedQuorums = vector(
  struct({ llmqType: u8, quorumHash: hash256<QuorumHash>() }),
  "deletedQuorums",
  MAX_QUORUMS,
);
const newQuorums = vector(finalCommitment, "newQuorums", MAX_QUORUMS);
const quorumsCLSigs = vector<QuorumsClSig>(
  struct({
    signature: fixedBytes(96),
    indexes: vector(u16, "quorum indexes", MAX_QUORUMS),
  }) as Codec<QuorumsClSig>,
  "quorumsCLSigs",
  MAX_QUORUMS,
);
const versionedEntries = vector(smlEntry, "mnList", MAX_MASTERNODES);

/**
 * Before 70228 an entry has no version of its own. At 70227 the diff's version says whether entries carry their
 * type; before that no entry does.
 */
function entriesCodec(protocolVersion: number, diffVersion: number): Codec<SmlEntry[]> {
  if (protocolVersion >= SMNLE_VERSIONED_PROTO_VERSION) return versionedEntries;
  const version = protocolVersion === 70227 ? diffVersion : SmlEntryVersion.legacyBls;
  return vector(unversionedSmlEntry(version), "mnList", MAX_MASTERNODES);
}

/** @param protocolVersion - the common version of the connection; it selects the encoding (`protocol/wire.md` 4.3) */
export function mnListDiff(protocolVersion: number): Codec<MnListDiff> {
  const isVersionFirst = protocolVersion >= MNLISTDIFF_VERSION_ORDER;
  const isVersionInside = !isVersionFirst && protocolVersion >= BLS_SCHEME_PROTO_VERSION;
  const hasClSigs = protocolVersion >= MNLISTDIFF_CHAINLOCKS_PROTO_VERSION;
  return {
    minSize: 32 + 32 + 4 + 1 + 1 + transaction.minSize + 4,
    read(reader: Reader): MnListDiff {
      let version = isVersionFirst ? reader.u16() : 1;
      const head = {
        baseBlockHash: blockHash.read(reader),
        blockHash: blockHash.read(reader),
        totalTransactions: reader.u32(),
        merkleHashes: merkleHashes.read(reader),
        merkleFlags: merkleFlags.read(reader),
        cbTx: transaction.read(reader),
      };
      if (isVersionInside) version = reader.u16();
      if (version < 1 || version > 2) {
        throw new DashlightError({ code: "wire/unsupported-version", what: "mnlistdiff", version });
      }
      return {
        version,
        ...head,
        deletedMNs: deletedMNs.read(reader),
        mnList: entriesCodec(protocolVersion, version).read(reader),
        deletedQuorums: deletedQuorums.read(reader),
        newQuorums: newQuorums.read(reader),
        quorumsCLSigs: hasClSigs ? quorumsCLSigs.read(reader) : [],
      };
    },
    write(writer: Writer, diff: MnListDiff): void {
      if (isVersionFirst) writer.u16(diff.version);
      blockHash.write(writer, diff.baseBlockHash);
      blockHash.write(writer, diff.blockHash);
      writer.u32(diff.totalTransactions);
      merkleHashes.write(writer, [...diff.merkleHashes]);
      merkleFlags.write(writer, diff.merkleFlags);
      transaction.write(writer, diff.cbTx);
      if (isVersionInside) writer.u16(diff.version);
      deletedMNs.write(writer, [...diff.deletedMNs]);
      entriesCodec(protocolVersion, diff.version).write(writer, [...diff.mnList]);
      deletedQuorums.write(writer, [...diff.deletedQuorums]);
      newQuorums.write(writer, [...diff.newQuorums]);
      if (hasClSigs) quorumsCLSigs.write(writer, [...diff.quorumsCLSigs]);
    },
  };
}
