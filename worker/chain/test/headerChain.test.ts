import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { NetworkParams } from "../../params/index.ts";
import { toHashHex } from "../../wire/hashes.ts";
import { HeaderChain } from "../headerChain.ts";
import { locatorHeights, showingHeights } from "../locator.ts";
import { computeWork, decodeTarget } from "../target.ts";
import {
  blockOf,
  GENESIS,
  hashHeaders,
  join,
  type Mined,
  mine,
  mineRow,
  NOW,
  REGTEST,
  regtestChain,
} from "./mining.ts";

const TRUNK = mineRow(GENESIS, 10);
const at = (row: readonly Mined[], index: number): Mined => row[index] as Mined;
const last = (row: readonly Mined[]): Mined => row[row.length - 1] as Mined;

describe("taking headers in", () => {
  test("a row, from genesis", () => {
    const chain = HeaderChain.fromGenesis(REGTEST, hashHeaders);
    expect(chain.acceptHeaders(join(...TRUNK), NOW)).toEqual({
      accepted: 10,
      added: 10,
      changedFrom: 1,
      reorg: undefined,
      tip: blockOf(last(TRUNK)),
      error: undefined,
    });
    expect(chain.chainWork).toBe(22n);
    expect(chain.isLinked).toBe(true);
  });

  test("what is held already counts as accepted and changes nothing", () => {
    const chain = regtestChain(...TRUNK);
    expect(chain.acceptHeaders(join(GENESIS, ...TRUNK), NOW)).toMatchObject({
      accepted: 11,
      added: 0,
      changedFrom: undefined,
    });
    expect(chain.acceptHeaders(new Uint8Array(0), NOW)).toMatchObject({
      accepted: 0,
      tip: blockOf(last(TRUNK)),
    });
  });

  test("what comes before a bad header stays", () => {
    const bad = mine(at(TRUNK, 4), { unproven: true });
    const chain = regtestChain();
    const result = chain.acceptHeaders(join(...TRUNK.slice(0, 5), bad, mine(bad)), NOW);
    expect(result).toMatchObject({ accepted: 5, added: 5, tip: blockOf(at(TRUNK, 4)) });
    expect(result.error?.code).toBe("chain/bad-proof-of-work");
  });

  test("hashes from elsewhere are taken as given, but one for each header", () => {
    const chain = regtestChain();
    const headers = join(...TRUNK);
    expect(() => chain.acceptHeaders(headers, NOW, new Uint8Array(32))).toThrow(RangeError);
    expect(chain.acceptHeaders(headers, NOW, hashHeaders(headers)).accepted).toBe(10);
  });

  test("a length that is no number of headers", () => {
    expect(() => regtestChain().acceptHeaders(new Uint8Array(81), NOW)).toThrow(
      expect.objectContaining({ facts: { code: "wire/invalid-value", what: "headers", value: "81 bytes" } }),
    );
  });
});

describe("questions", () => {
  const chain = regtestChain(...TRUNK, mine(at(TRUNK, 2), { salt: 1 }));
  const stale = mine(at(TRUNK, 2), { salt: 1 });

  test("heights and hashes of the best chain", () => {
    for (const block of [GENESIS, ...TRUNK]) {
      expect(chain.hashAt(block.height)).toEqual(block.hash);
      expect(chain.heightOf(block.hash)).toBe(block.height);
      expect(chain.isOnBestChain(block.hash)).toBe(true);
      expect(chain.merkleRootAt(block.height)).toEqual(block.header.slice(36, 68));
      expect(chain.headerAt(block.height)?.time).toBe(block.time);
    }
    expect(chain.firstHeight).toBe(0);
    expect(chain.headersTip).toEqual(chain.tip);
  });

  test("undefined outside", () => {
    for (const height of [-1, 11]) {
      expect(chain.hashAt(height)).toBeUndefined();
      expect(chain.headerAt(height)).toBeUndefined();
      expect(chain.merkleRootAt(height)).toBeUndefined();
    }
    expect(chain.heightOf(mine(GENESIS, { salt: 9 }).hash)).toBeUndefined();
    expect(chain.isKnown(mine(GENESIS, { salt: 9 }).hash)).toBe(false);
  });

  test("a fork is known but not on the best chain", () => {
    expect(chain.isKnown(stale.hash)).toBe(true);
    expect(chain.isOnBestChain(stale.hash)).toBe(false);
    expect(chain.heightOf(stale.hash)).toBeUndefined();
  });

  test("answers are copies", () => {
    chain.hashAt(3)?.fill(0);
    chain.tip.hash.fill(0);
    chain.headerAt(3)?.merkleRoot.fill(1);
    expect(chain.hashAt(3)).toEqual(at(TRUNK, 2).hash);
    expect(chain.tip).toEqual(blockOf(last(TRUNK)));
    expect(chain.merkleRootAt(3)).toEqual(at(TRUNK, 2).header.slice(36, 68));
  });

  test("raw headers, as many as there are", () => {
    expect(chain.rawHeaders(0, 100)).toEqual(join(GENESIS, ...TRUNK));
    expect(chain.rawHeaders(4, 2)).toEqual(join(at(TRUNK, 3), at(TRUNK, 4)));
    expect(chain.rawHeaders(11, 5)).toHaveLength(0);
  });
});

describe("locator", () => {
  test("ten in a row, then doubling steps, genesis last", () => {
    expect(locatorHeights(100, 0)).toEqual([100, 99, 98, 97, 96, 95, 94, 93, 92, 91, 89, 85, 77, 61, 29, 0]);
    expect(locatorHeights(3, 0)).toEqual([3, 2, 1, 0]);
    expect(locatorHeights(50, 50)).toEqual([50]);
    expect(showingHeights(100, 0)).toEqual([90, 88, 84, 76, 60, 28, 0]);
    expect([showingHeights(3, 0), showingHeights(50, 50)]).toEqual([[0], [50]]);
  });

  test("never more than a node accepts", () => {
    expect(locatorHeights(2 ** 32, 0).length).toBeLessThanOrEqual(101);
  });

  test("names blocks of the best chain", () => {
    const hashes = regtestChain(...TRUNK).locator();
    expect(hashes).toEqual(
      [...TRUNK]
        .reverse()
        .map((block) => block.hash)
        .concat(GENESIS.hash),
    );
  });
});

describe("fork choice", () => {
  const longer = mineRow(at(TRUNK, 5), 5, { salt: 1 });

  test("the first seen wins a tie, more work wins", () => {
    const chain = regtestChain(...TRUNK);
    expect(chain.acceptHeaders(join(...longer.slice(0, 4)), NOW)).toMatchObject({
      accepted: 4,
      added: 4,
      reorg: undefined,
      changedFrom: undefined,
      tip: blockOf(last(TRUNK)),
    });
    expect(chain.acceptHeaders(last(longer).header, NOW)).toMatchObject({
      accepted: 1,
      reorg: { forkHeight: 6, oldTip: blockOf(last(TRUNK)) },
      changedFrom: 7,
      tip: blockOf(last(longer)),
    });
    expect(chain.hashAt(6)).toEqual(at(TRUNK, 5).hash);
    for (const block of longer) expect(chain.heightOf(block.hash)).toBe(block.height);
    for (const block of TRUNK.slice(6)) expect(chain.isOnBestChain(block.hash)).toBe(false);
    expect(chain.chainWork).toBe(24n);
  });

  test("the old chain comes back when it grows", () => {
    const chain = regtestChain(...TRUNK, ...longer);
    const back = mineRow(last(TRUNK), 2, { salt: 2 });
    expect(chain.acceptHeaders(join(...back), NOW)).toMatchObject({
      added: 2,
      reorg: { forkHeight: 6, oldTip: blockOf(last(longer)) },
      tip: blockOf(last(back)),
    });
    expect(chain.hashAt(7)).toEqual(at(TRUNK, 6).hash);
  });

  test("a fork on a fork, and one that goes on after something else came in between", () => {
    const chain = regtestChain(...TRUNK);
    const fork = mineRow(at(TRUNK, 1), 5, { salt: 3 });
    const forkOnFork = mineRow(at(fork, 1), 8, { salt: 4 });
    const pieces = [fork.slice(0, 3), forkOnFork.slice(0, 2), fork.slice(3), forkOnFork.slice(2, 6)];
    for (const piece of pieces) expect(chain.acceptHeaders(join(...piece), NOW).error).toBeUndefined();
    expect(chain.tip).toEqual(blockOf(last(TRUNK)));
    expect(chain.acceptHeaders(join(...forkOnFork.slice(6)), NOW)).toMatchObject({
      reorg: { forkHeight: 2, oldTip: blockOf(last(TRUNK)) },
      tip: blockOf(last(forkOnFork)),
    });
  });

  test("one message may hold two reorganisations: the report covers both", () => {
    const chain = regtestChain(...TRUNK);
    const deep = mineRow(at(TRUNK, 3), 8, { salt: 5 });
    const shallow = mineRow(at(TRUNK, 6), 6, { salt: 6 });
    expect(chain.acceptHeaders(join(...deep, ...shallow), NOW)).toMatchObject({
      reorg: { forkHeight: 4, oldTip: blockOf(last(TRUNK)) },
      changedFrom: 5,
      tip: blockOf(last(shallow)),
    });
  });

  test("rules hold on forks too", () => {
    const chain = regtestChain(...TRUNK);
    const fork = mineRow(at(TRUNK, 1), 3, { salt: 7 });
    const code = (block: Mined) => chain.acceptHeaders(join(...fork, block), NOW).error?.code;
    expect(code(mine(last(fork), { bits: 0x207ffffe }))).toBe("chain/bad-difficulty");
    expect(code(mine(last(fork), { time: 1 }))).toBe("chain/time-too-old");
  });

  // 24 headers from a start have no required difficulty where Dark Gravity Wave rules, so here each may choose its own
  const pow = { ...REGTEST.pow, noRetargeting: false, kgwHeight: 0, dgwHeight: 0 };
  const BASE: Mined = { ...GENESIS, height: 100 };
  const freeChain = () => HeaderChain.fromBlock({ ...REGTEST, pow }, hashHeaders, blockOf(BASE));

  test("work decides, not length", () => {
    const chain = freeChain();
    const long = mineRow(BASE, 9);
    const hard = mine(BASE, { bits: 0x200fffff });
    chain.acceptHeaders(join(...long.slice(0, 8)), NOW);
    expect(chain.chainWork).toBe(16n);
    expect(chain.acceptHeaders(hard.header, NOW).tip).toEqual(blockOf(at(long, 7)));
    const harder = mine(BASE, { bits: 0x200ffffe });
    expect(chain.acceptHeaders(harder.header, NOW)).toMatchObject({ reorg: undefined });
    expect(chain.acceptHeaders(mine(hard).header, NOW).tip.height).toBe(102);
    expect(chain.chainWork).toBe(18n);
    expect(chain.acceptHeaders(join(...long.slice(8)), NOW)).toMatchObject({ reorg: undefined });
  });

  const tree = fc.array(
    fc.record({ parent: fc.nat(), bits: fc.constantFrom(0x207fffff, 0x203fffff, 0x200fffff) }),
    {
      minLength: 1,
      maxLength: 14,
    },
  );
  test("any order with parents first gives the same tip, unless there are two with equal work", () => {
    fc.assert(
      fc.property(tree, fc.infiniteStream(fc.nat()), (branches, choices) => {
        const blocks: Mined[] = [BASE];
        const work = [0n];
        branches.forEach(({ parent, bits }, salt) => {
          const index = parent % blocks.length;
          blocks.push(mine(at(blocks, index), { salt, bits }));
          work.push((work[index] ?? 0n) + computeWork(decodeTarget(bits)));
        });
        const most = [...work].sort((a, b) => Number(a - b)).at(-1);
        const best = blocks.filter((_, i) => work[i] === most).map(blockOf);
        const chain = freeChain();
        expect(chain.acceptHeaders(join(...parentsFirst(blocks, choices)), NOW).error).toBeUndefined();
        expect(best).toContainEqual(chain.tip);
        expect(chain.chainWork).toBe(most);
      }),
      { numRuns: 60 },
    );
  });
});

/** A random order in which every block comes after its parent. */
function parentsFirst(blocks: readonly Mined[], choices: IterableIterator<number>): Mined[] {
  const order: Mined[] = [];
  const waiting = [...blocks];
  const placed = new Set([toHashHex(GENESIS.header.subarray(4, 36))]);
  while (waiting.length > 0) {
    const ready = waiting.filter(({ header }) => placed.has(toHashHex(header.subarray(4, 36))));
    const next = at(ready, (choices.next().value ?? 0) % ready.length);
    waiting.splice(waiting.indexOf(next), 1);
    placed.add(toHashHex(next.hash));
    order.push(next);
  }
  return order;
}

describe("checkpoints", () => {
  const params: NetworkParams = {
    ...REGTEST,
    checkpoints: [
      { height: 0, hash: REGTEST.genesisHash },
      { height: 5, hash: toHashHex(at(TRUNK, 4).hash) },
    ],
  };
  const start = () => HeaderChain.fromGenesis(params, hashHeaders);

  test("another block at a checkpoint's height is refused", () => {
    const fork = mineRow(GENESIS, 5, { salt: 1 });
    const { accepted, error } = start().acceptHeaders(join(...fork), NOW);
    expect(accepted).toBe(4);
    expect(error?.facts).toEqual({
      code: "chain/checkpoint-mismatch",
      height: 5,
      expected: toHashHex(at(TRUNK, 4).hash),
      received: toHashHex(last(fork).hash),
    });
  });

  test("once it is passed nothing below it can change, not even a fork held before", () => {
    const chain = start();
    const fork = mineRow(GENESIS, 4, { salt: 1 });
    chain.acceptHeaders(join(...fork.slice(0, 3)), NOW);
    chain.acceptHeaders(join(...TRUNK), NOW);
    expect(chain.tip).toEqual(blockOf(last(TRUNK)));
    expect(chain.isKnown(at(fork, 0).hash)).toBe(false);
    expect(chain.acceptHeaders(last(fork).header, NOW).error?.code).toBe("chain/unknown-parent");
    expect(chain.acceptHeaders(at(fork, 0).header, NOW).error?.facts).toMatchObject({
      code: "chain/checkpoint-mismatch",
      height: 1,
    });
    expect(chain.acceptHeaders(mine(at(TRUNK, 4), { salt: 1 }).header, NOW).error).toBeUndefined();
  });
});

describe("ChainLocks", () => {
  const fork = mineRow(at(TRUNK, 4), 3, { salt: 1 }); // heights 6 to 8

  test("lock the block and all below it", () => {
    const chain = regtestChain(...TRUNK);
    expect(chain.applyChainLock(8, at(TRUNK, 7).hash)).toEqual({
      status: "locked",
      reorg: undefined,
      changedFrom: undefined,
    });
    expect(chain.lock).toEqual(blockOf(at(TRUNK, 7)));
    const code = (parent: Mined) => chain.acceptHeaders(mine(parent, { salt: 2 }).header, NOW).error?.facts;
    expect(code(at(TRUNK, 2))).toEqual({
      code: "chain/conflicts-with-chainlock",
      height: 4,
      lockedHeight: 8,
    });
    expect(code(at(TRUNK, 6))).toMatchObject({ code: "chain/conflicts-with-chainlock", height: 8 });
    expect(code(at(TRUNK, 7))).toBeUndefined();
  });

  test("activate a fork whatever its work, and nothing brings the other back", () => {
    const chain = regtestChain(...TRUNK, ...fork);
    expect(chain.applyChainLock(7, at(fork, 1).hash)).toEqual({
      status: "locked",
      reorg: { forkHeight: 5, oldTip: blockOf(last(TRUNK)) },
      changedFrom: 6,
    });
    expect(chain.tip).toEqual(blockOf(last(fork)));
    expect(chain.chainWork).toBe(18n);
    expect(chain.isKnown(last(TRUNK).hash)).toBe(false);
    const more = mineRow(last(TRUNK), 3);
    expect(chain.acceptHeaders(join(...TRUNK, ...more), NOW)).toMatchObject({
      accepted: 5,
      error: { facts: { code: "chain/conflicts-with-chainlock", height: 6, lockedHeight: 7 } },
      tip: blockOf(last(fork)),
    });
  });

  test("choose the best of what stands on the locked block", () => {
    const chain = regtestChain(...TRUNK, ...fork);
    const branches = [mineRow(at(fork, 0), 1, { salt: 2 }), mineRow(at(fork, 0), 4, { salt: 3 })];
    chain.acceptHeaders(join(...branches.flat()), NOW);
    expect(chain.tip).toEqual(blockOf(last(TRUNK)));
    chain.applyChainLock(6, at(fork, 0).hash);
    expect(chain.tip).toEqual(blockOf(last(branches.flat())));
    expect(chain.isKnown(last(fork).hash)).toBe(true);
  });

  test("wait for a header that is not here yet", () => {
    const chain = regtestChain(...TRUNK);
    expect(chain.applyChainLock(7, at(fork, 1).hash)).toEqual({ status: "held" });
    expect(chain.lock).toBeUndefined();
    expect(chain.acceptHeaders(join(...fork), NOW)).toMatchObject({
      accepted: 3,
      reorg: { forkHeight: 5, oldTip: blockOf(last(TRUNK)) },
      tip: blockOf(last(fork)),
    });
    expect(chain.lock).toEqual(blockOf(at(fork, 1)));
  });

  test("are forgotten if the header turns up at another height", () => {
    const chain = regtestChain(...TRUNK);
    expect(chain.applyChainLock(9, at(fork, 0).hash)).toEqual({ status: "held" });
    expect(chain.acceptHeaders(join(...fork), NOW)).toMatchObject({ accepted: 3, reorg: undefined });
    expect(chain.applyChainLock(3, at(TRUNK, 3).hash)).toEqual({ status: "ignored", reason: "wrong-height" });
    expect(chain.lock).toBeUndefined();
  });

  test("only newer ones count, held or enforced", () => {
    const chain = regtestChain(...TRUNK);
    chain.applyChainLock(5, at(TRUNK, 4).hash);
    expect(chain.applyChainLock(5, at(fork, 0).hash)).toEqual({ status: "ignored", reason: "not-newer" });
    chain.applyChainLock(12, at(fork, 0).hash);
    expect(chain.applyChainLock(8, at(TRUNK, 7).hash)).toEqual({ status: "ignored", reason: "not-newer" });
    expect(chain.lock?.height).toBe(5);
  });

  test("on a chain's own base, and below it", () => {
    const chain = HeaderChain.fromBlock(REGTEST, hashHeaders, blockOf(at(TRUNK, 4)));
    expect(chain.applyChainLock(4, at(TRUNK, 3).hash)).toEqual({ status: "ignored", reason: "below-start" });
    expect(chain.applyChainLock(5, at(TRUNK, 4).hash)).toMatchObject({ status: "locked" });
    chain.acceptHeaders(join(...TRUNK.slice(5)), NOW);
    expect(chain.tip).toEqual(blockOf(last(TRUNK)));
  });
});
