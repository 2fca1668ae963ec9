import { afterEach, describe, expect, it } from "vitest";
import { loadX11 } from "../../node/loadX11.ts";
import { nodePoolThreads } from "../../node/nodePoolThreads.ts";
import { until } from "../../test/until.ts";
import { HEADER_SIZE } from "../../wire/header.ts";
import { type CompressedHeaders, HeaderBit, linkHeaders } from "../../wire/headers.ts";
import type { X11 } from "../../x11/index.ts";
import { linkHeadersIn } from "../headerLinker.ts";
import { JobQueue, type StartThread } from "../jobQueue.ts";

const x11 = await loadX11();
const linkHere = (message: CompressedHeaders) => linkHeaders(message, (header) => x11.hash(header));
/** What is linked happens in threads. */
const unasked: X11 = {
  ...x11,
  hash: () => {
    throw new Error("the local X11 was asked");
  },
};

const queues: JobQueue[] = [];
afterEach(() => {
  for (const queue of queues.splice(0)) queue.close();
});

async function openQueue(size: number, start: StartThread = nodePoolThreads("mcl")): Promise<JobQueue> {
  const queue = new JobQueue(size, start);
  queues.push(queue);
  await until(() => queue.hasIdleThread, "a thread is ready");
  return queue;
}

/** Headers of no chain; each builds on the one before, or none does. */
function message(count: number, isCompressed: boolean, salt = 0): CompressedHeaders {
  const headers = new Uint8Array(count * HEADER_SIZE).map((_, i) => (i * 31 + salt) % 251);
  const bitFields = new Uint8Array(count).fill(isCompressed ? 1 : HeaderBit.prevBlockHash);
  bitFields[0] = HeaderBit.prevBlockHash;
  return { headers, bitFields };
}

describe("headers linked in a pool's threads", () => {
  it.each([true, false])(
    "are as linked here (with hashes left out: %s), and the message stays",
    async (isCompressed) => {
      const queue = await openQueue(1);
      const link = linkHeadersIn(queue, unasked);
      for (const salt of [1, 2]) {
        const given = message(300, isCompressed, salt);
        expect(await link(given)).toEqual(linkHere(message(300, isCompressed, salt)));
        expect(given).toEqual(message(300, isCompressed, salt));
      }
    },
  );

  it("are linked here where there is no pool, if they are few, and while all threads are busy", async () => {
    const here = linkHere(message(100, true));
    expect(await linkHeadersIn(undefined, x11)(message(100, true))).toEqual(here);
    const queue = await openQueue(1);
    await expect(linkHeadersIn(queue, unasked)(message(99, true))).rejects.toThrow("the local X11");
    const link = linkHeadersIn(queue, unasked);
    const running = link(message(100, true));
    await expect(link(message(100, true, 1))).rejects.toThrow("the local X11");
    expect(await running).toEqual(here);
  });

  it("are linked here when threads crash, or end", async () => {
    const start = nodePoolThreads("mcl");
    const crashing: StartThread = (onMessage, onCrash) => {
      const thread = start(onMessage, onCrash);
      return { ...thread, post: () => thread.terminate() };
    };
    expect(await linkHeadersIn(await openQueue(2, crashing), x11)(message(100, true))).toEqual(
      linkHere(message(100, true)),
    );
    const queue = await openQueue(1);
    const running = linkHeadersIn(queue, x11)(message(2_000, true));
    queue.close();
    expect(await running).toEqual(linkHere(message(2_000, true)));
  });
});
