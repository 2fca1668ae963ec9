import type { Clock } from "../net/transport.ts";

const TICK_MS = 5;
/** Time that one turn of the event loop may take as far as this clock is concerned. */
const MAX_STEP_MS = 2 * TICK_MS;

interface Timer {
  readonly dueMs: number;
  readonly callback: () => void;
}

/**
 * A clock that runs faster than real time, so that a run's timeouts and pauses take less of it. Its time passes in
 * steps, one for each turn of the event loop: while the process is busy, or the machine is with others, it stands
 * still. And each step waits until what the sockets hold has been read. So nothing times out whose answer is there.
 */
export class ScaledClock implements Clock {
  readonly #speed: number;
  readonly #timers = new Set<Timer>();
  #nowMs: number;
  #steppedAt = performance.now();
  #isTicking = false;

  /** @param startMs - milliseconds since 1970 @param speed - 1: real time */
  constructor(startMs: number, speed: number) {
    this.#nowMs = startMs;
    this.#speed = speed;
  }

  now(): number {
    if (!this.#isTicking) this.#step();
    return this.#nowMs;
  }

  setTimeout(callback: () => void, ms: number): Timer {
    const timer = { dueMs: this.now() + ms, callback };
    this.#timers.add(timer);
    this.#tick();
    return timer;
  }

  clearTimeout(timer: unknown): void {
    this.#timers.delete(timer as Timer);
  }

  #step(): void {
    const at = performance.now();
    this.#nowMs += Math.min(at - this.#steppedAt, MAX_STEP_MS) * this.#speed;
    this.#steppedAt = at;
  }

  /** Steps as long as anybody waits. */
  #tick(): void {
    if (this.#isTicking || this.#timers.size === 0) return;
    this.#isTicking = true;
    // An immediate runs behind the sockets' turn, a timer before it.
    setTimeout(() => setImmediate(() => this.#turn()), TICK_MS);
  }

  #turn(): void {
    this.#step();
    const due = [...this.#timers].filter(({ dueMs }) => dueMs <= this.#nowMs);
    for (const timer of due.sort((a, b) => a.dueMs - b.dueMs)) {
      if (this.#timers.delete(timer)) timer.callback();
    }
    this.#isTicking = false;
    this.#tick();
  }
}
