import type { BlockHash } from "../wire/hashes.ts";
import { joinHashes, requireFields, requireHashes, requireInteger } from "./records.ts";
import { corrupt } from "./storeErrors.ts";

/** Those of a day, of all nodes; the oldest go. No specific reason for this number. */
const MAX_REFUSALS = 256;
/** A DNS name, and a port. */
const MAX_ADDRESS_LENGTH = 260;

/** A request that a node passed over, which earned us a point there. */
export interface StoredRefusal {
  readonly address: string;
  /** Since 1970. */
  readonly atMs: number;
  /** That it was asked about. */
  readonly blocks: readonly BlockHash[];
}

/** @param refusals - oldest first */
export function encodeRefusals(refusals: readonly StoredRefusal[]): unknown {
  return refusals.slice(-MAX_REFUSALS).map(({ blocks, ...refusal }) => ({
    ...refusal,
    blocks: joinHashes(blocks),
  }));
}

/** @throws `store/corrupt` */
export function decodeRefusals(value: unknown): StoredRefusal[] {
  const what = "meta refusals";
  if (!Array.isArray(value) || value.length > MAX_REFUSALS) throw corrupt(`${what}: no list of refusals`);
  return value.map((record) => {
    const { address, atMs, blocks } = requireFields(record, what);
    if (typeof address !== "string" || address.length > MAX_ADDRESS_LENGTH)
      throw corrupt(`${what}: no address`);
    return {
      address,
      atMs: requireInteger(atMs, what),
      blocks: requireHashes(blocks, what) as readonly unknown[] as BlockHash[],
    };
  });
}
