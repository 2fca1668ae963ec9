import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { LlmqParams } from "../../../worker/params/index.ts";
import { encode } from "../../../worker/wire/codec.ts";
import type { FinalCommitment } from "../../../worker/wire/finalCommitment.ts";
import { type BlockHash, type Height, sha256d, toHashHex } from "../../../worker/wire/hashes.ts";
import { type InventoryItem, InvType } from "../../../worker/wire/inventory.ts";
import { chainLock, computeInstantLockRequestId, instantLock } from "../../../worker/wire/locks.ts";
import { computeTxid } from "../../../worker/wire/tx.ts";
import type { Simnet } from "../network.ts";
import { type LightVerifier, syncHeaders } from "./lightVerifier.ts";
import { startSimnet, TestPeer } from "./testPeer.ts";

const UNKNOWN = new Uint8Array(32).fill(0xab) as BlockHash;

let simnet: Simnet;
let peer: TestPeer;
let client: LightVerifier;

beforeAll(async () => {
  simnet = await startSimnet({ blocks: 300 });
  peer = await TestPeer.join(simnet);
  client = await syncHeaders(simnet, peer);
});
afterAll(async () => {
  peer.close();
  await simnet.close();
});

function llmqOf(type: number): LlmqParams {
  return simnet.chain.llmq(type);
}

function ofType(quorums: Iterable<FinalCommitment>, type: number): FinalCommitment[] {
  return [...quorums].filter(({ llmqType }) => llmqType === type);
}

describe("ChainLocks", () => {
  it("are in every coinbase from the first quorum on, valid, and never older than in the one before", async () => {
    const { chain } = simnet;
    let first: Height | undefined;
    let checked = 0;
    let previousDiff = 0;
    for (let height = 1; height <= chain.tipHeight; height++) {
      const lock = chain.block(height).cbTx?.chainLock;
      if (lock === undefined) throw new Error(`block ${height} has no ChainLock fields`);
      const sig = chain.chainLockSignatureAt(height);
      if (sig === undefined) {
        expect([first, lock.bestCLHeightDiff]).toEqual([undefined, 0]);
        continue;
      }
      first ??= height;
      if (height > first) expect(lock.bestCLHeightDiff).toBeLessThanOrEqual(previousDiff + 1);
      previousDiff = lock.bestCLHeightDiff;
      if (height % 9 !== 0) continue;
      const locked = height - lock.bestCLHeightDiff - 1;
      const isValid = await client.isValidChainLock({ height: locked, blockHash: chain.hashAt(locked), sig });
      expect(isValid, `coinbase of ${height}`).toBe(true);
      checked++;
    }
    expect(first).toBeLessThan(60);
    expect(checked).toBeGreaterThan(25);
  });

  it("of the tip is announced to a peer that asks for the pool, served, and valid", async () => {
    peer.send({ command: "mempool", payload: undefined });
    const items = await peer.next("inv");
    const item = items.find(({ type }) => type === InvType.clSig);
    if (item === undefined) throw new Error("no ChainLock");
    peer.send({ command: "getdata", payload: [item] });
    const lock = await peer.next("clsig");
    expect(sha256d(encode(chainLock, lock))).toEqual(item.hash);
    expect([lock.height, lock.blockHash]).toEqual([simnet.tip.height, simnet.tip.hash]);
    expect(await client.isValidChainLock(lock)).toBe(true);
  });

  it("of a new block is announced to everyone, even without relay; the older one is gone", async () => {
    const quiet = await TestPeer.join(simnet, 1, { relay: false });
    const old = simnet.chain.bestChainLock;
    await simnet.mine();
    const invs = (await quiet.fence()).flatMap((message) =>
      message.command === "inv" ? message.payload : [],
    );
    expect(invs.map(({ type }) => type)).toEqual([InvType.block, InvType.clSig]);
    if (old === undefined) throw new Error("no older lock");
    const gone = { type: InvType.clSig, hash: sha256d(encode(chainLock, old)) };
    quiet.send({ command: "getdata", payload: [gone] });
    expect(await quiet.next("notfound")).toEqual([gone]);
    quiet.close();
  });

  it("can be stopped; coinbases then point further back", async () => {
    simnet.stopChainLocks(true);
    const locked = simnet.chain.bestChainLock?.height;
    await simnet.mine(3);
    expect(simnet.chain.bestChainLock?.height).toBe(locked);
    expect(simnet.chain.tip.cbTx?.chainLock?.bestCLHeightDiff).toBe(2);
    simnet.stopChainLocks(false);
    expect(simnet.lockTip()).toBe(true);
    await simnet.mine();
    expect(simnet.chain.tip.cbTx?.chainLock?.bestCLHeightDiff).toBe(0);
  });
});

describe("InstantSend", () => {
  it("locks payments: lock and transaction are announced, served and valid", async () => {
    const watcher = await TestPeer.join(simnet);
    const verifier = await syncHeaders(simnet, watcher);
    for (let i = 0; i < 8; i++) {
      const txid = simnet.pay();
      const [lockItem] = await watcher.next("inv");
      const [txItem] = await watcher.next("inv");
      expect([lockItem?.type, txItem]).toEqual([InvType.isdLock, { type: InvType.tx, hash: txid }]);
      watcher.send({ command: "getdata", payload: [lockItem, txItem] as InventoryItem[] });
      const lock = await watcher.next("isdlock");
      const tx = await watcher.next("tx");
      expect(sha256d(encode(instantLock, lock))).toEqual(lockItem?.hash);
      expect(computeTxid(tx)).toEqual(txid);
      expect(lock.inputs).toEqual(tx.inputs.map(({ prevOut }) => prevOut));
      expect(lock.txid).toEqual(txid);
      const cycleHeight = verifier.heightOf(lock.cycleHash);
      expect(cycleHeight % llmqOf(5).dkgInterval).toBe(0);
      const requestId = computeInstantLockRequestId(lock);
      const index = ((requestId[31] ?? 0) >> 5) & 3;
      const end = Math.min(cycleHeight + llmqOf(5).dkgInterval - 1, simnet.tip.height);
      const quorum = ofType((await verifier.list(end)).quorums.values(), 5).find(
        ({ quorumIndex }) => quorumIndex === index,
      );
      expect(quorum && (await verifier.isSignedBy(quorum, requestId, txid, lock.sig))).toBe(true);
    }
    watcher.close();
  });

  it("is silent towards a peer without relay, and towards locks below a ChainLock", async () => {
    const quiet = await TestPeer.join(simnet, 0, { relay: false });
    const txid = simnet.pay();
    expect(await quiet.fence()).toEqual([]);
    quiet.send({ command: "getdata", payload: [{ type: InvType.tx, hash: txid }] });
    expect(await quiet.next("notfound")).toEqual([{ type: InvType.tx, hash: txid }]);
    const [lock] = [...simnet.chain.instantLocks].slice(-1);
    if (lock === undefined) throw new Error("no lock");
    const item = { type: InvType.isdLock, hash: sha256d(encode(instantLock, lock)) };
    await simnet.mine();
    expect(simnet.chain.tip.txids.map(toHashHex)).toContain(toHashHex(txid));
    quiet.send({ command: "getdata", payload: [item] });
    expect(await quiet.next("notfound")).toEqual([item]);
    quiet.close();
  });
});

describe("blocks", () => {
  it("are served whole and match their header", async () => {
    const hash = simnet.chain.hashAt(61);
    peer.send({ command: "getdata", payload: [{ type: InvType.block, hash }] });
    const block = await peer.next("block");
    expect(block.header).toEqual(simnet.chain.block(61).header);
    expect(block.transactions.map(computeTxid)).toEqual(simnet.chain.txidsAt(61));
    peer.send({ command: "getdata", payload: [{ type: InvType.block, hash: UNKNOWN }] });
    expect(await peer.fence()).toEqual([]);
  });

  it("go on forming quorums while the network lives", async () => {
    const before = simnet.chain.tip.quorums;
    await simnet.mine(60);
    const after = simnet.chain.tip.quorums;
    for (const type of [2, 3, 4, 5])
      expect(after.ofType(type), `type ${type}`).not.toEqual(before.ofType(type));
    expect(after.ofType(1)).toEqual(before.ofType(1));
  });
});
