import type { ChainView } from "../engine/context.ts";
import { decode } from "../wire/codec.ts";
import {
  type BlockHash,
  fromHashHex,
  type Hash256,
  type HashHex,
  type Height,
  toHashHex,
} from "../wire/hashes.ts";
import { blockHeader, HEADER_SIZE } from "../wire/header.ts";

/**
 * What the offline tool knows of the chain: verified headers, and hashes that were only given. A list at a block of
 * which only the hash is known is marked so; nothing but this tool may do that.
 */
export class OfflineChain implements ChainView {
  readonly #hashes = new Map<Height, BlockHash>();
  readonly #heights = new Map<HashHex, Height>();
  readonly #merkleRoots = new Map<Height, Hash256>();

  /** @param hash - display order @returns whether it fits what is known */
  addHash(height: Height, hash: string): boolean {
    const known = this.#hashes.get(height);
    if (known) return toHashHex(known) === hash.toLowerCase();
    const blockHash = fromHashHex<BlockHash>(hash);
    if (this.#heights.has(toHashHex(blockHash))) return false;
    this.#hashes.set(height, blockHash);
    this.#heights.set(toHashHex(blockHash), height);
    return true;
  }

  /**
   * @param headers - n times 80 bytes whose work, linkage and difficulty were checked
   * @param hashes - n times 32 bytes, wire order
   */
  addVerifiedHeaders(firstHeight: Height, headers: Uint8Array, hashes: Uint8Array): void {
    for (let i = 0; i * HEADER_SIZE < headers.length; i++) {
      const header = decode(blockHeader, headers.subarray(i * HEADER_SIZE, (i + 1) * HEADER_SIZE));
      const blockHash = hashes.slice(i * 32, (i + 1) * 32) as BlockHash;
      this.#hashes.set(firstHeight + i, blockHash);
      this.#heights.set(toHashHex(blockHash), firstHeight + i);
      this.#merkleRoots.set(firstHeight + i, header.merkleRoot);
    }
  }

  get tipHeight(): Height {
    return Math.max(0, ...this.#hashes.keys());
  }

  heightOf(blockHash: BlockHash): Height | undefined {
    return this.#heights.get(toHashHex(blockHash));
  }

  hashAt(height: Height): BlockHash | undefined {
    return this.#hashes.get(height);
  }

  merkleRootAt(height: Height): Hash256 | undefined {
    return this.#merkleRoots.get(height);
  }
}
