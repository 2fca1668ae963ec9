import type { Bls } from "./types.ts";

/**
 * The arithmetic an engine brings; everything Dash-specific is built on it once, in blsOverCurve().
 * Encodings here are basic only, scalars are 32 bytes big-endian and reduced modulo the group order.
 */
export interface Curve<G1, G2> {
  readonly engine: Bls["engine"];
  /** @param basic - canonical and finite. @returns undefined off the curve or outside the subgroup */
  decodeG1(basic: Uint8Array): G1 | undefined;
  decodeG2(basic: Uint8Array): G2 | undefined;
  encodeG1(point: G1): Uint8Array;
  encodeG2(point: G2): Uint8Array;
  /** The point of the subgroup for a message, under the IETF suite of the basic scheme. */
  hashToG2(message: Uint8Array): G2;
  /** sum of scalars[i] * points[i]; at least one point, as many scalars */
  multiplyG1(points: readonly G1[], scalars: readonly Uint8Array[]): G1;
  multiplyGenerator(scalar: Uint8Array): G1;
  multiplyG2(point: G2, scalar: Uint8Array): G2;
  /** At least one point each. */
  sumG1(points: readonly G1[]): G1;
  sumG2(points: readonly G2[]): G2;
  /** e(generator, signature) == e(publicKey, hash). No point is the identity: decoding refuses it. */
  isSignature(publicKey: G1, hash: G2, signature: G2): boolean;
}
