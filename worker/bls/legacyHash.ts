/**
 * Dash's hash to G2 before V19: Shallue-van de Woestijne as Fouque and Tibouchi give it.
 * Source: Core 23.1.2 dashbls/src/legacy.cpp; constants and branches as verification.md 9.4 writes them down.
 */

import { Fp, Fp2, PointG2 } from "@noble/bls12-381";
import { sha256 } from "@noble/hashes/sha2.js";
import { DashlightError } from "../errors.ts";
import { FIELD_ORDER, formatBasic, joined, toNumberBE } from "./encoding.ts";

const SQRT_MINUS_3 =
  constant(0xbe32ce5fbeed9ca374d38c0ed41eefd5bb675277cdf12d11bc2fb026c41400045c03fffffffdfffdn);
/** (SQRT_MINUS_3 - 1) / 2 */
const HALF_OF_SQRT_MINUS_3_LESS_1 =
  constant(0x5f19672fdf76ce51ba69c6076a0f77eaddb3a93be6f89688de17d813620a00022e01fffffffefffen);
const B = Fp2.fromBigTuple([4n, 4n]);

/**
 * @param message - 32 bytes
 * @returns the point in basic encoding, 96 bytes: the form every engine can decode
 */
export function legacyHashToG2(message: Uint8Array): Uint8Array {
  const first = mapToCurve(fieldElement(message, "G2_0"));
  const second = mapToCurve(fieldElement(message, "G2_1"));
  return encodePoint(first.add(second).clearCofactor());
}

/** @param point - not the identity */
export function encodePoint(point: PointG2): Uint8Array {
  const [x, y] = point.toAffine();
  const sign = y.c1.isZero() ? y.c0 : y.c1;
  return formatBasic({ x: [x.c0.value, x.c1.value], isYLarger: sign.value > FIELD_ORDER / 2n });
}

/** Square root in Fp2. noble's own divides by its argument, so it throws for 0. */
export function sqrtFp2(square: Fp2): Fp2 | undefined {
  return square.isZero() ? Fp2.ZERO : square.sqrt();
}

function fieldElement(message: Uint8Array, tag: string): Fp2 {
  return new Fp2(coordinate(message, `${tag}_c0`), coordinate(message, `${tag}_c1`));
}

/** @param tag - 7 characters */
function coordinate(message: Uint8Array, tag: string): Fp {
  const tagged = joined(message, new TextEncoder().encode(tag));
  const wide = joined(sha256(joined(tagged, Uint8Array.of(0))), sha256(joined(tagged, Uint8Array.of(1))));
  return new Fp(toNumberBE(wide));
}

function mapToCurve(t: Fp2): PointG2 {
  if (t.isZero()) return PointG2.ZERO;
  const isLarger = isImaginaryPartLarger(t);
  const denominator = t.square().add(B).add(Fp2.ONE);
  if (denominator.isZero()) return isLarger ? PointG2.BASE.negate() : PointG2.BASE;
  const [x, root] = findPoint(SQRT_MINUS_3.multiply(t).div(denominator), t);
  const y = isImaginaryPartLarger(root) === isLarger ? root : root.negate();
  return new PointG2(x, y);
}

/** @returns the first of the three candidate x that is on the curve, with one of its y */
function findPoint(w: Fp2, t: Fp2): [Fp2, Fp2] {
  const x1 = HALF_OF_SQRT_MINUS_3_LESS_1.subtract(w.multiply(t));
  const x2 = x1.negate().subtract(Fp2.ONE);
  const x3 = w.square().invert().add(Fp2.ONE);
  for (const x of [x1, x2, x3]) {
    const y = sqrtFp2(x.square().multiply(x).add(B));
    if (y) return [x, y];
  }
  // One of the three is always on the curve: the product of their right sides is a square.
  throw new DashlightError({ code: "bls/impossible-point", where: "legacy hash" });
}

/** Legacy parity looks at the u-part only, so 0 counts as the smaller half. */
function isImaginaryPartLarger(value: Fp2): boolean {
  return value.c1.value > FIELD_ORDER / 2n;
}

function constant(value: bigint): Fp2 {
  return new Fp2(new Fp(value), Fp.ZERO);
}
