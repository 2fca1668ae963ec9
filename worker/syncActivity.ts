import type { SyncRequestCount, SyncRequestRow, SyncSnapshot } from "./api.ts";
import { EMPTY_PLAN, type SyncPlan } from "./sync/plan.ts";
import { RequestLog } from "./sync/requestLog.ts";
import type { SyncTuning } from "./syncTuning.ts";

/** Plans of one run, from the first gap until everything is there, added up. */
type Plans = Pick<SyncPlan, "fallbackToMnListDiff" | "estimatedBytes" | "estimatedDurationMs" | "rationale">;

/** Lines kept of the plans of one run, which may be made again and again. No specific reason for this number. */
const MAX_LINES = 200;

/** The plans and what becomes of their requests, as the page sees them. */
export class SyncActivity {
  readonly log: RequestLog;
  readonly #tuning: SyncTuning;
  readonly #now: () => number;
  #plans: Plans = EMPTY_PLAN;
  #planned = 0;
  /** Everything was there: the next plan begins a run of its own. */
  #isSettled = true;
  /** The last row before what is counted. */
  #settledId = 0;

  /** @param now - milliseconds since 1970 */
  constructor(tuning: SyncTuning, now: () => number) {
    this.#tuning = tuning;
    this.#now = now;
    this.log = new RequestLog(now);
  }

  /** Another number whenever there is something new to see. */
  get revision(): number {
    return this.#planned + this.log.revision;
  }

  /** @param plan - that is carried out from now on */
  start(plan: SyncPlan): void {
    if (this.#isSettled) this.#settledId = this.log.rows.at(-1)?.id ?? 0;
    this.#plans = addUp(this.#isSettled ? EMPTY_PLAN : this.#plans, plan);
    this.#isSettled = false;
    this.#planned++;
  }

  /** Nothing is missing any more. */
  settle(): void {
    this.#isSettled = true;
  }

  snapshot(): SyncSnapshot {
    return makeSyncSnapshot(this.#plans, this.log, this.#settledId, this.#tuning, this.#now());
  }
}

/** @returns what there is to see before there is a client */
export function idleSync(tuning: SyncTuning, nowMs: number): SyncSnapshot {
  return makeSyncSnapshot(EMPTY_PLAN, new RequestLog(() => nowMs), 0, tuning, nowMs);
}

function addUp(before: Plans, plan: SyncPlan): Plans {
  return {
    fallbackToMnListDiff: plan.fallbackToMnListDiff,
    estimatedBytes: before.estimatedBytes + plan.estimatedBytes,
    estimatedDurationMs: before.estimatedDurationMs + plan.estimatedDurationMs,
    rationale: [...new Set([...before.rationale, ...plan.rationale])].slice(-MAX_LINES),
  };
}

function makeSyncSnapshot(
  plan: Plans,
  log: RequestLog,
  settledId: number,
  tuning: SyncTuning,
  nowMs: number,
): SyncSnapshot {
  const requests = log.rows;
  const counted = requests.filter(({ id }) => id > settledId);
  return {
    strategy: plan.fallbackToMnListDiff
      ? { kind: "fallback", reason: "no peer sends snapshots, so rotating quorums stay unknown" }
      : { kind: "discovery" },
    rationale: plan.rationale,
    qrInfos: countRequests(counted, "qrinfo"),
    mnListDiffs: countRequests(counted, "mnlistdiff"),
    estimatedBytes: plan.estimatedBytes,
    estimatedDurationMs: plan.estimatedDurationMs,
    requests,
    concurrency: log.concurrency,
    nowMs,
    tuning,
  };
}

/** What was asked for again has the same label. */
function countRequests(rows: readonly SyncRequestRow[], kind: SyncRequestRow["kind"]): SyncRequestCount {
  const ofKind = rows.filter((row) => row.kind === kind);
  const labels = (some: readonly SyncRequestRow[]) => new Set(some.map(({ label }) => label)).size;
  return { planned: labels(ofKind), done: labels(ofKind.filter(({ state }) => state === "answered")) };
}
