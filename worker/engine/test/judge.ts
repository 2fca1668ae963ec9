import type { Bls } from "../../bls/index.ts";
import type { EngineContext } from "../context.ts";
import { applyVerdicts, quorumJobs } from "../quorumJobs.ts";
import type { QuorumEntry } from "../quorumSet.ts";
import type { EngineState, QuorumStatus } from "../state.ts";

/** Runs the jobs of `quorums` with a real BLS engine and records the verdicts. */
export async function judge(
  state: EngineState,
  quorums: Iterable<QuorumEntry>,
  context: EngineContext,
  bls: Bls,
): Promise<EngineState> {
  const prepared = quorumJobs(state, quorums, context);
  const results = await bls.verify(
    prepared.jobs.flatMap(({ quorumSig, membersSig }) => [quorumSig, membersSig]),
  );
  const verdicts = prepared.jobs.map((job, i) => ({
    job,
    isQuorumSigValid: results[2 * i] === true,
    isMembersSigValid: results[2 * i + 1] === true,
  }));
  return applyVerdicts(prepared.state, verdicts);
}

export function describeStatus(status: QuorumStatus): string {
  if (status.status === "verified") return "verified";
  return `${status.status}(${typeof status.reason === "string" ? status.reason : JSON.stringify(status.reason)})`;
}
