import { describe, expect, it, onTestFinished } from "vitest";
import { type BlockHash, ZERO_HASH } from "../../../worker/wire/hashes.ts";
import type { NodeProfile } from "../faults/profile.ts";
import { startSimnet, TestPeer } from "./testPeer.ts";

const ALWAYS = { share: 1, commands: ["mnlistdiff"] } as const;

/** What struck a node that is asked for two lists. */
async function askForLists(profile: NodeProfile): Promise<Readonly<Record<string, number>>> {
  const simnet = await startSimnet({ blocks: 60 });
  onTestFinished(() => simnet.close());
  const peer = await TestPeer.join(simnet);
  await peer.fence();
  simnet.hurt(0, profile);
  for (const height of [50, 60]) {
    const payload = { baseBlockHash: ZERO_HASH as BlockHash, blockHash: simnet.chain.hashAt(height) };
    peer.send({ command: "getmnlistd", payload });
  }
  await peer.fence();
  peer.close();
  return simnet.nodes[0]?.strikes ?? {};
}

describe("what struck", () => {
  it.each<{ profile: NodeProfile; strikes: Record<string, number> }>([
    { profile: { messages: { lose: ALWAYS } }, strikes: { lose: 2 } },
    { profile: { messages: { lose: { share: 0 } } }, strikes: {} },
    { profile: { messages: { lose: { share: 1, commands: ["qrinfo"] } } }, strikes: { lose: 0 } },
    { profile: { messages: { duplicate: ALWAYS, late: ALWAYS } }, strikes: { duplicate: 2, late: 2 } },
    { profile: { messages: { swap: ALWAYS } }, strikes: { swap: 1 } },
    {
      profile: { line: { latencyMs: 1, drip: { pieceBytes: 5_000, pauseMs: 1 } } },
      strikes: { latencyMs: 3, drip: 3 },
    },
    {
      profile: { lies: ["changedEntry", "invalidSnapshot"] },
      strikes: { changedEntry: 2, invalidSnapshot: 0 },
    },
    { profile: { chain: { kind: "stale", depth: 10 } }, strikes: { chain: 1 } },
  ])("is counted: $strikes", async ({ profile, strikes }) => {
    expect(await askForLists(profile)).toEqual(strikes);
  });

  it("is counted of doors and greetings, and outlives the fault", async () => {
    const profiles: NodeProfile[] = [
      { door: { kind: "resets" } },
      { headerSpam: { forks: 1, length: 1 }, unsolicited: { commands: ["clsig", "headers"] } },
    ];
    const simnet = await startSimnet({ blocks: 60, profiles });
    onTestFinished(() => simnet.close());
    // The reset may come before or after the connection counts as open here.
    await TestPeer.connect(simnet).then(
      (reset) => reset.closed(),
      (error: NodeJS.ErrnoException) => expect(error.code).toBe("ECONNRESET"),
    );
    const peer = await TestPeer.join(simnet, 1);
    await peer.fence();
    simnet.hurt(1, { door: { kind: "restart", forMs: 1 } });
    await peer.closed();
    simnet.hurt(1, undefined);
    expect(simnet.nodes.map(({ strikes }) => strikes)).toEqual([
      { resets: 1 },
      { headerSpam: 1, unsolicited: 1, restart: 1 },
    ]);
  });
});
