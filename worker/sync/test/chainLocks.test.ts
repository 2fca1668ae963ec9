import { beforeAll, describe, expect, it } from "vitest";
import { type EngineState, listAtHeight, newestList } from "../../engine/state.ts";
import { flipBit } from "../../node/test/replayNode.ts";
import { hasVectors, readVectorJson } from "../../test/vectors.ts";
import { type BlockHash, toHashHex } from "../../wire/hashes.ts";
import type { ChainLock } from "../../wire/locks.ts";
import { ChainLocks, type LockOutcome } from "../chainLocks.ts";
import { RecordedChain } from "./recordedChain.ts";

const FOLDER = "regtest/cycle-a";
/** Highest block whose quorum set the recorded block diffs show. */
const LAST_SET = 470;

describe.runIf(hasVectors(FOLDER))("ChainLocks of the regtest capture cycle-a", () => {
  let recorded: RecordedChain;
  /** Lists of every block from 448 to 470 and of the tip, nothing judged. */
  let unjudged: EngineState;
  /** The same, with every quorum judged that any ChainLock from 456 on could need. */
  let judged: EngineState;

  beforeAll(async () => {
    recorded = await RecordedChain.load();
    unjudged = recorded.applyBlocks(recorded.fedFromTip(), LAST_SET);
    const chainLockType = recorded.context.params.llmqTypeChainLocks;
    const quorums = [...unjudged.lists.values()]
      .filter(({ height }) => height >= 448)
      .flatMap((list) => [...list.quorums.values()])
      .filter(({ commitment }) => commitment.llmqType === chainLockType);
    judged = await recorded.judge(unjudged, quorums);
  });

  const check = (locks: ChainLocks, state: EngineState): Promise<LockOutcome> =>
    locks.check(state, recorded.context, recorded.bls);
  const forge = (lock: ChainLock): ChainLock => ({ ...lock, sig: recorded.readLock(lock.height - 1).sig });

  it("verifies every recorded lock, with the quorum that the node named", async () => {
    type Captured = { message: string; height: number; expect: { signedByQuorum: string } };
    const { messages } = readVectorJson<{ messages: Captured[] }>(`${FOLDER}/manifest.json`);
    const captured = messages.filter(({ message, height }) => message === "clsig" && height >= 456);
    expect(captured.length).toBeGreaterThan(20);
    for (const { height, expect: expected } of captured) {
      const locks = new ChainLocks();
      locks.add(recorded.readLock(height), "a peer");
      const { verified, refused } = await check(locks, judged);
      expect(refused).toEqual([]);
      const signer = verified && toHashHex(verified.quorum.commitment.quorumHash);
      expect([verified?.lock.height, signer]).toEqual([height, expected.signedByQuorum]);
      expect(locks.newest).toBe(verified);
    }
  });

  it("waits for the list that shows the quorum set", async () => {
    const locks = new ChainLocks();
    locks.add(recorded.readLock(478), "a peer");
    const waiting = await check(locks, recorded.fedFromTip());
    expect(waiting).toMatchObject({
      verified: undefined,
      missingSets: [470],
      awaitedQuorums: [],
      refused: [],
    });
    expect(locks.newest).toBeUndefined();
    expect((await check(locks, judged)).verified?.lock.height).toBe(478);
  });

  it("names missing sets newest first", async () => {
    const locks = new ChainLocks();
    for (const [height, source] of [
      [476, "a"],
      [478, "b"],
      [477, "c"],
    ] as const) {
      locks.add(recorded.readLock(height), source);
    }
    const { missingSets } = await check(locks, recorded.fedFromTip());
    expect(missingSets).toEqual([470, 469, 468]);
  });

  it("uses no quorum's key before the quorum itself is verified", async () => {
    const locks = new ChainLocks();
    locks.add(recorded.readLock(478), "a peer");
    const waiting = await check(locks, unjudged);
    expect(waiting).toMatchObject({ verified: undefined, missingSets: [], refused: [] });
    expect(waiting.awaitedQuorums.length).toBe(1);
    const state = await recorded.judge(unjudged, waiting.awaitedQuorums);
    expect((await check(locks, state)).verified?.lock.height).toBe(478);
  });

  it("never uses a quorum that is invalid", async () => {
    const locks = new ChainLocks();
    locks.add(recorded.readLock(478), "a peer");
    const [quorum] = (await check(locks, unjudged)).awaitedQuorums;
    const invalid = { status: "invalid", reason: "members-signature" } as const;
    const state = { ...unjudged, statuses: new Map(quorum ? [[quorum.id, invalid]] : []) };
    const outcome = await check(locks, state);
    expect(outcome).toMatchObject({ verified: undefined, awaitedQuorums: [], refused: [] });
  });

  it("reads the lock in a list's own coinbase", async () => {
    const locks = new ChainLocks();
    const list = newestList(judged);
    if (!list) throw new Error("no list");
    locks.addFromCoinbase(list, recorded.context);
    const { verified } = await check(locks, judged);
    expect(verified?.lock).toEqual(recorded.readLock(477));
  });

  it("reads none from a coinbase without one, or of a block it does not know", async () => {
    const locks = new ChainLocks();
    const list = listAtHeight(judged, recorded.context.chain, 470);
    const carried = list?.cbTx.chainLock;
    if (!list || !carried) throw new Error("no ChainLock in the coinbase");
    const withLock = (chainLock: typeof carried | undefined) => ({
      ...list,
      cbTx: { ...list.cbTx, chainLock },
    });
    locks.addFromCoinbase(withLock({ ...carried, bestCLSignature: new Uint8Array(96) }), recorded.context);
    locks.addFromCoinbase(withLock(undefined), recorded.context);
    locks.addFromCoinbase(withLock({ ...carried, bestCLHeightDiff: 1_000 }), recorded.context);
    const outcome = await check(locks, recorded.fedFromTip());
    expect(outcome).toEqual({ verified: undefined, missingSets: [], awaitedQuorums: [], refused: [] });
  });

  it("refuses a forged lock, names who sent it, and still takes the true one from another", async () => {
    const locks = new ChainLocks();
    locks.add(forge(recorded.readLock(478)), "liar");
    locks.add(recorded.readLock(478), "honest");
    const { verified, refused } = await check(locks, judged);
    expect(refused.map(({ source, error }) => [source, error.code])).toEqual([
      ["liar", "engine/bad-lock-signature"],
    ]);
    expect(verified?.lock).toEqual(recorded.readLock(478));
    expect(await check(locks, judged)).toMatchObject({ verified: undefined, refused: [] });
  });

  it("refuses a lock that puts a block at another height", async () => {
    const locks = new ChainLocks();
    locks.add({ ...recorded.readLock(478), height: 477 }, "liar");
    const { refused } = await check(locks, judged);
    expect(refused.map(({ source, error }) => [source, error.code])).toEqual([
      ["liar", "engine/malformed-lock"],
    ]);
    expect((await check(locks, judged)).refused).toEqual([]);
  });

  it("ignores what is not newer than the newest verified one", async () => {
    const locks = new ChainLocks();
    locks.add(recorded.readLock(470), "a peer");
    await check(locks, judged);
    locks.add(recorded.readLock(470), "another");
    locks.add(forge(recorded.readLock(469)), "liar");
    expect(await check(locks, judged)).toMatchObject({ verified: undefined, refused: [] });
    locks.add(recorded.readLock(471), "a peer");
    expect((await check(locks, judged)).verified?.lock.height).toBe(471);
    expect(locks.newest?.lock.height).toBe(471);
  });

  it("looks at none older once a newer one verified", async () => {
    const locks = new ChainLocks();
    locks.add(forge(recorded.readLock(470)), "liar");
    locks.add(recorded.readLock(475), "honest");
    const { verified, refused } = await check(locks, judged);
    expect([verified?.lock.height, refused]).toEqual([475, []]);
    expect(await check(locks, judged)).toMatchObject({ verified: undefined, refused: [] });
  });

  it("keeps two a source, so that inventions push out nobody else's", async () => {
    const locks = new ChainLocks();
    locks.add(recorded.readLock(478), "honest");
    const { blockHash, sig } = recorded.readLock(478);
    for (let height = 10_000; height < 10_100; height++) {
      locks.add({ height, blockHash: flipBit(blockHash, height % 32) as BlockHash, sig }, "liar");
    }
    const { verified, missingSets } = await check(locks, judged);
    expect(verified?.lock.height).toBe(478);
    expect(missingSets).toEqual([10_091, 10_090]);
  });

  it("keeps 32 of all sources together, and knows the same lock again", async () => {
    const locks = new ChainLocks();
    const { blockHash, sig } = recorded.readLock(478);
    for (let i = 0; i < 100; i++) {
      const lock = { height: 20_000 + i, blockHash: flipBit(blockHash, 0) as BlockHash, sig };
      locks.add(lock, `source ${i}`);
      locks.add(lock, `source ${i}`);
    }
    const { missingSets } = await check(locks, judged);
    expect(missingSets.length).toBe(32);
    expect(missingSets[0]).toBe(20_091);
  });
});
