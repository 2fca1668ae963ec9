/**
 * The engine that always runs: pure TypeScript, no WebAssembly.
 * noble's own encoders and decoders are not used: 1.4 accepts non-canonical bytes and its fromHex picks the
 * wrong y for some G2 points. Its asynchronous hash, with its global tag, is not used either.
 */

import { Fp, Fp2, Fp12, PointG1, PointG2 } from "@noble/bls12-381";
import { CURVE, isogenyMapG2, map_to_curve_simple_swu_9mod16, psi } from "@noble/bls12-381/math";
import { blsOverCurve } from "./blsOverCurve.ts";
import type { Curve, WeightedPoints } from "./curve.ts";
import {
  formatBasic,
  formatIdentity,
  GROUP_ORDER,
  isLargerCoordinate,
  joined,
  PUBLIC_KEY_BYTES,
  parseBasic,
  SIGNATURE_BYTES,
  toBytesBE,
  toNumberBE,
} from "./encoding.ts";
import { type Fp2Tuple, hashToField } from "./hashToField.ts";
import { encodePoint, sqrtFp2 } from "./legacyHash.ts";
import { multiScalar } from "./multiScalar.ts";
import type { Bls } from "./types.ts";

const B1 = new Fp(CURVE.b);
const B2 = Fp2.fromBigTuple(CURVE.b2);
const MINUS_GENERATOR = PointG1.BASE.negate();
/** beta with phi(x, y) = (beta * x, y), the endomorphism of G1 */
const CUBE_ROOT_OF_UNITY = new Fp(
  0x5f19672fdf76ce51ba69c6076a0f77eaddb3a93be6f89688de17d813620a00022e01fffffffefffen,
);

export function createNobleBls(): Bls {
  return blsOverCurve(nobleCurve);
}

const nobleCurve: Curve<PointG1, PointG2, Fp12> = {
  engine: "noble",
  decodeG1: (basics) => basics.map(decodeG1),
  decodeG2,
  encodeG1,
  encodeG2: (point) => (point.isZero() ? formatIdentity(SIGNATURE_BYTES) : encodePoint(point)),
  exportG1: (point) => joined(...point.toAffine().map(({ value }) => toBytesBE(value, PUBLIC_KEY_BYTES))),
  importG1: (exported) =>
    new PointG1(
      new Fp(toNumberBE(exported.subarray(0, PUBLIC_KEY_BYTES))),
      new Fp(toNumberBE(exported.subarray(PUBLIC_KEY_BYTES))),
    ),
  hashToG2,
  multiplyG1: (sums) => sums.map(multiplyG1),
  multiplyGenerator: (scalar) => encodeG1(PointG1.BASE.multiplyPrecomputed(scalar % GROUP_ORDER)),
  multiplyG2: (points, scalars) => multiScalar(points, scalars.map(reduced), PointG2.ZERO),
  sumG2: (points) => points.reduce((sum, point) => sum.add(point), PointG2.ZERO),
  millerLoop: (p, q) => p.millerLoop(q),
  millerLoopOfMinusGenerator: (q) => MINUS_GENERATOR.millerLoop(q),
  multiplyGT: (a, b) => a.multiply(b),
  isOne: (product) => product.finalExponentiate().equals(Fp12.ONE),
};

function multiplyG1({ points, scalars }: WeightedPoints<PointG1>): PointG1 | undefined {
  const sum = multiScalar(points, scalars.map(reduced), PointG1.ZERO);
  return sum.isZero() ? undefined : sum;
}

function decodeG1(basic: Uint8Array): PointG1 | undefined {
  const { x: coordinates, isYLarger } = parseBasic(basic);
  const x = new Fp(coordinates[0] ?? 0n);
  const root = x.square().multiply(x).add(B1).sqrt();
  if (!root) return undefined;
  const point = new PointG1(x, isLarger(root) === isYLarger ? root : root.negate());
  return isInG1(point) ? point : undefined;
}

function decodeG2(basic: Uint8Array): PointG2 | undefined {
  const { x: coordinates, isYLarger } = parseBasic(basic);
  const x = Fp2.fromBigTuple([...coordinates]);
  const root = sqrtFp2(x.square().multiply(x).add(B2));
  if (!root) return undefined;
  const sign = root.c1.isZero() ? root.c0 : root.c1;
  const point = new PointG2(x, isLarger(sign) === isYLarger ? root : root.negate());
  return isInG2(point) ? point : undefined;
}

/** Scott, "A note on group membership tests" (eprint 2021/1130): phi(P) = -[z^2]P, z the curve parameter */
function isInG1(point: PointG1): boolean {
  const phi = new PointG1(point.x.multiply(CUBE_ROOT_OF_UNITY), point.y);
  return point.multiplyUnsafe(CURVE.x).multiplyUnsafe(CURVE.x).negate().equals(phi);
}

/** The same paper: psi(P) = [z]P; z is negative, CURVE.x is -z */
function isInG2(point: PointG2): boolean {
  return point
    .multiplyUnsafe(CURVE.x)
    .negate()
    .equals(new PointG2(...psi(point.x, point.y)));
}

function encodeG1(point: PointG1): Uint8Array {
  if (point.isZero()) return formatIdentity(PUBLIC_KEY_BYTES);
  const [x, y] = point.toAffine();
  return formatBasic({ x: [x.value], isYLarger: isLarger(y) });
}

function hashToG2(message: Uint8Array): PointG2 {
  const [u0, u1] = hashToField(message);
  return mapToCurve(u0).add(mapToCurve(u1)).clearCofactor();
}

function mapToCurve(u: Fp2Tuple): PointG2 {
  return new PointG2(...isogenyMapG2(...map_to_curve_simple_swu_9mod16(u)));
}

function isLarger({ value }: Fp): boolean {
  return isLargerCoordinate(value);
}

function reduced(scalar: bigint): bigint {
  return scalar % GROUP_ORDER;
}
