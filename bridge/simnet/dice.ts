import { sha256 } from "@noble/hashes/sha2.js";

type Label = string | number;

/**
 * All that is left to chance in a simulated network. Every throw depends on the seed and its labels only, never on
 * the throws before, so a block comes out the same however it was reached.
 */
export class Dice {
  readonly #seed: string;

  constructor(seed: string) {
    this.#seed = seed;
  }

  /** @returns 32 bytes */
  bytes(...labels: readonly Label[]): Uint8Array {
    return sha256(new TextEncoder().encode([this.#seed, ...labels].join("/")));
  }

  /** @returns an integer, 0 <= n < limit */
  below(limit: number, ...labels: readonly Label[]): number {
    return mix([this.#seed, ...labels].join("/")) % limit;
  }

  /** @returns one of the items, undefined if there are none */
  pick<T>(items: readonly T[], ...labels: readonly Label[]): T | undefined {
    return items.length === 0 ? undefined : items[this.below(items.length, ...labels)];
  }
}

/** A cheap hash, since a long chain throws millions of dice: 32 bits, FNV-1a with murmur3's last mixing. */
function mix(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
