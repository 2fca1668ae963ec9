import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { measureProgress } from "../bench/progressTruth.ts";
import { type ProgressCounts, ProgressMeter } from "../progressMeter.ts";

const NOTHING: ProgressCounts = {
  headersKnown: 0,
  headersNeeded: 1,
  hasHeaders: false,
  hasTipList: false,
  listsKnown: 0,
  listsNeeded: 0,
  quorumsVerified: 0,
  quorumsTotal: 0,
  requestsDone: 0,
  requestsTotal: 0,
  bytesIn: 0,
};

/** Whatever comes: reorganisations, pruned lists, quorum sets that change. */
const anyCounts: fc.Arbitrary<ProgressCounts> = fc
  .record({
    headersKnown: fc.nat(9),
    headersNeeded: fc.nat(9),
    hasHeaders: fc.boolean(),
    hasTipList: fc.boolean(),
    listsKnown: fc.nat(9),
    listsNeeded: fc.nat(9),
    quorumsVerified: fc.nat(9),
    quorumsTotal: fc.nat(9),
  })
  .map((counts) => ({ ...NOTHING, ...counts }));

const before = { headers: 0, lists: 0 };

describe("ProgressMeter", () => {
  it("never goes back, and never beyond its ends", () => {
    const anyBefore = fc.record({ headers: fc.nat(9), lists: fc.nat(9) });
    fc.assert(
      fc.property(anyBefore, fc.array(anyCounts, { minLength: 1 }), (left, all) => {
        const meter = new ProgressMeter(0, left);
        const fractions = all.map((counts, i) => meter.update(counts, i).fraction);
        expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
        expect(Math.min(...fractions)).toBeGreaterThanOrEqual(0);
        expect(Math.max(...fractions)).toBeLessThanOrEqual(1);
        meter.finish();
        expect(meter.update(NOTHING, 0).fraction).toBe(1);
      }),
    );
  });

  it("gives a third each to headers, lists and quorums, each share of what was missing", () => {
    const meter = new ProgressMeter(0, { headers: 100, lists: 4 });
    const fractionOf = (counts: Partial<ProgressCounts>) =>
      3 * meter.update({ ...NOTHING, listsKnown: 4, listsNeeded: 4, ...counts }, 1).fraction;
    // The quorums of the list that was there before say nothing about those of the tip's.
    expect(fractionOf({ headersKnown: 100, headersNeeded: 200, quorumsVerified: 9, quorumsTotal: 9 })).toBe(
      0,
    );
    expect(fractionOf({ headersKnown: 150, headersNeeded: 200 })).toBeCloseTo(0.5);
    const lists = { hasHeaders: true, listsNeeded: 8 };
    expect(fractionOf({ ...lists, listsKnown: 5 })).toBeCloseTo(1.25);
    const quorums = { ...lists, hasTipList: true, listsKnown: 8, quorumsTotal: 9 };
    expect(fractionOf({ ...quorums, quorumsVerified: 5 })).toBeCloseTo(2);
    expect(fractionOf({ ...quorums, quorumsVerified: 7 })).toBeCloseTo(2.5);
    expect(fractionOf({ ...quorums, quorumsVerified: 9 })).toBeCloseTo(3);
  });

  it("says how long it takes once there is something to go by", () => {
    const meter = new ProgressMeter(1_000, before);
    expect(meter.update(NOTHING, 2_000).etaMs).toBeUndefined();
    expect(meter.update({ ...NOTHING, hasHeaders: true }, 3_000).etaMs).toBeCloseTo(4_000);
    meter.finish();
    expect(meter.update(NOTHING, 4_000).etaMs).toBeUndefined();
  });
});

describe("the benchmark's truth about progress", () => {
  it("is the share of what the run added, each kind alike, and nothing for a kind that was there", () => {
    const shown = [
      { fraction: 0, work: [100, 4, 7] as const },
      { fraction: 0.5, work: [150, 4, 7] as const },
      { fraction: 0.5, work: [200, 6, 7] as const },
      { fraction: 1, work: [200, 8, 7] as const },
    ];
    expect(measureProgress(shown)).toEqual({ largest: 25, mean: 12.5 });
  });
});
