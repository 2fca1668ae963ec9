import { DashlightError } from "../errors.ts";
import type { Hash256 } from "./hashes.ts";

/**
 * A wire format, declared once: the decoder, the encoder and the TypeScript type all come from it.
 * Decoders accept exactly what encoders write, so decode followed by encode gives the same bytes.
 */
export interface Codec<T> {
  /** Fewest bytes a value can take; bounds counts by the bytes that remain. */
  readonly minSize: number;
  read(reader: Reader): T;
  write(writer: Writer, value: T): void;
}
export type Decoded<C> = C extends Codec<infer T> ? T : never;

/** Longest length or count Core accepts anywhere (serialize.h MAX_SIZE). */
const MAX_SIZE = 0x02000000;

/** Cursor over a payload. Slices are views, not copies. Throws `wire/*` only. */
export class Reader {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  offset = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get remaining(): number {
    return this.bytes.length - this.offset;
  }

  /** @returns offset of the next `size` bytes, which are then consumed */
  #take(size: number): number {
    if (size > this.remaining) {
      throw new DashlightError({ code: "wire/truncated", needed: size, available: this.remaining });
    }
    const start = this.offset;
    this.offset += size;
    return start;
  }

  take(size: number): Uint8Array {
    const start = this.#take(size);
    return this.bytes.subarray(start, start + size);
  }

  u8 = (): number => this.#view.getUint8(this.#take(1));
  u16 = (): number => this.#view.getUint16(this.#take(2), true);
  u16be = (): number => this.#view.getUint16(this.#take(2), false);
  i16 = (): number => this.#view.getInt16(this.#take(2), true);
  u32 = (): number => this.#view.getUint32(this.#take(4), true);
  i32 = (): number => this.#view.getInt32(this.#take(4), true);
  u64 = (): bigint => this.#view.getBigUint64(this.#take(8), true);
  i64 = (): bigint => this.#view.getBigInt64(this.#take(8), true);

  /** CompactSize; must be the shortest form and at most MAX_SIZE (serialize.h ReadCompactSize). */
  compactSize(): number {
    const first = this.u8();
    if (first < 0xfd) return first;
    const [value, least] =
      first === 0xfd
        ? [this.u16(), 0xfd]
        : first === 0xfe
          ? [this.u32(), 0x10000]
          : [Number(this.u64()), 0x100000000];
    if (value < least) throw new DashlightError({ code: "wire/non-canonical", what: "CompactSize" });
    if (value > MAX_SIZE) {
      throw new DashlightError({ code: "wire/oversized", what: "CompactSize", size: value, limit: MAX_SIZE });
    }
    return value;
  }

  /** A count of items of at least `minItemSize` bytes each, checked against the bytes that remain. */
  count(minItemSize: number, what: string, limit = MAX_SIZE): number {
    const count = this.compactSize();
    if (count > limit) throw new DashlightError({ code: "wire/oversized", what, size: count, limit });
    const needed = count * minItemSize;
    if (needed > this.remaining) {
      throw new DashlightError({ code: "wire/truncated", needed, available: this.remaining });
    }
    return count;
  }

  end(): void {
    if (this.remaining > 0)
      throw new DashlightError({ code: "wire/trailing-bytes", trailing: this.remaining });
  }
}

/** Growing output buffer. Numbers out of range are our own mistake and throw `wire/invalid-value`. */
export class Writer {
  #bytes = new Uint8Array(256);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  #grow(size: number): number {
    const start = this.#length;
    this.#length += size;
    if (this.#length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#length, this.#bytes.length * 2));
      grown.set(this.#bytes);
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    return start;
  }

  bytes(value: Uint8Array): void {
    const start = this.#grow(value.length);
    this.#bytes.set(value, start);
  }

  // Room is made before the view is used: growing replaces it.
  u8 = (value: number): void => {
    inRange(value, 0, 0xff);
    const at = this.#grow(1);
    this.#view.setUint8(at, value);
  };
  u16 = (value: number): void => {
    inRange(value, 0, 0xffff);
    const at = this.#grow(2);
    this.#view.setUint16(at, value, true);
  };
  u16be = (value: number): void => {
    inRange(value, 0, 0xffff);
    const at = this.#grow(2);
    this.#view.setUint16(at, value, false);
  };
  i16 = (value: number): void => {
    inRange(value, -0x8000, 0x7fff);
    const at = this.#grow(2);
    this.#view.setInt16(at, value, true);
  };
  u32 = (value: number): void => {
    inRange(value, 0, 0xffffffff);
    const at = this.#grow(4);
    this.#view.setUint32(at, value, true);
  };
  i32 = (value: number): void => {
    inRange(value, -0x80000000, 0x7fffffff);
    const at = this.#grow(4);
    this.#view.setInt32(at, value, true);
  };
  u64 = (value: bigint): void => {
    if (BigInt.asUintN(64, value) !== value) throw outOfRange("integer of 64 bits", value);
    const at = this.#grow(8);
    this.#view.setBigUint64(at, value, true);
  };
  i64 = (value: bigint): void => {
    if (BigInt.asIntN(64, value) !== value) throw outOfRange("signed integer of 64 bits", value);
    const at = this.#grow(8);
    this.#view.setBigInt64(at, value, true);
  };

  compactSize(value: number): void {
    inRange(value, 0, MAX_SIZE);
    if (value < 0xfd) this.u8(value);
    else if (value <= 0xffff) {
      this.u8(0xfd);
      this.u16(value);
    } else {
      this.u8(0xfe);
      this.u32(value);
    }
  }

  /** @returns a copy of what was written */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }
}

function inRange(value: number, min: number, max: number): void {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw outOfRange(`integer ${min}..${max}`, value);
  }
}

function outOfRange(what: string, value: number | bigint): DashlightError {
  return new DashlightError({
    code: "wire/invalid-value",
    what,
    value: typeof value === "bigint" ? `${value}` : value,
  });
}

/** @throws `wire/*` when `bytes` is not exactly one value */
export function decode<T>(codec: Codec<T>, bytes: Uint8Array): T {
  const reader = new Reader(bytes);
  const value = codec.read(reader);
  reader.end();
  return value;
}

export function encode<T>(codec: Codec<T>, value: T): Uint8Array {
  const writer = new Writer();
  codec.write(writer, value);
  return writer.finish();
}

export const u8: Codec<number> = { minSize: 1, read: (r) => r.u8(), write: (w, v) => w.u8(v) };
export const u16: Codec<number> = { minSize: 2, read: (r) => r.u16(), write: (w, v) => w.u16(v) };
export const u16be: Codec<number> = { minSize: 2, read: (r) => r.u16be(), write: (w, v) => w.u16be(v) };
export const i16: Codec<number> = { minSize: 2, read: (r) => r.i16(), write: (w, v) => w.i16(v) };
export const u32: Codec<number> = { minSize: 4, read: (r) => r.u32(), write: (w, v) => w.u32(v) };
export const i32: Codec<number> = { minSize: 4, read: (r) => r.i32(), write: (w, v) => w.i32(v) };
export const u64: Codec<bigint> = { minSize: 8, read: (r) => r.u64(), write: (w, v) => w.u64(v) };
export const i64: Codec<bigint> = { minSize: 8, read: (r) => r.i64(), write: (w, v) => w.i64(v) };
export const compactSize: Codec<number> = {
  minSize: 1,
  read: (r) => r.compactSize(),
  write: (w, v) => w.compactSize(v),
};

/** Core writes 00 or 01; anything else would not come back as the same bytes, so it is refused. */
export const bool: Codec<boolean> = {
  minSize: 1,
  read(reader) {
    const value = reader.u8();
    if (value > 1) throw new DashlightError({ code: "wire/non-canonical", what: "bool" });
    return value === 1;
  },
  write: (w, v) => w.u8(v ? 1 : 0),
};

/** Exactly `size` raw bytes, as a view of the payload. */
export function fixedBytes<T extends Uint8Array = Uint8Array>(size: number): Codec<T> {
  return {
    minSize: size,
    read: (r) => r.take(size) as T,
    write(writer, value) {
      if (value.length !== size) {
        throw new DashlightError({ code: "wire/invalid-value", what: `${size} bytes`, value: value.length });
      }
      writer.bytes(value);
    },
  };
}

export function hash256<T extends Hash256>(): Codec<T> {
  return fixedBytes<T>(32);
}

/** CompactSize length, then that many bytes. */
export function varBytes(limit?: number): Codec<Uint8Array> {
  return {
    minSize: 1,
    read: (r) => r.take(r.count(1, "bytes", limit)),
    write(writer, value) {
      writer.compactSize(value.length);
      writer.bytes(value);
    },
  };
}

/** CompactSize count, then that many items. */
export function vector<T>(item: Codec<T>, what: string, limit?: number): Codec<T[]> {
  return {
    minSize: 1,
    read(reader) {
      const count = reader.count(item.minSize, what, limit);
      const items: T[] = [];
      for (let i = 0; i < count; i++) items.push(item.read(reader));
      return items;
    },
    write(writer, items) {
      writer.compactSize(items.length);
      for (const value of items) item.write(writer, value);
    },
  };
}

/** Fields one after another, in the order they are written here. */
export function struct<Fields extends Record<string, Codec<unknown>>>(
  fields: Fields,
): Codec<{ [K in keyof Fields]: Decoded<Fields[K]> }> {
  type Value = { [K in keyof Fields]: Decoded<Fields[K]> };
  const entries = Object.entries(fields);
  return {
    minSize: entries.reduce((sum, [, codec]) => sum + codec.minSize, 0),
    read(reader) {
      const value: Record<string, unknown> = {};
      for (const [name, codec] of entries) value[name] = codec.read(reader);
      return value as Value;
    },
    write(writer, value) {
      for (const [name, codec] of entries) codec.write(writer, value[name]);
    },
  };
}

/**
 * DYNBITSET: CompactSize bit count, then ceil(n/8) bytes, bit i is `byte[i >> 3] >> (i & 7) & 1`.
 * Unused high bits of the last byte must be 0 (Core's reader throws otherwise).
 */
export const bitset: Codec<Bitset> = {
  minSize: 1,
  read(reader) {
    const length = reader.compactSize();
    const bytes = reader.take(Math.ceil(length / 8));
    const used = length % 8;
    if (used !== 0 && (bytes[bytes.length - 1] as number) >> used !== 0) {
      throw new DashlightError({ code: "wire/non-canonical", what: "bitset padding" });
    }
    return { length, bytes };
  },
  write(writer, value) {
    writer.compactSize(value.length);
    writer.bytes(value.bytes);
  },
};

export interface Bitset {
  /** Number of bits. */
  readonly length: number;
  /** ceil(length / 8) bytes, least significant bit first. */
  readonly bytes: Uint8Array;
}

export function isBitSet(bits: Bitset, index: number): boolean {
  return index < bits.length && (((bits.bytes[index >> 3] as number) >> (index & 7)) & 1) === 1;
}

export function countBits(bits: Bitset): number {
  let count = 0;
  for (let byte of bits.bytes) for (; byte !== 0; byte &= byte - 1) count++;
  return count;
}

export function makeBitset(flags: readonly boolean[]): Bitset {
  const bytes = new Uint8Array(Math.ceil(flags.length / 8));
  flags.forEach((flag, i) => {
    if (flag) bytes[i >> 3] = (bytes[i >> 3] as number) | (1 << (i & 7));
  });
  return { length: flags.length, bytes };
}
