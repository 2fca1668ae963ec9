import type { Peer } from "../net/peer.ts";
import type { Clock } from "../net/transport.ts";
import type { Pause } from "./circuitBreaker.ts";
import { ANY_LIST, type PeerSlots } from "./peerSlots.ts";
import { hasPlace, placeHolders } from "./places.ts";
import type { Priority } from "./plan.ts";
import { TokenBucket } from "./rateLimit.ts";
import type { RequestHistory } from "./requestHistory.ts";
import type { RequestLog } from "./requestLog.ts";
import { type Queued, RequestQueue } from "./requestQueue.ts";
import type { SyncHealth } from "./syncHealth.ts";
import type { SyncTask } from "./syncTasks.ts";

/** Requests at once, and a second in the long run: far above what a sync needs. No specific reason for these numbers. */
const BURST = 40;
const REQUESTS_PER_SECOND = 20;
/** Work of low priority waits so long for good conditions. No specific reason for this number. */
const LOW_PRIORITY_WAIT_MS = 5_000;

export interface DispatcherOptions {
  /** Peers that shook hands. */
  readonly ready: () => readonly Peer[];
  readonly clock: Clock;
  readonly health: SyncHealth;
  readonly slots: PeerSlots;
  readonly history: RequestHistory;
  readonly log: RequestLog;
  /** Of the present plan, wherever they are. */
  readonly tasks: () => readonly SyncTask[];
  /** Asks; takes the peer's place before it returns. */
  readonly send: (task: SyncTask, peer: Peer) => void;
  /** Peers are there, but none is left that the task could go to. */
  readonly onNobody: (task: SyncTask) => void;
  /** Nothing more is sent for now: these tasks were waiting. */
  readonly onPause: (pause: Pause, waiting: readonly SyncTask[]) => void;
}

/** Sends what waits when it may be sent, and looks again in time. */
export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #now: () => number;
  readonly #bucket: TokenBucket;
  readonly #queue = new RequestQueue<SyncTask>();
  #timer: unknown;

  constructor(options: DispatcherOptions) {
    this.#options = options;
    this.#now = () => options.clock.now();
    this.#bucket = new TokenBucket(BURST, REQUESTS_PER_SECOND, this.#now);
  }

  /** Most requests that may be on their way now, or answered and not applied. */
  get limit(): number {
    const { health, slots } = this.#options;
    return health.concurrency.limit(slots.working(ANY_LIST).length, health.monitor.conditions().batchFactor);
  }

  add(task: SyncTask): void {
    const { priority, sinceMs, request } = task;
    const { notBeforeMs } = this.#options.history.of(request);
    this.#queue.add({ item: task, priority, sinceMs, notBeforeMs });
  }

  /** @returns those that waited for the end of a pause, and do no more */
  removePausing(): SyncTask[] {
    const nowMs = this.#now();
    return this.#queue.remove(({ notBeforeMs }) => notBeforeMs > nowMs);
  }

  /** @returns those that waited to be sent and depend on `base` */
  removeDependents(base: SyncTask): SyncTask[] {
    return this.#queue.remove(({ item }) => item.base === base);
  }

  /** Nothing is left to do. */
  clear(): void {
    this.#queue.remove(() => true);
    this.#options.clock.clearTimeout(this.#timer);
  }

  /** Something changed that may let requests go out. */
  pump(): void {
    const { clock, ready, health, slots, log, onPause } = this.#options;
    clock.clearTimeout(this.#timer);
    this.#handOverOrphans();
    const pause = health.pause(ready().map(({ address }) => address));
    if (pause)
      onPause(
        pause,
        this.#queue.remove(() => true),
      );
    else this.#sendAll();
    log.sample(slots.inFlight, this.limit);
    this.#schedule();
  }

  #handOverOrphans(): void {
    const nowMs = this.#now();
    const isOrphan = ({ item, notBeforeMs }: Queued<SyncTask>) =>
      notBeforeMs <= nowMs && this.#choose(item) === "nobody";
    for (;;) {
      const orphans = this.#queue.remove(isOrphan);
      if (orphans.length === 0) return;
      for (const task of orphans) this.#options.onNobody(task);
    }
  }

  #sendAll(): void {
    const { slots, tasks, send } = this.#options;
    while (slots.inFlight < this.limit && this.#bucket.waitMs === 0) {
      const holders = placeHolders(tasks());
      const isSendable = (queued: Queued<SyncTask>) =>
        hasPlace(queued.item, holders, this.limit) && this.#isSendable(queued);
      const next = this.#queue.take(this.#now(), isSendable);
      const peer = next && this.#choose(next.item);
      if (!next || typeof peer !== "object") return;
      this.#bucket.take();
      send(next.item, peer);
    }
  }

  #isSendable({ item, priority, sinceMs }: Queued<SyncTask>): boolean {
    const isHeldBack = this.#now() < this.#lowWaitEnd(priority, sinceMs);
    return !isHeldBack && typeof this.#choose(item) === "object";
  }

  /** When work of low priority is sent in bad conditions too; other work is always. */
  #lowWaitEnd(priority: Priority, sinceMs: number): number {
    const isPatient = priority === "low" && !this.#options.health.monitor.conditions().isGood;
    return isPatient ? sinceMs + LOW_PRIORITY_WAIT_MS : Number.NEGATIVE_INFINITY;
  }

  #choose({ request }: SyncTask): Peer | "wait" | "nobody" {
    const { history, slots } = this.#options;
    const failed = history.of(request).failures.map(({ address }) => address);
    return slots.choose(request, history.avoidedBy(request), failed);
  }

  #schedule(): void {
    if (this.#queue.length === 0) return;
    const { clock, health, ready } = this.#options;
    const nowMs = this.#now();
    const times = [
      this.#queue.nextDueMs(nowMs),
      health.concurrency.sequentialUntilMs,
      nowMs + this.#bucket.waitMs,
      ...this.#queue.items.map(({ priority, sinceMs }) => this.#lowWaitEnd(priority, sinceMs)),
      ...ready().map(({ address }) => health.breakers.of(address).retryAtMs),
    ].filter((time): time is number => time !== undefined && time > nowMs);
    if (times.length > 0) this.#timer = clock.setTimeout(() => this.pump(), Math.min(...times) - nowMs);
  }
}
