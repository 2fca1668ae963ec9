/**
 * One WebSocket to one TCP socket. The relay passes bytes; the network's magic at the very start is all it reads.
 *
 * A slow side slows the other: `write()` returning false pauses the WebSocket until `drain`; `bufferedAmount` above a limit
 * pauses the TCP socket until it has drained. So a relay holds at most one message up and `maxBufferedBytes` plus one
 * chunk down, whatever the two do.
 */
import { connect, type Socket } from "node:net";
import type { RawData, WebSocket } from "ws";
import type { Address } from "./policy.ts";
import { CloseCode } from "./protocol.ts";

export interface RelayLimits {
  readonly connectTimeoutMs: number;
  /** Without a byte either way. A node gives up after 20 minutes (wire.md 2.4), so it decides first. */
  readonly idleTimeoutMs: number;
  /** For a side to take its last bytes and say goodbye once the other has gone. */
  readonly closeGraceMs: number;
  /** Bytes on their way to the client above which the peer has to wait. */
  readonly maxBufferedBytes: number;
}

export interface RelayStatus {
  readonly peer: string;
  readonly isConnected: boolean;
  readonly bytesToPeer: number;
  readonly bytesToClient: number;
  /** Held here now, both ways, and the most there ever was. */
  readonly bufferedBytes: number;
  readonly peakBufferedBytes: number;
}

/** Close codes of RFC 6455 7.4.1. */
const PROTOCOL_ERROR = 1002;
const UNSUPPORTED_DATA = 1003;
/** Fraction of maxBufferedBytes below which the peer may go on. No specific reasoning for a quarter. */
const RESUME_FRACTION = 1 / 4;

/**
 * - `connecting`, `open`: bytes from the client go to the TCP socket, which holds them until it is connected
 * - `flushing`: the peer has gone; what it sent is still on its way to the client, then the WebSocket closes
 * - `closing`: nothing is passed on any more
 */
type State =
  | { readonly status: "connecting" | "open" | "closing" }
  | { readonly status: "flushing"; readonly code: number; readonly reason: string };

export class Relay {
  /** Both sockets are gone. */
  readonly closed: Promise<void>;
  readonly #webSocket: WebSocket;
  readonly #socket: Socket;
  readonly #peer: Address;
  readonly #limits: RelayLimits;
  readonly #connectTimer: NodeJS.Timeout;
  readonly #idleTimer: NodeJS.Timeout;
  #graceTimer: NodeJS.Timeout | undefined;
  #state: State = { status: "connecting" };
  /** What of the magic is still to come from the client. */
  #expected: Uint8Array;
  #head: Buffer[] = [];
  #bytesToPeer = 0;
  #bytesToClient = 0;
  #peakBufferedBytes = 0;

  /**
   * @param webSocket - open, without handlers
   * @param magic - first 4 bytes of everything that may reach the peer
   */
  constructor(webSocket: WebSocket, peer: Address, magic: Uint8Array, limits: RelayLimits) {
    this.#webSocket = webSocket;
    this.#peer = peer;
    this.#limits = limits;
    this.#expected = magic;
    this.#socket = connect({ host: peer.host, port: peer.port, noDelay: true });
    this.#connectTimer = setTimeout(() => this.#connectTimedOut(), limits.connectTimeoutMs);
    this.#idleTimer = setTimeout(() => this.close(CloseCode.peerClosed, "idle"), limits.idleTimeoutMs);
    this.closed = Promise.all([this.#handleWebSocket(), this.#handleSocket()]).then(() => {
      clearTimeout(this.#idleTimer);
    });
  }

  get status(): RelayStatus {
    return {
      peer: this.#peer.text,
      isConnected: this.#state.status === "open",
      bytesToPeer: this.#bytesToPeer,
      bytesToClient: this.#bytesToClient,
      bufferedBytes: this.#bufferedBytes(),
      peakBufferedBytes: this.#peakBufferedBytes,
    };
  }

  /** Gives up both sides at once: what is on its way is lost. */
  close(code: number, reason: string): void {
    if (this.#state.status === "closing") return;
    this.#state = { status: "closing" };
    this.#socket.destroy();
    closeWebSocket(this.#webSocket, code, reason, this.#limits.closeGraceMs);
  }

  /** @returns when it is closed. https://github.com/websockets/ws/blob/8.23.0/doc/ws.md#class-websocket */
  #handleWebSocket(): Promise<void> {
    this.#webSocket.on("message", (data, isBinary) => this.#passToPeer(data, isBinary));
    // A broken frame or a message that is too large: ws has sent the close code already, ours is not used.
    this.#webSocket.on("error", (error) => this.close(PROTOCOL_ERROR, error.name));
    return new Promise((resolve) => {
      this.#webSocket.on("close", () => {
        this.#clientClosed();
        resolve();
      });
    });
  }

  /** @returns when it is closed. https://nodejs.org/docs/latest-v20.x/api/net.html#class-netsocket */
  #handleSocket(): Promise<void> {
    this.#socket.on("connect", () => this.#connected());
    this.#socket.on("data", (chunk) => this.#passToClient(chunk));
    this.#socket.on("drain", () => this.#webSocket.resume());
    // A WebSocket has no half-closed state, so the end of one direction ends both. Node flushes what the client sent
    // before it answers the peer's FIN (allowHalfOpen is off).
    this.#socket.on("end", () => this.#peerGone(CloseCode.peerClosed, "the peer closed"));
    this.#socket.on("error", (error) => this.#peerFailed(error));
    return new Promise((resolve) => {
      this.#socket.on("close", () => {
        clearTimeout(this.#connectTimer);
        clearTimeout(this.#graceTimer);
        this.#peerGone(CloseCode.peerClosed, "the peer closed");
        resolve();
      });
    });
  }

  #connected(): void {
    clearTimeout(this.#connectTimer);
    if (this.#state.status === "connecting") this.#state = { status: "open" };
  }

  #connectTimedOut(): void {
    this.close(CloseCode.connectTimeout, `no connection within ${this.#limits.connectTimeoutMs} ms`);
  }

  #passToPeer(data: RawData, isBinary: boolean): void {
    if (this.#state.status === "flushing" || this.#state.status === "closing") return;
    if (!isBinary) {
      this.close(UNSUPPORTED_DATA, "binary messages only");
      return;
    }
    this.#idleTimer.refresh();
    const bytes = this.#checkMagic(toBuffer(data));
    // An empty chunk would queue without counting, so that a stuck peer would not pause the client.
    if (bytes === undefined || bytes.length === 0) return;
    this.#bytesToPeer += bytes.length;
    if (!this.#socket.write(bytes)) this.#webSocket.pause();
    this.#notePeak();
  }

  /** @returns bytes that may go to the peer; undefined as long as the magic is incomplete, or wrong */
  #checkMagic(bytes: Buffer): Buffer | undefined {
    if (this.#expected.length === 0) return bytes;
    const start = bytes.subarray(0, this.#expected.length);
    if (!start.equals(this.#expected.subarray(0, start.length))) {
      this.close(CloseCode.refused, "not this network's magic");
      return undefined;
    }
    this.#expected = this.#expected.subarray(start.length);
    this.#head.push(bytes);
    if (this.#expected.length > 0) return undefined;
    const head = Buffer.concat(this.#head);
    this.#head = [];
    return head;
  }

  #passToClient(chunk: Buffer): void {
    if (this.#state.status !== "open") return;
    this.#idleTimer.refresh();
    this.#bytesToClient += chunk.length;
    this.#webSocket.send(chunk, () => this.#sentToClient());
    if (this.#webSocket.bufferedAmount > this.#limits.maxBufferedBytes) this.#socket.pause();
    this.#notePeak();
  }

  #sentToClient(): void {
    if (this.#state.status === "flushing") this.#closeWhenFlushed(this.#state.code, this.#state.reason);
    const resumeAt = this.#limits.maxBufferedBytes * RESUME_FRACTION;
    if (this.#socket.isPaused() && this.#webSocket.bufferedAmount <= resumeAt) this.#socket.resume();
  }

  #peerFailed(error: Error): void {
    const reason = "code" in error && typeof error.code === "string" ? error.code : error.name;
    const isConnecting = this.#state.status === "connecting";
    this.#peerGone(isConnecting ? CloseCode.connectFailed : CloseCode.peerClosed, reason);
  }

  /** The close frame goes out behind all that the peer sent. */
  #peerGone(code: CloseCode, reason: string): void {
    if (this.#state.status === "flushing" || this.#state.status === "closing") return;
    this.#state = { status: "flushing", code, reason };
    this.#closeWhenFlushed(code, reason);
  }

  #closeWhenFlushed(code: number, reason: string): void {
    if (this.#webSocket.bufferedAmount > 0) return;
    this.#state = { status: "closing" };
    this.#endSocket();
    closeWebSocket(this.#webSocket, code, reason, this.#limits.closeGraceMs);
  }

  #clientClosed(): void {
    this.#state = { status: "closing" };
    this.#endSocket();
  }

  /** What the client sent still goes to the peer, within the grace; what the peer sends is read and dropped. */
  #endSocket(): void {
    if (this.#socket.destroyed) return;
    if (this.#socket.connecting) {
      this.#socket.destroy();
      return;
    }
    this.#socket.end();
    this.#socket.resume();
    this.#graceTimer ??= setTimeout(() => this.#socket.destroy(), this.#limits.closeGraceMs);
  }

  #bufferedBytes(): number {
    return this.#socket.writableLength + this.#webSocket.bufferedAmount;
  }

  #notePeak(): void {
    this.#peakBufferedBytes = Math.max(this.#peakBufferedBytes, this.#bufferedBytes());
  }
}

/** Says goodbye, and after the grace hangs up on a client that does not answer. */
export function closeWebSocket(webSocket: WebSocket, code: number, reason: string, graceMs: number): void {
  const timer = setTimeout(() => webSocket.terminate(), graceMs);
  webSocket.once("close", () => clearTimeout(timer));
  webSocket.resume();
  webSocket.close(code, reason);
}

function toBuffer(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data;
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
}
