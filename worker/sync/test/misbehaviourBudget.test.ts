import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MisbehaviourBudget } from "../misbehaviourBudget.ts";

const DAY_MS = 86_400_000;

describe("the misbehaviour budget", () => {
  it("ends below ten points a day, counting what is on its way", () => {
    const budget = new MisbehaviourBudget();
    for (let i = 0; i < 8; i++) budget.refuse("a", "mnlistdiff", 100, i);
    expect([0, 1, 2].map((onTheWay) => budget.allows("a", onTheWay, 10))).toEqual([true, false, false]);
    budget.refuse("a", "qrinfo", 100, 10);
    expect([budget.allows("a", 0, 10), budget.allows("b", 0, 10)]).toEqual([false, true]);
    expect([budget.retryAtMs("a", 10), budget.retryAtMs("b", 10)]).toEqual([DAY_MS, 10]);
    expect([budget.allows("a", 0, DAY_MS - 1), budget.allows("a", 0, DAY_MS)]).toEqual([false, true]);
  });

  it("holds whatever is asked and refused, and whenever", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), fc.nat(DAY_MS / 4)), { maxLength: 300 }), (steps) => {
        const budget = new MisbehaviourBudget();
        const earned: number[] = [];
        let [nowMs, onTheWay] = [0, 0];
        for (const [isAnswer, pauseMs] of steps) {
          nowMs += pauseMs;
          if (!isAnswer && budget.allows("a", onTheWay, nowMs)) onTheWay++;
          if (!isAnswer || onTheWay === 0) continue;
          onTheWay--;
          budget.refuse("a", "mnlistdiff", 1, nowMs);
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
    budget.serve("a", "mnlistdiff", 200);
    budget.serve("a", "mnlistdiff", 100);
    for (let i = 0; i < 9; i++) budget.refuse("a", "mnlistdiff", 200, 0);
    expect(budget.allows("a", 0, 0)).toBe(true);
    budget.refuse("a", "mnlistdiff", 201, 0);
    budget.refuse("a", "qrinfo", 150, 0);
    budget.refuse("b", "mnlistdiff", 150, 0);
    expect([budget.allows("a", 6, 0), budget.allows("a", 7, 0)]).toEqual([true, false]);
    expect([budget.allows("b", 7, 0), budget.allows("b", 8, 0)]).toEqual([true, false]);
    budget.forgetServed();
    budget.refuse("a", "mnlistdiff", 100, 0);
    expect(budget.allows("a", 6, 0)).toBe(false);
  });
});
