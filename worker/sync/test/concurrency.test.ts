import { describe, expect, it } from "vitest";
import { DEFAULT_TUNING, type SyncTuning } from "../../syncTuning.ts";
import { ManualClock } from "../../test/manualClock.ts";
import { AdaptiveConcurrency } from "../concurrency.ts";

function start(tuning: Partial<SyncTuning> = {}) {
  const clock = new ManualClock();
  const concurrency = new AdaptiveConcurrency({ ...DEFAULT_TUNING, ...tuning }, () => clock.now());
  const record = (...outcomes: number[]) => {
    for (const outcome of outcomes) concurrency.record(outcome === 1);
  };
  return { clock, concurrency, record };
}

describe("concurrency", () => {
  it("is twice as many as there are peers, at most eight, at least one", () => {
    const { concurrency } = start();
    expect([0, 1, 3, 4, 9].map((peers) => concurrency.limit(peers, 1))).toEqual([1, 2, 6, 8, 8]);
    expect([0.8, 0.5, 0.24, 0.01].map((factor) => concurrency.limit(4, factor))).toEqual([6, 4, 1, 1]);
  });

  it("is what the user says, if that is less", () => {
    expect(start({ maxConcurrent: 3 }).concurrency.limit(4, 1)).toBe(3);
    expect(start({ maxConcurrent: 3 }).concurrency.limit(1, 1)).toBe(2);
    expect(start({ isSequential: true }).concurrency.limit(4, 1)).toBe(1);
  });

  it("is halved when over 30 % fail, and recovers by one with each success", () => {
    const { concurrency, record } = start();
    record(1, 1, 1, 1, 1, 1, 1, 0, 0, 0);
    expect(concurrency.limit(4, 1)).toBe(8);
    record(0);
    expect([concurrency.limit(4, 1), concurrency.sequentialUntilMs]).toEqual([4, undefined]);
    record(1, 1);
    expect(concurrency.limit(4, 1)).toBe(6);
    record(1, 1, 1, 1);
    expect(concurrency.limit(4, 1)).toBe(8);
  });

  it("is one for a while when over half fail, and grows from there", () => {
    const { clock, concurrency, record } = start();
    record(1, 1, 0, 0, 0);
    expect(concurrency.limit(4, 1)).toBe(8);
    record(0);
    expect([concurrency.limit(4, 1), concurrency.sequentialUntilMs]).toEqual([1, 10_000]);
    record(1, 1);
    clock.advance(9_999);
    expect(concurrency.limit(4, 1)).toBe(1);
    clock.advance(1);
    expect([concurrency.limit(4, 1), concurrency.sequentialUntilMs]).toEqual([3, undefined]);
  });

  it("stays what it is when it is not to adapt", () => {
    const { concurrency, record } = start({ adaptiveConcurrency: false });
    record(0, 0, 0, 0, 0, 0, 0, 0);
    expect([concurrency.limit(4, 0.5), concurrency.limit(0, 1)]).toEqual([8, 1]);
    concurrency.halve();
    concurrency.goSequential();
    expect([concurrency.limit(4, 1), concurrency.sequentialUntilMs]).toEqual([8, undefined]);
  });
});
