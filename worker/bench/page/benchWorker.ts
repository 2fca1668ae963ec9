import { loadX11 } from "../../loadX11.ts";
import { openClientStore } from "../../persistence.ts";
import type { StartThread } from "../../pool/index.ts";
import { poolThreads, serveAsPoolThread } from "../../poolThreads.ts";
import { ClientStore } from "../../store/index.ts";
import { hasVectors } from "../../test/vectors.ts";
import { benchChainLock } from "../chainLock.ts";
import { benchHeaderPipeline } from "../headers.ts";
import { benchDecodeAndApply } from "../lists.ts";
import type { BenchRow } from "../measure.ts";
import { benchSignatures } from "../signatures.ts";
import type { BenchOutcome } from "./main.ts";

const DATABASE = "dashlight-bench";

if (!serveAsPoolThread()) {
  run().then(
    (outcome) => postMessage(outcome),
    (error: unknown) =>
      postMessage({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
}

async function run(): Promise<BenchOutcome> {
  const threads = poolThreads("mcl");
  if (!threads) throw new Error("no workers in a worker");
  return {
    rows: [
      ...(await benchHeaders(threads.start)),
      ...(await benchDecodeAndApply()),
      ...(hasVectors("testnet/chainlock") ? [await benchChainLock()] : []),
      ...(await benchSignatures(threads.start)),
    ],
  };
}

/** With the client's own database. */
async function benchHeaders(startThread: StartThread): Promise<BenchRow[]> {
  const store = await openClientStore(DATABASE, (error) => {
    throw error;
  });
  try {
    return await benchHeaderPipeline({
      x11: await loadX11(),
      startThread,
      store: (headers) => store.save({ headers }),
      storeName: "in IndexedDB",
    });
  } finally {
    store.close();
    await ClientStore.delete(DATABASE);
  }
}
