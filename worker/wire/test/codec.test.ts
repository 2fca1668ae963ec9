import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  bool,
  type Codec,
  compactSize,
  decode,
  encode,
  fixedBytes,
  i16,
  i32,
  i64,
  Reader,
  struct,
  u8,
  u16,
  u16be,
  u32,
  u64,
  varBytes,
  vector,
  Writer,
} from "../codec.ts";
import { codeOf, decodeSame, factsOf } from "./recordings.ts";

describe("integers", () => {
  it.each<[string, Codec<number> | Codec<bigint>, number | bigint, string]>([
    ["u8", u8, 255, "ff"],
    ["u16", u16, 0x1234, "3412"],
    ["u16be", u16be, 0x1234, "1234"],
    ["i16", i16, -2, "feff"],
    ["u32", u32, 0xfffffffe, "feffffff"],
    ["i32", i32, -2, "feffffff"],
    ["u64", u64, 0xfffffffffffffffen, "feffffffffffffff"],
    ["i64", i64, -2n, "feffffffffffffff"],
  ])("%s has its bytes", (_, codec, value, hex) => {
    const untyped = codec as Codec<unknown>;
    expect(bytesToHex(encode(untyped, value))).toBe(hex);
    expect(decode(untyped, hexToBytes(hex))).toBe(value);
    expect(codec.minSize).toBe(hex.length / 2);
  });

  it.each<[string, Codec<number> | Codec<bigint>, number | bigint]>([
    ["u8", u8, 256],
    ["u8", u8, -1],
    ["u8", u8, 1.5],
    ["u16", u16, 0x10000],
    ["u16be", u16be, -1],
    ["i16", i16, 0x8000],
    ["u32", u32, 0x100000000],
    ["u32", u32, Number.NaN],
    ["i32", i32, 0x80000000],
    ["u64", u64, -1n],
    ["u64", u64, 1n << 64n],
    ["i64", i64, 1n << 63n],
    ["i64", i64, -(1n << 63n) - 1n],
  ])("%s refuses to write %s", (_, codec, value) => {
    expect(codeOf(() => encode(codec as Codec<unknown>, value))).toBe("wire/invalid-value");
  });
});

describe("CompactSize", () => {
  it.each([
    [0, "00"],
    [0xfc, "fc"],
    [0xfd, "fdfd00"],
    [0xffff, "fdffff"],
    [0x10000, "fe00000100"],
    [0x02000000, "fe00000002"],
  ])("writes %i in its shortest form", (value, hex) => {
    expect(bytesToHex(encode(compactSize, value))).toBe(hex);
    expect(decodeSame(compactSize, hexToBytes(hex))).toBe(value);
  });

  it.each([
    ["252 in three bytes", "fdfc00", "wire/non-canonical"],
    ["65535 in five bytes", "feffff0000", "wire/non-canonical"],
    ["2^32 - 1 in nine bytes", "ffffffffff00000000", "wire/non-canonical"],
    ["one more than MAX_SIZE", "fe01000002", "wire/oversized"],
    ["2^32", "ff0000000001000000", "wire/oversized"],
    ["2^64 - 1", "ffffffffffffffffff", "wire/oversized"],
    ["no bytes", "", "wire/truncated"],
    ["half a count", "fdfd", "wire/truncated"],
  ])("refuses %s", (_, hex, code) => {
    expect(codeOf(() => decode(compactSize, hexToBytes(hex)))).toBe(code);
  });

  it("refuses to write more than MAX_SIZE", () => {
    expect(codeOf(() => encode(compactSize, 0x02000001))).toBe("wire/invalid-value");
  });
});

describe("vector", () => {
  let reads = 0;
  const counting: Codec<number> = {
    minSize: 4,
    read(reader) {
      reads++;
      return reader.u32();
    },
    write: u32.write,
  };
  const numbers = vector(counting, "numbers", 100);

  it("reads no item when the bytes cannot hold the count", () => {
    reads = 0;
    expect(factsOf(() => decode(vector(counting, "numbers"), hexToBytes("fe00000002aabbccdd")))).toEqual({
      code: "wire/truncated",
      needed: 4 * 0x02000000,
      available: 4,
    });
    expect(reads).toBe(0);
  });

  it("reads no item when the count is above the limit, though the bytes are there", () => {
    reads = 0;
    const tooMany = hexToBytes(`65${"00".repeat(404)}`);
    expect(factsOf(() => decode(numbers, tooMany))).toEqual({
      code: "wire/oversized",
      what: "numbers",
      size: 101,
      limit: 100,
    });
    expect(reads).toBe(0);
    expect(decode(numbers, hexToBytes(`64${"00".repeat(400)}`))).toHaveLength(100);
  });
});

describe("bytes", () => {
  it("of a fixed size are a view of the payload", () => {
    const payload = Uint8Array.of(1, 2, 3);
    expect(decode(fixedBytes(3), payload).buffer).toBe(payload.buffer);
    expect(codeOf(() => encode(fixedBytes(3), Uint8Array.of(1)))).toBe("wire/invalid-value");
  });

  it("of a variable size keep to their limit", () => {
    expect(decodeSame(varBytes(2), hexToBytes("020102"))).toEqual(Uint8Array.of(1, 2));
    expect(codeOf(() => decode(varBytes(2), hexToBytes("03010203")))).toBe("wire/oversized");
    expect(codeOf(() => decode(varBytes(), hexToBytes("0301")))).toBe("wire/truncated");
  });

  it("of a payload that is itself a view are read from the right place", () => {
    const whole = Uint8Array.of(9, 9, 1, 2, 9);
    const reader = new Reader(whole.subarray(2, 4));
    expect([reader.remaining, reader.u16(), reader.remaining]).toEqual([2, 0x0201, 0]);
  });
});

describe("bool", () => {
  it("is 00 or 01; another value would not come back the same", () => {
    expect(decodeSame(bool, Uint8Array.of(1))).toBe(true);
    expect(decodeSame(bool, Uint8Array.of(0))).toBe(false);
    expect(codeOf(() => decode(bool, Uint8Array.of(2)))).toBe("wire/non-canonical");
  });
});

describe("struct", () => {
  it("has its fields in order and the sum of their sizes", () => {
    const pair = struct({ b: u16, a: u8 });
    expect(pair.minSize).toBe(3);
    expect(bytesToHex(encode(pair, { a: 1, b: 2 }))).toBe("020001");
    expect(Object.keys(decode(pair, hexToBytes("020001")))).toEqual(["b", "a"]);
  });
});

describe("Writer", () => {
  it("keeps numbers that fall on the end of its buffer, whatever came before", () => {
    const numbers = fc.array(fc.tuple(fc.constantFrom("u8", "u16", "u32", "u64"), fc.nat(255)), {
      minLength: 100,
      maxLength: 600,
    });
    fc.assert(
      fc.property(numbers, (items) => {
        const writer = new Writer();
        for (const [kind, value] of items) {
          if (kind === "u8") writer.u8(value);
          if (kind === "u16") writer.u16(value);
          if (kind === "u32") writer.u32(value);
          if (kind === "u64") writer.u64(BigInt(value));
        }
        const reader = new Reader(writer.finish());
        for (const [kind, value] of items) {
          if (kind === "u8") expect(reader.u8()).toBe(value);
          if (kind === "u16") expect(reader.u16()).toBe(value);
          if (kind === "u32") expect(reader.u32()).toBe(value);
          if (kind === "u64") expect(reader.u64()).toBe(BigInt(value));
        }
        reader.end();
      }),
      { numRuns: 30 },
    );
  });

  it("gives a copy, which later writes do not change", () => {
    const writer = new Writer();
    writer.u8(1);
    const first = writer.finish();
    writer.u8(2);
    expect([...first]).toEqual([1]);
    expect([...writer.finish()]).toEqual([1, 2]);
  });
});
