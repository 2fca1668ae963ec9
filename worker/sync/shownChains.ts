import type { BlockHash, Height } from "../wire/hashes.ts";

/**
 * How far nodes have shown that they have our chain: who sends the header of a block, or an answer about it, has the
 * block and all below. The height in a node's version is only a claim. What a reorganisation took off our chain shows
 * nothing any more.
 */
export class ShownChains {
  readonly #heightOf: (block: BlockHash) => Height | undefined;
  /** By whoever showed it. */
  readonly #highest = new Map<string, BlockHash>();

  constructor(heightOf: (block: BlockHash) => Height | undefined) {
    this.#heightOf = heightOf;
  }

  show(who: string, block: BlockHash): void {
    if ((this.#heightOf(block) ?? 0) > this.heightOf(who)) this.#highest.set(who, block);
  }

  /** Genesis is everybody's. */
  heightOf(who: string): Height {
    const block = this.#highest.get(who);
    return (block && this.#heightOf(block)) ?? 0;
  }

  has(who: string, block: BlockHash): boolean {
    const height = this.#heightOf(block);
    return height !== undefined && height <= this.heightOf(who);
  }
}
