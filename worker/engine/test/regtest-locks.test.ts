import { beforeAll, describe, expect, it } from "vitest";
import { type Bls, createMclBls } from "../../bls/index.ts";
import { type LlmqParams, SIGN_HEIGHT_OFFSET } from "../../params/llmq.ts";
import { hasVectors } from "../../test/vectors.ts";
import { decode } from "../../wire/codec.ts";
import { fromHashHex, type Height, toHashHex } from "../../wire/hashes.ts";
import {
  chainLock,
  computeChainLockRequestId,
  computeInstantLockRequestId,
  instantLock,
} from "../../wire/locks.ts";
import { activeQuorumsAt } from "../activeQuorums.ts";
import type { EngineContext } from "../context.ts";
import {
  type LockPreparation,
  prepareChainLock,
  prepareInstantLock,
  selectSigningQuorum,
  signerIndex,
} from "../locks.ts";
import { computeQuorumsRoot, type QuorumEntry } from "../quorumSet.ts";
import type { EngineState } from "../state.ts";
import { holding, makeList } from "./madeLists.ts";
import { MinedSets } from "./minedSets.ts";
import {
  applyAllDiffs,
  type CapturedMessage,
  type ChainBlock,
  SCENARIO_NAMES,
  Scenario,
} from "./scenario.ts";

/** What must come out of each capture; a lock that is silently skipped changes a number here. */
interface Expected {
  readonly name: string;
  /** Recorded active sets (type and height), and how many of them a held list has. */
  readonly activeSets: number;
  readonly activeSetsHeld: number;
  /** Heights whose quorum root is recorded. */
  readonly provenSets: number;
  readonly clsigs: number;
  readonly chainLocksByLists: Record<string, number>;
  readonly instantLocks: Record<string, number>;
  readonly instantLocksByLists: Record<string, number>;
}

const SCENARIOS: readonly Expected[] = [
  {
    name: "cycle-a",
    activeSets: 179,
    activeSetsHeld: 28,
    provenSets: 283,
    clsigs: 160,
    chainLocksByLists: { "candidate 0": 28, "quorum-set-missing": 132 },
    instantLocks: { "candidate 0": 43 },
    instantLocksByLists: { "candidate 0": 8, "quorum-set-missing": 35 },
  },
  {
    name: "faults-b",
    activeSets: 224,
    activeSetsHeld: 28,
    provenSets: 295,
    clsigs: 160,
    chainLocksByLists: { "candidate 0": 28, "quorum-set-missing": 132 },
    instantLocks: { "candidate 0": 117 },
    instantLocksByLists: { "candidate 0": 9, "quorum-set-missing": 108 },
  },
  {
    name: "few-masternodes-c",
    activeSets: 156,
    activeSetsHeld: 9,
    provenSets: 272,
    clsigs: 50,
    chainLocksByLists: { "candidate 0": 4, "quorum-set-missing": 46 },
    instantLocks: { "candidate 0": 40 },
    instantLocksByLists: { "candidate 0": 4, "quorum-set-missing": 36 },
  },
  {
    name: "legacy-bls-d",
    activeSets: 168,
    activeSetsHeld: 21,
    provenSets: 283,
    clsigs: 50,
    chainLocksByLists: { "candidate 0": 2, "quorum-set-missing": 48 },
    instantLocks: { "candidate 0": 40 },
    instantLocksByLists: { "quorum-set-missing": 40 },
  },
];

type Selections = readonly { readonly id: string; readonly quorumHash: string }[];

interface SelectQuorum {
  readonly "100": Selections;
  readonly "103": Selections;
  readonly clsigIdsAtTip: readonly {
    readonly height: Height;
    readonly id: string;
    readonly quorumHash: string;
  }[];
}

/** By LLMQ name, then per quorum an object keyed by its hash. */
type ExtendedList = Record<string, readonly Record<string, unknown>[]>;

it("asserts the locks of every scenario", () => {
  expect(SCENARIOS.map(({ name }) => name)).toEqual(SCENARIO_NAMES);
});

for (const expected of SCENARIOS) {
  if (!hasVectors(`regtest/${expected.name}`)) continue;
  describe(`regtest/${expected.name}`, () => {
    const scenario = new Scenario(expected.name);
    const { params, chain } = scenario;
    const minedSets = new MinedSets(scenario);
    const llmqOf = (type: number): LlmqParams => {
      const llmq = params.llmqs.get(type);
      if (!llmq) throw new Error(`type ${type} is not configured`);
      return llmq;
    };
    const rotating = llmqOf(params.llmqTypeInstantSend);
    const hashOf = (quorum: QuorumEntry) => toHashHex(quorum.commitment.quorumHash);

    let bls: Bls;
    let context: EngineContext;
    /** After all recorded diffs. */
    let state: EngineState;
    /** Every active set there ever was, from the mined commitments. */
    let minedState: EngineState;

    beforeAll(async () => {
      bls = await createMclBls();
      context = { params, chain, isValidSignature: (signature) => bls.isValidSignature(signature, "basic") };
      state = applyAllDiffs(scenario, context).state;
      minedState = makeMinedSetsState();
    });

    describe("active sets", () => {
      const { byHeight } = scenario.json<{ byHeight: Record<string, ExtendedList> }>(
        "quorum_listextended.json",
      );
      const recorded = Object.entries(byHeight).flatMap(([height, sets]) =>
        [...params.llmqs.values()].flatMap((llmq) => {
          const set = sets[llmq.name];
          return set ? [{ llmq, height: Number(height), hashes: set.flatMap((q) => Object.keys(q)) }] : [];
        }),
      );

      it(`are the recorded ones at the ${expected.activeSetsHeld} heights whose gap has a list`, () => {
        let held = 0;
        for (const { llmq, height, hashes } of recorded) {
          const active = activeQuorumsAt(state, llmq, height, context);
          if (!active) continue;
          held++;
          expect(active.quorums.map(hashOf).sort(), `${llmq.name} at ${height}`).toEqual(hashes.sort());
        }
        expect(held).toBe(expected.activeSetsHeld);
      });

      it(`are the recorded ones at all ${expected.activeSets} when every set is held`, () => {
        for (const { llmq, height, hashes } of recorded) {
          const active = activeQuorumsAt(minedState, llmq, height, context);
          expect(active?.quorums.map(hashOf).sort(), `${llmq.name} at ${height}`).toEqual(hashes.sort());
        }
        expect(recorded.length).toBe(expected.activeSets);
      });

      it("hold the quorum that the node selects for a request", () => {
        const selected = scenario.json<SelectQuorum>("selectquorum.json");
        const setHeight = scenario.tipHeight - SIGN_HEIGHT_OFFSET;
        const chainLocks = llmqOf(params.llmqTypeChainLocks);
        const plain = activeQuorumsAt(minedState, chainLocks, setHeight, context)?.quorums ?? [];
        const rotated = activeQuorumsAt(minedState, rotating, setHeight, context)?.quorums ?? [];
        for (const { id, quorumHash } of selected["100"]) {
          const quorum = selectSigningQuorum(chainLocks, plain, fromHashHex(id));
          expect(quorum && hashOf(quorum), id).toBe(quorumHash);
        }
        for (const { id, quorumHash } of selected["103"]) {
          const index = signerIndex(fromHashHex(id), rotating.signingActiveQuorumCount);
          const quorum = rotated.find(({ commitment }) => commitment.quorumIndex === index);
          expect(quorum && hashOf(quorum), id).toBe(quorumHash);
        }
        for (const { height, id, quorumHash } of selected.clsigIdsAtTip) {
          const requestId = computeChainLockRequestId(height);
          expect(toHashHex(requestId)).toBe(id);
          const quorum = selectSigningQuorum(chainLocks, plain, requestId);
          expect(quorum && hashOf(quorum), id).toBe(quorumHash);
        }
        expect([selected["100"], selected["103"], selected.clsigIdsAtTip].map((s) => s.length)).toEqual([
          40, 40, 12,
        ]);
      });
    });

    describe("locks", () => {
      interface RecordedLocks {
        readonly type: number;
        readonly locks: readonly {
          readonly captured: CapturedMessage;
          /** Heights whose active set may have signed, likeliest first. */
          readonly heights: readonly Height[];
          readonly prepare: (held: EngineState) => LockPreparation;
        }[];
      }
      const chainLocks = (): RecordedLocks => ({
        type: params.llmqTypeChainLocks,
        locks: scenario.ofKind("clsig").map((captured) => {
          const lock = decode(chainLock, scenario.bytes(captured.file));
          expect(lock.height).toBe(captured.height);
          expect(toHashHex(lock.blockHash)).toBe(captured.hash);
          expect(toHashHex(computeChainLockRequestId(lock.height))).toBe(captured.expect.requestId);
          const heights = [lock.height - SIGN_HEIGHT_OFFSET];
          return { captured, heights, prepare: (held) => prepareChainLock(held, lock, context) };
        }),
      });
      const instantLocks = (): RecordedLocks => ({
        type: params.llmqTypeInstantSend,
        locks: scenario.ofKind("isdlock").map((captured) => {
          const lock = decode(instantLock, scenario.bytes(captured.file));
          expect(toHashHex(computeInstantLockRequestId(lock))).toBe(captured.expect.requestId);
          expect(chain.heightOf(lock.cycleHash)).toBe(captured.expect.cycleHeight);
          const interval = rotating.dkgInterval;
          const endOfCycle = Math.min(captured.expect.cycleHeight + interval - 1, scenario.tipHeight);
          const heights = [endOfCycle, endOfCycle - interval];
          const prepare = (held: EngineState) => prepareInstantLock(held, lock, scenario.tipHeight, context);
          return { captured, heights, prepare };
        }),
      });

      /** Which attempt verifies, by count; a lock whose signer is another than recorded fails the test. */
      async function signers(
        { type, locks }: RecordedLocks,
        held: EngineState,
      ): Promise<Record<string, number>> {
        const counts: Record<string, number> = {};
        for (const { captured, heights, prepare } of locks) {
          const { candidates, missing } = prepare(held);
          // The first of the lock's sets that no list has.
          const height = heights.find((one) => !activeQuorumsAt(held, llmqOf(type), one, context));
          const valid = await bls.verify(candidates.map(({ check }) => check));
          const attempt = valid.indexOf(true);
          const outcome = attempt < 0 ? (missing?.code ?? "invalid") : `candidate ${attempt}`;
          counts[outcome] = (counts[outcome] ?? 0) + 1;
          if (missing) expect(missing, captured.file).toEqual({ code: "quorum-set-missing", height });
          const signer = candidates[attempt];
          if (signer) expect(hashOf(signer.quorum), captured.file).toBe(captured.expect.signedByQuorum);
        }
        return counts;
      }

      it("chainlocks verify where a list has the set, and else name it", async () => {
        expect(await signers(chainLocks(), state)).toEqual(expected.chainLocksByLists);
      });

      it("chainlocks all verify when every set is held", async () => {
        expect(await signers(chainLocks(), minedState)).toEqual({
          "candidate 0": scenario.ofKind("clsig").length,
        });
        expect(scenario.ofKind("clsig").length).toBe(expected.clsigs);
      });

      it("instant locks verify where a list has the set, and else name it", async () => {
        expect(await signers(instantLocks(), state)).toEqual(expected.instantLocksByLists);
      });

      it("instant locks all verify when every set is held", async () => {
        expect(await signers(instantLocks(), minedState)).toEqual(expected.instantLocks);
      });
    });

    /** A list at every height with the quorums mined by then, proven by the quorum root wherever one is recorded. */
    function makeMinedSetsState(): EngineState {
      let proven = 0;
      const lists = scenario.json<ChainBlock[]>("chain.json").map(({ height, hash, cbTx }) => {
        const quorums = minedSets.at(height);
        if (cbTx) {
          expect(toHashHex(computeQuorumsRoot(quorums).root), `${height}`).toBe(cbTx.merkleRootQuorums);
          proven++;
        }
        return makeList({ height, hash, quorums: [...quorums.values()] });
      });
      expect(proven).toBe(expected.provenSets);
      return holding(...lists);
    }
  });
}
