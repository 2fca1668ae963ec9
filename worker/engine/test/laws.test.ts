import { sha256 } from "@noble/hashes/sha2.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { networkParams } from "../../params/index.ts";
import { LLMQ_PARAMS } from "../../params/llmq.ts";
import { hasVectors } from "../../test/vectors.ts";
import type { FinalCommitment } from "../../wire/finalCommitment.ts";
import { compareBytes, fromHashHex, type HashHex, isZero, toHashHex } from "../../wire/hashes.ts";
import { computeMerkleTree, type MerkleTree } from "../../wire/merkle.ts";
import { computeEntryHash, type SmlEntry } from "../../wire/smlEntry.ts";
import { hasSameQuorumSet } from "../activeQuorums.ts";
import { applyDiff } from "../applyDiff.ts";
import type { EngineContext } from "../context.ts";
import {
  compareEntries,
  findEntry,
  ListEntry,
  type MasternodeList,
  mergeEntries,
  type Sml,
  sameEntries,
} from "../masternodeList.ts";
import { rankEntries } from "../members.ts";
import { EMPTY_ENGINE, sortedLists } from "../state.ts";
import { diffBetween, NO_SETS, type PlainSets, plainRoots } from "./forge.ts";
import { factsOfRefusal, freeze } from "./frozen.ts";
import { KnownChain } from "./knownChain.ts";
import { madeCommitment, madeEntry } from "./madeEntries.ts";
import { madeHash } from "./madeLists.ts";
import { applyAllDiffs, SCENARIO_NAMES, Scenario } from "./scenario.ts";

const RUNS = { seed: 20260131, numRuns: 200 };
const REGTEST = networkParams("regtest");

/** A list of masternodes: which of 14, valid or banned, with one of three operator keys. */
const masternodes = fc
  .uniqueArray(fc.record({ id: fc.nat(13), isValid: fc.boolean(), key: fc.nat(2) }), {
    selector: ({ id }) => id,
    maxLength: 14,
  })
  .map((chosen): ReadonlyMap<HashHex, SmlEntry> => {
    const entries = chosen.map(({ id, isValid, key }) =>
      madeEntry(id, { isValid, pubKeyOperator: new Uint8Array(48).fill(key) }),
    );
    return new Map(entries.map((entry) => [toHashHex(entry.proRegTxHash), entry]));
  });

/** At most two quorums of each of two types, out of six. */
const quorums = fc
  .tuple(
    ...[100, 106].map((type) => fc.uniqueArray(fc.nat(5), { maxLength: 2 }).map((ids) => ({ type, ids }))),
  )
  .map((chosen): ReadonlyMap<string, FinalCommitment> => {
    const commitments = chosen.flatMap(({ type, ids }) => ids.map((id) => madeCommitment(type, id)));
    return new Map(commitments.map((one) => [`${one.llmqType} ${toHashHex(one.quorumHash)}`, one]));
  });

const sets: fc.Arbitrary<PlainSets> = fc.record({ masternodes, quorums });

function factsOf(list: MasternodeList) {
  return {
    masternodes: list.masternodes.map(({ key, leaf }) => `${key} ${toHashHex(leaf)}`),
    quorums: [...list.quorums].map(([key, { id }]) => `${key} ${id}`).sort(),
  };
}

function plainFactsOf(plain: PlainSets) {
  const keys = sortedEntries(plain).map((entry) => toHashHex(entry.proRegTxHash));
  return { keys, quorums: plain.quorums.size };
}

function sortedEntries(plain: PlainSets): SmlEntry[] {
  return [...plain.masternodes.values()].sort((a, b) => compareBytes(a.proRegTxHash, b.proRegTxHash));
}

function hexOf({ levels, mutated }: MerkleTree) {
  return { mutated, levels: levels.map((level) => level.map(toHashHex)) };
}

describe("diffs", () => {
  const [a, b, c] = [10, 20, 30].map((height) => ({ height, hash: madeHash(height) })) as [
    { height: number; hash: string },
    { height: number; hash: string },
    { height: number; hash: string },
  ];
  const chain = new KnownChain()
    .addHash(a.height, a.hash)
    .addHash(b.height, b.hash)
    .addHash(c.height, c.hash);
  const activation = { ...REGTEST.activation, v20: 1 };
  const context: EngineContext = { params: { ...REGTEST, activation }, chain, isValidSignature: () => true };

  it("compose: A-B and then B-C give the list that A-C gives, which is C", () => {
    fc.assert(
      fc.property(sets, sets, sets, (atA, atB, atC) => {
        const first = applyDiff(EMPTY_ENGINE, diffBetween(NO_SETS, atA, undefined, a), context).state;
        const second = applyDiff(first, diffBetween(atA, atB, a, b), context).state;
        const through = applyDiff(second, diffBetween(atB, atC, b, c), context).list;
        const direct = applyDiff(first, diffBetween(atA, atC, a, c), context).list;
        const whole = applyDiff(EMPTY_ENGINE, diffBetween(NO_SETS, atC, undefined, c), context).list;
        expect(factsOf(through)).toEqual(factsOf(whole));
        expect(factsOf(direct)).toEqual(factsOf(whole));
        const keys = through.masternodes.map(({ key }) => key);
        expect({ keys, quorums: through.quorums.size }).toEqual(plainFactsOf(atC));
      }),
      RUNS,
    );
  });

  it("share what they do not change", () => {
    fc.assert(
      fc.property(sets, sets, (atA, atB) => {
        const first = applyDiff(EMPTY_ENGINE, diffBetween(NO_SETS, atA, undefined, a), context);
        const second = applyDiff(first.state, diffBetween(atA, atB, a, b), context);
        const before = new Map(first.list.masternodes.map((entry) => [toHashHex(entry.leaf), entry]));
        for (const entry of second.list.masternodes) {
          const same = before.get(toHashHex(entry.leaf));
          if (same) expect(entry).toBe(same);
        }
        for (const [key, quorum] of second.list.quorums) {
          const same = first.list.quorums.get(key);
          if (same) expect(quorum).toBe(same);
        }
      }),
      RUNS,
    );
  });

  it("give the tree that is computed from scratch, whatever they build on, and a lie changes nothing", () => {
    const blocks = Array.from({ length: 8 }, (_, i) => ({ height: 10 + i, hash: madeHash(10 + i) }));
    const long = new KnownChain();
    for (const { height, hash } of blocks) long.addHash(height, hash);
    const under: EngineContext = { ...context, chain: long };
    const route = fc.array(fc.record({ target: sets, order: fc.nat(), base: fc.nat() }), {
      minLength: 1,
      maxLength: blocks.length,
    });
    fc.assert(
      fc.property(route, (steps) => {
        let state = EMPTY_ENGINE;
        const held: { target: PlainSets; block: (typeof blocks)[number] }[] = [];
        const left = [...blocks];
        for (const { target, order, base } of steps) {
          const [block = a] = left.splice(order % left.length, 1);
          // The empty list too is a base.
          const from = held.filter((one) => one.block.height < block.height).at((base % 9) - 1);
          const diff = diffBetween(from?.target ?? NO_SETS, target, from?.block, block);
          const before = freeze(state);
          if (diff.mnList.length + diff.deletedMNs.length > 0) {
            const lie = { ...diff, mnList: diff.mnList.slice(1), deletedMNs: diff.deletedMNs.slice(1) };
            const { code } = factsOfRefusal(before, () => applyDiff(before, lie, under));
            expect(code).toBe("engine/merkle-root-mismatch");
          }
          const applied = applyDiff(before, diff, under);
          const leaves = applied.list.masternodes.map(({ leaf }) => leaf);
          expect(hexOf(applied.list.tree)).toEqual(hexOf(computeMerkleTree(leaves)));
          expect(applied.list.tree.root).toEqual(plainRoots(target).merkleRootMNList);
          expect(leaves).toEqual(sortedEntries(target).map(computeEntryHash));
          state = applied.state;
          held.push({ target, block });
        }
      }),
      RUNS,
    );
  });

  it("do not make again what the nearest list holds, even from the empty list", () => {
    fc.assert(
      fc.property(sets, sets, (atA, atB) => {
        const first = applyDiff(EMPTY_ENGINE, diffBetween(NO_SETS, atA, undefined, a), context);
        const whole = applyDiff(first.state, diffBetween(NO_SETS, atB, undefined, b), context);
        const before = new Map(first.list.masternodes.map((entry) => [toHashHex(entry.leaf), entry]));
        for (const entry of whole.list.masternodes) {
          const same = before.get(toHashHex(entry.leaf));
          if (same) expect(entry).toBe(same);
        }
      }),
      RUNS,
    );
  });

  it("keep an entry's version, which no hash covers, as this diff has it", () => {
    const entry = madeEntry(1);
    // Version 3 has other addresses: only a made one has the same bytes as version 2.
    const other: SmlEntry = { ...entry, version: 3 };
    const setsOf = (one: SmlEntry): PlainSets => ({
      ...NO_SETS,
      masternodes: new Map([[toHashHex(one.proRegTxHash), one]]),
    });
    const first = applyDiff(EMPTY_ENGINE, diffBetween(NO_SETS, setsOf(entry), undefined, a), context).state;
    const second = applyDiff(first, diffBetween(NO_SETS, setsOf(other), undefined, b), context).list;
    expect(second.masternodes.map((one) => one.entry.version)).toEqual([3]);
    expect(sortedLists(first).map(({ masternodes: [one] }) => one?.entry.version)).toEqual([2]);
  });

  for (const name of SCENARIO_NAMES) {
    if (!hasVectors(`regtest/${name}`)) continue;
    it(`recorded in ${name} give the same list by every route`, () => {
      const scenario = new Scenario(name);
      const { params, chain: recorded } = scenario;
      const { applied } = applyAllDiffs(scenario, { params, chain: recorded, isValidSignature: () => true });
      const routes = new Map<string, MasternodeList[]>();
      for (const { list } of applied) {
        const hash = toHashHex(list.blockHash);
        routes.set(hash, [...(routes.get(hash) ?? []), list]);
      }
      const several = [...routes.values()].filter((lists) => lists.length > 1);
      for (const [one, ...others] of several)
        for (const other of others) expect(factsOf(other)).toEqual(one && factsOf(one));
      // The tip by six routes, the last work block and the block below the tip by two each.
      expect(several.map((lists) => lists.length).sort()).toEqual([2, 2, 6]);
    });
  }
});

describe("mergeEntries", () => {
  it("is what removing from and setting in a map gives, sorted by the raw hash", () => {
    fc.assert(
      fc.property(masternodes, masternodes, fc.uniqueArray(fc.nat(13)), (base, changed, removed) => {
        const sorted = (entries: Iterable<SmlEntry>) =>
          [...entries]
            .sort((a, b) => compareBytes(a.proRegTxHash, b.proRegTxHash))
            .map((entry) => new ListEntry(entry));
        const deleted = new Set(removed.map((id) => toHashHex(madeEntry(id).proRegTxHash)));
        for (const key of changed.keys()) deleted.delete(key);
        const sml = sorted(base.values());
        const changes = sorted(changed.values());
        const leaving = new Set(sml.filter(({ key }) => deleted.has(key)));
        const merged = mergeEntries(sml, leaving, changes);

        const map = new Map(sml.map((entry) => [entry.key, entry]));
        for (const key of deleted) map.delete(key);
        for (const entry of changes) map.set(entry.key, entry);
        const naive = [...map.values()].sort((a, b) =>
          compareBytes(a.entry.proRegTxHash, b.entry.proRegTxHash),
        );
        expect(merged.length).toBe(naive.length);
        merged.forEach((entry, i) => {
          expect(entry).toBe(naive[i]);
        });
        for (const entry of merged) expect(findEntry(merged, entry.entry.proRegTxHash)).toBe(entry);
        for (const key of deleted) expect(findEntry(merged, fromHashHex(key))).toBeUndefined();
      }),
      RUNS,
    );
  });
});

describe("sameEntries", () => {
  it("finds every entry that two lists share, at its place in both, once", () => {
    const pool = Array.from({ length: 30 }, (_, id) => new ListEntry(madeEntry(id))).sort(compareEntries);
    const others = pool.map(({ entry }) => new ListEntry(entry));
    // Of 30 masternodes each list has none, or one of two entries.
    const choices = fc.array(fc.constantFrom(undefined, pool, pool, pool, others), {
      minLength: 30,
      maxLength: 30,
    });
    const listOf = (chosen: readonly (Sml | undefined)[]) => chosen.flatMap((from, i) => from?.[i] ?? []);
    fc.assert(
      fc.property(choices, choices, (one, other) => {
        const [before, after] = [listOf(one), listOf(other)];
        const found = sameEntries(before, after).flatMap(({ at, from, length }) =>
          Array.from({ length }, (_, i) => ({ at: at + i, from: from + i })),
        );
        for (const { at, from } of found) expect(after[at]).toBe(before[from]);
        expect(found.map(({ at }) => after[at])).toEqual(after.filter((entry) => before.includes(entry)));
      }),
      RUNS,
    );
  });
});

describe("hasSameQuorumSet", () => {
  const llmqs = [...LLMQ_PARAMS.values()];

  it("is whether no block between two heights lies in a mining window", () => {
    fc.assert(
      fc.property(fc.constantFrom(...llmqs), fc.nat(3000), fc.nat(1500), (llmq, low, distance) => {
        const high = low + distance;
        let canChange = false;
        for (let height = low + 1; height <= high; height++) {
          const phase = height % llmq.dkgInterval;
          canChange ||= phase >= llmq.dkgMiningWindowStart && phase <= llmq.dkgMiningWindowEnd;
        }
        expect(hasSameQuorumSet(llmq, low, high)).toBe(!canChange);
        expect(hasSameQuorumSet(llmq, high, low)).toBe(!canChange);
      }),
      { ...RUNS, numRuns: 3000 },
    );
  });

  it("holds for every pair of heights of two intervals, for every type", () => {
    for (const llmq of llmqs) {
      const length = 2 * llmq.dkgInterval + 2;
      let changes = 0;
      for (let high = 1; high < length; high++) {
        const phase = high % llmq.dkgInterval;
        const isMining = phase >= llmq.dkgMiningWindowStart && phase <= llmq.dkgMiningWindowEnd;
        if (isMining) changes = high;
        for (let low = Math.max(0, high - 60); low <= high; low++) {
          if (hasSameQuorumSet(llmq, low, high) !== changes <= low) {
            expect.fail(`${llmq.name}: ${low} and ${high}`);
          }
        }
      }
    }
  });
});

/** The score of an entry as an unsigned number, from the specification. */
function scoreOf({ entry }: ListEntry, modifier: Uint8Array): bigint {
  const inner = sha256(Buffer.concat([entry.proRegTxHash, entry.confirmedHash]));
  const digest = sha256(Buffer.concat([inner, modifier]));
  return BigInt(`0x${toHashHex(digest)}`);
}

const modifiers = fc.uint8Array({ minLength: 32, maxLength: 32 });

describe("rankEntries", () => {
  const entries = fc.uniqueArray(fc.nat(60), { maxLength: 40 }).map((ids) =>
    ids.map((id) => {
      const unconfirmed =
        id % 7 === 3 ? { confirmedHash: new Uint8Array(32) as SmlEntry["confirmedHash"] } : {};
      return new ListEntry(madeEntry(id, { isValid: id % 5 !== 2, ...unconfirmed }));
    }),
  );

  it("orders valid, confirmed entries by descending score, whatever order they come in", () => {
    fc.assert(
      fc.property(entries, modifiers, (list, modifier) => {
        const ranked = rankEntries(list, modifier);
        const eligible = list.filter(({ entry }) => entry.isValid && !isZero(entry.confirmedHash));
        const byScore = eligible.toSorted((a, b) => (scoreOf(a, modifier) > scoreOf(b, modifier) ? -1 : 1));
        expect(ranked.map(({ key }) => key)).toEqual(byScore.map(({ key }) => key));
        expect(rankEntries(list.toReversed(), modifier).map(({ key }) => key)).toEqual(
          ranked.map(({ key }) => key),
        );
      }),
      RUNS,
    );
  });

  it("keeps the order of entries with one score", () => {
    const twice = [new ListEntry(madeEntry(1)), new ListEntry(madeEntry(1))];
    const ranked = rankEntries(twice, new Uint8Array(32));
    expect(ranked[0]).toBe(twice[0]);
    expect(ranked[1]).toBe(twice[1]);
  });
});
