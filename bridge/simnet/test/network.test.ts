import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type LlmqParams, paramsFromFile, WORK_DIFF_DEPTH } from "../../../worker/params/index.ts";
import { encode } from "../../../worker/wire/codec.ts";
import type { FinalCommitment } from "../../../worker/wire/finalCommitment.ts";
import {
  type BlockHash,
  compareBytes,
  type Height,
  sha256d,
  toHashHex,
} from "../../../worker/wire/hashes.ts";
import { readHeaders } from "../../../worker/wire/headers.ts";
import { type InventoryItem, InvType } from "../../../worker/wire/inventory.ts";
import { chainLock, computeInstantLockRequestId, instantLock } from "../../../worker/wire/locks.ts";
import { commandOf } from "../../../worker/wire/message.ts";
import type { QRInfo } from "../../../worker/wire/qrInfo.ts";
import { computeTxid } from "../../../worker/wire/tx.ts";
import { drawCycle } from "../consensus/rotation.ts";
import type { Simnet } from "../network.ts";
import { LightVerifier, type ListedMember } from "./lightVerifier.ts";
import { startSimnet, TestPeer } from "./testPeer.ts";

const ZERO = new Uint8Array(32) as BlockHash;
const UNKNOWN = new Uint8Array(32).fill(0xab) as BlockHash;

/** The default network, as `npm start` begins with it; tests that mine add to its end. */
let simnet: Simnet;
let peer: TestPeer;
let client: LightVerifier;

beforeAll(async () => {
  simnet = await startSimnet();
  peer = await TestPeer.join(simnet);
  client = await syncHeaders(peer);
});
afterAll(async () => {
  peer.close();
  await simnet.close();
});

async function syncHeaders(from: TestPeer): Promise<LightVerifier> {
  const params = paramsFromFile(simnet.params);
  const genesis = simnet.chain.hashAt(0);
  from.send({ command: "getheaders", payload: { version: 70240, locator: [genesis], hashStop: ZERO } });
  const headers = readHeaders(await from.next("headers"));
  const following = [...headers.slice(1).map(({ prevBlockHash }) => prevBlockHash), simnet.tip.hash];
  return new LightVerifier(params, from, [
    { hash: genesis, merkleRoot: simnet.chain.block(0).header.merkleRoot },
    ...headers.map(({ merkleRoot }, i) => ({ hash: following[i] as BlockHash, merkleRoot })),
  ]);
}

function llmqOf(type: number): LlmqParams {
  return simnet.chain.llmq(type);
}

function ofType(quorums: Iterable<FinalCommitment>, type: number): FinalCommitment[] {
  return [...quorums].filter(({ llmqType }) => llmqType === type);
}

describe("the default network", () => {
  it("has what it should have at the tip", async () => {
    const list = await client.list(simnet.tip.height);
    const entries = [...list.entries.values()];
    expect(entries.length).toBeGreaterThanOrEqual(120);
    expect(entries.filter(({ type }) => type === 1).length).toBeGreaterThanOrEqual(20);
    expect(entries.filter(({ isValid }) => !isValid).length).toBeGreaterThanOrEqual(3);
    expect(entries.filter(({ version }) => version === 1).length).toBeGreaterThanOrEqual(30);
    for (const [type, count] of [
      [1, 4],
      [2, 4],
      [3, 3],
      [4, 6],
      [5, 4],
    ] as const) {
      expect(ofType(list.quorums.values(), type), `type ${type}`).toHaveLength(count);
    }
  });

  it("has commitments of older cycles among the rotating ones", async () => {
    const rotating = ofType((await client.list(simnet.tip.height)).quorums.values(), 5);
    const cycles = rotating.map(({ quorumHash, quorumIndex }) => client.heightOf(quorumHash) - quorumIndex);
    expect(new Set(cycles).size).toBeGreaterThan(1);
  });

  it("lets masternodes come, change, go, be banned and revived along the way", () => {
    const { chain } = simnet;
    const seen = { came: 0, gone: 0, banned: 0, revived: 0, rekeyed: 0, moved: 0, revoked: 0 };
    for (let height = 30; height <= chain.tipHeight; height++) {
      const before = chain.block(height - 1).list;
      const after = chain.block(height).list;
      for (const { id } of before.all) if (after.get(id) === undefined) seen.gone++;
      for (const now of after.all) {
        const was = before.get(now.id);
        if (was === undefined) seen.came++;
        if (was === undefined || was === now) continue;
        if (was.isValid && !now.isValid) seen.banned++;
        if (!was.isValid && now.isValid) seen.revived++;
        if (compareBytes(was.pubKeyOperator, now.pubKeyOperator) !== 0) seen.rekeyed++;
        if (compareBytes(was.netInfo.address, now.netInfo.address) !== 0) seen.moved++;
        if (was.revocationReason !== now.revocationReason) seen.revoked++;
      }
    }
    for (const [what, times] of Object.entries(seen)) expect(times, what).toBeGreaterThan(1);
  });
});

describe("mnlistdiff", () => {
  it("proves a chain of lists, and the same list in one step", async () => {
    const stepped = await TestPeer.join(simnet);
    const steps = await syncHeaders(stepped);
    for (const height of [1, 2, 16, 40, 41, 100, 123, 200, 201, 333, 410, simnet.tip.height]) {
      await steps.list(height);
    }
    stepped.send({
      command: "getmnlistd",
      payload: { baseBlockHash: ZERO, blockHash: simnet.tip.hash },
    });
    const full = await stepped.next("mnlistdiff");
    expect(full.baseBlockHash).toEqual(ZERO);
    const direct = client.apply(full);
    const walked = await steps.list(simnet.tip.height);
    expect(new Map([...direct.entries].sort())).toEqual(new Map([...walked.entries].sort()));
    expect([...direct.quorums.keys()].sort()).toEqual([...walked.quorums.keys()].sort());
    stepped.close();
  });

  it("lists entries in no order, quorums ascending, and the signature of every work block", async () => {
    peer.send({ command: "getmnlistd", payload: { baseBlockHash: ZERO, blockHash: simnet.tip.hash } });
    const diff = await peer.next("mnlistdiff");
    const hashes = diff.mnList.map(({ proRegTxHash }) => proRegTxHash);
    expect(hashes).not.toEqual([...hashes].sort(compareBytes));
    const quorums = diff.newQuorums.map(({ llmqType, quorumHash }) => ({ llmqType, quorumHash }));
    expect(quorums).toEqual(
      [...quorums].sort((a, b) => a.llmqType - b.llmqType || compareBytes(a.quorumHash, b.quorumHash)),
    );
    expect(diff.quorumsCLSigs.flatMap(({ indexes }) => indexes).sort((a, b) => a - b)).toEqual(
      diff.newQuorums.map((_, i) => i),
    );
    for (const { signature, indexes } of diff.quorumsCLSigs) {
      for (const index of indexes) {
        const quorum = diff.newQuorums[index];
        if (quorum === undefined) throw new Error("index past the end");
        const work = client.heightOf(quorum.quorumHash) - quorum.quorumIndex - WORK_DIFF_DEPTH;
        expect(signature).toEqual((await client.list(work)).cbTx.chainLock?.bestCLSignature);
      }
    }
  });

  it("base equal to target is a bare proof of the coinbase", async () => {
    const { hash } = simnet.tip;
    peer.send({ command: "getmnlistd", payload: { baseBlockHash: hash, blockHash: hash } });
    const diff = await peer.next("mnlistdiff");
    expect([diff.mnList, diff.deletedMNs, diff.newQuorums, diff.deletedQuorums]).toEqual([[], [], [], []]);
  });

  it("follows the common version: no signatures of work blocks below 70230", async () => {
    const old = await TestPeer.join(simnet, 0, { protocolVersion: 70229 });
    const request = { baseBlockHash: ZERO, blockHash: simnet.tip.hash };
    old.send({ command: "getmnlistd", payload: request });
    const diff = await old.next("mnlistdiff");
    expect(diff.quorumsCLSigs).toEqual([]);
    expect(diff.newQuorums.length).toBeGreaterThan(15);
    old.close();
  });
});

describe("commitments", () => {
  it("of non-rotating types are signed by the members that a client draws", async () => {
    const { quorums } = await client.list(simnet.tip.height);
    const plain = [...quorums.values()].filter(({ llmqType }) => llmqType !== 5);
    expect(plain).toHaveLength(17);
    for (const commitment of plain) {
      const members = await client.plainMembers(llmqOf(commitment.llmqType), commitment);
      if (commitment.llmqType === 4) expect(members.every(({ isEvo }) => isEvo)).toBe(true);
      await client.verifyCommitment(commitment, members);
    }
  });

  it("of the rotating type too, from the lists and snapshots of a qrinfo", async () => {
    const info = await requestQRInfo([], true);
    applyAll(info);
    const { members, cycle } = await drawFromQRInfo(info);
    const current = info.lastCommitmentPerIndex.filter(
      ({ quorumHash, quorumIndex }) => client.heightOf(quorumHash) - quorumIndex === cycle,
    );
    expect(current.length).toBeGreaterThanOrEqual(2);
    for (const commitment of current) {
      await client.verifyCommitment(commitment, members[commitment.quorumIndex] ?? []);
    }
  });
});

async function requestQRInfo(bases: BlockHash[], extraShare: boolean, version?: number): Promise<QRInfo> {
  const asking = version === undefined ? peer : await TestPeer.join(simnet, 0, { protocolVersion: version });
  asking.send({
    command: "getqrinfo",
    payload: { baseBlockHashes: bases, blockRequestHash: simnet.tip.hash, extraShare },
  });
  const info = await asking.next("qrinfo");
  if (asking !== peer) asking.close();
  return info;
}

/** Oldest first, as the construction since 70236 demands. */
function applyAll(info: QRInfo): void {
  const diffs = [
    ...info.mnListDiffList,
    ...(info.atHMinus4C ? [info.atHMinus4C.mnListDiff] : []),
    info.mnListDiffAtHMinus3C,
    info.mnListDiffAtHMinus2C,
    info.mnListDiffAtHMinusC,
    info.mnListDiffH,
    info.mnListDiffTip,
  ];
  for (const diff of diffs) client.apply(diff);
}

async function drawFromQRInfo(info: QRInfo) {
  const llmq = llmqOf(5);
  const cycle = client.heightOf(info.mnListDiffH.blockHash) + WORK_DIFF_DEPTH;
  const stateOf = async (height: Height) => ({
    list: await client.members(height - WORK_DIFF_DEPTH),
    modifier: await client.modifier(llmq.type, height - WORK_DIFF_DEPTH),
  });
  const snapshots = [
    info.quorumSnapshotAtHMinusC,
    info.quorumSnapshotAtHMinus2C,
    info.quorumSnapshotAtHMinus3C,
  ];
  const past = [];
  for (const [i, snapshot] of snapshots.entries()) {
    past.push({ ...(await stateOf(cycle - (i + 1) * llmq.dkgInterval)), snapshot });
  }
  const shape = { count: llmq.signingActiveQuorumCount, quarterSize: llmq.size / 4 };
  const { members } = drawCycle<ListedMember>(shape, await stateOf(cycle), past, true);
  return { members, cycle };
}

describe("qrinfo", () => {
  const endOf = (info: QRInfo) => client.heightOf(info.mnListDiffH.blockHash);

  it("ends at the work blocks of its cycles and at the tip", async () => {
    const info = await requestQRInfo([], true);
    const interval = llmqOf(5).dkgInterval;
    const cycle = simnet.tip.height - (simnet.tip.height % interval);
    const ends = [
      info.mnListDiffH,
      info.mnListDiffAtHMinusC,
      info.mnListDiffAtHMinus2C,
      info.mnListDiffAtHMinus3C,
      info.atHMinus4C?.mnListDiff,
    ].map((diff) => diff && client.heightOf(diff.blockHash));
    expect(ends).toEqual([0, 1, 2, 3, 4].map((back) => cycle - back * interval - WORK_DIFF_DEPTH));
    expect(info.mnListDiffTip.blockHash).toEqual(simnet.tip.hash);
    expect(info.lastCommitmentPerIndex.map(({ quorumIndex }) => quorumIndex)).toEqual([0, 1, 2, 3]);
  });

  it("carries the further cycles that an older commitment needs", async () => {
    const short = await requestQRInfo([], false);
    const long = await requestQRInfo([], true);
    expect(short.quorumSnapshotList.length).toBeGreaterThan(0);
    expect(short.mnListDiffList).toHaveLength(short.quorumSnapshotList.length);
    expect(long.quorumSnapshotList).toHaveLength(short.quorumSnapshotList.length - 1);
    const ends = short.mnListDiffList.map(({ blockHash }) => client.heightOf(blockHash));
    expect(ends).toEqual([...ends].sort((a, b) => a - b));
    expect(Math.max(...ends)).toBe(endOf(short) - 4 * llmqOf(5).dkgInterval);
  });

  it("builds its diffs on each other from 70236, on the client's bases before", async () => {
    const base = simnet.chain.hashAt(100);
    const efficient = await requestQRInfo([base], true);
    const chained = [
      ...efficient.mnListDiffList,
      ...(efficient.atHMinus4C ? [efficient.atHMinus4C.mnListDiff] : []),
      efficient.mnListDiffAtHMinus3C,
      efficient.mnListDiffAtHMinus2C,
      efficient.mnListDiffAtHMinusC,
      efficient.mnListDiffH,
      efficient.mnListDiffTip,
    ];
    chained.forEach((diff, i) => {
      expect(toHashHex(diff.baseBlockHash)).toBe(toHashHex(chained[i - 1]?.blockHash ?? base));
    });
    const legacy = await requestQRInfo([base], true, 70235);
    for (const diff of [legacy.mnListDiffTip, legacy.mnListDiffH, legacy.mnListDiffAtHMinus3C]) {
      expect(toHashHex(diff.baseBlockHash)).toBe(toHashHex(base));
    }
  });
});

describe("refusals", () => {
  it.each([
    ["getmnlistd", { baseBlockHash: ZERO, blockHash: UNKNOWN }],
    ["getmnlistd", { baseBlockHash: UNKNOWN, blockHash: ZERO }],
    ["getqrinfo", { baseBlockHashes: [], blockRequestHash: UNKNOWN, extraShare: false }],
    ["getqrinfo", { baseBlockHashes: [ZERO], blockRequestHash: UNKNOWN, extraShare: false }],
  ] as const)("%s %# is met with silence that a pong shows", async (command, payload) => {
    peer.send({ command, payload } as Parameters<TestPeer["send"]>[0]);
    expect(await peer.fence()).toEqual([]);
  });

  it("a qrinfo whose cycles have no snapshots is refused", async () => {
    const blockRequestHash = simnet.chain.hashAt(150);
    peer.send({ command: "getqrinfo", payload: { baseBlockHashes: [], blockRequestHash, extraShare: true } });
    expect(await peer.fence()).toEqual([]);
  });

  it("disconnects at the hundredth, not before", async () => {
    const rude = await TestPeer.join(simnet);
    const payload = { baseBlockHash: ZERO, blockHash: UNKNOWN };
    for (let i = 0; i < 99; i++) rude.send({ command: "getmnlistd", payload });
    expect(await rude.fence()).toEqual([]);
    rude.send({ command: "getmnlistd", payload });
    await rude.closed();
    const back = await TestPeer.join(simnet);
    back.close();
  });

  it.each(["mnlistdiff", "qrinfo"])("disconnects a peer that sends %s", async (command) => {
    const rude = await TestPeer.join(simnet);
    rude.sendRaw(command, new Uint8Array(10));
    await rude.closed();
  });

  it("ignores bytes behind a request, and a request that is cut short", async () => {
    const polite = await TestPeer.join(simnet);
    const payload = new Uint8Array(64);
    payload.set(simnet.tip.hash, 32);
    polite.sendRaw("getmnlistd", payload.subarray(0, 63));
    expect(await polite.fence()).toEqual([]);
    polite.sendRaw("getmnlistd", Uint8Array.of(...payload, 9));
    expect((await polite.fence()).map(commandOf)).toEqual(["mnlistdiff"]);
    polite.close();
  });

  it("answers strictly in order", async () => {
    const hash = simnet.tip.hash;
    peer.send({
      command: "getqrinfo",
      payload: { baseBlockHashes: [], blockRequestHash: hash, extraShare: false },
    });
    peer.send({ command: "getmnlistd", payload: { baseBlockHash: ZERO, blockHash: hash } });
    peer.send({ command: "ping", payload: 5n });
    peer.send({ command: "getheaders2", payload: { version: 1, locator: [hash], hashStop: ZERO } });
    expect((await peer.fence()).map(commandOf)).toEqual(["qrinfo", "mnlistdiff", "pong", "headers2"]);
  });
});

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
    expect(checked).toBeGreaterThan(40);
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
    const verifier = await syncHeaders(watcher);
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
