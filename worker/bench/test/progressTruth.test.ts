import { describe, expect, it } from "vitest";
import { ManualClock } from "../../test/manualClock.ts";
import { type ProgressSample, ProgressSampler } from "../progressTruth.ts";

describe("samples of the progress", () => {
  it("are taken as often as a page is shown one, however often it changes, and once at the end", () => {
    const clock = new ManualClock();
    const read = (): ProgressSample => ({ fraction: clock.now() / 1_000, work: [0, 0, 0] });
    const sampler = new ProgressSampler(clock, read);
    for (let ms = 0; ms < 350; ms++) {
      sampler.changed();
      clock.advance(1);
    }
    expect(sampler.finish().map(({ fraction }) => fraction)).toEqual([0.1, 0.2, 0.3, 0.35]);
    expect(clock.waiting).toEqual([]);
  });

  it("are not taken while nothing changes", () => {
    const clock = new ManualClock();
    let reads = 0;
    const sampler = new ProgressSampler(clock, () => ({ fraction: reads++, work: [0, 0, 0] }));
    clock.advance(1_000);
    expect(reads).toBe(0);
    sampler.changed();
    clock.advance(1_000);
    expect(sampler.finish()).toHaveLength(2);
  });
});
