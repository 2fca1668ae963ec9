import { hexToBytes } from "@noble/hashes/utils.js";
import type { LlmqParams } from "../../params/llmq.ts";
import type { Bitset } from "../../wire/codec.ts";
import { makeFinalCommitment } from "../../wire/finalCommitment.ts";
import { fromHashHex, type Height, type QuorumHash } from "../../wire/hashes.ts";
import { makeQuorumEntry, type QuorumEntry, type QuorumSet, quorumKey } from "../quorumSet.ts";
import type { MinedCommitment, Scenario } from "./scenario.ts";

interface Mined {
  readonly minedHeight: Height;
  readonly quorum: QuorumEntry;
}

/** Active sets at any height, straight from the commitments that were mined: the oracle of what lists hold. */
export class MinedSets {
  readonly #mined: readonly Mined[];
  readonly #scenario: Scenario;

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
    this.#mined = scenario
      .json<MinedCommitment[]>("commitments.json")
      .filter((mined) => !mined.null)
      .map((mined) => ({ minedHeight: mined.minedHeight, quorum: toQuorumEntry(mined, scenario) }))
      .sort((a, b) => a.minedHeight - b.minedHeight);
  }

  get count(): number {
    return this.#mined.length;
  }

  /** The last ones mined at or below `height`: per index for a rotating type, else as many as are active. */
  ofType(llmq: LlmqParams, height: Height): QuorumEntry[] {
    const mined = this.#mined
      .filter((one) => one.minedHeight <= height && one.quorum.commitment.llmqType === llmq.type)
      .map(({ quorum }) => quorum);
    if (!llmq.useRotation) return mined.slice(-llmq.signingActiveQuorumCount);
    return [...new Map(mined.map((quorum) => [quorum.commitment.quorumIndex, quorum])).values()];
  }

  at(height: Height): QuorumSet {
    const set = new Map<string, QuorumEntry>();
    for (const llmq of this.#scenario.params.llmqs.values()) {
      for (const quorum of this.ofType(llmq, height)) {
        set.set(quorumKey(llmq.type, quorum.commitment.quorumHash), quorum);
      }
    }
    return set;
  }
}

function toQuorumEntry(mined: MinedCommitment, { params }: Scenario): QuorumEntry {
  const size = params.llmqs.get(mined.llmqType)?.size ?? 0;
  const bits = (hex: string): Bitset => ({ length: size, bytes: hexToBytes(hex) });
  return makeQuorumEntry(
    makeFinalCommitment({
      version: mined.version,
      llmqType: mined.llmqType,
      quorumHash: fromHashHex<QuorumHash>(mined.quorumHash),
      quorumIndex: mined.quorumIndex,
      signers: bits(mined.signers),
      validMembers: bits(mined.validMembers),
      quorumPublicKey: hexToBytes(mined.quorumPublicKey),
      quorumVvecHash: fromHashHex(mined.quorumVvecHash),
      quorumSig: hexToBytes(mined.quorumSig),
      membersSig: hexToBytes(mined.membersSig),
    }),
  );
}
