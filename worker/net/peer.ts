import { DashlightError, type NetErrorFacts } from "../errors.ts";
import type { NetworkParams } from "../params/index.ts";
import { encodeFrame, FRAME_HEADER_SIZE, FrameDecoder } from "../wire/frame.ts";
import { commandOf, decodeMessage, encodeMessage, type Message } from "../wire/message.ts";
import { NO_ADDRESS, PROTOCOL_VERSION, type Version } from "../wire/version.ts";
import type { Clock, Connection, Transport } from "./transport.ts";

/** Below this, encodings lack what verification needs (`protocol/wire.md` 4.3). */
const MIN_PROTOCOL_VERSION = 70230;
/** A node gives both sides 60 s (`-peertimeout`); a client that has others to try need not wait so long. */
const HANDSHAKE_TIMEOUT_MS = 15_000;
const PING_INTERVAL_MS = 30_000;
/** A peer that leaves a ping unanswered this long is gone. No specific reason for this number. */
const PONG_TIMEOUT_MS = 60_000;
const USER_AGENT = "/Dashlight:0.1.0/";

export interface PeerOptions {
  readonly address: string;
  readonly params: NetworkParams;
  readonly transport: Transport;
  readonly clock: Clock;
  /** 64 random bits. */
  readonly randomNonce: () => bigint;
  readonly startHeight: number;
  /** The connection stands, the handshake begins. */
  readonly onOpen?: (peer: Peer) => void;
  /** Messages that answer no request. */
  readonly onMessage: (peer: Peer, message: Message) => void;
  /** Once, when the connection is over. */
  readonly onClose: (peer: Peer, error: DashlightError) => void;
  /** A message of the peer's that answers nothing and does not decode; the connection goes on unless the caller ends it. */
  readonly onBadMessage: (peer: Peer, error: DashlightError) => void;
  /** A round trip was measured: one that held no work of the node's. */
  readonly onPong?: (peer: Peer, rttMs: number) => void;
}

/** A request on its way: its answer is the first message that `take` makes something of. */
interface Pending {
  readonly name: string;
  readonly take: (message: Message) => unknown;
  readonly resolve: (taken: unknown) => void;
  readonly reject: (error: unknown) => void;
  /** Nonce of the ping sent right behind it: its pong means the request was passed over. */
  readonly fence: bigint;
  readonly timer: unknown;
  readonly stopListening: () => void;
}

interface Ping {
  readonly sentAtMs: number;
  /** Its pong waits for no answer. */
  readonly isAlone: boolean;
}

/**
 * One connection to a node: handshake, framing, pings, requests. A node handles a connection's messages in order, so
 * a ping behind each request tells a refused request from a slow one after one round trip.
 * Source: `protocol/wire.md` 2, 4.5
 */
export class Peer {
  readonly address: string;
  readonly #options: PeerOptions;
  readonly #decoder: FrameDecoder;
  readonly #pending: Pending[] = [];
  /** Without a pong so far. */
  readonly #pings = new Map<bigint, Ping>();
  #introducedAtMs = 0;
  /** When the first byte came of the frame that is not complete. */
  #frameBeganMs = 0;
  #connection: Connection | undefined;
  #version: Version | undefined;
  #isReady = false;
  #closedBy: DashlightError | undefined;
  #hasVerack = false;
  #finishHandshake: ((error?: DashlightError) => void) | undefined;
  #pingTimer: unknown;
  latencyMs: number | undefined;
  /** Of the message that came last, header included. */
  messageBytes = 0;
  /** From its first byte to its last. */
  messageMs = 0;
  bytesIn = 0;
  bytesOut = 0;

  constructor(options: PeerOptions) {
    this.#options = options;
    this.address = options.address;
    this.#decoder = new FrameDecoder(options.params.magic);
  }

  /** The node's own introduction, once it came. */
  get version(): Version | undefined {
    return this.#version;
  }

  /** The lower of both versions; selects every encoding. */
  get commonVersion(): number {
    return Math.min(PROTOCOL_VERSION, this.#version?.protocolVersion ?? PROTOCOL_VERSION);
  }

  get isReady(): boolean {
    return this.#isReady && !this.#closedBy;
  }

  /** What to expect of it: how long it took last, or how long it has been owing an answer. */
  get expectedLatencyMs(): number {
    const owingMs = this.#options.clock.now() - this.#oldestPing;
    return Math.max(this.latencyMs ?? 0, owingMs);
  }

  /** When the oldest ping without a pong was sent; infinity if none was. */
  get #oldestPing(): number {
    return Math.min(...[...this.#pings.values()].map(({ sentAtMs }) => sentAtMs));
  }

  /** A blocks-only node disconnects whoever asks it for a qrinfo. */
  get answersQrInfo(): boolean {
    return this.#version?.relay !== false;
  }

  /**
   * Connects and shakes hands. The client speaks first, or the node waits for its v2 transport.
   * @throws `net/connect-failed`, `net/bridge-unreachable`, `net/handshake-failed`, `net/disconnected`
   */
  async connect(): Promise<void> {
    const { transport, clock } = this.#options;
    const connection = await transport.connect(this.address, {
      onData: (bytes) => this.#receive(bytes),
      onClose: (reason) => this.#end({ code: "net/disconnected", address: this.address, reason }),
    });
    if (this.#closedBy) {
      connection.close();
      throw this.#closedBy;
    }
    this.#connection = connection;
    this.#options.onOpen?.(this);
    await new Promise<void>((resolve, reject) => {
      const timer = clock.setTimeout(
        () => this.#failHandshake("no answer to our introduction"),
        HANDSHAKE_TIMEOUT_MS,
      );
      this.#finishHandshake = (error) => {
        clock.clearTimeout(timer);
        this.#finishHandshake = undefined;
        if (error) reject(error);
        else resolve();
      };
      this.#introducedAtMs = clock.now();
      this.send({ command: "version", payload: this.#introduction() });
    });
    // What came behind the verack in the same chunk may have ended the connection already.
    if (this.#closedBy) throw this.#closedBy;
    this.#schedulePing();
  }

  send(message: Message): void {
    if (this.#closedBy || !this.#connection) return;
    const payload = encodeMessage(message, this.commonVersion);
    const frame = encodeFrame(this.#options.params.magic, commandOf(message), payload);
    this.bytesOut += frame.length;
    this.#connection.send(frame);
  }

  /**
   * Sends a request and waits for its answer.
   * @param take - called as messages come, before those behind them are handled: what to make of the answer; undefined
   *   if it is not this one
   * @throws `net/refused` when the node passed the request over, `net/timeout`, `net/disconnected`, or the reason of
   *   `signal`
   */
  request<T extends object>(
    message: Message,
    take: (message: Message) => T | undefined,
    { timeoutMs, signal }: { timeoutMs: number; signal?: AbortSignal },
  ): Promise<T> {
    const name = commandOf(message);
    if (!this.isReady) {
      const facts = { address: this.address, reason: "not connected" };
      return Promise.reject(new DashlightError({ code: "net/disconnected", ...facts }));
    }
    return new Promise<T>((resolve, reject) => {
      signal?.throwIfAborted();
      const fence = this.#options.randomNonce();
      const fail = (error: unknown) => this.#settle(pending, () => reject(error));
      const onAbort = () => fail(signal?.reason);
      const pending: Pending = {
        name,
        take,
        fence,
        resolve: (taken) => resolve(taken as T),
        reject,
        timer: this.#options.clock.setTimeout(() => {
          const facts = { address: this.address, request: name, timeoutMs };
          fail(new DashlightError({ code: "net/timeout", ...facts }));
        }, timeoutMs),
        stopListening: () => signal?.removeEventListener("abort", onAbort),
      };
      signal?.addEventListener("abort", onAbort);
      this.#pending.push(pending);
      this.send(message);
      this.#ping(fence, false);
    });
  }

  /** Ends the connection; pending requests fail with `net/disconnected`. */
  close(reason: string): void {
    this.#end({ code: "net/disconnected", address: this.address, reason });
  }

  #introduction(): Version {
    const { params, clock, randomNonce, startHeight } = this.#options;
    const comment = params.devnetName === undefined ? "" : `devnet.${params.devnetName}/`;
    return {
      protocolVersion: PROTOCOL_VERSION,
      services: 0n,
      time: BigInt(Math.floor(clock.now() / 1000)),
      addrRecv: NO_ADDRESS,
      sender: { addrFrom: NO_ADDRESS, nonce: randomNonce() },
      userAgent: USER_AGENT + comment,
      startHeight,
      relay: true,
      mnAuthChallenge: new Uint8Array(32),
      isMasternode: false,
      rest: new Uint8Array(0),
    };
  }

  #receive(bytes: Uint8Array): void {
    this.bytesIn += bytes.length;
    const nowMs = this.#options.clock.now();
    let beganMs = this.#decoder.isInside ? this.#frameBeganMs : nowMs;
    for (const frame of this.#decoder.push(bytes)) {
      if (this.#closedBy) return;
      this.messageMs = nowMs - beganMs;
      beganMs = nowMs;
      if (frame.kind === "dropped") {
        this.#options.onBadMessage(this, frame.error);
      } else if (frame.kind === "broken") {
        this.#options.onBadMessage(this, frame.error);
        this.#end({ code: "net/disconnected", address: this.address, reason: frame.error.message });
      } else {
        this.messageBytes = FRAME_HEADER_SIZE + frame.payload.length;
        this.#decode(frame.command, frame.payload);
      }
    }
    this.#frameBeganMs = beganMs;
  }

  #decode(command: string, payload: Uint8Array): void {
    let message: Message;
    try {
      message = decodeMessage(command, payload, this.commonVersion);
    } catch (error) {
      if (!(error instanceof DashlightError)) throw error;
      // An answer that does not decode still is the answer to the request of its kind, and fails that alone.
      const pending = this.#pending.find(({ name }) => ANSWERS.get(name)?.includes(command));
      if (pending) this.#settle(pending, () => pending.reject(error));
      else this.#options.onBadMessage(this, error);
      return;
    }
    this.#handle(message);
  }

  #handle(message: Message): void {
    switch (message.command) {
      case "version":
        this.#receiveVersion(message.payload);
        return;
      case "verack":
        this.#hasVerack = true;
        this.#completeHandshake();
        return;
      case "ping":
        this.send({ command: "pong", payload: message.payload });
        return;
      case "pong":
        this.#receivePong(message.payload);
        return;
      default:
        this.#deliver(message);
    }
  }

  #receiveVersion(version: Version): void {
    if (this.#version) return;
    this.#version = version;
    this.#measure(this.#introducedAtMs);
    if (version.protocolVersion < MIN_PROTOCOL_VERSION) {
      this.#failHandshake(`protocol ${version.protocolVersion} is too old`);
      return;
    }
    this.send({ command: "sendaddrv2", payload: undefined });
    this.send({ command: "sendheaders2", payload: undefined });
    this.send({ command: "verack", payload: undefined });
    this.#completeHandshake();
  }

  #completeHandshake(): void {
    if (!this.#version || !this.#hasVerack || !this.#finishHandshake) return;
    this.#isReady = true;
    this.#finishHandshake();
  }

  #failHandshake(reason: string): void {
    this.#end({ code: "net/handshake-failed", address: this.address, reason });
  }

  #deliver(message: Message): void {
    for (const pending of this.#pending) {
      const taken = pending.take(message);
      if (taken === undefined) continue;
      this.#settle(pending, () => pending.resolve(taken));
      return;
    }
    this.#options.onMessage(this, message);
  }

  #receivePong(nonce: bigint): void {
    const ping = this.#pings.get(nonce);
    if (!ping) return;
    this.#pings.delete(nonce);
    if (ping.isAlone) this.#measure(ping.sentAtMs);
    const refused = this.#pending.find(({ fence }) => fence === nonce);
    if (!refused) return;
    const facts = { address: this.address, request: refused.name };
    this.#settle(refused, () => refused.reject(new DashlightError({ code: "net/refused", ...facts })));
  }

  #measure(sentAtMs: number): void {
    this.latencyMs = this.#options.clock.now() - sentAtMs;
    this.#options.onPong?.(this, this.latencyMs);
  }

  #settle(pending: Pending, settle: () => void): void {
    const index = this.#pending.indexOf(pending);
    if (index < 0) return;
    this.#pending.splice(index, 1);
    this.#options.clock.clearTimeout(pending.timer);
    pending.stopListening();
    settle();
  }

  /** @param isAlone - the node has nothing of ours to do before it */
  #ping(nonce: bigint, isAlone: boolean): void {
    this.#pings.set(nonce, { sentAtMs: this.#options.clock.now(), isAlone });
    this.send({ command: "ping", payload: nonce });
  }

  #schedulePing(): void {
    const { clock, randomNonce } = this.#options;
    this.#pingTimer = clock.setTimeout(() => {
      if (clock.now() - this.#oldestPing > PONG_TIMEOUT_MS) {
        this.close("it no longer answers");
        return;
      }
      // A request that ended early still has its ping on the way.
      this.#ping(randomNonce(), this.#pings.size === 0);
      this.#schedulePing();
    }, PING_INTERVAL_MS);
  }

  #end(facts: NetErrorFacts): void {
    if (this.#closedBy) return;
    const error = new DashlightError(facts);
    this.#closedBy = error;
    this.#options.clock.clearTimeout(this.#pingTimer);
    this.#connection?.close();
    this.#finishHandshake?.(error);
    for (const pending of [...this.#pending]) this.#settle(pending, () => pending.reject(error));
    this.#options.onClose(this, error);
  }
}

/** Which commands answer a request; also when the answer does not decode. */
const ANSWERS: ReadonlyMap<string, readonly string[]> = new Map([
  ["getheaders", ["headers"]],
  ["getheaders2", ["headers2"]],
  ["getmnlistd", ["mnlistdiff"]],
  ["getqrinfo", ["qrinfo"]],
  ["getdata", ["clsig", "isdlock"]],
]);
