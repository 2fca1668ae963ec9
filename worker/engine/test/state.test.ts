import { describe, expect, it } from "vitest";
import { type BlockHash, fromHashHex, type HashHex, type Height, toHashHex } from "../../wire/hashes.ts";
import type { QuorumSnapshot } from "../../wire/qrInfo.ts";
import type { MasternodeList } from "../masternodeList.ts";
import type { QuorumEntry } from "../quorumSet.ts";
import {
  dropOffChain,
  EMPTY_ENGINE,
  type EngineState,
  listAtBlock,
  listAtHeight,
  nearestList,
  newestList,
  PENDING,
  pruneLists,
  type QuorumStatus,
  requireHeight,
  snapshotOfWorkBlock,
  sortedLists,
  statusOf,
} from "../state.ts";
import { KnownChain } from "./knownChain.ts";
import { holding, madeHash, makeList, makeNamedQuorum } from "./madeLists.ts";

const HEIGHTS = [300, 100, 400, 200];
const VERIFIED: QuorumStatus = { status: "verified" };

/** Quorum `id` is held by the lists at the heights that are named for it. */
const QUORUMS: readonly { quorum: QuorumEntry; heldAt: readonly Height[] }[] = [
  { quorum: quorumOf(1), heldAt: [100, 200] },
  { quorum: quorumOf(2), heldAt: [200, 300, 400] },
  { quorum: quorumOf(3), heldAt: [400] },
  { quorum: quorumOf(4), heldAt: [] },
  { quorum: quorumOf(5), heldAt: [] },
];

function quorumOf(id: number): QuorumEntry {
  return makeNamedQuorum({ llmqType: 100, quorumHash: madeHash(id, 1), quorumPublicKey: "00".repeat(48) });
}

function snapshotOf(height: Height): QuorumSnapshot {
  const activeQuorumMembers = { length: 0, bytes: new Uint8Array(0) };
  return { mnSkipListMode: 0, activeQuorumMembers, mnSkipList: [height] };
}

/** Four lists; snapshots at 200 and 400, and one of no list; quorum 4 is announced, quorum 5 nowhere. */
function makeState(): EngineState {
  const lists = HEIGHTS.map((height) =>
    makeList({
      height,
      hash: madeHash(height),
      quorums: QUORUMS.filter(({ heldAt }) => heldAt.includes(height)).map(({ quorum }) => quorum),
    }),
  );
  const announced = QUORUMS[3]?.quorum as QuorumEntry;
  return {
    ...holding(...lists),
    snapshots: new Map([200, 400, 999].map((height) => [madeHash(height) as HashHex, snapshotOf(height)])),
    announcedQuorums: new Map([[announced.id, announced]]),
    statuses: new Map(QUORUMS.map(({ quorum }) => [quorum.id, VERIFIED])),
  };
}

function chainOf(...heights: readonly Height[]): KnownChain {
  const chain = new KnownChain();
  for (const height of heights) chain.addHash(height, madeHash(height));
  return chain;
}

function contentsOf(state: EngineState) {
  const judged = QUORUMS.flatMap(({ quorum }, i) => (state.statuses.has(quorum.id) ? [i + 1] : []));
  return {
    lists: sortedLists(state).map(({ height }) => height),
    snapshots: [...state.snapshots.values()].map(({ mnSkipList }) => mnSkipList[0]),
    judged,
    announced: state.announcedQuorums.size,
  };
}

const EVERYTHING = {
  lists: [100, 200, 300, 400],
  snapshots: [200, 400, 999],
  judged: [1, 2, 3, 4, 5],
  announced: 1,
};

describe("dropOffChain", () => {
  it("is the same state when every list is on the best chain", () => {
    const state = makeState();
    expect(dropOffChain(state, chainOf(...HEIGHTS))).toBe(state);
    expect(dropOffChain(EMPTY_ENGINE, chainOf())).toBe(EMPTY_ENGINE);
  });

  it("drops the lists above a fork, their snapshots, and verdicts on quorums that nothing holds", () => {
    const state = makeState();
    const chain = chainOf(100, 200).addHash(300, madeHash(300, 2)).addHash(400, madeHash(400, 2));
    expect(contentsOf(dropOffChain(state, chain))).toEqual({
      lists: [100, 200],
      snapshots: [200],
      judged: [1, 2, 4],
      announced: 1,
    });
    expect(contentsOf(state)).toEqual(EVERYTHING);
  });

  it("drops a list whose block is at another height now", () => {
    const chain = chainOf(100, 200, 300).addHash(401, madeHash(400));
    expect(contentsOf(dropOffChain(makeState(), chain))).toMatchObject({
      lists: [100, 200, 300],
      judged: [1, 2, 4],
    });
  });
});

describe("pruneLists", () => {
  it("is the same state when every list is kept", () => {
    const state = makeState();
    expect(pruneLists(state, () => true)).toBe(state);
  });

  it.each<[string, (list: MasternodeList) => boolean, object]>([
    [
      "the newest",
      ({ height }) => height === 400,
      { lists: [400], snapshots: [400], judged: [2, 3, 4], announced: 1 },
    ],
    [
      "the oldest two",
      ({ height }) => height < 250,
      { lists: [100, 200], snapshots: [200], judged: [1, 2, 4], announced: 1 },
    ],
    ["none", () => false, { lists: [], snapshots: [], judged: [4], announced: 1 }],
  ])("keeps %s and what they need", (_, keep, expected) => {
    const state = makeState();
    expect(contentsOf(pruneLists(state, keep))).toEqual(expected);
    expect(contentsOf(state)).toEqual(EVERYTHING);
  });
});

describe("looking things up", () => {
  const state = makeState();
  const chain = chainOf(...HEIGHTS).addHash(500, madeHash(500));

  it("finds lists by block and by height, newest and in order", () => {
    expect(listAtBlock(state, fromHashHex<BlockHash>(madeHash(300)))?.height).toBe(300);
    expect(listAtBlock(state, fromHashHex<BlockHash>(madeHash(500)))).toBeUndefined();
    expect(listAtHeight(state, chain, 200)?.height).toBe(200);
    expect(listAtHeight(state, chain, 500)).toBeUndefined();
    expect(listAtHeight(state, chain, 250)).toBeUndefined();
    expect(newestList(state)?.height).toBe(400);
    expect(newestList(EMPTY_ENGINE)).toBeUndefined();
    const nearest = [0, 100, 149, 151, 290, 310, 1000].map((height) => nearestList(state, height)?.height);
    expect(nearest).toEqual([100, 100, 100, 200, 300, 300, 400]);
    expect(nearestList(EMPTY_ENGINE, 100)).toBeUndefined();
    expect(sortedLists(state).map(({ height }) => height)).toEqual([100, 200, 300, 400]);
  });

  it("does not find a list of another chain by height", () => {
    const other = chainOf(100).addHash(200, madeHash(200, 3));
    expect(listAtHeight(state, other, 200)).toBeUndefined();
  });

  it("finds the snapshot of a work block", () => {
    expect(snapshotOfWorkBlock(state, chain, 400)).toEqual(snapshotOf(400));
    expect(snapshotOfWorkBlock(state, chain, 300)).toBeUndefined();
    expect(snapshotOfWorkBlock(state, chain, 250)).toBeUndefined();
  });

  it("has a quorum pending until it is looked at", () => {
    expect(statusOf(state, QUORUMS[0]?.quorum as QuorumEntry)).toBe(VERIFIED);
    expect(statusOf(state, quorumOf(77))).toBe(PENDING);
  });

  it("refuses a block that the chain does not know", () => {
    const hash = fromHashHex<BlockHash>(madeHash(600));
    expect(requireHeight(chain, fromHashHex<BlockHash>(madeHash(500)))).toBe(500);
    expect(() => requireHeight(chain, hash)).toThrow(
      expect.objectContaining({ facts: { code: "engine/unknown-block", blockHash: toHashHex(hash) } }),
    );
  });
});
