import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { NodeProfile } from "../../../bridge/simnet/faults/profile.ts";
import { createSimnet, type Simnet } from "../../../bridge/simnet/network.ts";
import { createBls } from "../../bls/index.ts";
import type { AcceptResult } from "../../chain/headerChain.ts";
import { HeaderChain } from "../../chain/headerChain.ts";
import { GENESIS, join, type Mined, mine, mineRow, NOW } from "../../chain/test/mining.ts";
import { DashlightError } from "../../errors.ts";
import { Peer } from "../../net/peer.ts";
import { loadX11 } from "../../node/loadX11.ts";
import { TcpTransport } from "../../node/tcpTransport.ts";
import type { RecordedMessage } from "../../node/test/recording.ts";
import { flipBit, type ReplayNode } from "../../node/test/replayNode.ts";
import { startNode } from "../../node/test/replays.ts";
import { type NetworkParams, paramsFromFile } from "../../params/index.ts";
import { type LinkHeaders, linkHeadersIn } from "../../pool/index.ts";
import { ManualClock } from "../../test/manualClock.ts";
import { seededRandom } from "../../test/seededRandom.ts";
import { until } from "../../test/until.ts";
import { hasVectors } from "../../test/vectors.ts";
import { encode } from "../../wire/codec.ts";
import { toHashHex } from "../../wire/hashes.ts";
import { compressHeaders, headers2 } from "../../wire/headers.ts";
import type { Message } from "../../wire/message.ts";
import { ServiceFlag, type Version } from "../../wire/version.ts";
import { HeaderSync, headerPenalty } from "../headerSync.ts";

const START_TIME_SECONDS = 1_800_000_000;
const FOLDER = "regtest/cycle-a";
const x11 = await loadX11();
const linkHere = linkHeadersIn(undefined, x11);
const { signal } = new AbortController();

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

/** A chain at genesis that takes headers from replayed nodes. */
class Rig {
  readonly clock: ManualClock;
  readonly chain: HeaderChain;
  readonly sync: HeaderSync;
  readonly accepted: AcceptResult[] = [];
  /** Requests sent when headers had come in. */
  readonly requestsThen: number[] = [];
  /** Addresses, and heights of what they showed. */
  readonly shown: [string, number | undefined][] = [];
  readonly #random = seededRandom();

  /** @param tipTime - of the newest block, in seconds since 1970 */
  constructor(params: NetworkParams, tipTime: number, linkHeaders: LinkHeaders = linkHere) {
    this.clock = new ManualClock((tipTime + 60) * 1000);
    this.chain = HeaderChain.start(params, (headers) => x11.hashHeaders(headers));
    this.sync = new HeaderSync(
      this.chain,
      linkHeaders,
      this.clock,
      async (result) => {
        this.accepted.push(result);
        this.requestsThen.push(this.sync.requests);
      },
      ({ address }, block) => this.shown.push([address, this.chain.heightOf(block)]),
    );
  }

  static of({ recording }: ReplayNode): Rig {
    return new Rig(recording.params, recording.tipTime);
  }

  peer({ address, recording }: ReplayNode): Promise<Peer> {
    return this.connect(address, recording.params);
  }

  async connect(address: string, params: NetworkParams): Promise<Peer> {
    const peer = new Peer({
      address,
      params,
      transport: new TcpTransport(),
      clock: this.clock,
      randomNonce: () => BigInt(Math.floor(this.#random() * 2 ** 32)),
      startHeight: 0,
      onMessage: (from, message) => {
        if (message.command === "headers" || message.command === "headers2")
          void this.sync.accept(from, message);
      },
      onClose: () => {},
      onBadMessage: () => {},
    });
    cleanups.push(() => peer.close("the test ends"));
    await peer.connect();
    return peer;
  }

  get tip(): [number, string] {
    return [this.chain.tip.height, toHashHex(this.chain.tip.hash)];
  }
}

/** Hashes at once, but holds back the first message until it is released. */
class Held {
  #release: (() => void) | undefined;
  readonly #released = new Promise<void>((resolve) => {
    this.#release = resolve;
  });
  /** Messages so far. */
  count = 0;

  readonly link: LinkHeaders = async (message) => {
    if (this.count++ === 0) await this.#released;
    return linkHere(message);
  };

  release(): void {
    this.#release?.();
  }
}

const withoutCompression = (recorded: Version): Version => ({
  ...recorded,
  services: recorded.services & ~ServiceFlag.headersCompressed,
});

function announcement(node: ReplayNode, from: number, to: number): Extract<Message, { command: "headers2" }> {
  const payload = compressHeaders(node.recording.headers(from, to), "announcement");
  return { command: "headers2", payload };
}

describe.runIf(hasVectors(FOLDER))("header sync", () => {
  it("asks until a node has no more", async () => {
    const node = await startNode();
    const rig = Rig.of(node);
    await rig.sync.sync(await rig.peer(node), signal);
    expect(rig.tip).toEqual([478, node.recording.tip.hash]);
    expect([node.count("getheaders2"), node.count("getheaders"), rig.sync.requests]).toEqual([2, 0, 2]);
    expect(rig.accepted.map(({ added, changedFrom }) => [added, changedFrom])).toEqual([[478, 1]]);
  });

  it("asks a node that compresses nothing for plain headers", async () => {
    const node = await startNode({ version: withoutCompression });
    const rig = Rig.of(node);
    await rig.sync.sync(await rig.peer(node), signal);
    expect(rig.tip).toEqual([478, node.recording.tip.hash]);
    expect([node.count("getheaders2"), node.count("getheaders")]).toEqual([0, 2]);
  });

  it("takes from the next node only what the one before did not have", async () => {
    const [short, long] = [await startNode({ tipHeight: 300 }), await startNode()];
    const rig = Rig.of(short);
    const peers = [await rig.peer(short), await rig.peer(long)];
    await Promise.all(peers.map((peer) => rig.sync.sync(peer, signal)));
    expect(rig.accepted.map(({ added, changedFrom }) => [added, changedFrom])).toEqual([
      [300, 1],
      [178, 301],
    ]);
  });

  it("lets every node show how far it is, with one request if it brings nothing new", async () => {
    const nodes = [await startNode(), await startNode(), await startNode({ tipHeight: 450 })];
    const [first] = nodes;
    if (!first) throw new Error("no node");
    const rig = Rig.of(first);
    for (const node of nodes) await rig.sync.sync(await rig.peer(node), signal);
    const shown = nodes.map(({ address }) => rig.shown.filter(([who]) => who === address).at(-1)?.[1]);
    expect(shown).toEqual([478, 478, 450]);
    expect(nodes.map((node) => node.count("getheaders2")).slice(0, 2)).toEqual([2, 1]);
  });

  it.each([1, 5, 9, 11])(
    "lets a node %i blocks behind show it, with two requests at most",
    async (behind) => {
      const [ahead, late] = [await startNode(), await startNode({ tipHeight: 478 - behind })];
      const rig = Rig.of(ahead);
      for (const node of [ahead, late]) await rig.sync.sync(await rig.peer(node), signal);
      expect(rig.shown.filter(([who]) => who === late.address).at(-1)?.[1]).toBe(478 - behind);
      expect(late.count("getheaders2")).toBeLessThanOrEqual(2);
    },
  );

  it("asks a node without blocks twice at most", async () => {
    const [ahead, empty] = [await startNode(), await startNode({ tipHeight: 0 })];
    const rig = Rig.of(ahead);
    for (const node of [ahead, empty]) await rig.sync.sync(await rig.peer(node), signal);
    expect(rig.shown.every(([who]) => who === ahead.address)).toBe(true);
    expect(empty.count("getheaders2")).toBe(2);
  });

  it("asks a node once, however often it announces something", async () => {
    const node = await startNode({ stallOn: "getheaders2" });
    const rig = Rig.of(node);
    const peer = await rig.peer(node);
    const running = rig.sync.sync(peer, signal);
    await until(() => node.count("getheaders2") === 1, "asked");
    const waiting = Array.from({ length: 50 }, () => rig.sync.sync(peer, signal));
    node.release();
    await Promise.all([running, ...waiting]);
    // The first run asked twice, all others together once.
    expect(node.count("getheaders2")).toBe(3);
  });

  it("goes on with the next node when one fails", async () => {
    const [silent, node] = [await startNode({ silentOn: ["getheaders2"] }), await startNode()];
    const rig = Rig.of(node);
    const failing = rig.sync.sync(await rig.peer(silent), signal);
    const next = rig.sync.sync(await rig.peer(node), signal);
    await expect(failing).rejects.toMatchObject({ code: "net/refused" });
    await next;
    expect(rig.tip[0]).toBe(478);
  });

  it("stops at a header that breaks a rule, and keeps those before it", async () => {
    const command = "headers";
    const node = await startNode({
      version: withoutCompression,
      // The merkle root of block 200, which is the second field of its 81 bytes behind the three of the count.
      rewrite: (message: RecordedMessage) =>
        message.command === command
          ? [{ command, payload: flipBit(message.payload, 3 + 199 * 81 + 40) }]
          : [message],
    });
    const rig = Rig.of(node);
    await expect(rig.sync.sync(await rig.peer(node), signal)).rejects.toMatchObject({
      code: expect.stringMatching(/^chain\/(bad-proof-of-work|unknown-parent)$/),
    });
    expect(rig.tip[0]).toBeGreaterThanOrEqual(199);
    expect(rig.tip[0]).toBeLessThanOrEqual(200);
  });

  it("fails when told to stop", async () => {
    const node = await startNode({ stallOn: "getheaders2" });
    const rig = Rig.of(node);
    const abort = new AbortController();
    const running = rig.sync.sync(await rig.peer(node), abort.signal);
    await until(() => node.count("getheaders2") === 1, "asked");
    abort.abort(new Error("enough"));
    await expect(running).rejects.toThrow("enough");
  });

  it("takes announced headers that connect, and says so if they do not", async () => {
    const node = await startNode({ tipHeight: 470 });
    const rig = Rig.of(node);
    const peer = await rig.peer(node);
    await rig.sync.sync(peer, signal);
    expect(await rig.sync.accept(peer, announcement(node, 471, 473))).toBe(true);
    expect(rig.tip[0]).toBe(473);
    expect(await rig.sync.accept(peer, announcement(node, 475, 478))).toBe(false);
    expect(rig.tip[0]).toBe(473);
    const plain = { command: "headers", payload: node.recording.headers(474, 478) } as const;
    expect(await rig.sync.accept(peer, plain)).toBe(true);
    expect(rig.tip[0]).toBe(478);
    expect(await rig.sync.accept(peer, plain)).toBe(true);
    expect(rig.accepted.map(({ added }) => added)).toEqual([470, 3, 5]);
    // What did not connect shows nothing.
    const { address } = node;
    expect(rig.shown.map(([, height]) => height)).toEqual([470, 470, 473, 478, 478]);
    expect(rig.shown.every(([who]) => who === address)).toBe(true);
  });

  it("takes an answer in before what came right behind it", async () => {
    const node = await startNode({ stallOn: "getheaders2" });
    const rig = Rig.of(node);
    const running = rig.sync.sync(await rig.peer(node), signal);
    await until(() => node.count("getheaders2") === 1, "asked");
    const frames = [announcement(node, 1, 100), announcement(node, 101, 103)].map(({ command, payload }) =>
      node.frame(command, encode(headers2(70_240), payload)),
    );
    node.pushBytes(Uint8Array.from(frames.flatMap((frame) => [...frame])));
    await until(() => rig.accepted.length === 2, "both taken in");
    expect(rig.accepted.map(({ added }) => added)).toEqual([100, 3]);
    node.release();
    await running;
  });

  it("takes nothing for an answer that builds on an unknown block", async () => {
    const node = await startNode({ tipHeight: 470, stallOn: "getheaders2" });
    const rig = Rig.of(node);
    const running = rig.sync.sync(await rig.peer(node), signal);
    await until(() => node.count("getheaders2") === 1, "asked");
    const { command, payload } = announcement(node, 475, 478);
    node.pushBytes(node.frame(command, encode(headers2(70_240), payload)));
    node.release();
    await running;
    expect(rig.tip[0]).toBe(470);
  });

  it("bears with headers that lead nowhere until there are too many since the last that moved the chain", async () => {
    const [node, other] = [await startNode({ tipHeight: 470 }), await startNode({ tipHeight: 470 })];
    const rig = Rig.of(node);
    const peer = await rig.peer(node);
    await rig.sync.sync(peer, signal);
    let salt = 0;
    const accept = (headers: Uint8Array) => rig.sync.accept(peer, { command: "headers", payload: headers });
    const fork = (length: number) => join(...mineRow(GENESIS, length, { salt: ++salt }));
    const known = fork(128);
    for (const headers of [known, known, fork(128)]) expect(await accept(headers)).toBe(true);
    expect(await accept(node.recording.headers(471, 472))).toBe(true);
    expect(await accept(fork(128))).toBe(true);
    // What does not connect counts too.
    for (let i = 0; i < 32; i++) expect(await accept(node.recording.headers(475, 478))).toBe(false);
    await expect(accept(fork(1))).rejects.toMatchObject({
      facts: { code: "net/header-flood", address: node.address, headers: 257 },
    });
    // It is told once, and of nobody else.
    expect(await accept(fork(1))).toBe(true);
    const headers = { command: "headers", payload: fork(1) } as const;
    expect(await rig.sync.accept(await rig.peer(other), headers)).toBe(true);
  });

  it("throws at announced headers that break a rule", async () => {
    const node = await startNode();
    const rig = Rig.of(node);
    const broken = node.recording.headers(1, 3);
    broken.set([0xff, 0xff, 0x7f, 0x1f], 72);
    const message = { command: "headers", payload: broken } as const;
    const refused = rig.sync.accept(await rig.peer(node), message);
    await expect(refused).rejects.toMatchObject({ code: expect.stringMatching(/^chain\//) });
    expect(rig.shown).toEqual([]);
  });
});

describe("what headers that fail cost", () => {
  it.each([
    [{ code: "chain/bad-proof-of-work", blockHash: "", bits: "" }, 100],
    [{ code: "wire/truncated", needed: 2, available: 1 }, 100],
    [{ code: "net/header-flood", address: "", headers: 257 }, 100],
    // Our own clock may be wrong.
    [{ code: "chain/time-too-new", height: 1, time: 2, limit: 1 }, 10],
    [{ code: "net/refused", address: "", request: "getheaders" }, 0],
  ] as const)("%j: %i points", (facts, points) => {
    expect(headerPenalty(new DashlightError(facts))).toBe(points);
  });
});

describe("header sync over several messages", () => {
  const oldNode = { protocolVersion: 70_230 };
  let simnet: Simnet;
  beforeAll(async () => {
    const size = { nodes: 1, masternodes: 12, blocks: 2_300, startTimeSeconds: START_TIME_SECONDS };
    simnet = await createSimnet({ seed: 1, ...size, bls: await createBls(), x11 });
  });
  afterAll(() => simnet.close());

  async function connect(fault: NodeProfile = {}, linkHeaders: LinkHeaders = linkHere) {
    simnet.hurt(0, { ...oldNode, ...fault });
    const params = paramsFromFile(simnet.params);
    const rig = new Rig(params, START_TIME_SECONDS, linkHeaders);
    return { rig, peer: await rig.connect(simnet.addresses[0] ?? "", params) };
  }

  /** Of the network's chain, as an honest client got them. */
  async function rawHeaders(from: number, to: number): Promise<Uint8Array> {
    const { rig, peer } = await connect();
    await rig.sync.sync(peer, signal);
    return rig.chain.rawHeaders(from, to - from + 1);
  }

  it.each([
    ["come twice", { messages: { duplicate: { share: 1, commands: ["headers2"] } } }, 3],
    [
      "of blocks known long ago come before each answer",
      { unsolicited: { commands: ["headers"], share: 1 } },
      7,
    ],
  ] as const)("reaches the tip when headers %s", async (_, fault, mostRequests) => {
    const { rig, peer } = await connect(fault);
    await rig.sync.sync(peer, signal);
    expect(rig.chain.tip.height).toBe(2_300);
    expect(rig.sync.requests).toBeLessThanOrEqual(mostRequests);
  });

  it("asks for more while a full answer is verified, and for the rest after that", async () => {
    const { rig, peer } = await connect();
    await rig.sync.sync(peer, signal);
    expect(rig.accepted.map(({ added }) => added)).toEqual([2_000, 300]);
    expect(rig.requestsThen).toEqual([2, 2]);
    expect(rig.sync.requests).toBe(3);
  });

  /** As a parent to mine on. */
  function genesis(): Mined {
    const { hash, header, headerBytes } = simnet.chain.block(0);
    return { height: 0, hash, header: headerBytes, time: header.time };
  }

  it("leaves a node whose headers lead nowhere after a few answers, however many more it has", async () => {
    let salt = 0;
    const tamper = (message: Message): Message => {
      if (message.command !== "headers2") return message;
      const { header } = mine(genesis(), { salt: ++salt });
      return { command: "headers2", payload: compressHeaders(header, "reply") };
    };
    const { rig, peer } = await connect({ tamper });
    await rig.sync.sync(peer, signal);
    expect([rig.sync.requests, rig.chain.tip.height]).toEqual([4, 1]);
    simnet.hurt(0, oldNode);
    await rig.sync.sync(await rig.connect(simnet.addresses[0] ?? "", rig.chain.params), signal);
    expect(rig.chain.tip.height).toBe(2_300);
  });

  it("follows a long fork until it has the most work", async () => {
    const [best, better] = [mineRow(genesis(), 8_100), mineRow(genesis(), 8_200, { salt: 1 })];
    const rig = new Rig(paramsFromFile(simnet.params), better.at(-1)?.time ?? 0);
    rig.chain.acceptHeaders(join(...best), NOW);
    let from = 0;
    const tamper = (message: Message): Message => {
      if (message.command !== "headers2") return message;
      const answer = join(...better.slice(from, from + 2_000));
      // It is asked to go on from the last block but one.
      from += 1_999;
      return { command: "headers2", payload: compressHeaders(answer, "reply") };
    };
    simnet.hurt(0, { ...oldNode, tamper });
    await rig.sync.sync(await rig.connect(simnet.addresses[0] ?? "", rig.chain.params), signal);
    expect(rig.chain.tip.height).toBe(8_200);
  });

  it("takes messages in as they came, whichever is hashed first", async () => {
    const held = new Held();
    const { rig, peer } = await connect({}, held.link);
    const running = rig.sync.sync(peer, signal);
    await until(() => held.count === 1, "the first answer came");
    const announced = rig.sync.accept(peer, { command: "headers", payload: await rawHeaders(2_001, 2_010) });
    held.release();
    expect(await announced).toBe(true);
    await running;
    expect(rig.accepted.map(({ added }) => added)).toEqual([2_000, 10, 290]);
  });

  it("takes an answer in after what was announced before", async () => {
    const held = new Held();
    const payload = await rawHeaders(1, 10);
    const { rig, peer } = await connect({}, held.link);
    const announced = rig.sync.accept(peer, { command: "headers", payload });
    const running = rig.sync.sync(peer, signal);
    await until(() => rig.sync.requests === 2, "the answer is hashed");
    held.release();
    expect(await announced).toBe(true);
    await running;
    expect(rig.accepted.map(({ added }) => added)).toEqual([10, 1_990, 300]);
  });

  it("blames a bad answer alone: what was asked for meanwhile is nobody's", async () => {
    const spoilt: LinkHeaders = async (message) => {
      const linked = await linkHere(message);
      // The hash of block 1500, which so lacks its work.
      if (message.bitFields.length === 2_000) linked.hashes.fill(0xff, 1_499 * 32, 1_500 * 32);
      return linked;
    };
    const { rig, peer } = await connect({}, spoilt);
    const refused = { code: "chain/bad-proof-of-work" };
    await expect(rig.sync.sync(peer, signal)).rejects.toMatchObject(refused);
    expect([rig.chain.tip.height, rig.sync.requests]).toEqual([1_499, 2]);
    // The next run does without the answer that nobody waited for.
    await rig.sync.sync(peer, signal);
    expect(rig.chain.tip.height).toBe(2_300);
  });

  it("takes nothing in that was still hashed when it was told to stop", async () => {
    const held = new Held();
    const { rig, peer } = await connect({}, held.link);
    const abort = new AbortController();
    const running = rig.sync.sync(peer, abort.signal);
    await until(() => held.count === 1, "the first answer came");
    abort.abort(new Error("enough"));
    held.release();
    await expect(running).rejects.toThrow("enough");
    expect([rig.chain.headersTip.height, rig.accepted.length]).toEqual([0, 0]);
  });
});
