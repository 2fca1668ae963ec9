import type { ClientSnapshot, Phase } from "../worker/api.ts";
import { formatNumber, plural } from "./format.ts";
import { neededQuorums } from "./store.ts";

/** "unchecked": it was verified before, and nothing has checked it again since. */
export type StepState = "verified" | "partly" | "unchecked" | "active" | "waiting" | "failed";

/** One rung of the chain of trust: each rests on the ones before it. */
export interface Step {
  readonly id: "headers" | "coinbase" | "lists" | "quorums" | "chainlock";
  readonly title: string;
  readonly state: StepState;
  /** How much of it, e.g. "35 of 35 lists"; undefined while there is nothing to count. */
  readonly count: string | undefined;
  /** What is checked and why that is enough. */
  readonly why: string;
}

const ORDER: readonly Phase[] = ["starting", "connecting", "headers", "lists", "quorums", "live"];

/**
 * @param isUnchecked - what the snapshot holds was verified before, but not in this run
 * @returns the five rungs, first to last
 */
export function trustLadder(snapshot: ClientSnapshot | undefined, isUnchecked: boolean): readonly Step[] {
  return STEPS.map(({ progress, ...step }) => {
    const { state, count } = snapshot === undefined ? NOTHING : progress(snapshot);
    const isProven = state === "verified" || state === "partly";
    return { ...step, count, state: isUnchecked && isProven ? "unchecked" : state };
  });
}

type StepProgress = Pick<Step, "state" | "count">;

const NOTHING: StepProgress = { state: "waiting", count: undefined };

const STEPS: readonly (Pick<Step, "id" | "title" | "why"> & {
  progress: (snapshot: ClientSnapshot) => StepProgress;
})[] = [
  {
    id: "headers",
    title: "Headers",
    why: "Work, difficulty and links of every header, checked here.",
    progress: describeHeaders,
  },
  {
    id: "coinbase",
    title: "Coinbase",
    why: "Names the roots that follow; a merkle proof ties it to the header of its block.",
    progress: describeCoinbase,
  },
  {
    id: "lists",
    title: "Lists",
    why: "Every masternode and quorum, hashed together, must give those roots.",
    progress: describeLists,
  },
  {
    id: "quorums",
    title: "Quorums",
    why: "Members are drawn again from the lists; their signatures must hold.",
    progress: describeQuorums,
  },
  {
    id: "chainlock",
    title: "ChainLock",
    why: "A verified quorum signed this block: it cannot be replaced.",
    progress: describeChainLock,
  },
];

function describeHeaders({ tip, phase }: ClientSnapshot): StepProgress {
  const count = tip === undefined ? undefined : `to block ${formatNumber(tip.height)}`;
  if (phase === "headers") return { state: "active", count };
  return { state: tip === undefined ? "waiting" : "verified", count };
}

function describeCoinbase({ masternodes, phase }: ClientSnapshot): StepProgress {
  if (masternodes !== undefined)
    return { state: "verified", count: `of block ${formatNumber(masternodes.height)}` };
  return { state: hasReached(phase, "lists") ? "active" : "waiting", count: undefined };
}

function describeLists({ masternodes, phase, progress }: ClientSnapshot): StepProgress {
  const { listsKnown, listsNeeded } = progress;
  const isMissingSome = listsKnown < listsNeeded;
  const count =
    listsNeeded > 0
      ? `${formatNumber(listsKnown)} of ${plural(listsNeeded, "list")}`
      : plural(listsKnown, "list");
  if (masternodes !== undefined && !isMissingSome)
    return { state: "verified", count: listsKnown > 0 ? count : undefined };
  if (hasReached(phase, "lists")) return { state: "active", count };
  return NOTHING;
}

function describeQuorums({ quorums, cannotVerify, isSynced, phase }: ClientSnapshot): StepProgress {
  const { total, verified, invalid } = neededQuorums(quorums);
  if (total === 0) return NOTHING;
  const count = `${formatNumber(verified)} of ${formatNumber(total)} needed`;
  if (invalid > 0) return { state: "failed", count };
  if (verified === total) return { state: "verified", count };
  if (isSynced && cannotVerify.length > 0) return { state: "partly", count };
  return { state: hasReached(phase, "lists") ? "active" : "waiting", count };
}

function describeChainLock({ chainLock, phase }: ClientSnapshot): StepProgress {
  if (chainLock !== undefined)
    return { state: "verified", count: `on block ${formatNumber(chainLock.height)}` };
  return { state: phase === "live" ? "active" : "waiting", count: undefined };
}

function hasReached(phase: Phase, goal: Phase): boolean {
  return ORDER.indexOf(phase) >= ORDER.indexOf(goal);
}
