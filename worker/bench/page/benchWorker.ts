import { poolThreads, serveAsPoolThread } from "../../poolThreads.ts";
import { benchDecodeAndApply } from "../lists.ts";
import { benchSignatures } from "../signatures.ts";
import type { BenchOutcome } from "./main.ts";

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
  return { rows: [...(await benchDecodeAndApply()), ...(await benchSignatures(threads.start))] };
}
