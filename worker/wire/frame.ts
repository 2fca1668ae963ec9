import { bytesToHex } from "@noble/hashes/utils.js";
import { DashlightError, type WireErrorFacts } from "../errors.ts";
import { Reader, Writer } from "./codec.ts";
import { equalBytes, sha256d } from "./hashes.ts";

export const FRAME_HEADER_SIZE = 24;
const MAGIC_SIZE = 4;
const COMMAND_SIZE = 12;
const CHECKSUM_SIZE = 4;

/**
 * Most bytes of a payload we take. Nodes refuse more than 3 MiB from us but check nothing when they send; a legacy
 * qrinfo without base can exceed 3 MiB. No specific reasoning for 8.
 */
export const MAX_PAYLOAD_SIZE = 8 * 1024 * 1024;

/** First buffer of a payload; it doubles as data arrives, so a length alone allocates no more than this. */
const FIRST_BUFFER_SIZE = 64 * 1024;

/** What a stretch of bytes turned out to be. */
export type Frame =
  | { readonly kind: "message"; readonly command: string; readonly payload: Uint8Array }
  /** Wrong checksum or malformed command: the message is lost, the connection goes on, as a node does it. */
  | { readonly kind: "dropped"; readonly error: DashlightError<WireErrorFacts> }
  /** Wrong magic or oversized payload: where the next frame starts is not to be trusted. Always the last frame. */
  | { readonly kind: "broken"; readonly error: DashlightError<WireErrorFacts> };

interface FrameHeader {
  /** undefined if malformed; its payload is skipped */
  readonly command: string | undefined;
  readonly size: number;
  readonly checksum: Uint8Array;
}

/**
 * A message as it travels: header and payload.
 * @param magic - 4 bytes of the network
 * @throws `wire/invalid-value` if `command` is not at most 12 printable ASCII characters
 * Source: Core 23.1.2 protocol.h CMessageHeader
 */
export function encodeFrame(magic: Uint8Array, command: string, payload: Uint8Array): Uint8Array {
  if (command.length > COMMAND_SIZE || !/^[\x20-\x7e]*$/.test(command)) {
    throw new DashlightError({ code: "wire/invalid-value", what: "command", value: command });
  }
  const writer = new Writer();
  writer.bytes(magic);
  writer.bytes(new TextEncoder().encode(command.padEnd(COMMAND_SIZE, "\0")));
  writer.u32(payload.length);
  writer.bytes(computeChecksum(payload));
  writer.bytes(payload);
  return writer.finish();
}

/**
 * Cuts one direction of a connection into frames. Chunks may be split or joined anyhow; payloads are copies of their
 * own. Throws nothing: what is wrong with the stream is among the frames.
 */
export class FrameDecoder {
  readonly #magic: Uint8Array;
  readonly #maxPayloadSize: number;
  #buffer = new Uint8Array(FRAME_HEADER_SIZE);
  #filled = 0;
  /** undefined while the next header is awaited */
  #header: FrameHeader | undefined;
  #isBroken = false;

  /** @param magic - 4 bytes of the network */
  constructor(magic: Uint8Array, maxPayloadSize = MAX_PAYLOAD_SIZE) {
    this.#magic = magic;
    this.#maxPayloadSize = maxPayloadSize;
  }

  /** @returns the frames that this chunk completes, in order; none after a broken one */
  push(chunk: Uint8Array): Frame[] {
    const frames: Frame[] = [];
    let offset = 0;
    while (!this.#isBroken) {
      offset += this.#fill(chunk.subarray(offset));
      if (this.#filled < this.#wanted()) break;
      const frame = this.#header === undefined ? this.#finishHeader() : this.#finishPayload(this.#header);
      if (frame !== undefined) frames.push(frame);
    }
    return frames;
  }

  /** Whether a frame has begun that is not complete. */
  get isInside(): boolean {
    return this.#filled > 0 || this.#header !== undefined;
  }

  #wanted(): number {
    return this.#header?.size ?? FRAME_HEADER_SIZE;
  }

  /** Takes what the current header or payload still lacks. @returns bytes taken */
  #fill(bytes: Uint8Array): number {
    const wanted = this.#wanted();
    const taken = Math.min(bytes.length, wanted - this.#filled);
    const needed = this.#filled + taken;
    if (needed > this.#buffer.length) {
      const grown = new Uint8Array(Math.min(wanted, Math.max(needed, this.#buffer.length * 2)));
      grown.set(this.#buffer.subarray(0, this.#filled));
      this.#buffer = grown;
    }
    this.#buffer.set(bytes.subarray(0, taken), this.#filled);
    this.#filled = needed;
    return taken;
  }

  #finishHeader(): Frame | undefined {
    const reader = new Reader(this.#buffer);
    const magic = reader.take(MAGIC_SIZE);
    if (!equalBytes(magic, this.#magic)) {
      return this.#break({
        code: "wire/bad-magic",
        expected: bytesToHex(this.#magic),
        received: bytesToHex(magic),
      });
    }
    const command = readCommand(reader.take(COMMAND_SIZE));
    const size = reader.u32();
    if (size > this.#maxPayloadSize) {
      return this.#break({ code: "wire/oversized", what: "payload", size, limit: this.#maxPayloadSize });
    }
    this.#header = { command, size, checksum: reader.take(CHECKSUM_SIZE) };
    this.#buffer = new Uint8Array(Math.min(size, FIRST_BUFFER_SIZE));
    this.#filled = 0;
    return undefined;
  }

  #finishPayload({ command, checksum }: FrameHeader): Frame {
    const payload = this.#buffer;
    this.#header = undefined;
    this.#buffer = new Uint8Array(FRAME_HEADER_SIZE);
    this.#filled = 0;
    if (command === undefined) {
      return drop({ code: "wire/invalid-value", what: "command", value: "malformed" });
    }
    if (!equalBytes(computeChecksum(payload), checksum)) return drop({ code: "wire/bad-checksum", command });
    return { kind: "message", command, payload };
  }

  #break(facts: WireErrorFacts): Frame {
    this.#isBroken = true;
    this.#buffer = new Uint8Array(0);
    return { kind: "broken", error: new DashlightError(facts) };
  }
}

function drop(facts: WireErrorFacts): Frame {
  return { kind: "dropped", error: new DashlightError(facts) };
}

/** @returns undefined unless printable ASCII is followed by nothing but NUL (Core protocol.cpp IsCommandValid) */
function readCommand(bytes: Uint8Array): string | undefined {
  const text = String.fromCharCode(...bytes);
  return /^([\x20-\x7e]*)\0*$/.exec(text)?.[1];
}

function computeChecksum(payload: Uint8Array): Uint8Array {
  return sha256d(payload).subarray(0, CHECKSUM_SIZE);
}
