import type { ConcurrencySample, SyncRequestRow, SyncRequestState } from "../api.ts";
import type { DashlightError } from "../errors.ts";
import { WORK_DIFF_DEPTH } from "../params/llmq.ts";
import type { Priority, SyncRequest } from "./plan.ts";

/** Remembered of each; the oldest go. No specific reason for these numbers. */
const MAX_ROWS = 200;
const MAX_SAMPLES = 500;

/** What happened to the requests of a run, for people. */
export class RequestLog {
  readonly #now: () => number;
  /** By id, ascending. */
  readonly #rows = new Map<number, SyncRequestRow>();
  readonly #samples: ConcurrencySample[] = [];
  #lastId = 0;
  #revision = 0;

  /** @param now - milliseconds since 1970 */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** By id; the newest, bounded. */
  get rows(): SyncRequestRow[] {
    return [...this.#rows.values()];
  }

  /** Oldest first; the newest, bounded. */
  get concurrency(): readonly ConcurrencySample[] {
    return this.#samples;
  }

  /** Another number whenever a row or a sample came or changed. */
  get revision(): number {
    return this.#revision;
  }

  /** @returns the id of the new row */
  queue(request: SyncRequest, priority: Priority): number {
    const id = ++this.#lastId;
    this.#revision++;
    this.#rows.set(id, {
      id,
      kind: request.kind,
      label: labelOf(request),
      reason: request.reason,
      priority,
      isSpeculative: request.kind === "mnlistdiff" && request.isSpeculative,
      state: "queued",
      address: undefined,
      queuedAtMs: this.#now(),
      sentAtMs: undefined,
      endedAtMs: undefined,
      bytes: undefined,
      error: undefined,
    });
    const [oldest] = this.#rows.keys();
    if (this.#rows.size > MAX_ROWS && oldest !== undefined) this.#rows.delete(oldest);
    return id;
  }

  send(id: number, address: string): void {
    this.#change(id, { state: "inFlight", address, sentAtMs: this.#now() });
  }

  /** @param bytes - of the answer, which is not applied yet */
  receive(id: number, bytes: number): void {
    this.#change(id, { bytes });
  }

  /** @param why - it was in vain; in words, one clause */
  end(
    id: number,
    state: Exclude<SyncRequestState, "queued" | "inFlight">,
    why?: DashlightError | string,
  ): void {
    const error = typeof why === "string" ? { reason: why } : why && { code: why.code };
    this.#change(id, { state, error, endedAtMs: this.#now() });
  }

  sample(inFlight: number, limit: number): void {
    const last = this.#samples.at(-1);
    if (last?.inFlight === inFlight && last.limit === limit) return;
    this.#revision++;
    this.#samples.push({ atMs: this.#now(), inFlight, limit });
    if (this.#samples.length > MAX_SAMPLES) this.#samples.shift();
  }

  #change(id: number, change: Partial<SyncRequestRow>): void {
    const row = this.#rows.get(id);
    if (!row) return;
    this.#revision++;
    this.#rows.set(id, { ...row, ...change });
  }
}

function labelOf(request: SyncRequest): string {
  return request.kind === "qrinfo"
    ? `cycle ${request.workHeight + WORK_DIFF_DEPTH}`
    : `${request.baseHeight} to ${request.height}`;
}
