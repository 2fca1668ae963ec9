import { sha256 } from "@noble/hashes/sha2.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { countBits } from "../../../worker/wire/codec.ts";
import { type BlockHash, type ProTxHash, toHashHex, ZERO_HASH } from "../../../worker/wire/hashes.ts";
import { type Candidate, rank } from "../consensus/memberSelection.ts";
import { drawCycle, type PastCycle, type RotationShape, rebuildQuarter } from "../consensus/rotation.ts";

const hashOf = (text: string) => sha256(new TextEncoder().encode(text));

function node(seed: number, index: number, changes: Partial<Candidate> = {}): Candidate {
  const proRegTxHash = hashOf(`${seed} node ${index}`) as ProTxHash;
  return {
    proRegTxHash,
    id: toHashHex(proRegTxHash),
    confirmedHash: hashOf(`${seed} confirmed ${index}`) as BlockHash,
    isValid: true,
    isEvo: false,
    uniqueProperties: [`address ${index}`],
    ...changes,
  };
}

/** Cycles of a network whose nodes come and go and are banned by turns. */
function runCycles(shape: RotationShape, nodes: number, seed: number, cycles: number, banEvery: number) {
  const past: PastCycle<Candidate>[] = [];
  const draws = [];
  for (let cycle = 0; cycle < cycles; cycle++) {
    const list = Array.from({ length: nodes }, (_, i) =>
      node(seed, i, banEvery > 0 && (i + cycle) % banEvery === 0 ? { isValid: false } : {}),
    );
    const modifier = hashOf(`${seed} cycle ${cycle}`);
    const draw = drawCycle(shape, { list, modifier }, past, true);
    draws.push({ ...draw, list, modifier });
    past.unshift({ list, modifier, snapshot: draw.snapshot });
  }
  return draws;
}

describe("rotation", () => {
  it("rebuilds from its snapshot exactly the quarter that was drawn, skips and wrap-around included", () => {
    let skipped = 0;
    let wrapped = 0;
    fc.assert(
      fc.property(
        fc.record({
          countLog: fc.integer({ min: 0, max: 3 }),
          quarterSize: fc.integer({ min: 1, max: 4 }),
          spare: fc.integer({ min: 0, max: 20 }),
          seed: fc.integer({ min: 0, max: 1000 }),
          banEvery: fc.constantFrom(0, 0, 7),
        }),
        ({ countLog, quarterSize, spare, seed, banEvery }) => {
          const shape = { count: 2 ** countLog, quarterSize };
          // Enough that no quarter is cut short, else Core rebuilds another one (see the case below).
          const draws = runCycles(shape, 8 * quarterSize + 2 + spare, seed, 6, banEvery);
          for (const { list, modifier, members, snapshot } of draws) {
            if (snapshot === undefined) throw new Error("no snapshot");
            const rebuilt = rebuildQuarter(shape, { list, modifier }, snapshot);
            expect(rebuilt.map(ids)).toEqual(members.map((each) => ids(each.slice(-quarterSize))));
            if (snapshot.mnSkipList.length > 0) skipped++;
            if (snapshot.mnSkipList.some((skip) => skip < 0)) wrapped++;
          }
        },
      ),
      { seed: 5, numRuns: 150 },
    );
    expect(skipped).toBeGreaterThan(50);
    expect(wrapped).toBeGreaterThan(10);
  });

  it("never seats a node twice in one quorum", () => {
    for (const { members } of runCycles({ count: 4, quarterSize: 3 }, 30, 1, 8, 5)) {
      for (const quorum of members) expect(new Set(ids(quorum)).size).toBe(quorum.length);
    }
  });

  it("draws full quorums from the fourth cycle on", () => {
    const draws = runCycles({ count: 4, quarterSize: 3 }, 60, 2, 5, 0);
    expect(draws.map(({ members }) => members.map((each) => each.length))).toEqual(
      [3, 6, 9, 12, 12].map((size) => [size, size, size, size]),
    );
    expect(draws.map(({ snapshot }) => snapshot && countBits(snapshot.activeQuorumMembers))).toEqual([
      0, 12, 24, 36, 36,
    ]);
  });

  it("gives up without a snapshot when too few nodes are valid, and starts again after", () => {
    const shape = { count: 2, quarterSize: 3 };
    const draws = runCycles(shape, 2, 3, 2, 0);
    expect(draws.map(({ snapshot }) => snapshot)).toEqual([undefined, undefined]);
    expect(draws.flatMap(({ members }) => members.map((each) => each.length))).toEqual([0, 0, 0, 0]);
  });

  it("a cycle without a snapshot cuts off the older ones", () => {
    const shape = { count: 2, quarterSize: 1 };
    const [first, second] = runCycles(shape, 10, 4, 2, 0);
    if (first === undefined || second === undefined) throw new Error("two cycles");
    const modifier = hashOf("third");
    const past = [{ ...second, snapshot: undefined }, first];
    expect(
      drawCycle(shape, { list: first.list, modifier }, past, true).members.map((each) => each.length),
    ).toEqual([1, 1]);
  });

  it("a node that collides with a used one is skipped as if it were used", () => {
    const shape = { count: 1, quarterSize: 2 };
    const old = [node(6, 0), node(6, 1)];
    const first = drawCycle(shape, { list: old, modifier: hashOf("a") }, [], true);
    // Node 2 has taken over the address node 0 had when it was drawn.
    const moved = node(6, 0, { uniqueProperties: ["address 9"] });
    const list = [moved, node(6, 1), node(6, 2, { uniqueProperties: ["address 0"] }), node(6, 3), node(6, 4)];
    const modifier = hashOf("b");
    const past = [{ list: old, modifier: hashOf("a"), snapshot: first.snapshot }];
    const { members, snapshot } = drawCycle(shape, { list, modifier }, past, true);
    expect(new Set(ids(members[0]?.slice(2) ?? []))).toEqual(new Set([node(6, 3).id, node(6, 4).id]));
    const unused = rank(list.slice(2), modifier);
    const skippedAt = unused.findIndex(({ id }) => id === node(6, 2).id);
    expect(snapshot?.mnSkipList).toEqual(skippedAt < 2 ? [skippedAt] : []);
  });

  it("stops a quarter short when every node is in the quorum already", () => {
    const last = runCycles({ count: 1, quarterSize: 2 }, 7, 8, 4, 0).at(-1);
    expect(last?.members.map((each) => each.length)).toEqual([7]);
    expect(last?.snapshot?.mnSkipList).toEqual([]);
  });

  it("gives up when a whole round adds nobody", () => {
    const shape = { count: 1, quarterSize: 2 };
    const old = [node(9, 0), node(9, 1)];
    const past = [
      {
        list: old,
        modifier: hashOf("a"),
        snapshot: drawCycle(shape, { list: old, modifier: hashOf("a") }, [], true).snapshot,
      },
    ];
    const moved = [0, 1].map((i) => node(9, i, { uniqueProperties: [`address ${i + 10}`] }));
    const colliding = [2, 3].map((i) => node(9, i, { uniqueProperties: [`address ${i - 2}`] }));
    const current = { list: [...moved, ...colliding], modifier: hashOf("b") };
    const { members, snapshot } = drawCycle(shape, current, past, true);
    expect(snapshot).toBeUndefined();
    expect(members.map((each) => each.length)).toEqual([2]);
  });

  it.each([true, false])("a removed node counts as used unless skipRemoved (%s)", (skipRemoved) => {
    const shape = { count: 2, quarterSize: 1 };
    const old = [node(10, 0), node(10, 1)];
    const first = drawCycle(shape, { list: old, modifier: hashOf("a") }, [], true);
    const [removed, kept] = first.members.map((each) => each[0]);
    if (removed === undefined || kept === undefined) throw new Error("two quorums");
    const past = [{ list: old, modifier: hashOf("a"), snapshot: first.snapshot }];
    const added = node(10, 2);
    const { members } = drawCycle(shape, { list: [kept, added], modifier: hashOf("b") }, past, skipRemoved);
    // The second seat is for a used node that does not sit there already, else it goes round to the new one.
    const second = skipRemoved ? added : removed;
    expect(members.map(ids)).toEqual([ids([removed, added]), ids([kept, second])]);
  });

  it("only valid and confirmed nodes are ranked", () => {
    const list = [
      node(7, 0),
      node(7, 1, { isValid: false }),
      node(7, 2, { confirmedHash: ZERO_HASH as BlockHash }),
      node(7, 3),
    ];
    expect(new Set(ids(rank(list, hashOf("m"))))).toEqual(new Set([node(7, 0).id, node(7, 3).id]));
  });
});

function ids(members: readonly Candidate[]): string[] {
  return members.map(({ id }) => id);
}
