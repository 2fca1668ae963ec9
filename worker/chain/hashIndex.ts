import { equalBytes } from "../wire/hashes.ts";

const EMPTY = 0;
const INITIAL_SLOTS = 1024;

/**
 * Block hash to height: open addressing, 4 bytes a slot. A slot is only a hint, checked against the chain, so heights
 * that a reorganisation replaced need not be taken out: their slots lead nowhere until the next growth drops them.
 */
export class HashIndex {
  #slots = new Uint32Array(INITIAL_SLOTS); // height + 1
  #used = 0;
  readonly #hashAt: (height: number) => Uint8Array | undefined;

  /** @param hashAt - the hash at a height of the chain, undefined above its tip */
  constructor(hashAt: (height: number) => Uint8Array | undefined) {
    this.#hashAt = hashAt;
  }

  /** @param hash - 32 bytes, wire order @returns its height, undefined if it is not on the chain */
  find(hash: Uint8Array): number | undefined {
    const slot = this.#slots[this.#slotOf(hash)] as number;
    return slot === EMPTY ? undefined : slot - 1;
  }

  /** @param height - where `hashAt` gives `hash` from now on */
  add(hash: Uint8Array, height: number): void {
    if (this.#used * 8 >= this.#slots.length * 5) this.#grow();
    const slot = this.#slotOf(hash);
    if (this.#slots[slot] === EMPTY) this.#used++;
    this.#slots[slot] = height + 1;
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Uint32Array(old.length * 2);
    this.#used = 0;
    for (const entry of old) {
      const hash = entry === EMPTY ? undefined : this.#hashAt(entry - 1);
      if (hash !== undefined) this.add(hash, entry - 1);
    }
  }

  /** @returns the slot that holds `hash`, or the empty one where it belongs */
  #slotOf(hash: Uint8Array): number {
    const mask = this.#slots.length - 1;
    // the first bytes on the wire are the last ones of the number: proof of work leaves them random
    const start = (hash[0] as number) | ((hash[1] as number) << 8) | ((hash[2] as number) << 16);
    for (let slot = (start | ((hash[3] as number) << 24)) & mask; ; slot = (slot + 1) & mask) {
      const entry = this.#slots[slot] as number;
      if (entry === EMPTY) return slot;
      const stored = this.#hashAt(entry - 1);
      if (stored !== undefined && equalBytes(stored, hash)) return slot;
    }
  }
}
