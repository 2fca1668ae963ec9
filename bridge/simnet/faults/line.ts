import type { Socket } from "node:net";
import type { Decisions } from "./decisions.ts";
import type { LineFaults } from "./profile.ts";
import type { Subject } from "./subject.ts";

/** A narrow line takes so much of what waits at a time. */
const SLICE_MS = 20;

/** What every message meets. */
const LASTING = ["latencyMs", "jitterMs", "bytesPerSecond", "drip"] as const;

/** In the middle of a message: the end, or silence for a while, infinity: for good. */
type Break = "cut" | { readonly quietMs: number };

export interface LineEvents {
  /** After bytes had to be kept back, they have all left. */
  onEmpty(): void;
  /** The connection is to end here and now. */
  onCut(): void;
}

/** A message that has not left as a whole. */
interface Parcel {
  readonly bytes: Uint8Array;
  /** When it may leave, by `performance.now()`. */
  readonly dueMs: number;
  sentBytes: number;
  /** What happens when half of it is sent; undefined once it happened. */
  break: Break | undefined;
}

/**
 * The way from a node to one peer: every byte comes in order, but not at once, or not at all. Without faults bytes
 * go straight to the socket.
 */
export class Line {
  readonly #socket: Socket;
  readonly #faults: () => LineFaults | undefined;
  readonly #decisions: Decisions;
  readonly #events: LineEvents;
  #parcels: Parcel[] = [];
  #timer: NodeJS.Timeout | undefined;
  #isQuiet = false;
  #isEnding = false;
  /** When the bytes before have passed a narrow line. */
  #freeAtMs = 0;

  constructor(
    socket: Socket,
    faults: () => LineFaults | undefined,
    decisions: Decisions,
    events: LineEvents,
  ) {
    this.#socket = socket;
    this.#faults = faults;
    this.#decisions = decisions;
    this.#events = events;
  }

  /** What the peer has not taken yet. */
  get waitingBytes(): number {
    return this.#parcels.reduce(
      (sum, { bytes, sentBytes }) => sum + bytes.length - sentBytes,
      this.#socket.writableLength,
    );
  }

  send(bytes: Uint8Array, subject: Subject): void {
    const faults = this.#faults();
    if (faults === undefined && this.#parcels.length === 0) {
      this.#socket.write(bytes);
      return;
    }
    for (const fault of LASTING) if (faults?.[fault] !== undefined) this.#decisions.strikes.add(fault);
    const { latencyMs = 0, jitterMs = 0 } = faults ?? {};
    const delayMs = latencyMs + (jitterMs > 0 ? this.#decisions.below(jitterMs + 1, "jitter", subject) : 0);
    const dueMs = performance.now() + delayMs;
    this.#parcels.push({ bytes, dueMs, sentBytes: 0, break: this.#decideBreak(faults, subject) });
    this.#pump();
  }

  /** Ends the connection when all bytes have left. */
  end(): void {
    this.#isEnding = true;
    this.#pump();
  }

  /** The faults are others now: a line that was quiet goes on. */
  refresh(): void {
    this.#isQuiet = false;
    this.#freeAtMs = 0;
    this.#stopTimer();
    this.#pump();
  }

  close(): void {
    this.#stopTimer();
    this.#parcels = [];
  }

  #decideBreak(faults: LineFaults | undefined, subject: Subject): Break | undefined {
    if (this.#decisions.isHit("cut", faults?.cut, subject)) return "cut";
    if (!this.#decisions.isHit("stall", faults?.stall, subject)) return undefined;
    return { quietMs: faults?.stall?.forMs ?? Number.POSITIVE_INFINITY };
  }

  #pump(): void {
    while (this.#timer === undefined && !this.#isQuiet) {
      const [parcel] = this.#parcels;
      if (parcel === undefined) {
        if (this.#isEnding) this.#socket.end();
        return;
      }
      const waitMs = Math.max(parcel.dueMs, this.#freeAtMs) - performance.now();
      if (waitMs > 0) this.#wait(waitMs);
      else if (parcel.break !== undefined && parcel.sentBytes === middleOf(parcel)) this.#break(parcel);
      else this.#sendPiece(parcel);
    }
  }

  #break(parcel: Parcel): void {
    const happening = parcel.break;
    parcel.break = undefined;
    if (happening === "cut") {
      this.close();
      this.#events.onCut();
    } else if (happening !== undefined) {
      this.#isQuiet = happening.quietMs === Number.POSITIVE_INFINITY;
      if (!this.#isQuiet) this.#wait(happening.quietMs);
    }
  }

  #sendPiece(parcel: Parcel): void {
    const { bytes, sentBytes } = parcel;
    const { bytesPerSecond = Number.POSITIVE_INFINITY, drip } = this.#faults() ?? {};
    const slice = Math.max(1, Math.floor((bytesPerSecond * SLICE_MS) / 1000));
    const stop = parcel.break === undefined ? bytes.length : middleOf(parcel);
    const end = Math.min(stop, sentBytes + Math.min(slice, drip?.pieceBytes ?? slice));
    this.#socket.write(bytes.subarray(sentBytes, end));
    parcel.sentBytes = end;
    const takesMs = ((end - sentBytes) / bytesPerSecond) * 1000 + (drip?.pauseMs ?? 0);
    this.#freeAtMs = Math.max(this.#freeAtMs, performance.now()) + takesMs;
    if (end < bytes.length) return;
    this.#parcels.shift();
    if (this.#parcels.length === 0) this.#events.onEmpty();
  }

  #wait(ms: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#pump();
    }, ms).unref();
  }

  #stopTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}

function middleOf({ bytes }: Parcel): number {
  return bytes.length >> 1;
}
