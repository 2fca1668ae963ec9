import { decodeCompact, isProofOfWork } from "../chain/target.ts";
import type { ConnectionHandlers, Transport } from "../net/transport.ts";
import { type NetworkParams, networkParams } from "../params/index.ts";
import { encode } from "../wire/codec.ts";
import { encodeFrame, FrameDecoder } from "../wire/frame.ts";
import { type BlockHash, type HashHex, toHashHex, ZERO_HASH } from "../wire/hashes.ts";
import { HEADER_SIZE } from "../wire/header.ts";
import { compressHeaders, headers2, MAX_HEADERS_COMPRESSED_RESULTS } from "../wire/headers.ts";
import { commandOf, decodeMessage, encodeMessage, type Message } from "../wire/message.ts";
import { NO_ADDRESS, PROTOCOL_VERSION, ServiceFlag } from "../wire/version.ts";
import type { X11 } from "../x11/index.ts";

/** A twelfth of all hashes meet it, and Dark Gravity Wave stays there, whose products wrap around 2^256. */
const BITS = 0x20147400;
const START_TIME_SECONDS = 1_800_000_000;
const GAP_SECONDS = 1;

/**
 * Of a chain that is quickly made, and whose difficulty is computed and checked as mainnet's is; a little slower, since
 * wrapped products need bigints.
 */
export const MADE_PARAMS: NetworkParams = {
  ...networkParams("regtest"),
  pow: {
    powLimit: decodeCompact(BITS).target,
    // The 24 blocks of the average should take one second: blocks are slow, and the target is the easiest there is.
    targetSpacingSeconds: 1 / 24,
    targetTimespanSeconds: 86_400,
    allowMinDifficultyBlocks: false,
    noRetargeting: false,
    kgwHeight: 0,
    dgwHeight: 0,
    minDifficultyBlocks: 0,
    exactDifficultyHeight: 0,
  },
};

/** What the made chain is built on. */
export const MADE_BASE = { height: 1_000, hash: ZERO_HASH as BlockHash };

/** @returns headers with their proof of work, 80 bytes each, on top of MADE_BASE; about 130 us each */
export function makeHeaders(count: number, x11: X11): Uint8Array {
  const headers = new Uint8Array(count * HEADER_SIZE);
  const view = new DataView(headers.buffer);
  const { powLimit } = MADE_PARAMS.pow;
  let previous: Uint8Array = MADE_BASE.hash;
  for (let i = 0; i < count; i++) {
    const start = i * HEADER_SIZE;
    const header = headers.subarray(start, start + HEADER_SIZE);
    view.setInt32(start, 0x20000000, true);
    header.set(previous, 4);
    // As random as a merkle root.
    header.set(previous, 36);
    view.setUint32(start + 68, START_TIME_SECONDS + i * GAP_SECONDS, true);
    view.setUint32(start + 72, BITS, true);
    for (let nonce = 0; ; nonce++) {
      view.setUint32(start + 76, nonce, true);
      previous = x11.hash(header);
      if (isProofOfWork(previous, BITS, powLimit)) break;
    }
  }
  return headers;
}

/** A round trip, or 350 kB at 56 Mbit/s. */
export const ANSWER_MS = 50;

/** A node in this thread that has all answers ready, ANSWER_MS away, and knows nothing but headers. */
export class HeaderNode implements Transport {
  /** The frame of each answer, by the first block of the locator. */
  readonly #answers = new Map<HashHex, Uint8Array>();

  /** @param headers - 80 bytes each, on top of MADE_BASE */
  constructor(headers: Uint8Array) {
    const count = headers.length / HEADER_SIZE;
    // Each answer begins with the last header of the one before: a client asks from the block below it.
    for (let first = 0; first < count; first += MAX_HEADERS_COMPRESSED_RESULTS - 1) {
      const end = Math.min(count, first + MAX_HEADERS_COMPRESSED_RESULTS);
      const sent = headers.subarray(first * HEADER_SIZE, end * HEADER_SIZE);
      const payload = encode(headers2(PROTOCOL_VERSION), compressHeaders(sent, "reply"));
      const frame = encodeFrame(MADE_PARAMS.magic, "headers2", payload);
      this.#answers.set(toHashHex(sent.subarray(4, 36)), frame);
    }
    const tip = headers.subarray(-HEADER_SIZE);
    const payload = encode(headers2(PROTOCOL_VERSION), compressHeaders(tip, "reply"));
    this.#answers.set(toHashHex(tip.subarray(4, 36)), encodeFrame(MADE_PARAMS.magic, "headers2", payload));
  }

  async connect(_: string, handlers: ConnectionHandlers) {
    const decoder = new FrameDecoder(MADE_PARAMS.magic);
    const reply = (bytes: Uint8Array) => void setTimeout(() => handlers.onData(bytes), ANSWER_MS);
    return {
      send: (bytes: Uint8Array) => {
        for (const frame of decoder.push(bytes)) {
          if (frame.kind !== "message") throw frame.error;
          const message = decodeMessage(frame.command, frame.payload, PROTOCOL_VERSION);
          for (const answer of this.#answer(message)) reply(answer);
        }
      },
      close: () => handlers.onClose("closed"),
    };
  }

  #answer(message: Message): Uint8Array[] {
    if (message.command === "version")
      return [frameOf(VERSION), frameOf({ command: "verack", payload: undefined })];
    if (message.command === "ping") return [frameOf({ command: "pong", payload: message.payload })];
    if (message.command !== "getheaders2") return [];
    const [first] = message.payload.locator;
    const answer = first && this.#answers.get(toHashHex(first));
    if (!answer) throw new Error("asked from another block than the one below the last header");
    return [answer];
  }
}

const VERSION: Message = {
  command: "version",
  payload: {
    protocolVersion: PROTOCOL_VERSION,
    services: ServiceFlag.headersCompressed,
    time: BigInt(START_TIME_SECONDS),
    addrRecv: NO_ADDRESS,
    sender: { addrFrom: NO_ADDRESS, nonce: 1n },
    userAgent: "/HeaderNode/",
    startHeight: MADE_BASE.height,
    relay: true,
    mnAuthChallenge: new Uint8Array(32),
    isMasternode: false,
    rest: new Uint8Array(0),
  },
};

function frameOf(message: Message): Uint8Array {
  return encodeFrame(MADE_PARAMS.magic, commandOf(message), encodeMessage(message, PROTOCOL_VERSION));
}
