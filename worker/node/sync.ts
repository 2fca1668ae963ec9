import { randomBytes } from "node:crypto";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import type { ClientSnapshot } from "../api.ts";
import { createBls } from "../bls/index.ts";
import { LightClient } from "../client.ts";
import { DashlightError } from "../errors.ts";
import { SYSTEM_CLOCK } from "../net/transport.ts";
import { type NetworkParams, neededLlmqTypes } from "../params/index.ts";
import { linkHeadersIn, poolSize, VerificationPool } from "../pool/index.ts";

import { loadX11 } from "./loadX11.ts";
import { loadNetwork } from "./network.ts";
import { nodePoolThreads } from "./nodePoolThreads.ts";
import { splitAddress, TcpTransport } from "./tcpTransport.ts";
import { UsageError } from "./verifyArguments.ts";

const USAGE = `Usage: npm run -s sync -- --network NAME [options] --node HOST:PORT [--node ...]

Syncs and verifies a network straight over TCP, without a browser, and ends when it is synced.

  --network NAME     mainnet, testnet, devnet, regtest or simnet
  --params FILE      network parameters (regtest and simnet)
  --node HOST:PORT   a node to ask; may be repeated; without any the network's fixed seeds
  --timeout SECONDS  give up after this long (default 600)
  --json             print one JSON object at the end instead of lines

Exit code 0: synced. 1: not finished. 2: wrong arguments.`;

const DEFAULT_TIMEOUT_SECONDS = 600;
/** What a timer of Node's can wait; beyond that it fires at once. */
const MAX_TIMEOUT_SECONDS = 2_147_483;
const MAX_PEERS = 4;

interface SyncArguments {
  readonly params: NetworkParams;
  readonly nodes: readonly string[];
  readonly timeoutMs: number;
  readonly isJson: boolean;
}

function parse(args: string[]): SyncArguments {
  let values: { [name: string]: string | boolean | string[] | undefined };
  try {
    ({ values } = parseArgs({
      args,
      options: {
        network: { type: "string" },
        params: { type: "string" },
        node: { type: "string", multiple: true },
        timeout: { type: "string" },
        json: { type: "boolean" },
      },
    }));
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
  const { network, params: paramsFile, node = [], timeout = String(DEFAULT_TIMEOUT_SECONDS), json } = values;
  if (typeof network !== "string") throw new UsageError("--network is missing");
  const params = loadNetwork(network, typeof paramsFile === "string" ? paramsFile : undefined);
  const nodes = Array.isArray(node) && node.length > 0 ? node : params.fixedSeeds;
  for (const address of nodes) splitAddress(address);
  if (nodes.length === 0) throw new UsageError(`--node is missing: ${params.name} has no fixed seeds`);
  const seconds = Number(timeout);
  if (!(seconds > 0 && seconds <= MAX_TIMEOUT_SECONDS)) {
    throw new UsageError(
      `--timeout is not a number of seconds up to ${MAX_TIMEOUT_SECONDS}: ${String(timeout)}`,
    );
  }
  return { params, nodes, timeoutMs: seconds * 1000, isJson: json === true };
}

async function main(): Promise<number> {
  let args: SyncArguments;
  try {
    args = parse(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof UsageError) && !(error instanceof DashlightError)) throw error;
    console.error(`${error.message}\n\n${USAGE}`);
    return 2;
  }
  const startedAt = performance.now();
  let finish: (outcome: "synced" | "timeout") => void = () => {};
  const finished = new Promise<"synced" | "timeout">((resolve) => {
    finish = resolve;
  });
  const [x11, bls] = await Promise.all([loadX11(), createBls()]);
  const threads = poolSize(availableParallelism());
  const pool = new VerificationPool(bls, threads, nodePoolThreads(bls.engine));
  const client = new LightClient(
    {
      params: args.params,
      transport: new TcpTransport(),
      clock: SYSTEM_CLOCK,
      random: () => randomBytes(4).readUInt32LE() / 2 ** 32,
      x11,
      bls,
      verifier: pool,
      linkHeaders: linkHeadersIn(pool.queue, x11),
      persistence: undefined,
      neededTypes: neededLlmqTypes(args.params),
      maxPeers: MAX_PEERS,
      onChange: () => {
        if (client.isSynced) finish("synced");
        else if (!args.isJson) report(client.snapshot(undefined));
      },
    },
    undefined,
  );
  client.connect(args.nodes);
  const timer = setTimeout(() => finish("timeout"), args.timeoutMs);
  const outcome = await finished;
  clearTimeout(timer);
  const snapshot = client.snapshot(undefined);
  client.stop();
  pool.close();
  const result = summarize(snapshot, client, performance.now() - startedAt);
  if (args.isJson) console.log(JSON.stringify(result, null, 2));
  else
    console.log(
      `tip ${result.tip?.height}, ${result.masternodes?.total ?? "no"} masternodes, ${result.elapsedMs} ms`,
    );
  if (outcome === "synced") return 0;
  console.error(
    `Not synced after ${args.timeoutMs / 1000} s: ${snapshot.problem?.message ?? `phase ${snapshot.phase}`}`,
  );
  return 1;
}

function summarize(snapshot: ClientSnapshot, client: LightClient, elapsedMs: number) {
  const { tip, chainLock, masternodes } = snapshot;
  return {
    tip: tip && { height: tip.height, hash: tip.hash },
    chainLock: chainLock && { height: chainLock.height, verified: true },
    masternodes: masternodes && { total: masternodes.total, valid: masternodes.valid },
    quorums: Object.fromEntries(
      snapshot.quorums
        .filter(({ isNeeded }) => isNeeded)
        .map(({ llmqType, total, verified, unknown, invalid }) => [
          llmqType,
          { total, verified, unknown, invalid },
        ]),
    ),
    requests: { ...client.requestCounts, bytesIn: snapshot.progress.bytesIn },
    cannotVerify: snapshot.cannotVerify,
    elapsedMs: Math.round(elapsedMs),
  };
}

let lastLine = "";
function report({ phase, tip, progress, problem }: ClientSnapshot): void {
  const percent = Math.floor(progress.fraction * 100);
  const line = problem?.message ?? `${phase}: ${percent} %, tip ${tip?.height ?? "unknown"}`;
  if (line !== lastLine) console.error(line);
  lastLine = line;
}

process.exitCode = await main();
