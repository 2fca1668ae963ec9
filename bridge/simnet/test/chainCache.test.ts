import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createBls } from "../../../worker/bls/index.ts";
import { loadX11 } from "../../../worker/node/loadX11.ts";
import type { SimChain, SimChainOptions } from "../chain.ts";
import { openChain } from "../chainCache.ts";
import { buildMnListDiff } from "../consensus/buildMnListDiff.ts";
import { buildQRInfo } from "../consensus/buildQRInfo.ts";
import { rotatingLlmq, SIM_LLMQS } from "../params.ts";
import { START_TIME_SECONDS } from "./testPeer.ts";

const BLOCKS = 330;
/** Over a rotating cycle's base and its mining window. */
const MORE_BLOCKS = 80;

describe("a chain from its file", () => {
  const dir = mkdtempSync(join(tmpdir(), "dashlight-"));
  let options: SimChainOptions;
  let made: SimChain;

  beforeAll(async () => {
    const [bls, x11] = [await createBls(), await loadX11()];
    const size = { masternodes: 60, blocks: BLOCKS, llmqs: SIM_LLMQS };
    options = { seed: 5, startTimeSeconds: START_TIME_SECONDS, ...size, bls, x11 };
    made = openChain(options, dir);
  });
  afterAll(() => rmSync(dir, { recursive: true }));

  it("is the chain that was written, to the last block and lock", () => {
    const opened = openChain(options, dir);
    expect(readdirSync(dir)).toHaveLength(1);
    expect(opened.startTimeSeconds).toBe(START_TIME_SECONDS);
    expect(opened.bestChainLock).toEqual(made.bestChainLock);
    for (let height = 0; height <= BLOCKS; height += 15) {
      const [a, b] = [made.block(height), opened.block(height)];
      expect([b.hash, b.header, b.headerBytes, b.txids, b.cbTx, b.wallet.coins]).toEqual([
        a.hash,
        a.header,
        a.headerBytes,
        a.txids,
        a.cbTx,
        a.wallet.coins,
      ]);
      expect(b.transactions).toEqual(a.transactions);
      expect(b.list.all).toEqual(a.list.all);
      expect(b.list.penalties).toEqual(a.list.penalties);
      expect(b.quorums.byType).toEqual(a.quorums.byType);
    }
  });

  it("answers as it did, also about cycles that nobody draws again", () => {
    const opened = openChain(options, dir);
    const llmq = rotatingLlmq(made.params);
    const request = { baseBlockHashes: [], blockRequestHash: made.hashAt(300), extraShare: true };
    expect(buildQRInfo(opened, request, 70240, llmq)).toEqual(buildQRInfo(made, request, 70240, llmq));
    const diff = { baseBlockHash: made.hashAt(40), blockHash: made.hashAt(BLOCKS) };
    expect(buildMnListDiff(opened, diff)).toEqual(buildMnListDiff(made, diff));
  });

  it("is another one for another seed or size, and takes the place of what other code made", () => {
    const others = mkdtempSync(join(tmpdir(), "dashlight-"));
    const small = { ...options, masternodes: 12, blocks: 20 };
    const open = (each: SimChainOptions, code: string) => {
      openChain(each, others, [Buffer.from(code)]);
      return readdirSync(others);
    };
    const [first = ""] = open(small, "old");
    expect(open({ ...small, seed: 6 }, "old")).toHaveLength(2);
    expect(open({ ...small, blocks: 21 }, "old")).toHaveLength(3);
    expect(open({ ...small, startTimeSeconds: START_TIME_SECONDS + 1 }, "old")).toHaveLength(4);
    expect(open(small, "old")).toContain(first);
    const names = open(small, "new");
    expect(names).toHaveLength(4);
    expect(names).not.toContain(first);
    rmSync(others, { recursive: true });
  });

  it("leaves alone what another process writes of it at the same time", () => {
    const others = mkdtempSync(join(tmpdir(), "dashlight-"));
    const small = { ...options, masternodes: 12, blocks: 20 };
    openChain(small, others);
    const [name = ""] = readdirSync(others);
    const file = join(others, name);
    const half = `${file}.${process.pid + 1}`;
    renameSync(file, half);
    openChain(small, others);
    renameSync(half, file);
    expect(readdirSync(others)).toEqual([name]);
    rmSync(others, { recursive: true });
  });

  it("is made again when the file is not what was written", () => {
    const [name = ""] = readdirSync(dir);
    const file = join(dir, name);
    const bytes = readFileSync(file);
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
    for (const broken of [bytes, bytes.subarray(0, 1000), Buffer.alloc(0)]) {
      writeFileSync(file, broken);
      expect(openChain(options, dir).tip.hash).toEqual(made.tip.hash);
      expect(readFileSync(file).length).toBeGreaterThan(1000);
    }
  });

  it("goes on as if it had never been away: payments, DKGs, bans and locks", () => {
    const opened = openChain(options, dir);
    for (let i = 0; i < MORE_BLOCKS; i++) {
      for (const chain of [made, opened]) {
        chain.pay();
        chain.mine(150);
        chain.lock(chain.tipHeight);
      }
      expect(opened.tip.hash).toEqual(made.tip.hash);
      expect(opened.bestChainLock).toEqual(made.bestChainLock);
    }
    const formed = made.quorumsAt(made.tipHeight).ofType(5);
    expect(formed.some(({ baseHeight }) => baseHeight > BLOCKS)).toBe(true);
  });
});
