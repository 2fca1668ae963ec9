import { hexToBytes } from "@noble/hashes/utils.js";
import { readVector, readVectorJson } from "../../test/vectors.ts";
import { decode } from "../../wire/codec.ts";
import {
  type BlockHash,
  fromHashHex,
  type Hash256,
  type HashHex,
  type Height,
  toHashHex,
} from "../../wire/hashes.ts";
import { blockHeader, HEADER_SIZE } from "../../wire/header.ts";
import type { ChainView } from "../context.ts";

/** A best chain of known blocks: hashes, and merkle roots where the header is at hand. */
export class KnownChain implements ChainView {
  readonly #hashes = new Map<Height, BlockHash>();
  readonly #heights = new Map<HashHex, Height>();
  readonly #merkleRoots = new Map<Height, Hash256>();

  addHash(height: Height, hash: string): this {
    const bytes = fromHashHex<BlockHash>(hash);
    this.#hashes.set(height, bytes);
    this.#heights.set(toHashHex(bytes), height);
    return this;
  }

  addHeader(height: Height, hash: string, header: Uint8Array): this {
    this.#merkleRoots.set(height, decode(blockHeader, header).merkleRoot);
    return this.addHash(height, hash);
  }

  /** Raw 80-byte headers, one after another; a header's hash is read from the one that follows it. */
  addHeaderFile(path: string, firstHeight: Height): this {
    const bytes = readVector(path);
    for (let i = 0; i + 2 * HEADER_SIZE <= bytes.length; i += HEADER_SIZE) {
      const next = decode(blockHeader, bytes.subarray(i + HEADER_SIZE, i + 2 * HEADER_SIZE));
      const header = bytes.subarray(i, i + HEADER_SIZE);
      this.addHeader(firstHeight + i / HEADER_SIZE, toHashHex(next.prevBlockHash), header);
    }
    return this;
  }

  /** `chain.json` of a regtest capture. */
  addChainFile(path: string): this {
    for (const block of readVectorJson<{ height: number; hash: string; header: string }[]>(path)) {
      this.addHeader(block.height, block.hash, hexToBytes(block.header));
    }
    return this;
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
