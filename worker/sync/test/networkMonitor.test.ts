import { describe, expect, it } from "vitest";
import { ManualClock } from "../../test/manualClock.ts";
import { NetworkMonitor } from "../networkMonitor.ts";

function start() {
  const clock = new ManualClock();
  return { clock, monitor: new NetworkMonitor(() => clock.now()) };
}

describe("the network's conditions", () => {
  it("are good before anything is known", () => {
    const { monitor } = start();
    expect(monitor.conditions()).toEqual({
      rttMs: undefined,
      bytesPerSecond: undefined,
      lossShare: 0,
      isHighLatency: false,
      isLowBandwidth: false,
      isUnstable: false,
      isGood: true,
      batchFactor: 1,
    });
  });

  it("take the median round trip, of each peer and of all", () => {
    const { monitor } = start();
    for (const rttMs of [100, 5_000, 120]) monitor.pong("near", rttMs);
    for (const rttMs of [600, 700, 800, 900]) monitor.pong("far", rttMs);
    expect(monitor.conditions("near")).toMatchObject({ rttMs: 120, isHighLatency: false, isGood: true });
    expect(monitor.conditions("far")).toMatchObject({ rttMs: 800, isHighLatency: true, batchFactor: 0.8 });
    expect(monitor.conditions().rttMs).toBe(700);
  });

  it("take the throughput of answers that are large enough", () => {
    const { monitor } = start();
    monitor.pong("a", 1_500);
    monitor.answer("a", 1_000, 5_000);
    expect(monitor.conditions("a").bytesPerSecond).toBeUndefined();
    monitor.answer("a", 100_000, 2_000);
    expect(monitor.conditions("a")).toMatchObject({ bytesPerSecond: 50_000, isLowBandwidth: false });
    monitor.answer("a", 40_000, 1_000);
    expect(monitor.conditions("a")).toMatchObject({ isLowBandwidth: true, batchFactor: 0.4, isGood: false });
  });

  it("are unstable when more than a fifth of the answers is lost, once there are some", () => {
    const { monitor } = start();
    monitor.lose("a");
    for (let i = 0; i < 3; i++) monitor.answer("a", 100, 10);
    expect(monitor.conditions("a")).toMatchObject({ lossShare: 0.25, isUnstable: false });
    monitor.answer("a", 100, 10);
    expect(monitor.conditions("a")).toMatchObject({ lossShare: 0.2, isUnstable: false });
    monitor.lose("a");
    expect(monitor.conditions("a")).toMatchObject({ isUnstable: true, batchFactor: 0.6 });
  });

  it("multiply", () => {
    const { monitor } = start();
    for (let i = 0; i < 5; i++) monitor.lose("a");
    monitor.pong("a", 1_000);
    monitor.answer("a", 20_000, 3_000);
    expect(monitor.conditions("a").batchFactor).toBeCloseTo(0.24);
  });

  it("are those of the last two minutes", () => {
    const { clock, monitor } = start();
    for (let i = 0; i < 5; i++) monitor.lose("a");
    clock.advance(120_000);
    expect(monitor.conditions().isUnstable).toBe(true);
    clock.advance(1);
    expect(monitor.conditions().isUnstable).toBe(false);
    for (let i = 0; i < 300; i++) monitor.pong("a", i);
    expect(monitor.conditions().rttMs).toBe(172);
  });

  it("give the planner its costs, as far as they are known", () => {
    const { monitor } = start();
    const otherwise = { roundTripMs: 150, bytesPerSecond: 250_000, concurrency: 8 };
    expect(monitor.costs(otherwise, 2)).toEqual({ ...otherwise, concurrency: 2 });
    monitor.pong("a", 80);
    monitor.answer("a", 20_000, 1_000);
    expect(monitor.costs(otherwise, 2)).toEqual({ roundTripMs: 80, bytesPerSecond: 20_000, concurrency: 2 });
  });
});
