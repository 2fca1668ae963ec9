import { type Bls, createBls, type ExportedKey } from "../bls/index.ts";
import { linkHeaders } from "../wire/headers.ts";
import type { X11 } from "../x11/index.ts";
import type { PoolEngine, PoolJob, PoolMessage, PoolRequest } from "./messages.ts";
import { packExportedKeys, packLinked, unpackChecks, unpackExportedKeys, unpackKeys } from "./packing.ts";

/** A thread's end of the line to its pool. */
export interface PoolPort {
  send(message: PoolMessage, transfer: ArrayBuffer[]): void;
  /** From now on; what came before waits. */
  onRequest(listener: (request: PoolRequest) => void): void;
}

/**
 * Runs in a thread: does what the pool asks, one job at a time.
 * @param loadX11 - called when it is needed first: most threads of most runs only check signatures
 * @throws whatever goes wrong, at the top of the thread, where its pool hears of it
 */
export async function servePool(
  engine: PoolEngine,
  port: PoolPort,
  loadX11: () => Promise<X11>,
): Promise<void> {
  let loading: Promise<X11> | undefined;
  const getX11 = () => {
    loading ??= loadX11();
    return loading;
  };
  await orCrash(async () => {
    const bls = await createBls(engine);
    port.onRequest(({ id, job }) => {
      void orCrash(async () => {
        const bytes = await run(job, bls, getX11);
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

async function run(job: PoolJob, bls: Bls, getX11: () => Promise<X11>): Promise<Uint8Array<ArrayBuffer>> {
  switch (job.kind) {
    case "keys":
      return packExportedKeys(bls.exportPublicKeys(unpackKeys(job.keys)));
    case "checks": {
      const exported = unpackExportedKeys(job.exported, job.exportedCount);
      bls.learnPublicKeys(exported.filter((key): key is ExportedKey => key !== undefined));
      const verdicts = await bls.verify(unpackChecks(job.packed));
      return Uint8Array.from(verdicts, Number);
    }
    case "x11": {
      const x11 = await getX11();
      return packLinked(linkHeaders(job, (header) => x11.hash(header)));
    }
  }
}
