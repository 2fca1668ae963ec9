import { describe, expect, it } from "vitest";
import { InvType } from "../../../worker/wire/inventory.ts";
import { startSimnet, TestPeer } from "./testPeer.ts";

describe("live", () => {
  it("mines, locks and pays by itself, and stops when closed", async () => {
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
  });

  it("refuses a number of nodes it was not made for", async () => {
    await expect(startSimnet({ nodes: 1, blocks: 1 })).rejects.toThrow(RangeError);
    await expect(startSimnet({ nodes: 5, blocks: 1 })).rejects.toThrow(RangeError);
  });
});
