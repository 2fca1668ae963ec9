import type { QuorumEntry } from "../engine/quorumSet.ts";
import { type EngineState, statusOf } from "../engine/state.ts";

/**
 * @param judged - what an earlier `state` became when `quorums` were judged
 * @returns `state` with the verdicts on `quorums` alone: all else may have changed while signatures were checked
 */
export function takeVerdicts(
  state: EngineState,
  judged: EngineState,
  quorums: readonly QuorumEntry[],
): EngineState {
  const statuses = new Map(state.statuses);
  for (const quorum of quorums) {
    const status = statusOf(judged, quorum);
    // What was not known when this judgement began another one may have found out.
    if (status.status !== "unknown" || statusOf(state, quorum).status === "unknown")
      statuses.set(quorum.id, status);
  }
  return { ...state, statuses };
}
