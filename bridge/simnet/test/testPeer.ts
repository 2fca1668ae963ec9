import { createConnection, type Socket } from "node:net";
import { createBls } from "../../../worker/bls/index.ts";
import { type ErrorCode, isDashlightError } from "../../../worker/errors.ts";
import { loadX11 } from "../../../worker/node/loadX11.ts";
import { encodeFrame, type Frame, FrameDecoder } from "../../../worker/wire/frame.ts";
import {
  type Command,
  commandOf,
  decodeMessage,
  encodeMessage,
  type Message,
  type Payload,
} from "../../../worker/wire/message.ts";
import { NO_ADDRESS, PROTOCOL_VERSION, type Version } from "../../../worker/wire/version.ts";
import { createSimnet, type Simnet, type SimnetOptions } from "../network.ts";

/** When the test networks were started: history is the same in every run. */
export const START_TIME_SECONDS = 1_800_000_000;

const engines = Promise.all([createBls(), loadX11()]);

export async function startSimnet(options: Partial<SimnetOptions> = {}): Promise<Simnet> {
  const [bls, x11] = await engines;
  return createSimnet({
    seed: 1,
    nodes: 2,
    startTimeSeconds: START_TIME_SECONDS,
    chainLockDelayMs: 0,
    bls,
    x11,
    ...options,
  });
}

/** A client on a real socket that keeps everything it receives, in order. */
export class TestPeer {
  readonly received: Message[] = [];
  /** Codes of what came and was no message, in order. */
  readonly problems: ErrorCode[] = [];
  receivedBytes = 0;
  readonly #socket: Socket;
  readonly #magic: Uint8Array;
  readonly #version: Version;
  readonly #wakeUps = new Set<() => void>();
  isClosed = false;
  #commonVersion: number;
  #pings = 0n;

  private constructor(socket: Socket, magic: Uint8Array, version: Version) {
    this.#socket = socket;
    this.#magic = magic;
    this.#version = version;
    this.#commonVersion = version.protocolVersion;
    const decoder = new FrameDecoder(magic);
    socket.on("data", (chunk) => {
      this.receivedBytes += chunk.length;
      for (const frame of decoder.push(chunk)) this.#receive(frame);
      this.#wake();
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      this.isClosed = true;
      this.#wake();
    });
  }

  /** Connects without a word. */
  static async connect(simnet: Simnet, node = 0, version: Partial<Version> = {}): Promise<TestPeer> {
    const [host, port] = (simnet.addresses[node] ?? "").split(":");
    const socket = createConnection({ host: host ?? "", port: Number(port), noDelay: true });
    await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
    return new TestPeer(socket, simnet.chain.params.magic, { ...OUR_VERSION, ...version });
  }

  /** Connects and shakes hands. */
  static async join(simnet: Simnet, node = 0, version: Partial<Version> = {}): Promise<TestPeer> {
    const peer = await TestPeer.connect(simnet, node, version);
    peer.sendVersion();
    peer.send({ command: "verack", payload: undefined });
    await peer.next("ping");
    return peer;
  }

  sendVersion(): void {
    this.send({ command: "version", payload: this.#version });
  }

  send(message: Message): void {
    this.sendRaw(commandOf(message), encodeMessage(message, this.#commonVersion));
  }

  sendRaw(command: string, payload: Uint8Array): void {
    this.sendBytes(encodeFrame(this.#magic, command, payload));
  }

  sendBytes(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }

  /** @returns the first message of that command after the ones taken before; it and all before it are taken */
  async next<C extends Command>(command: C): Promise<Payload<C>> {
    for (;;) {
      const index = this.received.findIndex((message) => message.command === command);
      const message = this.received[index];
      if (message !== undefined) {
        this.received.splice(0, index + 1);
        return message.payload as Payload<C>;
      }
      if (this.isClosed) throw new Error(`closed before ${command}`);
      await this.#change();
    }
  }

  /** @returns what came before the answer to a ping sent now; nothing of it is left to take */
  async fence(): Promise<Message[]> {
    const nonce = 0xfe00n + this.#pings++;
    this.send({ command: "ping", payload: nonce });
    for (;;) {
      const index = this.received.findIndex(
        (message) => message.command === "pong" && message.payload === nonce,
      );
      if (index >= 0) return this.received.splice(0, index + 1).slice(0, -1);
      if (this.isClosed) throw new Error("closed before pong");
      await this.#change();
    }
  }

  async closed(): Promise<void> {
    while (!this.isClosed) await this.#change();
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await this.#change();
  }

  /** Stops and resumes reading what the node sends. */
  read(isReading: boolean): void {
    if (isReading) this.#socket.resume();
    else this.#socket.pause();
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(frame: Frame): void {
    if (frame.kind !== "message") {
      this.problems.push(frame.error.code);
      return;
    }
    try {
      const message = decodeMessage(frame.command, frame.payload, this.#commonVersion);
      this.received.push(message);
      if (message.command === "version") {
        this.#commonVersion = Math.min(this.#commonVersion, message.payload.protocolVersion);
      }
    } catch (error) {
      if (!isDashlightError(error)) throw error;
      this.problems.push(error.code);
    }
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#wakeUps.add(resolve));
  }

  #wake(): void {
    for (const wakeUp of this.#wakeUps) wakeUp();
    this.#wakeUps.clear();
  }
}

const OUR_VERSION: Version = {
  protocolVersion: PROTOCOL_VERSION,
  services: 0n,
  time: BigInt(START_TIME_SECONDS),
  addrRecv: NO_ADDRESS,
  sender: { addrFrom: NO_ADDRESS, nonce: 77n },
  userAgent: "/test:1/",
  startHeight: 0,
  relay: true,
  mnAuthChallenge: new Uint8Array(32),
  isMasternode: false,
  rest: new Uint8Array(),
};
