import type { ErrorClass, ErrorStatistics } from "./errorStatistics.ts";
import type { RequestKind } from "./misbehaviourBudget.ts";

/** Source of the three: `design/sync.md` 6 */
const BACKOFF_BASE_MS = 2_000;
const BACKOFF_CAP_MS = 300_000;
const MAX_BACKOFFS = 3;
/** Requests that say something about the network as a whole. No specific reason for this number. */
const MIN_STATISTICS = 10;
/** So many of the last requests lost on the way: it is not the peer. */
const GENERAL_TROUBLE_SHARE = 0.5;

/** What became of a request so far. */
export interface RequestPast {
  readonly kind: RequestKind;
  readonly failures: readonly { readonly address: string; readonly errorClass: ErrorClass }[];
  /** Pauses made before it was sent again. */
  readonly backoffs: number;
  /** It was sent once more with less on its way, and then with nothing else. */
  readonly wasSmaller: boolean;
  readonly wasAlone: boolean;
}

export interface Situation {
  readonly past: RequestPast;
  readonly statistics: ErrorStatistics;
  /** Peers that can be asked and were not yet. */
  readonly untriedPeers: number;
  /** Peers that can be asked at all. */
  readonly usablePeers: number;
  /** 0 to below 1. */
  readonly random: () => number;
}

export type Decision =
  | { readonly action: "retry-later"; readonly pauseMs: number }
  | { readonly action: "ask-another" }
  /** Once more, with half as much on its way, and for less where it can be. */
  | { readonly action: "retry-smaller" }
  /** Once more, with nothing else on its way. */
  | { readonly action: "retry-alone" }
  /** Lists by mnlistdiff in place of this qrinfo. */
  | { readonly action: "fall-back" }
  | { readonly action: "give-up" };

/** @returns undefined to leave it to the next one */
type Strategy = (situation: Situation) => Decision | undefined;

/** @param tries - pauses before this one */
export function backoffMs(tries: number, random: () => number): number {
  return Math.min(BACKOFF_CAP_MS, BACKOFF_BASE_MS * 2 ** tries) * (0.5 + random() / 2);
}

/**
 * Waiting helps where answers get lost on their way: when everybody was asked, or the network as a whole is in trouble.
 * Otherwise another peer can be asked at once. Who refused a request will do so in two seconds as well, and count it.
 */
const backOff: Strategy = ({ past, statistics, untriedPeers, random }) => {
  const last = past.failures.at(-1)?.errorClass;
  if (past.backoffs >= MAX_BACKOFFS || (last !== "timeout" && last !== "network")) return undefined;
  const isGeneral =
    statistics.total >= MIN_STATISTICS && statistics.share("timeout", "network") > GENERAL_TROUBLE_SHARE;
  if (untriedPeers > 0 && !isGeneral) return undefined;
  return { action: "retry-later", pauseMs: backoffMs(past.backoffs, random) };
};

const askAnother: Strategy = ({ untriedPeers }) => (untriedPeers > 0 ? { action: "ask-another" } : undefined);

/** Where an answer did not come in time, something else may have been in its way: at first half of that, then all. */
const reduceBatch: Strategy = ({ past, usablePeers }) => {
  const wasLate = past.failures.some(({ errorClass }) => errorClass === "timeout");
  if (usablePeers === 0 || !wasLate || past.wasAlone) return undefined;
  return { action: past.wasSmaller ? "retry-alone" : "retry-smaller" };
};

const fallBack: Strategy = ({ past }) => (past.kind === "qrinfo" ? { action: "fall-back" } : undefined);

const STRATEGIES: readonly Strategy[] = [backOff, askAnother, reduceBatch, fallBack];

/** What comes next for a request that failed. Source: `design/sync.md` 6 */
export function recover(situation: Situation): Decision {
  for (const strategy of STRATEGIES) {
    const decision = strategy(situation);
    if (decision) return decision;
  }
  return { action: "give-up" };
}
