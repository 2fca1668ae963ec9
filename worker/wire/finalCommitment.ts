import { DashlightError } from "../errors.ts";
import {
  type Bitset,
  bitset,
  type Codec,
  type Decoded,
  encode,
  fixedBytes,
  hash256,
  type Reader,
  struct,
  u16,
  u32,
  Writer,
} from "./codec.ts";
import { type Hash256, type QuorumHash, sha256d } from "./hashes.ts";

export const CommitmentVersion = { legacy: 1, legacyIndexed: 2, basic: 3, basicIndexed: 4 } as const;

/**
 * A DKG's outcome.
 * Source: DIP-6; Core 23.1.2 llmq/commitment.h CFinalCommitment
 */
export interface FinalCommitmentFields {
  /** 1 legacy, 2 legacy with index, 3 basic, 4 basic with index */
  readonly version: number;
  readonly llmqType: number;
  /** Hash of the quorum's base block. */
  readonly quorumHash: QuorumHash;
  /** On the wire in versions 2 and 4 only, else 0. */
  readonly quorumIndex: number;
  readonly signers: Bitset;
  readonly validMembers: Bitset;
  /** 48 bytes; legacy encoding in versions 1 and 2, as are the signatures */
  readonly quorumPublicKey: Uint8Array;
  readonly quorumVvecHash: Hash256;
  /** 96 bytes, recovered threshold signature */
  readonly quorumSig: Uint8Array;
  /** 96 bytes, secure aggregate of the signers' signatures */
  readonly membersSig: Uint8Array;
}

export interface FinalCommitment extends FinalCommitmentFields {
  /** The commitment's bytes; its hash is a leaf of merkleRootQuorums. */
  readonly raw: Uint8Array;
}

const quorumHashCodec = hash256<QuorumHash>();
const publicKey = fixedBytes(48);
const hash = hash256();
const signature = fixedBytes(96);

export function isIndexed(version: number): boolean {
  return version === CommitmentVersion.legacyIndexed || version === CommitmentVersion.basicIndexed;
}

export function isLegacyCommitment(version: number): boolean {
  return version === CommitmentVersion.legacy || version === CommitmentVersion.legacyIndexed;
}

export const finalCommitment: Codec<FinalCommitment> = {
  minSize: 2 + 1 + 32 + 1 + 1 + 48 + 32 + 96 + 96,
  read(reader: Reader): FinalCommitment {
    const start = reader.offset;
    const version = reader.u16();
    if (version < 1 || version > 4) {
      throw new DashlightError({ code: "wire/unsupported-version", what: "final commitment", version });
    }
    return {
      version,
      llmqType: reader.u8(),
      quorumHash: quorumHashCodec.read(reader),
      quorumIndex: isIndexed(version) ? reader.i16() : 0,
      signers: bitset.read(reader),
      validMembers: bitset.read(reader),
      quorumPublicKey: publicKey.read(reader),
      quorumVvecHash: hash.read(reader),
      quorumSig: signature.read(reader),
      membersSig: signature.read(reader),
      raw: reader.bytes.subarray(start, reader.offset),
    };
  },
  write: writeFields,
};

function writeFields(writer: Writer, value: FinalCommitmentFields): void {
  writer.u16(value.version);
  writer.u8(value.llmqType);
  quorumHashCodec.write(writer, value.quorumHash);
  if (isIndexed(value.version)) writer.i16(value.quorumIndex);
  bitset.write(writer, value.signers);
  bitset.write(writer, value.validMembers);
  publicKey.write(writer, value.quorumPublicKey);
  hash.write(writer, value.quorumVvecHash);
  signature.write(writer, value.quorumSig);
  signature.write(writer, value.membersSig);
}

/** Makes a commitment of its fields: adds the bytes that are hashed. */
export function makeFinalCommitment(fields: FinalCommitmentFields): FinalCommitment {
  const writer = new Writer();
  writeFields(writer, fields);
  return { ...fields, raw: writer.finish() };
}

/** Leaf of merkleRootQuorums and identity of the commitment: SHA-256d of all its bytes. */
export function computeCommitmentLeaf(commitment: FinalCommitment): Hash256 {
  return sha256d(commitment.raw);
}

/**
 * Message of both signatures: SHA-256d(llmqType, quorumHash, validMembers, quorumPublicKey, quorumVvecHash).
 * Source: Core 23.1.2 llmq/commitment.cpp BuildCommitmentHash
 */
export function computeCommitmentHash(commitment: FinalCommitmentFields): Hash256 {
  return sha256d(
    Uint8Array.of(commitment.llmqType),
    commitment.quorumHash,
    encode(bitset, commitment.validMembers),
    commitment.quorumPublicKey,
    commitment.quorumVvecHash,
  );
}

/** Payload of the type 6 transaction that mines a commitment, null ones included. */
export const quorumCommitmentPayload = struct({ version: u16, height: u32, commitment: finalCommitment });
export type QuorumCommitmentPayload = Decoded<typeof quorumCommitmentPayload>;
