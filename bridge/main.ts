/**
 * Reads the options, starts the bridge and prints one line; a signal ends it, in a terminal a key too.
 */
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { isDashlightError } from "../worker/errors.ts";
import { loadNetwork } from "./loadNetwork.ts";
import { type BridgeArguments, parseBridgeArguments, USAGE, UsageError } from "./options.ts";
import { createPeerSource, resolveHostName } from "./peers.ts";
import { startProbe } from "./probe.ts";
import { type Bridge, type BridgeOptions, createBridge } from "./server.ts";
import type { Simnet } from "./simnet/network.ts";
import { takesLong } from "./simnet/presets.ts";
import { isInForeground, type Keyboard, listenToKeys, simnetKeys } from "./terminal.ts";

const DIST_DIR = fileURLToPath(new URL("../dist", import.meta.url));

/** What the bridge stands on, and how to end it. */
type Network = Pick<BridgeOptions, "params" | "paramsFile" | "peers" | "namedAddresses"> & {
  /** What to do once the bridge is up; nothing for most. */
  readonly watch: () => void;
  readonly close: () => Promise<void> | void;
  /** If it runs here. */
  readonly simnet?: Simnet;
};

interface Running {
  readonly url: string;
  readonly simnet: Simnet | undefined;
  readonly close: () => Promise<void>;
}

/** @returns the exit code */
async function main(args: readonly string[]): Promise<number> {
  const stopped = Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
  let options: BridgeArguments | "help";
  try {
    options = parseBridgeArguments(args);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`${error.message}\n\n${USAGE}`);
    return 2;
  }
  if (options === "help") {
    console.log(USAGE);
    return 0;
  }
  try {
    // Until it runs there is nothing to close, and the process ends with main().
    const running = await Promise.race([start(options), stopped.then(() => undefined)]);
    if (running === undefined) return 0;
    console.log(`Dashlight on ${options.network}: ${running.url}`);
    const keyboard = openKeyboard(running.simnet);
    await Promise.race([stopped, ...(keyboard === undefined ? [] : [keyboard.quit])]);
    keyboard?.close();
    await running.close();
    return 0;
  } catch (error) {
    const message = explain(error, options);
    if (message === undefined) throw error;
    console.error(message);
    return 1;
  }
}

async function start(options: BridgeArguments): Promise<Running> {
  const network = await startNetwork(options);
  const { host, port, allowedOrigins } = options;
  let bridge: Bridge;
  try {
    bridge = await createBridge({
      ...network,
      host,
      port,
      allowedOrigins,
      distDir: DIST_DIR,
      log: logOf(options),
    });
  } catch (error) {
    await network.close();
    throw error;
  }
  network.watch();
  const close = async () => {
    await bridge.close();
    await network.close();
  };
  return { url: bridge.url, simnet: network.simnet, close };
}

/** @returns undefined where no person sits in front of a simnet */
function openKeyboard(simnet: Simnet | undefined): Keyboard | undefined {
  const { stdin: input, stdout: output } = process;
  if (simnet === undefined || !input.isTTY || !isInForeground()) return undefined;
  return listenToKeys({ input, output, keys: simnetKeys(simnet) });
}

/** For lines that only those want who ask for them. */
function logOf({ isVerbose }: BridgeArguments): (line: string) => void {
  return (line) => {
    if (isVerbose) console.error(line);
  };
}

async function startNetwork(options: BridgeArguments): Promise<Network> {
  if (options.network !== "simnet" || options.paramsFile !== undefined) return joinNetwork(options);
  const { startEmbeddedSimnet } = await import("./embeddedSimnet.ts");
  const { seed, blockIntervalMs, preset, masternodes, blocks } = options;
  const verbose = logOf(options);
  const log = (line: string) => verbose(`${new Date().toTimeString().slice(0, 8)} ${line}`);
  const size = { preset, masternodes, blocks };
  if (takesLong(size)) console.error(`Opening the simulated network: the first time this takes a while.`);
  const embedded = await startEmbeddedSimnet({ seed, blockIntervalMs, ...size, log });
  const { addresses } = embedded;
  return { ...embedded, peers: async () => addresses, namedAddresses: addresses, watch: () => {} };
}

/** A network whose nodes run elsewhere. */
async function joinNetwork({ network, nodes, paramsFile }: BridgeArguments): Promise<Network> {
  const log = (line: string) => console.error(line);
  const loaded = await loadNetwork(network, paramsFile);
  const { dnsSeeds, fixedSeeds } = loaded.params;
  if (nodes.length + dnsSeeds.length + fixedSeeds.length === 0) {
    throw new UsageError(`${network} has no seeds: name a node with --node HOST:PORT`);
  }
  const { params } = loaded;
  const source = createPeerSource({ params, nodes, resolve: resolveHostName, random: Math.random, log });
  // A file's addresses are the operator's word, like --node; those that are built in have to pass like any other.
  const namedAddresses = paramsFile === undefined ? nodes : [...nodes, ...fixedSeeds];
  let probe: { close: () => void } | undefined;
  return {
    ...loaded,
    peers: source.peers,
    namedAddresses,
    watch: () => {
      probe = startProbe({ peers: source.peers, log, params });
    },
    close: () => {
      probe?.close();
      source.close();
    },
  };
}

/** @returns a sentence for what the user can change; undefined for our own mistakes */
function explain(error: unknown, { host, port }: BridgeArguments): string | undefined {
  if (error instanceof UsageError || isDashlightError(error)) return error.message;
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  if (error.code === "EADDRINUSE") return `Port ${port} is taken: choose another one with --port.`;
  if (error.code === "EACCES") return `Port ${port} is not allowed: choose another one with --port.`;
  const isNoAddress = error.code === "EADDRNOTAVAIL" || error.code === "ENOTFOUND";
  return isNoAddress ? `--host ${host} is no address of this machine.` : undefined;
}

process.exit(await main(process.argv.slice(2)));
