import type { Bls } from "./types.ts";

/** What a sum of multiples is made of: as many scalars as points, at least one. */
export interface WeightedPoints<G1> {
  readonly points: readonly G1[];
  readonly scalars: readonly bigint[];
}

/**
 * The arithmetic an engine brings; everything Dash-specific is built on it once, in blsOverCurve().
 * Encodings here are basic only, scalars are reduced modulo the group order, points of G1 and G2 are finite and in the
 * subgroup.
 */
export interface Curve<G1, G2, GT> {
  readonly engine: Bls["engine"];
  /**
   * @param basics - canonical and finite
   * @returns undefined for each that is off the curve or outside the subgroup
   */
  decodeG1(basics: readonly Uint8Array[]): (G1 | undefined)[];
  decodeG2(basic: Uint8Array): G2 | undefined;
  encodeG1(point: G1): Uint8Array;
  encodeG2(point: G2): Uint8Array;
  /** A point in the engine's own form, for the same engine in another thread: reading it is cheap, and checks nothing. */
  exportG1(point: G1): Uint8Array;
  importG1(exported: Uint8Array): G1;
  /** The point of the subgroup for a message, under the IETF suite of the basic scheme. */
  hashToG2(message: Uint8Array): G2;
  /** Each sum of scalars[i] * points[i], undefined where it is the identity. */
  multiplyG1(sums: readonly WeightedPoints<G1>[]): (G1 | undefined)[];
  /** @returns scalar * generator, encoded; the scalar is not 0 */
  multiplyGenerator(scalar: bigint): Uint8Array;
  /** sum of scalars[i] * points[i]; at least one point, as many scalars */
  multiplyG2(points: readonly G2[], scalars: readonly bigint[]): G2;
  /** At least one point. */
  sumG2(points: readonly G2[]): G2;
  /** One Miller loop: half of a pairing. */
  millerLoop(p: G1, q: G2): GT;
  /** The same for (-generator, q). */
  millerLoopOfMinusGenerator(q: G2): GT;
  multiplyGT(a: GT, b: GT): GT;
  /** Whether the product of the pairings is 1: one final exponentiation. */
  isOne(product: GT): boolean;
}
