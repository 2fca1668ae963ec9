import { afterEach, describe, expect, it } from "vitest";
import { DashlightError } from "../../errors.ts";
import { TcpTransport } from "../../node/tcpTransport.ts";
import { loadRecording } from "../../node/test/recording.ts";
import type { ReplayNode } from "../../node/test/replayNode.ts";
import { NOBODY, startNode } from "../../node/test/replays.ts";
import { ManualClock } from "../../test/manualClock.ts";
import { until } from "../../test/until.ts";
import { hasVectors } from "../../test/vectors.ts";
import type { Message } from "../../wire/message.ts";
import type { Peer } from "../peer.ts";
import { PeerPool, type PeerPoolOptions, type PeerRecord } from "../peerPool.ts";

const FOLDER = "regtest/cycle-a";

const UNASKED = new DashlightError({ code: "net/unexpected-message", address: "x", command: "qrinfo" });
const LIE = new DashlightError({ code: "engine/snapshot-refuted", address: "x" });

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

type Addressed = Pick<ReplayNode, "address">;

class Observed {
  readonly clock = new ManualClock(1_800_000_000_000);
  readonly ready: string[] = [];
  readonly messages: Message[] = [];
  readonly pool: PeerPool;
  changes = 0;

  /** Always 0 at random: every pause is half of what it may be at most. */
  constructor(options: Partial<PeerPoolOptions> = {}) {
    this.pool = new PeerPool({
      params: loadRecording("cycle-a").params,
      transport: new TcpTransport(),
      clock: this.clock,
      random: () => 0,
      maxPeers: 4,
      startHeight: () => 0,
      onReady: (peer) => this.ready.push(peer.address),
      onMessage: (_peer, message) => this.messages.push(message),
      onChange: () => this.changes++,
      ...options,
    });
    cleanups.push(() => this.pool.close());
  }

  add(...nodes: readonly Addressed[]): void {
    this.pool.addAddresses(nodes.map(({ address }) => address));
  }

  record(node: Addressed): PeerRecord | undefined {
    return this.pool.records.find(({ address }) => address === node.address);
  }

  peer(node: Addressed): Peer {
    const peer = this.record(node)?.peer;
    if (!peer) throw new Error("not connected");
    return peer;
  }

  async readyCount(count: number): Promise<void> {
    await until(() => this.pool.ready.length === count, `${count} ready peers`);
  }

  async status(node: Addressed, status: PeerRecord["status"]): Promise<void> {
    const describeIt = () => `${status}, but ${JSON.stringify(this.record(node)?.status)}`;
    await until(() => this.record(node)?.status === status, describeIt);
  }
}

describe.runIf(hasVectors(FOLDER))("connecting", () => {
  it("takes the first addresses, as many as it may", async () => {
    const nodes = await Promise.all([1, 2, 3].map(() => startNode()));
    const observed = new Observed({ maxPeers: 2 });
    observed.add(...nodes);
    await observed.readyCount(2);
    const [first, second, third] = nodes;
    expect(observed.ready.sort()).toEqual([first?.address, second?.address].sort());
    expect(third?.connections).toBe(0);
    expect(observed.pool.records.map(({ address }) => address)).not.toContain(third?.address);
  });

  it("fills the place of one that left with the next", async () => {
    const [first, second] = [await startNode(), await startNode()];
    const observed = new Observed({ maxPeers: 1 });
    observed.add(first, second);
    await observed.readyCount(1);
    first.hangUp();
    await until(() => observed.ready.includes(second.address), "the next");
    expect(observed.record(first)).toMatchObject({ status: "closed", score: 100 });
  });

  it("adds an address once, and keeps what it knows of it", async () => {
    const node = await startNode();
    const observed = new Observed();
    observed.add(node);
    await observed.readyCount(1);
    observed.pool.penalize(node.address, 30, UNASKED, "slow");
    observed.add(node, node);
    observed.clock.advance(20_000);
    expect(observed.record(node)).toMatchObject({ status: "ready", score: 70, reason: "slow" });
    expect([node.connections, observed.pool.records.length]).toEqual([1, 1]);
  });

  it("tells a peer that has not shaken hands from one that is not reached yet", async () => {
    const node = await startNode({ withheld: ["verack"] });
    const observed = new Observed();
    observed.add(node);
    expect(observed.record(node)?.status).toBe("connecting");
    await observed.status(node, "handshake");
    expect(observed.pool.ready).toEqual([]);
  });

  it("names the quickest peer first, and one that owes an answer last", async () => {
    const [slow, quick] = [await startNode({ stallOn: "ping" }), await startNode()];
    const observed = new Observed();
    observed.add(slow, quick);
    await observed.readyCount(2);
    await until(() => quick.count("pong") === 1, "handshake over");
    const { bytesIn } = observed.peer(quick);
    observed.clock.advance(30_000);
    await until(() => slow.count("ping") === 1 && quick.count("ping") === 1, "pings");
    await until(() => observed.peer(quick).bytesIn > bytesIn, "a pong");
    observed.clock.advance(5);
    expect(observed.pool.ready.map(({ address }) => address)).toEqual([quick.address, slow.address]);
  });

  it("keeps the count of bytes when a peer leaves", async () => {
    const node = await startNode();
    const observed = new Observed();
    observed.add(node);
    await observed.readyCount(1);
    await until(() => node.count("pong") === 1, "handshake over");
    const before = [observed.pool.bytesIn, observed.pool.bytesOut];
    expect(before).toEqual([observed.peer(node).bytesIn, observed.peer(node).bytesOut]);
    node.hangUp();
    await observed.status(node, "closed");
    expect([observed.pool.bytesIn, observed.pool.bytesOut]).toEqual(before);
  });
});

describe.runIf(hasVectors(FOLDER))("trying again", () => {
  it("waits twice as long each time nobody listens, a minute at most", async () => {
    const observed = new Observed();
    observed.add(NOBODY);
    for (const pauseMs of [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]) {
      await until(() => observed.clock.waiting.length > 0, "a pause");
      expect(observed.clock.waiting).toEqual([pauseMs]);
      expect(observed.record(NOBODY)?.status).toBe("closed");
      expect(observed.pool.lastError).toContain("ECONNREFUSED");
      observed.clock.advance(pauseMs);
    }
  });

  it("draws the pause between half and all of it", async () => {
    const observed = new Observed({ random: () => 0.5 });
    observed.add(NOBODY);
    await until(() => observed.clock.waiting.length > 0, "a pause");
    expect(observed.clock.waiting).toEqual([750]);
  });

  it("waits longer and longer for a node that hangs up soon, and starts over for one that stayed", async () => {
    const node = await startNode();
    const observed = new Observed();
    observed.add(node);
    await observed.readyCount(1);
    for (const pauseMs of [500, 1_000, 2_000]) {
      node.hangUp();
      await observed.status(node, "closed");
      expect(observed.clock.waiting).toEqual([pauseMs]);
      observed.clock.advance(pauseMs - 1);
      expect(observed.record(node)?.peer).toBeUndefined();
      observed.clock.advance(1);
      await observed.readyCount(1);
    }
    expect(node.connections).toBe(4);
    await until(() => node.received.at(-1)?.command === "pong", "handshake over");
    const { bytesIn } = observed.peer(node);
    observed.clock.advance(29_999);
    observed.clock.advance(29_999);
    await until(() => observed.peer(node).bytesIn > bytesIn, "pongs");
    observed.clock.advance(2);
    node.hangUp();
    await observed.status(node, "closed");
    expect(observed.clock.waiting).toEqual([500]);
  });

  it("never calls a peer ready whose connection broke right behind the handshake", async () => {
    const node = await startNode({
      spoilFrame: (frame, command) =>
        command === "verack" ? Uint8Array.from([...frame, ...new Uint8Array(24)]) : frame,
    });
    const observed = new Observed();
    observed.add(node);
    await observed.status(node, "closed");
    expect(observed.ready).toEqual([]);
    expect(observed.record(node)).toMatchObject({ score: 80, peer: undefined });
  });
});

describe.runIf(hasVectors(FOLDER))("scores", () => {
  it("bans at none left, for good", async () => {
    const node = await startNode();
    const observed = new Observed();
    observed.add(node);
    await observed.readyCount(1);
    observed.pool.penalize(node.address, 60, UNASKED, "first");
    expect(observed.record(node)).toMatchObject({ status: "ready", score: 40, reason: "first" });
    observed.pool.penalize(node.address, 60, LIE, "second");
    expect(observed.record(node)).toMatchObject({ status: "banned", score: 0, reason: "second" });
    await until(() => node.open === 0, "hung up");
    observed.add(node);
    observed.clock.advance(3_600_000);
    expect([node.connections, observed.clock.waiting]).toEqual([1, []]);
    expect(observed.record(node)).toMatchObject({ status: "banned", peer: undefined });
  });

  it("remembers what the points were taken for, and counts nothing against who is banned already", async () => {
    const node = await startNode();
    const observed = new Observed();
    observed.add(node);
    await observed.readyCount(1);
    observed.pool.penalize(node.address, 5, UNASKED);
    expect(observed.record(node)?.reason).toBe(UNASKED.message);
    observed.pool.penalize(node.address, 100, LIE);
    observed.pool.penalize(node.address, 5, UNASKED);
    const { address } = node;
    expect(observed.pool.penalties).toEqual([
      { address, points: 5, code: "net/unexpected-message", isBan: false },
      { address, points: 100, code: "engine/snapshot-refuted", isBan: true },
    ]);
  });

  it("remembers the last 256 penalties", async () => {
    const observed = new Observed();
    observed.add(NOBODY);
    for (let i = 0; i < 300; i++) observed.pool.penalize(NOBODY.address, i < 44 ? 0.2 : 0.1, UNASKED);
    expect(observed.pool.penalties.map(({ points }) => points)).toEqual(Array(256).fill(0.1));
  });

  it("bans one that hung up before its lie was seen", async () => {
    const node = await startNode();
    const observed = new Observed();
    observed.add(node);
    await observed.readyCount(1);
    node.hangUp();
    await observed.status(node, "closed");
    const { changes } = observed;
    observed.pool.penalize(node.address, 100, LIE, "a lie");
    expect(observed.record(node)).toMatchObject({ status: "banned", reason: "a lie" });
    expect(observed.changes).toBe(changes + 1);
    observed.clock.advance(600_000);
    expect([node.connections, observed.clock.waiting]).toEqual([1, []]);
  });

  it("bans who sends five broken messages", async () => {
    const node = await startNode();
    const observed = new Observed();
    observed.add(node);
    await observed.readyCount(1);
    const frame = node.frame("inv", Uint8Array.of(0));
    frame[20] = (frame[20] ?? 0) ^ 1;
    for (const score of [80, 60, 40, 20]) {
      node.pushBytes(frame);
      await until(() => observed.record(node)?.score === score, `score ${score}`);
      expect(observed.record(node)?.status).toBe("ready");
    }
    node.pushBytes(frame);
    await observed.status(node, "banned");
    expect(observed.record(node)?.reason).toContain("wire/bad-checksum");
  });

  it("knows nothing of addresses it was not given", () => {
    const observed = new Observed();
    observed.pool.penalize("127.0.0.1:1", 100, LIE);
    expect([observed.pool.records, observed.changes, observed.pool.lastError]).toEqual([[], 0, undefined]);
  });
});

describe.runIf(hasVectors(FOLDER))("closing", () => {
  it("ends every connection and tries nothing again", async () => {
    const [ready, opening] = [await startNode(), await startNode({ withheld: ["verack"] })];
    const observed = new Observed();
    observed.add(ready, opening, NOBODY);
    await observed.readyCount(1);
    await until(() => opening.count("version") === 1, "introduced");
    await observed.status(NOBODY, "closed");
    observed.pool.close();
    await until(() => ready.open === 0 && opening.open === 0, "hung up");
    expect([observed.clock.waiting, observed.pool.ready]).toEqual([[], []]);
    observed.add(await startNode());
    observed.clock.advance(600_000);
    expect(observed.ready).toEqual([ready.address]);
  });
});
