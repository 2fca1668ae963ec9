import type { SyncRequestRow, SyncRequestState } from "../worker/api.ts";
import type { Tone } from "./status.ts";

/** How the states of requests are named and coloured, in the order of their lives. */
export const REQUEST_STATES: Record<SyncRequestState, { readonly tone: Tone; readonly label: string }> = {
  queued: { tone: "off", label: "Waiting" },
  inFlight: { tone: "busy", label: "On its way" },
  answered: { tone: "ok", label: "Answered" },
  retried: { tone: "warn", label: "Asked again" },
  fellBack: { tone: "warn", label: "Replaced by lists" },
  failed: { tone: "danger", label: "Failed" },
  aborted: { tone: "off", label: "Called off" },
};

/** @returns e.g. "QRInfo, cycle 864", "MnListDiff, 1120 to 1144" */
export function requestName({ kind, label }: Pick<SyncRequestRow, "kind" | "label">): string {
  return `${kind === "qrinfo" ? "QRInfo" : "MnListDiff"}, ${label}`;
}
