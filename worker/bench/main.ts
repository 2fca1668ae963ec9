import { cpus } from "node:os";
import x11HashJs from "@dashevo/x11-hash-js";
import { applyDiff } from "../engine/applyDiff.ts";
import type { EngineContext } from "../engine/context.ts";
import { feedQrInfo } from "../engine/feedQrInfo.ts";
import { EMPTY_ENGINE } from "../engine/state.ts";
import { KnownChain } from "../engine/test/knownChain.ts";
import { loadX11 } from "../node/loadX11.ts";
import { nodePoolThreads } from "../node/nodePoolThreads.ts";
import { neededLlmqTypes, networkParams } from "../params/index.ts";
import { discover } from "../sync/discover.ts";
import { plan } from "../sync/plan.ts";
import { hasVectors, readVector, readVectorJson } from "../test/vectors.ts";
import { decode } from "../wire/codec.ts";
import { toHashHex } from "../wire/hashes.ts";
import { mnListDiff } from "../wire/mnListDiff.ts";
import { qrInfo } from "../wire/qrInfo.ts";
import { benchChainLock } from "./chainLock.ts";
import { benchHeaderPipeline, storeInMemory } from "./headers.ts";
import { benchDecodeAndApply } from "./lists.ts";
import { type BenchRow, formatTable, makeRow, medianMs } from "./measure.ts";
import { benchMemory } from "./memory.ts";
import { benchSignatures } from "./signatures.ts";
import { benchSimnet } from "./simnet.ts";

async function main(): Promise<void> {
  const rows: BenchRow[] = await benchHeaderPipeline({
    x11: await loadX11(),
    hashInJavaScript: (header) => x11HashJs.digest(header, 1, 1),
    startThread: nodePoolThreads("mcl"),
    store: storeInMemory,
    storeName: "in memory",
  });
  rows.push(...(await benchDecodeAndApply()));
  if (hasVectors("mainnet/qrinfo")) rows.push(...(await benchPlanning()));
  if (hasVectors("testnet/chainlock")) rows.push(await benchChainLock());
  rows.push(...(await benchSignatures(nodePoolThreads("mcl"))));
  rows.push(...(await benchMemory()));
  rows.push(...(await benchSimnet()));
  const machine = `${cpus()[0]?.model ?? "unknown processor"}, ${cpus().length} cores, Node ${process.version}`;
  if (process.argv.includes("--json"))
    console.log(
      JSON.stringify(
        rows.map((row) => ({ ...row, machine })),
        null,
        2,
      ),
    );
  else console.log(`${formatTable(rows)}\n\n${machine}`);
}

/** An engine after a mainnet qrinfo: the lists of five cycles, with all that the tip's quorums still need. */
async function benchPlanning(): Promise<BenchRow[]> {
  const row = (what: string, ours: number, figure: number) =>
    makeRow({ what, ours, unit: "ms", isHigherBetter: false, budget: { relation: "<=", figure } });
  const params = networkParams("mainnet");
  const folder = "mainnet/qrinfo/qrinfo_2449949";
  const expected = readVectorJson<{
    diffsInApplyOrder: { blockHeight?: number; blockHash: string }[];
    lastCommitmentPerIndex: { quorumHeight: number; quorumHash: string }[];
    nonRotatedQuorumsVerifiedFromListsAtHand: { quorumHeight: number; quorumHash: string }[];
  }>(`${folder}_expected.json`);
  const chain = new KnownChain();
  for (const { blockHeight, blockHash } of expected.diffsInApplyOrder) {
    if (blockHeight !== undefined) chain.addHash(blockHeight, blockHash);
  }
  const quorums = [...expected.lastCommitmentPerIndex, ...expected.nonRotatedQuorumsVerifiedFromListsAtHand];
  for (const { quorumHeight, quorumHash } of quorums) chain.addHash(quorumHeight, quorumHash);
  const companion = decode(
    mnListDiff(70236),
    readVector("mainnet/mnlistdiff/mnlistdiff_0_2449941_p70236.bin"),
  );
  chain.addHash(2_449_941, toHashHex(companion.blockHash));
  const context: EngineContext = { params, chain, isValidSignature: () => true };
  const fed = feedQrInfo(EMPTY_ENGINE, decode(qrInfo(70236), readVector(`${folder}_p70236.bin`)), context);
  const { state } = applyDiff(fed.state, companion, context);
  const options = {
    neededTypes: neededLlmqTypes(params),
    tipHeight: 2_449_949,
    quorumSetHeights: [2_449_933],
    awaitedQuorums: [],
  };
  // From nothing, with a hash for each block that a plan may name.
  for (let height = options.tipHeight - 4_000; height <= options.tipHeight; height++) {
    if (!chain.hashAt(height)) chain.addHash(height, height.toString(16).padStart(64, "0"));
  }
  const nothing = discover(EMPTY_ENGINE, context, options);
  const planAll = () => plan(nothing, EMPTY_ENGINE, context, { ...options, canAskQrInfo: true });
  if (planAll().requests.length < 20) throw new Error("a plan for nearly nothing");
  return [
    row("discovery, mainnet engine", await medianMs(() => discover(state, context, options)), 10),
    row(`planning, mainnet from nothing: ${planAll().requests.length} requests`, await medianMs(planAll), 20),
  ];
}

await main();
