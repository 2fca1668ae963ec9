import type { LlmqParams } from "../../worker/params/index.ts";
import { makeBitset } from "../../worker/wire/codec.ts";
import {
  CommitmentVersion,
  computeCommitmentHash,
  type FinalCommitment,
  makeFinalCommitment,
} from "../../worker/wire/finalCommitment.ts";
import { type Hash256, type Height, type QuorumHash, ZERO_HASH } from "../../worker/wire/hashes.ts";
import type { Masternode } from "./consensus/masternodes.ts";
import type { Dice } from "./dice.ts";
import type { Keyring } from "./keyring.ts";
import type { Scenario } from "./scenario.ts";

/** The quorum a DKG is to make. */
export interface DkgSession {
  readonly llmq: LlmqParams;
  readonly baseHeight: Height;
  readonly quorumHash: QuorumHash;
  readonly quorumIndex: number;
  /** In order, as they were when they were drawn. */
  readonly members: readonly Masternode[];
}

const NO_KEY = new Uint8Array(48);
const NO_SIGNATURE = new Uint8Array(96);

/**
 * Runs a DKG to its outcome: who took part, a quorum key, and both signatures over the commitment for real.
 * @returns undefined if it failed: too few members took part, or the scenario says so
 */
export function runDkg(
  session: DkgSession,
  scenario: Scenario,
  keyring: Keyring,
  dice: Dice,
): FinalCommitment | undefined {
  const { llmq, baseHeight, quorumHash, members } = session;
  const isValid = members.map(({ id }) => scenario.isOnline(id, baseHeight));
  if (isValid.filter(Boolean).length < llmq.minSize) return undefined;
  if (scenario.isDkgFailed(llmq, baseHeight)) return undefined;
  const hasSigned = chooseSigners(session, isValid, scenario);
  const key = keyring.quorumKey(llmq.type, quorumHash);
  const unsigned = {
    ...commitmentHead(session),
    signers: makeBitset(padded(hasSigned, llmq.size)),
    validMembers: makeBitset(padded(isValid, llmq.size)),
    quorumPublicKey: key.publicKey,
    quorumVvecHash: dice.bytes("vvec", llmq.type, ...quorumHash) as Hash256,
    quorumSig: NO_SIGNATURE,
    membersSig: NO_SIGNATURE,
  };
  const message = computeCommitmentHash(unsigned);
  const secrets = members
    .filter((_, i) => hasSigned[i])
    .map(({ pubKeyOperator, version }) => keyring.operatorSecret(pubKeyOperator, version));
  return makeFinalCommitment({
    ...unsigned,
    quorumSig: keyring.bls.sign(key.secretKey, message, "basic"),
    membersSig: keyring.bls.signSecureAggregate(secrets, message, "basic"),
  });
}

/** What is mined in the window while there is no commitment. */
export function nullCommitment(session: Omit<DkgSession, "members">): FinalCommitment {
  const none = makeBitset(padded([], session.llmq.size));
  return makeFinalCommitment({
    ...commitmentHead(session),
    signers: none,
    validMembers: none,
    quorumPublicKey: NO_KEY,
    quorumVvecHash: ZERO_HASH,
    quorumSig: NO_SIGNATURE,
    membersSig: NO_SIGNATURE,
  });
}

function commitmentHead({ llmq, quorumHash, quorumIndex }: Omit<DkgSession, "members">) {
  return {
    version: llmq.useRotation ? CommitmentVersion.basicIndexed : CommitmentVersion.basic,
    llmqType: llmq.type,
    quorumHash,
    quorumIndex,
  };
}

/** A few valid members miss the signing, never so many that the commitment would be refused. */
function chooseSigners(session: DkgSession, isValid: readonly boolean[], scenario: Scenario): boolean[] {
  const { llmq, baseHeight, members } = session;
  let spare = isValid.filter(Boolean).length - llmq.minSize;
  return members.map(({ id }, i) => {
    if (!isValid[i]) return false;
    if (spare === 0 || scenario.hasSigned(id, llmq.type, baseHeight)) return true;
    spare--;
    return false;
  });
}

function padded(flags: readonly boolean[], size: number): boolean[] {
  return Array.from({ length: size }, (_, i) => flags[i] ?? false);
}
