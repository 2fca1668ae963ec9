import { type HashHex, toHashHex } from "../wire/hashes.ts";
import type { InventoryItem } from "../wire/inventory.ts";

/** Locks that one source may owe us; of a longer announcement the newest are asked for. */
const MAX_OWED = 16;
/** A lock that did not come for so long is not owed any more. No specific reason for this number. */
const OWED_MS = 60_000;
/** Sources asked for the same lock: a second one in case the first never sends it. */
const MAX_SOURCES = 2;
/** Hashes of received locks remembered, so that nobody is asked for them again. */
const MAX_RECEIVED = 512;

/** Decides which announced locks are fetched, and from whom, so that no announcement can make us ask without end. */
export class AnnouncedLocks {
  /** When each source was asked, by source and hash. */
  readonly #owed = new Map<string, Map<HashHex, number>>();
  readonly #received = new Set<HashHex>();

  /** @returns the announced locks that `source` is to be asked for now */
  choose(items: readonly InventoryItem[], source: string, nowMs: number): InventoryItem[] {
    const owed = this.#owed.get(source) ?? new Map<HashHex, number>();
    this.#owed.set(source, owed);
    for (const [hash, askedAtMs] of owed) if (nowMs - askedAtMs >= OWED_MS) owed.delete(hash);
    const free = MAX_OWED - owed.size;
    const chosen =
      free > 0 ? items.filter(({ hash }) => this.#isWanted(toHashHex(hash), owed)).slice(-free) : [];
    for (const { hash } of chosen) owed.set(toHashHex(hash), nowMs);
    return chosen;
  }

  /** @param hashes - of locks that `source` sent, or says it does not have */
  settle(hashes: readonly HashHex[], source: string): void {
    for (const hash of hashes) this.#owed.get(source)?.delete(hash);
  }

  /** A lock came, from whomever. */
  receive(hash: HashHex): void {
    this.#received.add(hash);
    const [oldest] = this.#received;
    if (this.#received.size > MAX_RECEIVED && oldest !== undefined) this.#received.delete(oldest);
  }

  /** A new connection: what was asked on the one before will not come. */
  forget(source: string): void {
    this.#owed.delete(source);
  }

  #isWanted(hash: HashHex, owed: ReadonlyMap<HashHex, number>): boolean {
    if (this.#received.has(hash) || owed.has(hash)) return false;
    return [...this.#owed.values()].filter((other) => other.has(hash)).length < MAX_SOURCES;
  }
}
