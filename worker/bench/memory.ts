import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { hasVectors } from "../test/vectors.ts";
import { MainnetLists } from "./mainnetLists.ts";
import { type BenchRow, makeRow } from "./measure.ts";

const LISTS = 40;
const BUDGET_MB = 64;

setFlagsFromString("--expose_gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** What the engine holds, in MB: objects and the bytes of messages that they are views of. */
export async function benchMemory(): Promise<BenchRow[]> {
  if (!hasVectors("mainnet/mnlistdiff") || !hasVectors("mainnet/qrinfo")) return [];
  const row = (what: string, ours: number) =>
    makeRow({
      what: `engine heap: ${LISTS} mainnet lists, ${what}`,
      ours,
      unit: "MB",
      isHigherBetter: false,
      budget: { relation: "<=", figure: BUDGET_MB },
    });
  return [
    row("each from the one before", await heapOf(() => buildEngine(false))),
    row("each from nothing", await heapOf(() => buildEngine(true))),
  ];
}

/** Lists of two far-apart times, a qrinfo's with its snapshots, and made ones, with all that is derived lazily. */
function buildEngine(isFromNothing: boolean): MainnetLists {
  const lists = new MainnetLists();
  lists.applySeries();
  lists.feedQrInfo();
  lists.applyMadeChanges(LISTS, isFromNothing);
  for (const { masternodes } of lists.state.lists.values()) {
    for (const entry of masternodes) if (!entry.key || !entry.confirmedProTxHash) throw new Error("no key");
  }
  return lists;
}

/** The first build warms up code and caches, and is thrown away. */
async function heapOf(build: () => MainnetLists): Promise<number> {
  build();
  const before = await usedBytes();
  const { state } = build();
  const after = await usedBytes();
  // Still held while it is measured.
  if (state.lists.size !== LISTS) throw new Error(`${state.lists.size} lists`);
  return (after - before) / 1e6;
}

async function usedBytes(): Promise<number> {
  for (let i = 0; i < 4; i++) {
    collectGarbage();
    // Finalizers of array buffers run in a task of their own.
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
