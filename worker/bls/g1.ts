/** Points of G1 in WebAssembly of our own: decoding and sums of multiples, twice as fast as mcl does them. */

import { DashlightError } from "../errors.ts";
import { G1_WASM_BASE64 } from "./build/g1.ts";
import type { WeightedPoints } from "./curve.ts";
import { BASIC_SIGN, FLAGS, GROUP_ORDER, PUBLIC_KEY_BYTES } from "./encoding.ts";

/**
 * A finite point of the subgroup as the module holds it: x and y in 64 bytes each, Montgomery form. Means something
 * only to this module, but to all of its instances.
 */
export type G1Point = Uint8Array;

export const G1_POINT_BYTES = 128;
const SCALAR_BYTES = 32;
const WORD_BITS = 64n;
/** The curve parameter squared: half the length of the group order. */
const Z_SQUARED = 0xac45a4010001a4020000000100000000n;
/** More go in several calls: each takes 3 or 4 kB of scratch memory, which is never given back. */
const MAX_POINTS_PER_CALL = 1600;
/** So many new keys cost less together than alone. */
const MIN_POINTS_OF_BATCH = 192;
/** Random digits of a key that is looked at together with others, five a byte: assembly/subgroupBatch.ts */
const DIGIT_BYTES = 16;
const DIGIT_LIMIT = 3 ** 5;
const PAGE_BYTES = 65_536;

/** Exports of assembly/index.ts. */
interface G1Module {
  readonly memory: WebAssembly.Memory;
  heap(): number;
  batchScratchBytes(count: number): number;
  decodeMany(out: number, keys: number, signs: number, count: number, digits: number, scratch: number): void;
  encode(out: number, point: number): void;
  scratchBytes(sums: number, points: number, windowBits: number): number;
  multiplyMany(
    out: number,
    sums: number,
    lengths: number,
    points: number,
    pointCount: number,
    scalars: number,
    windowBits: number,
    scratch: number,
  ): void;
}

export class G1 {
  readonly #module: G1Module;
  /** Where the next argument of a call goes. */
  #next: number;

  private constructor(module: G1Module) {
    this.#module = module;
    this.#next = module.heap();
  }

  /** @throws DashlightError bls/engine-unavailable where WebAssembly is missing or forbidden */
  static async load(): Promise<G1> {
    const bytes = Uint8Array.from(atob(G1_WASM_BASE64), (character) => character.charCodeAt(0));
    try {
      const { instance } = await WebAssembly.instantiate(bytes);
      return new G1(instance.exports as unknown as G1Module);
    } catch (cause) {
      throw new DashlightError({ code: "bls/engine-unavailable", engine: "mcl" }, { cause });
    }
  }

  /**
   * @param basics - 48 bytes each, canonical and finite
   * @returns for each the point, or undefined off the curve or outside the subgroup
   */
  decode(basics: readonly Uint8Array[]): (G1Point | undefined)[] {
    const points: (G1Point | undefined)[] = [];
    for (let at = 0; at < basics.length; at += MAX_POINTS_PER_CALL) {
      points.push(...this.#decodeAtOnce(basics.slice(at, at + MAX_POINTS_PER_CALL)));
    }
    return points;
  }

  #decodeAtOnce(basics: readonly Uint8Array[]): (G1Point | undefined)[] {
    const count = basics.length;
    const isBatch = count >= MIN_POINTS_OF_BATCH;
    const keys = this.#startCall(count * PUBLIC_KEY_BYTES);
    const signs = this.#allocate(count);
    const points = this.#allocate(count * G1_POINT_BYTES);
    const digits = isBatch ? this.#allocate(count * DIGIT_BYTES) : 0;
    const scratch = isBatch ? this.#allocate(this.#module.batchScratchBytes(count)) : 0;
    const memory = this.#memory;
    if (isBatch) memory.set(drawBytesBelow(DIGIT_LIMIT, count * DIGIT_BYTES), digits);
    for (const [i, basic] of basics.entries()) {
      const [flags = 0] = basic;
      memory.set(basic, keys + i * PUBLIC_KEY_BYTES);
      memory[keys + i * PUBLIC_KEY_BYTES] = flags & ~FLAGS;
      memory[signs + i] = flags & BASIC_SIGN ? 1 : 0;
    }
    this.#module.decodeMany(points, keys, signs, count, digits, scratch);
    return basics.map((_, i) => (memory[signs + i] === 1 ? this.#read(points, i) : undefined));
  }

  /** @returns x and y, big-endian, 48 bytes each */
  toCoordinates(point: G1Point): { x: Uint8Array; y: Uint8Array } {
    const at = this.#startCall(G1_POINT_BYTES);
    const out = this.#allocate(2 * PUBLIC_KEY_BYTES);
    this.#memory.set(point, at);
    this.#module.encode(out, at);
    const memory = this.#memory;
    return {
      x: memory.slice(out, out + PUBLIC_KEY_BYTES),
      y: memory.slice(out + PUBLIC_KEY_BYTES, out + 2 * PUBLIC_KEY_BYTES),
    };
  }

  /** @returns each sum, undefined where it is the identity */
  multiply(sums: readonly WeightedPoints<G1Point>[]): (G1Point | undefined)[] {
    const results: (G1Point | undefined)[] = [];
    for (let first = 0, last = 0; first < sums.length; first = last) {
      let count = 0;
      do count += sums[last++]?.points.length ?? 0;
      while (last < sums.length && count + (sums[last]?.points.length ?? 0) <= MAX_POINTS_PER_CALL);
      results.push(...this.#multiplyAtOnce(sums.slice(first, last), count));
    }
    return results;
  }

  #multiplyAtOnce(sums: readonly WeightedPoints<G1Point>[], count: number): (G1Point | undefined)[] {
    const windowBits = chooseWindowBits(sums.length, count);
    const points = this.#startCall(count * G1_POINT_BYTES);
    const scalars = this.#allocate(count * SCALAR_BYTES);
    const lengths = this.#allocate(sums.length * 4);
    const out = this.#allocate(sums.length * G1_POINT_BYTES);
    const scratch = this.#allocate(this.#module.scratchBytes(sums.length, count, windowBits));
    const memory = this.#memory;
    const view = new DataView(memory.buffer);
    let at = 0;
    for (const [i, sum] of sums.entries()) {
      view.setUint32(lengths + i * 4, sum.points.length, true);
      for (const [j, point] of sum.points.entries()) {
        memory.set(point, points + at * G1_POINT_BYTES);
        writeScalar(view, scalars + at * SCALAR_BYTES, sum.scalars[j] ?? 0n);
        at++;
      }
    }
    this.#module.multiplyMany(out, sums.length, lengths, points, count, scalars, windowBits, scratch);
    return sums.map((_, i) => {
      const point = this.#read(out, i);
      return point.some((byte) => byte !== 0) ? point : undefined;
    });
  }

  #read(at: number, index: number): G1Point {
    const start = at + index * G1_POINT_BYTES;
    return this.#memory.slice(start, start + G1_POINT_BYTES);
  }

  /** The view of before is gone once memory grew: read again after #allocate(). */
  get #memory(): Uint8Array {
    return new Uint8Array(this.#module.memory.buffer);
  }

  /** @returns address of the first argument; what an earlier call used is free */
  #startCall(sizeBytes: number): number {
    this.#next = this.#module.heap();
    return this.#allocate(sizeBytes);
  }

  #allocate(sizeBytes: number): number {
    const start = this.#next;
    this.#next = (start + sizeBytes + 15) & ~15;
    const missing = this.#next - this.#module.memory.buffer.byteLength;
    if (missing > 0) this.#module.memory.grow(Math.ceil(missing / PAGE_BYTES));
    return start;
  }
}

/** Uniform, and nobody can foresee them. */
function drawBytesBelow(limit: number, count: number): Uint8Array {
  const drawn = new Uint8Array(count);
  for (let at = 0; at < count; ) {
    for (const byte of crypto.getRandomValues(new Uint8Array(count - at))) {
      if (byte < limit) drawn[at++] = byte;
    }
  }
  return drawn;
}

/** Two halves below 2^128: k = k0 + k1 z^2. */
function writeScalar(view: DataView, at: number, scalar: bigint): void {
  const reduced = scalar % GROUP_ORDER;
  for (const [i, half] of [reduced % Z_SQUARED, reduced / Z_SQUARED].entries()) {
    view.setBigUint64(at + i * 16, BigInt.asUintN(64, half), true);
    view.setBigUint64(at + i * 16 + 8, half >> WORD_BITS, true);
  }
}

/** What an inversion takes, in additions. */
const INVERSION_ADDITIONS = 60;

/** The least of additions into buckets, additions of buckets, and inversions. */
function chooseWindowBits(sums: number, points: number): number {
  let best = 2;
  let least = Number.POSITIVE_INFINITY;
  for (let bits = 2; bits <= 9; bits++) {
    const windows = Math.floor((128 + bits) / bits);
    const additions = windows * (2 * points + sums * 2 ** bits) + INVERSION_ADDITIONS * (2 ** (bits - 1) + 6);
    if (additions < least) [best, least] = [bits, additions];
  }
  return best;
}
