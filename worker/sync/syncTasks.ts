import type { Priority, SyncPlan, SyncRequest } from "./plan.ts";
import { requestKey } from "./requestHistory.ts";
import { moreUrgent } from "./requestQueue.ts";

/** One request of a plan on its way to its end. */
export interface SyncTask {
  /** May ask for less when it is tried again. */
  request: SyncRequest;
  /** The one whose answer must be applied before its own. */
  readonly base: SyncTask | undefined;
  readonly sinceMs: number;
  priority: Priority;
  /** `answered`: not applied yet. */
  status: "queued" | "inFlight" | "answered" | "ended";
  /** In the log: each attempt has its own. */
  row: number;
}

/**
 * In the plan's order, in which bases come first. What others wait for is as urgent as they are.
 * @param running - of an earlier plan, still to end: what one of them brings is not asked for again
 */
export function makeTasks(
  { requests, dependencies }: SyncPlan,
  nowMs: number,
  running: readonly SyncTask[] = [],
): SyncTask[] {
  const open = running.filter(({ status }) => status !== "ended");
  const tasks = new Map<SyncRequest, SyncTask>();
  for (const request of requests) {
    const needed = dependencies.get(request);
    const same = open.find((task) => brings(task.request, request));
    tasks.set(
      request,
      same ?? {
        request,
        base: needed && tasks.get(needed),
        sinceMs: nowMs,
        priority: request.priority,
        status: "queued",
        row: 0,
      },
    );
  }
  const added = [...new Set(tasks.values())].filter((task) => !open.includes(task));
  for (const { base, priority } of added.toReversed()) {
    if (base) base.priority = moreUrgent(base.priority, priority);
  }
  return added;
}

function brings(request: SyncRequest, wanted: SyncRequest): boolean {
  if (requestKey(request) === requestKey(wanted)) return true;
  const isCovered = request.kind === "qrinfo" && wanted.kind === "mnlistdiff";
  return isCovered && request.coverage.workHeights.includes(wanted.height);
}
