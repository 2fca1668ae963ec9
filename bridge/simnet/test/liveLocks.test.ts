import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { encode } from "../../../worker/wire/codec.ts";
import { type BlockHash, type Height, sha256d, toHashHex } from "../../../worker/wire/hashes.ts";
import { readHeaders } from "../../../worker/wire/headers.ts";
import { InvType } from "../../../worker/wire/inventory.ts";
import { type ChainLock, chainLock, instantLock } from "../../../worker/wire/locks.ts";
import type { Message } from "../../../worker/wire/message.ts";
import type { Simnet, SimnetOptions } from "../network.ts";
import { syncHeaders } from "./lightVerifier.ts";
import { startSimnet, TestPeer } from "./testPeer.ts";

const ZERO = new Uint8Array(32) as BlockHash;

let simnet: Simnet;
let peer: TestPeer;

async function start(options: Partial<SimnetOptions> = {}): Promise<void> {
  simnet = await startSimnet({ blocks: 125, ...options });
  peer = await joinAtTip(0);
}

/** A peer that has all headers and wants new ones as headers. */
async function joinAtTip(node: number): Promise<TestPeer> {
  const joined = await TestPeer.join(simnet, node);
  joined.send({ command: "sendheaders", payload: undefined });
  joined.send({ command: "getheaders", payload: { version: 1, locator: [simnet.tip.hash], hashStop: ZERO } });
  await joined.fence();
  return joined;
}

afterEach(async () => {
  peer.close();
  await simnet.close();
});

/** Takes what was announced and fetches the locks. */
async function news(from = peer): Promise<{ messages: Message[]; locks: ChainLock[] }> {
  const messages = await from.fence();
  const items = messages.flatMap((message) => (message.command === "inv" ? message.payload : []));
  const wanted = items.filter(({ type }) => type === InvType.clSig);
  from.send({ command: "getdata", payload: wanted });
  const answers = await from.fence();
  return { messages, locks: answers.flatMap((each) => (each.command === "clsig" ? [each.payload] : [])) };
}

/** Of the newest lock, as it is announced. */
function lockHash(): Uint8Array | undefined {
  const { bestChainLock } = simnet.chain;
  return bestChainLock && sha256d(encode(chainLock, bestChainLock));
}

function heightsOf(locks: readonly ChainLock[]): Height[] {
  return locks.map(({ height }) => height);
}

describe("a ChainLock for a branch with less work", () => {
  let stale: BlockHash[];
  beforeEach(async () => {
    await start();
    simnet.stopChainLocks(true);
    await simnet.mine();
    simnet.pay();
    await simnet.mine(3);
    stale = [127, 128, 129].map((height) => simnet.chain.hashAt(height));
    await peer.fence();
  });

  it("comes first, then the headers of that branch, from every node", async () => {
    const other = await joinAtTip(1);
    await simnet.lockOtherBranch(3, 1);
    expect(simnet.tip.height).toBe(127);
    for (const each of [peer, other]) {
      const { messages, locks } = await news(each);
      expect(messages.map(({ command }) => command)).toEqual(["inv", "headers"]);
      const [header, ...more] = messages.flatMap((message) =>
        message.command === "headers" ? readHeaders(message.payload) : [],
      );
      expect([header, more]).toEqual([simnet.chain.tip.header, []]);
      expect(header?.prevBlockHash).toEqual(simnet.chain.hashAt(126));
      expect(locks).toEqual([{ height: 127, blockHash: simnet.tip.hash, sig: expect.anything() }]);
      expect(stale).not.toContainEqual(locks[0]?.blockHash);
    }
    other.close();
  });

  it("is valid for a client that follows getheaders there", async () => {
    await simnet.lockOtherBranch(3, 2);
    const { locks } = await news();
    const client = await syncHeaders(simnet, peer);
    expect(client.header(128).hash).toEqual(simnet.tip.hash);
    expect(locks[0] && (await client.isValidChainLock(locks[0]))).toBe(true);
    expect((await client.list(128)).cbTx.height).toBe(128);
  });

  it("leaves the old branch to those who have it: nodes answer from the new one", async () => {
    await simnet.lockOtherBranch(3, 1);
    await peer.fence();
    const locator = [...stale].reverse().concat(simnet.chain.hashAt(126));
    peer.send({ command: "getheaders", payload: { version: 1, locator, hashStop: ZERO } });
    expect(readHeaders(await peer.next("headers"))).toEqual([simnet.chain.tip.header]);
    peer.send({ command: "getmnlistd", payload: { baseBlockHash: ZERO, blockHash: stale[2] ?? ZERO } });
    expect(await peer.fence()).toEqual([]);
  });

  it("is built upon: blocks, their payments and their locks go on there", async () => {
    const paid = toHashHex(simnet.chain.block(127).txids.at(-1) ?? ZERO);
    await simnet.lockOtherBranch(3, 1);
    const locked = simnet.chain.bestChainLock;
    expect(simnet.chain.tip.txids.map(toHashHex)).toContain(paid);
    await expect(simnet.reorg(1)).rejects.toThrow(RangeError);
    await peer.fence();
    simnet.stopChainLocks(false);
    await simnet.mine(2);
    expect(simnet.chain.block(128).header.prevBlockHash).toEqual(locked?.blockHash);
    expect(simnet.chain.chainLockSignatureAt(128)).toEqual(locked?.sig);
    const { messages } = await news();
    expect(messages.map(({ command }) => command)).toEqual(["headers", "inv", "headers", "inv"]);
  });

  it.each([
    ["of no block", 3, 0],
    ["in the place of no block", 0, 1],
    ["below another lock", 5, 1],
  ])("cannot be %s", async (_, depth, blocks) => {
    const { hash } = simnet.tip;
    await expect(simnet.lockOtherBranch(depth, blocks)).rejects.toThrow(RangeError);
    expect(simnet.tip.hash).toEqual(hash);
    expect(await peer.fence()).toEqual([]);
  });
});

it("no branch is locked before there is a quorum", async () => {
  await start({ blocks: 20 });
  await expect(simnet.lockOtherBranch(1, 1)).rejects.toThrow(RangeError);
  expect(simnet.tip.height).toBe(20);
});

describe("late and missing ChainLocks", () => {
  it("of a block with successors is announced and valid, and covers its ancestors alone", async () => {
    // Quorums of InstantSend are there this late only.
    await start({ blocks: 225 });
    simnet.stopChainLocks(true);
    await simnet.mine();
    simnet.pay();
    await simnet.mine(2);
    const [instant] = simnet.chain.instantLocks;
    if (instant === undefined) throw new Error("no InstantSend lock");
    await peer.fence();
    expect(simnet.lockBlock(226)).toBe(true);
    const { messages, locks } = await news();
    expect(messages.map(({ command }) => command)).toEqual(["inv"]);
    expect(locks).toEqual([{ height: 226, blockHash: simnet.chain.hashAt(226), sig: expect.anything() }]);
    expect(locks[0] && (await (await syncHeaders(simnet, peer)).isValidChainLock(locks[0]))).toBe(true);
    expect([...simnet.chain.instantLocks]).toEqual([instant]);
    const item = { type: InvType.isdLock, hash: sha256d(encode(instantLock, instant)) };
    peer.send({ command: "getdata", payload: [item] });
    expect(await peer.next("isdlock")).toEqual(instant);
    await simnet.mine();
    expect(simnet.chain.tip.cbTx?.chainLock?.bestCLHeightDiff).toBe(2);
  });

  it("of a block at or below the newest lock is not made", async () => {
    await start();
    const best = simnet.chain.bestChainLock;
    for (const height of [124, 125]) expect(simnet.lockBlock(height)).toBe(true);
    expect(simnet.chain.bestChainLock).toBe(best);
    expect(await peer.fence()).toEqual([]);
    expect(() => simnet.lockBlock(126)).toThrow(RangeError);
  });

  it("come when the plan says: at once, never, or behind the next blocks, but not once a newer one is there", async () => {
    const delays: Record<Height, number | undefined> = { 126: 0, 128: 50, 130: 20, 131: 0, 132: 100 };
    await start({ chainLockDelayMs: (height) => delays[height] });
    await simnet.mine(2);
    expect(heightsOf((await news()).locks)).toEqual([126]);
    await simnet.mine(2);
    await peer.next("inv");
    expect([simnet.chain.bestChainLock?.height, simnet.tip.height]).toEqual([128, 129]);
    await simnet.mine(3);
    expect(lockHash()).toEqual((await peer.next("inv"))[0]?.hash);
    expect(simnet.chain.bestChainLock?.height).toBe(131);
    expect((await peer.next("inv"))[0]?.hash).toEqual(lockHash());
    expect(simnet.chain.bestChainLock?.height).toBe(132);
  });

  it("are not for a block that was replaced, nor for the one in its place", async () => {
    const delays: Record<Height, number | undefined> = { 126: 20, 128: 60 };
    await start({ chainLockDelayMs: (height) => delays[height] });
    await simnet.mine();
    delays[126] = undefined;
    await simnet.reorg(1);
    await simnet.mine();
    expect((await peer.next("inv"))[0]?.hash).toEqual(lockHash());
    expect(simnet.chain.bestChainLock?.blockHash).toEqual(simnet.tip.hash);
  });
});
