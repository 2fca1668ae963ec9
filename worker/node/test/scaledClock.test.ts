import { createServer, connect as openSocket } from "node:net";
import { describe, expect, it } from "vitest";
import { until } from "../../test/until.ts";
import { ScaledClock } from "../scaledClock.ts";

/** Keeps the whole process busy. */
function work(ms: number): void {
  const endsAt = performance.now() + ms;
  while (performance.now() < endsAt);
}

describe("a clock that runs 1000 times as fast", () => {
  it("starts at its time, and fires in order what is due, once", async () => {
    const clock = new ScaledClock(5_000_000, 1000);
    const fired: string[] = [];
    const startedAt = performance.now();
    clock.setTimeout(() => fired.push(`b at ${clock.now() >= 5_040_000}`), 40_000);
    clock.setTimeout(() => fired.push(`a at ${clock.now() >= 5_020_000}`), 20_000);
    clock.clearTimeout(clock.setTimeout(() => fired.push("c"), 30_000));
    await until(() => fired.length > 1, "both");
    expect(fired).toEqual(["a at true", "b at true"]);
    expect(performance.now() - startedAt).toBeGreaterThan(39);
    expect(performance.now() - startedAt).toBeLessThan(20_000);
  });

  it("lets a callback clear a timer that is due as well, and set one anew", async () => {
    const clock = new ScaledClock(0, 1000);
    const fired: string[] = [];
    let second: unknown;
    clock.setTimeout(() => {
      clock.clearTimeout(second);
      clock.setTimeout(() => fired.push("third"), 1);
    }, 1);
    second = clock.setTimeout(() => fired.push("second"), 2);
    await until(() => fired.length > 0, "third");
    expect(fired).toEqual(["third"]);
  });

  it("passes without timers too, and never goes back", async () => {
    const clock = new ScaledClock(0, 1000);
    const before = clock.now();
    await until(() => clock.now() > before, "later");
  });

  it("stands still while the process is busy", () => {
    const clock = new ScaledClock(0, 1000);
    clock.setTimeout(() => undefined, 1);
    const before = clock.now();
    work(100);
    expect(clock.now()).toBe(before);
    const idle = new ScaledClock(0, 1000);
    work(100);
    expect(idle.now()).toBeLessThanOrEqual(10_000);
  });

  it("fires no timer before the data that came meanwhile was read", async () => {
    const server = createServer((socket) => socket.on("data", (bytes) => socket.write(bytes)));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const bound = server.address();
    const port = typeof bound === "object" && bound !== null ? bound.port : 0;
    const socket = openSocket({ host: "127.0.0.1", port, noDelay: true });
    await new Promise<void>((resolve) => socket.once("connect", resolve));
    const clock = new ScaledClock(0, 1000);
    for (let round = 0; round < 5; round++) {
      const events: string[] = [];
      socket.once("data", () => events.push("data"));
      socket.write("x");
      clock.setTimeout(() => events.push("timer"), 15_000);
      work(60);
      await until(() => events.length === 2, "both");
      expect(events).toEqual(["data", "timer"]);
    }
    socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
});
