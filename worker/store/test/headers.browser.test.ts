import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { beforeAll, describe, expect, it } from "vitest";
import { HeaderChain } from "../../chain/headerChain.ts";
import { decodeTarget, isProofOfWork } from "../../chain/target.ts";
import { networkParams } from "../../params/index.ts";
import { encode } from "../../wire/codec.ts";
import type { BlockHash } from "../../wire/hashes.ts";
import { blockHeader } from "../../wire/header.ts";
import { createX11, type X11 } from "../../x11/index.ts";
import { type HeaderChunk, type HeadersStep, makeHeadersStep } from "../index.ts";
import { dump, keysOf, openStore, readRecord, rejection, replaceRecord, withStore } from "./databases.ts";

const REGTEST = networkParams("regtest");
const BITS = 0x207fffff;
const NOW = 4_000_000_000;
const FIRST_BLOCK_TIME = 1_417_713_487;

let x11: X11;
const hashHeaders = (headers: Uint8Array) => x11.hashHeaders(headers);
beforeAll(async () => {
  const wasm = await fetch(new URL("../../x11/build/x11.wasm", import.meta.url));
  x11 = await createX11(await wasm.arrayBuffer());
});

/** Mines on the block at `fromHeight - 1` until the chain is at `toHeight`. @param salt - makes branches differ */
function grow(chain: HeaderChain, fromHeight: number, toHeight: number, salt = 0): number | undefined {
  let prevBlockHash = chain.hashAt(fromHeight - 1) as BlockHash;
  let changedFrom: number | undefined;
  const limit = decodeTarget(BITS);
  for (let height = fromHeight; height <= toHeight; height++) {
    const fields = { version: 0x20000000, prevBlockHash, bits: BITS, time: FIRST_BLOCK_TIME + height * 150 };
    for (let nonce = 0; ; nonce++) {
      const header = encode(blockHeader, { ...fields, merkleRoot: new Uint8Array(32).fill(salt), nonce });
      const hash = hashHeaders(header) as BlockHash;
      if (!isProofOfWork(hash, BITS, limit)) continue;
      const result = chain.acceptHeaders(header, NOW, hash);
      if (result.error) throw result.error;
      changedFrom = Math.min(changedFrom ?? Number.POSITIVE_INFINITY, result.changedFrom ?? height);
      prevBlockHash = hash;
      break;
    }
  }
  return changedFrom;
}

let mined: HeaderChain | undefined;

/** From genesis to a height up to 2 345; the same headers every time. */
function newChain(toHeight: number): HeaderChain {
  const chain = HeaderChain.fromGenesis(REGTEST, hashHeaders);
  if (mined === undefined) {
    mined = HeaderChain.fromGenesis(REGTEST, hashHeaders);
    grow(mined, 1, 2_345);
  }
  chain.acceptHeaders(mined.rawHeaders(1, toHeight), NOW);
  return chain;
}

describe("stored headers", () => {
  it("give the chain back, its lock too", () =>
    withStore(async (store) => {
      const chain = newChain(2_345);
      chain.applyChainLock(2_000, chain.hashAt(2_000) as BlockHash);
      await store.save({ headers: makeHeadersStep(chain, 0) });
      expect(await keysOf(store.name, "headers")).toEqual([0, 1_000, 2_000]);
      expect(await store.counts()).toEqual({ headers: 2_346, lists: 0 });

      const stored = await store.loadHeaders();
      if (!stored) throw new Error("nothing stored");
      const restored = HeaderChain.restore(REGTEST, hashHeaders, stored.saved, stored.chunks);
      expect(restored.tip).toEqual(chain.tip);
      expect(restored.lock).toEqual(chain.lock);
      expect(fingerprint(restored.rawHeaders(0, 2_346))).toBe(fingerprint(chain.rawHeaders(0, 2_346)));
      expect(restored.reverify(0, 2_346)).toBe(2_346);
    }));

  it.each([
    [999, [0]],
    [1_000, [0, 1_000]],
    [1_999, [0, 1_000]],
  ])("with the tip at %i lie in chunks %j", (tip, chunks) =>
    withStore(async (store) => {
      await store.save({ headers: makeHeadersStep(newChain(tip), 0) });
      expect(await keysOf(store.name, "headers")).toEqual(chunks);
      expect((await store.counts()).headers).toBe(tip + 1);
    }),
  );

  it("are written as bytes of their own", () =>
    withStore(async (store) => {
      const step = makeHeadersStep(newChain(10), 0);
      const message = new Uint8Array(4_096);
      const chunks = step.chunksFrom(0).map(({ firstHeight, bytes }) => {
        message.set(bytes, 100);
        return { firstHeight, bytes: message.subarray(100, 100 + bytes.length) };
      });
      await store.save({ headers: { ...step, chunksFrom: () => chunks } });
      const stored = (await readRecord(store.name, "headers", 0)) as Uint8Array;
      expect(stored.buffer.byteLength).toBe(11 * 80);
      await expectSame(store.name, step);
    }));

  it("grow by rewriting the last chunks alone", () =>
    withStore(async (store) => {
      const chain = newChain(1_998);
      await store.save({ headers: makeHeadersStep(chain, 0) });
      const marked = new Uint8Array(80_000).fill(7);
      await replaceRecord(store.name, "headers", 0, marked);
      const changedFrom = grow(chain, 1_999, 2_001);
      await store.save({ headers: makeHeadersStep(chain, changedFrom ?? -1) });
      const stored = await store.loadHeaders();
      expect(stored?.chunks.map(fingerprint)).toEqual(
        [marked, chain.rawHeaders(1_000, 1_000), chain.rawHeaders(2_000, 2)].map(fingerprint),
      );
    }));

  it("change from the fork up after a reorg", () =>
    withStore(async (store) => {
      const chain = newChain(2_100);
      await store.save({ headers: makeHeadersStep(chain, 0) });
      const changedFrom = grow(chain, 1_500, 2_102, 7);
      expect(changedFrom).toBe(1_500);
      await store.save({ headers: makeHeadersStep(chain, 1_500) });
      await expectSame(store.name, makeHeadersStep(chain, 0));
    }));

  it("lose the chunks above a tip that came down by a ChainLock", () =>
    withStore(async (store) => {
      const chain = newChain(2_100);
      await store.save({ headers: makeHeadersStep(chain, 0) });
      const fork = HeaderChain.fromGenesis(REGTEST, hashHeaders);
      fork.acceptHeaders(chain.rawHeaders(1, 990), NOW);
      grow(fork, 991, 995, 9);
      chain.acceptHeaders(fork.rawHeaders(991, 5), NOW);
      const locked = chain.applyChainLock(995, fork.tip.hash);
      expect(locked).toMatchObject({ status: "locked", changedFrom: 991 });
      await store.save({ headers: makeHeadersStep(chain, 991) });
      await expectSame(store.name, makeHeadersStep(chain, 0));
      expect(await store.counts()).toEqual({ headers: 996, lists: 0 });
    }));

  it("may start above genesis, inside a chunk, and start again above that", () =>
    withStore(async (store) => {
      const chain = newChain(2_345);
      const startAt = (height: number) => {
        const base = { height, hash: chain.hashAt(height) as BlockHash };
        const late = HeaderChain.fromBlock(REGTEST, hashHeaders, base);
        return { late, accept: () => late.acceptHeaders(chain.rawHeaders(height + 1, 2_345 - height), NOW) };
      };
      const { late, accept } = startAt(1_233);
      await store.save({ headers: makeHeadersStep(late, 0) });
      expect(await store.loadHeaders()).toEqual({ saved: late.save(), chunks: [] });
      expect(await store.counts()).toEqual({ headers: 0, lists: 0 });
      await store.save({ headers: makeHeadersStep(late, accept().changedFrom ?? -1) });
      expect(await keysOf(store.name, "headers")).toEqual([1_234, 2_000]);
      expect(await store.counts()).toEqual({ headers: 1_112, lists: 0 });

      const later = startAt(2_100);
      later.accept();
      await store.save({ headers: makeHeadersStep(later.late, 2_101) });
      expect(await keysOf(store.name, "headers")).toEqual([2_101]);
      await expectSame(store.name, makeHeadersStep(later.late, 0));
    }));
});

/** Comparing 80 kB byte by byte takes the test runner most of a second. */
const fingerprint = (bytes: Uint8Array): string => bytesToHex(sha256(bytes));

/** All headers and the ends of the chain are stored as this step has them. */
async function expectSame(name: string, { chunksFrom, saved }: HeadersStep): Promise<void> {
  const chunks = chunksFrom(0);
  const { headers = new Map(), meta } = await dump(name);
  const stored = [...headers].map(([height, bytes]) => [height, fingerprint(bytes as Uint8Array)]);
  expect(stored).toEqual(chunks.map(({ firstHeight, bytes }) => [firstHeight, fingerprint(bytes)]));
  expect(meta?.get("chain")).toEqual(saved);
}

describe("headers that were not saved", () => {
  const failing = { listener: () => undefined };

  it("go with the next step that has headers", () =>
    withStore(async (store) => {
      const chain = newChain(2_100);
      await store.save({ headers: makeHeadersStep(chain, 0) });
      grow(chain, 900, 2_101, 3);
      await rejection(store.save({ headers: makeHeadersStep(chain, 900), summary: failing }));
      await store.save({ summary: 1 });
      grow(chain, 2_102, 2_102);
      await store.save({ headers: makeHeadersStep(chain, 2_102) });
      await expectSame(store.name, makeHeadersStep(chain, 0));
    }));

  it("go with a step that was on its way already", () =>
    withStore(async (store) => {
      const chain = newChain(2_100);
      await store.save({ headers: makeHeadersStep(chain, 0) });
      grow(chain, 900, 2_101, 3);
      const first = store.save({ headers: makeHeadersStep(chain, 900), summary: failing });
      grow(chain, 2_102, 2_102);
      const second = store.save({ headers: makeHeadersStep(chain, 2_102) });
      grow(chain, 2_103, 2_103);
      const third = store.save({ headers: makeHeadersStep(chain, 2_103), summary: failing });
      await Promise.all([rejection(first), second, rejection(third)]);
      grow(chain, 2_104, 2_104);
      await store.save({ headers: makeHeadersStep(chain, 2_104) });
      await expectSame(store.name, makeHeadersStep(chain, 0));
    }));

  it("are all of them where nothing was loaded, or all was cleared", () =>
    withStore(async (store) => {
      const chain = newChain(1_500);
      await store.save({ headers: makeHeadersStep(chain, 1_500) });
      await expectSame(store.name, makeHeadersStep(chain, 0));
      grow(chain, 1_501, 1_501);
      const saving = store.save({ headers: makeHeadersStep(chain, 1_501) });
      await Promise.all([saving, store.clear()]);
      expect(await store.loadHeaders()).toBeUndefined();
      grow(chain, 1_502, 1_502);
      await store.save({ headers: makeHeadersStep(chain, 1_502) });
      await expectSame(store.name, makeHeadersStep(chain, 0));
    }));

  it("are none after loading", () =>
    withStore(async (store) => {
      const chain = newChain(1_500);
      await store.save({ headers: makeHeadersStep(chain, 0) });
      const reopened = await openStore(store.name);
      await reopened.loadHeaders();
      await replaceRecord(store.name, "headers", 0, undefined);
      await reopened.save({ headers: makeHeadersStep(chain, 1_500) });
      expect(await keysOf(store.name, "headers")).toEqual([1_000]);
      reopened.close();
    }));
});

describe("headers that do not fit together", () => {
  type Chunks = readonly HeaderChunk[];
  const cases: [string, (chunks: Chunks) => Chunks][] = [
    ["a gap", (chunks) => chunks.slice(1)],
    ["an end below the tip", (chunks) => chunks.slice(0, 1)],
    ["half a header", (chunks) => chunks.map((chunk) => ({ ...chunk, bytes: chunk.bytes.subarray(1) }))],
    ["an empty chunk", (chunks) => [{ firstHeight: 0, bytes: new Uint8Array(0) }, ...chunks]],
    ["a chunk across the boundary", (chunks) => [joined(chunks)]],
  ];

  it.each(cases)("are refused as our mistake: %s", (_, change) =>
    withStore(async (store) => {
      const step = makeHeadersStep(newChain(1_100), 0);
      await store.save({ headers: step });
      const chunksFrom = () => change(step.chunksFrom(0));
      const error = await rejection(store.save({ headers: { ...step, chunksFrom }, summary: 1 }));
      expect(error).toBeInstanceOf(RangeError);
      await expectSame(store.name, step);
      expect(await store.loadSummary()).toBeUndefined();
    }),
  );

  function joined(chunks: Chunks) {
    const bytes = new Uint8Array(chunks.reduce((size, chunk) => size + chunk.bytes.length, 0));
    for (const chunk of chunks) bytes.set(chunk.bytes, chunk.firstHeight * 80);
    return { firstHeight: 0, bytes };
  }
});

describe("broken headers", () => {
  const block = { height: 2_100, hash: new Uint8Array(32) };
  const cases: [string, "headers" | "meta", IDBValidKey, (value: unknown) => unknown, string][] = [
    ["a missing chunk", "headers", 1_000, () => undefined, "headers 2000: expected 1000"],
    ["a missing first chunk", "headers", 0, () => undefined, "headers 1000: expected 0"],
    ["a missing last chunk", "headers", 2_000, () => undefined, "headers end at 1999, tip is 2100"],
    ["a chunk too many", "headers", 3_000, () => new Uint8Array(80), "headers 3000: expected 2101"],
    ["a key that is no height", "headers", "x", () => new Uint8Array(80), "headers x: expected 2101"],
    ["a cut chunk", "headers", 1_000, (v) => (v as Uint8Array).slice(1), "headers 1000: 79999 bytes"],
    ["a short chunk", "headers", 1_000, (v) => (v as Uint8Array).slice(80), "headers 2000: expected 1999"],
    ["an empty chunk", "headers", 1_000, () => new Uint8Array(0), "headers 1000: 0 bytes"],
    ["a long chunk", "headers", 1_000, () => new Uint8Array(80_080), "headers 1000: 80080 bytes"],
    ["a chunk of another type", "headers", 1_000, () => "headers", "headers 1000: not bytes"],
    ["no ends", "meta", "chain", () => undefined, "meta chain: no record"],
    ["ends of another type", "meta", "chain", () => 5, "meta chain: no record"],
    ["no tip", "meta", "chain", () => ({}), "meta chain: tip: no record"],
    [
      "a negative height",
      "meta",
      "chain",
      () => ({ tip: { ...block, height: -1 } }),
      "meta chain: tip: no number",
    ],
    [
      "a short hash",
      "meta",
      "chain",
      () => ({ tip: { ...block, hash: new Uint8Array(31) } }),
      "meta chain: tip: 31 bytes",
    ],
    ["a broken lock", "meta", "chain", () => ({ tip: block, lock: 1 }), "meta chain: lock: no record"],
    ["a broken base", "meta", "chain", () => ({ tip: block, base: {} }), "meta chain: base: no number"],
  ];

  it.each(cases)("are named, and gone after the next save: %s", (_, table, key, change, what) =>
    withStore(async (store) => {
      const step = makeHeadersStep(newChain(2_100), 0);
      await store.save({ headers: step });
      await replaceRecord(store.name, table, key, change(await readRecord(store.name, table, key)));
      expect(await rejection(store.loadHeaders())).toMatchObject({ facts: { code: "store/corrupt", what } });
      await store.save({ headers: step });
      const stored = await store.loadHeaders();
      expect(stored?.saved).toEqual(step.saved);
      expect(stored?.chunks.map(fingerprint)).toEqual(
        step.chunksFrom(0).map(({ bytes }) => fingerprint(bytes)),
      );
    }),
  );
});
