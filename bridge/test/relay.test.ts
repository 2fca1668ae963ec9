import { once } from "node:events";
import type { Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { CloseCode } from "../protocol.ts";
import { DEFAULT_LIMITS } from "../server.ts";
import {
  type Client,
  cut,
  echo,
  firstRelay,
  MAGIC,
  openClient,
  pattern,
  REGTEST,
  startBridge,
  startPeer,
  startSilentHost,
  until,
} from "./rig.ts";

const MIB = 1024 * 1024;
/** What Node reads from a socket at once; beyond a limit there can be that much more. */
const CHUNK = 64 * 1024;

/** Collects what a peer gets. */
function collect(chunks: Buffer[]) {
  return (socket: Socket) => void socket.on("data", (chunk) => chunks.push(chunk));
}

/** An echo through another relay of the same bridge: afterwards it had `count` more chances to read and write. */
async function goRound(other: Client, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const message = once(other.webSocket, "message");
    other.webSocket.send(MAGIC);
    await message;
  }
}

async function startWithEcho(options: Parameters<typeof startBridge>[0] = {}) {
  const peer = await startPeer(echo);
  return { peer, bridge: await startBridge({ namedAddresses: [peer.address], ...options }) };
}

describe("bytes", () => {
  it("pass both ways in order, however they are cut", async () => {
    const { bridge, peer } = await startWithEcho();
    const client = await openClient(bridge, peer.address);
    const sent = Buffer.concat([MAGIC, pattern(300_000)]);
    for (const piece of cut(sent)) client.webSocket.send(piece);
    await until(() => client.receivedBytes() >= sent.length);
    expect(client.received().equals(sent)).toBe(true);
    expect(firstRelay(bridge)).toMatchObject({ peer: peer.address, isConnected: true });
    expect(firstRelay(bridge)).toMatchObject({ bytesToPeer: sent.length, bytesToClient: sent.length });
  });

  it("pass both ways at the same time, 8 MiB each", async () => {
    const down = pattern(8 * MIB, 2);
    const up = Buffer.concat([MAGIC, pattern(8 * MIB, 3)]);
    const atPeer: Buffer[] = [];
    const peer = await startPeer((socket) => {
      collect(atPeer)(socket);
      socket.write(down);
    });
    const bridge = await startBridge({ namedAddresses: [peer.address] });
    const client = await openClient(bridge, peer.address);
    for (let start = 0; start < up.length; start += 200_000) {
      client.webSocket.send(up.subarray(start, start + 200_000));
    }
    const { length } = up;
    await until(() => client.receivedBytes() >= down.length && firstRelay(bridge).bytesToPeer >= length);
    await until(() => atPeer.reduce((sum, chunk) => sum + chunk.length, 0) >= length);
    expect(client.received().equals(down)).toBe(true);
    expect(Buffer.concat(atPeer).equals(up)).toBe(true);
  });

  it("are not compressed, even if the client offers it", async () => {
    const { bridge, peer } = await startWithEcho();
    const client = await openClient(bridge, peer.address, { perMessageDeflate: true });
    expect(client.webSocket.extensions).toBe("");
  });

  it("wait for the connection", async () => {
    const { bridge, peer } = await startWithEcho();
    const client = await openClient(bridge, peer.address);
    client.webSocket.send(Buffer.concat([MAGIC, pattern(3 * MIB)]));
    await until(() => client.receivedBytes() === 3 * MIB + 4);
  });
});

describe("a slow client", () => {
  it("makes the peer wait, and the relay holds no more than its limit", async () => {
    const total = 64 * MIB;
    const block = pattern(MIB);
    const pusher = await startPeer((socket) => {
      for (let sent = 0; sent < total; sent += MIB) socket.write(block);
    });
    const quick = await startPeer(echo);
    const bridge = await startBridge({ namedAddresses: [pusher.address, quick.address] });
    const client = await openClient(bridge, pusher.address);
    client.webSocket.pause();
    await until(() => firstRelay(bridge).bufferedBytes > DEFAULT_LIMITS.maxBufferedBytes);
    await goRound(await openClient(bridge, quick.address), 50);
    expect(firstRelay(bridge).bytesToClient).toBeLessThan(total / 2);
    expect(firstRelay(bridge).bufferedBytes).toBeGreaterThan(DEFAULT_LIMITS.maxBufferedBytes);
    client.webSocket.resume();
    await until(() => client.receivedBytes() === total);
    expect(firstRelay(bridge).peakBufferedBytes).toBeLessThan(DEFAULT_LIMITS.maxBufferedBytes + 2 * CHUNK);
    const received = client.received();
    for (let start = 0; start < total; start += MIB) {
      expect(received.subarray(start, start + MIB).equals(block)).toBe(true);
    }
  });
});

describe("a slow peer", () => {
  it("makes the client wait, and the relay holds no more than a few messages", async () => {
    const total = 64 * MIB;
    const block = Buffer.concat([MAGIC, pattern(CHUNK - 4)]);
    const slow = await startPeer((socket) => socket.pause());
    const quick = await startPeer(echo);
    const bridge = await startBridge({ namedAddresses: [slow.address, quick.address] });
    const client = await openClient(bridge, slow.address);
    for (let sent = 0; sent < total; sent += CHUNK) client.webSocket.send(block);
    await until(() => firstRelay(bridge).bufferedBytes > 0);
    await goRound(await openClient(bridge, quick.address), 50);
    expect(firstRelay(bridge).bytesToPeer).toBeLessThan(total / 2);
    const [socket] = slow.sockets;
    let atPeer = 0;
    socket?.on("data", (chunk) => {
      atPeer += chunk.length;
    });
    socket?.resume();
    await until(() => atPeer === total);
    expect(firstRelay(bridge).peakBufferedBytes).toBeLessThan(4 * CHUNK);
  });
});

describe("a peer that does not answer yet", () => {
  it("makes the client wait too", async () => {
    const quick = await startPeer(echo);
    const silent = await startSilentHost();
    const bridge = await startBridge({ namedAddresses: [silent, quick.address] });
    const client = await openClient(bridge, silent);
    const block = Buffer.concat([MAGIC, pattern(CHUNK - 4)]);
    for (let i = 0; i < 500; i++) client.webSocket.send(block);
    await until(() => firstRelay(bridge).bufferedBytes > 0);
    await goRound(await openClient(bridge, quick.address), 50);
    expect(firstRelay(bridge)).toMatchObject({ isConnected: false });
    expect(firstRelay(bridge).peakBufferedBytes).toBeLessThan(4 * CHUNK);
  });
});

describe("refusals before anything reaches a peer", () => {
  const NODE = `8.8.8.8:${REGTEST.defaultPort}`;
  it.each([
    ["no peer", "", 4400],
    ["an empty peer", "peer=", 4400],
    ["two peers", `peer=${NODE}&peer=${NODE}`, 4400],
    ["no port", "8.8.8.8", 4400],
    ["a path", `${NODE}/x`, 4400],
    ["a private address", `10.0.0.1:${REGTEST.defaultPort}`, 4403],
    ["a loopback address", `127.0.0.1:${REGTEST.defaultPort}`, 4403],
    ["a mapped loopback address", `[::ffff:127.0.0.1]:${REGTEST.defaultPort}`, 4403],
    ["another port", "8.8.8.8:25", 4403],
    ["a host name", `localhost:${REGTEST.defaultPort}`, 4403],
  ])("%s", async (_what, query, code) => {
    const lines: string[] = [];
    const bridge = await startBridge({ log: (line) => lines.push(line) });
    const client = await openClient(bridge, query);
    expect(await client.closed).toMatch(new RegExp(`^${code} .`));
    expect(lines).toHaveLength(1);
    expect(bridge.relays()).toEqual([]);
  });

  it.each([
    ["at once", ["fcc1b7dd00112233"]],
    ["in single bytes", ["fc", "c1", "b7", "00"]],
    ["of another network", ["bf0c6bbd76657273696f6e"]],
    ["in its first byte alone", ["00"]],
  ])("a wrong magic, %s", async (_how, messages) => {
    const atPeer: Buffer[] = [];
    const peer = await startPeer(collect(atPeer));
    const bridge = await startBridge({ namedAddresses: [peer.address] });
    const client = await openClient(bridge, peer.address);
    for (const hex of messages) client.webSocket.send(Buffer.from(hex, "hex"));
    expect(await client.closed).toBe(`${CloseCode.refused} not this network's magic`);
    await until(() => peer.sockets.every((socket) => socket.closed || socket.readableEnded));
    expect(atPeer).toEqual([]);
  });

  it.each([
    ["of another site", { origin: "https://evil.example" }],
    ["of another port", { origin: "http://127.0.0.1:1" }],
    ["of a file or sandbox", { origin: "null" }],
    ["that is rebound to this machine", { origin: "http://evil.example", headers: { host: "evil.example" } }],
  ])("an origin %s", async (_what, options) => {
    const { bridge, peer } = await startWithEcho();
    const client = await openClient(bridge, peer.address, options);
    expect(await client.closed).toBe(`${CloseCode.refused} foreign origin`);
    expect(peer.sockets).toEqual([]);
  });

  it("lets in the bridge's own origin, an allowed one, and a program without one", async () => {
    const { bridge, peer } = await startWithEcho({ allowedOrigins: ["https://wallet.example"] });
    for (const origin of [bridge.url, "https://wallet.example", undefined]) {
      const client = await openClient(bridge, peer.address, origin === undefined ? {} : { origin });
      await goRound(client, 1);
    }
  });

  it("lets through a host name that was named, however it is spelled", async () => {
    const peer = await startPeer(echo);
    const port = peer.address.split(":")[1];
    const bridge = await startBridge({ namedAddresses: [`LocalHost:${port}`] });
    await goRound(await openClient(bridge, `localHOST:${port}`), 1);
    expect(firstRelay(bridge).peer).toBe(`localhost:${port}`);
  });

  it("too many relays of one client, until one of them ends", async () => {
    const { bridge, peer } = await startWithEcho({ limits: { relaysPerClient: 2 } });
    const first = await openClient(bridge, peer.address);
    await openClient(bridge, peer.address);
    const third = await openClient(bridge, peer.address);
    expect(await third.closed).toBe(`${CloseCode.tooMany} 2 relays per client`);
    first.webSocket.close();
    await until(() => bridge.relays().length === 1);
    await goRound(await openClient(bridge, peer.address), 1);
  });

  it("too many relays in all", async () => {
    const { bridge, peer } = await startWithEcho({ limits: { relays: 1 } });
    await openClient(bridge, peer.address);
    const second = await openClient(bridge, peer.address);
    expect(await second.closed).toBe(`${CloseCode.tooMany} 1 relays in all`);
  });
});

describe("messages a client must not send", () => {
  it("text", async () => {
    const { bridge, peer } = await startWithEcho();
    const client = await openClient(bridge, peer.address);
    client.webSocket.send("version");
    expect(await client.closed).toBe("1003 binary messages only");
  });

  it("more than the limit at once", async () => {
    const { bridge, peer } = await startWithEcho({ limits: { maxMessageBytes: 1000 } });
    const client = await openClient(bridge, peer.address);
    client.webSocket.send(Buffer.concat([MAGIC, pattern(997)]));
    expect(await client.closed).toMatch(/^1009 /);
    await until(() => bridge.relays().length === 0);
  });
});
