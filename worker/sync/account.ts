import type { SyncRequest } from "./plan.ts";

/** What a sync cost, and what became of what went wrong. */
export interface SyncCounts {
  /** Plans that were made and carried out, one after another. */
  readonly rounds: number;
  readonly qrinfo: number;
  readonly mnlistdiff: number;
  /** Times that a peer failed a request: no answer, a refusal, or one of no use. */
  readonly failed: number;
  /** Of those, how many in vain: the same data came from another peer, a later try, or was needed no more. */
  readonly recovered: number;
  /** Of those, how many still lack their data. */
  readonly givenUp: number;
}

/** Counts requests and follows each failure to its end. */
export class SyncAccount {
  readonly #requests = { qrinfo: 0, mnlistdiff: 0 };
  /** Failures of requests without an answer yet. */
  readonly #open = new Map<string, number>();
  #rounds = 0;
  #failed = 0;

  startRound(): void {
    this.#rounds++;
  }

  ask({ kind }: SyncRequest): void {
    this.#requests[kind]++;
  }

  /** @param what - names the data, whoever was asked for it */
  fail(what: string): void {
    this.#failed++;
    this.#open.set(what, (this.#open.get(what) ?? 0) + 1);
  }

  succeed(what: string): void {
    this.#open.delete(what);
  }

  /** Nothing is missing: what failed and never came is needed no more. */
  complete(): void {
    this.#open.clear();
  }

  get counts(): SyncCounts {
    const givenUp = [...this.#open.values()].reduce((sum, count) => sum + count, 0);
    return {
      rounds: this.#rounds,
      ...this.#requests,
      failed: this.#failed,
      recovered: this.#failed - givenUp,
      givenUp,
    };
  }
}
