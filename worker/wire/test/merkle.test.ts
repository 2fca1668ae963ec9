import { hexToBytes } from "@noble/hashes/utils.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareBytes, equalBytes, fromHashHex, isZero, sha256d, toHashHex, ZERO_HASH } from "../hashes.ts";
import {
  buildPartialMerkleTree,
  computeMerkleRoot,
  computeMerkleTree,
  extractMatches,
  MAX_TRANSACTIONS,
  type MerkleTree,
  type PartialMerkleTree,
  type SameLeaves,
} from "../merkle.ts";
import { codeOf, factsOf } from "./recordings.ts";

const leaf = (n: number) => sha256d(Uint8Array.of(n, n >> 8));
const leaves = (count: number) => Array.from({ length: count }, (_, i) => leaf(i));
const rootOf = (hashes: readonly Uint8Array[]) => toHashHex(computeMerkleRoot(hashes).root);

/** Proof of the coinbase of mainnet 2 221 605. Source: protocol/wire.md 12 */
const PROOF: PartialMerkleTree = {
  totalTransactions: 28,
  merkleHashes: [
    "3c0e9558b31540aab0477cb6e7f1c91bc295f082951053775585ff67ae426d6d",
    "8772e2e70c60a77e24569ebecbf9bcf168a7d68ca9163193e33ef3e73415a77d",
    "5040557edc6c7a476735152fc87224b75a797e567f0d8b8ba24904c75c5b6127",
    "f2a35c711613a45c3aae920193c3d9c3728d9492b3cabf42fa39cc598d8934d3",
    "71051385e9f0990e4f561814221bef8312db8ea3883bd1cfc247baa734aee55e",
    "341d0481a2854bcc20368a04c14ae7e1491a7ac9693b1b252afbf19a7f78ddae",
  ].map(hexToBytes),
  merkleFlags: hexToBytes("3f00"),
};

describe("computeMerkleRoot", () => {
  it("of no leaves is zero, of one that leaf", () => {
    expect(computeMerkleRoot([])).toEqual({ root: ZERO_HASH, mutated: false });
    expect(computeMerkleRoot([leaf(7)])).toEqual({ root: leaf(7), mutated: false });
  });

  it("pairs the last of an odd level with itself", () => {
    const [a = leaf(0), b = leaf(1), c = leaf(2)] = leaves(3);
    expect(computeMerkleRoot([a, b, c]).root).toEqual(sha256d(sha256d(a, b), sha256d(c, c)));
  });

  it("tells a list from the same list with its end repeated, which has the same root", () => {
    const [a = leaf(0), b = leaf(1), c = leaf(2)] = leaves(3);
    expect(computeMerkleRoot([a, b, c]).mutated).toBe(false);
    expect(computeMerkleRoot([a, b, c, c])).toEqual({
      root: computeMerkleRoot([a, b, c]).root,
      mutated: true,
    });
    const six = [...leaves(4), leaf(0), leaf(1)];
    const eight = [...six, leaf(0), leaf(1)];
    expect(rootOf(eight)).toBe(rootOf(six));
    expect([computeMerkleRoot(six).mutated, computeMerkleRoot(eight).mutated]).toEqual([false, true]);
  });

  it("does not mind equal leaves that are no pair", () => {
    const [a = leaf(0), b = leaf(1)] = leaves(2);
    expect(computeMerkleRoot([a, b, b, a]).mutated).toBe(false);
  });
});

/** The definition, written once more: a level from the level below, until one hash is left. */
function plainTree(leaves: readonly Uint8Array[]): { root: Uint8Array; mutated: boolean } {
  if (leaves.length <= 1) return { root: leaves[0] ?? ZERO_HASH, mutated: false };
  const pairs = leaves.flatMap((left, i) => (i % 2 === 0 ? [[left, leaves[i + 1] ?? left] as const] : []));
  const mutated = pairs.some(
    ([left, right], i) => i * 2 + 1 < leaves.length && Buffer.compare(left, right) === 0,
  );
  const above = plainTree(pairs.map(([left, right]) => sha256d(left, right)));
  return { root: above.root, mutated: mutated || above.mutated };
}

/** Where leaves of one list are the very objects of another, ascending in both; found by trying. */
function sameLeaves(before: readonly Uint8Array[], after: readonly Uint8Array[]): SameLeaves[] {
  const same: SameLeaves[] = [];
  for (let at = 0, from = 0; at < after.length; ) {
    const found = before.indexOf(after[at] as Uint8Array, from);
    if (found < 0) {
      at++;
      continue;
    }
    let length = 1;
    while (found + length < before.length && before[found + length] === after[at + length]) length++;
    same.push({ at, from: found, length });
    at += length;
    from = found + length;
  }
  return same;
}

function hashesOf({ levels }: MerkleTree): Set<Uint8Array> {
  return new Set(levels.flat());
}

function hexOf({ levels }: MerkleTree): string[][] {
  return levels.map((level) => level.map(toHashHex));
}

/** How many pairs were hashed for a tree that was made of another. */
function newHashes(before: MerkleTree, after: MerkleTree): number {
  const known = hashesOf(before);
  return [...hashesOf(after)].filter((hash) => !known.has(hash)).length;
}

describe("computeMerkleTree", () => {
  const steps = fc.array(
    fc.record({
      kind: fc.constantFrom("insert", "remove", "change"),
      at: fc.nat(),
      count: fc.integer({ min: 1, max: 4 }),
    }),
    { minLength: 1, maxLength: 12 },
  );
  const sizes = fc.oneof(fc.constantFrom(0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 63, 65), fc.nat(70));

  it("made of the tree before is the tree made from scratch, over any sequence of changes", () => {
    // Few different leaves now and then, so that pairs are equal, and trees mutated.
    fc.assert(
      fc.property(sizes, steps, fc.constantFrom(2, 1_000_000), (size, changes, kinds) => {
        let made = 0;
        const fresh = () => leaf(made++ % kinds);
        let list: Uint8Array[] = Array.from({ length: size }, fresh);
        let tree = computeMerkleTree(list);
        for (const { kind, at, count } of changes) {
          const place = at % (list.length + 1);
          const added = Array.from({ length: kind === "remove" ? 0 : count }, fresh);
          const next = list.toSpliced(place, kind === "insert" ? 0 : count, ...added);
          tree = computeMerkleTree(next, { tree, same: sameLeaves(list, next) });
          const plain = plainTree(next);
          expect([toHashHex(tree.root), tree.mutated]).toEqual([toHashHex(plain.root), plain.mutated]);
          expect(hexOf(tree)).toEqual(hexOf(computeMerkleTree(next)));
          list = next;
        }
      }),
      { numRuns: 500 },
    );
  });

  it("has a level for each halving, and its root at the end", () => {
    const { levels, root } = computeMerkleTree(leaves(5));
    expect(levels.map((level) => level.length)).toEqual([3, 2, 1]);
    expect(levels[2]?.[0]).toBe(root);
    expect([computeMerkleTree([]).levels, computeMerkleTree(leaves(1)).levels]).toEqual([[], []]);
  });

  it.each<[string, (list: Uint8Array[]) => Uint8Array[], number]>([
    ["nothing changes", (list) => list, 0],
    ["the first of 1 024 changes", (list) => list.with(0, leaf(5000)), 10],
    ["the last of 1 024 changes", (list) => list.with(1023, leaf(5000)), 10],
    ["two at the same place change", (list) => list.with(512, leaf(5000)).with(513, leaf(5001)), 10],
    ["two far apart change", (list) => list.with(0, leaf(5000)).with(1023, leaf(5001)), 19],
    ["512 go from the front", (list) => list.slice(512), 0],
    ["the last goes", (list) => list.slice(0, -1), 10],
    ["one is put in and another taken out", (list) => list.toSpliced(8, 1).toSpliced(15, 0, leaf(5000)), 14],
    ["one is put in before the end", (list) => list.toSpliced(1022, 0, leaf(5000)), 21],
    ["two are put in front: the lowest level is the same", (list) => [leaf(5000), leaf(5001), ...list], 522],
    ["1 024 are put in front", (list) => [...list.map((_, i) => leaf(5000 + i)), ...list], 1024],
  ])("hashes what is new only: when %s", (_, change, hashed) => {
    const before = leaves(1024);
    const after = change(before);
    const tree = computeMerkleTree(before);
    expect(newHashes(tree, computeMerkleTree(after, { tree, same: sameLeaves(before, after) }))).toBe(hashed);
  });

  it("does not take over that nothing was mutated", () => {
    const [a, b, c] = leaves(3) as [Uint8Array, Uint8Array, Uint8Array];
    const twice = [a, b, c, c];
    const tree = computeMerkleTree(twice);
    const same = [{ at: 0, from: 0, length: 4 }];
    expect(computeMerkleTree(twice, { tree, same }).mutated).toBe(true);
    expect(computeMerkleTree([a, b, c], { tree, same: [{ at: 0, from: 0, length: 3 }] })).toEqual(
      computeMerkleTree([a, b, c]),
    );
  });
});

describe("extractMatches", () => {
  it("of a recorded proof gives the merkle root of its header", () => {
    const { root, matches } = extractMatches(PROOF);
    expect(toHashHex(root)).toBe("9d37cb00a5402cf6e23658d0f82c1a21f7a2795d2650263da9123f3675fec968");
    expect(matches).toEqual([{ position: 0, hash: PROOF.merkleHashes[0] }]);
  });

  it.each<[string, Partial<PartialMerkleTree>]>([
    ["no transactions", { totalTransactions: 0 }],
    ["too many transactions", { totalTransactions: MAX_TRANSACTIONS + 1 }],
    ["more hashes than transactions", { totalTransactions: 5 }],
    ["fewer flags than hashes", { merkleFlags: new Uint8Array(0) }],
    ["out of hashes", { merkleHashes: PROOF.merkleHashes.slice(0, 5) }],
    ["unused hashes", { merkleHashes: [...PROOF.merkleHashes, leaf(0)] }],
    ["unused flags", { merkleFlags: hexToBytes("3f0000") }],
    [
      "equal siblings",
      { totalTransactions: 2, merkleHashes: [leaf(0), leaf(0)], merkleFlags: Uint8Array.of(0b111) },
    ],
  ])("refuses a proof with %s", (reason, change) => {
    expect(factsOf(() => extractMatches({ ...PROOF, ...change }))).toEqual({
      code: "wire/bad-merkle-proof",
      reason,
    });
  });

  it("refuses a proof that runs out of flags", () => {
    // Eight transactions, all matched, need fifteen flags.
    const tree = { totalTransactions: 8, merkleHashes: leaves(8), merkleFlags: Uint8Array.of(0xff) };
    expect(factsOf(() => extractMatches(tree))).toEqual({
      code: "wire/bad-merkle-proof",
      reason: "out of flags",
    });
  });

  it("takes the right child of an odd level from its left without a flag", () => {
    const all = leaves(3);
    const tree = { totalTransactions: 3, merkleHashes: all, merkleFlags: Uint8Array.of(0b111111) };
    const { root, matches } = extractMatches(tree);
    expect(root).toEqual(computeMerkleRoot(all).root);
    expect(matches.map(({ position }) => position)).toEqual([0, 1, 2]);
  });

  it("undoes buildPartialMerkleTree, and any change to a hash changes the root", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 90 }),
        fc.nat(),
        fc.nat(),
        fc.nat(255),
        (count, at, hashAt, bit) => {
          const all = leaves(count);
          const position = at % count;
          const tree = buildPartialMerkleTree(all, position);
          const { root, matches } = extractMatches(tree);
          expect(root).toEqual(computeMerkleRoot(all).root);
          expect(matches).toEqual([{ position, hash: all[position] }]);
          const merkleHashes = tree.merkleHashes.map((hash) => hash.slice());
          const changed = merkleHashes[hashAt % merkleHashes.length];
          if (changed === undefined) throw new Error("no hash");
          changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
          expect(toHashHex(extractMatches({ ...tree, merkleHashes }).root)).not.toBe(toHashHex(root));
        },
      ),
    );
  });

  it("takes a block of the most transactions there can be", () => {
    const tree = buildPartialMerkleTree(
      Array.from({ length: MAX_TRANSACTIONS }, (_, i) => Uint8Array.of(i, i >> 8, ...new Uint8Array(30))),
      0,
    );
    expect(tree.merkleHashes).toHaveLength(17);
    expect(extractMatches(tree).matches).toHaveLength(1);
  });
});

describe("hashes", () => {
  it("print reversed and read back", () => {
    const hash = fromHashHex("000000000000002ffc11601ea2256f96b162c60452cd61b3f53403d58a56c565");
    expect([hash[0], hash[31]]).toEqual([0x65, 0x00]);
    expect(toHashHex(hash)).toBe("000000000000002ffc11601ea2256f96b162c60452cd61b3f53403d58a56c565");
  });

  it.each(["", "00", `${"0".repeat(63)}g`, "0".repeat(65)])("do not read from %j", (hex) => {
    expect(codeOf(() => fromHashHex(hex))).toBe("wire/invalid-value");
  });

  it("of several parts are those of the parts joined", () => {
    expect(sha256d(Uint8Array.of(1), Uint8Array.of(2, 3))).toEqual(sha256d(Uint8Array.of(1, 2, 3)));
    expect(toHashHex(sha256d(new Uint8Array(0)))).toMatch(/e2e0f65d$/);
  });

  it("compare from the first byte, and a shorter one comes first", () => {
    const sorted = [[1, 2], [1], [0, 9, 9], [2]].map((bytes) => Uint8Array.from(bytes)).sort(compareBytes);
    expect(sorted.map((bytes) => [...bytes])).toEqual([[0, 9, 9], [1], [1, 2], [2]]);
    expect(equalBytes(Uint8Array.of(1), Uint8Array.of(1, 2))).toBe(false);
    expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 3))).toBe(false);
    expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2))).toBe(true);
    expect([isZero(ZERO_HASH), isZero(leaf(0))]).toEqual([true, false]);
  });
});
