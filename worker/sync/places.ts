import type { SyncTask } from "./syncTasks.ts";

/**
 * Tasks that hold one of the places for what is on its way: those sent and not applied yet, which a kill of the tab
 * would lose, and all that they wait for. So a base that failed finds its place kept when it is asked for again, however
 * many answers wait for it: nothing ever stands still.
 */
export function placeHolders(tasks: readonly SyncTask[]): Set<SyncTask> {
  const sent = tasks.filter(({ status }) => status === "inFlight" || status === "answered");
  return new Set(sent.flatMap(withBases));
}

/** Whether a queued task may be sent: it holds a place, or there is one for it and for each that it waits for. */
export function hasPlace(task: SyncTask, holders: ReadonlySet<SyncTask>, limit: number): boolean {
  if (holders.has(task)) return true;
  return holders.size + withBases(task).filter((needed) => !holders.has(needed)).length <= limit;
}

/** The task, and what must be applied before it and is not. */
function withBases(task: SyncTask): SyncTask[] {
  return !task.base || task.base.status === "ended" ? [task] : [task, ...withBases(task.base)];
}
