import type { BestChain } from "./bestChain.ts";
import type { HeaderBranch } from "./branch.ts";
import type { ForkBlock, ForkStore } from "./forkStore.ts";

/**
 * The chain that ends in a fork block. Walks down only as far as a rule asks, mostly 24 blocks, so a header on a long
 * fork costs no more than on a short one.
 */
export class ForkBranch implements HeaderBranch {
  readonly #best: BestChain;
  readonly #forks: ForkStore;
  /** The fork's blocks met so far, from the tip down. */
  readonly #blocks: ForkBlock[];
  readonly height: number;

  constructor(best: BestChain, forks: ForkStore, tip: ForkBlock) {
    this.#best = best;
    this.#forks = forks;
    this.#blocks = [tip];
    this.height = tip.height;
  }

  get firstHeight(): number {
    return this.#best.firstHeight;
  }

  timeAt(height: number): number {
    return this.#blockAt(height)?.time ?? this.#best.timeAt(height);
  }

  bitsAt(height: number): number {
    return this.#blockAt(height)?.bits ?? this.#best.bitsAt(height);
  }

  /** @returns undefined at and below the height where the fork leaves the best chain */
  #blockAt(height: number): ForkBlock | undefined {
    const depth = this.height - height;
    while (this.#blocks.length <= depth) {
      const parent = this.#forks.parentOf(this.#blocks[this.#blocks.length - 1] as ForkBlock);
      if (parent === undefined) return undefined;
      this.#blocks.push(parent);
    }
    return this.#blocks[depth];
  }
}

/** The best chain as it was when the block at `height` was its tip. */
export class LowerBranch implements HeaderBranch {
  readonly #best: BestChain;
  readonly height: number;

  constructor(best: BestChain, height: number) {
    this.#best = best;
    this.height = height;
  }

  get firstHeight(): number {
    return this.#best.firstHeight;
  }

  timeAt(height: number): number {
    return this.#best.timeAt(height);
  }

  bitsAt(height: number): number {
    return this.#best.bitsAt(height);
  }
}
