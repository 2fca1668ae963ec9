/**
 * The coefficients that make a sum of keys safe against rogue keys: each depends on all the keys.
 * Source: Core 23.1.2 dashbls/src/schemes.cpp AggregateSecure, VerifySecure.
 */

import { sha256 } from "@noble/hashes/sha2.js";
import { joined } from "./encoding.ts";

/** One key, in the encoding that is hashed, with whatever the caller wants to multiply. */
export interface WeighedKey<T> {
  readonly encoded: Uint8Array;
  readonly value: T;
}

export interface WeightedKeys<T> {
  readonly values: T[];
  /** Below 2^256, not yet reduced modulo the group order; coefficients[i] belongs to values[i] */
  readonly coefficients: bigint[];
}

/**
 * t_i = SHA256(u32BE(i) || SHA256(all keys)), where i counts the keys sorted by their bytes. A key that
 * occurs twice counts twice.
 */
export function computeCoefficients<T>(keys: readonly WeighedKey<T>[]): WeightedKeys<T> {
  const sorted = keys.toSorted((a, b) => compareBytes(a.encoded, b.encoded));
  const digest = sha256(joined(...sorted.map((key) => key.encoded)));
  return {
    values: sorted.map((key) => key.value),
    coefficients: sorted.map((_, i) => readDigest(sha256(joined(indexBytes(i), digest)))),
  };
}

/** @returns the 32 bytes as a number, big-endian */
function readDigest({ buffer, byteOffset }: Uint8Array): bigint {
  const view = new DataView(buffer, byteOffset);
  const high = (view.getBigUint64(0) << 64n) | view.getBigUint64(8);
  return (high << 128n) | (view.getBigUint64(16) << 64n) | view.getBigUint64(24);
}

function indexBytes(index: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, index);
  return bytes;
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (const [i, byte] of a.entries()) {
    const difference = byte - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
