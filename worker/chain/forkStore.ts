import { type BlockHash, type HashHex, toHashHex } from "../wire/hashes.ts";
import { readHeaderFields } from "./headerRules.ts";
import { computeWork, decodeTarget } from "./target.ts";

export interface ForkBlock {
  readonly hash: BlockHash;
  readonly key: HashHex;
  readonly prevKey: HashHex;
  /** 80 bytes */
  readonly header: Uint8Array;
  readonly time: number;
  readonly bits: number;
  readonly height: number;
  /** Work of all headers from the start of the chain up to and with this one. */
  readonly work: bigint;
}

/**
 * @param header - 80 bytes, copied @param hash - its hash, copied
 * @param parentWork - work of all headers up to and with the parent
 */
export function makeForkBlock(
  header: Uint8Array,
  hash: BlockHash,
  height: number,
  parentWork: bigint,
): ForkBlock {
  const { time, bits } = readHeaderFields(header);
  return {
    hash: hash.slice() as BlockHash,
    key: toHashHex(hash),
    prevKey: toHashHex(header.subarray(4, 36)),
    header: header.slice(),
    time,
    bits,
    height,
    work: parentWork + computeWork(decodeTarget(bits)),
  };
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

  /** @returns undefined if the parent is on the best chain */
  parentOf(block: ForkBlock): ForkBlock | undefined {
    return this.#blocks.get(block.prevKey);
  }

  /** @returns the blocks from the lowest that is not on the best chain up to `block` */
  pathTo(block: ForkBlock): ForkBlock[] {
    const path: ForkBlock[] = [];
    for (let at: ForkBlock | undefined = block; at !== undefined; at = this.parentOf(at)) path.push(at);
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
      const leavesBelow = this.parentOf(block) === undefined && block.height - 1 < height;
      if (!leavesBelow && !dropped.has(block.prevKey)) continue;
      dropped.add(block.key);
      this.delete(block);
    }
  }

  /**
   * If there are more than `limit`, shortens branches until an eighth of it is free: the branch with the least work
   * first, the newest among equals, from its tip down. The one that ends in `keep` goes last.
   */
  prune(limit: number, keep: ForkBlock): void {
    if (this.#blocks.size <= limit) return;
    const kept = new Set(this.pathTo(keep));
    const order = this.#withBranchWork().sort(
      (a, b) =>
        Number(kept.has(a.block)) - Number(kept.has(b.block)) ||
        compareBigints(a.branchWork, b.branchWork) ||
        b.block.height - a.block.height,
    );
    const excess = this.#blocks.size - Math.floor((limit * 7) / 8);
    for (const { block } of order.slice(0, excess)) this.delete(block);
  }

  /** @returns every block, the newest first, with the most work of any block built on it or its own */
  #withBranchWork(): { block: ForkBlock; branchWork: bigint }[] {
    const most = new Map<HashHex, bigint>();
    for (const { key, prevKey, work } of this.#byHeight().reverse()) {
      const branchWork = most.get(key) ?? work;
      const atParent = most.get(prevKey);
      most.set(key, branchWork);
      if (atParent === undefined || branchWork > atParent) most.set(prevKey, branchWork);
    }
    const blocks = [...this.#blocks.values()].reverse();
    return blocks.map((block) => ({ block, branchWork: most.get(block.key) ?? block.work }));
  }

  #byHeight(): ForkBlock[] {
    return [...this.#blocks.values()].sort((a, b) => a.height - b.height);
  }
}

function compareBigints(a: bigint, b: bigint): number {
  return a < b ? -1 : Number(a > b);
}
