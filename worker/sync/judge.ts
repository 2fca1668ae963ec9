import type { SignatureVerifier, VerifyOptions } from "../bls/index.ts";
import type { EngineContext } from "../engine/context.ts";
import type { LockPreparation, LockUnknownReason } from "../engine/locks.ts";
import type { MasternodeList } from "../engine/masternodeList.ts";
import { applyVerdicts, quorumJobs, type Verdict, type VerificationJob } from "../engine/quorumJobs.ts";
import type { QuorumEntry } from "../engine/quorumSet.ts";
import type { EngineState } from "../engine/state.ts";
import { DashlightError } from "../errors.ts";
import { toHashHex } from "../wire/hashes.ts";

/** Checks both signatures of every job in one batch. */
export async function runJobs(
  jobs: readonly VerificationJob[],
  verifier: SignatureVerifier,
  options: VerifyOptions = {},
): Promise<Verdict[]> {
  const checks = jobs.flatMap(({ quorumSig, membersSig }) => [quorumSig, membersSig]);
  const results = await verifier.verify(checks, options);
  return jobs.map((job, i) => ({
    job,
    isQuorumSigValid: results[2 * i] === true,
    isMembersSigValid: results[2 * i + 1] === true,
  }));
}

/**
 * Judges every quorum of `quorums` that can be judged.
 * @throws the reason of the signal
 */
export async function judgeQuorums(
  state: EngineState,
  quorums: Iterable<QuorumEntry>,
  context: EngineContext,
  verifier: SignatureVerifier,
  options: VerifyOptions = {},
): Promise<EngineState> {
  const prepared = quorumJobs(state, quorums, context);
  return applyVerdicts(prepared.state, await runJobs(prepared.jobs, verifier, options));
}

export type LockVerdict =
  | { readonly status: "verified"; readonly quorum: QuorumEntry; readonly list: MasternodeList }
  | { readonly status: "unknown"; readonly reason: LockUnknownReason };

/**
 * Checks a lock's signature against the quorums that may have made it.
 * @throws `engine/bad-lock-signature` when all of them were looked at and none signed
 */
export async function verifyLock(
  lock: "chainlock" | "instantlock",
  { candidates, missing }: LockPreparation,
  verifier: SignatureVerifier,
): Promise<LockVerdict> {
  for (const { quorum, list, check } of candidates) {
    const [isValid] = await verifier.verify([check], { isUrgent: true });
    if (isValid) return { status: "verified", quorum, list };
  }
  if (missing) return { status: "unknown", reason: missing };
  const hashes = candidates.map(({ quorum }) => toHashHex(quorum.commitment.quorumHash));
  throw new DashlightError({ code: "engine/bad-lock-signature", lock, quorumHash: hashes.join(",") });
}
