import { encode } from "../../../worker/wire/codec.ts";
import type { BlockHash } from "../../../worker/wire/hashes.ts";
import { type BlockHeader, blockHeader } from "../../../worker/wire/header.ts";
import type { X11 } from "../../../worker/x11/index.ts";

export interface MinedHeader {
  readonly header: BlockHeader;
  /** 80 bytes */
  readonly bytes: Uint8Array;
  readonly hash: BlockHash;
}

/** Finds the first nonce whose hash meets the target of `bits`. Meant for easy targets only. */
export function mineHeader(fields: Omit<BlockHeader, "nonce">, x11: X11): MinedHeader {
  const target = decodeTarget(fields.bits);
  for (let nonce = 0; nonce <= 0xffffffff; nonce++) {
    const header = { ...fields, nonce };
    const bytes = encode(blockHeader, header);
    const hash = x11.hash(bytes) as BlockHash;
    if (toNumber(hash) <= target) return { header, bytes, hash };
  }
  throw new RangeError("no nonce meets the target");
}

/** Compact form of a target whose size is above 3 bytes, the only ones used here. */
function decodeTarget(bits: number): bigint {
  return BigInt(bits & 0x007fffff) << BigInt(8 * ((bits >>> 24) - 3));
}

/** A hash is a number with its least significant byte first. */
function toNumber(hash: Uint8Array): bigint {
  let value = 0n;
  for (let i = hash.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(hash[i] ?? 0);
  return value;
}
