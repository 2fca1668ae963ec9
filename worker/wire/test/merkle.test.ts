import { hexToBytes } from "@noble/hashes/utils.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareBytes, equalBytes, fromHashHex, isZero, sha256d, toHashHex, ZERO_HASH } from "../hashes.ts";
import {
  buildPartialMerkleTree,
  computeMerkleRoot,
  extractMatches,
  MAX_TRANSACTIONS,
  type PartialMerkleTree,
} from "../merkle.ts";
import { codeOf, factsOf } from "./recordings.ts";

const leaf = (n: number) => sha256d(Uint8Array.of(n));
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
