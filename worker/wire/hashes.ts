import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { DashlightError } from "../errors.ts";
import { doubleSha256, singleSha256 } from "./sha256d.ts";

declare const brand: unique symbol;
type Brand<T, Name extends string> = T & { readonly [brand]: { readonly [K in Name]: true } };

/** 32 bytes as they travel on the wire and as they are hashed. Printed reversed, see {@link toHashHex}. */
export type Hash256 = Uint8Array;
/** X11 of an 80-byte header, wire order. */
export type BlockHash = Brand<Uint8Array, "BlockHash">;
/** SHA-256d of a transaction with its payload, wire order. */
export type Txid = Brand<Uint8Array, "Txid">;
/** Txid of the ProRegTx that registered a masternode, wire order. */
export type ProTxHash = Brand<Uint8Array, "ProTxHash">;
/** Hash of a quorum's base block, wire order; a block hash in another role. */
export type QuorumHash = Brand<BlockHash, "QuorumHash">;
/** The message a quorum signs, wire order. */
export type SignHash = Brand<Uint8Array, "SignHash">;
/** Block height; genesis is 0. */
export type Height = number;
/** 10^-8 DASH. */
export type Duffs = bigint;
/** 64 hex digits in display order (reversed, as Core prints hashes); map keys, logs and the UI only. */
export type HashHex = Brand<string, "HashHex">;

export const ZERO_HASH: Hash256 = new Uint8Array(32);

/** @param hash - 32 bytes, wire order @returns the display form */
export function toHashHex(hash: Hash256): HashHex {
  return bytesToHex(Uint8Array.from(hash).reverse()) as HashHex;
}

/**
 * @param hex - 64 hex digits, display order
 * @returns 32 bytes, wire order
 * @throws `wire/invalid-value` for anything else
 */
export function fromHashHex<T extends Hash256 = Hash256>(hex: string): T {
  if (!/^[0-9a-f]{64}$/i.test(hex))
    throw new DashlightError({ code: "wire/invalid-value", what: "hash", value: hex });
  return hexToBytes(hex).reverse() as T;
}

/** SHA-256 of SHA-256: txids, merkle nodes, commitment hashes, request ids. @returns 32 bytes, wire order */
export function sha256d<T extends Hash256 = Hash256>(...parts: Uint8Array[]): T {
  return doubleSha256(parts) as Hash256 as T;
}

/** A single SHA-256: scores of a quorum draw. @returns 32 bytes, wire order */
export function sha256<T extends Hash256 = Hash256>(...parts: Uint8Array[]): T {
  return singleSha256(parts) as Hash256 as T;
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** `memcmp`: lexicographic on raw bytes, first byte first. Every sort of the protocol uses it. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

export function isZero(bytes: Uint8Array): boolean {
  for (const byte of bytes) if (byte !== 0) return false;
  return true;
}
