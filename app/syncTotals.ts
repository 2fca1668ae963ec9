import type { SyncRequestRow } from "../worker/api.ts";
import { endOf, isPending } from "./syncTimeline.ts";

/** What a burst of requests came to. */
export interface SyncTotals {
  readonly requests: number;
  readonly pending: number;
  readonly answered: number;
  /** Failed, retried or given up for another way. */
  readonly inVain: number;
  readonly bytes: number;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly bytesPerSecond: number;
  /** Longest on its way, answered or not. */
  readonly slowest: SyncRequestRow | undefined;
}

/** @param rows - at least one */
export function totalsOf(rows: readonly SyncRequestRow[], nowMs: number): SyncTotals {
  const count = (is: (row: SyncRequestRow) => boolean) => rows.filter(is).length;
  const startedAtMs = Math.min(...rows.map(({ queuedAtMs }) => queuedAtMs));
  const endedAtMs = Math.max(...rows.map((row) => endOf(row, nowMs)));
  const bytes = rows.reduce((sum, row) => sum + (row.bytes ?? 0), 0);
  return {
    requests: rows.length,
    pending: count(isPending),
    answered: count(({ state }) => state === "answered"),
    inVain: count(({ state }) => state === "failed" || state === "retried" || state === "fellBack"),
    bytes,
    startedAtMs,
    endedAtMs,
    bytesPerSecond: (1000 * bytes) / Math.max(1, endedAtMs - startedAtMs),
    slowest: slowestOf(rows, nowMs),
  };
}

/** @returns time between sending and the end; undefined for what was never sent */
export function tookMs(row: SyncRequestRow, nowMs: number): number | undefined {
  return row.sentAtMs === undefined ? undefined : endOf(row, nowMs) - row.sentAtMs;
}

/** @returns time without a free peer */
export function waitedMs(row: SyncRequestRow, nowMs: number): number {
  return (row.sentAtMs ?? endOf(row, nowMs)) - row.queuedAtMs;
}

function slowestOf(rows: readonly SyncRequestRow[], nowMs: number): SyncRequestRow | undefined {
  return rows
    .filter(({ sentAtMs }) => sentAtMs !== undefined)
    .reduce<SyncRequestRow | undefined>(
      (slowest, row) =>
        slowest && (tookMs(slowest, nowMs) ?? 0) >= (tookMs(row, nowMs) ?? 0) ? slowest : row,
      undefined,
    );
}
