import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Priority } from "../plan.ts";
import { moreUrgent, priorityAfter, RequestQueue } from "../requestQueue.ts";

const PRIORITIES: Priority[] = ["critical", "high", "normal", "low"];

function drain<T>(queue: RequestQueue<T>, nowMs: number): T[] {
  const taken: T[] = [];
  for (let next = queue.take(nowMs, () => true); next; next = queue.take(nowMs, () => true)) {
    taken.push(next.item);
  }
  return taken;
}

describe("the queue", () => {
  it("gives the most urgent first, and of those the oldest", () => {
    const entry = fc.record({
      priority: fc.constantFrom(...PRIORITIES),
      sinceMs: fc.nat(50),
      notBeforeMs: fc.nat(50),
    });
    fc.assert(
      fc.property(fc.array(entry), fc.nat(60), (entries, nowMs) => {
        const queue = new RequestQueue<(typeof entries)[number]>();
        for (const item of entries) queue.add({ item, ...item });
        const taken = drain(queue, nowMs);
        expect(taken.length).toBe(entries.filter(({ notBeforeMs }) => notBeforeMs <= nowMs).length);
        for (const [i, item] of taken.entries()) {
          const previous = taken[i - 1];
          if (!previous) continue;
          const step = PRIORITIES.indexOf(item.priority) - PRIORITIES.indexOf(previous.priority);
          expect(step > 0 || (step === 0 && item.sinceMs >= previous.sinceMs)).toBe(true);
        }
        expect(queue.items.every(({ notBeforeMs }) => notBeforeMs > nowMs)).toBe(true);
      }),
    );
  });

  it("passes by what must wait, which keeps its place by time", () => {
    const queue = new RequestQueue<string>();
    queue.add({ item: "again", priority: "normal", sinceMs: 1, notBeforeMs: 100 });
    queue.add({ item: "first", priority: "normal", sinceMs: 2, notBeforeMs: 0 });
    queue.add({ item: "second", priority: "normal", sinceMs: 3, notBeforeMs: 0 });
    expect(queue.nextDueMs(50)).toBe(100);
    expect(queue.take(99, () => true)?.item).toBe("first");
    expect(queue.take(100, () => true)?.item).toBe("again");
    expect([queue.nextDueMs(100), queue.length]).toEqual([undefined, 1]);
  });

  it("passes by what cannot be sent, and gives back what is not wanted any more", () => {
    const queue = new RequestQueue<number>();
    for (const item of [1, 2, 3]) queue.add({ item, priority: "high", sinceMs: item, notBeforeMs: 0 });
    expect(queue.take(0, ({ item }) => item > 1)?.item).toBe(2);
    expect(queue.remove(({ item }) => item === 3)).toEqual([3]);
    expect(queue.items.map(({ item }) => item)).toEqual([1]);
    expect(queue.take(0, () => false)).toBeUndefined();
  });
});

describe("priorities", () => {
  it("go down one step with a timeout, never with another failure", () => {
    expect(PRIORITIES.map((priority) => priorityAfter(priority, "timeout"))).toEqual([
      "high",
      "normal",
      "low",
      "low",
    ]);
    for (const failure of ["network", "refused", "invalid data", "protocol"] as const) {
      expect(PRIORITIES.map((priority) => priorityAfter(priority, failure))).toEqual(PRIORITIES);
    }
  });

  it("are compared by urgency", () => {
    expect([moreUrgent("low", "high"), moreUrgent("critical", "normal")]).toEqual(["high", "critical"]);
  });
});
