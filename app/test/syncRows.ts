import type { SyncRequestRow } from "../../worker/api.ts";
import { NOW } from "./snapshots.ts";

/** When the first request of a test is asked for. */
export const START = NOW;

/**
 * @param queued - milliseconds after START, as the two others
 * @param sent - undefined: it waits
 * @param ended - undefined: nothing came yet
 */
export function requestRow(
  id: number,
  [queued, sent, ended]: readonly [number, number?, number?],
  part: Partial<SyncRequestRow> = {},
): SyncRequestRow {
  const at = (ms: number | undefined) => (ms === undefined ? undefined : START + ms);
  return {
    id,
    kind: "mnlistdiff",
    label: `${8 * id} to ${8 * id + 8}`,
    reason: "needed by a quorum of type 5",
    priority: "normal",
    isSpeculative: false,
    state: sent === undefined ? "queued" : ended === undefined ? "inFlight" : "answered",
    address: sent === undefined ? undefined : "203.0.113.7:9999",
    queuedAtMs: START + queued,
    sentAtMs: at(sent),
    endedAtMs: at(ended),
    bytes: ended === undefined ? undefined : 1_000,
    error: undefined,
    ...part,
  };
}
