import { afterEach, describe, expect, it } from "vitest";
import type { DashlightError, ErrorCode } from "../../errors.ts";
import { TcpTransport } from "../../node/tcpTransport.ts";
import type { ReplayNode } from "../../node/test/replayNode.ts";
import { NOBODY, startNode } from "../../node/test/replays.ts";
import { ManualClock } from "../../test/manualClock.ts";
import { until } from "../../test/until.ts";
import { hasVectors } from "../../test/vectors.ts";
import { decode, encode } from "../../wire/codec.ts";
import { pingNonce } from "../../wire/control.ts";
import { type BlockHash, fromHashHex, toHashHex, ZERO_HASH } from "../../wire/hashes.ts";
import type { Message } from "../../wire/message.ts";
import { version } from "../../wire/version.ts";
import { Peer, type PeerOptions } from "../peer.ts";

const FOLDER = "regtest/cycle-a";
const TIMEOUT_MS = 15_000;

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A peer with what it reported. */
class Observed {
  readonly clock = new ManualClock(1_800_000_000_000);
  readonly messages: Message[] = [];
  readonly bad: ErrorCode[] = [];
  readonly closed: DashlightError[] = [];
  readonly peer: Peer;
  #nonce = 0n;

  constructor(node: ReplayNode, options: Partial<PeerOptions> = {}) {
    this.peer = new Peer({
      address: node.address,
      params: node.recording.params,
      transport: new TcpTransport(),
      clock: this.clock,
      randomNonce: () => ++this.#nonce,
      startHeight: 0,
      onMessage: (_peer, message) => this.messages.push(message),
      onClose: (_peer, error) => this.closed.push(error),
      onBadMessage: (_peer, error) => this.bad.push(error.code),
      ...options,
    });
    cleanups.push(() => this.peer.close("the test ends"));
  }

  requestHeaders(signal?: AbortSignal): Promise<Message> {
    const payload = { version: 70240, locator: [], hashStop: ZERO_HASH as BlockHash };
    const take = (message: Message) => (message.command === "headers2" ? message : undefined);
    const options = { timeoutMs: TIMEOUT_MS, ...(signal ? { signal } : {}) };
    return this.peer.request({ command: "getheaders2", payload }, take, options);
  }

  /** @param to - a height; the tip's diff was recorded from genesis */
  requestDiff(node: ReplayNode, to = 478): Promise<Message> {
    const payload = { baseBlockHash: blockHashAt(node, 0), blockHash: blockHashAt(node, to) };
    const take = (message: Message) => (message.command === "mnlistdiff" ? message : undefined);
    return this.peer.request({ command: "getmnlistd", payload }, take, { timeoutMs: TIMEOUT_MS });
  }
}

function blockHashAt(node: ReplayNode, height: number): BlockHash {
  return fromHashHex<BlockHash>(node.recording.hashAt(height) ?? "");
}

/** Connected, and everything that the node says by itself is said. */
async function connected(node: ReplayNode, options?: Partial<PeerOptions>): Promise<Observed> {
  const observed = new Observed(node, options);
  await observed.peer.connect();
  await until(() => node.count("pong") === 1, "handshake over");
  return observed;
}

const commandsOf = (messages: readonly { readonly command: string }[]) =>
  messages.map(({ command }) => command);

describe.runIf(hasVectors(FOLDER))("handshake", () => {
  it("introduces itself first, and says what it wants before verack", async () => {
    const node = await startNode();
    const { peer, clock } = await connected(node, { startHeight: 12 });
    expect(commandsOf(node.received)).toEqual(["version", "sendaddrv2", "sendheaders2", "verack", "pong"]);
    const introduction = decode(version, node.received[0]?.payload ?? new Uint8Array());
    expect(introduction).toMatchObject({
      protocolVersion: 70240,
      services: 0n,
      time: BigInt(clock.now() / 1000),
      userAgent: "/Dashlight:0.1.0/",
      startHeight: 12,
      relay: true,
      isMasternode: false,
    });
    expect(introduction.sender?.nonce).toBe(1n);
    expect(introduction.mnAuthChallenge).toEqual(new Uint8Array(32));
    expect(peer.isReady).toBe(true);
    expect(peer.commonVersion).toBe(70240);
    expect(peer.answersQrInfo).toBe(true);
    expect(peer.version?.userAgent).toContain("Dash Core:23.1.2");
  });

  it("names the devnet, or its nodes refuse us", async () => {
    const node = await startNode();
    const params = { ...node.recording.params, devnetName: "ouzo" };
    await connected(node, { params });
    const introduction = decode(version, node.received[0]?.payload ?? new Uint8Array());
    expect(introduction.userAgent).toBe("/Dashlight:0.1.0/devnet.ouzo/");
  });

  it("uses the lower version of both, and knows who relays nothing", async () => {
    const node = await startNode({ version: (v) => ({ ...v, protocolVersion: 70235, relay: false }) });
    const { peer } = await connected(node);
    expect([peer.commonVersion, peer.answersQrInfo]).toEqual([70235, false]);
  });

  it("refuses a node too old to prove what we need", async () => {
    const node = await startNode({ version: (v) => ({ ...v, protocolVersion: 70229 }) });
    const observed = new Observed(node);
    await expect(observed.peer.connect()).rejects.toMatchObject({
      facts: { code: "net/handshake-failed", reason: "protocol 70229 is too old" },
    });
    await until(() => node.open === 0, "closed");
    expect(commandsOf(node.received)).toEqual(["version"]);
    expect(observed.closed.map(({ code }) => code)).toEqual(["net/handshake-failed"]);
    expect(observed.clock.waiting).toEqual([]);
  });

  it.each(["verack", "version"])("gives up after 15 s without %s", async (withheld) => {
    const node = await startNode({ withheld: [withheld] });
    const observed = new Observed(node);
    const outcome = observed.peer.connect();
    const failed = expect(outcome).rejects.toMatchObject({ code: "net/handshake-failed" });
    await until(() => node.count("version") === 1, "introduced");
    observed.clock.advance(14_999);
    expect(observed.closed).toEqual([]);
    observed.clock.advance(1);
    await failed;
    expect(observed.peer.isReady).toBe(false);
    await until(() => node.open === 0, "closed");
  });

  it("fails when the node hangs up during it", async () => {
    const node = await startNode({ cutOff: { command: "version", bytes: 30 } });
    const observed = new Observed(node);
    await expect(observed.peer.connect()).rejects.toMatchObject({ code: "net/disconnected" });
    expect(observed.clock.waiting).toEqual([]);
  });

  it("fails when nobody listens", async () => {
    const observed = new Observed(await startNode(), NOBODY);
    await expect(observed.peer.connect()).rejects.toMatchObject({
      facts: { code: "net/connect-failed", ...NOBODY },
    });
    expect(observed.clock.waiting).toEqual([]);
  });

  it("closes a connection that opens after it was closed", async () => {
    const node = await startNode();
    const observed = new Observed(node);
    const outcome = expect(observed.peer.connect()).rejects.toMatchObject({ code: "net/disconnected" });
    observed.peer.close("changed its mind");
    await outcome;
    await until(() => node.connections === 1 && node.open === 0, "closed");
    expect(node.received).toEqual([]);
    expect(observed.clock.waiting).toEqual([]);
  });

  it("is not ready when the connection broke right behind verack", async () => {
    const node = await startNode({
      spoilFrame: (frame, command) =>
        command === "verack" ? Uint8Array.from([...frame, ...new Uint8Array(24)]) : frame,
    });
    const observed = new Observed(node);
    await expect(observed.peer.connect()).rejects.toMatchObject({ code: "net/disconnected" });
    expect([observed.peer.isReady, observed.bad]).toEqual([false, ["wire/bad-magic"]]);
    expect(observed.clock.waiting).toEqual([]);
  });

  it("takes what a node said first, whatever it says later", async () => {
    const node = await startNode();
    const { peer } = await connected(node);
    const [first] = node.recording.handshake;
    const recorded = decode(version, first?.payload ?? new Uint8Array());
    node.push("version", encode(version, { ...recorded, protocolVersion: 70230, relay: false }));
    node.push("verack", new Uint8Array());
    node.push("ping", encode(pingNonce, 77n));
    await until(() => node.count("pong") === 2, "pong");
    expect([peer.commonVersion, peer.answersQrInfo, node.count("verack")]).toEqual([70240, true, 1]);
  });
});

describe.runIf(hasVectors(FOLDER))("requests", () => {
  it("answers with the recorded message", async () => {
    const node = await startNode();
    const observed = await connected(node);
    const answer = await observed.requestDiff(node);
    expect(answer.command).toBe("mnlistdiff");
    expect(answer.command === "mnlistdiff" && toHashHex(answer.payload.blockHash)).toBe(
      node.recording.tip.hash,
    );
    expect(node.misbehaviour).toBe(0);
  });

  it("knows a refused request after one round trip, however long it may take", async () => {
    const node = await startNode({ silentOn: ["getmnlistd"] });
    const observed = await connected(node);
    await expect(observed.requestDiff(node)).rejects.toMatchObject({
      facts: { code: "net/refused", address: node.address, request: "getmnlistd" },
    });
    expect(commandsOf(node.received).slice(-2)).toEqual(["getmnlistd", "ping"]);
    expect(observed.peer.isReady).toBe(true);
    expect(observed.clock.waiting).toEqual([30_000]);
  });

  it("tells which of two requests was refused", async () => {
    const node = await startNode();
    const observed = await connected(node);
    const unknown = observed.requestDiff(node, 12);
    const refused = expect(unknown).rejects.toMatchObject({ code: "net/refused" });
    const answer = await observed.requestDiff(node);
    await refused;
    expect(answer.command).toBe("mnlistdiff");
    expect(node.misbehaviour).toBe(1);
  });

  it("takes the pong of an earlier ping for no refusal", async () => {
    const node = await startNode({ stallOn: "ping" });
    const observed = await connected(node);
    observed.clock.advance(30_000);
    await until(() => node.count("ping") === 1, "ping");
    const answer = observed.requestDiff(node);
    await until(() => node.count("ping") === 2, "fence");
    node.release();
    expect((await answer).command).toBe("mnlistdiff");
  });

  it("times out to the millisecond, and counts the late answer as unasked", async () => {
    const node = await startNode({ stallOn: "getmnlistd" });
    const observed = await connected(node);
    const outcome = expect(observed.requestDiff(node)).rejects.toMatchObject({
      facts: { code: "net/timeout", address: node.address, request: "getmnlistd", timeoutMs: TIMEOUT_MS },
    });
    await until(() => node.count("ping") === 1, "asked");
    observed.clock.advance(TIMEOUT_MS - 1);
    expect(observed.clock.waiting).toContain(1);
    observed.clock.advance(1);
    await outcome;
    const before = observed.messages.length;
    node.release();
    await until(() => observed.messages.length > before, "late answer");
    expect(commandsOf(observed.messages).slice(before)).toEqual(["mnlistdiff"]);
    expect(observed.peer.isReady).toBe(true);
  });

  it("stops waiting when told to", async () => {
    const node = await startNode({ stallOn: "getheaders2" });
    const observed = await connected(node);
    const abort = new AbortController();
    const outcome = expect(observed.requestHeaders(abort.signal)).rejects.toThrow("enough");
    await until(() => node.count("getheaders2") === 1, "asked");
    abort.abort(new Error("enough"));
    await outcome;
    expect(observed.clock.waiting).toEqual([30_000]);
    await expect(observed.requestHeaders(abort.signal)).rejects.toThrow("enough");
    expect(node.count("getheaders2")).toBe(1);
  });

  it("fails all that is on its way when the node hangs up, once", async () => {
    const node = await startNode({ stallOn: "getheaders2" });
    const observed = await connected(node);
    const outcomes = Promise.allSettled([observed.requestHeaders(), observed.requestDiff(node)]);
    await until(() => node.count("ping") === 2, "asked");
    node.hangUp();
    for (const outcome of await outcomes) {
      expect(outcome).toMatchObject({ status: "rejected", reason: { code: "net/disconnected" } });
    }
    expect(observed.closed.map(({ code }) => code)).toEqual(["net/disconnected"]);
    expect(observed.clock.waiting).toEqual([]);
    await expect(observed.requestHeaders()).rejects.toMatchObject({
      facts: { code: "net/disconnected", reason: "not connected" },
    });
    observed.peer.send({ command: "getaddr", payload: undefined });
    observed.peer.close("again");
    expect(observed.closed.length).toBe(1);
  });

  it("fails a request whose answer does not decode, blames it once, and goes on", async () => {
    const node = await startNode({
      rewrite: (message) =>
        message.command === "mnlistdiff"
          ? [{ ...message, payload: message.payload.slice(0, 99) }]
          : [message],
    });
    const observed = await connected(node);
    await expect(observed.requestDiff(node)).rejects.toMatchObject({ code: "wire/truncated" });
    expect(observed.bad).toEqual([]);
    expect((await observed.requestHeaders()).command).toBe("headers2");
  });

  it("gives answers that match nothing to the listener", async () => {
    const node = await startNode();
    const observed = await connected(node);
    node.push("headers2", Uint8Array.of(0));
    node.push("foobar", Uint8Array.of(1, 2, 3));
    await until(() => commandsOf(observed.messages).includes("unknown"), "heard");
    expect(commandsOf(observed.messages).slice(-2)).toEqual(["headers2", "unknown"]);
    expect(observed.bad).toEqual([]);
  });
});

describe.runIf(hasVectors(FOLDER))("the stream", () => {
  it("does not mind how bytes are cut", async () => {
    const node = await startNode();
    const observed = await connected(node);
    const before = observed.messages.length;
    const frames = [
      node.frame("inv", Uint8Array.of(0)),
      node.frame("ping", encode(pingNonce, 5n)),
      node.frame("headers2", Uint8Array.of(0)),
    ];
    const joined = Uint8Array.from(frames.flatMap((frame) => [...frame]));
    node.pushBytes(joined);
    let heard = observed.peer.bytesIn + joined.length;
    await until(() => observed.peer.bytesIn === heard, "all at once");
    for (const byte of joined) {
      node.pushBytes(Uint8Array.of(byte));
      heard++;
      await until(() => observed.peer.bytesIn === heard, "a byte");
    }
    expect(commandsOf(observed.messages).slice(before)).toEqual(["inv", "headers2", "inv", "headers2"]);
    await until(() => node.count("pong") === 3, "pongs");
  });

  it("drops a message with a wrong checksum and keeps the connection", async () => {
    const node = await startNode();
    const observed = await connected(node);
    const frame = node.frame("inv", Uint8Array.of(0));
    node.pushBytes(Uint8Array.from(frame, (byte, i) => (i === 20 ? byte ^ 1 : byte)));
    node.push("ping", encode(pingNonce, 6n));
    await until(() => node.count("pong") === 2, "pong");
    expect(observed.bad).toEqual(["wire/bad-checksum"]);
    expect(commandsOf(observed.messages)).not.toContain("inv");
    expect([observed.peer.isReady, node.open]).toEqual([true, 1]);
  });

  it.each([
    ["another network's magic", Uint8Array.of(0xbf, 0x0c, 0x6b, 0xbd), "wire/bad-magic"],
    ["a payload over any limit", undefined, "wire/oversized"],
  ] as const)("ends at %s", async (_what, magic, code) => {
    const node = await startNode();
    const observed = await connected(node);
    const frame = node.frame("inv", Uint8Array.of(0));
    if (magic) frame.set(magic, 0);
    else frame.set([0xff, 0xff, 0xff, 0x7f], 16);
    node.pushBytes(frame);
    node.push("inv", Uint8Array.of(0));
    await until(() => observed.closed.length === 1, "closed");
    expect(observed.bad).toEqual([code]);
    expect(observed.closed[0]?.facts).toMatchObject({ code: "net/disconnected" });
    await until(() => node.open === 0, "hung up");
  });

  it("reports a message that does not decode, and goes on", async () => {
    const node = await startNode();
    const observed = await connected(node);
    node.push("inv", Uint8Array.of(1, 2, 3));
    node.push("ping", encode(pingNonce, 7n));
    await until(() => node.count("pong") === 2, "pong");
    expect(observed.bad.length).toBe(1);
    expect(observed.bad[0]).toMatch(/^wire\//);
  });

  it("counts bytes both ways", async () => {
    const node = await startNode();
    const observed = await connected(node);
    const sent = node.received.reduce((sum, { payload }) => sum + 24 + payload.length, 0);
    const heard = node.recording.handshake.reduce((sum, { payload }) => sum + 24 + payload.length, 0);
    expect([observed.peer.bytesOut, observed.peer.bytesIn]).toEqual([sent, heard]);
  });
});

describe.runIf(hasVectors(FOLDER))("pings", () => {
  it("answers with the same number", async () => {
    const node = await startNode();
    await connected(node);
    const recorded = node.recording.handshake.find(({ command }) => command === "ping");
    expect(node.received.at(-1)).toEqual({ command: "pong", payload: recorded?.payload });
  });

  it("sends one every half minute and measures the way there and back", async () => {
    const node = await startNode({ stallOn: "ping" });
    const observed = await connected(node);
    observed.clock.advance(30_000);
    await until(() => node.count("ping") === 1, "ping");
    observed.clock.advance(123);
    expect(observed.peer.expectedLatencyMs).toBe(123);
    node.release();
    await until(() => observed.peer.latencyMs !== 0, "pong");
    expect([observed.peer.latencyMs, observed.peer.expectedLatencyMs]).toEqual([123, 123]);
    observed.clock.advance(30_000);
    await until(() => node.count("ping") === 2, "another ping");
  });

  it("measures the handshake too", async () => {
    const node = await startNode({ withheld: ["version"] });
    const observed = new Observed(node);
    const connecting = observed.peer.connect();
    await until(() => node.count("version") === 1, "introduced");
    observed.clock.advance(80);
    const [recorded] = node.recording.handshake;
    node.pushBytes(node.frame("version", recorded?.payload ?? new Uint8Array()));
    await connecting;
    expect(observed.peer.latencyMs).toBe(80);
  });

  it("takes the time that a node works for no way there and back", async () => {
    const node = await startNode({ stallOn: "getmnlistd" });
    const rtts: number[] = [];
    const observed = await connected(node, { onPong: (_peer, rttMs) => rtts.push(rttMs) });
    const answer = observed.requestDiff(node);
    await until(() => node.count("ping") === 1, "asked");
    observed.clock.advance(TIMEOUT_MS - 1);
    // One more waits behind the answer.
    const abort = new AbortController();
    const headers = observed.requestHeaders(abort.signal).catch(() => undefined);
    await until(() => node.count("ping") === 2, "asked again");
    abort.abort();
    await headers;
    observed.clock.advance(1);
    await answer.catch(() => undefined);
    observed.clock.advance(15_000);
    await until(() => node.count("ping") === 3, "a ping behind both");
    node.release();
    node.push("ping", encode(pingNonce, 5n));
    await until(() => node.count("pong") === 2, "all said");
    expect(rtts).toEqual([0]);
    observed.clock.advance(30_000);
    await until(() => rtts.length === 2, "a ping alone");
  });

  it("times a message from its first byte to its last", async () => {
    const node = await startNode({ stallOn: "getmnlistd" });
    const observed = await connected(node);
    const frame = node.frame("inv", Uint8Array.of(0));
    const push = async (bytes: Uint8Array) => {
      const heard = observed.peer.bytesIn + bytes.length;
      node.pushBytes(bytes);
      await until(() => observed.peer.bytesIn === heard, "heard");
    };
    observed.clock.advance(70);
    await push(Uint8Array.from([...frame, ...frame.slice(0, 3)]));
    expect([observed.peer.messageBytes, observed.peer.messageMs]).toEqual([25, 0]);
    observed.clock.advance(200);
    await push(frame.slice(3, 20));
    observed.clock.advance(300);
    await push(Uint8Array.from([...frame.slice(20), ...frame]));
    expect(observed.peer.messageMs).toBe(0);
    await push(frame.slice(0, 24));
    observed.clock.advance(40);
    await push(frame.slice(24));
    expect(observed.peer.messageMs).toBe(40);
  });

  it("ignores a pong of no ping", async () => {
    const node = await startNode();
    const observed = await connected(node);
    node.push("pong", encode(pingNonce, 999n));
    node.push("ping", encode(pingNonce, 8n));
    await until(() => node.count("pong") === 2, "pong");
    expect([observed.peer.latencyMs, observed.peer.isReady]).toEqual([0, true]);
  });

  it("gives up a node that owes a pong for more than a minute", async () => {
    const node = await startNode({ silentOn: ["ping"] });
    const observed = await connected(node);
    observed.clock.advance(90_000);
    expect(observed.closed).toEqual([]);
    observed.clock.advance(30_000);
    expect(observed.closed.map(({ facts }) => facts)).toEqual([
      { code: "net/disconnected", address: node.address, reason: "it no longer answers" },
    ]);
    await until(() => node.open === 0, "hung up");
    expect(observed.clock.waiting).toEqual([]);
  });
});
