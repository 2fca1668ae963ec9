import type { BestChain } from "./bestChain.ts";
import type { HeaderBranch } from "./branch.ts";
import type { ForkBlock } from "./forkStore.ts";
import { type HeaderFields, readHeaderFields } from "./headerRules.ts";

/** The best chain up to a height, and fork blocks on top of it. */
export class ForkBranch implements HeaderBranch {
  readonly #best: BestChain;
  readonly #forkHeight: number;
  readonly #blocks: ForkBlock[];
  readonly #fields: HeaderFields[];

  /** @param blocks - the first one's parent is the best chain's block at `forkHeight` */
  constructor(best: BestChain, forkHeight: number, blocks: readonly ForkBlock[]) {
    this.#best = best;
    this.#forkHeight = forkHeight;
    this.#blocks = [...blocks];
    this.#fields = blocks.map((block) => readHeaderFields(block.header));
  }

  get firstHeight(): number {
    return this.#best.firstHeight;
  }

  get height(): number {
    return this.#forkHeight + this.#blocks.length;
  }

  /** The highest fork block; undefined if the branch ends on the best chain. */
  get tip(): ForkBlock | undefined {
    return this.#blocks[this.#blocks.length - 1];
  }

  /** Work of all headers up to and with the highest. */
  get work(): bigint {
    return this.tip?.work ?? this.#best.workAt(this.#forkHeight);
  }

  push(block: ForkBlock): void {
    this.#blocks.push(block);
    this.#fields.push(readHeaderFields(block.header));
  }

  timeAt(height: number): number {
    return this.#fields[height - this.#forkHeight - 1]?.time ?? this.#best.timeAt(height);
  }

  bitsAt(height: number): number {
    return this.#fields[height - this.#forkHeight - 1]?.bits ?? this.#best.bitsAt(height);
  }
}
