import type { Socket } from "node:net";
import { encodeFrame, type Frame, FrameDecoder } from "../../worker/wire/frame.ts";

/** Longest payload a node accepts (Core 23.1.2 net.h MAX_PROTOCOL_MESSAGE_LENGTH). It may send longer ones. */
const MAX_PROTOCOL_MESSAGE_LENGTH = 3 * 1024 * 1024;
/** A node reads nothing from a peer that has more than this to read itself (`-maxsendbuffer`). */
const MAX_SEND_BUFFER = 1_000_000;

export interface ConnectionEvents {
  /** Frames in order, one at a time; none after close. */
  onFrame(frame: Frame): void;
  /** @param reason - for the log */
  onClose(reason: string): void;
}

/** One peer's socket, cut into frames. Frames wait while the peer does not read what was sent to it. */
export class Connection {
  /** HOST:PORT of the peer. */
  readonly address: string;
  readonly #socket: Socket;
  readonly #magic: Uint8Array;
  readonly #events: ConnectionEvents;
  readonly #decoder: FrameDecoder;
  readonly #waiting: Frame[] = [];
  #isClosed = false;

  constructor(socket: Socket, magic: Uint8Array, events: ConnectionEvents) {
    // A socket forgets it when it closes.
    this.address = `${socket.remoteAddress}:${socket.remotePort}`;
    this.#socket = socket;
    this.#magic = magic;
    this.#events = events;
    this.#decoder = new FrameDecoder(magic, MAX_PROTOCOL_MESSAGE_LENGTH);
    socket.setNoDelay(true);
    socket.on("data", (chunk) => this.#receive(chunk));
    socket.on("drain", () => this.#deliver());
    // A reset by the peer is just another way to leave; "close" follows.
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.#finish("by the peer"));
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  send(command: string, payload: Uint8Array): void {
    if (!this.#isClosed) this.#socket.write(encodeFrame(this.#magic, command, payload));
  }

  /** What was sent before is still delivered; nothing further is read. */
  disconnect(reason: string): void {
    if (this.#isClosed) return;
    this.#finish(reason);
    this.#socket.end();
    this.#socket.resume();
  }

  destroy(reason: string): void {
    this.#finish(reason);
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

  #finish(reason: string): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#waiting.length = 0;
    this.#events.onClose(reason);
  }
}
