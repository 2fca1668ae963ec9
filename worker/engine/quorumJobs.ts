import type { EncodedPublicKey, SignatureCheck } from "../bls/index.ts";
import { isBitSet } from "../wire/codec.ts";
import { computeCommitmentHash, type FinalCommitment, isLegacyCommitment } from "../wire/finalCommitment.ts";
import type { Height } from "../wire/hashes.ts";
import { SmlEntryVersion } from "../wire/smlEntry.ts";
import { isRotating } from "./checkCommitment.ts";
import type { EngineContext } from "./context.ts";
import type { ListEntry } from "./masternodeList.ts";
import { selectMembers } from "./members.ts";
import type { QuorumEntry } from "./quorumSet.ts";
import { type RotatedMembersOutcome, Rotation } from "./rotation.ts";
import {
  type EngineState,
  isContradicted,
  type QuorumStatus,
  statusOf,
  type UnknownReason,
} from "./state.ts";

/** The two signatures of one commitment, ready to be checked. */
export interface VerificationJob {
  readonly quorum: QuorumEntry;
  readonly quorumSig: SignatureCheck;
  readonly membersSig: SignatureCheck;
  /** Base of the rotating cycle whose members depend on snapshots; undefined when every input is proven. */
  readonly cycleHeight: Height | undefined;
}

export interface Verdict {
  readonly job: VerificationJob;
  readonly isQuorumSigValid: boolean;
  readonly isMembersSigValid: boolean;
}

/** Members of a quorum in order, or what is missing to know them. */
export type QuorumMembers = MembersOfQuorum | { readonly missing: UnknownReason };

interface MembersOfQuorum {
  readonly members: readonly ListEntry[];
  readonly cycleHeight: Height | undefined;
}

/**
 * Looks at quorums that are not judged yet: those whose members can be computed become jobs, the others get the
 * reason why not.
 * @param quorums - each must be held by a list or announced
 */
export function quorumJobs(
  state: EngineState,
  quorums: Iterable<QuorumEntry>,
  context: EngineContext,
): { state: EngineState; jobs: VerificationJob[] } {
  const resolve = memberResolver(state, context);
  const statuses = new Map(state.statuses);
  const jobs: VerificationJob[] = [];
  for (const quorum of quorums) {
    const before = statusOf(state, quorum);
    if (before.status !== "unknown" || isContradicted(before)) continue;
    const outcome = resolve(quorum);
    if ("missing" in outcome) {
      statuses.set(quorum.id, { status: "unknown", reason: outcome.missing });
    } else if (hasBitsFrom(quorum.commitment, outcome.members.length)) {
      statuses.set(quorum.id, membersRefuted(outcome.cycleHeight));
    } else {
      jobs.push(makeJob(quorum, outcome, context));
    }
  }
  return { state: { ...state, statuses }, jobs };
}

/** Computes members, each rotating cycle once. */
export function memberResolver(
  state: EngineState,
  context: EngineContext,
): (quorum: QuorumEntry) => QuorumMembers {
  const rotations = new Map<number, Rotation>();
  const cycles = new Map<string, RotatedMembersOutcome>();
  return ({ commitment }) => {
    const llmq = context.params.llmqs.get(commitment.llmqType);
    const baseHeight = context.chain.heightOf(commitment.quorumHash);
    if (!llmq || baseHeight === undefined) return { missing: { code: "base-block-unknown" } };
    if (!isRotating(llmq, baseHeight, context.params.activation.dip0024)) {
      const outcome = selectMembers(state, llmq, baseHeight, context);
      return "missing" in outcome ? outcome : { ...outcome, cycleHeight: undefined };
    }
    const rotation = rotations.get(llmq.type) ?? new Rotation(state, llmq, context);
    rotations.set(llmq.type, rotation);
    const cycleBase = baseHeight - (baseHeight % llmq.dkgInterval);
    const cycleKey = `${llmq.type}:${cycleBase}`;
    const cycle = cycles.get(cycleKey) ?? rotation.selectMembers(cycleBase);
    cycles.set(cycleKey, cycle);
    if ("missing" in cycle) return cycle;
    return { members: cycle.members[commitment.quorumIndex] ?? [], cycleHeight: cycleBase };
  };
}

function makeJob(
  quorum: QuorumEntry,
  { members, cycleHeight }: MembersOfQuorum,
  context: EngineContext,
): VerificationJob {
  const { commitment } = quorum;
  const scheme = isLegacyCommitment(commitment.version) ? "legacy" : "basic";
  const message = computeCommitmentHash(commitment);
  const signers = members.filter((_, i) => isBitSet(commitment.signers, i)).map(operatorKey);
  const [firstMember] = members;
  const isSingle = context.params.llmqs.get(commitment.llmqType)?.size === 1 && firstMember !== undefined;
  return {
    quorum,
    quorumSig: {
      scheme,
      message,
      signature: commitment.quorumSig,
      signer: { kind: "single", publicKey: { bytes: commitment.quorumPublicKey, scheme } },
    },
    membersSig: {
      scheme,
      message,
      signature: commitment.membersSig,
      signer: isSingle
        ? { kind: "single", publicKey: operatorKey(firstMember) }
        : { kind: "secureAggregate", publicKeys: signers },
    },
    cycleHeight,
  };
}

/** A bit that names a member that does not exist: no signature can save such a commitment. */
function hasBitsFrom({ signers, validMembers }: FinalCommitment, memberCount: number): boolean {
  for (let i = memberCount; i < signers.length; i++) {
    if (isBitSet(signers, i) || isBitSet(validMembers, i)) return true;
  }
  return false;
}

function operatorKey({ entry }: ListEntry): EncodedPublicKey {
  return {
    bytes: entry.pubKeyOperator,
    scheme: entry.version === SmlEntryVersion.legacyBls ? "legacy" : "basic",
  };
}

/** Records the outcome of jobs with every list that holds the quorum. */
export function applyVerdicts(state: EngineState, verdicts: readonly Verdict[]): EngineState {
  const statuses = new Map(state.statuses);
  for (const verdict of verdicts) statuses.set(verdict.job.quorum.id, statusFrom(verdict));
  return { ...state, statuses };
}

function statusFrom({ job, isQuorumSigValid, isMembersSigValid }: Verdict): QuorumStatus {
  if (!isQuorumSigValid) return { status: "invalid", reason: "quorum-signature" };
  return isMembersSigValid ? { status: "verified" } : membersRefuted(job.cycleHeight);
}

/** What only an unproven snapshot could have spoiled is unknown, never invalid (`design/sync.md` 6). */
function membersRefuted(cycleHeight: Height | undefined): QuorumStatus {
  return cycleHeight === undefined
    ? { status: "invalid", reason: "members-signature" }
    : { status: "unknown", reason: { code: "snapshot-contradicted", cycleHeight } };
}
