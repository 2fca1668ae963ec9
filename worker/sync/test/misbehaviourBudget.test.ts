import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MisbehaviourBudget, type Refusable } from "../misbehaviourBudget.ts";

const DAY_MS = 86_400_000;

function list(height: number): Refusable {
  return { key: String(height), kind: "mnlistdiff", height };
}

const QRINFO: Refusable = { key: "qrinfo", kind: "qrinfo", height: 150 };

describe("the misbehaviour budget", () => {
  it("ends below ten points a day, counting what is on its way", () => {
    const budget = new MisbehaviourBudget();
    const allows = (address: string, onTheWay: number, nowMs: number) =>
      budget.allows(address, undefined, onTheWay, nowMs);
    for (let i = 0; i < 8; i++) budget.refuse("a", list(i), i);
    expect([0, 1, 2].map((onTheWay) => allows("a", onTheWay, 10))).toEqual([true, false, false]);
    budget.refuse("a", QRINFO, 10);
    expect([allows("a", 0, 10), allows("b", 0, 10)]).toEqual([false, true]);
    expect([allows("a", 0, DAY_MS - 1), allows("a", 0, DAY_MS)]).toEqual([false, true]);
  });

  it("leaves most of it for what a node did not refuse before", () => {
    const budget = new MisbehaviourBudget();
    for (let i = 0; i < 3; i++) budget.refuse("a", list(7), 0);
    expect([budget.allows("a", "7", 0, 0), budget.allows("a", "7", 1, 0)]).toEqual([true, false]);
    budget.refuse("a", list(7), 0);
    expect([budget.allows("a", "7", 0, 0), budget.allows("a", "8", 0, 0)]).toEqual([false, true]);
    expect([budget.allows("b", "7", 0, 0), budget.allows("a", "7", 0, DAY_MS)]).toEqual([true, true]);
  });

  it("holds whatever is asked and refused, and whenever", () => {
    const step = fc.tuple(fc.boolean(), fc.nat(DAY_MS / 4), fc.nat(3));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const budget = new MisbehaviourBudget();
        const earned: number[] = [];
        const onTheWay: number[] = [];
        let nowMs = 0;
        for (const [isAnswer, pauseMs, height] of steps) {
          nowMs += pauseMs;
          if (!isAnswer && budget.allows("a", String(height), onTheWay.length, nowMs)) onTheWay.push(height);
          const answered = isAnswer ? onTheWay.shift() : undefined;
          if (answered === undefined) continue;
          budget.refuse("a", list(answered), nowMs);
          earned.push(nowMs);
        }
        for (const from of earned) {
          expect(earned.filter((atMs) => atMs >= from && atMs < from + DAY_MS).length).toBeLessThan(10);
        }
      }),
    );
  });

  it("does not count as refused what a node served before: that was lost", () => {
    const budget = new MisbehaviourBudget();
    const points = (address: string) =>
      [9, 8, 7, 6, 5, 4, 3, 2, 1, 0].findIndex((left) => budget.allows(address, undefined, left - 1, 0));
    budget.serve("a", list(200));
    budget.serve("a", list(100));
    for (let i = 0; i < 9; i++) budget.refuse("a", list(200), 0);
    expect(points("a")).toBe(0);
    budget.refuse("a", list(201), 0);
    budget.refuse("a", QRINFO, 0);
    budget.refuse("b", list(150), 0);
    expect([points("a"), points("b")]).toEqual([2, 1]);
    budget.forgetServed();
    budget.refuse("a", list(100), 0);
    expect(points("a")).toBe(3);
  });
});
