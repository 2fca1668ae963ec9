import type { Peer } from "../net/peer.ts";

/** Requests one peer may have on their way; a node answers one connection in order anyway. */
const MAX_PER_PEER = 2;

/** Hands out peers with a free place, the least busy and quickest first. */
export class PeerSlots {
  readonly #ready: () => readonly Peer[];
  readonly #used = new Map<Peer, number>();
  readonly #waiting: (() => void)[] = [];

  /** @param ready - peers that shook hands, quickest first */
  constructor(ready: () => readonly Peer[]) {
    this.#ready = ready;
  }

  /**
   * Waits for a place at a peer that `isFit`.
   * @returns undefined if peers are there but none of them fits
   */
  async acquire(isFit: (peer: Peer) => boolean, signal: AbortSignal): Promise<Peer | undefined> {
    for (;;) {
      signal.throwIfAborted();
      const ready = this.#ready();
      const fitting = ready.filter(isFit);
      if (ready.length > 0 && fitting.length === 0) return undefined;
      const free = fitting.filter((peer) => this.#usedBy(peer) < MAX_PER_PEER);
      const [first] = free.sort((a, b) => this.#usedBy(a) - this.#usedBy(b));
      if (first) {
        this.#used.set(first, this.#usedBy(first) + 1);
        return first;
      }
      await this.#nextChange(signal);
    }
  }

  release(peer: Peer): void {
    this.#used.set(peer, this.#usedBy(peer) - 1);
    if (this.#usedBy(peer) <= 0) this.#used.delete(peer);
    this.wake();
  }

  /** Peers came or went. */
  wake(): void {
    for (const resume of this.#waiting.splice(0)) resume();
  }

  #usedBy(peer: Peer): number {
    return this.#used.get(peer) ?? 0;
  }

  #nextChange(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAbort = () => reject(signal.reason);
      signal.addEventListener("abort", onAbort, { once: true });
      this.#waiting.push(() => {
        signal.removeEventListener("abort", onAbort);
        resolve();
      });
    });
  }
}
