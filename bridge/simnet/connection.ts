import type { Socket } from "node:net";
import { encodeFrame, type Frame, FrameDecoder } from "../../worker/wire/frame.ts";

/** Longest payload a node accepts (Core 23.1.2 net.h MAX_PROTOCOL_MESSAGE_LENGTH). It may send longer ones. */
const MAX_PROTOCOL_MESSAGE_LENGTH = 3 * 1024 * 1024;
/** A node reads nothing from a peer that has more than this to read itself (`-maxsendbuffer`). */
const MAX_SEND_BUFFER = 1_000_000;

export interface ConnectionEvents {
  /** Frames in order, one at a time; none after close. */
  onFrame(frame: Frame): void;
  onClose(): void;
}

/** One peer's socket, cut into frames. Frames wait while the peer does not read what was sent to it. */
export class Connection {
  readonly #socket: Socket;
  readonly #magic: Uint8Array;
  readonly #events: ConnectionEvents;
  readonly #decoder: FrameDecoder;
  readonly #waiting: Frame[] = [];
  #isClosed = false;

  constructor(socket: Socket, magic: Uint8Array, events: ConnectionEvents) {
    this.#socket = socket;
    this.#magic = magic;
    this.#events = events;
    this.#decoder = new FrameDecoder(magic, MAX_PROTOCOL_MESSAGE_LENGTH);
    socket.setNoDelay(true);
    socket.on("data", (chunk) => this.#receive(chunk));
    socket.on("drain", () => this.#deliver());
    // A reset by the peer is just another way to leave; "close" follows.
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.#finish());
  }

  get address(): string {
    return `${this.#socket.remoteAddress}:${this.#socket.remotePort}`;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  send(command: string, payload: Uint8Array): void {
    if (!this.#isClosed) this.#socket.write(encodeFrame(this.#magic, command, payload));
  }

  /** What was sent before is still delivered; nothing further is read. */
  disconnect(): void {
    if (this.#isClosed) return;
    this.#finish();
    this.#socket.end();
    this.#socket.resume();
  }

  destroy(): void {
    this.#finish();
    this.#socket.destroy();
  }

  #receive(chunk: Uint8Array): void {
    if (this.#isClosed) return;
    this.#waiting.push(...this.#decoder.push(chunk));
    this.#deliver();
  }

  #deliver(): void {
    while (!this.#isClosed) {
      if (this.#socket.writableLength > MAX_SEND_BUFFER) {
        this.#socket.pause();
        return;
      }
      const frame = this.#waiting.shift();
      if (frame === undefined) break;
      this.#events.onFrame(frame);
    }
    this.#socket.resume();
  }

  #finish(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#waiting.length = 0;
    this.#events.onClose();
  }
}
