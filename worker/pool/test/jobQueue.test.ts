import { describe, expect, it } from "vitest";
import { type JobOptions, JobQueue, NoThreads, type StartThread } from "../jobQueue.ts";
import type { PoolMessage } from "../messages.ts";

/** What a queue started, and the other end of its line. */
interface FakeThread {
  readonly send: (message: PoolMessage) => void;
  readonly crash: () => void;
  /** Ids of what it was given. */
  readonly requests: number[];
  isTerminated: boolean;
}

/** A queue whose threads do what the test says; jobs are told apart by a byte. */
class Setup {
  readonly threads: FakeThread[] = [];
  /** Bytes of the jobs, as they were posted. */
  readonly posted: number[] = [];
  readonly queue: JobQueue;

  constructor(size: number) {
    this.queue = new JobQueue(size, this.#start);
  }

  readonly #start: StartThread = (send, crash) => {
    const thread: FakeThread = { send, crash, requests: [], isTerminated: false };
    this.threads.push(thread);
    return {
      post: ({ id, job }) => {
        thread.requests.push(id);
        this.posted.push(job.kind === "keys" ? (job.keys[0] ?? -1) : -1);
      },
      terminate: () => {
        thread.isTerminated = true;
      },
    };
  };

  run(byte: number, options: JobOptions = {}): Promise<Uint8Array> {
    const keys = Uint8Array.of(byte);
    return this.queue.run(() => ({ job: { kind: "keys", keys }, transfer: [] }), options);
  }

  ready(...threads: number[]): void {
    for (const i of threads) this.threads[i]?.send({ kind: "ready" });
  }

  /** The thread answers what it was given last, with a byte. */
  finish(thread: number, byte: number): void {
    const { send, requests } = this.threads[thread] as FakeThread;
    send({ kind: "result", id: requests.at(-1) ?? -1, bytes: Uint8Array.of(byte) });
  }
}

describe("a queue of jobs", () => {
  it("posts nothing before a thread is ready, then one job to each", () => {
    const setup = new Setup(2);
    for (const byte of [1, 2, 3]) void setup.run(byte);
    expect([setup.posted, setup.queue.hasIdleThread]).toEqual([[], false]);
    setup.ready(0);
    expect(setup.posted).toEqual([1]);
    setup.ready(1);
    expect(setup.posted).toEqual([1, 2]);
    setup.finish(1, 0);
    expect(setup.posted).toEqual([1, 2, 3]);
    setup.finish(0, 0);
    expect([setup.queue.size, setup.queue.hasIdleThread]).toEqual([2, true]);
  });

  it("gives each job its own result", async () => {
    const setup = new Setup(2);
    const results = [setup.run(1), setup.run(2)];
    setup.ready(0, 1);
    setup.finish(1, 22);
    setup.finish(0, 11);
    expect(await Promise.all(results)).toEqual([Uint8Array.of(11), Uint8Array.of(22)]);
  });

  it("posts urgent jobs first, else in the order in which they came", () => {
    const setup = new Setup(1);
    void setup.run(1);
    void setup.run(2);
    void setup.run(3, { isUrgent: true });
    void setup.run(4);
    void setup.run(5, { isUrgent: true });
    setup.ready(0);
    for (let i = 0; i < 4; i++) setup.finish(0, 0);
    expect(setup.posted).toEqual([3, 5, 1, 2, 4]);
  });

  it("never posts what was aborted while it waited", async () => {
    const setup = new Setup(1);
    const controller = new AbortController();
    const reason = new Error("not wanted");
    void setup.run(1);
    const aborted = [2, 3].map((byte) =>
      setup.run(byte, { signal: controller.signal, isUrgent: byte === 3 }),
    );
    void setup.run(4);
    controller.abort(reason);
    setup.ready(0);
    setup.finish(0, 0);
    for (const job of aborted) await expect(job).rejects.toBe(reason);
    expect(setup.posted).toEqual([1, 4]);
  });

  it("fails a job that cannot be made, and posts the next one", async () => {
    const setup = new Setup(1);
    const reason = new Error("cannot be made");
    const failing = setup.queue.run(() => {
      throw reason;
    }, {});
    const next = setup.run(2);
    setup.ready(0);
    await expect(failing).rejects.toBe(reason);
    expect(setup.posted).toEqual([2]);
    setup.finish(0, 7);
    expect(await next).toEqual(Uint8Array.of(7));
  });
});

describe("crashes", () => {
  it("give a job to the next thread, after urgent ones and before the others", () => {
    const setup = new Setup(1);
    setup.ready(0);
    void setup.run(1);
    void setup.run(2);
    void setup.run(3, { isUrgent: true });
    setup.threads[0]?.crash();
    expect(setup.threads.map(({ isTerminated }) => isTerminated)).toEqual([true, false]);
    setup.ready(1);
    setup.finish(1, 0);
    setup.finish(1, 0);
    expect(setup.posted).toEqual([1, 3, 1, 2]);
  });

  it("are not counted twice, and what comes from such a thread later is not listened to", async () => {
    const setup = new Setup(1);
    setup.ready(0);
    const job = setup.run(1);
    setup.threads[0]?.crash();
    setup.threads[0]?.crash();
    setup.finish(0, 6);
    expect(setup.threads.length).toBe(2);
    setup.ready(1);
    setup.finish(1, 7);
    expect(await job).toEqual(Uint8Array.of(7));
  });

  it("of three threads with the same job: it is given back, and the others go on", async () => {
    const setup = new Setup(1);
    const job = setup.run(1);
    const next = setup.run(2);
    for (const i of [0, 1, 2]) {
      setup.ready(i);
      setup.threads[i]?.crash();
    }
    await expect(job).rejects.toBeInstanceOf(NoThreads);
    setup.ready(3);
    setup.finish(3, 7);
    expect(await next).toEqual(Uint8Array.of(7));
  });

  it("six in a row: no thread is started any more, and everything is given back", async () => {
    const setup = new Setup(1);
    const jobs = [setup.run(1), setup.run(2, { isUrgent: true })];
    for (let i = 0; i < 6; i++) setup.threads[i]?.crash();
    expect([setup.threads.length, setup.queue.size]).toEqual([6, 0]);
    for (const job of jobs) await expect(job).rejects.toBeInstanceOf(NoThreads);
    await expect(setup.run(3)).rejects.toBeInstanceOf(NoThreads);
  });

  it("with results between them are not in a row", async () => {
    const setup = new Setup(1);
    for (let i = 0; i < 10; i++) {
      setup.ready(i);
      const job = setup.run(i);
      setup.finish(i, i);
      expect(await job).toEqual(Uint8Array.of(i));
      setup.threads[i]?.crash();
    }
    expect(setup.queue.size).toBe(1);
  });
});

it("a queue that is closed ends its threads and gives back what they do and what waits", async () => {
  const setup = new Setup(2);
  setup.ready(0);
  const jobs = [setup.run(1), setup.run(2)];
  setup.queue.close();
  for (const job of jobs) await expect(job).rejects.toBeInstanceOf(NoThreads);
  setup.threads[1]?.crash();
  expect(setup.threads.map(({ isTerminated }) => isTerminated)).toEqual([true, true]);
  await expect(setup.run(3)).rejects.toBeInstanceOf(NoThreads);
});
