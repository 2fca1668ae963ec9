import { loadX11 } from "./loadX11.ts";
import {
  type PoolEngine,
  type PoolMessage,
  type PoolPort,
  type PoolRequest,
  poolSize,
  type StartThread,
  servePool,
} from "./pool/index.ts";

/** Name of a worker that is a thread of the pool, before its engine. */
const NAME_PREFIX = "dashlight-pool-";

/** How many threads this machine is worth, and how to start one; undefined where a worker can have none. */
export function poolThreads(engine: PoolEngine): { size: number; start: StartThread } | undefined {
  if (!isInWorker() || typeof Worker === "undefined") return undefined;
  // The same script under another name: browsers have it already, and bundlers need not know.
  const start: StartThread = (onMessage, onCrash) => {
    const worker = new Worker(globalThis.location.href, { type: "module", name: NAME_PREFIX + engine });
    worker.onmessage = ({ data }: MessageEvent<PoolMessage>) => onMessage(data);
    worker.onerror = (event) => {
      event.preventDefault();
      onCrash();
    };
    return {
      post: (request, transfer) => worker.postMessage(request, transfer),
      terminate: () => worker.terminate(),
    };
  };
  return { size: poolSize(navigator.hardwareConcurrency), start };
}

/** @returns whether this worker is a thread of a pool, which it then serves */
export function serveAsPoolThread(): boolean {
  const name: unknown = Reflect.get(globalThis, "name");
  if (typeof name !== "string" || !name.startsWith(NAME_PREFIX)) return false;
  const port: PoolPort = {
    send: (message, transfer) => postMessage(message, { transfer }),
    onRequest: (listener) => {
      globalThis.onmessage = ({ data }: MessageEvent<PoolRequest>) => listener(data);
    },
  };
  void servePool(name.slice(NAME_PREFIX.length) as PoolEngine, port, loadX11);
  return true;
}

/** Tests run all of it in a page, whose address is no script's. */
function isInWorker(): boolean {
  return !("document" in globalThis);
}
