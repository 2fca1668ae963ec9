import { parentPort, workerData } from "node:worker_threads";
import { type PoolEngine, type PoolRequest, servePool } from "../pool/index.ts";

// A thread of the pool under Node; nodePoolThreads.ts starts it.
if (!parentPort) throw new Error("poolThread.ts runs in a worker thread");
const port = parentPort;
void servePool(workerData as PoolEngine, {
  send: (message, transfer) => port.postMessage(message, transfer),
  onRequest: (listener) => port.on("message", (request: PoolRequest) => listener(request)),
});
