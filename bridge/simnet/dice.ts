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
    const bytes = this.bytes(...labels);
    return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0) % limit;
  }

  /** @returns one of the items, undefined if there are none */
  pick<T>(items: readonly T[], ...labels: readonly Label[]): T | undefined {
    return items.length === 0 ? undefined : items[this.below(items.length, ...labels)];
  }
}
