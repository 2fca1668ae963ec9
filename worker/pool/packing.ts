/** Jobs and results as single buffers, so that they are handed over and not copied key by key. */

import {
  type BlsScheme,
  type EncodedPublicKey,
  type ExportedKey,
  publicKeysOf,
  type SignatureCheck,
  type Signer,
  toBinaryString,
} from "../bls/index.ts";
import { HEADER_SIZE } from "../wire/header.ts";
import type { LinkedHeaders } from "../wire/headers.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const KEY_BYTES = 48;
const ENCODED_KEY_BYTES = 1 + KEY_BYTES;
const MESSAGE_BYTES = 32;
const SIGNATURE_BYTES = 96;
/** Flags, message, signature and how many keys. */
const CHECK_HEAD_BYTES = 1 + MESSAGE_BYTES + SIGNATURE_BYTES + 4;
const KEY_INDEX_BYTES = 4;

const LEGACY = 1;
const AGGREGATE = 2;

/** Checks with each key once. */
export interface PackedChecks {
  readonly keys: Bytes;
  readonly checks: Bytes;
}

export function packKeys(keys: readonly EncodedPublicKey[]): Bytes {
  const packed = new Uint8Array(keys.length * ENCODED_KEY_BYTES);
  for (const [i, { bytes, scheme }] of keys.entries()) {
    packed[i * ENCODED_KEY_BYTES] = scheme === "legacy" ? LEGACY : 0;
    packed.set(bytes, i * ENCODED_KEY_BYTES + 1);
  }
  return packed;
}

export function unpackKeys(packed: Uint8Array): EncodedPublicKey[] {
  return Array.from({ length: packed.length / ENCODED_KEY_BYTES }, (_, i) => {
    const start = i * ENCODED_KEY_BYTES;
    return {
      scheme: schemeOf(packed[start] ?? 0),
      bytes: packed.subarray(start + 1, start + ENCODED_KEY_BYTES),
    };
  });
}

/** @param keys - every exported form has as many bytes */
export function packExportedKeys(keys: readonly (ExportedKey | undefined)[]): Bytes {
  const exportedBytes = keys.find((key) => key)?.exported.length ?? 0;
  const sizeBytes = 1 + KEY_BYTES + exportedBytes;
  const packed = new Uint8Array(keys.length * sizeBytes);
  for (const [i, key] of keys.entries()) {
    if (!key) continue;
    packed[i * sizeBytes] = 1;
    packed.set(key.basic, i * sizeBytes + 1);
    packed.set(key.exported, i * sizeBytes + 1 + KEY_BYTES);
  }
  return packed;
}

/** @param count - of keys that were packed */
export function unpackExportedKeys(packed: Uint8Array, count: number): (ExportedKey | undefined)[] {
  const sizeBytes = count === 0 ? 0 : packed.length / count;
  return Array.from({ length: count }, (_, i) => {
    const [isValid] = packed.subarray(i * sizeBytes);
    const basicAt = i * sizeBytes + 1;
    if (isValid !== 1) return undefined;
    return {
      basic: packed.subarray(basicAt, basicAt + KEY_BYTES),
      exported: packed.subarray(basicAt + KEY_BYTES, (i + 1) * sizeBytes),
    };
  });
}

/** @returns the checks, and the name of each key in them */
export function packChecks(
  checks: readonly SignatureCheck[],
  names: KeyNames,
): { packed: PackedChecks; ids: readonly string[] } {
  const indexes = new Map<string, number>();
  const keys: EncodedPublicKey[] = [];
  const indexOf = (key: EncodedPublicKey) => {
    const id = names.of(key);
    const known = indexes.get(id);
    if (known !== undefined) return known;
    indexes.set(id, keys.length);
    keys.push(key);
    return keys.length - 1;
  };
  const keyCount = checks.reduce((count, { signer }) => count + publicKeysOf(signer).length, 0);
  const packed = new Uint8Array(checks.length * CHECK_HEAD_BYTES + keyCount * KEY_INDEX_BYTES);
  const view = new DataView(packed.buffer);
  let at = 0;
  for (const { scheme, message, signature, signer } of checks) {
    const signers = publicKeysOf(signer);
    packed[at] = (scheme === "legacy" ? LEGACY : 0) | (signer.kind === "secureAggregate" ? AGGREGATE : 0);
    packed.set(message, at + 1);
    packed.set(signature, at + 1 + MESSAGE_BYTES);
    view.setUint32(at + CHECK_HEAD_BYTES - 4, signers.length);
    at += CHECK_HEAD_BYTES;
    for (const key of signers) {
      view.setUint32(at, indexOf(key));
      at += KEY_INDEX_BYTES;
    }
  }
  return { packed: { keys: packKeys(keys), checks: packed }, ids: [...indexes.keys()] };
}

export function unpackChecks({ keys: packedKeys, checks: packed }: PackedChecks): SignatureCheck[] {
  const keys = unpackKeys(packedKeys);
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const checks: SignatureCheck[] = [];
  for (let at = 0; at < packed.length; ) {
    const flags = packed[at] ?? 0;
    const message = packed.subarray(at + 1, at + 1 + MESSAGE_BYTES);
    const signature = packed.subarray(at + 1 + MESSAGE_BYTES, at + 1 + MESSAGE_BYTES + SIGNATURE_BYTES);
    const count = view.getUint32(at + CHECK_HEAD_BYTES - 4);
    at += CHECK_HEAD_BYTES;
    const signers = Array.from({ length: count }, (_, i) => {
      return keys[view.getUint32(at + i * KEY_INDEX_BYTES)] as EncodedPublicKey;
    });
    at += count * KEY_INDEX_BYTES;
    checks.push({ scheme: schemeOf(flags), message, signature, signer: makeSigner(flags, signers) });
  }
  return checks;
}

/** @returns all headers, then all hashes */
export function packLinked({ headers, hashes }: LinkedHeaders): Bytes {
  const packed = new Uint8Array(headers.length + hashes.length);
  packed.set(headers);
  packed.set(hashes, headers.length);
  return packed;
}

/** @param count - of headers that were packed */
export function unpackLinked(packed: Uint8Array, count: number): LinkedHeaders {
  const hashesAt = count * HEADER_SIZE;
  return { headers: packed.subarray(0, hashesAt), hashes: packed.subarray(hashesAt) };
}

/** Names for keys, the same for the same bytes and scheme. A masternode's key comes again and again as the same object. */
export class KeyNames {
  readonly #names = { basic: new Map<Uint8Array, string>(), legacy: new Map<Uint8Array, string>() };

  of({ bytes, scheme }: EncodedPublicKey): string {
    const names = this.#names[scheme];
    const known = names.get(bytes);
    if (known !== undefined) return known;
    const name = scheme + toBinaryString(bytes);
    names.set(bytes, name);
    return name;
  }
}

function makeSigner(flags: number, publicKeys: EncodedPublicKey[]): Signer {
  if (flags & AGGREGATE) return { kind: "secureAggregate", publicKeys };
  return { kind: "single", publicKey: publicKeys[0] as EncodedPublicKey };
}

function schemeOf(flags: number): BlsScheme {
  return flags & LEGACY ? "legacy" : "basic";
}
