import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type BlockHash, toHashHex } from "../../wire/hashes.ts";
import { MisbehaviourBudget, type Refusable } from "../misbehaviourBudget.ts";
import { hashOf } from "./requests.ts";

const DAY_MS = 86_400_000;
/** Blocks of our chain that the tests speak of. */
const HEIGHTS = new Map(Array.from({ length: 300 }, (_, height) => [toHashHex(hashOf(height)), height]));

function makeBudget(heightOf = (block: BlockHash) => HEIGHTS.get(toHashHex(block))): MisbehaviourBudget {
  return new MisbehaviourBudget(heightOf);
}

function list(height: number, baseHeight = 0): Refusable {
  const base = baseHeight === 0 ? [] : [hashOf(baseHeight)];
  return { kind: "mnlistdiff", target: hashOf(height), blocks: [...base, hashOf(height)] };
}

const QRINFO: Refusable = { kind: "qrinfo", target: hashOf(150), blocks: [hashOf(150)] };

describe("the misbehaviour budget", () => {
  it("ends below ten points a day, counting what is on its way", () => {
    const budget = makeBudget();
    const allows = (address: string, onTheWay: number, nowMs: number) =>
      budget.allows(address, [], onTheWay, nowMs);
    for (let i = 0; i < 8; i++) budget.refuse("a", list(i + 1), i);
    expect([0, 1, 2].map((onTheWay) => allows("a", onTheWay, 10))).toEqual([true, false, false]);
    budget.refuse("a", QRINFO, 10);
    expect([allows("a", 0, 10), allows("b", 0, 10)]).toEqual([false, true]);
    expect([allows("a", 0, DAY_MS - 1), allows("a", 0, DAY_MS)]).toEqual([false, true]);
  });

  it("has nothing to ask a node again that it refused, until it shows a chain with it", () => {
    const budget = makeBudget();
    const allows = ({ blocks }: Refusable, nowMs = 0) => budget.allows("a", blocks, 0, nowMs);
    budget.refuse("a", list(70, 60), 0);
    // As a target, as a base, and after a day; others are not refused.
    expect([list(70, 50), list(80, 70), list(60)].map((request) => allows(request))).toEqual([
      false,
      false,
      false,
    ]);
    expect([allows(list(70), 9 * DAY_MS), allows(list(50)), allows(list(90, 80))]).toEqual([
      false,
      true,
      true,
    ]);
    budget.show("a", hashOf(65));
    expect([allows(list(60)), allows(list(70)), budget.shownHeight("a")]).toEqual([true, false, 65]);
    budget.serve("a", list(71));
    expect([allows(list(70)), allows(list(80, 70)), budget.shownHeight("a")]).toEqual([true, true, 71]);
  });

  it("takes nothing for shown that left our chain, or never was on it", () => {
    const heights = new Map(HEIGHTS);
    const budget = makeBudget((block) => heights.get(toHashHex(block)));
    budget.refuse("a", list(70), 0);
    budget.show("a", hashOf(1_000));
    expect(budget.allows("a", [hashOf(70)], 0, 0)).toBe(false);
    budget.show("a", hashOf(80));
    expect(budget.allows("a", [hashOf(70)], 0, 0)).toBe(true);
    for (let height = 75; height < 300; height++) heights.delete(toHashHex(hashOf(height)));
    expect([budget.allows("a", [hashOf(70)], 0, 0), budget.shownHeight("a")]).toEqual([false, 0]);
    budget.show("a", hashOf(74));
    expect(budget.allows("a", [hashOf(70)], 0, 0)).toBe(true);
  });

  it("holds whatever is asked, refused, served and shown, and whenever", () => {
    const height = fc.integer({ min: 1, max: 12 });
    const step = fc.record({
      what: fc.constantFrom("ask", "ask", "refuse", "serve", "show"),
      height,
      base: fc.nat(11),
      pauseMs: fc.nat(DAY_MS / 4),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const budget = makeBudget();
        const points: number[] = [];
        const refused = new Set<number>();
        const onTheWay: { height: number; base: number }[] = [];
        let [nowMs, shown, served] = [0, 0, 0];
        for (const { what, height, base: anyBase, pauseMs } of steps) {
          nowMs += pauseMs;
          const base = Math.min(anyBase, height - 1);
          if (what === "ask") {
            if (!budget.allows("a", list(height, base).blocks, onTheWay.length, nowMs)) continue;
            for (const block of [base, height]) expect(refused.has(block) && block > shown).toBe(false);
            onTheWay.push({ height, base });
          } else if (what === "show") {
            budget.show("a", hashOf(height));
            shown = Math.max(shown, height);
          } else {
            const answered = onTheWay.shift();
            if (!answered) continue;
            const request = list(answered.height, answered.base);
            if (what === "serve") {
              budget.serve("a", request);
              served = Math.max(served, answered.height);
              shown = Math.max(shown, served);
            } else {
              budget.refuse("a", request, nowMs);
              if (answered.height <= served) continue;
              points.push(nowMs);
              for (const block of [answered.base, answered.height]) if (block > 0) refused.add(block);
            }
          }
        }
        for (const from of points) {
          expect(points.filter((atMs) => atMs >= from && atMs < from + DAY_MS).length).toBeLessThan(10);
        }
      }),
    );
  });

  it("goes on after a restart as if there had been none", () => {
    const [before, after] = [makeBudget(), makeBudget()];
    before.refuse("old", list(5), 0);
    for (let i = 1; i <= 8; i++) before.refuse("a", list(i, 200), i);
    before.refuse("b", QRINFO, 4);
    const now = DAY_MS;
    const kept = before.refusals(now);
    expect(kept.map(({ address, atMs }) => `${address} ${atMs}`)).toEqual([
      "a 1",
      "a 2",
      "a 3",
      "a 4",
      "b 4",
      "a 5",
      "a 6",
      "a 7",
      "a 8",
    ]);
    after.restore(structuredClone(kept), now);
    for (const budget of [before, after]) {
      expect([0, 1].map((onTheWay) => budget.allows("a", [], onTheWay, now))).toEqual([true, false]);
      expect(budget.allows("a", [hashOf(200)], 0, now)).toBe(false);
      expect(budget.allows("b", QRINFO.blocks, 0, now)).toBe(false);
      expect(budget.allows("old", [], 8, now)).toBe(true);
    }
    // The clock was wrong when it was written.
    const early = makeBudget();
    early.restore(kept, -1);
    expect([early.allows("a", [], 1, 0), early.allows("a", [], 1, DAY_MS - 1)]).toEqual([false, true]);
  });

  it("does not count as refused what a node served before: that was lost", () => {
    const budget = makeBudget();
    const points = (address: string) =>
      [9, 8, 7, 6, 5, 4, 3, 2, 1, 0].findIndex((left) => budget.allows(address, [], left - 1, 0));
    budget.serve("a", list(200));
    budget.serve("a", list(100));
    for (let i = 0; i < 9; i++) budget.refuse("a", list(200), 0);
    expect(points("a")).toBe(0);
    budget.refuse("a", list(201), 0);
    // It has the block, and yet may have no qrinfo.
    budget.refuse("a", QRINFO, 0);
    budget.refuse("b", list(150), 0);
    expect([points("a"), points("b")]).toEqual([2, 1]);
  });
});
