import type { DashlightError } from "../errors.ts";
import type { SyncTuning } from "../syncTuning.ts";
import type { BlockHash, Height } from "../wire/hashes.ts";
import { type Pause, PeerBreakers, SyncBreaker } from "./circuitBreaker.ts";
import { AdaptiveConcurrency } from "./concurrency.ts";
import { classOf, ErrorStatistics } from "./errorStatistics.ts";
import { MisbehaviourBudget } from "./misbehaviourBudget.ts";
import { NetworkMonitor } from "./networkMonitor.ts";
import type { SyncRequest } from "./plan.ts";
import { refusable } from "./requestHistory.ts";

/** Everything that learns from how requests end, told of each end once. */
export class SyncHealth {
  readonly monitor: NetworkMonitor;
  readonly concurrency: AdaptiveConcurrency;
  readonly statistics = new ErrorStatistics();
  readonly breakers = new PeerBreakers();
  readonly budget: MisbehaviourBudget;
  readonly #syncBreaker = new SyncBreaker(this.breakers);
  readonly #now: () => number;

  /** @param heightOf - of a block of our chain */
  constructor(tuning: SyncTuning, now: () => number, heightOf: (block: BlockHash) => Height | undefined) {
    this.#now = now;
    this.budget = new MisbehaviourBudget(heightOf);
    this.monitor = new NetworkMonitor(now);
    this.concurrency = new AdaptiveConcurrency(tuning, now);
  }

  /** An answer came, good or bad. @param transferMs - from its first byte to its last */
  receive(address: string, bytes: number, transferMs: number): void {
    this.monitor.answer(address, bytes, transferMs);
    this.breakers.record(address, "ok", this.#now());
    this.concurrency.record(true);
  }

  /** An answer was of use. */
  succeed(address: string, request: SyncRequest): void {
    this.statistics.record("ok");
    this.#syncBreaker.record(true, this.#now());
    this.budget.serve(address, refusable(request));
  }

  /** No answer came, or one of no use. */
  fail(address: string, request: SyncRequest, error: DashlightError): void {
    const errorClass = classOf(error);
    const nowMs = this.#now();
    this.statistics.record(errorClass);
    this.#syncBreaker.record(false, nowMs);
    this.breakers.record(address, errorClass, nowMs);
    if (errorClass === "refused") this.budget.refuse(address, refusable(request), nowMs);
    if (errorClass === "timeout" || errorClass === "network") this.monitor.lose(address);
    if (errorClass !== "invalid data" && errorClass !== "protocol") this.concurrency.record(false);
  }

  /** @param addresses - that are connected @returns undefined while requests may go out */
  pause(addresses: readonly string[]): Pause | undefined {
    return this.#syncBreaker.pause(addresses, this.#now());
  }

  /** Conditions changed: what failed may work now. */
  resume(): void {
    this.#syncBreaker.close();
  }
}
