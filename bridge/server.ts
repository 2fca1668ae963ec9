/**
 * The bridge: serves the built app, tells it about the network, and relays its WebSockets to nodes.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { resolve } from "node:path";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import type { NetworkParams } from "../worker/params/index.ts";
import {
  type Address,
  type CountLimits,
  judgeAddress,
  judgeCount,
  judgeOrigin,
  parseAddress,
  type Verdict,
} from "./policy.ts";
import { type BridgeNetwork, CloseCode, NETWORK_PATH, P2P_PATH, PEER_QUERY } from "./protocol.ts";
import { closeWebSocket, Relay, type RelayLimits, type RelayStatus } from "./relay.ts";
import { securityHeaders, sendText, serveStatic } from "./staticFiles.ts";

export interface BridgeLimits extends CountLimits, RelayLimits {
  /** The largest WebSocket message a client may send. */
  readonly maxMessageBytes: number;
}

/** Sockets beside the relays': pages being served, and clients on the way out. No specific reasoning for 1000. */
const SPARE_CONNECTIONS = 1000;

export const DEFAULT_LIMITS: BridgeLimits = {
  relaysPerClient: 16,
  relays: 2200, // the product's budget: 2,000 idle and 200 busy
  connectTimeoutMs: 10_000,
  idleTimeoutMs: 21 * 60_000,
  closeGraceMs: 3_000,
  maxBufferedBytes: 512 * 1024,
  maxMessageBytes: 4 * 1024 * 1024, // a node takes 3 MiB and 24 bytes (wire.md 1.1)
};

export interface BridgeOptions {
  readonly params: NetworkParams;
  /** For a network that is not built in: its parameter file, handed to the page as it is. */
  readonly paramsFile?: unknown;
  /** Addresses to try, best first. */
  readonly peers: () => Promise<readonly string[]>;
  /** HOST:PORT that may be relayed to although they are private, host names or on another port. */
  readonly namedAddresses?: readonly string[];
  /** Origins beside the bridge's own whose pages may relay, such as `https://wallet.example`. */
  readonly allowedOrigins?: readonly string[];
  /** Output of the build. */
  readonly distDir: string;
  readonly host?: string;
  /** 0 takes a free one. */
  readonly port?: number;
  readonly limits?: Partial<BridgeLimits>;
  /** The page may run no WebAssembly, as under the strictest policies; it then computes in JavaScript. */
  readonly forbidsWebAssembly?: boolean;
  /** Gets a line about each relay that is refused, and about failures. */
  readonly log?: (line: string) => void;
}

export interface Bridge {
  readonly url: string;
  readonly port: number;
  readonly relays: () => readonly RelayStatus[];
  /** @returns when every socket is gone */
  readonly close: () => Promise<void>;
}

/** @throws the error of node:net if it cannot listen, such as EADDRINUSE */
export async function createBridge(options: BridgeOptions): Promise<Bridge> {
  const bridge = new BridgeServer(options);
  await bridge.listen(options.host ?? "127.0.0.1", options.port ?? 0);
  return bridge;
}

class BridgeServer implements Bridge {
  readonly relays = () => [...this.#relays.keys()].map((relay) => relay.status);
  readonly #options: BridgeOptions;
  readonly #limits: BridgeLimits;
  readonly #namedAddresses: ReadonlySet<string>;
  readonly #http: Server;
  readonly #webSockets: WebSocketServer;
  /** Relays and the address of the client that each belongs to. */
  readonly #relays = new Map<Relay, string>();
  #address: AddressInfo = { address: "", family: "", port: 0 };
  #closed: Promise<void> | undefined;

  constructor(options: BridgeOptions) {
    this.#options = options;
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#namedAddresses = new Set(
      (options.namedAddresses ?? []).map((text) => parseAddress(text)?.text ?? text),
    );
    // Bytes are compressed already or hashes: deflating them costs memory per relay and wins nothing.
    this.#webSockets = new WebSocketServer({
      noServer: true,
      perMessageDeflate: false,
      maxPayload: this.#limits.maxMessageBytes,
    });
    this.#http = createServer((request, response) => this.#answer(request, response));
    this.#http.maxConnections = this.#limits.relays + SPARE_CONNECTIONS;
    this.#http.on("upgrade", (request, socket, head) => this.#upgrade(request, socket, head));
    this.#http.on("clientError", (_error, socket) => rejectUpgrade(socket, "400 Bad Request"));
  }

  get port(): number {
    return this.#address.port;
  }

  get url(): string {
    const { address, family, port } = this.#address;
    return `http://${family === "IPv6" ? `[${address}]` : address}:${port}`;
  }

  async listen(host: string, port: number): Promise<void> {
    this.#http.listen(port, host);
    await once(this.#http, "listening"); // rejects on "error"
    this.#http.on("error", (error) => this.#log(`server: ${error.message}`));
    this.#address = this.#http.address() as AddressInfo;
  }

  readonly close = (): Promise<void> => {
    this.#closed ??= this.#close();
    return this.#closed;
  };

  async #close(): Promise<void> {
    const closed = once(this.#http, "close");
    this.#http.close();
    for (const relay of this.#relays.keys()) relay.close(CloseCode.shuttingDown, "shutting down");
    const grace = setTimeout(() => this.#http.closeAllConnections(), this.#limits.closeGraceMs);
    await Promise.all([closed, ...[...this.#relays.keys()].map((relay) => relay.closed)]);
    clearTimeout(grace);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const headers = securityHeaders(this.#options.forbidsWebAssembly ?? false);
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    try {
      await this.#route(request, response);
    } catch (error) {
      // A client that hangs up in the middle of a file ends here too.
      this.#log(`${request.method} ${request.url}: ${error instanceof Error ? error.message : error}`);
      if (response.headersSent) response.destroy();
      else sendText(response, 500, "Internal error\n");
    }
  }

  async #route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== "GET" && request.method !== "HEAD") {
      response.setHeader("Allow", "GET, HEAD");
      return sendText(response, 405, "Method not allowed\n");
    }
    const { pathname } = parseUrl(request);
    if (pathname === NETWORK_PATH) return this.#sendNetwork(request, response);
    if (pathname === P2P_PATH) return sendText(response, 426, "WebSocket only\n");
    await serveStatic(resolve(this.#options.distDir), pathname, request, response);
  }

  async #sendNetwork({ headers }: IncomingMessage, response: ServerResponse): Promise<void> {
    const { params, paramsFile, peers, allowedOrigins = [] } = this.#options;
    const { origin } = headers;
    const isAllowed = origin !== undefined && allowedOrigins.includes(origin);
    const network: BridgeNetwork = { network: params.name, params: paramsFile, peers: await peers() };
    const json = JSON.stringify(network);
    response.writeHead(200, {
      "Content-Type": "application/json; charset=utf-8",
      "Content-Length": Buffer.byteLength(json),
      "Cache-Control": "no-store",
      Vary: "Origin",
      ...(isAllowed ? { "Access-Control-Allow-Origin": origin } : {}),
    });
    response.end(json);
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on("error", () => socket.destroy()); // until ws has its own handler
    const { pathname, searchParams } = parseUrl(request);
    if (this.#closed !== undefined || pathname !== P2P_PATH) {
      rejectUpgrade(socket, this.#closed === undefined ? "404 Not Found" : "503 Service Unavailable");
      return;
    }
    // A browser does not show its page the status of a refused upgrade, so refusals are close codes.
    this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      const verdict = this.#judge(request, searchParams.getAll(PEER_QUERY));
      if (verdict.isAllowed) this.#startRelay(webSocket, verdict.value, clientOf(request));
      else this.#refuse(webSocket, verdict, clientOf(request));
    });
  }

  #judge(request: IncomingMessage, queries: readonly string[]): Verdict<Address> {
    const { allowedOrigins = [], params } = this.#options;
    const { origin, host } = request.headers;
    const byOrigin = judgeOrigin(origin, host, this.#address.address, allowedOrigins);
    if (!byOrigin.isAllowed) return byOrigin;
    const query = queries.length === 1 ? (queries[0] ?? null) : null;
    const byAddress = judgeAddress(query, params.defaultPort, this.#namedAddresses);
    if (!byAddress.isAllowed) return byAddress;
    const client = clientOf(request);
    const ofClient = [...this.#relays.values()].filter((address) => address === client).length;
    const byCount = judgeCount(ofClient, this.#relays.size, this.#limits);
    return byCount.isAllowed ? byAddress : byCount;
  }

  #startRelay(webSocket: WebSocket, peer: Address, client: string): void {
    const relay = new Relay(webSocket, peer, this.#options.params.magic, this.#limits);
    this.#relays.set(relay, client);
    void relay.closed.then(() => this.#relays.delete(relay));
  }

  #refuse(webSocket: WebSocket, { code, reason }: { code: CloseCode; reason: string }, client: string): void {
    this.#log(`refused ${client}: ${reason}`);
    webSocket.on("error", () => webSocket.terminate());
    closeWebSocket(webSocket, code, reason, this.#limits.closeGraceMs);
  }

  #log(line: string): void {
    this.#options.log?.(line);
  }
}

function clientOf(request: IncomingMessage): string {
  return request.socket.remoteAddress ?? "";
}

/** The path as it was sent: `URL` would already resolve dots. */
function parseUrl(request: IncomingMessage): { pathname: string; searchParams: URLSearchParams } {
  const [pathname = "/", ...query] = (request.url ?? "/").split("?");
  return { pathname, searchParams: new URLSearchParams(query.join("?")) };
}

function rejectUpgrade(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => socket.destroy());
}
