import { type Bls, createBls, type ExportedKey } from "../bls/index.ts";
import type { PoolEngine, PoolJob, PoolMessage, PoolRequest } from "./messages.ts";
import { packExportedKeys, unpackChecks, unpackExportedKeys, unpackKeys } from "./packing.ts";

/** A thread's end of the line to its pool. */
export interface PoolPort {
  send(message: PoolMessage, transfer: ArrayBuffer[]): void;
  /** From now on; what came before waits. */
  onRequest(listener: (request: PoolRequest) => void): void;
}

/**
 * Runs in a thread: does what the pool asks, one job at a time.
 * @throws whatever goes wrong, at the top of the thread, where its pool hears of it
 */
export async function servePool(engine: PoolEngine, port: PoolPort): Promise<void> {
  await orCrash(async () => {
    const bls = await createBls(engine);
    port.onRequest(({ id, job }) => {
      void orCrash(async () => {
        const bytes = await run(job, bls);
        port.send({ kind: "result", id, bytes }, [bytes.buffer]);
      });
    });
    port.send({ kind: "ready" }, []);
  });
}

/** A promise's failure stays in the thread; an error outside of all promises reaches its owner. */
async function orCrash(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    setTimeout(() => {
      throw error;
    });
  }
}

async function run(job: PoolJob, bls: Bls): Promise<Uint8Array<ArrayBuffer>> {
  switch (job.kind) {
    case "keys":
      return packExportedKeys(bls.exportPublicKeys(unpackKeys(job.keys)));
    case "checks": {
      const exported = unpackExportedKeys(job.exported, job.exportedCount);
      bls.learnPublicKeys(exported.filter((key): key is ExportedKey => key !== undefined));
      const verdicts = await bls.verify(unpackChecks(job.packed));
      return Uint8Array.from(verdicts, Number);
    }
  }
}
