import { afterAll, describe, expect, it, vi } from "vitest";
import { isDashlightError } from "../../errors.ts";
import { equalBytes } from "../hashes.ts";
import { extractMatches } from "../merkle.ts";
import { decodeMessage, encodeMessage, type Message } from "../message.ts";
import { readSpecialPayload } from "../specialTx.ts";
import { ENCODING_VERSIONS } from "./arbitraries.ts";
import { generatedMessages, recordedMessages, type Sample } from "./corpus.ts";
import { codeOf } from "./recordings.ts";

const SEED = Number(process.env.DASHLIGHT_FUZZ_SEED ?? 0x0da5_4117);
const SMALL_RUNS = 200_000;
const LARGE_RUNS = 500;
const SMALL_SIZE = 8 * 1024;

const recorded = recordedMessages();
const corpus = [...recorded, ...generatedMessages()].filter(({ payload }) => payload.length > 0);
const small = corpus.filter(({ payload }) => payload.length <= SMALL_SIZE);
const large = corpus.filter(({ payload }) => payload.length > SMALL_SIZE);

/** mulberry32: small, seeded, the same everywhere. */
class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % limit;
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new Error("nothing to pick from");
    return item;
  }
}

/** Counts just below and above every bound, in every length of CompactSize. */
const COUNTS = [
  [0xfc],
  [0xfd, 0xfd, 0x00],
  [0xfd, 0xff, 0xff],
  [0xfd, 0x01, 0x00],
  [0xfe, 0x00, 0x00, 0x01, 0x00],
  [0xfe, 0x51, 0xc3, 0x00, 0x00],
  [0xfe, 0xff, 0xff, 0xff, 0x01],
  [0xfe, 0x00, 0x00, 0x00, 0x02],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
];

function replace(bytes: Uint8Array, at: number, removed: number, inserted: ArrayLike<number>): Uint8Array {
  const end = Math.min(bytes.length, at + removed);
  const result = new Uint8Array(at + inserted.length + bytes.length - end);
  result.set(bytes.subarray(0, at));
  result.set(inserted, at);
  result.set(bytes.subarray(end), at + inserted.length);
  return result;
}

const MUTATIONS: readonly ((bytes: Uint8Array, random: Random) => Uint8Array)[] = [
  function flipBit(bytes, random) {
    const at = random.below(bytes.length);
    return replace(bytes, at, 1, [(bytes[at] ?? 0) ^ (1 << random.below(8))]);
  },
  function setByte(bytes, random) {
    return replace(bytes, random.below(bytes.length), 1, [random.pick([0, 1, 2, 0x7f, 0xfd, 0xfe, 0xff])]);
  },
  function truncate(bytes, random) {
    return bytes.slice(0, random.below(bytes.length));
  },
  function insert(bytes, random) {
    const inserted = Array.from({ length: 1 + random.below(8) }, () => random.below(256));
    return replace(bytes, random.below(bytes.length + 1), 0, inserted);
  },
  function remove(bytes, random) {
    return replace(bytes, random.below(bytes.length), 1 + random.below(8), []);
  },
  function inflateCount(bytes, random) {
    return replace(bytes, random.below(bytes.length), 1, random.pick(COUNTS));
  },
  function splice(bytes, random) {
    const other = random.pick(small).payload;
    const start = random.below(other.length);
    const piece = other.subarray(start, start + 1 + random.below(200));
    return replace(bytes, random.below(bytes.length), random.below(2) * piece.length, piece);
  },
];

function mutate(payload: Uint8Array, random: Random): Uint8Array {
  let bytes = payload;
  for (let i = 1 + random.below(3); i > 0 && bytes.length > 0; i--) {
    bytes = random.pick(MUTATIONS)(bytes, random);
  }
  return bytes;
}

/** What a client does with a payload before it believes any of it. */
function decodeDeep(command: string, payload: Uint8Array, protocolVersion: number): Message {
  const message = decodeMessage(command, payload, protocolVersion);
  if (!equalBytes(encodeMessage(message, protocolVersion), payload))
    throw new Error("encodes to other bytes");
  if (message.command === "tx") readSpecialPayload(message.payload);
  if (message.command === "block") for (const tx of message.payload.transactions) readSpecialPayload(tx);
  if (message.command === "mnlistdiff") {
    extractMatches(message.payload);
    readSpecialPayload(message.payload.cbTx);
  }
  return message;
}

/** @returns "decoded", or the code of our error; any other error fails with all that is needed to see it again */
function outcome(sample: Sample, run: number, payload: Uint8Array, protocolVersion: number): string {
  try {
    decodeDeep(sample.command, payload, protocolVersion);
    return "decoded";
  } catch (error) {
    if (isDashlightError(error) && error.code.startsWith("wire/")) return error.code;
    const hex = Buffer.from(payload).toString("hex").slice(0, 20_000);
    throw new Error(
      `seed ${SEED} run ${run}: ${sample.command} at ${protocolVersion} from ${sample.label}: ${hex}`,
      { cause: error },
    );
  }
}

/** Half of the runs take any sample, half any kind first: most recordings are of a few small kinds. */
function fuzz(samples: readonly Sample[], runs: number, random: Random): Map<string, number> {
  const outcomes = new Map<string, number>();
  const kinds = [...new Set(samples.map(({ command }) => command))].map((kind) =>
    samples.filter(({ command }) => command === kind),
  );
  for (let run = 0; run < runs; run++) {
    const sample = random.pick(run % 2 === 0 ? samples : random.pick(kinds));
    const protocolVersion = random.below(4) > 0 ? sample.protocolVersion : random.pick(ENCODING_VERSIONS);
    const result = outcome(sample, run, mutate(sample.payload, random), protocolVersion);
    outcomes.set(result, (outcomes.get(result) ?? 0) + 1);
  }
  return outcomes;
}

describe("a mutated message decodes to a message that encodes to its bytes, or is refused with a wire/ code", () => {
  it(`${SMALL_RUNS} of at most 8 kB, all kinds, seed ${SEED}`, () => {
    const outcomes = fuzz(small, SMALL_RUNS, new Random(SEED));
    // The run is worth something only if it went through both ends and most of the codes.
    expect(outcomes.get("decoded")).toBeGreaterThan(SMALL_RUNS / 20);
    for (const code of ["truncated", "trailing-bytes", "non-canonical", "oversized", "invalid-value"]) {
      expect(outcomes.get(`wire/${code}`), code).toBeGreaterThan(50);
    }
    expect(outcomes.get("wire/unsupported-version")).toBeGreaterThan(50);
  });

  it.runIf(large.length > 0)(`${LARGE_RUNS} larger ones, seed ${SEED + 1}`, () => {
    const outcomes = fuzz(large, LARGE_RUNS, new Random(SEED + 1));
    expect([...outcomes.values()].reduce((sum, count) => sum + count, 0)).toBe(LARGE_RUNS);
    expect(outcomes.size).toBeGreaterThan(3);
  });
});

describe("memory", () => {
  const NativeUint8Array = Uint8Array;
  let requested = 0;

  afterAll(() => {
    vi.unstubAllGlobals();
  });

  /** Bytes and items that the code between asks for at once, whether or not it uses them. */
  function countRequests(run: () => void): number {
    requested = 0;
    const count = {
      construct(target: new (...args: unknown[]) => object, args: unknown[]) {
        const [size] = args;
        if (typeof size === "number") requested += size;
        return Reflect.construct(target, args);
      },
    };
    vi.stubGlobal("Uint8Array", new Proxy(NativeUint8Array, count));
    vi.stubGlobal("Array", new Proxy(Array, count));
    vi.stubGlobal("ArrayBuffer", new Proxy(ArrayBuffer, count));
    try {
      run();
    } finally {
      vi.unstubAllGlobals();
    }
    return requested;
  }

  it("is asked for in proportion to the bytes that came, whatever count is claimed at whatever place", () => {
    const byCommand = new Map(small.map((sample) => [sample.command, sample]));
    expect(byCommand.size).toBeGreaterThan(20);
    let tried = 0;
    for (const sample of byCommand.values()) {
      const { command, payload, protocolVersion } = sample;
      const step = Math.max(1, Math.floor(payload.length / 500));
      for (let at = 0; at < payload.length; at += step) {
        for (const claimed of COUNTS.slice(4)) {
          const bytes = replace(payload, at, 1, claimed);
          const asked = countRequests(() => codeOf(() => decodeMessage(command, bytes, protocolVersion)));
          expect(asked, `${sample.label} at ${at}`).toBeLessThanOrEqual(4 * bytes.length);
          tried++;
        }
      }
    }
    expect(tried).toBeGreaterThan(5000);
  });

  it("would be seen to be asked for", () => {
    expect(countRequests(() => new Uint8Array(1000))).toBe(1000);
    expect(countRequests(() => new Array(1000))).toBe(1000);
  });
});

describe("every recorded message", () => {
  it("decodes and encodes to the same bytes, requests and our own side of handshakes included", () => {
    for (const { command, label, payload, protocolVersion } of recorded) {
      const message = decodeMessage(command, payload, protocolVersion);
      expect(message.command, label).toBe(command);
      expect(equalBytes(encodeMessage(message, protocolVersion), payload), label).toBe(true);
    }
    expect(recorded.length === 0 || recorded.length > 1000).toBe(true);
  });

  it("cut short anywhere is truncated", () => {
    const random = new Random(SEED + 2);
    for (const { command, label, payload, protocolVersion } of recorded) {
      if (command === "version" || payload.length > SMALL_SIZE) continue;
      for (let i = 0; i < 5 && payload.length > 0; i++) {
        const cut = payload.subarray(0, random.below(payload.length));
        expect(
          codeOf(() => decodeMessage(command, cut, protocolVersion)),
          label,
        ).toBe("wire/truncated");
      }
    }
  });
});
