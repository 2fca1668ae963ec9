import { describe, expect, it } from "vitest";
import type { ErrorCode } from "../../errors.ts";
import { hasVectors, readVector } from "../../test/vectors.ts";
import { decode, encode } from "../../wire/codec.ts";
import { HEADER_SIZE } from "../../wire/header.ts";
import { headers2 } from "../../wire/headers.ts";
import { chainLock } from "../../wire/locks.ts";
import type { MnListDiff } from "../../wire/mnListDiff.ts";
import { mnListDiff } from "../../wire/mnListDiff.ts";
import { type QRInfo, qrInfo } from "../../wire/qrInfo.ts";
import type { RecordedMessage } from "./recording.ts";
import { flipBit, type Misbehaviour } from "./replayNode.ts";
import { startClient, startNode } from "./replays.ts";

const PROTOCOL_VERSION = 70240;
const FOLDER = "regtest/cycle-a";

/** A node that says something else in place of one kind of message. */
function lieIn(command: string, lie: (payload: Uint8Array) => Uint8Array): Misbehaviour {
  const rewrite = (message: RecordedMessage) => [
    message.command === command ? { command, payload: lie(message.payload) } : message,
  ];
  return { rewrite };
}

function lieInQrInfo(lie: (honest: QRInfo) => QRInfo): Misbehaviour {
  const codec = qrInfo(PROTOCOL_VERSION);
  return lieIn("qrinfo", (payload) => encode(codec, lie(decode(codec, payload))));
}

/** One bit of the first quorum key in the newest work block's diff. */
function flipQuorumKey(diff: MnListDiff): MnListDiff {
  const newQuorums = diff.newQuorums.map((quorum, i) =>
    i === 0 ? { ...quorum, quorumPublicKey: flipBit(quorum.quorumPublicKey, 40) } : quorum,
  );
  return { ...diff, newQuorums };
}

function flipOperatorKey(diff: MnListDiff): MnListDiff {
  const mnList = diff.mnList.map((entry, i) =>
    i === 0 ? { ...entry, pubKeyOperator: flipBit(entry.pubKeyOperator, 40) } : entry,
  );
  return { ...diff, mnList };
}

interface Lie {
  readonly lie: string;
  readonly code: ErrorCode;
  readonly misbehaviour: Misbehaviour;
}

const LIES: readonly Lie[] = [
  {
    lie: "a quorum's key",
    code: "engine/quorum-root-mismatch",
    misbehaviour: lieInQrInfo((q) => ({ ...q, mnListDiffH: flipQuorumKey(q.mnListDiffH) })),
  },
  {
    lie: "a masternode's operator key in the full list",
    code: "engine/merkle-root-mismatch",
    misbehaviour: lieInQrInfo((q) => ({
      ...q,
      atHMinus4C: q.atHMinus4C && { ...q.atHMinus4C, mnListDiff: flipOperatorKey(q.atHMinus4C.mnListDiff) },
    })),
  },
  {
    lie: "a quorum's key in the tip's diff",
    code: "engine/quorum-root-mismatch",
    misbehaviour: lieInQrInfo((q) => ({ ...q, mnListDiffTip: flipQuorumKey(q.mnListDiffTip) })),
  },
  {
    lie: "a coinbase",
    code: "engine/coinbase-proof-mismatch",
    misbehaviour: lieInQrInfo((q) => ({
      ...q,
      mnListDiffAtHMinusC: {
        ...q.mnListDiffAtHMinusC,
        cbTx: { ...q.mnListDiffAtHMinusC.cbTx, lockTime: 1 },
      },
    })),
  },
  {
    lie: "a snapshot too short for its list",
    code: "engine/malformed-snapshot",
    misbehaviour: lieInQrInfo((q) => ({
      ...q,
      quorumSnapshotAtHMinusC: {
        ...q.quorumSnapshotAtHMinusC,
        activeQuorumMembers: { length: 3, bytes: Uint8Array.of(7) },
      },
    })),
  },
  {
    lie: "the qrinfo of another cycle",
    code: "engine/not-the-requested-cycle",
    misbehaviour: lieIn("qrinfo", () => readVector(`${FOLDER}/qrinfo/428x-bnone@70240.bin`)),
  },
  {
    lie: "half a qrinfo",
    code: "wire/truncated",
    misbehaviour: lieIn("qrinfo", (payload) => payload.slice(0, payload.length / 2)),
  },
  {
    lie: "a qrinfo with something behind it",
    code: "wire/trailing-bytes",
    misbehaviour: lieIn("qrinfo", (payload) => Uint8Array.from([...payload, 0])),
  },
  {
    lie: "a list in a mnlistdiff",
    code: "engine/merkle-root-mismatch",
    misbehaviour: {
      silentOn: ["getqrinfo"],
      ...lieIn("mnlistdiff", (payload) => {
        const codec = mnListDiff(PROTOCOL_VERSION);
        return encode(codec, flipOperatorKey(decode(codec, payload)));
      }),
    },
  },
  {
    lie: "the ChainLock",
    code: "engine/bad-lock-signature",
    // The coinbase of the tip names an older one, so the forged one is looked at first.
    misbehaviour: lieIn("clsig", (payload) => {
      const lock = decode(chainLock, payload);
      return encode(chainLock, { ...lock, blockHash: flipBit(lock.blockHash, 31) as typeof lock.blockHash });
    }),
  },
  {
    lie: "a header",
    code: "chain/bad-proof-of-work",
    misbehaviour: lieIn("headers2", (payload) => {
      const codec = headers2(PROTOCOL_VERSION);
      const honest = decode(codec, payload);
      // The merkle root of block 200: its hash and all that follow are others then, and half of them no proof.
      return encode(codec, { ...honest, headers: flipBit(honest.headers, 199 * HEADER_SIZE + 40) });
    }),
  },
];

describe.runIf(hasVectors(FOLDER))("cycle-a, somebody lies", () => {
  it.each(LIES)(
    "about $lie: banned for $code, and synced from the others",
    async ({ code, misbehaviour }) => {
      const liar = await startNode(misbehaviour);
      const run = await startClient([liar]);
      await run.until(() => run.peer(liar)?.status === "banned", "banned");
      expect(run.peer(liar)).toMatchObject({ score: 0, reason: expect.stringContaining(code) });
      // One fault, one penalty, one line.
      expect(run.client.penalties).toEqual([{ address: liar.address, points: 100, code, isBan: true }]);
      const told = run.snapshot.log.filter(
        ({ facts }) => facts.address === liar.address && facts.code === code,
      );
      expect(told.map(({ level }) => level)).toEqual(["warning"]);
      run.connect(await startNode(), await startNode());
      await run.synced();
      expect(run.peer(liar)).toMatchObject({ status: "banned" });
      expect(liar.connections).toBe(1);
      const honest = run.snapshot.peers.filter(({ address }) => address !== liar.address);
      expect(honest.map(({ score }) => score)).toEqual([100, 100]);
      expect(run.snapshot.problem).toBeUndefined();
    },
  );

  it("never syncs from liars alone, and names what they did", async () => {
    const lie = lieInQrInfo((q) => ({ ...q, mnListDiffH: flipQuorumKey(q.mnListDiffH) }));
    const liars = await Promise.all([startNode(lie), startNode(lie), startNode(lie)]);
    const run = await startClient(liars);
    await run.until(({ peers }) => peers.every(({ status }) => status === "banned"), "all banned");
    const { isSynced, masternodes, problem, progress, chainLock: lock } = run.snapshot;
    expect({ isSynced, masternodes, lock, problem: problem?.code }).toEqual({
      isSynced: false,
      masternodes: undefined,
      lock: undefined,
      problem: "engine/quorum-root-mismatch",
    });
    expect(progress.fraction).toBeLessThan(1);
    expect(run.client.requestCounts.qrinfo).toBe(3);
  });

  it("doubts a snapshot that no signature fits, and bans its sender once another one does", async () => {
    const liar = await startNode(
      lieInQrInfo((q) => ({
        ...q,
        quorumSnapshotAtHMinusC: {
          ...q.quorumSnapshotAtHMinusC,
          activeQuorumMembers: {
            ...q.quorumSnapshotAtHMinusC.activeQuorumMembers,
            bytes: flipBit(q.quorumSnapshotAtHMinusC.activeQuorumMembers.bytes, 0),
          },
        },
      })),
    );
    const run = await startClient([liar]);
    await run.until(({ cannotVerify }) => cannotVerify.length > 0, "doubted");
    expect(run.snapshot.isSynced).toBe(false);
    expect(run.peer(liar)).toMatchObject({ status: "ready", score: 100 });
    const rotating = run.snapshot.quorums.find(({ llmqType }) => llmqType === 103);
    expect(rotating).toMatchObject({ verified: 0, unknown: 2, invalid: 0 });
    expect(run.client.requestCounts.qrinfo).toBe(1);

    const honest = await startNode();
    run.connect(honest);
    await run.synced();
    expect(run.peer(liar)).toMatchObject({ status: "banned", score: 0 });
    expect(run.client.penalties.map(({ code }) => code)).toEqual(["engine/snapshot-refuted"]);
    expect(run.peer(honest)).toMatchObject({ status: "ready", score: 100 });
    expect([liar.count("getqrinfo"), honest.count("getqrinfo")]).toEqual([1, 1]);
    expect(run.snapshot.cannotVerify).toEqual([]);
  });

  it("counts answers twice, and those nobody asked for, against their sender", async () => {
    const node = await startNode({
      rewrite: (message) => (message.command === "qrinfo" ? [message, message] : [message]),
    });
    const run = await startClient([node]);
    await run.synced();
    expect(run.peer(node)).toMatchObject({ status: "ready", score: 95 });
    node.push("mnlistdiff", readVector(`${FOLDER}/mnlistdiff/0-478.bin`));
    await run.until(() => run.peer(node)?.score === 90, "score 90");
    expect(run.snapshot.isSynced).toBe(true);
    expect(run.client.penalties.map(({ code }) => code)).toEqual(Array(2).fill("net/unexpected-message"));
  });
});
