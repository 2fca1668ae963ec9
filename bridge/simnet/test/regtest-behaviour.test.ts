import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasVectors, readVectorJson } from "../../../worker/test/vectors.ts";
import { encodeFrame } from "../../../worker/wire/frame.ts";
import { type BlockHash, fromHashHex, type HashHex, ZERO_HASH } from "../../../worker/wire/hashes.ts";
import { HEADER_SIZE } from "../../../worker/wire/header.ts";
import { commandOf, type Message } from "../../../worker/wire/message.ts";
import type { Version } from "../../../worker/wire/version.ts";
import type { Simnet } from "../network.ts";
import { startSimnet, TestPeer } from "./testPeer.ts";

/** What the recorded node did, by field; which ones there are depends on the probe. */
type Outcome = Readonly<Record<string, unknown>>;
type Recorded = Outcome & { readonly probe: string };

/** One message, sent again and again with a ping behind each. */
interface RepeatedProbe extends Recorded {
  readonly message: string;
  readonly payload: string;
  readonly repeated: number;
}

interface StaleProbe extends Recorded {
  readonly message: string;
  readonly payload: string;
  /** Of the answer. */
  readonly headers?: number;
}

interface Recording {
  readonly tipHeight: number;
  readonly probes: readonly Recorded[];
  readonly staleBlockProbes: readonly StaleProbe[];
  /** The stale block, then the active one at its height. */
  readonly staleBlockTips: readonly {
    readonly height: number;
    readonly hash: HashHex;
    readonly forkpoint: HashHex;
  }[];
}

/** Where simnet does something else on purpose. */
const DELIBERATE: Readonly<Record<string, Outcome>> = {
  // The recorded node's next batch of announcements, one in 5 s on average, came after the 0.34 s of the probe.
  mempool: { received: { inv: 1 } },
  // Nobody here signs sporks, and a node without any says nothing.
  getsporks: { received: {} },
  // Only those who fetch blocks without their headers send that: no light client.
  "getblocks (old style) from genesis": { received: {} },
  // Ours was active once. The recorded one was never checked by its node ("valid-headers"), which then keeps it back.
  "getdata: stale block": { answered: true },
  // No compact filters (64).
  "node0 version": { services: 3141 - 64 },
  "a masternode's own P2P port": { services: 3141 - 64 },
};

/** Payloads are recorded up to here. */
const RECORDED_PAYLOAD_DIGITS = 300;

const ZERO = ZERO_HASH as BlockHash;
const isHere = ["regtest/node-behaviour", "regtest/cycle-a"].every(hasVectors);

describe.runIf(isHere)("the recorded node's behaviour", () => {
  if (!isHere) return;
  const recording = readVectorJson<Recording>("regtest/node-behaviour/behaviour.json");
  const recordedChain = readVectorJson<{ hash: HashHex }[]>("regtest/cycle-a/chain.json");
  let simnet: Simnet;
  beforeAll(async () => {
    simnet = await startSimnet({ blocks: recording.tipHeight });
  });
  afterAll(() => simnet.close());

  /** Puts our hashes where those of the recorded chain are: by height, unless a hash is given another meaning. */
  function translate(payload: string, meanings: ReadonlyMap<HashHex, BlockHash> = new Map()): Uint8Array {
    const pairs = [...recordedChain.map(({ hash }, height) => [hash, height] as const), ...meanings];
    const translated = pairs.reduce((text, [recorded, meaning]) => {
      const hash = typeof meaning === "number" ? simnet.chain.hashAt(meaning) : meaning;
      return text.replaceAll(bytesToHex(fromHashHex(recorded)), bytesToHex(hash));
    }, payload);
    return hexToBytes(translated);
  }

  async function repeat(probe: RepeatedProbe): Promise<Outcome> {
    const version = /at (\d{5})$/.exec(probe.probe)?.[1];
    const peer = await TestPeer.join(
      simnet,
      0,
      version === undefined ? {} : { protocolVersion: Number(version) },
    );
    const payload = translate(completed(probe));
    const received: Record<string, number> = {};
    let disconnectedAfter: number | null = null;
    for (let sent = 1; sent <= probe.repeated && disconnectedAfter === null; sent++) {
      peer.sendRaw(probe.message, payload);
      const answers = await peer.fence().catch(() => peer.received);
      for (const command of answers.map(commandOf)) received[command] = (received[command] ?? 0) + 1;
      if (peer.isClosed) disconnectedAfter = sent;
    }
    peer.close();
    (await TestPeer.join(simnet)).close();
    return { disconnectedAfter, received, reconnectAccepted: true };
  }

  /** Two recorded payloads are cut off. */
  function completed({ probe, payload }: RepeatedProbe): string {
    if (payload.length < RECORDED_PAYLOAD_DIGITS) return payload;
    const [count, hash] = [payload.slice(0, 2), payload.slice(2, 66)];
    if (probe.includes("same base")) return `${count}${hash.repeat(5)}${bytesToHex(simnet.tip.hash)}00`;
    return payload.padEnd(2 * (4 + 1 + 102 * 32 + 32), "0");
  }

  const list = (): Message => ({
    command: "getmnlistd",
    payload: { baseBlockHash: ZERO, blockHash: simnet.tip.hash },
  });
  const rotation = (): Message => ({
    command: "getqrinfo",
    payload: { baseBlockHashes: [], blockRequestHash: simnet.tip.hash, extraShare: false },
  });

  /** @returns commands of what comes back, in order */
  async function ask(...messages: readonly Message[]): Promise<string[]> {
    const peer = await TestPeer.join(simnet);
    for (const message of messages) peer.send(message);
    const answers = await peer.fence();
    peer.close();
    return answers.map(commandOf);
  }

  async function sendBytes(change: (frame: Uint8Array) => void): Promise<Outcome> {
    const peer = await TestPeer.join(simnet);
    const frame = encodeFrame(simnet.chain.params.magic, "ping", new Uint8Array(8));
    change(frame);
    peer.sendBytes(frame);
    const received = await peer.fence().catch(() => undefined);
    peer.close();
    // What else it received of a handshake depends on when the client looked.
    return received === undefined ? { stillConnected: false } : { stillConnected: true, received };
  }

  /** Without waiting for anything. @returns all that came */
  async function shakeHands(
    version: Partial<Version>,
    messages: { beforeVersion?: Message; beforeVerack?: Message; after?: Message[] },
  ): Promise<string[]> {
    const peer = await TestPeer.connect(simnet, 0, version);
    if (messages.beforeVersion) peer.send(messages.beforeVersion);
    peer.sendVersion();
    if (messages.beforeVerack) peer.send(messages.beforeVerack);
    peer.send({ command: "verack", payload: undefined });
    for (const message of messages.after ?? []) peer.send(message);
    const all = await peer.fence().catch(() => peer.received);
    peer.close();
    return all.map(commandOf);
  }

  async function introduce(protocolVersion: number, isCutAt?: number): Promise<Outcome> {
    const firstMessages = await shakeHands({ protocolVersion }, { after: [list(), rotation()] });
    const accepted = firstMessages.length > 0;
    return accepted ? { accepted, firstMessages: firstMessages.slice(0, isCutAt) } : { accepted };
  }

  async function introduceItself(): Promise<{ services: number; protocol: number }> {
    const peer = await TestPeer.connect(simnet);
    peer.sendVersion();
    const { services, protocolVersion } = await peer.next("version");
    peer.close();
    return { services: Number(services), protocol: protocolVersion };
  }

  /** @returns the fields that can be compared */
  const observers: Readonly<Record<string, () => Promise<Outcome>>> = {
    mempool: async () => {
      const peer = await TestPeer.join(simnet);
      peer.send({ command: "mempool", payload: undefined });
      await peer.next("inv");
      peer.close();
      return { received: { inv: 1 } };
    },
    "wrong magic": () => sendBytes((frame) => frame.fill(0xbf, 0, 4)),
    "wrong checksum": () => sendBytes((frame) => frame.fill(0, 20, 24)),
    "oversized length field (> 3 MiB)": () => sendBytes((frame) => frame.fill(0xff, 16, 19)),
    "command with a non-zero byte after NUL": () => sendBytes((frame) => frame.fill(0x78, 10, 11)),
    "request before version": async () => {
      const all = await shakeHands({}, { beforeVersion: list() });
      return { received: all.slice(0, all.indexOf("version")) };
    },
    "request before our verack": async () => {
      const all = await shakeHands({}, { beforeVerack: list() });
      return { received: all.slice(0, all.indexOf("sendheaders")) };
    },
    "60 full mnlistdiffs requested at once": async () => {
      const peer = await TestPeer.join(simnet);
      const asked = Array.from({ length: 60 }, (_, i) => simnet.chain.hashAt(recording.tipHeight - i));
      for (const blockHash of asked) {
        peer.send({ command: "getmnlistd", payload: { baseBlockHash: ZERO, blockHash } });
      }
      const answers = (await peer.fence()).flatMap((message) =>
        message.command === "mnlistdiff" ? [message.payload.blockHash] : [],
      );
      peer.close();
      const inOrder = answers.every((hash, i) => Buffer.compare(hash, asked[i] ?? ZERO) === 0);
      return { answered: answers.length, inOrder };
    },
    "20 qrinfos at once": async () => {
      const answers = await ask(...Array.from({ length: 20 }, rotation));
      return { answered: answers.filter((command) => command === "qrinfo").length };
    },
    "qrinfo, mnlistdiff, ping, headers at once: answer order": async () => {
      const headers = { version: 1, locator: [simnet.chain.hashAt(0)], hashStop: ZERO };
      const ping: Message = { command: "ping", payload: 5n };
      return { order: await ask(rotation(), list(), ping, { command: "getheaders", payload: headers }) };
    },
    // A time of that machine.
    "ping latency ms": async () => ({}),
    "a masternode's own P2P port": async () => {
      const { firstMessages } = await introduce(70240);
      return { firstMessages, services: (await introduceItself()).services };
    },
    "node0 version": introduceItself,
  };

  function observe(recorded: Recorded): Promise<Outcome> {
    const observer = observers[recorded.probe];
    if (observer !== undefined) return observer();
    if ("payload" in recorded) return repeat(recorded as RepeatedProbe);
    const version = /^protocol version (\d+)$/.exec(recorded.probe)?.[1];
    if (version !== undefined) return introduce(Number(version), 8);
    throw new Error(`nobody compares ${recorded.probe}`);
  }

  /** The same, but where a difference is deliberate, which then is one. */
  function expectSame(recorded: Recorded, observed: Outcome): void {
    const deliberate = DELIBERATE[recorded.probe] ?? {};
    for (const [field, value] of Object.entries(observed)) {
      if (!(field in deliberate)) expect(value, field).toEqual(recorded[field]);
      else {
        expect(value, field).toEqual(deliberate[field]);
        expect(recorded[field], field).not.toEqual(deliberate[field]);
      }
    }
  }

  it.each(recording.probes)("$probe", async (recorded) => {
    expectSame(recorded, await observe(recorded));
  });

  describe("to a block that was replaced", () => {
    const [staleTip, activeTip] = recording.staleBlockTips;
    if (staleTip === undefined || activeTip === undefined) throw new Error("no tips");
    const meanings = new Map<HashHex, BlockHash>();
    beforeAll(async () => {
      await simnet.mine();
      meanings.set(staleTip.forkpoint, simnet.tip.hash);
      simnet.stopChainLocks(true);
      await simnet.mine();
      meanings.set(staleTip.hash, simnet.tip.hash);
      await simnet.lockOtherBranch(1, 1);
      meanings.set(activeTip.hash, simnet.tip.hash);
    });

    it.each(recording.staleBlockProbes)("$probe", async (recorded) => {
      const { message, payload, headers } = recorded;
      const peer = await TestPeer.join(simnet);
      peer.sendRaw(message, translate(payload, meanings));
      const answers = await peer.fence();
      peer.close();
      expectSame(recorded, { answered: answers.length > 0 });
      const [answer] = answers;
      if (headers === undefined || answer?.command !== "headers") return;
      const belowTip = activeTip.height - headers;
      expect(simnet.tip.height - answer.payload.length / HEADER_SIZE).toBe(belowTip);
    });
  });
});
