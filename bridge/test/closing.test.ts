import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { setImmediate } from "node:timers/promises";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { CloseCode } from "../protocol.ts";
import type { Bridge } from "../server.ts";
import {
  echo,
  firstRelay,
  listen,
  MAGIC,
  openClient,
  pattern,
  startBridge,
  startPeer,
  startSilentHost,
  until,
} from "./rig.ts";

const MIB = 1024 * 1024;
/** For tests in which no side may need the grace. */
const NO_GRACE = { closeGraceMs: 10 * 60_000 };

async function startWith(handle: (socket: Socket) => void, limits = {}) {
  const peer = await startPeer(handle);
  return { peer, bridge: await startBridge({ namedAddresses: [peer.address], limits }) };
}

function noRelays(bridge: Bridge) {
  return until(() => bridge.relays().length === 0);
}

/** A refused client that does not answer shows when the bridge's grace is over. */
async function graceIsOver(bridge: Bridge): Promise<void> {
  const deaf = await openDeafClient(bridge, "nonsense");
  await until(() => deaf.closed);
}

describe("a peer that cannot be reached", () => {
  it("refuses the connection", async () => {
    const server = createServer();
    const address = await listen(server);
    server.close();
    const bridge = await startBridge({ namedAddresses: [address] });
    const client = await openClient(bridge, address);
    client.webSocket.send(MAGIC);
    expect(await client.closed).toBe(`${CloseCode.connectFailed} ECONNREFUSED`);
    await noRelays(bridge);
  });

  it("does not resolve", async () => {
    const bridge = await startBridge({ namedAddresses: ["node.invalid:9999"] });
    const client = await openClient(bridge, "node.invalid:9999");
    expect(await client.closed).toMatch(/^4404 E/);
    await noRelays(bridge);
  });

  it("does not answer in time", async () => {
    const address = await startSilentHost();
    const bridge = await startBridge({ namedAddresses: [address], limits: { connectTimeoutMs: 100 } });
    const client = await openClient(bridge, address);
    client.webSocket.send(MAGIC);
    expect(await client.closed).toBe(`${CloseCode.connectTimeout} no connection within 100 ms`);
    await noRelays(bridge);
  });

  it("loses the client while it is being called", async () => {
    const address = await startSilentHost();
    const bridge = await startBridge({ namedAddresses: [address], limits: NO_GRACE });
    const client = await openClient(bridge, address);
    expect(firstRelay(bridge).isConnected).toBe(false);
    client.webSocket.close();
    await noRelays(bridge);
  });
});

describe("a peer that closes", () => {
  it("leaves the client with all it sent, and a close code", async () => {
    const sent = pattern(3 * MIB);
    const { bridge, peer } = await startWith((socket) => socket.end(sent));
    const client = await openClient(bridge, peer.address);
    expect(await client.closed).toBe(`${CloseCode.peerClosed} the peer closed`);
    expect(client.received().equals(sent)).toBe(true);
    await noRelays(bridge);
  });

  it("leaves a slow client with all it sent, however long that takes", async () => {
    const sent = pattern(32 * MIB);
    const limits = { closeGraceMs: 1, maxBufferedBytes: 64 * MIB };
    const { bridge, peer } = await startWith((socket) => void socket.end(sent), limits);
    const client = await openClient(bridge, peer.address);
    client.webSocket.pause();
    await until(() => peer.sockets[0]?.closed === true);
    expect(firstRelay(bridge).bufferedBytes).toBeGreaterThan(0);
    await graceIsOver(bridge);
    client.webSocket.resume();
    expect(await client.closed).toBe(`${CloseCode.peerClosed} the peer closed`);
    expect(client.received().equals(sent)).toBe(true);
  });

  it("still gets what the client sent before it could know", async () => {
    const sent = Buffer.concat([MAGIC, pattern(2 * MIB)]);
    const atPeer: Buffer[] = [];
    const { bridge, peer } = await startWith((socket) => socket.pause());
    const client = await openClient(bridge, peer.address);
    client.webSocket.send(sent);
    await until(() => firstRelay(bridge).bytesToPeer === sent.length && peer.sockets.length === 1);
    const [socket] = peer.sockets;
    socket?.on("data", (chunk) => atPeer.push(chunk));
    socket?.end(); // half-closed: it goes on reading
    expect(await client.closed).toBe(`${CloseCode.peerClosed} the peer closed`);
    socket?.resume();
    await until(() => socket?.readableEnded === true);
    expect(Buffer.concat(atPeer).equals(sent)).toBe(true);
    await noRelays(bridge);
  });

  it("by a reset", async () => {
    const { bridge, peer } = await startWith((socket) => {
      socket.once("data", () => socket.resetAndDestroy());
    });
    const client = await openClient(bridge, peer.address);
    client.webSocket.send(MAGIC);
    expect(await client.closed).toBe(`${CloseCode.peerClosed} ECONNRESET`);
    await noRelays(bridge);
  });

  it("by a reset while the client waits for it", async () => {
    const { bridge, peer } = await startWith((socket) => socket.pause());
    const client = await openClient(bridge, peer.address);
    const block = Buffer.concat([MAGIC, pattern(MIB)]);
    for (let sent = 0; sent < 16; sent++) client.webSocket.send(block);
    await until(() => firstRelay(bridge).bufferedBytes > 0);
    peer.sockets[0]?.resetAndDestroy();
    expect(await client.closed).toMatch(/^4000 E(CONNRESET|PIPE)$/);
    await noRelays(bridge);
  });
});

describe("a client that closes", () => {
  it("leaves the peer with all it sent", async () => {
    const sent = Buffer.concat([MAGIC, pattern(2 * MIB)]);
    const atPeer: Buffer[] = [];
    const { bridge, peer } = await startWith(
      (socket) => void socket.on("data", (chunk) => atPeer.push(chunk)),
    );
    const client = await openClient(bridge, peer.address);
    client.webSocket.send(sent);
    client.webSocket.close();
    await until(() => peer.sockets[0]?.readableEnded === true);
    expect(Buffer.concat(atPeer).equals(sent)).toBe(true);
    await noRelays(bridge);
  });

  it("leaves a slow peer with all it sent", async () => {
    const block = Buffer.concat([MAGIC, pattern(4092)]);
    let atPeer = 0;
    const { bridge, peer } = await startWith((socket) => socket.pause(), NO_GRACE);
    const client = await openClient(bridge, peer.address);
    let sent = 0;
    do {
      client.webSocket.send(block);
      sent += block.length;
      while (firstRelay(bridge).bytesToPeer < sent) await setImmediate();
    } while (firstRelay(bridge).bufferedBytes === 0);
    client.webSocket.close(); // with a block that the system does not take yet
    await client.closed;
    const [socket] = peer.sockets;
    socket?.on("data", (chunk) => {
      atPeer += chunk.length;
    });
    socket?.resume();
    await until(() => socket?.closed === true);
    expect(atPeer).toBe(sent);
    await noRelays(bridge);
  });

  it("does not wait for a peer that never ends its side", async () => {
    const peer = await startPeer((socket) => void socket.resume(), { allowHalfOpen: true });
    const bridge = await startBridge({ namedAddresses: [peer.address], limits: { closeGraceMs: 50 } });
    const client = await openClient(bridge, peer.address);
    await until(() => peer.sockets[0]?.readableFlowing === true);
    client.webSocket.close();
    await noRelays(bridge);
  });

  it("by hanging up", async () => {
    const { bridge, peer } = await startWith(echo, NO_GRACE);
    const client = await openClient(bridge, peer.address);
    client.webSocket.send(MAGIC);
    await until(() => client.receivedBytes() === MAGIC.length);
    client.webSocket.terminate();
    await until(() => peer.sockets[0]?.readableEnded === true);
    await noRelays(bridge);
  });

  it("by hanging up while the peer waits for it", async () => {
    const sent = pattern(32 * MIB);
    const { bridge, peer } = await startWith((socket) => void socket.write(sent), NO_GRACE);
    const client = await openClient(bridge, peer.address);
    client.webSocket.pause();
    await until(() => firstRelay(bridge).bufferedBytes > 0);
    client.webSocket.terminate();
    await noRelays(bridge);
  });

  it("never, though it was told to", async () => {
    const { bridge, peer } = await startWith((socket) => socket.end(), { closeGraceMs: 50 });
    const deaf = await openDeafClient(bridge, peer.address);
    await noRelays(bridge);
    await until(() => deaf.closed);
  });

  it("never, though it was refused", async () => {
    const bridge = await startBridge({ limits: { closeGraceMs: 50 } });
    const deaf = await openDeafClient(bridge, "nonsense");
    await until(() => deaf.closed);
  });
});

/** A WebSocket handshake, and then no answer to anything. */
async function openDeafClient(bridge: Bridge, peer: string): Promise<Socket> {
  const socket = connect(bridge.port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  socket.on("error", () => socket.destroy());
  socket.resume();
  socket.write(upgradeRequest(peer));
  await once(socket, "data");
  return socket;
}

function upgradeRequest(peer: string): string {
  const head = `GET /bridge/p2p?peer=${peer} HTTP/1.1`;
  const key = "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";
  return `${head}\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n${key}\r\n\r\n`;
}

describe("silence", () => {
  it("ends a relay", async () => {
    const { bridge, peer } = await startWith(echo, { idleTimeoutMs: 100 });
    const client = await openClient(bridge, peer.address);
    expect(await client.closed).toBe(`${CloseCode.peerClosed} idle`);
    await noRelays(bridge);
  });

  it("is over with every byte, whoever sends it", async () => {
    useFakeTimeouts();
    const limits = { idleTimeoutMs: 1000, connectTimeoutMs: 500 };
    const { bridge, peer } = await startWith((socket) => void socket.resume(), limits);
    const client = await openClient(bridge, peer.address);
    while (!firstRelay(bridge).isConnected || peer.sockets.length === 0) await setImmediate();
    for (let i = 1; i <= 3; i++) {
      vi.advanceTimersByTime(900);
      client.webSocket.send(MAGIC);
      while (firstRelay(bridge).bytesToPeer < i * MAGIC.length) await setImmediate();
      vi.advanceTimersByTime(900);
      peer.sockets[0]?.write(MAGIC);
      await once(client.webSocket, "message");
    }
    vi.advanceTimersByTime(1000);
    expect(await client.closed).toBe(`${CloseCode.peerClosed} idle`);
  });

  it("ends a relay whose client has stopped reading", async () => {
    const limits = { idleTimeoutMs: 100, closeGraceMs: 50 };
    const { bridge, peer } = await startWith((socket) => void socket.write(pattern(32 * MIB)), limits);
    const client = await openClient(bridge, peer.address);
    client.webSocket.pause();
    await noRelays(bridge);
    await until(() => peer.sockets.every((socket) => socket.destroyed));
  });
});

/** For this test; I/O and immediates stay real. Not with until(), which would wind such a clock. */
function useFakeTimeouts(): void {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  onTestFinished(() => void vi.useRealTimers());
}

function countConnections(): number {
  return process.getActiveResourcesInfo().filter((name) => name === "TCPSocketWrap").length;
}

describe("shutdown", () => {
  it("tells every client and leaves nothing open, also of relays that ended before", async () => {
    const before = countConnections();
    useFakeTimeouts();
    const { bridge, peer } = await startWith(echo, NO_GRACE);
    const clients = await Promise.all([1, 2, 3, 4, 5].map(() => openClient(bridge, peer.address)));
    const refused = await openClient(bridge, "nonsense");
    for (const client of clients) client.webSocket.send(MAGIC);
    while (clients.some((client) => client.receivedBytes() < MAGIC.length)) await setImmediate();
    clients[0]?.webSocket.close();
    while (bridge.relays().length > 4) await setImmediate();
    peer.sockets.find((socket) => !socket.readableEnded)?.end();
    while (bridge.relays().length > 3) await setImmediate();
    await Promise.all([refused.closed, Promise.any(clients.slice(1).map((client) => client.closed))]);
    const others = clients.filter(({ webSocket }) => webSocket.readyState === webSocket.OPEN);
    expect(others).toHaveLength(3);
    await bridge.close();
    for (const client of others) expect(await client.closed).toBe(`${CloseCode.shuttingDown} shutting down`);
    expect(bridge.relays()).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
    for (const socket of peer.sockets) socket.destroy();
    while (countConnections() > before) await setImmediate();
    await expect(fetch(bridge.url)).rejects.toThrow();
  });

  it("waits for clients that do not answer no longer than the grace", async () => {
    const { bridge, peer } = await startWith((socket) => void socket.write(pattern(32 * MIB)), {
      closeGraceMs: 50,
    });
    const stuck = await openClient(bridge, peer.address);
    stuck.webSocket.pause();
    const deaf = await openDeafClient(bridge, peer.address);
    const refused = await openDeafClient(bridge, "nonsense");
    const browser = connect(bridge.port, "127.0.0.1");
    browser.on("error", () => browser.destroy());
    browser.write("GET / HTTP/1.1\r\n"); // a request that never ends
    await once(browser, "connect");
    await Promise.all([bridge.close(), bridge.close()]);
    await until(() => deaf.closed && refused.closed);
    browser.destroy();
  });

  it("lets in nobody who was about to come", async () => {
    const bridge = await startBridge({ limits: NO_GRACE });
    const late = connect(bridge.port, "127.0.0.1");
    const request = upgradeRequest("8.8.8.8:19899");
    late.write(request.slice(0, 50));
    await until(() => late.bytesWritten === 50);
    await fetch(bridge.url); // by now the bridge has read it
    const closed = bridge.close();
    late.write(request.slice(50));
    expect(await text(late)).toMatch(/^HTTP\/1.1 503 /);
    await closed;
    await bridge.close(); // once more is no mistake
  });

  it("rejects when the port is taken", async () => {
    const bridge = await startBridge();
    await expect(startBridge({ port: bridge.port })).rejects.toMatchObject({ code: "EADDRINUSE" });
  });
});

describe("200 busy relays", () => {
  it("carry their own bytes", async () => {
    const peer = await startPeer(echo);
    const bridge = await startBridge({ namedAddresses: [peer.address], limits: { relaysPerClient: 200 } });
    const clients = await Promise.all(Array.from({ length: 200 }, () => openClient(bridge, peer.address)));
    const sent = clients.map((_, i) => Buffer.concat([MAGIC, pattern(100_000, i)]));
    clients.forEach((client, i) => {
      for (let start = 0; start < 100_004; start += 5000) {
        client.webSocket.send((sent[i] as Buffer).subarray(start, start + 5000));
      }
    });
    await until(() => clients.every((client) => client.receivedBytes() === 100_004));
    clients.forEach((client, i) => {
      expect(client.received().equals(sent[i] as Buffer)).toBe(true);
    });
    expect(bridge.relays()).toHaveLength(200);
    await bridge.close();
  });
});
