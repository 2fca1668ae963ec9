import { beforeAll, describe, expect, it } from "vitest";
import { type Bls, createMclBls } from "../../bls/index.ts";
import { networkParams } from "../../params/index.ts";
import { hasVectors } from "../../test/vectors.ts";
import { isBitSet, makeBitset } from "../../wire/codec.ts";
import {
  computeCommitmentHash,
  type FinalCommitment,
  makeFinalCommitment,
} from "../../wire/finalCommitment.ts";
import { type BlockHash, fromHashHex, toHashHex } from "../../wire/hashes.ts";
import type { MnListDiff } from "../../wire/mnListDiff.ts";
import type { QRInfo, QuorumSnapshot } from "../../wire/qrInfo.ts";
import { applyDiff } from "../applyDiff.ts";
import type { ChainView, EngineContext } from "../context.ts";
import { coveredWorkBlocks, feedQrInfo } from "../feedQrInfo.ts";
import { applyVerdicts, memberResolver, quorumJobs } from "../quorumJobs.ts";
import { makeQuorumEntry } from "../quorumSet.ts";
import { EMPTY_ENGINE, type EngineState, statusOf } from "../state.ts";
import { mineWithRoots, plainSetsOf } from "./forge.ts";
import { factsOfRefusal, freeze } from "./frozen.ts";
import { describeStatus, judge } from "./judge.ts";
import { KnownChain } from "./knownChain.ts";
import { madeHash, makeNamedQuorum } from "./madeLists.ts";
import { applyAllDiffs, listsByHeight, onlyListsAt, Scenario } from "./scenario.ts";

type SnapshotName = "quorumSnapshotAtHMinusC" | "quorumSnapshotAtHMinus2C" | "quorumSnapshotAtHMinus3C";
const SNAPSHOTS: readonly SnapshotName[] = [
  "quorumSnapshotAtHMinusC",
  "quorumSnapshotAtHMinus2C",
  "quorumSnapshotAtHMinus3C",
];

const BLS_KEY = new Uint8Array(32).fill(0x22);

let bls: Bls;
beforeAll(async () => {
  bls = await createMclBls();
});

function contextOf({ params, chain }: Scenario): EngineContext {
  return { params, chain, isValidSignature: (signature) => bls.isValidSignature(signature, "basic") };
}

/** Feeds a qrinfo and judges what it announces. */
async function feedAndJudge(
  state: EngineState,
  message: QRInfo,
  context: EngineContext,
): Promise<{ state: EngineState; statuses: string[]; members: string[][] }> {
  const fed = feedQrInfo(state, message, context);
  const judged = await judge(fed.state, fed.state.announcedQuorums.values(), context, bls);
  const announced = [...judged.announcedQuorums.values()];
  const resolve = memberResolver(judged, context);
  const members = announced.map((quorum) => {
    const outcome = resolve(quorum);
    return "missing" in outcome ? [] : outcome.members.map(({ key }) => key);
  });
  const statuses = announced.map((quorum) => describeStatus(statusOf(judged, quorum)));
  return { state: judged, statuses, members };
}

function flipBit(snapshot: QuorumSnapshot, at: number): QuorumSnapshot {
  const { length } = snapshot.activeQuorumMembers;
  const flags = Array.from({ length }, (_, i) => isBitSet(snapshot.activeQuorumMembers, i) !== (i === at));
  return { ...snapshot, activeQuorumMembers: makeBitset(flags) };
}

it("says of a quorum without a known base block, or of no configured type, that this is missing", () => {
  const quorum = makeNamedQuorum({ llmqType: 2, quorumHash: madeHash(1), quorumPublicKey: "00".repeat(48) });
  const params = networkParams("mainnet");
  const known = new KnownChain().addHash(288, madeHash(1));
  const bare = { ...params, llmqs: new Map() };
  for (const [chain, own] of [
    [new KnownChain(), params],
    [known, bare],
  ] as const) {
    const context: EngineContext = { params: own, chain, isValidSignature: () => true };
    const { state, jobs } = quorumJobs(EMPTY_ENGINE, [quorum], context);
    expect(jobs).toEqual([]);
    expect(statusOf(state, quorum)).toEqual({ status: "unknown", reason: { code: "base-block-unknown" } });
  }
});

if (hasVectors("regtest/cycle-a")) {
  describe("a qrinfo that lies", () => {
    const scenario = new Scenario("cycle-a");
    const cycleHeight = 456;
    const contradicted = `unknown({"code":"snapshot-contradicted","cycleHeight":${cycleHeight}})`;
    const VERIFIED = ["verified", "verified"];
    const honest = scenario.qrInfo({ file: "qrinfo/478x-bnone@70240.bin", protocolVersion: 70240 });
    let context: EngineContext;
    beforeAll(() => {
      context = contextOf(scenario);
    });

    const refusal = (message: QRInfo, state: EngineState = EMPTY_ENGINE) =>
      factsOfRefusal(state, () => feedQrInfo(state, message, context));

    it("is verified when it does not lie", async () => {
      expect((await feedAndJudge(EMPTY_ENGINE, honest, context)).statuses).toEqual(VERIFIED);
    });

    describe("in a snapshot", () => {
      it("makes quorums unknown, never invalid, and never a wrong one verified", async () => {
        const truth = await feedAndJudge(EMPTY_ENGINE, honest, context);
        const harmful: Record<string, number> = {};
        for (const name of SNAPSHOTS) {
          for (let bit = 0; bit < honest[name].activeQuorumMembers.length; bit++) {
            const lie = { ...honest, [name]: flipBit(honest[name], bit) };
            const { statuses, members } = await feedAndJudge(EMPTY_ENGINE, lie, context);
            statuses.forEach((status, i) => {
              if (status !== "verified") expect(status).toBe(contradicted);
              // The members' signature does not tell their order, so a lie about that alone goes unnoticed.
              else expect(members[i]?.toSorted()).toEqual(truth.members[i]?.toSorted());
            });
            if (statuses.includes(contradicted)) harmful[name] = (harmful[name] ?? 0) + 1;
          }
        }
        expect(harmful).toEqual({
          quorumSnapshotAtHMinusC: 3,
          quorumSnapshotAtHMinus2C: 3,
          quorumSnapshotAtHMinus3C: 4,
        });
      });

      it("is cured by an honest answer, and not before", async () => {
        const lie = { ...honest, quorumSnapshotAtHMinusC: flipBit(honest.quorumSnapshotAtHMinusC, 0) };
        const lied = await feedAndJudge(EMPTY_ENGINE, lie, context);
        expect(lied.statuses).toContain(contradicted);
        // Nothing new is known, so there is nothing to check again.
        expect(quorumJobs(lied.state, lied.state.announcedQuorums.values(), context).jobs).toEqual([]);
        const cured = await feedAndJudge(lied.state, honest, context);
        expect(cured.statuses).toEqual(VERIFIED);
        // What is verified stays so whatever a later answer says.
        expect((await feedAndJudge(cured.state, lie, context)).statuses).toEqual(VERIFIED);
      });

      it.each([2, 3, -1, 99])("of mode %i, which gives no members, makes them unknown", async (mode) => {
        const lie = {
          ...honest,
          quorumSnapshotAtHMinus2C: { ...honest.quorumSnapshotAtHMinus2C, mnSkipListMode: mode },
        };
        const lied = await feedAndJudge(EMPTY_ENGINE, lie, context);
        expect(lied.statuses).toEqual([contradicted, contradicted]);
        expect((await feedAndJudge(lied.state, honest, context)).statuses).toEqual(VERIFIED);
      });

      it("that is too short is refused with the whole message", () => {
        for (const name of SNAPSHOTS) {
          const short = { ...honest[name], activeQuorumMembers: makeBitset(Array(11).fill(false)) };
          expect(refusal({ ...honest, [name]: short })).toMatchObject({
            code: "engine/malformed-snapshot",
            what: "activeQuorumMembers shorter than the ranked list",
          });
        }
        const { atHMinus4C } = honest;
        if (!atHMinus4C) throw new Error("the capture has h-4C");
        const none = { ...atHMinus4C.snapshot, activeQuorumMembers: makeBitset([]) };
        expect(refusal({ ...honest, atHMinus4C: { ...atHMinus4C, snapshot: none } })).toMatchObject({
          code: "engine/malformed-snapshot",
          height: 352,
        });
      });

      it("that is longer than the list is read as far as it is meant", async () => {
        const { activeQuorumMembers } = honest.quorumSnapshotAtHMinusC;
        const flags = Array.from({ length: 40 }, (_, i) => i >= 12 || isBitSet(activeQuorumMembers, i));
        const long = { ...honest.quorumSnapshotAtHMinusC, activeQuorumMembers: makeBitset(flags) };
        const { statuses } = await feedAndJudge(
          EMPTY_ENGINE,
          { ...honest, quorumSnapshotAtHMinusC: long },
          context,
        );
        expect(statuses).toEqual(VERIFIED);
      });
    });

    describe("in its diffs", () => {
      const facts = (expected: string, received: string) => ({
        code: "engine/not-the-requested-cycle",
        expected,
        received,
      });
      it.each<[string, () => Partial<QRInfo>, object]>([
        [
          "H and H-C swapped",
          () => ({ mnListDiffH: honest.mnListDiffAtHMinusC, mnListDiffAtHMinusC: honest.mnListDiffH }),
          facts("work block 400", "448"),
        ],
        [
          "2C and 3C swapped",
          () => ({
            mnListDiffAtHMinus2C: honest.mnListDiffAtHMinus3C,
            mnListDiffAtHMinus3C: honest.mnListDiffAtHMinus2C,
          }),
          facts("work block 400", "376"),
        ],
        [
          "the tip's in place of H's",
          () => ({ mnListDiffH: honest.mnListDiffTip }),
          facts("work block 478", "478"),
        ],
        [
          "H-3C's in place of H-4C's",
          () => ({
            atHMinus4C: honest.atHMinus4C && {
              ...honest.atHMinus4C,
              mnListDiff: honest.mnListDiffAtHMinus3C,
            },
          }),
          facts("work block 352", "376"),
        ],
        [
          "a further snapshot without its diff",
          () => ({ quorumSnapshotList: [honest.quorumSnapshotAtHMinusC] }),
          facts("0 snapshots", "1"),
        ],
        [
          "a further diff that ends at no work block",
          () => ({
            quorumSnapshotList: [honest.quorumSnapshotAtHMinusC],
            mnListDiffList: [honest.mnListDiffTip],
          }),
          facts("a work block", "478"),
        ],
      ])("refuses %s", (_, change, expected) => {
        expect(refusal({ ...honest, ...change() })).toEqual(expected);
      });

      it("refuses one that ends at an unknown block", () => {
        const blockHash = fromHashHex<BlockHash>("5e".repeat(32));
        const unknown = { code: "engine/unknown-block", blockHash: toHashHex(blockHash) };
        const moved = (diff: MnListDiff): MnListDiff => ({ ...diff, blockHash });
        expect(refusal({ ...honest, mnListDiffH: moved(honest.mnListDiffH) })).toEqual(unknown);
        expect(refusal({ ...honest, mnListDiffAtHMinus2C: moved(honest.mnListDiffAtHMinus2C) })).toEqual(
          unknown,
        );
      });

      it("refuses the whole message when any of its cycle diffs is refused", () => {
        const state = freeze(feedQrInfo(EMPTY_ENGINE, honest, context).state);
        const diff = honest.mnListDiffAtHMinusC;
        const withheld = { ...diff, newQuorums: diff.newQuorums.slice(1) };
        expect(refusal({ ...honest, mnListDiffAtHMinusC: withheld }, state).code).toBe(
          "engine/quorum-root-mismatch",
        );
        expect(refusal({ ...honest, mnListDiffAtHMinusC: withheld }).code).toBe(
          "engine/quorum-root-mismatch",
        );
      });

      it("refuses a cycle diff whose base is nowhere", () => {
        const { atHMinus4C, ...rest } = honest;
        expect(refusal({ ...rest, atHMinus4C: undefined }).code).toBe("engine/unknown-base");
        expect(atHMinus4C).toBeDefined();
      });

      it("applies them in whatever order their bases allow", () => {
        const fed = feedQrInfo(EMPTY_ENGINE, honest, context);
        expect(fed.lists.map(({ height }) => height)).toEqual([352, 376, 400, 424, 448]);
        expect(coveredWorkBlocks(honest).map((hash) => scenario.chain.heightOf(fromHashHex(hash)))).toEqual([
          448, 424, 400, 376, 352,
        ]);
      });
    });

    describe("at the tip", () => {
      it("loses only the tip's list", async () => {
        const tip = honest.mnListDiffTip;
        const lie = { ...honest, mnListDiffTip: { ...tip, newQuorums: tip.newQuorums.slice(1) } };
        const fed = feedQrInfo(EMPTY_ENGINE, lie, context);
        expect(fed.tip).toMatchObject({
          status: "refused",
          error: { facts: { code: "engine/quorum-root-mismatch" } },
        });
        expect(fed.state.lists.size).toBe(5);
        expect((await feedAndJudge(EMPTY_ENGINE, lie, context)).statuses).toEqual(VERIFIED);
      });

      it("waits when its base or its header is not there yet", () => {
        const nowhere = fromHashHex<BlockHash>("5e".repeat(32));
        for (const [change, code] of [
          [{ baseBlockHash: nowhere }, "engine/unknown-base"],
          [{ blockHash: nowhere }, "engine/unknown-block"],
        ] as const) {
          const fed = feedQrInfo(
            EMPTY_ENGINE,
            { ...honest, mnListDiffTip: { ...honest.mnListDiffTip, ...change } },
            context,
          );
          expect(fed.tip).toMatchObject({ status: "deferred", error: { facts: { code } } });
          expect(fed.state.lists.size).toBe(5);
        }
      });

      it("does not swallow a mistake of ours", () => {
        const broken = new RangeError("our own");
        const chain: ChainView = {
          heightOf: (hash) => scenario.chain.heightOf(hash),
          hashAt: (height) => scenario.chain.hashAt(height),
          merkleRootAt: (height) => {
            if (height === 478) throw broken;
            return scenario.chain.merkleRootAt(height);
          },
        };
        expect(() => feedQrInfo(EMPTY_ENGINE, honest, { ...context, chain })).toThrow(broken);
      });
    });

    describe("in an announced commitment", () => {
      const [first, second] = honest.lastCommitmentPerIndex as [FinalCommitment, FinalCommitment];
      const announce = (change: Partial<FinalCommitment>): QRInfo => ({
        ...honest,
        lastCommitmentPerIndex: [makeFinalCommitment({ ...first, ...change }), second],
      });

      it("is invalid when the quorum's own signature is not one", async () => {
        const { statuses } = await feedAndJudge(
          EMPTY_ENGINE,
          announce({ quorumSig: second.quorumSig }),
          context,
        );
        expect(statuses).toEqual(["invalid(quorum-signature)", "verified"]);
      });

      it.each<[string, () => Partial<FinalCommitment>]>([
        ["the members' signature of another", () => ({ membersSig: second.membersSig })],
        ["three of the four signers", () => ({ signers: makeBitset([true, false, true, true]) })],
        ["the key of someone who signs for himself", () => signedBySelf()],
      ])("is unknown with %s: the snapshots could be to blame", async (_, change) => {
        const { state, statuses } = await feedAndJudge(EMPTY_ENGINE, announce(change()), context);
        expect(statuses).toEqual([contradicted, "verified"]);
        // The commitment that the chain proves is another one, and judged on its own.
        const lists = [...state.lists.values()];
        const proven = lists.flatMap((list) => [...list.quorums.values()]);
        const judged = await judge(state, proven, context, bls);
        const real = proven.find(({ id }) => id === makeQuorumEntry(first).id);
        expect(real && describeStatus(statusOf(judged, real))).toBe("verified");
      });

      function signedBySelf(): Partial<FinalCommitment> {
        const quorumPublicKey = bls.publicKey(BLS_KEY, "basic");
        const message = computeCommitmentHash({ ...first, quorumPublicKey });
        return { quorumPublicKey, quorumSig: bls.sign(BLS_KEY, message, "basic") };
      }
    });

    describe("in a block of its own", () => {
      let base: EngineState;
      beforeAll(() => {
        base = feedQrInfo(EMPTY_ENGINE, honest, context).state;
      });

      /** The tip's diff with a changed plain quorum, in a block whose coinbase commits to it. */
      async function judgeForged(change: (plain: FinalCommitment) => Partial<FinalCommitment>) {
        const tip = honest.mnListDiffTip;
        const plain = tip.newQuorums.find(({ llmqType }) => llmqType === 100);
        const list = listsByHeight(base).get(448);
        if (!plain || !list) throw new Error("the tip has no new quorum of type 100 on the list at 448");
        const forgery = makeFinalCommitment({ ...plain, ...change(plain) });
        const newQuorums = tip.newQuorums.map((quorum) => (quorum === plain ? forgery : quorum));
        const mined = mineWithRoots({ ...tip, newQuorums }, plainSetsOf(list), context);
        const { state } = applyDiff(base, mined.diff, mined.context);
        const entry = makeQuorumEntry(forgery);
        const judged = await judge(state, [entry], mined.context, bls);
        return describeStatus(statusOf(judged, entry));
      }

      it("cannot make anyone believe a plain quorum that its members did not sign", async () => {
        expect(await judgeForged(() => ({}))).toBe("verified");
        expect(await judgeForged(({ quorumSig }) => ({ membersSig: quorumSig }))).toBe(
          "invalid(members-signature)",
        );
        expect(await judgeForged(({ membersSig }) => ({ quorumSig: membersSig }))).toBe(
          "invalid(quorum-signature)",
        );
        expect(await judgeForged(() => ({ signers: makeBitset([true, true, false]) }))).toBe(
          "invalid(members-signature)",
        );
        expect(
          await judgeForged((plain) => {
            const quorumPublicKey = bls.publicKey(BLS_KEY, "basic");
            const message = computeCommitmentHash({ ...plain, quorumPublicKey });
            return { quorumPublicKey, quorumSig: bls.sign(BLS_KEY, message, "basic") };
          }),
        ).toBe("invalid(members-signature)");
      });
    });

    describe("and data that is missing", () => {
      const reasonsWith = (heights: readonly number[]): unknown[] => {
        const all = applyAllDiffs(scenario, context).state;
        const held = onlyListsAt(all, new Set(heights));
        const entries = honest.lastCommitmentPerIndex.map(makeQuorumEntry);
        const { state, jobs } = quorumJobs(held, entries, context);
        return jobs.length > 0 ? ["ready"] : entries.map((entry) => statusOf(state, entry));
      };
      const unknown = (reason: object) => [
        { status: "unknown", reason },
        { status: "unknown", reason },
      ];

      it.each([
        { held: [], reason: { code: "list-missing", height: 448 } },
        { held: [448], reason: { code: "list-missing", height: 424 } },
        { held: [424, 400, 376], reason: { code: "list-missing", height: 448 } },
        { held: [448, 424], reason: { code: "snapshot-missing", cycleHeight: 432 } },
        { held: [448, 424, 400, 376], reason: { code: "snapshot-missing", cycleHeight: 432 } },
      ])("with lists at $held it is named: $reason", ({ held, reason }) => {
        expect(reasonsWith(held)).toEqual(unknown(reason));
      });

      it("needs no snapshot when the lists reach back to the start of rotation", () => {
        const everyWorkBlock = Array.from({ length: 19 }, (_, i) => 16 + 24 * i);
        expect(reasonsWith(everyWorkBlock)).toEqual(["ready"]);
        // No snapshot below the first cycle that had enough masternodes is needed.
        const first = everyWorkBlock.indexOf(184);
        expect(reasonsWith(everyWorkBlock.slice(first - 1))).toEqual(["ready"]);
        expect(reasonsWith(everyWorkBlock.slice(first))).toEqual(
          unknown({ code: "snapshot-missing", cycleHeight: 432 }),
        );
      });
    });

    it("is judged once: a verdict is not asked for again", async () => {
      const fed = feedQrInfo(EMPTY_ENGINE, honest, context).state;
      const prepared = quorumJobs(fed, fed.announcedQuorums.values(), context);
      expect(prepared.jobs.length).toBe(2);
      const verdicts = prepared.jobs.map((job) => ({
        job,
        isQuorumSigValid: false,
        isMembersSigValid: true,
      }));
      const judged = applyVerdicts(prepared.state, verdicts);
      expect(prepared.state.statuses.size).toBe(0);
      expect([...judged.statuses.values()]).toEqual(
        Array(2).fill({ status: "invalid", reason: "quorum-signature" }),
      );
      expect(quorumJobs(judged, judged.announcedQuorums.values(), context).jobs).toEqual([]);
    });
  });
}

if (hasVectors("regtest/few-masternodes-c")) {
  describe("a lie in a skip list", () => {
    const scenario = new Scenario("few-masternodes-c");
    const honest = scenario.qrInfo({ file: "qrinfo/596x-bnone@70240.bin", protocolVersion: 70240 });
    const contradicted = 'unknown({"code":"snapshot-contradicted","cycleHeight":576})';
    let context: EngineContext;
    beforeAll(() => {
      context = contextOf(scenario);
    });

    it.each([
      // What is verified under a lie has the right members, in another order.
      { mnSkipList: [], expected: [contradicted, contradicted] },
      { mnSkipList: [0], expected: ["verified", contradicted] },
      { mnSkipList: [1], expected: ["verified", "verified"] },
      { mnSkipList: [2, 2, 3], expected: [contradicted, contradicted] },
      { mnSkipList: [-5], expected: [contradicted, contradicted] },
    ])(
      "$mnSkipList in place of [1] never ends in invalid, and is cured",
      async ({ mnSkipList, expected }) => {
        const snapshot = honest.quorumSnapshotAtHMinus3C;
        expect(snapshot.mnSkipList).toEqual([1]);
        const truth = await feedAndJudge(EMPTY_ENGINE, honest, context);
        const lie = { ...honest, quorumSnapshotAtHMinus3C: { ...snapshot, mnSkipList } };
        const lied = await feedAndJudge(EMPTY_ENGINE, lie, context);
        expect(lied.statuses).toEqual(expected);
        lied.statuses.forEach((status, i) => {
          const isSame = lied.members[i]?.toSorted().join() === truth.members[i]?.toSorted().join();
          expect(isSame).toBe(status === "verified");
        });
        expect((await feedAndJudge(lied.state, honest, context)).statuses).toEqual(["verified", "verified"]);
      },
    );
  });
}

if (hasVectors("regtest/legacy-bls-d")) {
  describe("further cycles of an answer", () => {
    const scenario = new Scenario("legacy-bls-d");
    const message = scenario.qrInfo({ file: "qrinfo/356-bnone@70240.bin", protocolVersion: 70240 });

    it("are applied in whatever order their bases allow", async () => {
      const context = contextOf(scenario);
      const heightsOf = (fed: QRInfo) =>
        feedQrInfo(EMPTY_ENGINE, fed, context).lists.map(({ height }) => height);
      const reversed: QRInfo = {
        ...message,
        quorumSnapshotList: message.quorumSnapshotList.toReversed(),
        mnListDiffList: message.mnListDiffList.toReversed(),
      };
      expect(message.mnListDiffList.length).toBe(2);
      expect(heightsOf(message)).toEqual([208, 232, 256, 280, 304, 328]);
      expect(heightsOf(reversed)).toEqual([208, 232, 256, 280, 304, 328]);
      const statuses = [message, reversed].map((fed) => feedAndJudge(EMPTY_ENGINE, fed, context));
      const [sorted, unsorted] = await Promise.all(statuses);
      expect(unsorted?.statuses).toEqual(sorted?.statuses);
      expect(unsorted?.state.snapshots).toEqual(sorted?.state.snapshots);
    });
  });
}
