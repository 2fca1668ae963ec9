import { parentPort, workerData } from "node:worker_threads";
import { type PoolEngine, type PoolPort, type PoolRequest, servePool } from "../pool/index.ts";
import { loadX11 } from "./loadX11.ts";

// A thread of the pool under Node; nodePoolThreads.ts starts it.
if (!parentPort) throw new Error("poolThread.ts runs in a worker thread");
const port = parentPort;
const poolPort: PoolPort = {
  send: (message, transfer) => port.postMessage(message, transfer),
  onRequest: (listener) => port.on("message", (request: PoolRequest) => listener(request)),
};
void servePool(workerData as PoolEngine, poolPort, loadX11);
