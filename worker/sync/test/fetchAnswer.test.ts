import { afterEach, describe, expect, it } from "vitest";
import { DashlightError } from "../../errors.ts";
import type { Peer } from "../../net/peer.ts";
import { PeerPool } from "../../net/peerPool.ts";
import { TcpTransport } from "../../node/tcpTransport.ts";
import type { ReplayNode, ReplayNodeOptions } from "../../node/test/replayNode.ts";
import { startNode } from "../../node/test/replays.ts";
import { ManualClock } from "../../test/manualClock.ts";
import { seededRandom } from "../../test/seededRandom.ts";
import { until } from "../../test/until.ts";
import { hasVectors } from "../../test/vectors.ts";
import { type BlockHash, fromHashHex } from "../../wire/hashes.ts";
import { fetchAnswer, isBadAnswer, type SyncAnswer } from "../fetchAnswer.ts";
import { PeerSlots } from "../peerSlots.ts";
import type { MnListDiffRequest, QrInfoRequest, SyncRequest } from "../plan.ts";

const FOLDER = "regtest/cycle-a";

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

/** Peers of replayed nodes, with places to hand out. */
class Rig {
  readonly clock = new ManualClock(1_800_000_000_000);
  readonly pool: PeerPool;
  readonly slots: PeerSlots;
  readonly nodes: readonly ReplayNode[];
  readonly abort = new AbortController();
  readonly asked: string[] = [];
  readonly failures: string[] = [];

  private constructor(nodes: readonly ReplayNode[]) {
    const [first] = nodes;
    if (!first) throw new RangeError("no node");
    this.nodes = nodes;
    this.pool = new PeerPool({
      params: first.recording.params,
      transport: new TcpTransport(),
      clock: this.clock,
      random: seededRandom(),
      maxPeers: 8,
      startHeight: () => 0,
      onReady: () => this.slots.wake(),
      onMessage: () => {},
      onChange: () => this.slots?.wake(),
    });
    this.slots = new PeerSlots(() => this.pool.ready);
    cleanups.push(() => this.pool.close());
  }

  /** Peers are ready, in the order of their nodes. */
  static async start(...options: Partial<ReplayNodeOptions>[]): Promise<Rig> {
    const rig = new Rig(await Promise.all(options.map((option) => startNode(option))));
    for (const [i, { address }] of rig.nodes.entries()) {
      rig.pool.addAddresses([address]);
      await until(() => rig.pool.ready.length === i + 1, "ready");
    }
    return rig;
  }

  fetch(request: SyncRequest, avoid = new Set<string>()): Promise<SyncAnswer> {
    const fetched = fetchAnswer(request, {
      slots: this.slots,
      avoid,
      signal: this.abort.signal,
      onAsk: () => this.asked.push(request.kind),
      onFailure: ({ address }: Peer, { code }: DashlightError) =>
        this.failures.push(`${this.nodes.findIndex((node) => node.address === address)} ${code}`),
    });
    fetched.catch(() => undefined);
    return fetched;
  }

  node(index: number): ReplayNode {
    const node = this.nodes[index];
    if (!node) throw new RangeError(`no node ${index}`);
    return node;
  }

  hash(height: number): BlockHash {
    return fromHashHex<BlockHash>(this.node(0).recording.hashAt(height) ?? "");
  }

  diff(baseHeight: number, height: number): MnListDiffRequest {
    const request = { baseBlockHash: this.hash(baseHeight), blockHash: this.hash(height) };
    return {
      kind: "mnlistdiff",
      request,
      baseHeight,
      height,
      priority: "normal",
      reason: "a test",
      estimatedBytes: 0,
      isSpeculative: false,
    };
  }

  qrInfo(): QrInfoRequest {
    const request = { baseBlockHashes: [], blockRequestHash: this.hash(478), extraShare: true };
    return {
      kind: "qrinfo",
      request,
      workHeight: 448,
      reason: "a test",
      coverage: { workHeights: [448], snapshots: [], tip: false },
      priority: "critical",
      estimatedBytes: 0,
    };
  }

  /** Index of the node that answered. */
  async answeredBy(answer: Promise<SyncAnswer>): Promise<number> {
    const { peer } = await answer;
    return this.nodes.findIndex(({ address }) => address === peer.address);
  }
}

describe.runIf(hasVectors(FOLDER))("asking peers", () => {
  it("brings the recorded answers, told apart by both block hashes", async () => {
    const rig = await Rig.start({});
    const [first, second] = await Promise.all([rig.fetch(rig.diff(424, 448)), rig.fetch(rig.diff(448, 478))]);
    expect([first.kind, second.kind]).toEqual(["mnlistdiff", "mnlistdiff"]);
    expect(first.kind === "mnlistdiff" && first.diff.blockHash).toEqual(rig.hash(448));
    expect(second.kind === "mnlistdiff" && second.diff.blockHash).toEqual(rig.hash(478));
    const everybody = new Set([rig.node(0).address]);
    await expect(rig.fetch(rig.qrInfo(), everybody)).rejects.toMatchObject({ code: "client/no-peers" });
    expect((await rig.fetch(rig.qrInfo())).kind).toBe("qrinfo");
    expect(rig.asked).toEqual(["mnlistdiff", "mnlistdiff", "qrinfo"]);
  });

  it.each([
    ["refuses", { silentOn: ["getmnlistd"] }, "net/refused"],
    ["hangs up", { hangUpOn: "getmnlistd" }, "net/disconnected"],
    ["hangs up in the middle", { cutOff: { command: "mnlistdiff", bytes: 100 } }, "net/disconnected"],
    [
      "sends nonsense",
      {
        rewrite: (m: { command: string; payload: Uint8Array }) =>
          m.command === "mnlistdiff" ? [{ ...m, payload: m.payload.slice(1) }] : [m],
      },
      "wire/",
    ],
  ] as const)("turns to the next when one %s", async (_what, misbehaviour, code) => {
    const rig = await Rig.start(misbehaviour, {});
    const avoid = new Set<string>();
    expect(await rig.answeredBy(rig.fetch(rig.diff(448, 478), avoid))).toBe(1);
    expect(rig.failures).toEqual([expect.stringMatching(new RegExp(`^0 ${code}`))]);
    expect([...avoid]).toEqual(rig.nodes.map(({ address }) => address));
  });

  it("turns to the next when one takes too long", async () => {
    const rig = await Rig.start({ stallOn: "getmnlistd" }, {});
    const answer = rig.fetch(rig.diff(448, 478));
    await until(() => rig.node(0).count("getmnlistd") === 1, "asked");
    rig.clock.advance(14_999);
    expect(rig.failures).toEqual([]);
    rig.clock.advance(1);
    expect(await rig.answeredBy(answer)).toBe(1);
    expect(rig.failures).toEqual(["0 net/timeout"]);
  });

  it("gives a qrinfo twice as long", async () => {
    const rig = await Rig.start({ stallOn: "getqrinfo" });
    const answer = rig.fetch(rig.qrInfo());
    await until(() => rig.node(0).count("getqrinfo") === 1, "asked");
    rig.clock.advance(29_999);
    expect(rig.failures).toEqual([]);
    rig.clock.advance(1);
    await expect(answer).rejects.toMatchObject({ code: "net/timeout" });
  });

  it("fails with what the last peer did", async () => {
    const rig = await Rig.start({ silentOn: ["getmnlistd"] }, { silentOn: ["getmnlistd"] });
    await expect(rig.fetch(rig.diff(448, 478))).rejects.toMatchObject({
      facts: { code: "net/refused", address: rig.node(1).address },
    });
    expect(rig.failures).toEqual(["0 net/refused", "1 net/refused"]);
  });

  it("asks nobody twice, not even one that came back", async () => {
    const rig = await Rig.start({ hangUpOn: "getmnlistd" });
    const answer = rig.fetch(rig.diff(448, 478));
    await until(() => rig.pool.ready.length === 0, "hung up");
    rig.clock.advance(1_000);
    await expect(answer).rejects.toMatchObject({ code: "net/disconnected" });
    expect([rig.node(0).count("getmnlistd"), rig.node(0).connections]).toEqual([1, 2]);
  });

  it("never asks one that relays nothing for a qrinfo", async () => {
    const blocksOnly = { version: (recorded: object) => ({ ...recorded, relay: false }) };
    const rig = await Rig.start(blocksOnly as Partial<ReplayNodeOptions>, {});
    expect(await rig.answeredBy(rig.fetch(rig.qrInfo()))).toBe(1);
    expect(await rig.answeredBy(rig.fetch(rig.diff(448, 478)))).toBe(0);
    expect(rig.node(0).count("getqrinfo")).toBe(0);
    const other = new Set([rig.node(1).address]);
    await expect(rig.fetch(rig.qrInfo(), other)).rejects.toMatchObject({ code: "client/no-peers" });
  });

  it("waits for a peer while there is none", async () => {
    const rig = await Rig.start({}, {});
    const [first, second] = rig.nodes;
    first?.hangUp();
    second?.hangUp();
    await until(() => rig.pool.ready.length === 0, "alone");
    const answer = rig.fetch(rig.diff(448, 478));
    expect(rig.asked).toEqual([]);
    rig.clock.advance(1_000);
    expect([0, 1]).toContain(await rig.answeredBy(answer));
  });

  it("stops when told to: while it waits, and while it asks", async () => {
    const rig = await Rig.start({ stallOn: "getmnlistd" });
    const waiting = rig.fetch(rig.diff(448, 478));
    const others = [1, 2, 3].map(() => rig.fetch(rig.diff(448, 478)));
    await until(() => rig.node(0).count("getmnlistd") === 2, "asked");
    rig.abort.abort(new Error("enough"));
    for (const outcome of [waiting, ...others]) await expect(outcome).rejects.toThrow("enough");
    expect(rig.failures).toEqual([]);
    await expect(rig.fetch(rig.diff(448, 478))).rejects.toThrow("enough");
  });
});

describe.runIf(hasVectors(FOLDER))("places", () => {
  it("has two requests at most on their way to one peer, and the rest as places come free", async () => {
    const rig = await Rig.start({ stallOn: "getmnlistd" });
    const requests = [376, 400, 424, 448].map((height) => rig.diff(height - 24, height));
    const answers = requests.map((request) => rig.fetch(request));
    await until(() => rig.node(0).count("getmnlistd") === 2, "two");
    // A third would have been asked for by now: what one peer gets goes out in order, and its ping is behind.
    await until(() => rig.node(0).count("ping") === 2, "pings");
    expect(rig.asked.length).toBe(2);
    rig.node(0).release();
    await Promise.all(answers);
    expect(rig.asked.length).toBe(4);
  });

  it("asks the least busy peer", async () => {
    const rig = await Rig.start({ stallOn: "getmnlistd" }, { stallOn: "getmnlistd" });
    const answers = [424, 448].map((height) => rig.fetch(rig.diff(height - 24, height)));
    await until(() => rig.nodes.every((node) => node.count("getmnlistd") === 1), "one each");
    for (const node of rig.nodes) node.release();
    expect(new Set(await Promise.all(answers.map((answer) => rig.answeredBy(answer))))).toEqual(
      new Set([0, 1]),
    );
  });

  it("shares requests out among peers", async () => {
    const rig = await Rig.start({ stallOn: "getmnlistd" }, { stallOn: "getmnlistd" });
    const answers = [376, 400, 424, 448].map((height) => rig.fetch(rig.diff(height - 24, height)));
    await until(() => rig.asked.length === 4, "all asked");
    await until(() => rig.nodes.every((node) => node.count("getmnlistd") === 2), "two each");
    for (const node of rig.nodes) node.release();
    await Promise.all(answers);
  });
});

describe("whose fault an error is", () => {
  it.each([
    [{ code: "wire/truncated", needed: 2, available: 1 }, true],
    [{ code: "engine/merkle-root-mismatch", blockHash: "", expected: "", computed: "" }, true],
    [{ code: "engine/unknown-base", baseBlockHash: "" }, false],
    [{ code: "engine/unknown-block", blockHash: "" }, false],
    [{ code: "net/refused", address: "", request: "" }, false],
    [{ code: "store/not-leader" }, false],
  ] as const)("%o: the peer's %s", (facts, isPeers) => {
    expect(isBadAnswer(new DashlightError(facts))).toBe(isPeers);
    expect(isBadAnswer(new Error(facts.code))).toBe(false);
  });
});
