import { type Decoded, hash256, i32, struct, u32 } from "./codec.ts";
import type { BlockHash, Hash256 } from "./hashes.ts";

export const HEADER_SIZE = 80;

/**
 * Block header, 80 bytes. The block hash is X11 of exactly these bytes.
 * Source: Core 23.1.2 primitives/block.h CBlockHeader
 */
export const blockHeader = struct({
  version: i32,
  prevBlockHash: hash256<BlockHash>(),
  merkleRoot: hash256<Hash256>(),
  /** seconds since 1970 */
  time: u32,
  /** compact target */
  bits: u32,
  nonce: u32,
});
export type BlockHeader = Decoded<typeof blockHeader>;
