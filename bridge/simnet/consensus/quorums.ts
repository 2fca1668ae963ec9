import type { LlmqParams } from "../../../worker/params/index.ts";
import { computeCommitmentLeaf, type FinalCommitment } from "../../../worker/wire/finalCommitment.ts";
import { compareBytes, type Hash256, type Height } from "../../../worker/wire/hashes.ts";
import { computeMerkleRoot } from "../../../worker/wire/merkle.ts";

/** A commitment as a node finds it in its blocks. */
export interface MinedCommitment {
  readonly commitment: FinalCommitment;
  /** Height of the block whose hash names the quorum. */
  readonly baseHeight: Height;
  readonly minedHeight: Height;
}

type SetsByType = ReadonlyMap<number, readonly MinedCommitment[]>;

/**
 * The active quorums of every configured type after a block, types that no longer form included. Immutable.
 * Source: Core 23.1.2 llmq/blockprocessor.cpp, evo/cbtx.cpp
 */
export class QuorumSets {
  readonly #sets: SetsByType;
  #root: Hash256 | undefined;

  constructor(sets: SetsByType = new Map()) {
    this.#sets = sets;
  }

  get byType(): SetsByType {
    return this.#sets;
  }

  /** @returns by quorum index for a rotating type, else oldest first */
  ofType(llmqType: number): readonly MinedCommitment[] {
    return this.#sets.get(llmqType) ?? [];
  }

  /** @returns ascending by type, then by quorum hash, as messages list them */
  all(): MinedCommitment[] {
    return [...this.#sets.values()]
      .flat()
      .sort(
        ({ commitment: a }, { commitment: b }) =>
          a.llmqType - b.llmqType || compareBytes(a.quorumHash, b.quorumHash),
      );
  }

  /** @param mined - of one block, without null commitments, in its order */
  with(mined: readonly MinedCommitment[], llmqs: ReadonlyMap<number, LlmqParams>): QuorumSets {
    if (mined.length === 0) return this;
    const sets = new Map(this.#sets);
    for (const each of mined) {
      const llmq = llmqs.get(each.commitment.llmqType);
      if (llmq === undefined) continue;
      sets.set(llmq.type, addToSet(sets.get(llmq.type) ?? [], each, llmq));
    }
    return new QuorumSets(sets);
  }

  /** What the coinbase commits to: all types in one tree, ascending by leaf. */
  merkleRoot(): Hash256 {
    this.#root ??= computeMerkleRoot(
      this.all()
        .map(({ commitment }) => computeCommitmentLeaf(commitment))
        .sort(compareBytes),
    ).root;
    return this.#root;
  }
}

/** A rotating quorum takes the place of the one with its index, another the place of the oldest. */
function addToSet(
  set: readonly MinedCommitment[],
  added: MinedCommitment,
  llmq: LlmqParams,
): MinedCommitment[] {
  if (!llmq.useRotation) return [...set, added].slice(-llmq.signingActiveQuorumCount);
  const index = added.commitment.quorumIndex;
  return [...set.filter(({ commitment }) => commitment.quorumIndex !== index), added].sort(
    (a, b) => a.commitment.quorumIndex - b.commitment.quorumIndex,
  );
}
