import { PointG1 } from "@noble/bls12-381";
import { beforeAll, describe, expect, it } from "vitest";
import { seededRandom } from "../../test/seededRandom.ts";
import type { WeightedPoints } from "../curve.ts";
import { GROUP_ORDER, toBytesBE, toNumberBE } from "../encoding.ts";
import { G1, type G1Point } from "../g1.ts";

const Z_SQUARED = 0xac45a4010001a4020000000100000000n;
const random = seededRandom(5);

let g1: G1;
/** Multiples of the generator: noble computes each sum as one more multiple. */
const multiples: bigint[] = [];
const points: G1Point[] = [];

function randomBelow(limit: bigint): bigint {
  return toNumberBE(Uint8Array.from({ length: 40 }, () => Math.floor(random() * 256))) % limit;
}

function compress(point: PointG1): Uint8Array {
  return Uint8Array.from(Buffer.from(point.toHex(true), "hex"));
}

function addMultiple(multiple: bigint): number {
  const [decoded] = g1.decode([compress(PointG1.BASE.multiply(multiple))]);
  if (!decoded) throw new Error("not decoded");
  multiples.push(multiple);
  return points.push(decoded) - 1;
}

beforeAll(async () => {
  g1 = await G1.load();
  for (let i = 0; i < 40; i++) addMultiple(1n + randomBelow(GROUP_ORDER - 1n));
});

/** Which points, how often each. */
type Terms = readonly (readonly [index: number, scalar: bigint])[];

function toSum(terms: Terms): WeightedPoints<G1Point> {
  return {
    points: terms.map(([index]) => points[index] as G1Point),
    scalars: terms.map(([, scalar]) => scalar),
  };
}

function expectedOf(terms: Terms): string {
  const multiple = terms.reduce((sum, [index, scalar]) => sum + (multiples[index] ?? 0n) * scalar, 0n);
  const reduced = multiple % GROUP_ORDER;
  return reduced === 0n ? "identity" : coordinatesOf(PointG1.BASE.multiply(reduced));
}

function coordinatesOf(point: PointG1): string {
  const [x, y] = point.toAffine();
  return [x, y].map(({ value }) => Buffer.from(toBytesBE(value, 48)).toString("hex")).join(" ");
}

function computed(sums: readonly Terms[]): string[] {
  return g1.multiply(sums.map(toSum)).map((point) => {
    if (!point) return "identity";
    const { x, y } = g1.toCoordinates(point);
    return `${Buffer.from(x).toString("hex")} ${Buffer.from(y).toString("hex")}`;
  });
}

const randomTerms = (count: number): Terms =>
  Array.from({ length: count }, () => [Math.floor(random() * 40), randomBelow(GROUP_ORDER)] as const);

describe("sums of multiples", () => {
  it.each([
    0n,
    1n,
    2n,
    3n,
    Z_SQUARED - 1n,
    Z_SQUARED,
    Z_SQUARED + 1n,
    (1n << 64n) - 1n,
    1n << 64n,
    (1n << 128n) - 1n,
    GROUP_ORDER - Z_SQUARED,
    GROUP_ORDER - 1n,
    GROUP_ORDER,
    GROUP_ORDER + 1n,
    (1n << 256n) - 1n,
  ])("of one point, %d times", (scalar) => {
    expect(computed([[[0, scalar]]])).toEqual([expectedOf([[0, scalar]])]);
  });

  it.each([1, 2, 3, 7, 40, 61, 100])("of %i points, many of them more than once", (count) => {
    const terms = randomTerms(count);
    expect(computed([terms])).toEqual([expectedOf(terms)]);
  });

  it("of points that double each other, and cancel each other out", () => {
    const scalar = randomBelow(GROUP_ORDER);
    const opposite = addMultiple(GROUP_ORDER - (multiples[3] ?? 0n));
    const sums: Terms[] = [
      Array.from({ length: 9 }, () => [2, scalar] as const),
      [
        [3, scalar],
        [opposite, scalar],
      ],
      [
        [3, scalar],
        [3, GROUP_ORDER - scalar],
      ],
      [
        [3, scalar],
        [opposite, scalar],
        [4, 5n],
        [3, 7n],
        [opposite, 7n],
      ],
      [
        [1, 0n],
        [2, 0n],
      ],
    ];
    expect(computed(sums)).toEqual(sums.map(expectedOf));
    expect(computed(sums)[1]).toBe("identity");
  });

  it("side by side, more than go into one call, and one larger than that", () => {
    const sums = [500, 700, 600, 1, 1700, 30].map(randomTerms);
    expect(computed(sums)).toEqual(sums.map(expectedOf));
  });
});
