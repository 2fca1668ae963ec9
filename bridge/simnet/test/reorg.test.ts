import { bytesToHex } from "@noble/hashes/utils.js";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { type BlockHash, toHashHex } from "../../../worker/wire/hashes.ts";
import { readHeaders } from "../../../worker/wire/headers.ts";
import { InvType } from "../../../worker/wire/inventory.ts";
import { Draws } from "../draws.ts";
import type { Simnet } from "../network.ts";
import { syncHeaders } from "./lightVerifier.ts";
import { START_TIME_SECONDS, startSimnet, TestPeer } from "./testPeer.ts";

const ZERO = new Uint8Array(32) as BlockHash;

describe("determinism", () => {
  it("the same seed and start time give the same chain, another of either another", async () => {
    const blocks = 70;
    const tips: string[] = [];
    for (const options of [
      {},
      {},
      { seed: 2 },
      { startTimeSeconds: START_TIME_SECONDS + 1 },
      { masternodes: 121 },
    ]) {
      const simnet = await startSimnet({ blocks, ...options });
      await simnet.mine(3);
      simnet.pay();
      await simnet.mine(2);
      tips.push(toHashHex(simnet.tip.hash));
      await simnet.close();
    }
    expect(tips[1]).toBe(tips[0]);
    expect(new Set(tips).size).toBe(4);
  });

  it("without a start time the seed alone decides, whatever the time is", async () => {
    onTestFinished(() => void vi.useRealTimers());
    const networks: { genesis: string; tip: string; keys: string[] }[] = [];
    for (const options of [{}, {}, { seed: 2 }, { startTimeSeconds: START_TIME_SECONDS }]) {
      vi.useFakeTimers({ toFake: ["Date"], now: START_TIME_SECONDS * 1000 * (1 + networks.length) });
      const { chain, close } = await startSimnet({ startTimeSeconds: undefined, blocks: 20, ...options });
      await close();
      networks.push({
        genesis: toHashHex(chain.hashAt(0)),
        tip: toHashHex(chain.tip.hash),
        keys: chain
          .listAt(20)
          .map(({ proRegTxHash, pubKeyOperator }) => toHashHex(proRegTxHash) + bytesToHex(pubKeyOperator)),
      });
    }
    const [first, again, otherSeed, otherTime] = networks;
    expect(again).toEqual(first);
    expect(otherSeed?.keys).not.toEqual(first?.keys);
    // At another time blocks are others, and the founders are the same.
    expect(otherTime?.tip).not.toBe(first?.tip);
    expect(otherTime?.keys).toEqual(first?.keys);
  });
});

describe("reorganisation", () => {
  let simnet: Simnet;
  let peer: TestPeer;
  beforeAll(async () => {
    simnet = await startSimnet({ blocks: 100 });
    peer = await TestPeer.join(simnet);
    peer.send({ command: "sendheaders", payload: undefined });
    peer.send({ command: "getheaders", payload: { version: 1, locator: [simnet.tip.hash], hashStop: ZERO } });
    await peer.fence();
  });
  afterAll(async () => {
    peer.close();
    await simnet.close();
  });

  it("is refused below a ChainLock", async () => {
    await expect(simnet.reorg(1)).rejects.toThrow(RangeError);
  });

  it("replaces blocks by a longer branch, announced from the fork on, and old blocks become unusable", async () => {
    simnet.stopChainLocks(true);
    const payment = simnet.pay();
    await simnet.mine(3);
    const stale = simnet.tip.hash;
    const staleBlock = simnet.chain.tip;
    const paid = toHashHex(payment);
    expect(simnet.chain.txidsAt(101).map(toHashHex)).toContain(paid);
    await peer.fence();
    await simnet.reorg(3);
    expect(simnet.tip.height).toBe(104);
    expect(simnet.chain.heightOf(stale)).toBeUndefined();
    const announced = (await peer.fence()).flatMap((message) =>
      message.command === "headers" ? readHeaders(message.payload) : [],
    );
    expect(announced).toEqual([101, 102, 103, 104].map((height) => simnet.chain.block(height).header));
    expect(announced[0]?.prevBlockHash).toEqual(simnet.chain.hashAt(100));

    peer.send({ command: "getmnlistd", payload: { baseBlockHash: ZERO, blockHash: stale } });
    peer.send({ command: "getmnlistd", payload: { baseBlockHash: stale, blockHash: simnet.tip.hash } });
    expect(await peer.fence()).toEqual([]);
    peer.send({
      command: "getheaders",
      payload: { version: 1, locator: [stale, simnet.chain.hashAt(100)], hashStop: ZERO },
    });
    expect(readHeaders(await peer.next("headers"))).toEqual(announced);
    peer.send({ command: "getdata", payload: [{ type: InvType.block, hash: stale }] });
    expect((await peer.next("block")).header).toEqual(staleBlock.header);
    const txids = [101, 102, 103, 104].flatMap((height) => simnet.chain.txidsAt(height).map(toHashHex));
    expect(txids).toContain(paid);
  });

  it("of more than eight blocks is announced by its tip alone", async () => {
    await simnet.mine(8);
    await peer.fence();
    await simnet.reorg(8);
    expect(await peer.fence()).toEqual([
      { command: "inv", payload: [{ type: InvType.block, hash: simnet.tip.hash }] },
    ]);
  });

  it("a stale block still names a height for qrinfo", async () => {
    const deep = await startSimnet({ blocks: 200 });
    deep.stopChainLocks(true);
    await deep.mine(1);
    const stale = deep.tip.hash;
    await deep.reorg(1);
    const asking = await TestPeer.join(deep);
    asking.send({
      command: "getqrinfo",
      payload: { baseBlockHashes: [], blockRequestHash: stale, extraShare: false },
    });
    expect((await asking.next("qrinfo")).mnListDiffTip.blockHash).toEqual(deep.tip.hash);
    asking.close();
    await deep.close();
  });

  it("across work blocks, quorums are drawn anew", async () => {
    const deep = await startSimnet({ blocks: 200 });
    deep.stopChainLocks(true);
    await deep.mine(30);
    const before = deep.chain.quorumsAt(230).ofType(4).at(-1);
    await deep.reorg(28);
    const after = deep.chain.quorumsAt(230).ofType(4).at(-1);
    expect([before?.baseHeight, after?.baseHeight]).toEqual([216, 216]);
    expect(after?.commitment.quorumHash).not.toEqual(before?.commitment.quorumHash);
    const asking = await TestPeer.join(deep);
    const client = await syncHeaders(deep, asking);
    const { quorums } = await client.list(deep.tip.height);
    for (const commitment of quorums.values()) {
      if (client.heightOf(commitment.quorumHash) !== 216) continue;
      const llmq = deep.chain.llmq(commitment.llmqType);
      await client.verifyCommitment(commitment, await client.plainMembers(llmq, commitment));
    }
    asking.close();
    await deep.close();
  });

  it("a draw from a replaced work block is not taken for one from its successor", () => {
    const { chain } = simnet;
    let hash = chain.hashAt(88);
    const draws = new Draws(chain.params, {
      listAfter: (height) => chain.block(height).list,
      workBlock: (height) => ({ height, hash, chainLockSignature: undefined }),
    });
    const drawAll = () => [draws.members(chain.llmq(2), 96), draws.members(chain.llmq(5), 96)];
    const before = drawAll();
    expect(drawAll()).toEqual(before);
    hash = chain.hashAt(89);
    const after = drawAll();
    expect(after[0]).not.toEqual(before[0]);
    expect(after[1]).not.toEqual(before[1]);
  });

  it("goes on with ChainLocks on the new branch", async () => {
    simnet.stopChainLocks(false);
    await simnet.mine();
    expect(simnet.chain.bestChainLock?.blockHash).toEqual(simnet.tip.hash);
  });
});

describe("tampering", () => {
  it("changes what one node sends and leaves the other alone", async () => {
    const simnet = await startSimnet({ blocks: 30 });
    const forged = new Uint8Array(32).fill(9) as BlockHash;
    simnet.hurt(0, {
      tamper: (message) =>
        message.command === "mnlistdiff"
          ? { command: "mnlistdiff", payload: { ...message.payload, blockHash: forged } }
          : message,
    });
    simnet.hurt(1, { tamper: (message) => (message.command === "pong" ? undefined : message) });
    const [first, second] = [await TestPeer.join(simnet, 0), await TestPeer.join(simnet, 1)];
    const payload = { baseBlockHash: ZERO, blockHash: simnet.tip.hash };
    for (const peer of [first, second]) peer.send({ command: "getmnlistd", payload });
    expect((await first.next("mnlistdiff")).blockHash).toEqual(forged);
    expect((await second.next("mnlistdiff")).blockHash).toEqual(simnet.tip.hash);
    second.send({ command: "ping", payload: 1n });
    second.send({ command: "getmnlistd", payload });
    await second.next("mnlistdiff");
    expect(second.received).toEqual([]);
    first.close();
    second.close();
    await simnet.close();
  });
});
