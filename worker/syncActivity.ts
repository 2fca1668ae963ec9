import type { SyncRequestCount, SyncRequestRow, SyncRun, SyncSnapshot, SyncStrategy } from "./api.ts";
import type { SyncPlan } from "./sync/plan.ts";
import { RequestLog } from "./sync/requestLog.ts";
import type { SyncTuning } from "./syncTuning.ts";

/** Runs kept, and lines of each, whose plan may be made again and again. No specific reason for these numbers. */
const MAX_RUNS = 50;
const MAX_LINES = 200;

/** What is known of a run without its requests. */
type Run = Omit<SyncRun, "qrInfos" | "mnListDiffs">;

/** The plans and what becomes of their requests, as the page sees them. */
export class SyncActivity {
  readonly log: RequestLog;
  readonly #tuning: SyncTuning;
  readonly #now: () => number;
  /** Oldest first. */
  #runs: readonly Run[] = [];
  #changes = 0;

  /** @param now - milliseconds since 1970 */
  constructor(tuning: SyncTuning, now: () => number) {
    this.#tuning = tuning;
    this.#now = now;
    this.log = new RequestLog(now);
  }

  /** Another number whenever there is something new to see. */
  get revision(): number {
    return this.#changes + this.log.revision;
  }

  /** @param plan - that is carried out from now on, in a new run if the last one is complete */
  start(plan: SyncPlan): void {
    const last = this.#runs.at(-1);
    const isOpen = last !== undefined && last.completedAtMs === undefined;
    const run = isOpen ? last : this.#newRun();
    const others = isOpen ? this.#runs.slice(0, -1) : this.#runs;
    this.#runs = [...others, withPlan(run, plan)].slice(-MAX_RUNS);
    this.#changes++;
  }

  /** Nothing is missing any more. */
  settle(): void {
    const last = this.#runs.at(-1);
    if (last === undefined || last.completedAtMs !== undefined) return;
    this.#runs = [...this.#runs.slice(0, -1), { ...last, completedAtMs: this.#now() }];
    this.#changes++;
  }

  snapshot(): SyncSnapshot {
    const requests = this.log.rows;
    const runs = this.#runs.map((run, i) => {
      const nextId = this.#runs[i + 1]?.firstId ?? Number.POSITIVE_INFINITY;
      return withCounts(
        run,
        requests.filter(({ id }) => id >= run.firstId && id < nextId),
      );
    });
    const { concurrency } = this.log;
    return { runs, requests, concurrency, nowMs: this.#now(), tuning: this.#tuning };
  }

  #newRun(): Run {
    return {
      firstId: (this.log.rows.at(-1)?.id ?? 0) + 1,
      strategy: { kind: "discovery" },
      rationale: [],
      estimatedBytes: 0,
      estimatedDurationMs: 0,
      startedAtMs: this.#now(),
      completedAtMs: undefined,
    };
  }
}

function withPlan(run: Run, plan: SyncPlan): Run {
  return {
    ...run,
    strategy: strategyOf(plan),
    rationale: [...new Set([...run.rationale, ...plan.rationale])].slice(-MAX_LINES),
    estimatedBytes: run.estimatedBytes + plan.estimatedBytes,
    estimatedDurationMs: run.estimatedDurationMs + plan.estimatedDurationMs,
  };
}

function strategyOf({ fallbackToMnListDiff }: SyncPlan): SyncStrategy {
  return fallbackToMnListDiff
    ? { kind: "fallback", reason: "no peer sends snapshots, so rotating quorums stay unknown" }
    : { kind: "discovery" };
}

function withCounts(run: Run, rows: readonly SyncRequestRow[]): SyncRun {
  return { ...run, qrInfos: countOf(rows, "qrinfo"), mnListDiffs: countOf(rows, "mnlistdiff") };
}

/** What was asked for again has the same label. */
function countOf(rows: readonly SyncRequestRow[], kind: SyncRequestRow["kind"]): SyncRequestCount {
  const ofKind = rows.filter((row) => row.kind === kind);
  const labels = (some: readonly SyncRequestRow[]) => new Set(some.map(({ label }) => label)).size;
  return { planned: labels(ofKind), done: labels(ofKind.filter(({ state }) => state === "answered")) };
}
