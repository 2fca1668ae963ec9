/**
 * The two point encodings, as bytes: which flags, which order, which values are canonical. No curve maths:
 * both encodings carry the same x and the same sign of y, so each converts into the other by moving bytes.
 * "basic" is the compressed form of ZCash and the IETF; "legacy" is Dash before V19.
 * Source: Core 23.1.2 dashbls/src/elements.cpp, dashbls/src/legacy.cpp.
 */

import type { BlsScheme, EncodedPublicKey } from "./types.ts";

export const PUBLIC_KEY_BYTES = 48;
export const SIGNATURE_BYTES = 96;
export const SCALAR_BYTES = 32;

export const FIELD_ORDER =
  0x1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaabn;
export const GROUP_ORDER = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001n;

const COORDINATE_BYTES = 48;
const FIELD_ORDER_BYTES = toBytesBE(FIELD_ORDER, COORDINATE_BYTES);

/** The top three bits of the first byte; the field order leaves them free. */
export const FLAGS = 0xe0;
const COMPRESSED = 0x80;
const INFINITY = 0x40;
export const BASIC_SIGN = 0x20;
const LEGACY_SIGN = 0x80;

/**
 * @returns the key in basic encoding, or undefined if the bytes are not the canonical encoding of some finite
 * point. Whether there is such a point on the curve is the engine's to find out.
 */
export function toBasicPublicKey(key: EncodedPublicKey): Uint8Array | undefined {
  if (key.bytes.length !== PUBLIC_KEY_BYTES) return undefined;
  const sign = readSign(key.bytes, key.scheme);
  const x = withoutFlags(key.bytes);
  if (sign === undefined || !isCoordinate(x)) return undefined;
  return withFlags(x, basicFlags(sign));
}

/** As toBasicPublicKey(), for 96-byte signatures: legacy puts c0 of x first, basic puts c1 first. */
export function toBasicSignature(signature: Uint8Array, scheme: BlsScheme): Uint8Array | undefined {
  if (signature.length !== SIGNATURE_BYTES) return undefined;
  const sign = readSign(signature, scheme);
  const x = withoutFlags(signature);
  const first = x.subarray(0, COORDINATE_BYTES);
  const second = x.subarray(COORDINATE_BYTES);
  if (sign === undefined || !isCoordinate(first) || !isCoordinate(second)) return undefined;
  return withFlags(scheme === "basic" ? x : joined(second, first), basicFlags(sign));
}

/** @param basic - canonical, as toBasicPublicKey() or an engine returns it; the identity is the same in both */
export function fromBasicPublicKey(basic: Uint8Array, scheme: BlsScheme): Uint8Array {
  if (scheme === "basic" || isIdentity(basic)) return Uint8Array.from(basic);
  return withFlags(withoutFlags(basic), legacyFlags(basic));
}

/** @param basic - canonical, as toBasicSignature() or an engine returns it; the identity is the same in both */
export function fromBasicSignature(basic: Uint8Array, scheme: BlsScheme): Uint8Array {
  if (scheme === "basic" || isIdentity(basic)) return Uint8Array.from(basic);
  const x = withoutFlags(basic);
  return withFlags(joined(x.subarray(COORDINATE_BYTES), x.subarray(0, COORDINATE_BYTES)), legacyFlags(basic));
}

/** @returns the same point in the other encoding, or undefined if the bytes are not canonical */
export function convertPublicKey(key: EncodedPublicKey, to: BlsScheme): Uint8Array | undefined {
  const basic = toBasicPublicKey(key);
  return basic && fromBasicPublicKey(basic, to);
}

/** @returns the same point in the other encoding, or undefined if the bytes are not canonical */
export function convertSignature(
  signature: Uint8Array,
  from: BlsScheme,
  to: BlsScheme,
): Uint8Array | undefined {
  const basic = toBasicSignature(signature, from);
  return basic && fromBasicSignature(basic, to);
}

/** A point of G1 or G2 as its basic encoding says it: the coordinates of x, and which of the two y. */
export interface CompressedPoint {
  /** [x] in G1, [x.c0, x.c1] in G2 */
  readonly x: readonly bigint[];
  /** y > (p - 1) / 2; in G2 decided by y.c1, or by y.c0 where y.c1 is 0 */
  readonly isYLarger: boolean;
}

/** @param basic - canonical and finite */
export function parseBasic(basic: Uint8Array): CompressedPoint {
  const bytes = withoutFlags(basic);
  const x: bigint[] = [];
  for (let at = bytes.length; at > 0; at -= COORDINATE_BYTES) {
    x.push(toNumberBE(bytes.subarray(at - COORDINATE_BYTES, at)));
  }
  return { x, isYLarger: (firstByte(basic) & BASIC_SIGN) !== 0 };
}

export function formatBasic({ x, isYLarger }: CompressedPoint): Uint8Array {
  const coordinates = x.map((coordinate) => toBytesBE(coordinate, COORDINATE_BYTES));
  return withFlags(joined(...coordinates.reverse()), basicFlags(isYLarger));
}

/** Which of y and -y it is, as the sign bits say it. */
export function isLargerCoordinate(y: bigint): boolean {
  return y > FIELD_ORDER / 2n;
}

export function formatIdentity(sizeBytes: number): Uint8Array {
  return withFlags(new Uint8Array(sizeBytes), COMPRESSED | INFINITY);
}

export function toNumberBE(bytes: Uint8Array): bigint {
  return BigInt(`0x${toHex(bytes)}`);
}

export function toBytesBE(value: bigint, sizeBytes: number): Uint8Array {
  const hex = value.toString(16).padStart(2 * sizeBytes, "0");
  return Uint8Array.from({ length: sizeBytes }, (_, i) => Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16));
}

/** @returns a name for the bytes, one character each: cheaper than the hexadecimal form */
export function toBinaryString(bytes: Uint8Array): string {
  // Not spread: an iterator takes ten times as long.
  return Reflect.apply(String.fromCharCode, undefined, bytes);
}

export function toHex(bytes: Uint8Array): string {
  let hex = "";
  for (const byte of bytes) hex += byte.toString(16).padStart(2, "0");
  return hex;
}

export function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** @returns the sign bit of y, or undefined if the flags are not those of a finite point in this encoding */
function readSign(bytes: Uint8Array, scheme: BlsScheme): boolean | undefined {
  const flags = firstByte(bytes) & FLAGS;
  const [negative, positive] = scheme === "basic" ? [COMPRESSED | BASIC_SIGN, COMPRESSED] : [LEGACY_SIGN, 0];
  if (flags === negative) return true;
  return flags === positive ? false : undefined;
}

function basicFlags(isYLarger: boolean): number {
  return isYLarger ? COMPRESSED | BASIC_SIGN : COMPRESSED;
}

function legacyFlags(basic: Uint8Array): number {
  return firstByte(basic) & BASIC_SIGN ? LEGACY_SIGN : 0;
}

function isIdentity(basic: Uint8Array): boolean {
  return (firstByte(basic) & INFINITY) !== 0;
}

function firstByte(bytes: Uint8Array): number {
  return bytes[0] ?? 0;
}

function withoutFlags(bytes: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[0] = firstByte(bytes) & ~FLAGS;
  return copy;
}

function withFlags(x: Uint8Array, flags: number): Uint8Array {
  const copy = Uint8Array.from(x);
  copy[0] = firstByte(x) | flags;
  return copy;
}

/** Big-endian and below the field order: anything else is a second name for the same number. */
function isCoordinate(bytes: Uint8Array): boolean {
  for (const [i, orderByte] of FIELD_ORDER_BYTES.entries()) {
    const byte = bytes[i] ?? 0;
    if (byte !== orderByte) return byte < orderByte;
  }
  return false;
}
