import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { type Bls, createMclBls } from "../../bls/index.ts";
import { networkParams } from "../../params/index.ts";
import { LLMQ_PARAMS, WORK_DIFF_DEPTH } from "../../params/llmq.ts";
import type { NetworkParams } from "../../params/types.ts";
import { hasVectors, readVector, readVectorJson } from "../../test/vectors.ts";
import { decode } from "../../wire/codec.ts";
import {
  compareBytes,
  fromHashHex,
  type HashHex,
  type Height,
  type QuorumHash,
  toHashHex,
} from "../../wire/hashes.ts";
import { mnListDiff } from "../../wire/mnListDiff.ts";
import { qrInfo } from "../../wire/qrInfo.ts";
import { MnType } from "../../wire/smlEntry.ts";
import { applyDiff } from "../applyDiff.ts";
import type { EngineContext } from "../context.ts";
import { feedQrInfo } from "../feedQrInfo.ts";
import { countValid, ListEntry } from "../masternodeList.ts";
import { drawQuarters, type Quarters, quarterSize, rebuildQuarters } from "../quarters.ts";
import { memberResolver } from "../quorumJobs.ts";
import { quorumKey } from "../quorumSet.ts";
import { Rotation } from "../rotation.ts";
import { EMPTY_ENGINE, type EngineState, sortedLists, statusOf } from "../state.ts";
import { judge } from "./judge.ts";
import { KnownChain } from "./knownChain.ts";
import { madeEntry } from "./madeEntries.ts";
import { holding, madeHash, makeList } from "./madeLists.ts";
import { applyAllDiffs, onlyListsAt, SCENARIO_NAMES, Scenario } from "./scenario.ts";

interface Expected {
  diffsInApplyOrder: {
    role: string;
    blockHash: string;
    blockHeight: number;
    afterApply?: { masternodes: number; validMasternodes: number; quorums: number };
  }[];
  cycleBaseHeights: Record<string, number | number[]>;
  lastCommitmentPerIndex: {
    quorumIndex: number;
    quorumHash: string;
    quorumHeight: number;
    signers: number;
  }[];
  nonRotatedQuorumsVerifiedFromListsAtHand?: { llmqType: number; quorumHash: string; quorumHeight: number }[];
}

const RUNS = { seed: 20260131, numRuns: 60 };

const CASES = [
  {
    folder: "mainnet",
    name: "2449949",
    protocol: 70236,
    rotating: 32,
    others: 7,
    ranges: [],
    companion: [2449941, "mnlistdiff_0_2449941_p70236.bin"],
  },
  {
    folder: "mainnet",
    name: "2028764",
    protocol: 70230,
    rotating: 32,
    others: 7,
    ranges: [],
    companion: [2028691, "mnlistdiff_0_2028691_p70230.bin"],
  },
  {
    folder: "testnet",
    name: "849809",
    protocol: 70228,
    rotating: 32,
    others: 0,
    ranges: [["testnet/headers/headers_846500_850999.bin", 846500]],
    companion: undefined,
  },
  {
    folder: "testnet",
    name: "905294",
    protocol: 70230,
    rotating: 32,
    others: 3,
    ranges: [["testnet/headers/headers_899800_905999.bin", 899800]],
    companion: undefined,
  },
  {
    folder: "devnet",
    name: "paloma_15184",
    protocol: 70240,
    rotating: 2,
    others: 0,
    ranges: [],
    companion: undefined,
  },
] as const;

for (const { folder, name, protocol, rotating, others, ranges, companion } of CASES) {
  if (!hasVectors(`${folder}/qrinfo`)) continue;
  describe(`${folder} qrinfo ${name}`, () => {
    const path = `${folder}/qrinfo/qrinfo_${name}`;
    const expected = readVectorJson<Expected>(`${path}_expected.json`);
    const members = readVectorJson<Record<string, string[][]>>(`${path}_members.json`);
    const params: NetworkParams = networkParams(folder);
    const message = decode(qrInfo(protocol), readVector(`${path}_p${protocol}.bin`));
    const chain = new KnownChain();
    for (const [file, first] of ranges) chain.addHeaderFile(file, first);
    for (const { blockHeight, blockHash } of expected.diffsInApplyOrder)
      if (blockHeight !== undefined) chain.addHash(blockHeight, blockHash);
    for (const q of expected.lastCommitmentPerIndex) chain.addHash(q.quorumHeight, q.quorumHash);
    for (const q of expected.nonRotatedQuorumsVerifiedFromListsAtHand ?? [])
      chain.addHash(q.quorumHeight, q.quorumHash);

    let bls: Bls;
    let context: EngineContext;
    let state: EngineState;
    beforeAll(async () => {
      bls = await createMclBls();
      context = { params, chain, isValidSignature: (signature) => bls.isValidSignature(signature, "basic") };
      const start = companion ? applyCompanion(companion) : EMPTY_ENGINE;
      const fed = feedQrInfo(start, message, context);
      const quorums = [...fed.state.announcedQuorums.values()];
      for (const list of fed.state.lists.values()) quorums.push(...list.quorums.values());
      state = await judge(fed.state, quorums, context, bls);
    });

    function applyCompanion([height, file]: readonly [number, string]): EngineState {
      const diff = decode(mnListDiff(protocol), readVector(`${folder}/mnlistdiff/${file}`));
      chain.addHash(height, toHashHex(diff.blockHash));
      return applyDiff(EMPTY_ENGINE, diff, context).state;
    }

    it("applies every diff that has a base, with the expected lists", () => {
      const byHeight = new Map(sortedLists(state).map((list) => [list.height, list]));
      const reachable = expected.diffsInApplyOrder.filter(({ afterApply }) => afterApply);
      expect(reachable.length).toBeGreaterThan(0);
      for (const { blockHeight, blockHash, afterApply } of reachable) {
        const list = byHeight.get(blockHeight);
        expect(list && toHashHex(list.blockHash)).toBe(blockHash);
        expect(list?.masternodes.length).toBe(afterApply?.masternodes);
        expect(list && countValid(list.masternodes)).toBe(afterApply?.validMasternodes);
        expect(list?.quorums.size).toBe(afterApply?.quorums);
      }
      expect(byHeight.size).toBe(reachable.length + (companion ? 1 : 0));
    });

    it("selects the expected members, in order", () => {
      const resolve = memberResolver(state, context);
      for (const quorum of state.announcedQuorums.values()) {
        const { quorumHash, quorumIndex } = quorum.commitment;
        const baseHeight = chain.heightOf(quorumHash) ?? Number.NaN;
        const outcome = resolve(quorum);
        const proTxHashes = "members" in outcome ? outcome.members.map(({ key }) => key) : outcome.missing;
        expect(proTxHashes).toEqual(members[String(baseHeight - quorumIndex)]?.[quorumIndex]);
      }
    });

    it(`verifies ${rotating} rotating quorums`, () => {
      const statuses = [...state.announcedQuorums.values()].map((quorum) => statusOf(state, quorum).status);
      expect(statuses).toEqual(Array(rotating).fill("verified"));
    });

    it(`verifies the ${others} others whose lists are at hand`, () => {
      const listed = expected.nonRotatedQuorumsVerifiedFromListsAtHand ?? [];
      expect(listed.length).toBe(others);
      const held = new Map(sortedLists(state).flatMap((list) => [...list.quorums]));
      for (const { llmqType, quorumHash } of listed) {
        const quorum = held.get(quorumKey(llmqType, fromHashHex<QuorumHash>(quorumHash)));
        expect(quorum && statusOf(state, quorum)).toEqual({ status: "verified" });
      }
    });

    it("calls no quorum invalid", () => {
      expect([...state.statuses.values()].filter(({ status }) => status === "invalid")).toEqual([]);
    });
  });
}

for (const name of SCENARIO_NAMES) {
  if (!hasVectors(`regtest/${name}`)) continue;
  describe(`regtest/${name}`, () => {
    const scenario = new Scenario(name);
    const { params, chain } = scenario;
    const rotating = params.llmqs.get(params.llmqTypeInstantSend);
    if (!rotating) throw new Error("the capture has a rotating type");
    const interval = rotating.dkgInterval;
    let context: EngineContext;
    let whole: EngineState;
    let workBlocks: Height[];

    beforeAll(async () => {
      const bls = await createMclBls();
      context = { params, chain, isValidSignature: (signature) => bls.isValidSignature(signature, "basic") };
      whole = applyAllDiffs(scenario, context).state;
      for (const captured of scenario.ofKind("qrinfo"))
        whole = feedQrInfo(whole, scenario.qrInfo(captured), context).state;
      workBlocks = sortedLists(whole)
        .map(({ height }) => height)
        .filter((height) => (height + WORK_DIFF_DEPTH) % interval === 0);
    });

    it("whatever is held, finds missing what keeps it from selecting, and nothing else", () => {
      const counts: Record<string, number> = {};
      const subset = fc.infiniteStream(fc.nat(9)).map((stream) => (limit: number) => {
        return (stream.next().value as number) < limit;
      });
      fc.assert(
        fc.property(subset, fc.nat(10), fc.nat(10), (isKept, lists, snapshots) => {
          const kept = new Set(workBlocks.filter(() => isKept(lists)));
          const state: EngineState = {
            ...onlyListsAt(whole, kept),
            snapshots: new Map([...whole.snapshots].filter(() => isKept(snapshots))),
          };
          const rotation = new Rotation(state, rotating, context);
          const other = new Rotation(state, rotating, context);
          for (const workBlock of workBlocks) {
            const outcome = rotation.selectMembers(workBlock + WORK_DIFF_DEPTH);
            const missing = "missing" in outcome ? outcome.missing : undefined;
            expect(other.findMissing(workBlock + WORK_DIFF_DEPTH)).toEqual(missing);
            const what = missing?.code ?? "members";
            counts[what] = (counts[what] ?? 0) + 1;
          }
        }),
        { ...RUNS, numRuns: 100 },
      );
      for (const what of ["members", "list-missing", "snapshot-missing"])
        expect(counts[what], what).toBeGreaterThan(20);
    });
  });
}

const modifiers = fc.uint8Array({ minLength: 32, maxLength: 32 });

describe("a cycle's snapshot", () => {
  const llmqOf = (type: number) => {
    const llmq = LLMQ_PARAMS.get(type);
    if (!llmq) throw new Error(`no type ${type}`);
    return llmq;
  };
  /** Network-like situations: many masternodes for few seats, few for many, and lists that change from cycle to cycle. */
  const worlds = fc.record({
    llmq: fc.constantFrom(llmqOf(103), llmqOf(105), llmqOf(5)),
    perSeat: fc.double({ min: 0.2, max: 2.5, noNaN: true }),
    spread: fc.nat(6),
    modifiers: fc.array(modifiers, { minLength: 5, maxLength: 5 }),
  });

  it("gives back the quarters that were drawn with it, over five cycles in a row", () => {
    let whole = 0;
    let skipLists = 0;
    let negative = 0;
    fc.assert(
      fc.property(worlds, ({ llmq, perSeat, spread, modifiers: ofCycles }) => {
        const seats = llmq.size * llmq.signingActiveQuorumCount;
        // Below the size of a quorum a draw may stop short, and the snapshot then fills up: see the next test.
        const count = Math.max(llmq.size + 2 * spread + 1, Math.round(seats * perSeat * 0.25));
        const previous: Quarters[] = [];
        for (const [cycle, modifier] of ofCycles.entries()) {
          // Some masternodes come and go, some are banned or not yet confirmed.
          const sml = Array.from({ length: count }, (_, i) => i + ((cycle * spread) % 5))
            .map((id) => new ListEntry(madeEntry(id, { isValid: (id + cycle) % 11 !== 0 || spread === 0 })))
            .sort((a, b) => compareBytes(a.entry.proRegTxHash, b.entry.proRegTxHash));
          const { quarters, snapshot } = drawQuarters(sml, previous, modifier, llmq, true);
          if (!snapshot) return expect.fail("there are enough masternodes");
          expect(snapshot.activeQuorumMembers.length).toBe(sml.length);
          if (snapshot.mnSkipList.length > 0) skipLists++;
          if (snapshot.mnSkipList.some((entry) => entry < 0)) negative++;
          const isWhole = quarters.every((quarter) => quarter.length === quarterSize(llmq));
          const rebuilt = rebuildQuarters(sml, snapshot, modifier, llmq);
          if (isWhole) expect(keysOf(rebuilt)).toEqual(keysOf(quarters));
          whole += isWhole ? 1 : 0;
          for (const quarter of rebuilt) expect(quarter.length).toBe(quarterSize(llmq));
          previous.unshift(rebuilt);
          previous.splice(3);
        }
      }),
      { ...RUNS, numRuns: 30 },
    );
    // The law is worth something only where lists are tight.
    expect(whole).toBeGreaterThan(100);
    expect(skipLists).toBeGreaterThan(30);
    expect(negative).toBeGreaterThan(5);
  });

  it("is not made, and no quarter drawn, with fewer valid masternodes than a quarter has", () => {
    const llmq = llmqOf(5);
    const sml = Array.from({ length: 14 }, (_, id) => new ListEntry(madeEntry(id)));
    const banned = Array.from(
      { length: 40 },
      (_, id) => new ListEntry(madeEntry(100 + id, { isValid: false })),
    );
    const draw = drawQuarters([...sml, ...banned], [], new Uint8Array(32), llmq, true);
    expect(draw.snapshot).toBeUndefined();
    expect(draw.quarters).toEqual(Array(32).fill([]));
    const one = drawQuarters([...sml, new ListEntry(madeEntry(20))], [], new Uint8Array(32), llmq, true);
    expect(one.snapshot).toBeDefined();
  });

  it("of no list, or of a mode that Core does not build, gives empty quarters", () => {
    const llmq = llmqOf(103);
    const none = { length: 0, bytes: new Uint8Array(0) };
    const empty = { mnSkipListMode: 0, activeQuorumMembers: none, mnSkipList: [] };
    expect(rebuildQuarters([], empty, new Uint8Array(32), llmq)).toEqual([[], []]);
    const sml = [new ListEntry(madeEntry(1))];
    for (const mnSkipListMode of [2, 3, -1]) {
      const odd = { ...empty, mnSkipListMode, mnSkipList: [1, 1] };
      expect(rebuildQuarters(sml, odd, new Uint8Array(32), llmq)).toEqual([[], []]);
    }
    // One masternode alone fills every seat.
    const filled = rebuildQuarters(sml, empty, new Uint8Array(32), llmq);
    expect(keysOf(filled)).toEqual([[sml[0]?.key], [sml[0]?.key]]);
  });

  it.each([
    ["address", { netInfo: { address: new Uint8Array(16).fill(1), port: 19999 } }],
    ["operator key", { pubKeyOperator: new Uint8Array(48).fill(0x81) }],
    ["platform node id", { platformNodeID: new Uint8Array(20).fill(1) }],
  ])("leaves out who has the %s that a member had when it was drawn", (_, taken) => {
    const llmq = llmqOf(103);
    const evo = { type: MnType.evo, platformHTTPPort: 443 };
    const then = new ListEntry(
      madeEntry(1, {
        ...evo,
        pubKeyOperator: new Uint8Array(48).fill(0x81),
        platformNodeID: new Uint8Array(20).fill(1),
      }),
    );
    // Since then it has moved, with another key, as its list says now.
    const now = new ListEntry({ ...madeEntry(9), proRegTxHash: then.entry.proRegTxHash });
    const other = new ListEntry(madeEntry(3));
    const drawWith = (heir: ListEntry, modifier: Parameters<typeof drawQuarters>[2]) =>
      keysOf(drawQuarters([now, heir, other], [[[then], []]], modifier, llmq, true).quarters)[0];
    const [stranger, heir] = [new ListEntry(madeEntry(2)), new ListEntry(madeEntry(2, { ...evo, ...taken }))];
    const modifiers = Array.from({ length: 20 }, (_, i) => new Uint8Array(32).fill(i));
    const first = modifiers.filter((modifier) => drawWith(stranger, modifier)?.[0] === stranger.key);
    expect(first.length).toBeGreaterThan(3);
    for (const modifier of first) expect(drawWith(heir, modifier)).toEqual([other.key]);
  });

  it("counts a member that left the list as used only where the rule of before V19 holds", () => {
    const llmq = llmqOf(103);
    const gone = new ListEntry(madeEntry(50));
    const here = new ListEntry(madeEntry(1));
    const modifier = new Uint8Array(32).fill(7);
    const draw = (skipRemoved: boolean) => drawQuarters([here], [[[gone], []]], modifier, llmq, skipRemoved);
    // The one masternode there is takes index 0; index 1 goes on to the used ones, if there are any.
    expect(keysOf(draw(true).quarters)).toEqual([[here.key], [here.key]]);
    expect(keysOf(draw(false).quarters)).toEqual([[here.key], [gone.key]]);
    // A banned member is never used, whichever rule holds: it takes no seat and no bit.
    const banned = new ListEntry(madeEntry(2, { isValid: false }));
    for (const skipRemoved of [true, false]) {
      const { quarters, snapshot } = drawQuarters(
        [here, banned],
        [[[banned], []]],
        modifier,
        llmq,
        skipRemoved,
      );
      expect(keysOf(quarters)).toEqual([[here.key], [here.key]]);
      expect(snapshot?.activeQuorumMembers).toEqual({ length: 2, bytes: Uint8Array.of(0) });
    }
  });

  it("forgets members that left the list from V19 on, and on testnet always", () => {
    const cycle = 264;
    const chain = new KnownChain();
    for (const height of [232, 256]) chain.addHash(height, madeHash(height));
    const listAt = (height: Height, id: number) =>
      makeList({ height, hash: madeHash(height), masternodes: [new ListEntry(madeEntry(id))] });
    // One masternode filled both quarters of the cycle before; since then another has taken its place in the list.
    const noneUsed = { length: 1, bytes: Uint8Array.of(0) };
    const state: EngineState = {
      ...holding(listAt(232, 50), listAt(256, 1)),
      snapshots: new Map([
        [madeHash(232) as HashHex, { mnSkipListMode: 0, activeQuorumMembers: noneUsed, mnSkipList: [] }],
      ]),
    };
    const skipListOf = (v19: Height, skipRemovedBeforeV19: boolean) => {
      const regtest = networkParams("regtest");
      const activation = { ...regtest.activation, dip0024: 240, v19, v20: 10_000 };
      const params: NetworkParams = { ...regtest, activation, skipRemovedBeforeV19 };
      const context: EngineContext = { params, chain, isValidSignature: () => true };
      const derived = new Rotation(state, llmqOf(103), context).deriveSnapshot(cycle);
      return "missing" in derived ? derived.missing : derived.snapshot?.mnSkipList;
    };
    expect(skipListOf(1, false)).toEqual([]);
    expect(skipListOf(cycle + 1, false)).toEqual([]);
    expect(skipListOf(cycle + 2, false)).toEqual([1]);
    expect(skipListOf(cycle + 2, true)).toEqual([]);
  });

  it("stops short where a quorum already has every masternode, and is stored all the same", () => {
    const llmq = llmqOf(103);
    const here = new ListEntry(madeEntry(1));
    const { quarters, snapshot } = drawQuarters([here], [[[here], []]], new Uint8Array(32), llmq, true);
    expect(keysOf(quarters)).toEqual([[], [here.key]]);
    expect(snapshot).toEqual({
      mnSkipListMode: 0,
      activeQuorumMembers: { length: 1, bytes: Uint8Array.of(1) },
      mnSkipList: [],
    });
  });

  it("takes a used member as it was in the newest quarter that has it", () => {
    const llmq = llmqOf(103);
    const [now, newer, older] = [1, 2, 3].map(
      (key) => new ListEntry(madeEntry(1, { pubKeyOperator: new Uint8Array(48).fill(key) })),
    ) as [ListEntry, ListEntry, ListEntry];
    const previous: Quarters[] = [
      [[newer], []],
      [[older], []],
    ];
    const draw = (quarters: Quarters[]) => drawQuarters([now], quarters, new Uint8Array(32), llmq, true);
    expect(draw(previous).quarters[1]?.[0]).toBe(newer);
    expect(draw(previous.toReversed()).quarters[1]?.[0]).toBe(older);
    // One that was not used before is taken as it is now.
    expect(draw([]).quarters.flat()).toEqual([now, now]);
    expect(draw([]).quarters[0]?.[0]).toBe(now);
  });

  function keysOf(quarters: Quarters): string[][] {
    return quarters.map((quarter) => quarter.map(({ key }) => key));
  }
});
