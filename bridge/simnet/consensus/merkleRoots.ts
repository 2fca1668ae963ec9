import { type Hash256, sha256d, ZERO_HASH } from "../../../worker/wire/hashes.ts";

/**
 * Merkle roots of lists of which each differs little from the one before: what both share is not hashed again. The
 * results are those of the plain computation, in whatever order they are asked for.
 */
export class MerkleRoots {
  /** Of the last list: its leaves, then each level above them. */
  #levels: readonly (readonly Hash256[])[] = [];

  /** @returns 32 zero bytes for no leaves, the leaf itself for one */
  rootOf(leaves: readonly Hash256[]): Hash256 {
    const before = this.#levels;
    const levels = [leaves];
    let level = leaves;
    while (level.length > 1) {
      level = combine(level, before[levels.length - 1], before[levels.length]);
      levels.push(level);
    }
    this.#levels = levels;
    return level[0] ?? ZERO_HASH;
  }
}

/** @param oldLevel - what `oldNext` was made from */
function combine(
  level: readonly Hash256[],
  oldLevel: readonly Hash256[] = [],
  oldNext: readonly Hash256[] = [],
): Hash256[] {
  const next: Hash256[] = [];
  for (let i = 0; i < level.length; i += 2) {
    const left = level[i] as Hash256;
    const right = level[i + 1] ?? left;
    const known = oldNext[i >> 1];
    const isSame = known !== undefined && oldLevel[i] === left && (oldLevel[i + 1] ?? oldLevel[i]) === right;
    next.push(isSame ? known : sha256d(left, right));
  }
  return next;
}
