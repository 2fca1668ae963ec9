import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seededRandom } from "../../test/seededRandom.ts";
import { type ErrorClass, ErrorStatistics } from "../errorStatistics.ts";
import { backoffMs, type RequestPast, recover, type Situation } from "../recovery.ts";

function past(...classes: ErrorClass[]): RequestPast {
  const failures = classes.map((errorClass, i) => ({ address: String(i), errorClass }));
  return { kind: "mnlistdiff", failures, backoffs: 0, wasSmaller: false, wasAlone: false };
}

function statistics(...ends: [ErrorClass | "ok", number][]): ErrorStatistics {
  const counted = new ErrorStatistics();
  for (const [end, times] of ends) for (let i = 0; i < times; i++) counted.record(end);
  return counted;
}

function situation(more: Partial<Situation> = {}): Situation {
  const quiet = { statistics: statistics(), untriedPeers: 0, usablePeers: 1, random: () => 0 };
  return { past: past("refused"), ...quiet, ...more };
}

describe("pauses", () => {
  it("double from two seconds to five minutes, less up to a half by chance", () => {
    expect([0, 1, 2, 7, 8, 50].map((tries) => backoffMs(tries, () => 0.999_999_999))).toEqual(
      [2_000, 4_000, 8_000, 256_000, 300_000, 300_000].map((ms) => expect.closeTo(ms, 2)),
    );
    const random = seededRandom();
    fc.assert(
      fc.property(fc.nat(20), (tries) => {
        const most = Math.min(300_000, 2_000 * 2 ** tries);
        const pauseMs = backoffMs(tries, random);
        expect(pauseMs >= most / 2 && pauseMs < most).toBe(true);
      }),
    );
  });
});

describe("recovery", () => {
  it("asks another peer at once while there is one", () => {
    for (const errorClass of ["timeout", "network", "refused", "invalid data", "protocol"] as const) {
      const decision = recover(situation({ past: past(errorClass), untriedPeers: 1 }));
      expect(decision).toEqual({ action: "ask-another" });
    }
  });

  it("waits all the same where most of the last requests got lost on their way", () => {
    const action = (errorClass: ErrorClass, ...ends: [ErrorClass | "ok", number][]) =>
      recover(situation({ past: past(errorClass), untriedPeers: 1, statistics: statistics(...ends) })).action;
    const trouble: [ErrorClass | "ok", number][] = [
      ["timeout", 5],
      ["network", 6],
      ["ok", 10],
    ];
    expect([action("timeout", ...trouble), action("network", ...trouble)]).toEqual([
      "retry-later",
      "retry-later",
    ]);
    expect(action("refused", ...trouble)).toBe("ask-another");
    expect(action("timeout", ["timeout", 10], ["refused", 10])).toBe("ask-another");
    expect(action("timeout", ["timeout", 9])).toBe("ask-another");
  });

  it("waits three times, longer each time, when everybody was asked", () => {
    const pauses = [0, 1, 2].map((backoffs) =>
      recover(situation({ past: { ...past("network"), backoffs } })),
    );
    expect(pauses).toEqual([1_000, 2_000, 4_000].map((pauseMs) => ({ action: "retry-later", pauseMs })));
    expect(recover(situation({ past: { ...past("network"), backoffs: 3 } })).action).toBe("give-up");
  });

  it("does not wait for those who refused, lied or were never asked", () => {
    for (const errorClass of ["refused", "invalid data", "protocol"] as const) {
      expect(recover(situation({ past: past(errorClass) })).action).toBe("give-up");
    }
    expect(recover(situation({ past: past(), usablePeers: 0 })).action).toBe("give-up");
  });

  it("asks once more with less on its way for what came too late, then alone", () => {
    const late = { ...past("timeout", "refused"), backoffs: 3 };
    expect(recover(situation({ past: late })).action).toBe("retry-smaller");
    expect(recover(situation({ past: { ...late, wasSmaller: true } })).action).toBe("retry-alone");
    expect(recover(situation({ past: late, usablePeers: 0 })).action).toBe("give-up");
    expect(recover(situation({ past: { ...late, wasAlone: true } })).action).toBe("give-up");
  });

  it("falls back from a qrinfo to mnlistdiffs, and gives up otherwise", () => {
    const used = { ...past("refused"), backoffs: 3 };
    expect(recover(situation({ past: { ...used, kind: "qrinfo" } })).action).toBe("fall-back");
    expect(recover(situation({ past: used })).action).toBe("give-up");
  });
});
