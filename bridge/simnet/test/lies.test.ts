import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Bls, createBls } from "../../../worker/bls/index.ts";
import { applyDiff } from "../../../worker/engine/applyDiff.ts";
import type { EngineContext } from "../../../worker/engine/context.ts";
import { feedQrInfo } from "../../../worker/engine/feedQrInfo.ts";
import { prepareChainLock, prepareInstantLock } from "../../../worker/engine/locks.ts";
import { EMPTY_ENGINE, type EngineState, type QuorumStatus, statusOf } from "../../../worker/engine/state.ts";
import { DashlightError } from "../../../worker/errors.ts";
import { judgeQuorums, verifyLock } from "../../../worker/sync/judge.ts";
import { type BlockHash, equalBytes, ZERO_HASH } from "../../../worker/wire/hashes.ts";
import type { ChainLock, InstantLock } from "../../../worker/wire/locks.ts";
import type { MnListDiff } from "../../../worker/wire/mnListDiff.ts";
import type { QRInfo } from "../../../worker/wire/qrInfo.ts";
import { chainLockItem, instantLockItem } from "../answers.ts";
import { buildMnListDiff } from "../consensus/buildMnListDiff.ts";
import { LIES, type LieName } from "../faults/lies.ts";
import type { Simnet } from "../network.ts";
import { rotatingLlmq } from "../params.ts";
import { startSimnet, TestPeer } from "./testPeer.ts";

const ZERO = ZERO_HASH as BlockHash;
/** 38 blocks into a rotating cycle: its quorums are mined. */
const BLOCKS = 326;

/** What one node says about everything there is to lie about. */
interface Answers {
  readonly diff: MnListDiff;
  readonly qrInfo: QRInfo;
  readonly chainLocks: readonly ChainLock[];
  readonly instantLock: InstantLock;
}

let simnet: Simnet;
let bls: Bls;
let context: EngineContext;
let truth: Answers;
beforeAll(async () => {
  simnet = await startSimnet({ blocks: BLOCKS });
  bls = await createBls();
  const { chain } = simnet;
  context = {
    params: chain.params,
    chain: {
      heightOf: (hash) => chain.heightOf(hash),
      hashAt: (height) => (height < 0 || height > chain.tipHeight ? undefined : chain.hashAt(height)),
      merkleRootAt: (height) => chain.block(height).header.merkleRoot,
    },
    isValidSignature: (signature) => bls.isValidSignature(signature, "basic"),
  };
  simnet.pay();
  truth = await ask();
});
afterAll(() => simnet.close());

async function ask(): Promise<Answers> {
  const { chain, tip } = simnet;
  const peer = await TestPeer.join(simnet);
  peer.send({ command: "getmnlistd", payload: { baseBlockHash: ZERO, blockHash: tip.hash } });
  const diff = await peer.next("mnlistdiff");
  const payload = { baseBlockHashes: [], blockRequestHash: tip.hash, extraShare: false };
  peer.send({ command: "getqrinfo", payload });
  const qrInfo = await peer.next("qrinfo");
  const [instantLock] = chain.instantLocks;
  if (chain.bestChainLock === undefined || instantLock === undefined) throw new Error("no locks to ask for");
  peer.send({
    command: "getdata",
    payload: [chainLockItem(chain.bestChainLock), instantLockItem(instantLock)],
  });
  const locks = await peer.fence();
  peer.close();
  const [answer] = locks.flatMap((message) => (message.command === "isdlock" ? [message.payload] : []));
  if (answer === undefined) throw new Error("no InstantLock came");
  return {
    diff,
    qrInfo,
    chainLocks: locks.flatMap((message) => (message.command === "clsig" ? [message.payload] : [])),
    instantLock: answer,
  };
}

async function askLiar(lie: LieName): Promise<Answers> {
  simnet.hurt(0, { lies: [lie] });
  const answers = await ask();
  simnet.hurt(0, undefined);
  return answers;
}

/** Paths to what differs, down to where a whole message, list or object is told apart by its fields. */
function differences(a: unknown, b: unknown, path: string): string[] {
  if (a instanceof Uint8Array && b instanceof Uint8Array) return equalBytes(a, b) ? [] : [path];
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null)
    return a === b ? [] : [path];
  if (Array.isArray(a) && Array.isArray(b) && a.length !== b.length) return [`${path}.length`];
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  const isList = Array.isArray(a);
  return [...keys].flatMap((key) =>
    differences(
      (a as Record<string, unknown>)[key],
      (b as Record<string, unknown>)[key],
      isList ? path : `${path}.${key}`,
    ),
  );
}

/** What a lie changes in a diff, in a qrinfo, and elsewhere. Bytes that are hashed follow their fields. */
// biome-ignore format: a table
const CHANGES: Record<LieName, { diff?: string[]; qrInfo?: string[]; chainLocks?: string[]; instantLock?: string[] }> = {
  falseMerkleBranch: { diff: ["merkleHashes"] },
  wrongRoots: { diff: ["merkleHashes", "cbTx.extraPayload"] },
  changedEntry: { diff: ["mnList.isValid", "mnList.body"] },
  droppedEntry: { diff: ["mnList.length"] },
  repeatedEntry: { diff: ["mnList.length"] },
  inventedDeletion: { diff: ["deletedMNs.length"] },
  forgedCommitment: { diff: ["newQuorums.length"] },
  swappedQuorumKeys: { diff: ["newQuorums.quorumPublicKey", "newQuorums.raw"] },
  invalidSnapshot: { qrInfo: ["activeQuorumMembers.bytes"] },
  falseSkipList: { qrInfo: ["mnSkipListMode", "mnSkipList.length"] },
  shortSnapshot: { qrInfo: ["activeQuorumMembers.length", "activeQuorumMembers.bytes"] },
  otherCycle: { qrInfo: ["mnListDiffH.blockHash"] },
  falseLastCommitments: { qrInfo: ["lastCommitmentPerIndex.quorumPublicKey", "lastCommitmentPerIndex.raw"] },
  falseQuorumsCLSigs: { diff: ["quorumsCLSigs.signature"] },
  wrongChainLock: { chainLocks: ["sig"] },
  twoChainLocks: { chainLocks: ["length"] },
  misplacedChainLock: { chainLocks: ["height"] },
  forgedInstantLock: { instantLock: ["txid"] },
};

const NAMES = Object.keys(LIES) as LieName[];

describe("a lie changes what it is about and nothing else", () => {
  it.each(NAMES)("%s", async (name) => {
    const { diff = [], qrInfo, chainLocks = [], instantLock = [] } = CHANGES[name];
    const told = await askLiar(name);
    const changed = (part: keyof Answers) => [...new Set(differences(truth[part], told[part], ""))];
    expect(changed("diff").sort()).toEqual(diff.map((path) => `.${path}`).sort());
    expect(changed("chainLocks").sort()).toEqual(chainLocks.map((path) => `.${path}`).sort());
    expect(changed("instantLock").sort()).toEqual(instantLock.map((path) => `.${path}`).sort());
    const ends = qrInfo ?? diff;
    const inside = changed("qrInfo");
    for (const end of ends) expect(inside.filter((path) => path.endsWith(end))).not.toEqual([]);
    if (name !== "otherCycle") {
      expect(inside.filter((path) => !ends.some((end) => path.endsWith(end)))).toEqual([]);
    }
  });
});

/** @returns the code of the first error, undefined if there is none */
async function codeOf(run: () => unknown): Promise<string | undefined> {
  try {
    await run();
    return undefined;
  } catch (error) {
    if (!(error instanceof DashlightError)) throw error;
    return error.code;
  }
}

/** @returns statuses of the quorums of the rotating type at the tip, all of them judged */
async function judgeRotating({ qrInfo }: Answers): Promise<{ state: EngineState; statuses: QuorumStatus[] }> {
  const fed = feedQrInfo(EMPTY_ENGINE, qrInfo, context);
  const applied = applyDiff(fed.state, truth.diff, context);
  const quorums = [...applied.list.quorums.values()].filter(
    ({ commitment }) => commitment.llmqType === rotatingLlmq(simnet.chain.params).type,
  );
  const state = await judgeQuorums(applied.state, quorums, context, bls);
  return { state, statuses: quorums.map((quorum) => statusOf(state, quorum)) };
}

/** Lists that prove the quorums in charge of a lock of the tip, and of one of an older signer. */
function holdLists(): EngineState {
  const { chain } = simnet;
  const heights = [chain.tipHeight, chain.tipHeight - 8, chain.tipHeight - 48];
  return heights.reduce((state, height) => {
    const diff = buildMnListDiff(chain, { baseBlockHash: ZERO, blockHash: chain.hashAt(height) });
    if (diff === undefined) throw new Error(`no list at ${height}`);
    return applyDiff(state, diff, context).state;
  }, EMPTY_ENGINE);
}

describe("a lie is caught by the check it names", () => {
  const inDiffs = NAMES.filter(
    (name) => CHANGES[name].diff !== undefined && LIES[name].caughtBy !== "unused",
  );
  it.each(inDiffs)("%s in a diff and in a qrinfo", async (name) => {
    const { diff, qrInfo } = await askLiar(name);
    expect(await codeOf(() => applyDiff(EMPTY_ENGINE, diff, context))).toBe(LIES[name].caughtBy);
    expect(await codeOf(() => feedQrInfo(EMPTY_ENGINE, qrInfo, context))).toBe(LIES[name].caughtBy);
  });

  it("true answers pass", async () => {
    const { statuses } = await judgeRotating(truth);
    expect(statuses.length).toBe(4);
    expect(new Set(statuses.map(({ status }) => status))).toEqual(new Set(["verified"]));
  });

  it.each(["invalidSnapshot", "falseSkipList"] as const)("%s", async (name) => {
    const { statuses } = await judgeRotating(await askLiar(name));
    for (const status of statuses) {
      expect(status).toMatchObject({ status: "unknown", reason: { code: LIES[name].caughtBy } });
    }
  });

  it("shortSnapshot", async () => {
    const { qrInfo } = await askLiar("shortSnapshot");
    const code = await codeOf(() => feedQrInfo(EMPTY_ENGINE, qrInfo, context));
    expect(code).toBe(LIES.shortSnapshot.caughtBy);
  });

  it("otherCycle is a true qrinfo about the cycle before", async () => {
    const { qrInfo } = await askLiar("otherCycle");
    const workHeightOf = (each: QRInfo) => simnet.chain.heightOf(each.mnListDiffH.blockHash) ?? 0;
    const { dkgInterval } = rotatingLlmq(simnet.chain.params);
    expect(workHeightOf(qrInfo)).toBe(workHeightOf(truth.qrInfo) - dkgInterval);
    expect(await codeOf(() => feedQrInfo(EMPTY_ENGINE, qrInfo, context))).toBeUndefined();
  });

  it.each(["falseLastCommitments", "falseQuorumsCLSigs"] as const)("%s changes nothing", async (name) => {
    const [honest, lying] = [await judgeRotating(truth), await judgeRotating(await askLiar(name))];
    expect(lying.statuses).toEqual(honest.statuses);
    expect([...lying.state.lists.keys()]).toEqual([...honest.state.lists.keys()]);
  });

  it.each(["wrongChainLock", "twoChainLocks", "misplacedChainLock"] as const)("%s", async (name) => {
    const [first, second] = (await askLiar(name)).chainLocks;
    const state = holdLists();
    const check = (lock: ChainLock) => verifyLock("chainlock", prepareChainLock(state, lock, context), bls);
    expect(await codeOf(async () => first && check(first))).toBe(LIES[name].caughtBy);
    for (const lock of [...truth.chainLocks, ...(second === undefined ? [] : [second])]) {
      expect(await check(lock)).toMatchObject({ status: "verified" });
    }
  });

  it("forgedInstantLock", async () => {
    const { instantLock } = await askLiar("forgedInstantLock");
    const { tipHeight } = simnet.chain;
    const state = holdLists();
    const check = (lock: InstantLock) =>
      verifyLock("instantlock", prepareInstantLock(state, lock, tipHeight, context), bls);
    expect(await codeOf(() => check(instantLock))).toBe(LIES.forgedInstantLock.caughtBy);
    expect(await check(truth.instantLock)).toMatchObject({ status: "verified" });
  });
});

describe("lies", () => {
  it("are told one upon the other, and tampered with after that", async () => {
    simnet.hurt(0, {
      lies: ["droppedEntry", "droppedEntry"],
      tamper: (message) =>
        message.command === "mnlistdiff"
          ? { ...message, payload: { ...message.payload, newQuorums: [], quorumsCLSigs: [] } }
          : message,
    });
    const { diff } = await ask();
    simnet.hurt(0, undefined);
    expect(diff.mnList).toHaveLength(truth.diff.mnList.length - 2);
    expect(diff.newQuorums).toEqual([]);
  });
});
