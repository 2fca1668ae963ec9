import { describe, expect, test } from "vitest";
import type { NetworkParams } from "../../params/index.ts";
import { toHashHex } from "../../wire/hashes.ts";
import { HeaderChain } from "../headerChain.ts";
import { blockOf, GENESIS, hashHeaders, join, type Mined, mine, mineRow, NOW, REGTEST } from "./mining.ts";

const ROW = mineRow(GENESIS, 40);
const at = (height: number): Mined => ROW[height - 1] as Mined;
const named = (block: Mined) => ({ height: block.height, hash: toHashHex(block.hash) });

/** Headers from block 10, the anchor at 30 with a thousand hashes of work. */
const PARAMS: NetworkParams = {
  ...REGTEST,
  minimumChainWork: 1002n,
  anchor: { block: named(at(30)), chainWork: 1000n, headersFrom: named(at(10)) },
};
const START = blockOf(at(10));
const rowOf = (from: number, to: number): Uint8Array => join(...ROW.slice(from - 1, to));

function startedChain(): HeaderChain {
  return HeaderChain.start(PARAMS, hashHeaders);
}

describe("below the anchor", () => {
  test("headers count for nothing until they reach it", () => {
    const chain = startedChain();
    expect(chain.isLinked).toBe(false);
    expect(chain.locator()).toEqual([START.hash]);
    const result = chain.acceptHeaders(rowOf(11, 29), NOW);
    expect(result).toMatchObject({ accepted: 19, added: 19, tip: START, changedFrom: 11, error: undefined });
    expect(chain.tip).toEqual(START);
    expect(chain.headersTip).toEqual(blockOf(at(29)));
    expect(chain.hashAt(10)).toEqual(at(10).hash);
    expect(chain.hashAt(11)).toBeUndefined();
    expect(chain.headerAt(11)).toBeUndefined();
    expect(chain.heightOf(at(11).hash)).toBeUndefined();
    expect(chain.isKnown(at(11).hash)).toBe(true);
    expect(chain.hasMinimumWork).toBe(false);
    expect(chain.locator()[0]).toEqual(at(29).hash);
  });

  test("with the anchor all of it is verified and the work is known", () => {
    const chain = startedChain();
    const result = chain.acceptHeaders(rowOf(11, 30), NOW);
    expect(result).toMatchObject({ accepted: 20, tip: blockOf(at(30)), reorg: undefined });
    expect(chain.isLinked).toBe(true);
    expect(chain.hashAt(11)).toEqual(at(11).hash);
    expect(chain.headerAt(10)).toBeUndefined();
    expect(chain.firstHeight).toBe(11);
    expect(chain.chainWork).toBe(1000n);
    expect(chain.hasMinimumWork).toBe(false);
    chain.acceptHeaders(rowOf(31, 31), NOW);
    expect(chain.chainWork).toBe(1002n);
    expect(chain.hasMinimumWork).toBe(true);
  });

  test("a chain that misses it is refused there, and the true one still gets in, whatever the work", () => {
    const chain = startedChain();
    const fake = mineRow(at(10), 20, { salt: 1 });
    const { accepted, error, tip } = chain.acceptHeaders(join(...fake), NOW);
    expect(accepted).toBe(19);
    expect(error?.facts).toMatchObject({
      code: "chain/checkpoint-mismatch",
      height: 30,
      expected: named(at(30)).hash,
    });
    expect(tip).toEqual(START);
    const result = chain.acceptHeaders(rowOf(11, 30), NOW);
    expect(result).toMatchObject({ accepted: 20, tip: blockOf(at(30)), reorg: undefined, changedFrom: 11 });
    expect(chain.isLinked).toBe(true);
    expect(chain.isKnown((fake[0] as Mined).hash)).toBe(false);
  });

  test("nothing below the anchor can change afterwards", () => {
    const chain = startedChain();
    chain.acceptHeaders(rowOf(11, 32), NOW);
    const { error } = chain.acceptHeaders(mine(at(20), { salt: 2 }).header, NOW);
    expect(error?.facts).toMatchObject({ code: "chain/checkpoint-mismatch", height: 21 });
    expect(chain.acceptHeaders(mine(at(30), { salt: 2 }).header, NOW).error).toBeUndefined();
  });

  test("a ChainLock waits until the chain is linked", () => {
    const chain = startedChain();
    chain.acceptHeaders(rowOf(11, 29), NOW);
    expect(chain.applyChainLock(20, at(20).hash)).toEqual({ status: "held" });
    chain.acceptHeaders(rowOf(30, 31), NOW);
    expect(chain.lock).toEqual(blockOf(at(20)));
  });

  test("a start from genesis passes the anchor as a checkpoint", () => {
    const chain = HeaderChain.fromGenesis(PARAMS, hashHeaders);
    expect(chain.isLinked).toBe(true);
    expect(chain.acceptHeaders(rowOf(1, 40), NOW).accepted).toBe(40);
    expect(chain.chainWork).toBe(82n);
    const fake = HeaderChain.fromGenesis(PARAMS, hashHeaders);
    const { error } = fake.acceptHeaders(join(...mineRow(GENESIS, 30, { salt: 1 })), NOW);
    expect(error?.facts).toMatchObject({ code: "chain/checkpoint-mismatch", height: 30 });
  });

  test("without an anchor the start is genesis", () => {
    expect(HeaderChain.start(REGTEST, hashHeaders).tip).toEqual(blockOf(GENESIS));
  });
});
