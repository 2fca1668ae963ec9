import { describe, expect, test } from "vitest";
import type { NetworkParams } from "../../params/index.ts";
import { toHashHex } from "../../wire/hashes.ts";
import { HeaderChain } from "../headerChain.ts";
import type { SavedChain } from "../savedChain.ts";
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

const ROW = mineRow(GENESIS, 40);
const at = (height: number): Mined => ROW[height - 1] as Mined;
const named = (block: Mined) => ({ height: block.height, hash: toHashHex(block.hash) });

/** What a store would keep of a chain: pieces of 16 headers. */
function chunksOf(chain: HeaderChain): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let height = chain.firstHeight; height <= chain.headersTip.height; height += 16) {
    chunks.push(chain.rawHeaders(height, 16));
  }
  return chunks;
}

const restore = (saved: SavedChain, chunks: Iterable<Uint8Array>, params = REGTEST): HeaderChain =>
  HeaderChain.restore(params, hashHeaders, saved, chunks);

describe("a restored chain", () => {
  test("is as it was, and goes on", () => {
    const chain = regtestChain(...ROW);
    chain.applyChainLock(20, at(20).hash);
    const restored = restore(chain.save(), chunksOf(chain));
    expect(restored.tip).toEqual(chain.tip);
    expect(restored.lock).toEqual(blockOf(at(20)));
    expect(restored.chainWork).toBe(chain.chainWork);
    expect(restored.locator()).toEqual(chain.locator());
    for (const block of ROW) expect(restored.heightOf(block.hash)).toBe(block.height);
    expect(restored.acceptHeaders(mine(at(40)).header, NOW)).toMatchObject({ added: 1, changedFrom: 41 });
    expect(restored.acceptHeaders(mine(at(5), { salt: 1 }).header, NOW).error?.code).toBe(
      "chain/conflicts-with-chainlock",
    );
  });

  const anchored: NetworkParams = {
    ...REGTEST,
    anchor: { block: named(at(30)), chainWork: 1000n, headersFrom: named(at(10)) },
  };
  test.each([
    ["linking", 29, false],
    ["linked", 35, true],
  ])("stays %s", (_, to, linked) => {
    const chain = HeaderChain.start(anchored, hashHeaders);
    chain.acceptHeaders(join(...ROW.slice(10, to)), NOW);
    const restored = restore(chain.save(), chunksOf(chain), anchored);
    expect(restored.isLinked).toBe(linked);
    expect(restored.tip).toEqual(chain.tip);
    expect(restored.chainWork).toBe(chain.chainWork);
    expect(restored.headersTip).toEqual(chain.headersTip);
    expect(restored.acceptHeaders(join(...ROW.slice(to)), NOW).tip).toEqual(blockOf(at(40)));
  });

  test("may be without headers", () => {
    const chain = HeaderChain.start(anchored, hashHeaders);
    expect(restore(chain.save(), [], anchored).headersTip).toEqual(blockOf(at(10)));
  });

  test("checks everything again in slices", () => {
    const chain = regtestChain(...ROW);
    const restored = restore(chain.save(), chunksOf(chain));
    const heights: number[] = [];
    for (let next = restored.firstHeight; next <= restored.headersTip.height; ) {
      next = restored.reverify(next, 15);
      heights.push(next);
    }
    expect(heights).toEqual([15, 30, 41]);
    expect(restored.reverify(41, 15)).toBe(41);
    const middle = HeaderChain.fromBlock(REGTEST, hashHeaders, blockOf(at(10)));
    middle.acceptHeaders(join(...ROW.slice(10)), NOW);
    expect(middle.reverify(0, 100)).toBe(41);
  });
});

describe("stored data that cannot be true", () => {
  const chain = regtestChain(...ROW);
  chain.applyChainLock(20, at(20).hash);
  const saved = chain.save();
  const chunks = chunksOf(chain);
  const all = chain.rawHeaders(0, 100);
  const middle = HeaderChain.fromBlock(REGTEST, hashHeaders, blockOf(at(10)));
  middle.acceptHeaders(join(...ROW.slice(10)), NOW);
  const checkpointed: NetworkParams = {
    ...REGTEST,
    checkpoints: [{ height: 7, hash: named(at(8)).hash }],
  };

  const refused: [what: string, saved: SavedChain, chunks: Uint8Array[], params?: NetworkParams][] = [
    ["a chunk of 79 bytes", saved, [all.subarray(0, 79)]],
    ["first header", saved, [all.subarray(80)]],
    ["first header", { ...middle.save(), base: blockOf(at(9)) }, chunksOf(middle)],
    ["tip 40", saved, chunks.slice(0, 2)],
    ["tip 40", saved, []],
    ["tip 40", { ...saved, tip: { ...saved.tip, hash: at(39).hash } }, chunks],
    ["headers above the tip 39", { ...saved, tip: blockOf(at(39)) }, chunks],
    ["lock 20", { ...saved, lock: { height: 20, hash: at(21).hash } }, chunks],
    ["lock 41", { ...saved, lock: { height: 41, hash: at(21).hash } }, chunks],
    ["known block 7", saved, chunks, checkpointed],
  ];
  test.each(refused)("%s", (what, state, data, params) => {
    expect(() => restore(state, data, params)).toThrow(
      expect.objectContaining({ facts: { code: "store/corrupt", what: `header chain: ${what}` } }),
    );
  });

  test("a changed header is found when it is checked again", () => {
    const changed = all.slice();
    changed[25 * 80 + 40] = (changed[25 * 80 + 40] as number) ^ 1;
    const restored = restore(saved, [changed]);
    expect(restored.reverify(0, 25)).toBe(25);
    expect(() => restored.reverify(25, 10)).toThrow(
      expect.objectContaining({ facts: { code: "store/corrupt", what: "header chain: header 25" } }),
    );
  });

  test("and so is one that links but breaks a rule, with the rule as cause", () => {
    const harder = mine(at(40), { bits: 0x207ffffe });
    const state: SavedChain = { ...saved, tip: blockOf(harder) };
    const restored = restore(state, [all, harder.header]);
    expect(() => restored.reverify(30, 20)).toThrow(
      expect.objectContaining({
        facts: { code: "store/corrupt", what: "header chain: header 41" },
        cause: expect.objectContaining({ facts: expect.objectContaining({ code: "chain/bad-difficulty" }) }),
      }),
    );
  });
});
