import { PointG1 } from "@noble/bls12-381";

const SCALAR_BITS = 255;

/**
 * sum of scalars[i] * points[i] by buckets (Pippenger). noble 1.4 has no such function.
 * @param points - at least one
 * @param scalars - as many, each below the group order
 */
export function multiScalar(points: readonly PointG1[], scalars: readonly bigint[]): PointG1 {
  const windowBits = chooseWindowBits(points.length);
  let sum = PointG1.ZERO;
  for (let window = Math.ceil(SCALAR_BITS / windowBits) - 1; window >= 0; window--) {
    for (let i = 0; i < windowBits; i++) sum = sum.double();
    sum = sum.add(windowSum(points, scalars, window * windowBits, windowBits));
  }
  return sum;
}

/** sum of digit * point, where the digit is the scalar's `bits` bits from `shift` up */
function windowSum(
  points: readonly PointG1[],
  scalars: readonly bigint[],
  shift: number,
  bits: number,
): PointG1 {
  const buckets: PointG1[] = Array.from({ length: 2 ** bits }, () => PointG1.ZERO);
  for (const [i, point] of points.entries()) {
    const digit = Number(BigInt.asUintN(bits, (scalars[i] ?? 0n) >> BigInt(shift)));
    buckets[digit] = (buckets[digit] ?? PointG1.ZERO).add(point);
  }
  return weightedSum(buckets);
}

/** sum of i * buckets[i], by additions only */
function weightedSum(buckets: readonly PointG1[]): PointG1 {
  let running = PointG1.ZERO;
  let sum = PointG1.ZERO;
  for (const bucket of buckets.slice(1).reverse()) {
    running = running.add(bucket);
    sum = sum.add(running);
  }
  return sum;
}

/** Near the least of SCALAR_BITS / bits * (count + 2 ** (bits + 1)) additions: 4 for 60 points, 6 for 400. */
function chooseWindowBits(count: number): number {
  return Math.max(1, Math.round(Math.log2(count) - 2.3));
}
