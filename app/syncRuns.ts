import type { SyncRequestRow, SyncRun, SyncSnapshot } from "../worker/api.ts";

/** Of the history of a day nothing could be seen at once: one run is looked at. */
export type RunChoice = "largest" | "newest";

/** @returns undefined before there is one */
export function chooseRun(runs: readonly SyncRun[], choice: RunChoice): SyncRun | undefined {
  if (choice === "newest") return runs.at(-1);
  const most = Math.max(...runs.map(sizeOf));
  return runs.findLast((run) => sizeOf(run) === most);
}

/** @returns requests of a run that are still remembered */
export function rowsOf({ runs, requests }: SyncSnapshot, run: SyncRun): SyncRequestRow[] {
  const next = runs.find(({ firstId }) => firstId > run.firstId);
  return requests.filter(({ id }) => id >= run.firstId && id < (next?.firstId ?? Number.POSITIVE_INFINITY));
}

function sizeOf({ qrInfos, mnListDiffs }: SyncRun): number {
  return qrInfos.planned + mnListDiffs.planned;
}
