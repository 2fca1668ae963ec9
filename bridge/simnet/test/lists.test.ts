import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type LlmqParams, WORK_DIFF_DEPTH } from "../../../worker/params/index.ts";
import type { FinalCommitment } from "../../../worker/wire/finalCommitment.ts";
import { type BlockHash, compareBytes, type Height, toHashHex } from "../../../worker/wire/hashes.ts";
import type { QRInfo } from "../../../worker/wire/qrInfo.ts";
import type { MasternodeList } from "../consensus/masternodes.ts";
import { drawCycle } from "../consensus/rotation.ts";
import type { Simnet } from "../network.ts";
import { diffsOldestFirst } from "./diffsOldestFirst.ts";
import { type LightVerifier, type ListedMember, syncHeaders } from "./lightVerifier.ts";
import { startSimnet, TestPeer } from "./testPeer.ts";

const ZERO = new Uint8Array(32) as BlockHash;

/** The default network, as `npm start` begins with it. */
let simnet: Simnet;
let peer: TestPeer;
let client: LightVerifier;

beforeAll(async () => {
  simnet = await startSimnet();
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

const byId = ({ all }: MasternodeList) => new Map(all.map((masternode) => [masternode.id, masternode]));

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
    const owners = new Set<string>();
    const seen = { came: 0, returned: 0, gone: 0, banned: 0, revived: 0, rekeyed: 0, moved: 0, revoked: 0 };
    for (let height = 30; height <= chain.tipHeight; height++) {
      const [before, after] = [byId(chain.block(height - 1).list), byId(chain.block(height).list)];
      for (const id of before.keys()) if (!after.has(id)) seen.gone++;
      for (const now of after.values()) {
        const was = before.get(now.id);
        if (was === undefined) seen.came++;
        const owner = now.keyIDOwner.join();
        if (was === undefined && owners.has(owner)) seen.returned++;
        owners.add(owner);
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
    const steps = await syncHeaders(simnet, stepped);
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
  for (const diff of diffsOldestFirst(info)) client.apply(diff);
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
    const chained = diffsOldestFirst(efficient);
    chained.forEach((diff, i) => {
      expect(toHashHex(diff.baseBlockHash)).toBe(toHashHex(chained[i - 1]?.blockHash ?? base));
    });
    const legacy = await requestQRInfo([base], true, 70235);
    for (const diff of [legacy.mnListDiffTip, legacy.mnListDiffH, legacy.mnListDiffAtHMinus3C]) {
      expect(toHashHex(diff.baseBlockHash)).toBe(toHashHex(base));
    }
  });
});
