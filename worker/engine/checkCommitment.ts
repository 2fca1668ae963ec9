import { DashlightError } from "../errors.ts";
import type { LlmqParams } from "../params/llmq.ts";
import { countBits } from "../wire/codec.ts";
import { CommitmentVersion, type FinalCommitment } from "../wire/finalCommitment.ts";
import { type Height, isZero, toHashHex } from "../wire/hashes.ts";
import { type EngineContext, isActiveAfter } from "./context.ts";

/**
 * Structure of a mined commitment; its signatures are checked elsewhere. A base block below our first header is
 * height unknown, never a rejection.
 * @param minedBy - height of the block whose quorum set holds it
 * @throws `engine/malformed-commitment` naming the rule
 * Source: Core 23.1.2 llmq/commitment.cpp CFinalCommitment::Verify, `protocol/verification.md` 8.1
 */
export function checkCommitment(commitment: FinalCommitment, minedBy: Height, context: EngineContext): void {
  const llmq = context.params.llmqs.get(commitment.llmqType);
  const fail = (what: string) => {
    const facts = { llmqType: commitment.llmqType, quorumHash: toHashHex(commitment.quorumHash), what };
    return new DashlightError({ code: "engine/malformed-commitment", ...facts });
  };
  if (!llmq) throw fail("type not configured");
  if (commitment.signers.length !== llmq.size) throw fail("size of signers");
  if (commitment.validMembers.length !== llmq.size) throw fail("size of validMembers");
  if (countBits(commitment.validMembers) < llmq.minSize) throw fail("too few valid members");
  if (countBits(commitment.signers) < llmq.minSize) throw fail("too few signers");
  if (llmq.size > 1 && isZero(commitment.quorumVvecHash)) throw fail("no verification vector hash");

  const baseHeight = context.chain.heightOf(commitment.quorumHash);
  if (baseHeight === undefined) return;
  if (baseHeight > minedBy) throw fail("base block above the list");
  if (baseHeight % llmq.dkgInterval !== commitment.quorumIndex) throw fail("quorum index");
  if (commitment.version !== expectedVersion(llmq, baseHeight, context)) throw fail("version");
}

function expectedVersion(llmq: LlmqParams, baseHeight: Height, { params }: EngineContext): number {
  const isBasic = isActiveAfter(baseHeight, params.activation.v19);
  if (isRotating(llmq, baseHeight, params.activation.dip0024)) {
    return isBasic ? CommitmentVersion.basicIndexed : CommitmentVersion.legacyIndexed;
  }
  return isBasic ? CommitmentVersion.basic : CommitmentVersion.legacy;
}

/** A type rotates from the first cycle whose base is at or above DIP24's activation. */
export function isRotating(llmq: LlmqParams, baseHeight: Height, dip0024: Height): boolean {
  const cycleBase = baseHeight - (baseHeight % llmq.dkgInterval);
  return llmq.useRotation && cycleBase >= 1 && cycleBase >= dip0024;
}
