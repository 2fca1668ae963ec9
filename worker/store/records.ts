import { isDashlightError } from "../errors.ts";
import { type Codec, decode } from "../wire/codec.ts";
import { type Hash256, type HashHex, toHashHex } from "../wire/hashes.ts";
import { type CorruptError, corrupt } from "./storeErrors.ts";

/** Checks of what comes out of the database. All throw `store/corrupt`; `what` names the record. */

export function requireBytes(value: unknown, what: string, size?: number): Uint8Array {
  if (!(value instanceof Uint8Array)) throw corrupt(`${what}: not bytes`);
  if (size !== undefined && value.length !== size) throw corrupt(`${what}: ${value.length} bytes`);
  return value;
}

export function requireFields(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) throw corrupt(`${what}: no record`);
  return value as Record<string, unknown>;
}

export function requireInteger(value: unknown, what: string): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw corrupt(`${what}: no number`);
  return value as number;
}

export function requireHashKey(key: unknown, what: string): HashHex {
  if (typeof key !== "string" || !/^[0-9a-f]{64}$/.test(key)) throw corrupt(`${what}: key is no hash`);
  return key as HashHex;
}

/** @returns views of 32 bytes */
export function requireHashes(value: unknown, what: string): Hash256[] {
  const bytes = requireBytes(value, what);
  if (bytes.length % 32 !== 0) throw corrupt(`${what}: ${bytes.length} bytes of hashes`);
  return Array.from({ length: bytes.length / 32 }, (_, i) => bytes.subarray(i * 32, (i + 1) * 32));
}

export function decodeBytes<T>(codec: Codec<T>, value: unknown, what: string): T {
  const bytes = requireBytes(value, what);
  try {
    return decode(codec, bytes);
  } catch (error) {
    if (!isDashlightError(error)) throw error;
    throw corrupt(`${what}: ${error.code}`, error);
  }
}

/** @returns n times 32 bytes */
export function joinHashes(hashes: readonly Hash256[]): Uint8Array {
  const joined = new Uint8Array(hashes.length * 32);
  hashes.forEach((hash, i) => {
    joined.set(hash, i * 32);
  });
  return joined;
}

/** Records of an object store as `getAllKeys` and `getAll` give them. */
export interface RawRecords {
  readonly keys: readonly unknown[];
  readonly values: readonly unknown[];
}

export interface DecodedRecords<T> {
  readonly found: ReadonlyMap<HashHex, T>;
  /** Keys of records that are broken, as they are. */
  readonly brokenKeys: readonly unknown[];
  readonly errors: readonly CorruptError[];
}

/** Decodes all records by hash; a broken one is left out and named, and does no harm to the others. */
export function decodeRecords<T>(
  table: string,
  { keys, values }: RawRecords,
  decodeOne: (key: HashHex, value: unknown, what: string) => T,
): DecodedRecords<T> {
  const found = new Map<HashHex, T>();
  const brokenKeys: unknown[] = [];
  const errors: CorruptError[] = [];
  keys.forEach((rawKey, i) => {
    const what = `${table} ${String(rawKey)}`;
    try {
      const key = requireHashKey(rawKey, what);
      found.set(key, decodeOne(key, values[i], what));
    } catch (error) {
      if (!isDashlightError(error, "store/corrupt")) throw error;
      brokenKeys.push(rawKey);
      errors.push(error);
    }
  });
  return { found, brokenKeys, errors };
}

/** @throws `store/corrupt` if a record is not what its key names */
export function requireSameHash(key: HashHex, hash: Hash256, what: string): void {
  const computed = toHashHex(hash);
  if (computed !== key) throw corrupt(`${what}: its bytes hash to ${computed}`);
}
