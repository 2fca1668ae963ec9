import { type Codec, compactSize, encode } from "../../wire/codec.ts";
import { type FinalCommitment, isIndexed } from "../../wire/finalCommitment.ts";
import type { MnListDiff } from "../../wire/mnListDiff.ts";
import type { SmlEntry } from "../../wire/smlEntry.ts";
import { transaction } from "../../wire/tx.ts";

/** A stretch of a message's bytes, and the field they belong to. */
export interface FieldBytes {
  readonly name: string;
  readonly start: number;
  readonly size: number;
}

type Sized = readonly [name: string, size: number];

/**
 * Which field each byte of an encoded mnlistdiff belongs to, in wire order. Written from the specification, not from
 * the codec. Encodings from 70229 on: the version comes first.
 */
export function fieldsOfDiff(diff: MnListDiff): FieldBytes[] {
  const sized: Sized[] = [
    ["version", 2],
    ["baseBlockHash", 32],
    ["blockHash", 32],
    ["totalTransactions", 4],
    count("merkleHashes", diff.merkleHashes.length),
    ["merkleHashes", 32 * diff.merkleHashes.length],
    count("merkleFlags", diff.merkleFlags.length),
    ["merkleFlags", diff.merkleFlags.length],
    ["cbTx", encode(transaction, diff.cbTx).length],
    count("deletedMNs", diff.deletedMNs.length),
    ["deletedMNs", 32 * diff.deletedMNs.length],
    count("mnList", diff.mnList.length),
    ...diff.mnList.flatMap(fieldsOfEntry),
    count("deletedQuorums", diff.deletedQuorums.length),
    ...diff.deletedQuorums.flatMap((): Sized[] => [
      ["deletedQuorums.llmqType", 1],
      ["deletedQuorums.quorumHash", 32],
    ]),
    count("newQuorums", diff.newQuorums.length),
    ...diff.newQuorums.flatMap(fieldsOfCommitment),
    count("quorumsCLSigs", diff.quorumsCLSigs.length),
    ...diff.quorumsCLSigs.flatMap(({ indexes }): Sized[] => [
      ["quorumsCLSigs.signature", 96],
      count("quorumsCLSigs.indexes", indexes.length),
      ["quorumsCLSigs.indexes", 2 * indexes.length],
    ]),
  ];
  let start = 0;
  return sized.map(([name, size]) => {
    const field = { name, start, size };
    start += size;
    return field;
  });
}

function count(name: string, length: number): Sized {
  return [`${name} count`, sizeOf(compactSize, length)];
}

function sizeOf<T>(codec: Codec<T>, value: T): number {
  return encode(codec, value).length;
}

function fieldsOfEntry({ version, type, platformNodeID }: SmlEntry): Sized[] {
  const platform: Sized[] = platformNodeID
    ? [
        ["mnList.platformHTTPPort", 2],
        ["mnList.platformNodeID", 20],
      ]
    : [];
  if (version > 2 || type > 1) throw new Error("no recorded entry has extended addresses");
  return [
    ["mnList.version", 2],
    ["mnList.proRegTxHash", 32],
    ["mnList.confirmedHash", 32],
    ["mnList.service", 18],
    ["mnList.pubKeyOperator", 48],
    ["mnList.keyIDVoting", 20],
    ["mnList.isValid", 1],
    ["mnList.type", version === 2 ? 2 : 0],
    ...platform,
  ];
}

function fieldsOfCommitment({ version, signers, validMembers }: FinalCommitment): Sized[] {
  return [
    ["newQuorums.version", 2],
    ["newQuorums.llmqType", 1],
    ["newQuorums.quorumHash", 32],
    ["newQuorums.quorumIndex", isIndexed(version) ? 2 : 0],
    count("newQuorums.signers", signers.length),
    ["newQuorums.signers", signers.bytes.length],
    count("newQuorums.validMembers", validMembers.length),
    ["newQuorums.validMembers", validMembers.bytes.length],
    ["newQuorums.quorumPublicKey", 48],
    ["newQuorums.quorumVvecHash", 32],
    ["newQuorums.quorumSig", 96],
    ["newQuorums.membersSig", 96],
  ];
}
