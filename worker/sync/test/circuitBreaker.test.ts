import { describe, expect, it } from "vitest";
import { CircuitBreaker, PeerBreakers, SyncBreaker } from "../circuitBreaker.ts";

describe("a peer's breaker", () => {
  it("opens with the fifth failure in a row", () => {
    const breaker = new CircuitBreaker();
    for (let i = 0; i < 4; i++) breaker.fail(0);
    breaker.succeed();
    for (let i = 0; i < 4; i++) breaker.fail(0);
    expect(breaker.isOpen(0)).toBe(false);
    breaker.fail(1_000);
    expect([breaker.isOpen(1_000), breaker.retryAtMs]).toEqual([true, 31_000]);
  });

  it("lets one request through after a pause, which decides", () => {
    const breaker = new CircuitBreaker();
    for (let i = 0; i < 5; i++) breaker.fail(0);
    expect([breaker.isOpen(29_999), breaker.isOpen(30_000)]).toEqual([true, false]);
    breaker.send();
    expect(breaker.isOpen(30_000)).toBe(true);
    breaker.fail(31_000);
    expect([breaker.isOpen(60_999), breaker.isOpen(61_000)]).toEqual([true, false]);
    breaker.send();
    breaker.succeed();
    breaker.send();
    expect(breaker.isOpen(62_000)).toBe(false);
    breaker.fail(62_000);
    expect(breaker.isOpen(62_000)).toBe(false);
  });

  it("takes a refusal for a sign of life", () => {
    const breakers = new PeerBreakers();
    for (let i = 0; i < 4; i++) breakers.record("a", "timeout", 0);
    breakers.record("a", "refused", 0);
    breakers.record("a", "network", 0);
    expect(breakers.of("a").isOpen(0)).toBe(false);
    for (let i = 0; i < 4; i++) breakers.record("a", "network", 0);
    expect([breakers.of("a").isOpen(0), breakers.of("b").isOpen(0)]).toEqual([true, false]);
    breakers.record("a", "ok", 0);
    expect(breakers.of("a").isOpen(0)).toBe(false);
  });
});

describe("ending the pauses by hand", () => {
  it("lets one request through to each that is open, and closes none", () => {
    const breakers = new PeerBreakers();
    for (let i = 0; i < 5; i++) breakers.record("open", "timeout", 0);
    for (let i = 0; i < 4; i++) breakers.record("closed", "timeout", 0);
    breakers.endPauses();
    expect(breakers.of("open").isOpen(1)).toBe(false);
    breakers.of("open").send();
    expect(breakers.of("open").isOpen(1)).toBe(true);
    breakers.endPauses();
    expect(breakers.of("open").isOpen(1)).toBe(true);
    breakers.record("closed", "timeout", 1);
    expect(breakers.of("closed").isOpen(1)).toBe(true);
  });
});

describe("the breaker over all", () => {
  it("is open while every peer's is, until the first lets one through", () => {
    const breakers = new PeerBreakers();
    const breaker = new SyncBreaker(breakers);
    const fail = (address: string, nowMs: number) => {
      for (let i = 0; i < 5; i++) breakers.record(address, "timeout", nowMs);
    };
    fail("a", 0);
    expect(breaker.pause(["a", "b"], 0)).toBeUndefined();
    fail("b", 10_000);
    expect(breaker.pause(["a", "b"], 10_000)).toEqual({ reason: "all-peers-fail", retryAtMs: 30_000 });
    expect(breaker.pause(["a", "b", "new"], 10_000)).toBeUndefined();
    expect(breaker.pause([], 10_000)).toBeUndefined();
    expect(breaker.pause(["a", "b"], 30_000)).toBeUndefined();
  });

  it("opens when fewer than a tenth of the last thirty succeeded", () => {
    const breaker = new SyncBreaker(new PeerBreakers());
    const isPaused = () => breaker.pause(["a"], 0)?.reason;
    for (let i = 0; i < 3; i++) breaker.record(true, 0);
    for (let i = 0; i < 27; i++) breaker.record(false, 0);
    expect(isPaused()).toBeUndefined();
    breaker.record(false, 0);
    expect(breaker.pause(["a"], 0)).toEqual({ reason: "nearly-all-requests-fail", retryAtMs: 30_000 });
    expect(breaker.pause(["a"], 30_000)).toBeUndefined();
    for (let i = 0; i < 29; i++) breaker.record(false, 30_000);
    expect(breaker.pause(["a"], 30_000)).toBeUndefined();
    breaker.record(false, 30_000);
    expect(breaker.pause(["a"], 30_000)?.retryAtMs).toBe(60_000);
    breaker.close();
    expect(breaker.pause(["a"], 30_000)).toBeUndefined();
  });
});
