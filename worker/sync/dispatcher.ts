import type { Peer } from "../net/peer.ts";
import type { Clock } from "../net/transport.ts";
import type { Pause } from "./circuitBreaker.ts";
import { ANY_LIST, type PeerSlots } from "./peerSlots.ts";
import { hasPlace, placeHolders } from "./places.ts";
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
  /** Asks, or ends the task; takes the peer's place before it returns. */
  readonly send: (task: SyncTask, peer: Peer) => void;
  /** Peers are there, but none is left that the task could go to. */
  readonly onNobody: (task: SyncTask) => void;
  /** Nothing more is sent for now: these tasks were waiting. */
  readonly onPause: (pause: Pause, waiting: readonly SyncTask[]) => void;
}

/** How the network is while the queue is looked through: too dear to be asked for each request. */
interface Look {
  readonly isGood: boolean;
  readonly batchFactor: number;
  /** Addresses. */
  readonly unstable: ReadonlySet<string>;
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
    return this.#limit(this.#options.health.monitor.conditions());
  }

  #limit({ batchFactor }: Pick<Look, "batchFactor">): number {
    const { health, slots } = this.#options;
    return health.concurrency.limit(slots.working(ANY_LIST).length, batchFactor);
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
    const look = this.#look();
    const pause = health.pause(ready().map(({ address }) => address));
    if (pause)
      onPause(
        pause,
        this.#queue.remove(() => true),
      );
    else this.#sendAll(look);
    log.sample(slots.inFlight, this.#limit(look));
    this.#schedule(look);
  }

  #look(): Look {
    const { ready, health } = this.#options;
    const { isGood, batchFactor } = health.monitor.conditions();
    const asked = this.#queue.length > 0 ? ready() : [];
    const unstable = asked.filter(({ address }) => health.monitor.conditions(address).isUnstable);
    return { isGood, batchFactor, unstable: new Set(unstable.map(({ address }) => address)) };
  }

  #handOverOrphans(): void {
    const { slots, history, onNobody } = this.#options;
    const nowMs = this.#now();
    const isOrphan = ({ item, notBeforeMs }: Queued<SyncTask>) =>
      notBeforeMs <= nowMs && slots.isNobodyLeft(item.request, history.avoidedBy(item.request));
    for (;;) {
      const orphans = this.#queue.remove(isOrphan);
      if (orphans.length === 0) return;
      for (const task of orphans) onNobody(task);
    }
  }

  #sendAll(look: Look): void {
    const { slots, tasks, send } = this.#options;
    while (this.#queue.length > 0 && this.#bucket.waitMs === 0) {
      const limit = this.#limit(look);
      if (slots.inFlight >= limit) return;
      const holders = placeHolders(tasks());
      const isSendable = (queued: Queued<SyncTask>) =>
        hasPlace(queued.item, holders, limit) && this.#isSendable(queued, look);
      const next = this.#queue.take(this.#now(), isSendable);
      const peer = next && this.#choose(next.item, look);
      if (!next || !peer) return;
      this.#bucket.take();
      send(next.item, peer);
    }
  }

  #isSendable(queued: Queued<SyncTask>, look: Look): boolean {
    const isHeldBack = this.#now() < lowWaitEnd(queued, look);
    return !isHeldBack && this.#choose(queued.item, look) !== undefined;
  }

  #choose({ request }: SyncTask, { unstable }: Look): Peer | undefined {
    const { history, slots } = this.#options;
    const failed = history.of(request).failures.map(({ address }) => address);
    return slots.choose(request, { avoided: history.avoidedBy(request), failed, unstable });
  }

  #schedule(look: Look): void {
    if (this.#queue.length === 0) return;
    const { clock, health, ready } = this.#options;
    const nowMs = this.#now();
    const times = [
      this.#queue.nextDueMs(nowMs),
      health.concurrency.sequentialUntilMs,
      nowMs + this.#bucket.waitMs,
      ...this.#queue.items.map((queued) => lowWaitEnd(queued, look)),
      ...ready().map(({ address }) => health.breakers.of(address).retryAtMs),
    ].filter((time): time is number => time !== undefined && time > nowMs);
    if (times.length > 0) this.#timer = clock.setTimeout(() => this.pump(), Math.min(...times) - nowMs);
  }
}

/** When work of low priority is sent in bad conditions too; other work is always. */
function lowWaitEnd({ priority, sinceMs }: Queued<SyncTask>, { isGood }: Look): number {
  return priority === "low" && !isGood ? sinceMs + LOW_PRIORITY_WAIT_MS : Number.NEGATIVE_INFINITY;
}
