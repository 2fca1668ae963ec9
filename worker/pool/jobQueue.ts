import type { PoolJob, PoolMessage, PoolRequest } from "./messages.ts";

/** A thread as the pool sees it: a Worker of the browser, or of Node. */
export interface PoolThread {
  post(request: PoolRequest, transfer: ArrayBuffer[]): void;
  terminate(): void;
}

/**
 * Starts a thread that runs servePool().
 * @param onMessage - what the thread sends
 * @param onCrash - it could not be started, or ended by itself; nothing more comes from it
 */
export type StartThread = (onMessage: (message: PoolMessage) => void, onCrash: () => void) => PoolThread;

type Bytes = Uint8Array<ArrayBuffer>;

export interface JobOptions {
  /** Goes before everything that is not. */
  readonly isUrgent?: boolean | undefined;
  /** Once aborted, the job is not begun any more. */
  readonly signal?: AbortSignal | undefined;
}

interface Waiting {
  /** Made when it is sent: what is handed over to one thread cannot be sent to another. */
  readonly makeJob: () => { readonly job: PoolJob; readonly transfer: ArrayBuffer[] };
  readonly isUrgent: boolean;
  readonly signal: AbortSignal | undefined;
  readonly finish: (bytes: Bytes) => void;
  readonly fail: (reason: unknown) => void;
  crashes: number;
}

interface Slot {
  readonly thread: PoolThread;
  isReady: boolean;
  running: { readonly id: number; readonly waiting: Waiting } | undefined;
}

/** A job that took so many threads with it is given back. */
const MAX_CRASHES_OF_A_JOB = 3;
/** So many crashes without a result between them, and there is something wrong with threads here. */
const MAX_CRASHES = 6;

/** There is nobody to do a job. */
export class NoThreads extends Error {}

/** Gives jobs to threads, urgent ones first, and what a crashed thread left to another one. */
export class JobQueue {
  readonly #start: StartThread;
  readonly #slots = new Set<Slot>();
  readonly #urgent: Waiting[] = [];
  readonly #others: Waiting[] = [];
  #nextId = 1;
  #crashes = 0;
  #isClosed = false;

  /** @param size - how many threads, started at once */
  constructor(size: number, start: StartThread) {
    this.#start = start;
    for (let i = 0; i < size; i++) this.#addThread();
  }

  /** How many threads there are. */
  get size(): number {
    return this.#slots.size;
  }

  /** Whether one would begin with an urgent job at once. */
  get hasIdleThread(): boolean {
    return [...this.#slots].some(({ isReady, running }) => isReady && !running);
  }

  /**
   * @returns the thread's result
   * @throws the reason of the signal; NoThreads when threads crash again and again, or the queue is closed
   */
  run(makeJob: Waiting["makeJob"], { isUrgent = false, signal }: JobOptions): Promise<Bytes> {
    return new Promise((finish, fail) => {
      if (this.#slots.size === 0) return fail(new NoThreads());
      const waiting = { makeJob, isUrgent, signal, finish, fail, crashes: 0 };
      this.#lineOf(waiting).push(waiting);
      this.#pump();
    });
  }

  close(): void {
    this.#isClosed = true;
    for (const slot of this.#slots) {
      slot.thread.terminate();
      slot.running?.waiting.fail(new NoThreads());
    }
    this.#slots.clear();
    this.#failAll();
  }

  #addThread(): void {
    const slot: Slot = {
      thread: this.#start(
        (message) => this.#onMessage(slot, message),
        () => this.#onCrash(slot),
      ),
      isReady: false,
      running: undefined,
    };
    this.#slots.add(slot);
  }

  #lineOf({ isUrgent }: Waiting): Waiting[] {
    return isUrgent ? this.#urgent : this.#others;
  }

  #pump(): void {
    for (const slot of this.#slots) {
      while (slot.isReady && !slot.running) {
        const waiting = this.#takeNext();
        if (!waiting) return;
        this.#send(waiting, slot);
      }
    }
  }

  #send(waiting: Waiting, slot: Slot): void {
    const id = this.#nextId++;
    slot.running = { id, waiting };
    try {
      const { job, transfer } = waiting.makeJob();
      slot.thread.post({ id, job }, transfer);
    } catch (reason) {
      // The thread stays free for others.
      slot.running = undefined;
      waiting.fail(reason);
    }
  }

  #onMessage(slot: Slot, message: PoolMessage): void {
    if (!this.#slots.has(slot)) return;
    if (message.kind === "ready") slot.isReady = true;
    else if (message.id === slot.running?.id) {
      const { waiting } = slot.running;
      slot.running = undefined;
      this.#crashes = 0;
      waiting.finish(message.bytes);
    }
    this.#pump();
  }

  #onCrash(slot: Slot): void {
    if (!this.#slots.delete(slot)) return;
    slot.thread.terminate();
    const waiting = slot.running?.waiting;
    if (waiting) {
      waiting.crashes++;
      if (waiting.crashes < MAX_CRASHES_OF_A_JOB) this.#lineOf(waiting).unshift(waiting);
      else waiting.fail(new NoThreads());
    }
    this.#crashes++;
    if (!this.#isClosed && this.#crashes < MAX_CRASHES) this.#addThread();
    if (this.#slots.size === 0) this.#failAll();
    this.#pump();
  }

  /** @returns the first that is still wanted */
  #takeNext(): Waiting | undefined {
    for (;;) {
      const waiting = this.#urgent.shift() ?? this.#others.shift();
      if (!waiting?.signal?.aborted) return waiting;
      waiting.fail(waiting.signal.reason);
    }
  }

  #failAll(): void {
    for (const { fail } of [...this.#urgent.splice(0), ...this.#others.splice(0)]) fail(new NoThreads());
  }
}
