import type { ErrorClass } from "./errorStatistics.ts";

/** Source of all three: `design/sync.md` 6 */
const MAX_CONSECUTIVE_FAILURES = 5;
const MIN_REQUESTS = 30;
const MIN_SUCCESS_SHARE = 0.1;
/** Pause before a probe. No specific reason for this number. */
export const OPEN_MS = 30_000;

type State =
  | { readonly status: "closed"; readonly failures: number }
  | { readonly status: "open"; readonly untilMs: number }
  /** One request is on its way, and decides. */
  | { readonly status: "half-open" };

/** Keeps off a peer that only fails, and lets one request through from time to time to see whether it still does. */
export class CircuitBreaker {
  #state: State = { status: "closed", failures: 0 };

  isOpen(nowMs: number): boolean {
    return this.#state.status === "half-open" || nowMs < this.retryAtMs;
  }

  /** When it lets a request through; in the past for a closed one. */
  get retryAtMs(): number {
    return this.#state.status === "open" ? this.#state.untilMs : Number.NEGATIVE_INFINITY;
  }

  /** A request goes out: the first one after the pause is the probe. */
  send(): void {
    if (this.#state.status === "open") this.#state = { status: "half-open" };
  }

  /** Ends the pause: the next request is the probe. */
  endPause(): void {
    if (this.#state.status === "open") this.#state = { status: "open", untilMs: Number.NEGATIVE_INFINITY };
  }

  succeed(): void {
    this.#state = { status: "closed", failures: 0 };
  }

  fail(nowMs: number): void {
    const failures = this.#state.status === "closed" ? this.#state.failures + 1 : MAX_CONSECUTIVE_FAILURES;
    this.#state =
      failures >= MAX_CONSECUTIVE_FAILURES
        ? { status: "open", untilMs: nowMs + OPEN_MS }
        : { status: "closed", failures };
  }
}

/** One breaker for each address, connected or not. */
export class PeerBreakers {
  readonly #breakers = new Map<string, CircuitBreaker>();

  of(address: string): CircuitBreaker {
    const breaker = this.#breakers.get(address) ?? new CircuitBreaker();
    this.#breakers.set(address, breaker);
    return breaker;
  }

  /** How a request to it ended; a refusal shows that the peer works, and has a budget of its own. */
  record(address: string, end: ErrorClass | "ok", nowMs: number): void {
    if (end === "ok" || end === "refused") this.of(address).succeed();
    else this.of(address).fail(nowMs);
  }

  endPauses(): void {
    for (const breaker of this.#breakers.values()) breaker.endPause();
  }
}

/** Why the whole sync stands still. */
export interface Pause {
  readonly reason: "all-peers-fail" | "nearly-all-requests-fail";
  readonly retryAtMs: number;
}

/** Stops the sync while it would only repeat what fails. Source: `design/sync.md` 6 */
export class SyncBreaker {
  readonly #breakers: PeerBreakers;
  #ends: boolean[] = [];
  #openUntilMs = Number.NEGATIVE_INFINITY;

  constructor(breakers: PeerBreakers) {
    this.#breakers = breakers;
  }

  record(isOk: boolean, nowMs: number): void {
    this.#ends.push(isOk);
    if (this.#ends.length > MIN_REQUESTS) this.#ends.shift();
    const succeeded = this.#ends.filter(Boolean).length;
    if (this.#ends.length < MIN_REQUESTS || succeeded >= MIN_SUCCESS_SHARE * MIN_REQUESTS) return;
    this.#openUntilMs = nowMs + OPEN_MS;
    this.#ends = [];
  }

  /** Conditions changed, or somebody asked for it. */
  close(): void {
    this.#openUntilMs = Number.NEGATIVE_INFINITY;
    this.#ends = [];
  }

  /** @param addresses - that are connected @returns undefined while requests may go out */
  pause(addresses: readonly string[], nowMs: number): Pause | undefined {
    if (nowMs < this.#openUntilMs) {
      return { reason: "nearly-all-requests-fail", retryAtMs: this.#openUntilMs };
    }
    const breakers = addresses.map((address) => this.#breakers.of(address));
    if (breakers.length === 0 || !breakers.every(({ retryAtMs }) => retryAtMs > nowMs)) return undefined;
    return { reason: "all-peers-fail", retryAtMs: Math.min(...breakers.map(({ retryAtMs }) => retryAtMs)) };
  }
}
