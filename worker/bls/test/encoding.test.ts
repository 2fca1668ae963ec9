/** What is not the one encoding of a point of the subgroup is not valid, in either scheme and on either engine. */

import { PointG1, PointG2 } from "@noble/bls12-381";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FIELD_ORDER, toBytesBE, toNumberBE } from "../encoding.ts";
import { type BlsScheme, convertPublicKey, convertSignature, createNobleBls } from "../index.ts";
import {
  ENGINES,
  flipBit,
  fromHex,
  isValid,
  key,
  message,
  SCHEMES,
  secretKeyOf,
  single,
  toHex,
} from "./engines.ts";
import { encodeG1, encodeG2, G1_SMALL_ORDERS, G2_SMALL_ORDERS, torsionG1, torsionG2 } from "./torsion.ts";

const noble = createNobleBls();
const GENERATOR = noble.publicKey(secretKeyOf(1n), "basic");
const SIGNATURE = noble.sign(secretKeyOf(1n), message(7), "basic");
const IDENTITY_FLAGS = ["c0", "e0", "40", "60"];

function inScheme(basicKey: Uint8Array, scheme: BlsScheme): Uint8Array {
  return convertPublicKey({ bytes: basicKey, scheme: "basic" }, scheme) ?? basicKey;
}

function signatureInScheme(basic: Uint8Array, scheme: BlsScheme): Uint8Array {
  return convertSignature(basic, "basic", scheme) ?? basic;
}

function withByte(bytes: Uint8Array, at: number, change: (byte: number) => number): Uint8Array {
  return bytes.map((byte, i) => (i === at ? change(byte) : byte));
}

/** A public key whose x is so small that x + p still fits beside the flags: a second name for the point. */
function keyWithRoomForAlias(): Uint8Array {
  for (let secret = 1n; ; secret++) {
    const bytes = noble.publicKey(secretKeyOf(secret), "basic");
    const x = toNumberBE(withByte(bytes, 0, (byte) => byte & 0x1f));
    if (x + FIELD_ORDER < 2n ** 381n) return bytes;
  }
}

describe.each(ENGINES)("$engine, public keys", (bls) => {
  test.each(SCHEMES)("%s: the generator and its negative", (scheme) => {
    const bytes = inScheme(GENERATOR, scheme);
    const negative = flipBit(bytes, scheme === "basic" ? 5 : 7);
    expect(bls.isValidPublicKey({ bytes, scheme })).toBe(true);
    expect(bls.isValidPublicKey({ bytes: negative, scheme })).toBe(true);
  });

  test.each(SCHEMES)("%s: identity, with any flags, and all zeros", (scheme) => {
    for (const flags of [...IDENTITY_FLAGS, "00", "80", "a0"]) {
      expect(bls.isValidPublicKey(key(flags + "00".repeat(47), scheme))).toBe(false);
    }
  });

  test("basic: flags other than 100 and 101", () => {
    for (const flags of [0x00, 0x20, 0x40, 0x60, 0xc0, 0xe0]) {
      const bytes = withByte(GENERATOR, 0, (byte) => (byte & 0x1f) | flags);
      expect(bls.isValidPublicKey({ bytes, scheme: "basic" })).toBe(false);
    }
  });

  test("legacy: flags other than 000 and 100", () => {
    for (const flags of [0x20, 0x40, 0x60, 0xa0, 0xc0, 0xe0]) {
      const bytes = withByte(GENERATOR, 0, (byte) => (byte & 0x1f) | flags);
      expect(bls.isValidPublicKey({ bytes, scheme: "legacy" })).toBe(false);
    }
  });

  test.each(SCHEMES)("%s: wrong length", (scheme) => {
    const bytes = inScheme(GENERATOR, scheme);
    for (const wrong of [bytes.slice(1), bytes.slice(0, 47), Uint8Array.of(...bytes, 0), new Uint8Array()]) {
      expect(bls.isValidPublicKey({ bytes: wrong, scheme })).toBe(false);
    }
  });

  test.each(SCHEMES)("%s: x + p instead of x", (scheme) => {
    const honest = inScheme(keyWithRoomForAlias(), scheme);
    const flags = (honest[0] ?? 0) & 0xe0;
    const x = toNumberBE(withByte(honest, 0, (byte) => byte & 0x1f));
    const alias = withByte(toBytesBE(x + FIELD_ORDER, 48), 0, (byte) => byte | flags);
    expect(bls.isValidPublicKey({ bytes: honest, scheme })).toBe(true);
    expect(bls.isValidPublicKey({ bytes: alias, scheme })).toBe(false);
  });

  test.each([FIELD_ORDER, FIELD_ORDER + 1n, 2n ** 381n - 1n])("x is %d", (x) => {
    const basic = withByte(toBytesBE(x, 48), 0, (byte) => byte | 0x80);
    expect(bls.isValidPublicKey({ bytes: basic, scheme: "basic" })).toBe(false);
    expect(bls.isValidPublicKey({ bytes: toBytesBE(x, 48), scheme: "legacy" })).toBe(false);
  });

  test.each(G1_SMALL_ORDERS)("a point of order %d, alone and added to the generator", (order) => {
    const torsion = torsionG1(order);
    for (const point of [torsion, PointG1.BASE.add(torsion), PointG1.BASE.subtract(torsion)]) {
      for (const scheme of SCHEMES) {
        expect(bls.isValidPublicKey({ bytes: inScheme(encodeG1(point), scheme), scheme })).toBe(false);
      }
    }
  });
});

describe.each(ENGINES)("$engine, signatures", (bls) => {
  test.each(SCHEMES)("%s: a signature and its negative", (scheme) => {
    const bytes = signatureInScheme(SIGNATURE, scheme);
    const negative = flipBit(bytes, scheme === "basic" ? 5 : 7);
    expect(bls.isValidSignature(bytes, scheme)).toBe(true);
    expect(bls.isValidSignature(negative, scheme)).toBe(true);
  });

  test.each(SCHEMES)("%s: identity, with any flags, and all zeros", (scheme) => {
    for (const flags of [...IDENTITY_FLAGS, "00", "80", "a0"]) {
      expect(bls.isValidSignature(fromHex(flags + "00".repeat(95)), scheme)).toBe(false);
    }
  });

  test.each(SCHEMES)("%s: flags in the second coordinate", (scheme) => {
    const bytes = signatureInScheme(SIGNATURE, scheme);
    for (const flag of [0x20, 0x40, 0x80]) {
      expect(
        bls.isValidSignature(
          withByte(bytes, 48, (byte) => byte | flag),
          scheme,
        ),
      ).toBe(false);
    }
  });

  test.each(SCHEMES)("%s: flags of the first coordinate", (scheme) => {
    const allowed = scheme === "basic" ? [0x80, 0xa0] : [0x00, 0x80];
    const bytes = signatureInScheme(SIGNATURE, scheme);
    for (let flags = 0; flags < 0x100; flags += 0x20) {
      const flagged = withByte(bytes, 0, (byte) => (byte & 0x1f) | flags);
      expect(bls.isValidSignature(flagged, scheme)).toBe(allowed.includes(flags));
    }
  });

  test.each(SCHEMES)("%s: a coordinate of p", (scheme) => {
    const order = toBytesBE(FIELD_ORDER, 48);
    const bytes = signatureInScheme(SIGNATURE, scheme);
    const first = bytes.map((byte, i) => (i < 48 ? (order[i] ?? 0) : byte));
    const second = bytes.map((byte, i) => (i < 48 ? byte : (order[i - 48] ?? 0)));
    const flagged = withByte(first, 0, (byte) => byte | 0x80);
    expect([flagged, second].map((wrong) => bls.isValidSignature(wrong, scheme))).toEqual([false, false]);
  });

  test.each(G2_SMALL_ORDERS)("a point of order %d, alone and added to a signature's point", (order) => {
    const torsion = torsionG2(order);
    for (const point of [torsion, PointG2.BASE.add(torsion), PointG2.BASE.subtract(torsion)]) {
      for (const scheme of SCHEMES) {
        expect(bls.isValidSignature(signatureInScheme(encodeG2(point), scheme), scheme)).toBe(false);
      }
    }
  });
});

describe.each(ENGINES)("$engine, sums that are the identity", (bls) => {
  const identity = `c0${"00".repeat(47)}`;

  test.each(SCHEMES)("%s: cannot sign and cannot be a signature", async (scheme) => {
    const bytes = inScheme(GENERATOR, scheme);
    const negative = flipBit(bytes, scheme === "basic" ? 5 : 7);
    const keys = [bytes, negative].map((b) => ({ bytes: b, scheme }));
    const sum = bls.aggregatePublicKeys(keys, scheme) ?? bytes;
    const signature = signatureInScheme(SIGNATURE, scheme);
    const negated = flipBit(signature, scheme === "basic" ? 5 : 7);
    const none = bls.aggregateSignatures([signature, negated], scheme) ?? signature;
    expect([toHex(sum), toHex(none)]).toEqual([identity, identity + "00".repeat(48)]);
    const signer = single({ bytes: sum, scheme });
    expect(await isValid(bls, { scheme, message: message(7), signature: none, signer })).toBe(false);
  });

  test("nothing has no sum, and neither has a bad part", () => {
    expect(bls.aggregatePublicKeys([], "basic")).toBeUndefined();
    expect(bls.aggregateSignatures([], "basic")).toBeUndefined();
    expect(bls.aggregatePublicKeys([key(identity, "basic")], "basic")).toBeUndefined();
    expect(bls.aggregateSignatures([SIGNATURE, new Uint8Array(96)], "basic")).toBeUndefined();
  });
});

describe("conversions", () => {
  const bytesOf = (size: number) => fc.uint8Array({ minLength: size, maxLength: size });
  const schemes = fc.constantFrom(...SCHEMES);

  test("there and back gives the same bytes, or the bytes were not canonical", () => {
    fc.assert(
      fc.property(bytesOf(48), schemes, schemes, (bytes, from, to) => {
        const there = convertPublicKey({ bytes, scheme: from }, to);
        if (there) expect(convertPublicKey({ bytes: there, scheme: to }, from)).toEqual(bytes);
      }),
    );
    fc.assert(
      fc.property(bytesOf(96), schemes, schemes, (bytes, from, to) => {
        const there = convertSignature(bytes, from, to);
        if (there) expect(convertSignature(there, to, from)).toEqual(bytes);
      }),
    );
  });

  test("what is not canonical converts to nothing", () => {
    expect(convertPublicKey(key("c0".padEnd(96, "0"), "basic"), "legacy")).toBeUndefined();
    expect(convertPublicKey(key("ff".repeat(48), "legacy"), "basic")).toBeUndefined();
    expect(convertSignature(fromHex("c0".padEnd(192, "0")), "basic", "legacy")).toBeUndefined();
    expect(convertSignature(new Uint8Array(95), "legacy", "basic")).toBeUndefined();
  });
});
