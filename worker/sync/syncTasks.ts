import type { Priority, SyncPlan, SyncRequest } from "./plan.ts";
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

/** In the plan's order, in which bases come first. What others wait for is as urgent as they are. */
export function makeTasks({ requests, dependencies }: SyncPlan, nowMs: number): SyncTask[] {
  const tasks = new Map<SyncRequest, SyncTask>();
  for (const request of requests) {
    const needed = dependencies.get(request);
    tasks.set(request, {
      request,
      base: needed && tasks.get(needed),
      sinceMs: nowMs,
      priority: request.priority,
      status: "queued",
      row: 0,
    });
  }
  const all = [...tasks.values()];
  for (const { base, priority } of all.toReversed()) {
    if (base) base.priority = moreUrgent(base.priority, priority);
  }
  return all;
}
