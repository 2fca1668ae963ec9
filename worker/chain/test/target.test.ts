import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { computeWork, decodeCompact, encodeCompact, isProofOfWork } from "../target.ts";

const LIMIT = 2n ** 255n - 1n;

describe("compact targets", () => {
  // Core src/test/arith_uint256_tests.cpp bignum_SetCompact: bits, target, encoded again, negative, overflow
  test.each([
    [0x00000000, 0n, 0, false, false],
    [0x00123456, 0n, 0, false, false],
    [0x01003456, 0n, 0, false, false],
    [0x02000056, 0n, 0, false, false],
    [0x03000000, 0n, 0, false, false],
    [0x04000000, 0n, 0, false, false],
    [0x00923456, 0n, 0, false, false],
    [0x01803456, 0n, 0, false, false],
    [0x02800056, 0n, 0, false, false],
    [0x03800000, 0n, 0, false, false],
    [0x04800000, 0n, 0, false, false],
    [0x01123456, 0x12n, 0x01120000, false, false],
    [0x01fedcba, 0x7en, 0x017e0000, true, false],
    [0x02123456, 0x1234n, 0x02123400, false, false],
    [0x03123456, 0x123456n, 0x03123456, false, false],
    [0x04123456, 0x12345600n, 0x04123456, false, false],
    [0x04923456, 0x12345600n, 0x04123456, true, false],
    [0x05009234, 0x92340000n, 0x05009234, false, false],
    [0x20123456, 0x123456n << 232n, 0x20123456, false, false],
  ])("%#: %i", (bits, target, encoded, negative, overflow) => {
    expect(decodeCompact(bits)).toEqual({ target, negative, overflow });
    expect(encodeCompact(target)).toBe(encoded);
  });

  test.each([0xff123456, 0x23000001, 0x22000100, 0x21010000])("%i overflows", (bits) => {
    expect(decodeCompact(bits)).toMatchObject({ negative: false, overflow: true });
  });

  test.each([
    [0x22000001, 1n << 248n],
    [0x210000ff, 0xffn << 240n],
    [0x2100ff00, 0xffn << 248n],
  ])("%i is the largest of its size", (bits, target) => {
    expect(decodeCompact(bits)).toEqual({ target, negative: false, overflow: false });
  });

  test("a mantissa with its top bit set moves to the next size", () => {
    expect(encodeCompact(0x80n)).toBe(0x02008000);
    expect(encodeCompact(2n ** 236n - 1n)).toBe(0x1e0fffff);
    expect(encodeCompact(LIMIT)).toBe(0x207fffff);
  });

  const target = fc.bigInt({ min: 0n, max: LIMIT });
  test("encoding cuts off, never up, and at most the low digits", () => {
    fc.assert(
      fc.property(target, (value) => {
        const { target: back, negative, overflow } = decodeCompact(encodeCompact(value));
        expect([negative, overflow]).toEqual([false, false]);
        expect(back <= value).toBe(true);
        expect((value - back) << 15n <= value).toBe(true);
      }),
    );
  });

  test("what was encoded once stays", () => {
    fc.assert(
      fc.property(target, (value) => {
        const bits = encodeCompact(value);
        expect(encodeCompact(decodeCompact(bits).target)).toBe(bits);
      }),
    );
  });

  test("larger targets have no smaller form", () => {
    fc.assert(
      fc.property(target, target, (a, b) => {
        expect(encodeCompact(a) <= encodeCompact(b)).toBe(a <= b || encodeCompact(a) === encodeCompact(b));
      }),
    );
  });
});

describe("proof of work", () => {
  const hash = (value: bigint): Uint8Array =>
    Uint8Array.from({ length: 32 }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn));

  test("the hash is read little-endian and may equal the target", () => {
    expect(isProofOfWork(hash(0x123456n << 8n), 0x04123456, LIMIT)).toBe(true);
    expect(isProofOfWork(hash((0x123456n << 8n) + 1n), 0x04123456, LIMIT)).toBe(false);
  });

  test.each([
    ["negative", 0x04923456],
    ["overflow", 0xff123456],
    ["zero", 0x04000000],
    ["above the limit", 0x20123456],
  ])("a target that is %s proves nothing", (_, bits) => {
    expect(isProofOfWork(hash(0n), bits, 2n ** 236n - 1n)).toBe(false);
  });

  test("the limit itself is allowed", () => {
    expect(isProofOfWork(hash(0n), 0x1e0fffff, 2n ** 236n - 1n)).toBe(true);
    expect(isProofOfWork(hash(0n), 0x1e100000, 2n ** 236n - 1n)).toBe(false);
  });
});

test("work is the number of hashes to expect", () => {
  expect(computeWork(0n)).toBe(2n ** 256n);
  expect(computeWork(2n ** 256n - 1n)).toBe(1n);
  expect(computeWork(decodeCompact(0x207fffff).target)).toBe(2n);
  expect(computeWork(decodeCompact(0x1d00ffff).target)).toBe(0x100010001n);
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }), (target) => {
      expect(computeWork(target)).toBe(2n ** 256n / (target + 1n));
    }),
  );
});
