import { computeCommitmentLeaf, type FinalCommitment } from "../wire/finalCommitment.ts";
import { compareBytes, type Hash256, type HashHex, type QuorumHash, toHashHex } from "../wire/hashes.ts";
import { computeMerkleRoot, type MerkleRoot } from "../wire/merkle.ts";

/** A commitment with its leaf. Lists share these objects; a quorum's status is kept by {@link id}. */
export interface QuorumEntry {
  readonly commitment: FinalCommitment;
  /** Leaf of merkleRootQuorums. */
  readonly leaf: Hash256;
  /** The leaf in display order: identity of the commitment. */
  readonly id: HashHex;
}

/** Active commitments by `type:quorumHash`. */
export type QuorumSet = ReadonlyMap<string, QuorumEntry>;

export function makeQuorumEntry(commitment: FinalCommitment): QuorumEntry {
  const leaf = computeCommitmentLeaf(commitment);
  return { commitment, leaf, id: toHashHex(leaf) };
}

export function quorumKey(llmqType: number, quorumHash: QuorumHash): string {
  return `${llmqType}:${toHashHex(quorumHash)}`;
}

export function quorumsOfType(quorums: QuorumSet, llmqType: number): QuorumEntry[] {
  return [...quorums.values()].filter(({ commitment }) => commitment.llmqType === llmqType);
}

/** All leaves of all types in one list, ascending by raw bytes. Source: Core 23.1.2 evo/cbtx.cpp */
export function computeQuorumsRoot(quorums: QuorumSet): MerkleRoot {
  return computeMerkleRoot([...quorums.values()].map(({ leaf }) => leaf).sort(compareBytes));
}
