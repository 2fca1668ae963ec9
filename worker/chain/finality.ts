import type { ChainErrorFacts } from "../errors.ts";
import type { NetworkParams } from "../params/index.ts";
import { type HashHex, toHashHex } from "../wire/hashes.ts";
import type { BestChain, ChainBlock } from "./bestChain.ts";

/** @returns by height, the hashes (display order) the network's parameters name: checkpoints and anchor */
export function knownHashes(params: NetworkParams): Map<number, string> {
  const known = new Map(params.checkpoints.map(({ height, hash }) => [height, hash]));
  if (params.anchor !== undefined) known.set(params.anchor.block.height, params.anchor.block.hash);
  return known;
}

/** Which blocks can no longer be replaced, and so which headers no longer have a place. */
export class Finality {
  readonly #known: ReadonlyMap<number, string>;
  readonly #devnetGenesis: HashHex | undefined;
  #height: number;
  #lock: ChainBlock | undefined;

  /**
   * @param best - agrees with the known hashes; its blocks up to the highest one are final
   * @param devnetGenesis - on devnets the hash block 1 must have
   */
  constructor(params: NetworkParams, best: BestChain, devnetGenesis: HashHex | undefined) {
    this.#known = knownHashes(params);
    this.#devnetGenesis = devnetGenesis;
    this.#height = Math.max(0, best.firstHeight - 1);
    for (const height of this.#known.keys()) if (height <= best.height) this.raise(height);
  }

  /** Blocks of the best chain up to this height stay. */
  get height(): number {
    return this.#height;
  }

  /** The highest block that a ChainLock made final. */
  get lock(): ChainBlock | undefined {
    return this.#lock;
  }

  /** @param block - on the best chain, named by a verified ChainLock: it and all below stay */
  setLock(block: ChainBlock): void {
    this.#lock = block;
    this.raise(block.height);
  }

  raise(height: number): void {
    this.#height = Math.max(this.#height, height);
  }

  isKnownHeight(height: number): boolean {
    return this.#known.has(height);
  }

  /**
   * @param height - of a header that is not held @param blockHash - its hash, wire order
   * @returns why it has no place, undefined if it may have one
   * Source: Core 23.1.2 validation.cpp ContextualCheckBlockHeader, chainlock/chainlock.cpp HasConflictingChainLock.
   * Core does not compare hashes at checkpoints, we do.
   */
  check(height: number, blockHash: Uint8Array, best: BestChain): ChainErrorFacts | undefined {
    if (height === 1 && this.#devnetGenesis !== undefined && toHashHex(blockHash) !== this.#devnetGenesis) {
      return { code: "chain/bad-devnet-genesis", blockHash: toHashHex(blockHash) };
    }
    if (this.#lock !== undefined && height <= this.#lock.height) {
      return { code: "chain/conflicts-with-chainlock", height, lockedHeight: this.#lock.height };
    }
    const expected = this.#known.get(height) ?? this.#finalHashAt(height, best);
    if (expected === undefined || expected === toHashHex(blockHash)) return undefined;
    return { code: "chain/checkpoint-mismatch", height, expected, received: toHashHex(blockHash) };
  }

  #finalHashAt(height: number, best: BestChain): HashHex | undefined {
    const hash = height <= this.#height ? best.hashAt(height) : undefined;
    return hash && toHashHex(hash);
  }
}
