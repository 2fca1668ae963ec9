import type { SyncTuning } from "../syncTuning.ts";

/** Requests on their way to all peers together, whatever else holds. Source: `design/sync.md` 3 */
const MAX_CONCURRENT = 8;
const PER_USABLE_PEER = 2;
/** Requests that decide on the limit, and how many there must be. No specific reason for these numbers. */
const WINDOW = 20;
const MIN_OUTCOMES = 6;
/** Above these shares of failures: one after another for a while, or half as many. Source: `design/sync.md` 5 */
const SEQUENTIAL_SHARE = 0.5;
const HALF_SHARE = 0.3;
const SEQUENTIAL_MS = 10_000;

/** How many requests may be on their way: fewer while many fail, one more again with each that does not. */
export class AdaptiveConcurrency {
  readonly #tuning: SyncTuning;
  readonly #now: () => number;
  #outcomes: boolean[] = [];
  #limit = MAX_CONCURRENT;
  #sequentialUntilMs = Number.NEGATIVE_INFINITY;

  constructor(tuning: SyncTuning, now: () => number) {
    this.#tuning = tuning;
    this.#now = now;
  }

  /**
   * @param usablePeers - that may be asked
   * @param batchFactor - 0 to 1, from the network's conditions
   */
  limit(usablePeers: number, batchFactor: number): number {
    const { isSequential, maxConcurrent, adaptiveConcurrency } = this.#tuning;
    if (isSequential || this.#now() < this.#sequentialUntilMs) return 1;
    const most = Math.min(MAX_CONCURRENT, maxConcurrent ?? MAX_CONCURRENT, PER_USABLE_PEER * usablePeers);
    if (!adaptiveConcurrency) return Math.max(1, most);
    return Math.max(1, Math.floor(Math.min(most, this.#limit) * batchFactor));
  }

  record(isOk: boolean): void {
    this.#outcomes.push(isOk);
    if (this.#outcomes.length > WINDOW) this.#outcomes.shift();
    if (!this.#tuning.adaptiveConcurrency) return;
    if (isOk) {
      this.#limit = Math.min(MAX_CONCURRENT, this.#limit + 1);
      return;
    }
    if (this.#outcomes.length < MIN_OUTCOMES) return;
    const failed = this.#outcomes.filter((outcome) => !outcome).length / this.#outcomes.length;
    if (failed > SEQUENTIAL_SHARE) this.goSequential();
    else if (failed > HALF_SHARE) this.halve();
  }

  /** Half as many requests at a time, until others do not fail. */
  halve(): void {
    if (this.#tuning.adaptiveConcurrency) this.#reduceTo(Math.ceil(this.#limit / 2));
  }

  /** One request after another for a while. */
  goSequential(): void {
    if (!this.#tuning.adaptiveConcurrency) return;
    this.#sequentialUntilMs = this.#now() + SEQUENTIAL_MS;
    this.#reduceTo(1);
  }

  /** When it is over that requests go one after another; undefined if they do not. */
  get sequentialUntilMs(): number | undefined {
    return this.#sequentialUntilMs > this.#now() ? this.#sequentialUntilMs : undefined;
  }

  /** What was seen so far has had its effect: from now on others decide. */
  #reduceTo(limit: number): void {
    this.#limit = limit;
    this.#outcomes = [];
  }
}
