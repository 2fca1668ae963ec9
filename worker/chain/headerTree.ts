import type { ChainErrorFacts } from "../errors.ts";
import type { NetworkParams } from "../params/index.ts";
import { type BlockHash, toHashHex } from "../wire/hashes.ts";
import type { BestChain, ChainBlock } from "./bestChain.ts";
import type { HeaderBranch } from "./branch.ts";
import type { Finality } from "./finality.ts";
import { ForkBranch, LowerBranch } from "./forkBranch.ts";
import { type ForkBlock, ForkStore, makeForkBlock } from "./forkStore.ts";
import { checkInContext, checkProofOfWork, readHeaderFields } from "./headerRules.ts";

/**
 * Most headers kept beside the best chain. No specific reason for this number, but a fork that reaches from testnet's
 * checkpoint to its anchor (20 000 headers) must fit.
 */
export const MAX_FORK_HEADERS = 32_768;

export interface Reorg {
  /** The highest block of the old best chain that is still on the best chain. */
  readonly forkHeight: number;
  readonly oldTip: ChainBlock;
}

/** What a call changes, gathered as it happens. */
export class Change {
  /** Headers that were not held before. */
  added = 0;
  /** Lowest height of the best chain whose header is another now. */
  changedFrom: number | undefined;
  reorg: Reorg | undefined;

  changed(height: number): void {
    this.changedFrom = Math.min(height, this.changedFrom ?? height);
  }

  reorganised(forkHeight: number, oldTip: ChainBlock): void {
    const earlier = this.reorg ?? { forkHeight, oldTip };
    this.reorg = { forkHeight: Math.min(forkHeight, earlier.forkHeight), oldTip: earlier.oldTip };
    this.changed(forkHeight + 1);
  }
}

/** The best chain and the forks beside it: takes headers in, and chooses by work among what is not final. */
export class HeaderTree {
  readonly best: BestChain;
  readonly finality: Finality;
  readonly #params: NetworkParams;
  readonly #forks = new ForkStore();
  readonly #maxForkHeaders: number;

  constructor(params: NetworkParams, best: BestChain, finality: Finality, maxForkHeaders = MAX_FORK_HEADERS) {
    this.#params = params;
    this.best = best;
    this.finality = finality;
    this.#maxForkHeaders = maxForkHeaders;
  }

  /** Headers held beside the best chain. */
  get forkCount(): number {
    return this.#forks.size;
  }

  /** @returns the height of a block on the best chain or beside it */
  heightOf(blockHash: Uint8Array): number | undefined {
    return this.best.heightOf(blockHash) ?? this.#forks.get(blockHash)?.height;
  }

  /** @param header - 80 bytes, copied @param hash - its X11 @returns what is wrong with it, undefined if it is held now */
  accept(
    header: Uint8Array,
    hash: BlockHash,
    nowSeconds: number,
    change: Change,
  ): ChainErrorFacts | undefined {
    if (this.heightOf(hash) !== undefined) return undefined;
    const fields = readHeaderFields(header);
    const unproven = checkProofOfWork(fields.bits, hash, this.#params);
    if (unproven !== undefined) return unproven;
    const parent = this.#findParent(header.subarray(4, 36));
    if (parent === undefined) return unknownParent(header, hash);
    const broken =
      this.finality.check(parent.branch.height + 1, hash, this.best) ??
      checkInContext(fields, parent.branch, this.#params, nowSeconds);
    if (broken !== undefined) return broken;
    change.added++;
    if (parent.branch === this.best) this.#extendBest(header, hash, change);
    else this.#extendFork(makeForkBlock(header, hash, parent.branch.height + 1, parent.work), change);
    return undefined;
  }

  /**
   * Puts a block on the best chain whatever its work, with the most work there is on top of it, and drops every fork
   * that leaves the chain below it.
   * @param block - held
   */
  makeFinal(block: ChainBlock, change: Change): void {
    const fork = this.#forks.get(block.hash);
    if (fork !== undefined) this.#activate(this.#forks.bestAbove(fork), change);
    this.#raiseFinality(block.height);
  }

  /** @returns the chain that ends in the block, and its work */
  #findParent(hash: Uint8Array): { branch: HeaderBranch; work: bigint } | undefined {
    const { best } = this;
    const height = best.heightOf(hash);
    if (height === best.height) return { branch: best, work: best.work };
    if (height !== undefined) return { branch: new LowerBranch(best, height), work: best.workAt(height) };
    const fork = this.#forks.get(hash);
    return fork && { branch: new ForkBranch(best, this.#forks, fork), work: fork.work };
  }

  #extendBest(header: Uint8Array, hash: BlockHash, change: Change): void {
    this.best.push(header, hash);
    change.changed(this.best.height);
    this.#passHeight(this.best.height);
  }

  #extendFork(block: ForkBlock, change: Change): void {
    this.#forks.add(block);
    if (block.work > this.best.work) this.#activate(block, change);
    this.#forks.prune(this.#maxForkHeaders, block);
  }

  /** Makes `target` the tip of the best chain; the blocks it replaces become a fork. */
  #activate(target: ForkBlock, change: Change): void {
    const path = this.#forks.pathTo(target);
    const forkHeight = target.height - path.length;
    const replaced = this.#blocksAbove(forkHeight);
    const oldTip = {
      height: this.best.height,
      hash: this.best.hashAt(this.best.height)?.slice() as BlockHash,
    };
    this.best.truncate(forkHeight);
    for (const block of path) {
      this.#forks.delete(block);
      this.best.push(block.header, block.hash);
    }
    for (const block of replaced) this.#forks.add(block);
    change.reorganised(forkHeight, oldTip);
    for (const block of path) this.#passHeight(block.height);
  }

  #blocksAbove(forkHeight: number): ForkBlock[] {
    const blocks: ForkBlock[] = [];
    let work = this.best.workAt(forkHeight);
    for (let height = forkHeight + 1; height <= this.best.height; height++) {
      const hash = this.best.hashAt(height) as BlockHash;
      const block = makeForkBlock(this.best.headerAt(height), hash, height, work);
      blocks.push(block);
      work = block.work;
    }
    return blocks;
  }

  /** A checkpoint makes all up to it final. */
  #passHeight(height: number): void {
    if (this.finality.isKnownHeight(height)) this.#raiseFinality(height);
  }

  #raiseFinality(height: number): void {
    this.finality.raise(height);
    this.#forks.dropForksBelow(this.finality.height);
  }
}

function unknownParent(header: Uint8Array, hash: BlockHash): ChainErrorFacts {
  return {
    code: "chain/unknown-parent",
    blockHash: toHashHex(hash),
    prevBlockHash: toHashHex(header.subarray(4, 36)),
  };
}
