import { type CompressedHeaders, type LinkedHeaders, linkHeaders } from "../wire/headers.ts";
import type { X11 } from "../x11/index.ts";
import { type JobQueue, NoThreads } from "./jobQueue.ts";
import { unpackLinked } from "./packing.ts";

/** Hashes headers, and fills in the hashes of previous blocks that were left out. */
export type LinkHeaders = (message: CompressedHeaders) => Promise<LinkedHeaders>;

/** Fewer are hashed where they are, in a millisecond: to a thread and back is not much less. */
const MIN_HEADERS = 100;

/**
 * Links headers in a thread that is idle. Where there is none (all are busy, not there yet, or failed) this thread is as
 * quick. Each header of a `headers2` needs the hash of the one before, so a message is one job.
 * @param queue - undefined where there are no threads
 * @param local - this thread's
 */
export function linkHeadersIn(queue: JobQueue | undefined, local: X11): LinkHeaders {
  const linkHere = (message: CompressedHeaders) => linkHeaders(message, (header) => local.hash(header));
  return async (message) => {
    if (message.bitFields.length < MIN_HEADERS || !queue?.hasIdleThread) return linkHere(message);
    const makeJob = () => {
      const [headers, bitFields] = [message.headers.slice(), message.bitFields.slice()];
      return {
        job: { kind: "x11", headers, bitFields } as const,
        transfer: [headers.buffer, bitFields.buffer],
      };
    };
    try {
      return unpackLinked(await queue.run(makeJob, { isUrgent: true }), message.bitFields.length);
    } catch (error) {
      if (!(error instanceof NoThreads)) throw error;
      return linkHere(message);
    }
  };
}
