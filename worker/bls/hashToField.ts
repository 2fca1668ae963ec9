/**
 * hash_to_field of RFC 9380 for two elements of Fp2: the first half of the basic hash to curve.
 * Written here because noble 1.4 has it only as an asynchronous function that reads a global tag.
 */

import { sha256 } from "@noble/hashes/sha2.js";
import { FIELD_ORDER, joined, toNumberBE } from "./encoding.ts";

/** [c0, c1] */
export type Fp2Tuple = [bigint, bigint];

/** The "NUL" scheme: no proof of possession, no message augmentation. */
export const BASIC_TAG = new TextEncoder().encode("BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_NUL_");
const DST_PRIME = joined(BASIC_TAG, Uint8Array.of(BASIC_TAG.length));

/** ceil((381 bits + 128 bits of security) / 8): bytes per coordinate, RFC 9380 section 5.1 */
const COORDINATE_HASH_BYTES = 64;
const EXPANDED_BYTES = 4 * COORDINATE_HASH_BYTES;
const SHA256_BYTES = 32;
const SHA256_BLOCK_BYTES = 64;

export function hashToField(message: Uint8Array): [Fp2Tuple, Fp2Tuple] {
  const expanded = expandMessage(message);
  const coordinate = (i: number) =>
    toNumberBE(expanded.subarray(i * COORDINATE_HASH_BYTES, (i + 1) * COORDINATE_HASH_BYTES)) % FIELD_ORDER;
  return [
    [coordinate(0), coordinate(1)],
    [coordinate(2), coordinate(3)],
  ];
}

/** expand_message_xmd with SHA-256, RFC 9380 section 5.3.1; always EXPANDED_BYTES long */
function expandMessage(message: Uint8Array): Uint8Array {
  const length = Uint8Array.of(EXPANDED_BYTES >> 8, EXPANDED_BYTES & 0xff);
  const b0 = sha256(joined(new Uint8Array(SHA256_BLOCK_BYTES), message, length, Uint8Array.of(0), DST_PRIME));
  const expanded = new Uint8Array(EXPANDED_BYTES);
  let previous: Uint8Array = new Uint8Array(SHA256_BYTES);
  for (let i = 0; i * SHA256_BYTES < EXPANDED_BYTES; i++) {
    previous = sha256(joined(xored(b0, previous), Uint8Array.of(i + 1), DST_PRIME));
    expanded.set(previous, i * SHA256_BYTES);
  }
  return expanded;
}

function xored(a: Uint8Array, b: Uint8Array): Uint8Array {
  return a.map((byte, i) => byte ^ (b[i] ?? 0));
}
