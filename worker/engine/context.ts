import type { NetworkParams } from "../params/types.ts";
import type { BlockHash, Hash256, Height } from "../wire/hashes.ts";

/**
 * The best header chain, as the engine sees it. Only the chain part says what a height or a header is.
 * `header-unknown` exists for the offline tool alone: a block whose hash is given but whose header is not.
 */
export interface ChainView {
  /** @returns undefined for a block off the best chain or below its first header */
  heightOf(blockHash: BlockHash): Height | undefined;
  hashAt(height: Height): BlockHash | undefined;
  /** @returns the verified header's merkle root; undefined when only the hash is known */
  merkleRootAt(height: Height): Hash256 | undefined;
}

export interface EngineContext {
  readonly params: NetworkParams;
  readonly chain: ChainView;
  /** Whether 96 bytes are a valid, non-identity G2 point in the basic encoding (`Bls.isValidSignature`). */
  readonly isValidSignature: (signature: Uint8Array) => boolean;
}

/** Rule `activation` holds for the block after `height` (Core deploymentstatus.h DeploymentActiveAfter). */
export function isActiveAfter(height: Height, activation: Height): boolean {
  return height + 1 >= activation;
}

export function isActiveAt(height: Height, activation: Height): boolean {
  return height >= activation;
}
