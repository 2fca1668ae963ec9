import type { Socket } from "node:net";
import { type Frame, FrameDecoder } from "../../worker/wire/frame.ts";
import { makeFrame } from "./faults/frames.ts";
import { Line } from "./faults/line.ts";
import type { NodeFaults } from "./faults/nodeFaults.ts";
import type { Subject } from "./faults/subject.ts";

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
  readonly #faults: NodeFaults;
  readonly #events: ConnectionEvents;
  readonly #line: Line;
  readonly #decoder: FrameDecoder;
  readonly #waiting: Frame[] = [];
  #isClosed = false;

  constructor(socket: Socket, magic: Uint8Array, faults: NodeFaults, events: ConnectionEvents) {
    // A socket forgets it when it closes.
    this.address = `${socket.remoteAddress}:${socket.remotePort}`;
    this.#socket = socket;
    this.#magic = magic;
    this.#faults = faults;
    this.#events = events;
    this.#line = new Line(socket, () => faults.profile.line, faults.decisions, {
      onEmpty: () => this.#deliver(),
      onCut: () => this.destroy("the line is cut"),
    });
    this.#decoder = new FrameDecoder(magic, MAX_PROTOCOL_MESSAGE_LENGTH);
    socket.setNoDelay(true);
    socket.on("data", (chunk) => this.#receive(chunk));
    socket.on("drain", () => this.#deliver());
    // A reset by the peer is just another way to leave; "close" follows.
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      this.#line.close();
      this.#finish("by the peer");
    });
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** @param subject - names the command */
  send(payload: Uint8Array, subject: Subject): void {
    if (this.#isClosed) return;
    const { profile, decisions } = this.#faults;
    this.#line.send(makeFrame(this.#magic, payload, subject, profile.frames, decisions), subject);
  }

  /** The node's faults are others now. */
  refresh(): void {
    this.#line.refresh();
  }

  /** What was sent before is still delivered; nothing further is read. */
  disconnect(reason: string): void {
    if (this.#isClosed) return;
    this.#finish(reason);
    this.#line.end();
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
      if (this.#line.waitingBytes > MAX_SEND_BUFFER) {
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
