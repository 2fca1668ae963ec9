import { Socket } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { type BlockHash, ZERO_HASH } from "../../../worker/wire/hashes.ts";
import { Dice } from "../dice.ts";
import { Decisions } from "../faults/decisions.ts";
import { Line } from "../faults/line.ts";
import type { LineFaults } from "../faults/profile.ts";
import { Strikes } from "../faults/strikes.ts";
import type { Simnet } from "../network.ts";
import { startSimnet, TestPeer } from "./testPeer.ts";

const ZERO = ZERO_HASH as BlockHash;

let simnet: Simnet;
let peers: TestPeer[] = [];
beforeAll(async () => {
  simnet = await startSimnet({ blocks: 60 });
});
afterEach(() => {
  for (const peer of peers) peer.close();
  peers = [];
  simnet.hurt(0, undefined);
});
afterAll(() => simnet.close());

/** A peer that has shaken hands before the line got worse. */
async function joinThenHurt(line: LineFaults): Promise<TestPeer> {
  const peer = await TestPeer.join(simnet);
  peers.push(peer);
  await peer.fence();
  simnet.hurt(0, { line });
  return peer;
}

function askForList(peer: TestPeer, height = 60): void {
  peer.send({
    command: "getmnlistd",
    payload: { baseBlockHash: ZERO, blockHash: simnet.chain.hashAt(height) },
  });
}

async function measureMs(run: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await run();
  return performance.now() - start;
}

async function measureList(peer: TestPeer): Promise<{ ms: number; bytes: number }> {
  const before = peer.receivedBytes;
  const ms = await measureMs(async () => {
    askForList(peer);
    await peer.next("mnlistdiff");
  });
  return { ms, bytes: peer.receivedBytes - before };
}

describe("a line", () => {
  it("with latency delays every message", async () => {
    const peer = await joinThenHurt({ latencyMs: 80 });
    expect(await measureMs(() => peer.fence())).toBeGreaterThanOrEqual(79);
  });

  it("with jitter keeps the order", async () => {
    const peer = await joinThenHurt({ jitterMs: 30 });
    for (let height = 41; height <= 60; height++) askForList(peer, height);
    const heights: (number | undefined)[] = [];
    for (let i = 0; i < 20; i++) {
      heights.push(simnet.chain.heightOf((await peer.next("mnlistdiff")).blockHash));
    }
    expect(heights).toEqual(Array.from({ length: 20 }, (_, i) => 41 + i));
  });

  it("with jitter delays each message by a time of its own", () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    onTestFinished(() => void vi.useRealTimers());
    const socket = new Socket();
    const write = vi.spyOn(socket, "write").mockReturnValue(true);
    const events = { onEmpty: () => {}, onCut: () => {} };
    const line = new Line(
      socket,
      () => ({ jitterMs: 30 }),
      new Decisions(new Dice("jitter"), new Strikes()),
      events,
    );
    const delays = Array.from({ length: 20 }, (_, i) => {
      const bytes = Uint8Array.of(i);
      line.send(bytes, { command: "pong", isAnswer: false, content: () => bytes });
      let delayMs = 0;
      for (; write.mock.calls.length === i; delayMs++) vi.advanceTimersByTime(1);
      return delayMs;
    });
    expect(new Set(delays).size).toBeGreaterThan(10);
    expect(Math.max(...delays)).toBeLessThanOrEqual(30);
  });

  it("with little bandwidth takes as long as its bytes do", async () => {
    const peer = await joinThenHurt({ bytesPerSecond: 200_000 });
    const { ms, bytes } = await measureList(peer);
    expect(bytes).toBeGreaterThan(20_000);
    expect(ms).toBeGreaterThanOrEqual((bytes / 200_000) * 1000 * 0.8);
  });

  it("that drips brings a message whole", async () => {
    const peer = await joinThenHurt({ drip: { pieceBytes: 7, pauseMs: 5 } });
    const ms = await measureMs(() => peer.fence());
    expect(ms).toBeGreaterThanOrEqual(4 * 5 - 1);
    expect(peer.problems).toEqual([]);
  });

  it("that stalls for a while goes on in the middle of the message", async () => {
    const peer = await joinThenHurt({ stall: { share: 1, forMs: 150 } });
    const { ms } = await measureList(peer);
    expect(ms).toBeGreaterThanOrEqual(149);
    expect(await measureMs(() => peer.fence())).toBeLessThan(140);
  });

  it("that stalls for good brings half of the message, and the rest once it is healed", async () => {
    const peer = await joinThenHurt({ stall: { share: 1 } });
    const before = peer.receivedBytes;
    askForList(peer);
    await peer.until(() => peer.receivedBytes - before > 10_000);
    const fence = peer.fence();
    expect(peer.received).toEqual([]);
    simnet.hurt(0, undefined);
    expect((await fence).map(({ command }) => command)).toEqual(["mnlistdiff"]);
  });

  it("that is cut ends in the middle of the message", async () => {
    const peer = await joinThenHurt({ cut: { share: 1, commands: ["mnlistdiff"] } });
    await peer.fence();
    const before = peer.receivedBytes;
    askForList(peer);
    await peer.closed();
    expect(peer.receivedBytes - before).toBeGreaterThan(10_000);
    expect(peer.received).toEqual([]);
  });

  it("still delivers what was sent before a disconnection", async () => {
    const peer = await joinThenHurt({ latencyMs: 60 });
    askForList(peer);
    peer.sendRaw("getcfilters", new Uint8Array());
    await peer.next("mnlistdiff");
    await peer.closed();
  });

  it("does not outlive its network", async () => {
    const other = await startSimnet({
      blocks: 30,
      profiles: [
        { line: { latencyMs: 3_600_000 } },
        { line: { stall: { share: 1, commands: ["version"] } } },
      ],
    });
    const connected = await Promise.all([TestPeer.connect(other, 0), TestPeer.connect(other, 1)]);
    for (const peer of connected) peer.sendVersion();
    await connected[1]?.until(() => (connected[1]?.receivedBytes ?? 0) > 0);
    await other.close();
    for (const peer of connected) await peer.closed();
  });
});

describe("what a line does", () => {
  /** Which of many lists a cut line did not bring. */
  async function cutHeights(seed: number, order: readonly number[]): Promise<number[]> {
    const network = await startSimnet({
      seed,
      blocks: 30,
      profiles: [{ line: { cut: { share: 0.4 } } }],
    });
    const cut: number[] = [];
    for (const height of order) {
      const peer = await TestPeer.join(network);
      const payload = { baseBlockHash: ZERO, blockHash: network.chain.hashAt(height) };
      peer.send({ command: "getmnlistd", payload });
      await peer.next("mnlistdiff").catch(() => cut.push(height));
      peer.close();
    }
    await network.close();
    return cut.sort((a, b) => a - b);
  }

  it("follows from the seed and the content, whatever the order", async () => {
    const heights = Array.from({ length: 20 }, (_, i) => 5 + i);
    const cut = await cutHeights(1, heights);
    expect(cut.length).toBeGreaterThan(2);
    expect(cut.length).toBeLessThan(18);
    expect(await cutHeights(1, heights.toReversed())).toEqual(cut);
    expect(await cutHeights(2, heights)).not.toEqual(cut);
  });
});
