import { describe, expect, test } from "vitest";
import type { BlockHash } from "../../wire/hashes.ts";
import { BestChain } from "../bestChain.ts";
import { Finality } from "../finality.ts";
import { HeaderColumn } from "../headerColumn.ts";
import { Change, HeaderTree } from "../headerTree.ts";
import { GENESIS, hashHeaders, join, type Mined, mineRow, NOW, REGTEST } from "./mining.ts";

const ROW = mineRow(GENESIS, 9000); // more than two pieces of the column, and the index grows four times

describe("BestChain", () => {
  const best = new BestChain(undefined);
  for (const block of [GENESIS, ...ROW]) best.push(block.header, block.hash);

  test("finds every block by height and by hash", () => {
    for (const { height, hash, header } of [GENESIS, ...ROW]) {
      expect(best.hashAt(height)).toEqual(hash);
      expect(best.heightOf(hash)).toBe(height);
      if (height % 1000 === 0) expect(best.headerAt(height)).toEqual(header);
    }
  });

  test("sums work at any height", () => {
    for (const height of [0, 1, 1022, 1023, 1024, 4095, 9000]) {
      expect(best.workAt(height)).toBe(BigInt(height + 1) * 2n);
    }
    expect(best.work).toBe(18002n);
  });

  test("forgets what was cut off and takes another end", () => {
    const cut = new BestChain(undefined);
    for (const block of [GENESIS, ...ROW]) cut.push(block.header, block.hash);
    cut.truncate(4095);
    expect([cut.height, cut.work]).toEqual([4095, 8192n]);
    expect(cut.hashAt(4095)).toEqual(ROW[4094]?.hash);
    expect(cut.heightOf((ROW[4095] as Mined).hash)).toBeUndefined();
    const other = mineRow(ROW[4094] as Mined, 2000, { salt: 1 });
    for (const block of other) cut.push(block.header, block.hash);
    for (const { height, hash } of other) expect(cut.heightOf(hash)).toBe(height);
    expect(cut.heightOf((ROW[4095] as Mined).hash)).toBeUndefined();
    expect(cut.workAt(5120)).toBe(10242n);
    cut.truncate(0);
    expect([cut.height, cut.work, cut.heightOf(GENESIS.hash)]).toEqual([0, 2n, 0]);
  });

  test("is empty above its base at first", () => {
    const above = new BestChain({ height: 7, hash: GENESIS.hash });
    expect([above.height, above.firstHeight, above.work, above.workAt(7)]).toEqual([7, 8, 0n, 0n]);
    expect(above.heightOf(GENESIS.hash)).toBe(7);
    expect(above.hashAt(7)).toEqual(GENESIS.hash);
    expect(above.hashAt(6)).toBeUndefined();
    expect(() => above.timeAt(7)).toThrow(RangeError);
  });
});

test("HeaderColumn refuses heights it does not hold", () => {
  const column = new HeaderColumn(5);
  column.push(GENESIS.header);
  expect(column.headerAt(5)).toEqual(GENESIS.header);
  for (const height of [4, 6]) expect(() => column.headerAt(height)).toThrow(RangeError);
});

describe("HeaderTree keeps a bounded number of forks", () => {
  const trunk = ROW.slice(0, 20);
  const at = (height: number): Mined => ROW[height - 1] as Mined;

  function treeOf(limit: number): HeaderTree {
    const best = new BestChain(undefined);
    best.push(GENESIS.header, GENESIS.hash);
    const tree = new HeaderTree(REGTEST, best, new Finality(REGTEST, best, undefined), limit);
    feed(tree, trunk);
    return tree;
  }

  function feed(tree: HeaderTree, blocks: readonly Mined[]): (string | undefined)[] {
    const hashes = hashHeaders(join(...blocks));
    return blocks.map(
      ({ header }, i) =>
        tree.accept(header, hashes.subarray(i * 32, (i + 1) * 32) as BlockHash, NOW, new Change())?.code,
    );
  }

  const held = (tree: HeaderTree, blocks: readonly Mined[]): number =>
    blocks.filter(({ hash }) => tree.heightOf(hash) !== undefined).length;

  test("the branch with the least work goes first, from its tip down", () => {
    const tree = treeOf(8);
    const low = mineRow(at(2), 4, { salt: 1 });
    const high = mineRow(at(12), 4, { salt: 2 });
    feed(tree, [...high, ...low]);
    expect(tree.forkCount).toBe(8);
    feed(tree, mineRow(at(15), 1, { salt: 3 }));
    expect(tree.forkCount).toBe(7);
    expect(held(tree, high)).toBe(4);
    expect(held(tree, low.slice(0, 2))).toBe(2);
    expect(held(tree, low.slice(2))).toBe(0);
  });

  test("the newest goes first among equals", () => {
    const tree = treeOf(2);
    const [a, b, c] = [1, 2, 3].map((salt) => mineRow(at(2), 1, { salt })) as [Mined[], Mined[], Mined[]];
    feed(tree, [...a, ...b, ...c]);
    expect([held(tree, a), held(tree, b), held(tree, c)]).toEqual([0, 0, 1]);
  });

  test("the branch that grows stays, however little its work, until nothing else is left", () => {
    const tree = treeOf(8);
    const high = mineRow(at(12), 4, { salt: 1 });
    const growing = mineRow(at(2), 12, { salt: 2 });
    feed(tree, high);
    expect(feed(tree, growing.slice(0, 7))).toEqual(new Array(7).fill(undefined));
    expect(held(tree, growing.slice(0, 7))).toBe(7);
    expect(held(tree, high)).toBeLessThan(4);
    const codes = feed(tree, growing.slice(7));
    expect(codes.at(-1)).toBe("chain/unknown-parent");
    expect(tree.forkCount).toBeLessThanOrEqual(8);
  });

  test("a fork that was cut back can be sent again", () => {
    const tree = treeOf(4);
    const fork = mineRow(at(17), 6, { salt: 1 });
    feed(tree, mineRow(at(2), 3, { salt: 2 }));
    expect(feed(tree, fork)).toEqual(new Array(6).fill(undefined));
    expect(tree.best.hashAt(tree.best.height)).toEqual(fork.at(-1)?.hash);
  });
});
