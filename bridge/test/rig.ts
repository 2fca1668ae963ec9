/** Real sockets on free ports: a bridge, TCP peers and WebSocket clients that end with their test. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type ServerOpts, type Socket } from "node:net";
import { onTestFinished, vi } from "vitest";
import { type ClientOptions, WebSocket } from "ws";
import { networkParams } from "../../worker/params/index.ts";
import { P2P_PATH } from "../protocol.ts";
import type { RelayStatus } from "../relay.ts";
import { type Bridge, type BridgeOptions, createBridge } from "../server.ts";

export const REGTEST = networkParams("regtest");
export const MAGIC = Buffer.from(REGTEST.magic);

export interface Peer {
  readonly address: string;
  /** Of every connection there was. */
  readonly sockets: readonly Socket[];
}

/** A TCP listener; `handle` gets each connection, which ends when the other side ends it unless told otherwise. */
export async function startPeer(handle: (socket: Socket) => void, options: ServerOpts = {}): Promise<Peer> {
  const sockets: Socket[] = [];
  const server = createServer(options, (socket) => {
    sockets.push(socket);
    socket.on("error", () => socket.destroy());
    handle(socket);
  });
  const address = await listen(server);
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { address, sockets };
}

/** @returns HOST:PORT */
export async function listen(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A stopped process with a full queue of connections: the kernel drops further ones, like a host that is off. */
export async function startSilentHost(): Promise<string> {
  const script = `const server = require("net").createServer();
    server.listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => console.log(server.address().port));`;
  const child: ChildProcess = spawn(process.execPath, ["-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  if (child.stdout === null) throw new Error("no stdout");
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  child.kill("SIGSTOP");
  const port = Number(line.toString());
  const fillers = Array.from({ length: 8 }, () => connect(port, "127.0.0.1"));
  for (const filler of fillers) filler.on("error", () => filler.destroy());
  onTestFinished(() => {
    for (const filler of fillers) filler.destroy();
  });
  await until(() => fillers.some((filler) => !filler.connecting));
  return `127.0.0.1:${port}`;
}

/** Sends back what it gets. */
export const echo = (socket: Socket) => void socket.pipe(socket);

export async function startBridge(options: Partial<BridgeOptions> = {}): Promise<Bridge> {
  const bridge = await createBridge({
    params: REGTEST,
    peers: async () => [],
    distDir: "/nonexistent",
    ...options,
  });
  onTestFinished(() => bridge.close());
  return bridge;
}

export interface Client {
  readonly webSocket: WebSocket;
  readonly received: () => Buffer;
  readonly receivedBytes: () => number;
  /** The close frame, `code reason`; 1006 if there was none. */
  readonly closed: Promise<string>;
}

/** @param query - all after the `?`; `peer=` and an address if it has no `=` */
export async function openClient(
  bridge: Bridge,
  query: string,
  options: ClientOptions = {},
): Promise<Client> {
  const search = query.includes("=") || query === "" ? query : `peer=${encodeURIComponent(query)}`;
  const url = `${bridge.url.replace("http", "ws")}${P2P_PATH}?${search}`;
  const webSocket = new WebSocket(url, { perMessageDeflate: false, ...options });
  const chunks: Buffer[] = [];
  let bytes = 0;
  webSocket.on("message", (data) => {
    chunks.push(data as Buffer);
    bytes += (data as Buffer).length;
  });
  webSocket.on("error", () => webSocket.terminate());
  const closed = new Promise<string>((resolve) => {
    webSocket.on("close", (code, reason) => resolve(`${code} ${reason}`));
  });
  onTestFinished(() => webSocket.terminate());
  await once(webSocket, "open");
  return { webSocket, received: () => Buffer.concat(chunks), receivedBytes: () => bytes, closed };
}

/** @returns once `condition` holds; the test's timeout ends it otherwise */
export function until(condition: () => boolean): Promise<unknown> {
  return vi.waitUntil(condition, { interval: 2, timeout: 60_000 });
}

/** @returns the only relay, or the first one */
export function firstRelay(bridge: Bridge): RelayStatus {
  const [relay] = bridge.relays();
  if (relay === undefined) throw new Error("no relay");
  return relay;
}

/** Bytes that repeat at no power of two, so that lost, doubled and swapped chunks show. */
export function pattern(size: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(size);
  let state = seed;
  for (let i = 0; i < size; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0; // Numerical Recipes' generator
    bytes[i] = state >>> 24;
  }
  return bytes;
}

/** @returns `bytes` cut at odd places, among them single bytes at the start and empty pieces */
export function cut(bytes: Buffer): Buffer[] {
  const sizes = [1, 1, 0, 1, 1, 2, 3, 61, 1, 0, 1021, 65537, 7];
  const pieces: Buffer[] = [];
  for (let start = 0, i = 0; start < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? 1;
    pieces.push(bytes.subarray(start, start + size));
    start += size;
  }
  return pieces;
}
