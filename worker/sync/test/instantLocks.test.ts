import { beforeAll, describe, expect, it } from "vitest";
import type { SignatureVerifier } from "../../bls/index.ts";
import { EMPTY_ENGINE, type EngineState, listAtHeight } from "../../engine/state.ts";
import { flipBit } from "../../node/test/replayNode.ts";
import { hasVectors, readVector, readVectorJson } from "../../test/vectors.ts";
import { decode, encode } from "../../wire/codec.ts";
import { type BlockHash, sha256d, type Txid, toHashHex } from "../../wire/hashes.ts";
import { InvType } from "../../wire/inventory.ts";
import { type InstantLock, instantLock } from "../../wire/locks.ts";
import { InstantLocks } from "../instantLocks.ts";
import { RecordedChain } from "./recordedChain.ts";

const FOLDER = "regtest/cycle-a";
const TIP_HEIGHT = 478;

interface Captured {
  readonly file: string;
  readonly message: string;
  readonly txid: string;
  readonly expect: { readonly signedByQuorum: string; readonly cycleHeight: number };
}

describe.runIf(hasVectors(FOLDER))("InstantSend locks of the regtest capture cycle-a", () => {
  let recorded: RecordedChain;
  /** With lists of the sets at the end of the locks' cycle and of the one before; nothing judged. */
  let unjudged: EngineState;
  let judged: EngineState;
  /** Locks of the newest cycle. */
  let captured: Captured[];

  beforeAll(async () => {
    recorded = await RecordedChain.load();
    unjudged = recorded.applyBlocks(recorded.fedFromTip(), 470);
    // The list at 431 was not recorded. That of 424 stands in for it: no quorum of it made a forged signature either.
    const { chain } = recorded.context;
    const [older, blockHash] = [listAtHeight(unjudged, chain, 424), chain.hashAt(431)];
    if (!older || !blockHash) throw new Error("no list at 424");
    const lists = new Map(unjudged.lists).set(toHashHex(blockHash), { ...older, height: 431, blockHash });
    unjudged = { ...unjudged, lists };
    const quorums = [...unjudged.lists.values()]
      .filter(({ height }) => height >= 448)
      .flatMap((list) => [...list.quorums.values()])
      .filter(({ commitment }) => commitment.llmqType === recorded.context.params.llmqTypeInstantSend);
    judged = await recorded.judge(unjudged, quorums);
    const { messages } = readVectorJson<{ messages: Captured[] }>(`${FOLDER}/manifest.json`);
    captured = messages.filter((each) => each.message === "isdlock" && each.expect.cycleHeight === 432);
  });

  const read = (i = 0): InstantLock => decode(instantLock, readVector(`${FOLDER}/${captured[i]?.file}`));
  const check = (locks: InstantLocks, state: EngineState, tipHeight = TIP_HEIGHT, nowMs = 0) =>
    locks.check({ state, context: recorded.context, tipHeight, nowMs }, recorded.bls);
  const txids = (locks: InstantLocks) => locks.newest.map(({ lock }) => toHashHex(lock.txid));
  const otherTxid = (lock: InstantLock, i = 0): InstantLock => ({
    ...lock,
    txid: flipBit(lock.txid, i) as Txid,
  });

  it("verifies the recorded ones with the quorum that the node named", async () => {
    expect(captured.length).toBeGreaterThan(2);
    for (const [i, { txid, expect: expected }] of captured.entries()) {
      const locks = new InstantLocks();
      expect(locks.add(read(i), "a peer")).toBe(true);
      const { verified, refused } = await check(locks, judged, TIP_HEIGHT, 77);
      expect([verified, refused, locks.pending]).toEqual([1, [], 0]);
      const [newest] = locks.newest;
      const signer = newest && toHashHex(newest.quorum.commitment.quorumHash);
      expect([txids(locks), signer, newest?.verifiedAtMs]).toEqual([[txid], expected.signedByQuorum, 77]);
    }
  });

  it("keeps a lock until its quorum set is known, and then until its quorum is judged", async () => {
    const locks = new InstantLocks();
    locks.add(read(), "a peer");
    expect(await check(locks, EMPTY_ENGINE)).toEqual({ verified: 0, awaitedQuorums: [], refused: [] });
    const { verified, awaitedQuorums, refused } = await check(locks, unjudged);
    expect([verified, refused]).toEqual([0, []]);
    expect(awaitedQuorums.map(({ commitment }) => toHashHex(commitment.quorumHash))).toEqual([
      captured[0]?.expect.signedByQuorum,
    ]);
    expect([locks.newest, locks.pending]).toEqual([[], 1]);
    expect((await check(locks, judged)).verified).toBe(1);
    expect([txids(locks), locks.pending]).toEqual([[captured[0]?.txid], 0]);
  });

  it("waits for a cycle that it does not know", async () => {
    const locks = new InstantLocks();
    locks.add({ ...read(), cycleHash: new Uint8Array(32).fill(9) as BlockHash }, "a peer");
    expect(await check(locks, judged)).toEqual({ verified: 0, awaitedQuorums: [], refused: [] });
    expect(locks.pending).toBe(1);
  });

  it("refuses a forged one, and with it all that its sender sent", async () => {
    const locks = new InstantLocks();
    locks.add(otherTxid(read(0)), "liar");
    locks.add(read(1), "liar");
    locks.add(otherTxid(read(2)), "liar");
    locks.add(read(0), "honest");
    const { refused, verified } = await check(locks, judged);
    expect(refused.map(({ source, error }) => [source, error.code])).toEqual([
      ["liar", "engine/bad-lock-signature"],
    ]);
    expect([verified, txids(locks), locks.pending]).toEqual([1, [captured[0]?.txid], 0]);
  });

  it("refuses one that can never be valid", async () => {
    const lock = read();
    const locks = new InstantLocks();
    locks.add({ ...lock, inputs: [...lock.inputs, ...lock.inputs] }, "liar");
    const { refused } = await check(locks, judged);
    expect(refused.map(({ error }) => error.code)).toEqual(["engine/malformed-lock"]);
  });

  it("accuses nobody while the cycle's quorums may not all be mined, or none is judged", async () => {
    const locks = new InstantLocks();
    locks.add(otherTxid(read()), "perhaps ahead of us");
    const windowEnd = recorded.context.params.llmqs.get(103)?.dkgMiningWindowEnd ?? 0;
    expect(await check(locks, judged, 432 + windowEnd)).toMatchObject({ verified: 0, refused: [] });
    expect(await check(locks, unjudged)).toMatchObject({ refused: [] });
    expect(locks.pending).toBe(1);
    expect((await check(locks, judged)).refused).toHaveLength(1);
  });

  it("tries no quorum's key twice on the same lock", async () => {
    const locks = new InstantLocks();
    locks.add(otherTxid(read()), "a peer");
    await check(locks, unjudged);
    const sizes: number[] = [];
    const bls = {
      ...recorded.bls,
      verify: async (checks: readonly unknown[]) => {
        sizes.push(checks.length);
        return [];
      },
    };
    const input = { state: unjudged, context: recorded.context, tipHeight: TIP_HEIGHT, nowMs: 0 };
    await locks.check(input, bls);
    expect(sizes).toEqual([0]);
  });

  it("has them checked before everything else", async () => {
    const locks = new InstantLocks();
    locks.add(read(), "a peer");
    const urgent: unknown[] = [];
    const verify: SignatureVerifier["verify"] = async (checks, options) => {
      urgent.push(options?.isUrgent);
      return recorded.bls.verify(checks);
    };
    const input = { state: judged, context: recorded.context, tipHeight: TIP_HEIGHT, nowMs: 0 };
    expect(await locks.check(input, { verify })).toMatchObject({ verified: 1 });
    expect(urgent).toEqual([true]);
  });

  it("takes a lock once, verified or waiting", async () => {
    const locks = new InstantLocks();
    expect([locks.add(read(), "a"), locks.add(read(), "b")]).toEqual([true, false]);
    await check(locks, judged);
    expect([locks.add(read(), "c"), locks.pending]).toEqual([false, 0]);
  });

  it("keeps the last 16 of a source and 64 in all, so that nobody pushes out what others sent", () => {
    const locks = new InstantLocks();
    const made = (i: number): InstantLock => ({ ...read(), txid: new Uint8Array(32).fill(i + 1) as Txid });
    locks.add(made(0), "honest");
    for (let i = 1; i < 100; i++) locks.add(made(i), "flood");
    expect(locks.pending).toBe(17);
    for (let i = 100; i < 200; i++) locks.add(made(i), `flood ${i % 5}`);
    expect(locks.pending).toBe(64);
  });

  it("keeps the newest 16 that verified", async () => {
    const locks = new InstantLocks();
    const all = captured.slice(0, 20).map((_, i) => i);
    for (const i of all) {
      locks.add(read(i), "a peer");
      await check(locks, judged);
    }
    const expected = all.map((i) => captured[i]?.txid).reverse();
    expect(txids(locks)).toEqual(expected.slice(0, 16));
  });

  it("asks for announced ones, and not again for those that are there or that the source lacks", () => {
    const locks = new InstantLocks();
    const [first, second] = [read(0), read(1)].map((lock) => ({
      type: InvType.isdLock,
      hash: sha256d(encode(instantLock, lock)),
    }));
    if (!first || !second) throw new Error("two locks");
    const clSig = { ...second, type: InvType.clSig };
    expect(locks.choose([first, clSig], "a", 0)).toEqual([first]);
    locks.add(read(0), "a");
    expect(locks.choose([first, second], "b", 0)).toEqual([second]);
    expect(locks.choose([second], "b", 0)).toEqual([]);
    locks.notFound([second, clSig], "b");
    expect(locks.choose([second], "b", 0)).toEqual([second]);
    locks.connected("b");
    expect(locks.choose([second], "b", 0)).toEqual([second]);
  });
});
