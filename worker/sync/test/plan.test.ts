import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { buildMnListDiff } from "../../../bridge/simnet/consensus/buildMnListDiff.ts";
import { SIM_LLMQS } from "../../../bridge/simnet/params.ts";
import { hasSameQuorumSet } from "../../engine/activeQuorums.ts";
import { applyDiff } from "../../engine/applyDiff.ts";
import { EMPTY_ENGINE, type EngineState, listAtHeight, newestList } from "../../engine/state.ts";
import { type BlockHash, type Height, toHashHex, ZERO_HASH } from "../../wire/hashes.ts";
import type { MnListDiff } from "../../wire/mnListDiff.ts";
import { discover, NEEDED_BY_LOCK } from "../discover.ts";
import { EMPTY_PLAN, plan, type SyncPlan } from "../plan.ts";
import type { PlanCosts } from "../planCosts.ts";
import { isLikelyActiveAt, predictNeeds } from "../planPrediction.ts";
import { PlannedWorld } from "./plannedWorld.ts";

/** Before this height a node has no four cycles to answer a qrinfo with. */
const LOWEST_TIP = 260;

let world: PlannedWorld;
/** With 24 quorums of type 4, as on mainnet, whose lists lie below all that a qrinfo brings. */
let long: PlannedWorld;
beforeAll(async () => {
  world = await PlannedWorld.make();
  const llmqs = SIM_LLMQS.map((llmq) => (llmq.type === 4 ? { ...llmq, signingActiveQuorumCount: 24 } : llmq));
  long = await PlannedWorld.make(1, { blocks: 1_094, llmqs });
});

/** Lists and snapshots by what is in them, whatever order they came in. */
function contentOf({ lists, snapshots }: EngineState): unknown {
  return {
    lists: new Map(
      [...lists].map(([hash, { height, cbTx, masternodes, quorums }]) => [
        hash,
        {
          height,
          cbTx,
          masternodes: masternodes.map(({ entry }) => entry),
          quorums: [...quorums.keys()].sort(),
        },
      ]),
    ),
    snapshots,
  };
}

/** What a client that held some lists at some time is left with. */
function holding(heights: Iterable<Height>): EngineState {
  let state = EMPTY_ENGINE;
  for (const height of heights) {
    const diff = buildMnListDiff(world.chain, {
      baseBlockHash: ZERO_HASH as BlockHash,
      blockHash: world.chain.hashAt(height),
    });
    if (diff) state = applyDiff(state, diff, world.context).state;
  }
  return state;
}

function rounds(start: EngineState, options: Parameters<PlannedWorld["plan"]>[1] = {}, of = world) {
  const plans: SyncPlan[] = [];
  let state = start;
  for (;;) {
    const next = of.plan(state, options);
    if (next.requests.length === 0) return { plans, state };
    if (plans.length > 8) throw new Error("the plans never end");
    plans.push(next);
    state = of.answerAll(state, next, undefined, options.tipHeight);
  }
}

/** All that was needed one block below the tip. */
function oneBlockBehind(): EngineState {
  const { state } = rounds(EMPTY_ENGINE);
  const [base, target] = [world.chain.tipHeight - 8, world.chain.tipHeight - 1].map((height) =>
    world.chain.hashAt(height),
  ) as [BlockHash, BlockHash];
  const [below, diff] = [
    { baseBlockHash: ZERO_HASH as BlockHash, blockHash: base },
    { baseBlockHash: base, blockHash: target },
  ].map((request) => buildMnListDiff(world.chain, request)) as [MnListDiff, MnListDiff];
  const applied = applyDiff(applyDiff(state, below, world.context).state, diff, world.context).state;
  const tip = toHashHex(world.chain.tip.hash);
  return { ...applied, lists: new Map([...applied.lists].filter(([hash]) => hash !== tip)) };
}

describe("a prediction", () => {
  it.each([
    // A base every 24 blocks, mined 10 blocks later at the earliest; six are active.
    { tip: 470, type: 4, listHeights: [328, 352, 376, 400, 424, 448], newestCycle: undefined },
    { tip: 465, type: 4, listHeights: [304, 328, 352, 376, 400, 424], newestCycle: undefined },
    // A cycle every 48 blocks, mined 16 blocks later at the earliest; its members come from four.
    { tip: 470, type: 5, listHeights: [280, 328, 376, 424], newestCycle: 432 },
    { tip: 447, type: 5, listHeights: [232, 280, 328, 376], newestCycle: 384 },
    { tip: 20, type: 5, listHeights: [], newestCycle: undefined },
  ])("of type $type at block $tip", ({ tip, type, ...expected }) => {
    expect(predictNeeds(world.context, tip, [type])).toEqual(expected);
  });
});

describe("whether a quorum is likely active", () => {
  it.each([
    // A base every 24 blocks, mined 18 blocks later at the latest; six are active: 312 to 432 until 456 had its chance.
    { type: 4, baseHeight: 336, tips: [465, 474, 483], expected: [true, true, true] },
    { type: 4, baseHeight: 312, tips: [465, 473, 474], expected: [true, true, false] },
    // A cycle every 48 blocks, mined 24 blocks later at the latest, in place of the one before.
    { type: 5, baseHeight: 384, tips: [408, 455, 456], expected: [true, true, false] },
    { type: 5, baseHeight: 387, tips: [408, 455, 456], expected: [true, true, false] },
  ])("that of type $type with its base at $baseHeight", ({ type, baseHeight, tips, expected }) => {
    const llmq = world.context.params.llmqs.get(type);
    expect(tips.map((tip) => llmq && isLikelyActiveAt(llmq, baseHeight, tip))).toEqual(expected);
  });
});

const heldHeights = fc.uniqueArray(fc.integer({ min: 20, max: 469 }), { maxLength: 12 });
const runs = { numRuns: 25 };

describe("at the start of rotation", () => {
  it("a quorum needs the lists of the cycles that there were", () => {
    const { chain, neededTypes, context } = world;
    const { params } = context;
    const late = { ...context, params: { ...params, activation: { ...params.activation, dip0024: 150 } } };
    const needs = { neededTypes, tipHeight: 220, quorumSetHeights: [], awaitedQuorums: [] };
    const listsOf = (of: typeof context) => {
      const { missingLists, unresolvable } = discover(holding([220]), of, needs);
      expect(unresolvable).toEqual([]);
      const rotating = missingLists.filter(({ neededBy }) =>
        neededBy.some((quorum) => quorum.startsWith("5:")),
      );
      return rotating.map(({ height }) => height);
    };
    expect(chain.quorumsAt(220).ofType(5).length).toBe(4);
    expect([listsOf(context), listsOf(late)]).toEqual([[40, 88, 136, 184], [184]]);
  });
});

describe("after an early end", () => {
  it("a plan asks for what is left, and for nothing that only an old tip's quorums need", () => {
    const asked = (start: EngineState) =>
      rounds(start, {}, long).plans.reduce((sum, { requests }) => sum + requests.length, 0);
    const usual = asked(EMPTY_ENGINE);
    let state = EMPTY_ENGINE;
    for (const [i, request] of long.plan(EMPTY_ENGINE).requests.entries()) {
      state = long.answer(state, request);
      expect(asked(state), `${i + 1} answers`).toBeLessThanOrEqual(usual - (i + 1));
      if (newestList(state)?.height !== long.chain.tipHeight) continue;
      // What failed DKGs keep active is found now.
      expect(long.discover(state).missingLists.length).toBeGreaterThan(0);
    }
  });
});

describe("a plan", () => {
  it("from nothing asks for all in one burst, and the second one for what failed DKGs shifted", () => {
    const { plans, state } = rounds(EMPTY_ENGINE);
    const [first] = plans;
    expect(first?.qrInfoRequests).toHaveLength(1);
    expect(first?.mnListDiffRequests.every(({ isSpeculative }) => isSpeculative)).toBe(true);
    expect(first?.mnListDiffRequests.length).toBeGreaterThan(2);
    expect(plans.length).toBeLessThanOrEqual(3);
    expect(newestList(state)?.height).toBe(world.chain.tipHeight);
    expect(world.discover(state).total).toBe(0);
  });

  it("sends the qrinfo right after the whole list, and bases it on that where a line is fast", () => {
    const planWith = (bytesPerSecond: number) => {
      const costs = { roundTripMs: 100, bytesPerSecond, concurrency: 8 };
      const { requests, dependencies } = long.plan(EMPTY_ENGINE, { costs });
      const at = requests.findIndex(({ kind }) => kind === "qrinfo");
      const request = requests[at];
      const needed = request && dependencies.get(request);
      return { requests, at, base: needed?.kind === "mnlistdiff" ? needed : undefined };
    };
    const fast = planWith(1_000_000);
    expect(fast.base).toMatchObject({ baseHeight: 0 });
    expect([fast.at, fast.requests[0]]).toEqual([1, fast.base]);
    // Each list in between saves bytes.
    const slow = planWith(1_000);
    expect(slow.requests[slow.at - 1]).toBe(slow.base);
    expect(slow.base?.baseHeight).toBeGreaterThan(fast.base?.height ?? 0);
    expect(slow.requests[0]).toEqual(fast.requests[0]);
  });

  it("brings the quorums that sign the tip's ChainLock, with a list of their own only if no other has them", () => {
    const llmq = world.context.params.llmqs.get(world.context.params.llmqTypeChainLocks);
    if (!llmq) throw new Error("no type for ChainLocks");
    const own = (tipHeight: Height) =>
      world
        .plan(EMPTY_ENGINE, { tipHeight })
        .mnListDiffRequests.filter(({ height }) => height === tipHeight - 8)
        .map(({ reason }) => reason);
    // They are mined 10 to 18 blocks after each multiple of 24: up to block 450, and from 466 on.
    expect(own(470)).toEqual(["likely needed by a ChainLock, out of the QRInfo's reach"]);
    expect([own(459), own(465)]).toEqual([[], []]);
    fc.assert(
      fc.property(fc.integer({ min: LOWEST_TIP, max: 470 }), (tipHeight) => {
        const { mnListDiffRequests, qrInfoRequests } = world.plan(EMPTY_ENGINE, { tipHeight });
        const brought = [
          ...mnListDiffRequests.map(({ height }) => height),
          ...qrInfoRequests.flatMap(({ coverage }) => [tipHeight, ...coverage.workHeights]),
        ];
        expect(brought.some((height) => hasSameQuorumSet(llmq, height, tipHeight - 8))).toBe(true);
        expect(new Set(brought).size).toBe(brought.length);
      }),
      runs,
    );
  });

  it("is empty for an engine that lacks nothing", () => {
    expect(world.plan(rounds(EMPTY_ENGINE).state)).toBe(EMPTY_PLAN);
  });

  it("never takes more rounds under better conditions, though it asks for other things", () => {
    const good = { roundTripMs: 10, bytesPerSecond: 10_000_000, concurrency: 8 };
    const bad = { roundTripMs: 3_000, bytesPerSecond: 50_000, concurrency: 1 };
    const whole = rounds(EMPTY_ENGINE).state;
    let different = 0;
    const check = (start: EngineState) => {
      const [best, worst] = [good, bad].map((costs) => rounds(start, { costs }).plans);
      expect(best?.length).toBeLessThanOrEqual(worst?.length ?? 0);
      if (best?.[0]?.requests.length !== worst?.[0]?.requests.length) different++;
    };
    // With no snapshot a qrinfo is needed whatever it costs; with all of them lists alone would do.
    fc.assert(
      fc.property(heldHeights, (heights) => check(holding(heights))),
      runs,
    );
    fc.assert(
      fc.property(fc.subarray([...whole.lists.keys()], { minLength: 1 }), (kept) =>
        check({ ...whole, lists: new Map([...whole.lists].filter(([hash]) => kept.includes(hash))) }),
      ),
      { numRuns: 60, seed: 1 },
    );
    expect(different).toBeGreaterThan(5);
  });

  it.each([
    ["small cycles", () => world, [300, 356, 380, 447, 470]],
    ["many quorums", () => long, [900, 930, 990, 1_014, 1_039, 1_062, 1_094]],
  ] as const)("costs one whole list only, however far down failed DKGs reach: %s", (_what, of, tips) => {
    for (const tipHeight of tips) {
      const { plans, state } = rounds(EMPTY_ENGINE, { tipHeight }, of());
      expect(of().discover(state, tipHeight).total).toBe(0);
      const requests = plans.flatMap((each) => each.requests);
      const whole = requests.filter((request) =>
        request.kind === "qrinfo" ? request.request.baseBlockHashes.length === 0 : request.baseHeight === 0,
      );
      expect(whole.length, `at block ${tipHeight}`).toBe(1);
    }
  });

  it("reaches every work block that is needed, whatever was held, and then asks for nothing", () => {
    fc.assert(
      fc.property(heldHeights, fc.integer({ min: LOWEST_TIP, max: 470 }), (heights, tipHeight) => {
        const start = holding(heights.filter((height) => height <= tipHeight));
        const next = world.plan(start, { tipHeight });
        const { missingLists } = world.discover(start, tipHeight);
        const brought = new Set(
          next.requests.flatMap((request) =>
            request.kind === "qrinfo" ? [...request.coverage.workHeights] : [request.height],
          ),
        );
        for (const { height } of missingLists) expect(brought.has(height), `list ${height}`).toBe(true);
        const { state } = rounds(start, { tipHeight });
        expect(world.discover(state, tipHeight).total).toBe(0);
        expect(world.plan(state, { tipHeight })).toBe(EMPTY_PLAN);
      }),
      runs,
    );
  });

  it("leaves the same engine in whatever order its answers are applied", () => {
    fc.assert(
      fc.property(heldHeights, fc.array(fc.nat(), { minLength: 30, maxLength: 30 }), (heights, picks) => {
        const start = holding(heights);
        const next = world.plan(start);
        let i = 0;
        const pick = (count: number) => (picks[i++ % picks.length] as number) % count;
        expect(contentOf(world.answerAll(start, next, pick))).toEqual(
          contentOf(world.answerAll(start, next)),
        );
      }),
      runs,
    );
  });

  it("never asks for a list twice, or for one that is held", () => {
    fc.assert(
      fc.property(heldHeights, (heights) => {
        const start = holding(heights);
        const { mnListDiffRequests, qrInfoRequests } = world.plan(start);
        const asked = mnListDiffRequests.map(({ height }) => height);
        expect(new Set(asked).size).toBe(asked.length);
        for (const height of asked) expect(listAtHeight(start, world.context.chain, height)).toBeUndefined();
        const covered = qrInfoRequests.flatMap(({ coverage }) => coverage.workHeights);
        for (const height of covered) expect(asked).not.toContain(height);
        expect(qrInfoRequests.length).toBeLessThanOrEqual(1);
      }),
      runs,
    );
  });

  it("names blocks of the best chain only", () => {
    fc.assert(
      fc.property(heldHeights, fc.integer({ min: LOWEST_TIP, max: 470 }), (heights, tipHeight) => {
        const { chain } = world.at(tipHeight);
        const { qrInfoRequests, mnListDiffRequests } = world.plan(holding(heights), { tipHeight });
        const hashes = [
          ...qrInfoRequests.flatMap(({ request }) => [request.blockRequestHash, ...request.baseBlockHashes]),
          ...mnListDiffRequests.flatMap(({ request }) => [request.blockHash, request.baseBlockHash]),
        ];
        for (const hash of hashes) expect(chain.heightOf(hash), toHashHex(hash)).toBeDefined();
      }),
      runs,
    );
  });

  it("is complete without snapshots where no peer sends them, and says so", () => {
    const first = world.plan(EMPTY_ENGINE, { canAskQrInfo: false });
    expect(first.qrInfoRequests).toEqual([]);
    expect(first.fallbackToMnListDiff).toBe(true);
    expect(first.rationale[0]).toContain("rotating quorums stay unknown");
    const { missingLists } = world.discover(world.answerAll(EMPTY_ENGINE, first));
    expect(missingLists.length).toBeLessThan(first.requests.length);
  });

  it("leaves out a cycle whose qrinfo nobody sends, and all of them if that is the tip's", () => {
    const { state } = rounds(EMPTY_ENGINE);
    const missingCycles = ([192, 384] as const).map((cycleHeight) => {
      return { cycleHeight, reason: "snapshot-missing" } as const;
    });
    const discovery = { ...world.discover(state), missingCycles, total: 2 };
    const planWithout = (...exhausted: readonly Height[]) =>
      plan(discovery, state, world.context, {
        tipHeight: world.chain.tipHeight,
        neededTypes: world.neededTypes,
        canAskQrInfo: true,
        extraShare: false,
        isCycleExhausted: (workHeight) => exhausted.includes(workHeight),
      });
    const cycles = ({ qrInfoRequests }: SyncPlan) => qrInfoRequests.map(({ workHeight }) => workHeight);
    expect([cycles(planWithout()), planWithout().fallbackToMnListDiff]).toEqual([[424, 232], false]);
    expect([cycles(planWithout(232)), planWithout(232).fallbackToMnListDiff]).toEqual([[424], true]);
    expect([cycles(planWithout(424)), planWithout(424).fallbackToMnListDiff]).toEqual([[], true]);
  });

  it("takes a list that nobody sends neither as a target nor as a base of a guess", () => {
    const [wanted] = world.plan(EMPTY_ENGINE).mnListDiffRequests;
    const height = wanted?.height ?? 0;
    const next = world.plan(EMPTY_ENGINE, { unavailable: (each) => each === height });
    expect(height).toBeGreaterThan(0);
    expect(next.mnListDiffRequests.some((request) => request.height === height)).toBe(false);
    expect(next.mnListDiffRequests.some(({ baseHeight }) => baseHeight === height)).toBe(false);
  });

  it("asks for the fourth cycle back unless told not to, and reaches the rest by lists then", () => {
    const [four, three] = [true, false].map((extraShare) => world.plan(EMPTY_ENGINE, { extraShare }));
    expect(four?.qrInfoRequests[0]?.coverage.snapshots).toHaveLength(4);
    expect(three?.qrInfoRequests[0]?.coverage.snapshots).toHaveLength(3);
    expect([four, three].map((each) => each?.qrInfoRequests[0]?.request.extraShare)).toEqual([true, false]);
    const { state } = rounds(EMPTY_ENGINE, { extraShare: false });
    expect(world.discover(state).total).toBe(0);
  });

  it("guesses well: most of what only a guess asked for is needed, and little is left for a second round", () => {
    const { plans, state } = rounds(EMPTY_ENGINE);
    const newest = newestList(state);
    const alone = { ...EMPTY_ENGINE, lists: new Map(newest && [[toHashHex(newest.blockHash), newest]]) };
    const needed = new Set(world.discover(alone).missingLists.map(({ height }) => height));
    needed.add(world.chain.tipHeight - 8);
    const guessed = plans[0]?.mnListDiffRequests.filter(({ isSpeculative }) => isSpeculative) ?? [];
    const used = guessed.filter(({ height }) => needed.has(height));
    expect(used.length / guessed.length).toBeGreaterThanOrEqual(0.8);
    const later = plans.slice(1).flatMap(({ requests }) => requests);
    expect(later.length).toBeLessThan(guessed.length);
  });

  it("guesses nothing while the newest list is a few blocks old", () => {
    const { mnListDiffRequests } = world.plan(holding([world.chain.tipHeight - 20]));
    expect(mnListDiffRequests.length).toBeGreaterThan(2);
    expect(mnListDiffRequests.every(({ isSpeculative }) => !isSpeculative)).toBe(true);
  });

  it("takes a qrinfo in place of lists where round trips cost more than the bytes that it repeats", () => {
    const { state } = rounds(EMPTY_ENGINE);
    const without = (heights: readonly Height[], costs: PlanCosts) =>
      world.plan(
        {
          ...state,
          lists: new Map([...state.lists].filter(([, list]) => !heights.includes(list.height))),
        },
        { costs },
      );
    const kinds = ({ requests }: SyncPlan) => requests.map(({ kind }) => kind);
    const sideBySide = { roundTripMs: 100, bytesPerSecond: 1_000_000, concurrency: 8 };
    const oneByOne = { ...sideBySide, concurrency: 1 };
    const slow = { ...oneByOne, bytesPerSecond: 10_000 };
    expect(kinds(without([424, 376], sideBySide))).toEqual(["mnlistdiff", "mnlistdiff"]);
    expect(kinds(without([424, 376], oneByOne))).toEqual(["qrinfo"]);
    expect(kinds(without([424, 376], slow))).toEqual(["mnlistdiff", "mnlistdiff"]);
    expect(kinds(without([424], oneByOne))).toEqual(["mnlistdiff"]);
    const [instead] = without([424, 376], oneByOne).qrInfoRequests;
    expect(instead?.reason).toBe("one message in place of several lists");
  });

  it("asks for the fourth cycle back only where it is missing, and on a young chain for what there is", () => {
    const { state } = rounds(EMPTY_ENGINE);
    const oneByOne = { roundTripMs: 100, bytesPerSecond: 1_000_000, concurrency: 1 };
    const lists = [...state.lists];
    const extraShareOf = (...without: readonly Height[]) => {
      const held = new Map(lists.filter(([, list]) => !without.includes(list.height)));
      const [request] = world.plan({ ...state, lists: held }, { costs: oneByOne }).qrInfoRequests;
      return request && [request.request.extraShare, request.coverage.workHeights];
    };
    expect(extraShareOf(424, 376)).toEqual([false, [424, 376, 328, 280]]);
    expect(extraShareOf(424, 376, 232)).toEqual([true, [424, 376, 328, 280, 232]]);
    const young = (tipHeight: Height, cycleHeight: Height) => {
      const missingCycles = [{ cycleHeight, reason: "snapshot-contradicted" }] as const;
      const discovery = {
        ...world.discover(EMPTY_ENGINE, tipHeight),
        tip: undefined,
        missingCycles,
        total: 1,
      };
      const { neededTypes } = world;
      const options = { tipHeight, neededTypes, canAskQrInfo: true };
      const { qrInfoRequests } = plan(discovery, EMPTY_ENGINE, world.at(tipHeight), options);
      return qrInfoRequests.map(({ request }) => request.extraShare);
    };
    // Cycles of 48 blocks: below 192 there are three, below 144 only two with a work block.
    expect([young(240, 192), young(239, 144), young(191, 96)]).toEqual([[true], [false], []]);
  });

  it("asks for a snapshot that cannot be derived, because one before it is missing too", () => {
    const { state } = rounds(EMPTY_ENGINE);
    const gone = [384, 240].map((cycle) => toHashHex(world.chain.hashAt(cycle - 8)));
    const old: EngineState = {
      ...state,
      lists: new Map([...state.lists].filter(([, { height }]) => height < 430)),
      snapshots: new Map([...state.snapshots].filter(([hash]) => !gone.includes(hash))),
    };
    expect(world.plan(old).qrInfoRequests.map(({ reason }) => reason)).toEqual([
      "the snapshot of cycle 384 is missing",
    ]);
  });

  it("asks for a snapshot together with the lists that are missing too, not once they are here", () => {
    const { plans, state } = rounds(holding([25, 35, 36, 57, 266, 291, 336, 398, 401, 408, 448]));
    expect(plans.map(({ qrInfoRequests }) => qrInfoRequests.length)).toEqual([1]);
    expect(world.discover(state).total).toBe(0);
  });

  it("leaves the quorum set of a waiting lock to the tip's list, while that is far away", () => {
    const planWith = (state: EngineState) => {
      const height = world.chain.tipHeight - 9;
      const forLock = { height, blockHash: world.chain.hashAt(height), neededBy: [NEEDED_BY_LOCK] };
      const discovery = { ...world.discover(state), missingLists: [forLock], total: 1 };
      const { mnListDiffRequests } = plan(discovery, state, world.context, {
        tipHeight: world.chain.tipHeight,
        neededTypes: world.neededTypes,
        canAskQrInfo: true,
      });
      return mnListDiffRequests.some((request) => request.height === height);
    };
    expect(planWith(EMPTY_ENGINE)).toBe(false);
    expect(planWith(oneBlockBehind())).toBe(true);
  });

  it("leaves cycles alone that lie further back than allowed, and says so", () => {
    const { state } = rounds(EMPTY_ENGINE);
    const missingCycles = [{ cycleHeight: 192, reason: "snapshot-missing" }] as const;
    const discovery = { ...world.discover(state), missingCycles, total: 1 };
    const planWithin = (maxQrInfoSpan: number) =>
      plan(discovery, state, world.context, {
        tipHeight: world.chain.tipHeight,
        neededTypes: world.neededTypes,
        canAskQrInfo: true,
        maxQrInfoSpan,
      });
    // The tip's cycle is 432, and that of the block to name 240: four cycles of 48 blocks below.
    expect(planWithin(4).qrInfoRequests.map(({ workHeight }) => workHeight)).toEqual([232]);
    expect(planWithin(3).qrInfoRequests).toEqual([]);
    expect(planWithin(3).rationale).toEqual([
      "no QRInfo for the cycle at 240: it lies more than 3 cycles below the tip's",
    ]);
  });

  it("follows a new block with one small diff", () => {
    const next = world.plan(oneBlockBehind());
    expect(next.requests.map((request) => request.kind)).toEqual(["mnlistdiff"]);
    expect(next.mnListDiffRequests[0]).toMatchObject({ baseHeight: 469, height: 470, priority: "critical" });
  });

  it("estimates more bytes and time for more work", () => {
    const small = world.plan(oneBlockBehind());
    const large = world.plan(EMPTY_ENGINE);
    expect(small.estimatedBytes).toBeGreaterThan(500);
    expect(large.estimatedBytes).toBeGreaterThan(10 * small.estimatedBytes);
    const slow = { roundTripMs: 1000, bytesPerSecond: 1000, concurrency: 1 };
    expect(world.plan(EMPTY_ENGINE, { costs: slow }).estimatedDurationMs).toBeGreaterThan(
      10 * large.estimatedDurationMs,
    );
  });
});
