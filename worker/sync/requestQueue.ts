import type { ErrorClass } from "./errorStatistics.ts";
import type { Priority } from "./plan.ts";

/** Most urgent first. */
const PRIORITIES: readonly Priority[] = ["critical", "high", "normal", "low"];

/** @returns the more urgent one */
export function moreUrgent(a: Priority, b: Priority): Priority {
  return PRIORITIES.indexOf(a) <= PRIORITIES.indexOf(b) ? a : b;
}

/** @returns what a request's priority is after it failed: what times out is what the others must not wait for */
export function priorityAfter(priority: Priority, failure: ErrorClass): Priority {
  if (failure !== "timeout") return priority;
  return PRIORITIES[PRIORITIES.indexOf(priority) + 1] ?? priority;
}

export interface Queued<T> {
  readonly item: T;
  readonly priority: Priority;
  /** When it was queued for the first time. */
  readonly sinceMs: number;
  /** Not to be sent earlier. */
  readonly notBeforeMs: number;
}

/**
 * What waits to be sent: by priority, then by age. What is tried again keeps its age, so that it goes before what came
 * later; until its pause is over it is passed by.
 * Source: `design/sync.md` 5
 */
export class RequestQueue<T> {
  /** In the order they were added. */
  #queued: Queued<T>[] = [];

  get length(): number {
    return this.#queued.length;
  }

  get items(): readonly Queued<T>[] {
    return this.#queued;
  }

  add(queued: Queued<T>): void {
    this.#queued.push(queued);
  }

  /** Takes out the first whose time has come and that `isSendable`. */
  take(nowMs: number, isSendable: (queued: Queued<T>) => boolean): Queued<T> | undefined {
    const due = this.#queued.filter(({ notBeforeMs }) => notBeforeMs <= nowMs).sort(byUrgency);
    const next = due.find(isSendable);
    if (next) this.#queued = this.#queued.filter((other) => other !== next);
    return next;
  }

  /** @returns what was taken out */
  remove(isUnwanted: (queued: Queued<T>) => boolean): T[] {
    const removed = this.#queued.filter(isUnwanted);
    this.#queued = this.#queued.filter((queued) => !removed.includes(queued));
    return removed.map(({ item }) => item);
  }

  /** When the next pause is over; undefined if nothing waits for that. */
  nextDueMs(nowMs: number): number | undefined {
    const times = this.#queued.map(({ notBeforeMs }) => notBeforeMs).filter((time) => time > nowMs);
    return times.length === 0 ? undefined : Math.min(...times);
  }
}

/** The sort is stable: of the same age, the one that was added first. */
function byUrgency<T>(a: Queued<T>, b: Queued<T>): number {
  const difference = PRIORITIES.indexOf(a.priority) - PRIORITIES.indexOf(b.priority);
  return difference === 0 ? a.sinceMs - b.sinceMs : difference;
}
