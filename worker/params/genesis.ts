import { hexToBytes } from "@noble/hashes/utils.js";

export interface GenesisFields {
  readonly version: number;
  /** display order */
  readonly merkleRoot: string;
  /** seconds since 1970 */
  readonly time: number;
  /** compact target */
  readonly bits: number;
  readonly nonce: number;
}

/** The same coinbase stands in the genesis block of every network. Source: Core 23.1.2 chainparams.cpp. */
export const GENESIS_MERKLE_ROOT = "e0028eb9648db56b1ac77cf090b99048a8007e2bb64b68f092c03c7f56a662c7";

/** @returns 80 bytes: the header with a previous hash of zeros. Source: Core 23.1.2 primitives/block.h CBlockHeader */
export function encodeGenesisHeader(fields: GenesisFields): Uint8Array {
  const header = new Uint8Array(80);
  const view = new DataView(header.buffer);
  view.setInt32(0, fields.version, true);
  header.set(hexToBytes(fields.merkleRoot).reverse(), 36);
  view.setUint32(68, fields.time, true);
  view.setUint32(72, fields.bits, true);
  view.setUint32(76, fields.nonce, true);
  return header;
}
