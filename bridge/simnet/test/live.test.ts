import { describe, expect, it, onTestFinished, vi } from "vitest";
import { InvType } from "../../../worker/wire/inventory.ts";
import type { SimnetOptions } from "../network.ts";
import { startSimnet, TestPeer } from "./testPeer.ts";

/** Collects announcements of a network that is left to itself until there are that many of a kind. */
async function watch(options: Partial<SimnetOptions>, kind: number, count: number) {
  const simnet = await startSimnet({ blocks: 225, ...options });
  onTestFinished(() => simnet.close());
  const peer = await TestPeer.join(simnet);
  onTestFinished(() => peer.close());
  const seen: number[] = [];
  while (seen.filter((type) => type === kind).length < count) {
    for (const { type } of await peer.next("inv")) seen.push(type);
  }
  return { simnet, seen };
}

describe("a network left to itself", () => {
  it("mines, locks and pays, and stops when closed", async () => {
    const simnet = await startSimnet({
      blocks: 225,
      blockIntervalMs: 200,
      chainLockDelayMs: 20,
      paymentIntervalMs: 70,
    });
    const peer = await TestPeer.join(simnet);
    const seen = new Set<number>();
    while (![InvType.block, InvType.clSig, InvType.tx, InvType.isdLock].every((type) => seen.has(type))) {
      for (const { type } of await peer.next("inv")) seen.add(type);
    }
    expect(simnet.tip.height).toBeGreaterThan(225);
    await simnet.close();
    await peer.closed();
    const { height } = simnet.tip;
    const other = await startSimnet({ blocks: 1, blockIntervalMs: 200 });
    onTestFinished(() => other.close());
    const otherPeer = await TestPeer.join(other);
    await otherPeer.next("inv");
    await otherPeer.next("inv");
    expect(simnet.tip.height).toBe(height);
  });

  it("mines at its pace without payments", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    const simnet = await startSimnet({ blocks: 225, blockIntervalMs: 15_000, paymentIntervalMs: 0 });
    onTestFinished(() => simnet.close());
    vi.advanceTimersByTime(14_999);
    expect(simnet.tip.height).toBe(225);
    vi.advanceTimersByTime(1);
    expect(simnet.tip.height).toBe(226);
    vi.advanceTimersByTime(60_000);
    expect(simnet.tip.height).toBe(230);
    expect(simnet.chain.bestChainLock?.height).toBe(230);
    expect(simnet.chain.pending).toEqual([]);
  });

  it("pays at another pace than it mines", async () => {
    const { simnet, seen } = await watch({ paymentIntervalMs: 10 }, InvType.tx, 12);
    expect(simnet.tip.height).toBe(225);
    expect(seen).not.toContain(InvType.block);
    expect(seen).toContain(InvType.isdLock);
    const { length } = simnet.chain.pending;
    await simnet.mine();
    expect(simnet.chain.tip.transactions.length).toBeGreaterThan(length);
  });

  it("goes on into new cycles, whose quorums sign", async () => {
    const { simnet } = await watch({ blockIntervalMs: 1, paymentIntervalMs: 0 }, InvType.block, 60);
    const cycleBases = simnet.chain.tip.quorums
      .ofType(5)
      .map(({ baseHeight, commitment }) => baseHeight - commitment.quorumIndex);
    expect(Math.max(...cycleBases)).toBeGreaterThanOrEqual(240);
    expect(simnet.chain.bestChainLock?.blockHash).toEqual(simnet.tip.hash);
  });
});

it.each([0, 9])("there is no network of %i nodes", async (nodes) => {
  await expect(startSimnet({ nodes, blocks: 1 })).rejects.toThrow(RangeError);
});
