import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ManualClock } from "../../test/manualClock.ts";
import { TokenBucket } from "../rateLimit.ts";

describe("the rate limit", () => {
  it("lets its capacity through at once, then as many as grow again", () => {
    const clock = new ManualClock();
    const bucket = new TokenBucket(2, 4, () => clock.now());
    expect([bucket.take(), bucket.take(), bucket.take()]).toEqual([true, true, false]);
    expect(bucket.waitMs).toBe(250);
    clock.advance(249);
    expect(bucket.take()).toBe(false);
    clock.advance(1);
    expect([bucket.waitMs, bucket.take(), bucket.take()]).toEqual([0, true, false]);
    clock.advance(60_000);
    expect([bucket.take(), bucket.take(), bucket.take()]).toEqual([true, true, false]);
  });

  it("never lets more through than capacity and rate allow, and always once its wait is over", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(400), { maxLength: 200 }), (pauses) => {
        const clock = new ManualClock();
        const bucket = new TokenBucket(5, 10, () => clock.now());
        let taken = 0;
        for (const pause of pauses) {
          clock.advance(pause);
          if (bucket.take()) taken++;
          expect(taken).toBeLessThanOrEqual(5 + (clock.now() * 10) / 1000 + 1e-6);
        }
        clock.advance(bucket.waitMs);
        expect(bucket.take()).toBe(true);
      }),
    );
  });
});
