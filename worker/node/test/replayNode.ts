import { createServer, type Server, type Socket } from "node:net";
import { decode, encode } from "../../wire/codec.ts";
import { encodeFrame, FrameDecoder } from "../../wire/frame.ts";
import { type BlockHash, equalBytes, fromHashHex, isZero, sha256d, toHashHex } from "../../wire/hashes.ts";
import { compressHeaders, getHeaders, headers, headers2 } from "../../wire/headers.ts";
import { InvType, inventory } from "../../wire/inventory.ts";
import { getMnListDiff } from "../../wire/mnListDiff.ts";
import { getQRInfo } from "../../wire/qrInfo.ts";
import { type Version, version } from "../../wire/version.ts";
import { loadRecording, type RecordedMessage, type Recording } from "./recording.ts";

const MAX_HEADERS = 2_000;
const MAX_HEADERS2 = 8_000;
const PROTOCOL_VERSION = 70240;
/** What a node disconnects for. */
const MAX_MISBEHAVIOUR = 100;

/** How a node differs from an honest one. Everything left out is as recorded. */
export interface Misbehaviour {
  /** Commands of ours it never answers; the pong behind them still comes. */
  readonly silentOn?: readonly string[];
  /** Messages of its own that it never sends. */
  readonly withheld?: readonly string[];
  /** It says nothing more from this on, until it is released: it is slow, not unwilling. */
  readonly stallOn?: string;
  /** It hangs up instead of answering this. */
  readonly hangUpOn?: string;
  /** It hangs up after this many bytes of the first frame of this command. */
  readonly cutOff?: { readonly command: string; readonly bytes: number };
  /** It says something else than what it would say: other payloads, more messages, none. */
  readonly rewrite?: (message: RecordedMessage) => readonly RecordedMessage[];
  /** It spoils finished frames. */
  readonly spoilFrame?: (frame: Uint8Array, command: string) => Uint8Array;
  readonly version?: (recorded: Version) => Version;
}

export interface ReplayNodeOptions extends Misbehaviour {
  readonly scenario: string;
  /** Its best block; the recorded tip if left out. */
  readonly tipHeight?: number;
  /** Blocks of its own in place of the recorded ones above `tipHeight`. */
  readonly fork?: readonly ForkBlock[];
}

export interface ForkBlock {
  readonly hash: BlockHash;
  readonly header: Uint8Array;
}

/** Most blocks at once that a node announces by their headers. */
const MAX_ANNOUNCED = 8;

/**
 * A node that speaks the P2P protocol over TCP and answers with what a real one was recorded to answer. What was not
 * recorded it meets as a node meets what it cannot answer: with silence, a point of misbehaviour, and the pong.
 */
export class ReplayNode {
  readonly recording: Recording;
  /** HOST:PORT */
  address = "";
  /** Every message it got, over all connections, in order. */
  readonly received: RecordedMessage[] = [];
  /** Points that our requests cost us, as a node counts them. */
  misbehaviour = 0;
  /** Connections so far. */
  connections = 0;
  readonly #options: ReplayNodeOptions;
  readonly #server: Server;
  readonly #sessions = new Set<Session>();
  /** Best recorded block of its chain. */
  #recordedTip: number;

  private constructor(options: ReplayNodeOptions) {
    this.#options = options;
    this.recording = loadRecording(options.scenario);
    this.#recordedTip = options.tipHeight ?? this.recording.tip.height;
    this.#server = createServer({ noDelay: true }, (socket) => {
      this.connections++;
      const session = new Session(socket, this, options);
      this.#sessions.add(session);
      socket.on("close", () => this.#sessions.delete(session));
    });
  }

  static async start(options: ReplayNodeOptions): Promise<ReplayNode> {
    const node = new ReplayNode(options);
    await new Promise<void>((resolve) => node.#server.listen(0, "127.0.0.1", resolve));
    const bound = node.#server.address();
    if (typeof bound !== "object" || bound === null) throw new Error("not listening");
    node.address = `127.0.0.1:${bound.port}`;
    return node;
  }

  /** How often it got a command. */
  count(command: string): number {
    return this.received.filter((message) => message.command === command).length;
  }

  /** Connections now. */
  get open(): number {
    return this.#sessions.size;
  }

  /** Says something to everybody connected. */
  push(command: string, payload: Uint8Array): void {
    for (const session of this.#sessions) session.say({ command, payload });
  }

  /** Bytes as they are, to everybody connected. */
  pushBytes(bytes: Uint8Array): void {
    for (const session of this.#sessions) session.write(bytes);
  }

  /** @returns a frame of this network */
  frame(command: string, payload: Uint8Array): Uint8Array {
    return encodeFrame(this.recording.params.magic, command, payload);
  }

  get tipHeight(): number {
    return this.#recordedTip + this.#fork.length;
  }

  get #fork(): readonly ForkBlock[] {
    return this.#options.fork ?? [];
  }

  /** Finds the recorded blocks up to a height and announces them: a few by their headers, more by the tip's hash. */
  growTo(height: number): void {
    const from = this.#recordedTip + 1;
    this.#recordedTip = height;
    if (height - from < MAX_ANNOUNCED) {
      const announced = compressHeaders(this.recording.headers(from, height), "announcement");
      this.push("headers2", encode(headers2(PROTOCOL_VERSION), announced));
    } else {
      const hash = fromHashHex(this.recording.hashAt(height) ?? "");
      this.push("inv", encode(inventory, [{ type: InvType.block, hash }]));
    }
  }

  /** Says what it held back, and everything from now on. */
  release(): void {
    for (const session of this.#sessions) session.release();
  }

  hangUp(): void {
    for (const session of this.#sessions) session.end();
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.hangUp();
    await closed;
  }

  /** What an honest node with these recordings answers. */
  answer(command: string, payload: Uint8Array): readonly RecordedMessage[] {
    switch (command) {
      case "ping":
        return [{ command: "pong", payload }];
      case "getheaders":
      case "getheaders2":
        return this.#answerHeaders(command, payload);
      case "mempool": {
        const items = [{ type: InvType.clSig, hash: sha256d(this.recording.bestChainLock.payload) }];
        return [{ command: "inv", payload: encode(inventory, items) }];
      }
      case "getdata":
        return this.#answerGetData(payload);
      case "getmnlistd":
      case "getqrinfo": {
        const recorded = this.#isOnChain(command, payload) && this.recording.answer(command, payload);
        if (!recorded) this.misbehaviour++;
        return recorded ? [recorded] : [];
      }
      default:
        return [];
    }
  }

  #answerHeaders(command: "getheaders" | "getheaders2", payload: Uint8Array): RecordedMessage[] {
    const { locator, hashStop } = decode(getHeaders, payload);
    const known = locator.map((hash) => this.#heightOf(hash)).find((height) => height !== undefined);
    const first = (known ?? 0) + 1;
    const limit = command === "getheaders2" ? MAX_HEADERS2 : MAX_HEADERS;
    const stop = this.#heightOf(hashStop) ?? this.tipHeight;
    const found = this.#headers(first, Math.min(first + limit - 1, stop));
    if (command === "getheaders2") {
      const answer = encode(headers2(PROTOCOL_VERSION), compressHeaders(found, "reply"));
      return [{ command: "headers2", payload: answer }];
    }
    return [{ command: "headers", payload: encode(headers, found) }];
  }

  #headers(from: number, to: number): Uint8Array {
    const recorded = this.recording.headers(from, Math.min(to, this.#recordedTip));
    const own = this.#fork.slice(
      Math.max(0, from - this.#recordedTip - 1),
      Math.max(0, to - this.#recordedTip),
    );
    return Uint8Array.from([...recorded, ...own.flatMap(({ header }) => [...header])]);
  }

  /** @returns undefined off its chain */
  #heightOf(hash: Uint8Array): number | undefined {
    const own = this.#fork.findIndex((block) => equalBytes(block.hash, hash));
    if (own >= 0) return this.#recordedTip + 1 + own;
    const height = this.recording.heightOf(toHashHex(hash as BlockHash));
    return height !== undefined && height <= this.#recordedTip ? height : undefined;
  }

  /** A node answers only for blocks of its chain. */
  #isOnChain(command: "getmnlistd" | "getqrinfo", payload: Uint8Array): boolean {
    if (command === "getmnlistd") {
      const { baseBlockHash, blockHash } = decode(getMnListDiff, payload);
      const hasBase = isZero(baseBlockHash) || this.#heightOf(baseBlockHash) !== undefined;
      return hasBase && this.#heightOf(blockHash) !== undefined;
    }
    const { baseBlockHashes, blockRequestHash } = decode(getQRInfo, payload);
    return [blockRequestHash, ...baseBlockHashes].every((hash) => this.#heightOf(hash) !== undefined);
  }

  #answerGetData(payload: Uint8Array): RecordedMessage[] {
    const missing = [];
    const answers: RecordedMessage[] = [];
    for (const item of decode(inventory, payload)) {
      const lock = item.type === InvType.clSig && this.recording.chainLock(toHashHex(item.hash));
      if (lock) answers.push({ command: "clsig", payload: lock });
      else missing.push(item);
    }
    if (missing.length > 0) answers.push({ command: "notfound", payload: encode(inventory, missing) });
    return answers;
  }

  /** @returns whether it hangs up on us now */
  isFedUp(command: string): boolean {
    return command === this.#options.hangUpOn || this.misbehaviour >= MAX_MISBEHAVIOUR;
  }
}

/** One connection of a node. */
class Session {
  readonly #socket: Socket;
  readonly #node: ReplayNode;
  readonly #options: ReplayNodeOptions;
  readonly #decoder: FrameDecoder;
  #hasVersion = false;
  #hasVerack = false;
  #isBlocksOnly = false;
  #cutOff: Misbehaviour["cutOff"];
  /** What it holds back while it stalls. */
  #heldBack: RecordedMessage[] | undefined;
  #isReleased = false;

  constructor(socket: Socket, node: ReplayNode, options: ReplayNodeOptions) {
    this.#socket = socket;
    this.#node = node;
    this.#options = options;
    this.#cutOff = options.cutOff;
    this.#decoder = new FrameDecoder(node.recording.params.magic);
    socket.on("data", (bytes: Buffer) => this.#receive(bytes));
    // A client that goes away mid-message is none of the node's business.
    socket.on("error", () => socket.destroy());
  }

  release(): void {
    const heldBack = this.#heldBack ?? [];
    this.#heldBack = undefined;
    this.#isReleased = true;
    for (const message of heldBack) this.say(message);
  }

  say(message: RecordedMessage): void {
    if (this.#heldBack) {
      this.#heldBack.push(message);
      return;
    }
    for (const said of this.#options.rewrite?.(message) ?? [message]) {
      if (this.#options.withheld?.includes(said.command)) continue;
      const frame = this.#node.frame(said.command, said.payload);
      this.write(this.#options.spoilFrame?.(frame, said.command) ?? frame, said.command);
    }
  }

  write(bytes: Uint8Array, command?: string): void {
    if (this.#socket.writableEnded) return;
    if (this.#cutOff && command === this.#cutOff.command) {
      this.#socket.end(bytes.slice(0, this.#cutOff.bytes));
      return;
    }
    this.#socket.write(bytes);
  }

  end(): void {
    this.#socket.destroy();
  }

  #receive(bytes: Uint8Array): void {
    for (const frame of this.#decoder.push(bytes)) {
      if (this.#socket.destroyed) return;
      if (frame.kind === "broken") this.end();
      if (frame.kind !== "message") continue;
      const { command, payload } = frame;
      this.#node.received.push({ command, payload });
      this.#handle(command, payload);
    }
  }

  #handle(command: string, payload: Uint8Array): void {
    if (command === "version") this.#receiveVersion(payload);
    else if (command === "verack") this.#receiveVerack();
    else if (command === "sendaddrv2" && this.#hasVerack) this.end();
    else if (this.#hasVerack) this.#answer(command, payload);
  }

  /** version, sendaddrv2 and verack as soon as the client introduced itself, the rest behind its verack. */
  #receiveVersion(payload: Uint8Array): void {
    if (this.#hasVersion) return;
    this.#hasVersion = true;
    decode(version, payload);
    for (const message of this.#handshake.slice(0, 3)) this.say(message);
  }

  #receiveVerack(): void {
    if (!this.#hasVersion || this.#hasVerack) return;
    this.#hasVerack = true;
    for (const message of this.#handshake.slice(3)) this.say(message);
  }

  #answer(command: string, payload: Uint8Array): void {
    if (this.#options.silentOn?.includes(command)) return;
    if (command === this.#options.stallOn && !this.#isReleased) this.#heldBack ??= [];
    const answers = this.#node.answer(command, payload);
    if (this.#node.isFedUp(command) || (this.#isBlocksOnly && command === "getqrinfo")) this.end();
    else for (const answer of answers) this.say(answer);
  }

  get #handshake(): readonly RecordedMessage[] {
    const { version: change } = this.#options;
    if (!change) return this.#node.recording.handshake;
    return this.#node.recording.handshake.map((message) => {
      if (message.command !== "version") return message;
      const changed = change(decode(version, message.payload));
      this.#isBlocksOnly = changed.relay === false;
      return { command: "version", payload: encode(version, changed) };
    });
  }
}

/** @returns a copy with one bit changed */
export function flipBit(bytes: Uint8Array, offset: number): Uint8Array {
  const flipped = bytes.slice();
  flipped[offset] = (flipped[offset] ?? 0) ^ 1;
  return flipped;
}
