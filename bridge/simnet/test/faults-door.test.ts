import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Simnet } from "../network.ts";
import { startSimnet, TestPeer } from "./testPeer.ts";

let simnet: Simnet;
beforeAll(async () => {
  simnet = await startSimnet({ blocks: 30, profiles: [undefined, { door: { kind: "closed" } }] });
});
afterEach(() => simnet.hurt(0, undefined));
afterAll(() => simnet.close());

/** How an attempt to connect ends. */
async function knock(node = 0, network = simnet): Promise<"open" | "refused" | "reset"> {
  try {
    const peer = await TestPeer.connect(network, node);
    peer.sendVersion();
    await peer.next("version").finally(() => peer.close());
    return "open";
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ECONNREFUSED" ? "refused" : "reset";
  }
}

async function untilOpen(): Promise<void> {
  while ((await knock()) !== "open");
}

describe("a door", () => {
  it("that is closed refuses, and lets connections that stand go on", async () => {
    const peer = await TestPeer.join(simnet);
    simnet.hurt(0, { door: { kind: "closed" } });
    expect(await knock()).toBe("refused");
    await peer.fence();
    peer.close();
    simnet.hurt(0, undefined);
    expect(await knock()).toBe("open");
  });

  it("that is closed for a while opens by itself", async () => {
    simnet.hurt(0, { door: { kind: "closed", forMs: 60 } });
    expect(await knock()).toBe("refused");
    await untilOpen();
  });

  it("that resets lets nobody stay", async () => {
    simnet.hurt(0, { door: { kind: "resets" } });
    expect(await knock()).toBe("reset");
    simnet.hurt(0, { door: { kind: "resets", forMs: 60 } });
    expect(await knock()).toBe("reset");
    await untilOpen();
  });

  it("of a node that restarts drops all connections, refuses, and opens again", async () => {
    const peers = [await TestPeer.join(simnet), await TestPeer.join(simnet)];
    simnet.hurt(0, { door: { kind: "restart", forMs: 80 } });
    expect(await knock()).toBe("refused");
    for (const peer of peers) await peer.closed();
    await untilOpen();
    const peer = await TestPeer.join(simnet);
    peer.close();
  });

  it("does not close again when another part of the profile changes", async () => {
    const door = { kind: "restart", forMs: 30 } as const;
    simnet.hurt(0, { door });
    await untilOpen();
    const peer = await TestPeer.join(simnet);
    simnet.hurt(0, { door, line: { latencyMs: 1 } });
    await peer.fence();
    peer.close();
  });

  it("can be closed from the start, and opened", async () => {
    expect(await knock(1)).toBe("refused");
    simnet.hurt(1, undefined);
    expect(await knock(1)).toBe("open");
  });

  it("does not open any more once the network is closed", async () => {
    const other = await startSimnet({ blocks: 30, profiles: [{ door: { kind: "closed", forMs: 20 } }] });
    await other.close();
    // Past the time at which it would have opened.
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(await knock(0, other)).toBe("refused");
  });
});
