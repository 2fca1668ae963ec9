/** What a point of either group can do, as noble has it. */
interface Addable<Point> {
  double(): Point;
  add(other: Point): Point;
}

/**
 * sum of scalars[i] * points[i] by buckets (Pippenger). noble 1.4 has no such function.
 * @param points - at least one
 * @param scalars - as many, each below the group order
 */
export function multiScalar<Point extends Addable<Point>>(
  points: readonly Point[],
  scalars: readonly bigint[],
  zero: Point,
): Point {
  const windowBits = chooseWindowBits(points.length);
  const scalarBits = Math.max(...scalars.map((scalar) => scalar.toString(2).length));
  let sum = zero;
  for (let window = Math.ceil(scalarBits / windowBits) - 1; window >= 0; window--) {
    for (let i = 0; i < windowBits; i++) sum = sum.double();
    const buckets: Point[] = Array.from({ length: 2 ** windowBits }, () => zero);
    for (const [i, point] of points.entries()) {
      const digit = Number(BigInt.asUintN(windowBits, (scalars[i] ?? 0n) >> BigInt(window * windowBits)));
      buckets[digit] = (buckets[digit] ?? zero).add(point);
    }
    sum = sum.add(weightedSum(buckets, zero));
  }
  return sum;
}

/** sum of i * buckets[i], by additions only */
function weightedSum<Point extends Addable<Point>>(buckets: readonly Point[], zero: Point): Point {
  let running = zero;
  let sum = zero;
  for (const bucket of buckets.slice(1).reverse()) {
    running = running.add(bucket);
    sum = sum.add(running);
  }
  return sum;
}

/** Near the least of scalar bits / bits * (count + 2 ** (bits + 1)) additions: 4 for 60 points, 6 for 400. */
function chooseWindowBits(count: number): number {
  return Math.max(1, Math.round(Math.log2(count) - 2.3));
}
