/**
 * `npm run bench:sync`: the planned sync against a plain sequential one, on simulated networks with 100 ms a round trip.
 */
import { fork } from "node:child_process";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { createSimnet, type Simnet, type SimnetOptions } from "../../bridge/simnet/network.ts";
import { createBls } from "../bls/index.ts";
import { loadX11 } from "../node/loadX11.ts";
import { DEFAULT_TUNING, validateTuning } from "../syncTuning.ts";
import type { SyncJob, SyncResult } from "./syncRun.ts";

const RUNNER = fileURLToPath(new URL("syncRun.ts", import.meta.url));
const CACHE_DIR = fileURLToPath(new URL("../../.dashlight/simnet", import.meta.url));
const NODES = 4;
/** Many times what a run takes: one that hangs ends the benchmark. */
const RUN_TIMEOUT_MS = 120_000;
const LINE = { latencyMs: 100 };

/** How many blocks the state is behind that a run begins with; undefined: there is none. */
interface Age {
  readonly name: string;
  readonly depth: number | undefined;
}

interface Network {
  readonly name: string;
  readonly size: Pick<SimnetOptions, "preset" | "masternodes" | "blocks">;
  readonly ages: readonly Age[];
  /** Most seeds that it is worth waiting for. */
  readonly maxSeeds: number;
}

/** A day is two rotating cycles, as on mainnet. The oldest state is as old as the network allows. */
const NETWORKS: readonly Network[] = [
  {
    name: "small",
    size: { preset: "small" },
    ages: [
      { name: "cold start", depth: undefined },
      { name: "1 day old", depth: 96 },
    ],
    maxSeeds: 100,
  },
  {
    name: "medium",
    size: { preset: "medium" },
    ages: [
      { name: "cold start", depth: undefined },
      { name: "1 day old", depth: 192 },
      { name: "5 days old", depth: 960 },
    ],
    maxSeeds: 100,
  },
  {
    name: "mainnet",
    size: { preset: "mainnet" },
    ages: [
      { name: "cold start", depth: undefined },
      { name: "1 day old", depth: 576 },
      { name: "5 days old", depth: 2_880 },
    ],
    maxSeeds: 100,
  },
  {
    // Mainnet's quorums on a chain of its length; with all of its masternodes too it would take half an hour to make.
    name: "long",
    size: { preset: "mainnet", masternodes: 1_200, blocks: 20_000 },
    ages: [{ name: "30 days old", depth: 17_280 }],
    maxSeeds: 1,
  },
];

interface Row {
  readonly network: string;
  readonly age: string;
  readonly seed: number;
  readonly sequential: SyncResult;
  readonly planned: SyncResult;
}

const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    seeds: { type: "string", default: "3" },
    preset: { type: "string", multiple: true, default: ["medium", "mainnet", "long"] },
    /** JSON of the fields that are not to be as usual. */
    tuning: { type: "string", default: "{}" },
  },
});
const networks = NETWORKS.filter(({ name }) => values.preset.includes(name));
const tuning = validateTuning({ ...DEFAULT_TUNING, ...JSON.parse(values.tuning) });
const rows: Row[] = [];
const engines = { bls: await createBls(), x11: await loadX11() };
for (const network of networks) {
  const seeds = Math.min(Number(values.seeds), network.maxSeeds);
  for (let seed = 1; seed <= seeds; seed++) rows.push(...(await benchNetwork(network, seed)));
}
print();

async function benchNetwork({ name: network, size, ages }: Network, seed: number): Promise<Row[]> {
  const options = { seed, ...size, nodes: NODES, cacheDir: CACHE_DIR };
  const simnet = await createSimnet({ ...options, ...engines });
  const found: Row[] = [];
  for (const { name, depth } of ages) {
    const sequential = await runOne(simnet, "sequential", depth);
    const planned = await runOne(simnet, "planned", depth);
    found.push({ network, age: name, seed, sequential, planned });
    console.error(
      `${network}, seed ${seed}, ${name}: ${Math.round(sequential.ms)} and ${Math.round(planned.ms)} ms`,
    );
  }
  await simnet.close();
  return found;
}

/** The nodes stand still that many blocks below while the runner makes its old state. */
async function runOne(
  simnet: Simnet,
  strategy: SyncJob["strategy"],
  depth: number | undefined,
): Promise<SyncResult> {
  for (let i = 0; i < NODES; i++)
    simnet.hurt(i, depth === undefined ? { line: LINE } : { chain: { kind: "stale", depth } });
  const child = fork(RUNNER, { execArgv: ["--import", "tsx"] });
  const job: SyncJob = {
    paramsFile: simnet.params,
    addresses: simnet.addresses,
    strategy,
    startsOld: depth !== undefined,
    tuning,
  };
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => child.kill(), RUN_TIMEOUT_MS);
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      clearTimeout(timer);
      reject(new Error(`a run ended with ${signal ?? code}`));
    });
    child.on("message", (message: "ready" | SyncResult) => {
      if (message !== "ready") return resolve(message);
      for (let i = 0; i < NODES; i++) simnet.hurt(i, { line: LINE });
      child.send("go");
    });
    child.send(job);
  });
}

function print(): void {
  const machine = `${cpus()[0]?.model ?? "unknown processor"}, ${cpus().length} cores, Node ${process.version}`;
  if (values.json) {
    console.log(
      JSON.stringify(
        rows.map((row) => ({ ...row, machine })),
        null,
        2,
      ),
    );
    return;
  }
  console.log(
    "| network | state | requests | of them for rotating cycles | dependent rounds | all fetched | all verified | kB | of it unused | memory | progress off by, at most and on average |",
  );
  console.log("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |");
  for (const { name: network, ages } of networks) {
    for (const { name } of ages) {
      const runs = rows.filter((row) => row.network === network && row.age === name);
      // An old state is made in the same process before, and is most of its memory.
      const hasOwnMemory = runs.every(({ planned }) => planned.megabytes !== undefined);
      const cell = (field: NumberField, digits = 0, scale = 1) => {
        const [before, after] = [mean(runs, "sequential", field), mean(runs, "planned", field)];
        const change = Math.round(100 * (after / before - 1));
        const figures = [before, after].map((value) => (value * scale).toFixed(digits));
        return `${figures.join(" → ")} (${change > 0 ? "+" : ""}${change} %)`;
      };
      console.log(
        `| ${network} | ${name} | ${cell("requests")} | ${cell("rotatingRequests")} | ${cell("rounds")} | ${cell("fetchMs", 1, 0.001)} s | ${cell("ms", 1, 0.001)} s | ${cell("bytes", 0, 0.001)} | ${unused(runs)} | ${hasOwnMemory ? `${cell("megabytes")} MB` : "–"} | ${progressOff(runs)} |`,
      );
    }
  }
  console.log(`\n${machine}; mean of ${values.seeds} seeds, long of one, sequential → planned`);
}

/** @returns in percent points: the largest of all runs, and the mean */
function progressOff(runs: readonly Row[]): string {
  const off = runs.map(({ planned }) => planned.progressOff);
  const largest = Math.max(...off.map((one) => one.largest));
  const average = off.reduce((total, one) => total + one.mean, 0) / off.length;
  return `${largest.toFixed(1)}, ${average.toFixed(1)} points`;
}

/** @returns the share of the planned sync's bytes that only a guess asked for, and in vain */
function unused(runs: readonly Row[]): string {
  return `${((100 * mean(runs, "planned", "unusedBytes")) / mean(runs, "planned", "bytes")).toFixed(1)} %`;
}

type NumberField = Exclude<keyof SyncResult, "progressOff">;

function mean(runs: readonly Row[], strategy: "sequential" | "planned", field: NumberField): number {
  return runs.reduce((total, row) => total + (row[strategy][field] ?? 0), 0) / runs.length;
}
