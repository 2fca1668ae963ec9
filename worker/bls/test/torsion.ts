/** Points on the curves but outside the subgroup, of every small order there is: no honest signer makes one. */

import { Fp, Fp2, PointG1, PointG2 } from "@noble/bls12-381";
import { CURVE } from "@noble/bls12-381/math";
import { formatBasic } from "../encoding.ts";
import { encodePoint } from "../legacyHash.ts";

/** Prime factors of the cofactors, those below 2^60. */
export const G1_SMALL_ORDERS = [3n, 11n, 10177n, 859267n, 52437899n] as const;
export const G2_SMALL_ORDERS = [13n, 23n, 2713n, 11953n, 262069n] as const;

interface Addable<T> {
  add(other: T): T;
  double(): T;
}

/** noble's own multiplication takes no scalar above the group order. */
function times<T extends Addable<T>>(point: T, zero: T, scalar: bigint): T {
  let sum = zero;
  let power = point;
  for (let rest = scalar; rest > 0n; rest >>= 1n) {
    if (rest & 1n) sum = sum.add(power);
    power = power.double();
  }
  return sum;
}

/** @returns a point whose order divides a power of `order`, from the first x at or above `from` that gives one */
export function torsionG1(order: bigint, from = 0n): PointG1 {
  for (let x = from; ; x++) {
    const root = new Fp(x ** 3n + 4n).sqrt();
    if (!root) continue;
    const point = times(new PointG1(new Fp(x), root), PointG1.ZERO, CURVE.r * without(CURVE.h, order));
    if (!point.isZero()) return point;
  }
}

export function torsionG2(order: bigint, from = 0n): PointG2 {
  for (let x = from; ; x++) {
    const xs = Fp2.fromBigTuple([x, 1n]);
    const root = xs
      .pow(3n)
      .add(Fp2.fromBigTuple([4n, 4n]))
      .sqrt();
    if (!root) continue;
    const point = times(new PointG2(xs, root), PointG2.ZERO, CURVE.r * without(CURVE.h2, order));
    if (!point.isZero()) return point;
  }
}

export function encodeG1(point: PointG1): Uint8Array {
  const [x, y] = point.toAffine();
  return formatBasic({ x: [x.value], isYLarger: y.value > CURVE.P / 2n });
}

export const encodeG2 = encodePoint;

function without(cofactor: bigint, prime: bigint): bigint {
  return cofactor % prime === 0n ? without(cofactor / prime, prime) : cofactor;
}
