import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hasPlace, placeHolders } from "../places.ts";
import type { SyncRequest } from "../plan.ts";
import type { SyncTask } from "../syncTasks.ts";
import { diffRequest } from "./requests.ts";

/** @param bases - by task, the index of the one before it that it is based on; none if there is no such */
function makeTasks(bases: readonly (number | undefined)[]): SyncTask[] {
  const tasks: SyncTask[] = [];
  for (const [i, base] of bases.entries()) {
    const request: SyncRequest = diffRequest(i + 1);
    const of = base === undefined ? undefined : tasks[base % (i || 1)];
    tasks.push({ request, base: of, sinceMs: 0, priority: "normal", status: "queued", row: i });
  }
  return tasks;
}

function of(tasks: readonly SyncTask[], ...statuses: readonly SyncTask["status"][]): SyncTask[] {
  return tasks.filter(({ status }) => statuses.includes(status));
}

function sendable(tasks: readonly SyncTask[], limit: number): SyncTask[] {
  if (of(tasks, "inFlight").length >= limit) return [];
  const holders = placeHolders(tasks);
  return of(tasks, "queued").filter((task) => hasPlace(task, holders, limit));
}

/** An answer can be applied. */
function isReady({ base }: SyncTask): boolean {
  return !base || base.status === "ended";
}

/** What can happen next: something goes out, an answer comes or does not, one is applied. */
function moves(tasks: readonly SyncTask[], limit: number): (() => void)[] {
  const to = (status: SyncTask["status"]) => (task: SyncTask) => () => {
    task.status = status;
  };
  return [
    ...sendable(tasks, limit).map(to("inFlight")),
    ...of(tasks, "inFlight").flatMap((task) => [to("answered")(task), to("queued")(task)]),
    ...of(tasks, "answered").filter(isReady).map(to("ended")),
  ];
}

const forests = fc.array(fc.option(fc.nat(), { nil: undefined }), { minLength: 1, maxLength: 30 });
const limits = fc.integer({ min: 1, max: 8 });

describe("places", () => {
  it("never holds more than the limit that is lost if the tab is killed, and never stands still", () => {
    fc.assert(
      fc.property(forests, limits, fc.infiniteStream(fc.nat()), (bases, limit, choices) => {
        const tasks = makeTasks(bases);
        for (let step = 0; step < 400 && of(tasks, "ended").length < tasks.length; step++) {
          const possible = moves(tasks, limit);
          expect(possible.length).toBeGreaterThan(0);
          possible[(choices.next().value ?? 0) % possible.length]?.();
          expect(of(tasks, "inFlight", "answered").length).toBeLessThanOrEqual(limit);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("comes to an end whatever fails at first, and however low the limit falls", () => {
    fc.assert(
      fc.property(forests, limits, limits, fc.array(fc.nat()), (bases, before, after, choices) => {
        const tasks = makeTasks(bases);
        for (const choice of choices) {
          const possible = moves(tasks, before);
          possible[choice % (possible.length || 1)]?.();
        }
        // From now on everything is answered and applied at once.
        for (let step = 0; of(tasks, "ended").length < tasks.length; step++) {
          for (const task of sendable(tasks, after).slice(0, 1)) task.status = "inFlight";
          for (const task of of(tasks, "inFlight")) task.status = "answered";
          for (const task of of(tasks, "answered").filter(isReady)) task.status = "ended";
          expect(step).toBeLessThan(2 * tasks.length);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("keeps that of a base that failed, which everything waits for", () => {
    const [base, first, second, other] = makeTasks([undefined, 0, 0, undefined]);
    if (!base || !first || !second || !other) throw new Error("no tasks");
    first.status = "answered";
    const tasks = [base, first, second, other];
    expect(sendable(tasks, 2)).toEqual([base]);
    expect(sendable(tasks, 3)).toEqual([base, second, other]);
    // However low the limit fell.
    expect(sendable(tasks, 1)).toEqual([base]);
  });
});
