import { Worker } from "node:worker_threads";
import type { PoolEngine, StartThread } from "../pool/index.ts";

/**
 * Threads of Node for a VerificationPool.
 * @param script - what runs in them
 */
export function nodePoolThreads(
  engine: PoolEngine,
  script: URL = new URL("./poolThread.mjs", import.meta.url),
): StartThread {
  return (onMessage, onCrash) => {
    const worker = new Worker(script, { workerData: engine });
    worker.on("message", onMessage);
    worker.on("error", onCrash);
    worker.on("exit", onCrash);
    return {
      post: (request, transfer) => worker.postMessage(request, transfer),
      terminate: () => void worker.terminate(),
    };
  };
}
