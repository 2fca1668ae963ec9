import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { startHeartbeat } from "../heartbeat.ts";
import { createLoader, type Loaded } from "../loader.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("startHeartbeat", () => {
  it("goes on asking while answers come", async () => {
    const ping = vi.fn(async () => undefined);
    const onSilent = vi.fn();
    const stop = startHeartbeat(ping, onSilent);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(ping.mock.calls.length).toBeGreaterThan(10);
    expect(onSilent).not.toHaveBeenCalled();
    stop();
    const asked = ping.mock.calls.length;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(ping).toHaveBeenCalledTimes(asked);
  });

  it("says once that an answer is missing, later for the first than for the others", async () => {
    const onSilent = vi.fn();
    startHeartbeat(() => new Promise(() => undefined), onSilent);
    await vi.advanceTimersByTimeAsync(59_000);
    expect(onSilent).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(onSilent).toHaveBeenCalledTimes(1);

    let calls = 0;
    const onLaterSilent = vi.fn();
    startHeartbeat(() => (calls++ === 0 ? Promise.resolve() : new Promise(() => undefined)), onLaterSilent);
    await vi.advanceTimersByTimeAsync(5_000 + 14_000);
    expect(onLaterSilent).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(120_000);
    expect(onLaterSilent).toHaveBeenCalledTimes(1);
  });

  it("gives an engine that slept with the device another chance", async () => {
    let answer: () => void = () => undefined;
    const ping = vi.fn(() => new Promise<void>((resolve) => (answer = resolve)));
    const onSilent = vi.fn();
    startHeartbeat(ping, onSilent);
    // A sleeping device: the clock goes on, the timers do not.
    vi.setSystemTime(Date.now() + 8 * 3_600_000);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(onSilent).not.toHaveBeenCalled();
    expect(ping).toHaveBeenCalledTimes(2);
    answer();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(ping).toHaveBeenCalledTimes(3);
  });

  it("takes a failing ping for silence", async () => {
    const onSilent = vi.fn();
    startHeartbeat(() => Promise.reject(new Error("gone")), onSilent);
    await vi.advanceTimersByTimeAsync(0);
    expect(onSilent).toHaveBeenCalledTimes(1);
  });
});

describe("createLoader", () => {
  function setUp(load: () => Promise<number>) {
    const seen: Loaded<number>[] = [];
    return { seen, reload: createLoader(load, (loaded) => seen.push(loaded), 1_000) };
  }

  it("loads once for many wishes, and once more for those that came meanwhile", async () => {
    let value = 0;
    const load = vi.fn(async () => ++value);
    const { seen, reload } = setUp(load);
    for (let i = 0; i < 10; i++) reload();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(load).toHaveBeenCalledTimes(2);
    expect(seen).toEqual([
      { status: "loading" },
      { status: "ready", value: 1 },
      { status: "ready", value: 2 },
    ]);
  });

  it("shows an error, and loads again when asked", async () => {
    const error = new Error("gone");
    const load = vi.fn<() => Promise<number>>().mockRejectedValueOnce(error).mockResolvedValue(7);
    const { seen, reload } = setUp(load);
    reload();
    await vi.advanceTimersByTimeAsync(2_000);
    reload();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(seen).toEqual([
      { status: "loading" },
      { status: "failed", error },
      { status: "loading" },
      { status: "ready", value: 7 },
    ]);
  });
});
