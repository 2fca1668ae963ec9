import { type BlockHash, type HashHex, toHashHex } from "../wire/hashes.ts";

export interface ForkBlock {
  readonly hash: BlockHash;
  readonly key: HashHex;
  readonly prevKey: HashHex;
  /** 80 bytes */
  readonly header: Uint8Array;
  readonly height: number;
  /** Work of all headers from the start of the chain up to and with this one. */
  readonly work: bigint;
}

/**
 * Headers that are valid but not on the best chain, each held by its hash; a block's parent is here or on the best
 * chain. In the order in which they came, which decides between equals.
 */
export class ForkStore {
  readonly #blocks = new Map<HashHex, ForkBlock>();

  get size(): number {
    return this.#blocks.size;
  }

  get(hash: Uint8Array): ForkBlock | undefined {
    return this.#blocks.size === 0 ? undefined : this.#blocks.get(toHashHex(hash));
  }

  add(block: ForkBlock): void {
    this.#blocks.set(block.key, block);
  }

  delete(block: ForkBlock): void {
    this.#blocks.delete(block.key);
  }

  /** @returns the blocks from the lowest that is not on the best chain up to `block` */
  pathTo(block: ForkBlock): ForkBlock[] {
    const path: ForkBlock[] = [];
    for (let at: ForkBlock | undefined = block; at !== undefined; at = this.#blocks.get(at.prevKey)) {
      path.push(at);
    }
    return path.reverse();
  }

  /** @returns the block with the most work among `root` and those built on it, the first that came among equals */
  bestAbove(root: ForkBlock): ForkBlock {
    const above = new Set([root.key]);
    for (const block of this.#byHeight()) if (above.has(block.prevKey)) above.add(block.key);
    let best = root;
    for (const block of this.#blocks.values())
      if (above.has(block.key) && block.work > best.work) best = block;
    return best;
  }

  /** Forgets every branch that leaves the best chain below `height`: none can become best any more. */
  dropForksBelow(height: number): void {
    const dropped = new Set<HashHex>();
    for (const block of this.#byHeight()) {
      const parentIsHere = this.#blocks.has(block.prevKey) || dropped.has(block.prevKey);
      const drop = parentIsHere ? dropped.has(block.prevKey) : block.height - 1 < height;
      if (!drop) continue;
      dropped.add(block.key);
      this.#blocks.delete(block.key);
    }
  }

  /**
   * If there are more than `limit`, shortens branches until an eighth of it is free: the branch with the least work
   * first, the newest among equals, from its tip down. The one that ends in `keep` goes last.
   */
  prune(limit: number, keep: ForkBlock): void {
    if (this.#blocks.size <= limit) return;
    const best = this.#workOfBranches();
    const kept = new Set(this.pathTo(keep));
    const order = [...this.#blocks.values()].reverse().sort((a, b) => {
      const byKept = Number(kept.has(a)) - Number(kept.has(b));
      return byKept || compareBigints(best.get(a.key), best.get(b.key)) || b.height - a.height;
    });
    const excess = this.#blocks.size - Math.floor((limit * 7) / 8);
    for (const block of order.slice(0, excess)) this.delete(block);
  }

  /** @returns for each block the most work of any block built on it, or its own */
  #workOfBranches(): Map<HashHex, bigint> {
    const best = new Map<HashHex, bigint>();
    for (const { key, prevKey, work } of this.#byHeight().reverse()) {
      const own = largest(best.get(key), work);
      best.set(key, own);
      best.set(prevKey, largest(best.get(prevKey), own));
    }
    return best;
  }

  #byHeight(): ForkBlock[] {
    return [...this.#blocks.values()].sort((a, b) => a.height - b.height);
  }
}

function largest(a: bigint | undefined, b: bigint): bigint {
  return a !== undefined && a > b ? a : b;
}

function compareBigints(a = 0n, b = 0n): number {
  return a < b ? -1 : Number(a > b);
}
