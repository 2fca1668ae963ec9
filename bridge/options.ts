/**
 * The command line.
 */
import { parseArgs } from "node:util";
import type { NetworkName } from "../worker/params/index.ts";
import { parseAddress } from "./policy.ts";
import {
  largestPreset,
  leastMasternodes,
  PRESETS,
  SIMNET_PRESETS,
  type SimnetPreset,
  type SimnetSize,
} from "./simnet/presets.ts";

export interface BridgeArguments {
  readonly network: NetworkName;
  /** HOST:PORT in the one spelling of `Address.text`. */
  readonly nodes: readonly string[];
  readonly paramsFile: string | undefined;
  readonly host: string;
  readonly port: number;
  readonly allowedOrigins: readonly string[];
  readonly seed: number;
  readonly blockIntervalMs: number;
  /** Whose LLMQ table the simnet has. */
  readonly preset: SimnetPreset;
  readonly masternodes: SimnetSize["masternodes"];
  readonly blocks: SimnetSize["blocks"];
  readonly isVerbose: boolean;
}

const NETWORKS: readonly NetworkName[] = ["mainnet", "testnet", "devnet", "regtest", "simnet"];
const SIMNET_OPTIONS = ["preset", "masternodes", "blocks", "seed", "block-interval"] as const;
const DEFAULT_PORT = 8080;
const DEFAULT_SEED = 1;
const DEFAULT_BLOCK_INTERVAL_SECONDS = 15;
const DEFAULT_PRESET: SimnetPreset = "small";
const MAX_MASTERNODES = 20_000;
const MAX_BLOCKS = 50_000;
const MAX_U32 = 0xffffffff;
const ONE_DAY_SECONDS = 86400;

export const USAGE = `Usage: npm start -- [options]

Serves the app and relays its connections to nodes of a Dash network.

  --network NAME            mainnet, testnet, devnet, regtest or simnet (default: a simnet started here)
  --node HOST:PORT          a node to use first, whatever its address and port; may be repeated
  --params FILE             network parameters (devnet, regtest, or a simnet that runs elsewhere)
  --host ADDRESS            where to listen (default 127.0.0.1)
  --port PORT               0 takes a free one (default ${DEFAULT_PORT})
  --origin ORIGIN           also serve pages of this origin, such as a reverse proxy's; may be repeated
  --preset NAME             the simnet's size: ${SIMNET_PRESETS.join(", ")} (default ${DEFAULT_PRESET})
  --masternodes NUMBER      in place of the preset's; without --preset it is the largest whose quorums they fill
  --blocks NUMBER           in place of the preset's
  --seed NUMBER             the simnet's randomness (default ${DEFAULT_SEED})
  --block-interval SECONDS  the simnet's pace (default ${DEFAULT_BLOCK_INTERVAL_SECONDS})
  --verbose                 say what happens: in the simnet, and which connections are refused
  --help                    show this`;

/** Wrong arguments; the message is for the user. */
export class UsageError extends Error {}

/**
 * @returns `help` if that is asked for
 * @throws UsageError
 */
export function parseBridgeArguments(args: readonly string[]): BridgeArguments | "help" {
  const values = parse(args);
  if (values.help) return "help";
  const network = NETWORKS.find((known) => known === (values.network ?? "simnet"));
  if (network === undefined)
    throw new UsageError(`--network is none of ${NETWORKS.join(", ")}: ${values.network}`);
  const { node = [], params, seed, origin = [] } = values;
  const interval = values["block-interval"];
  const startsSimnet = network === "simnet" && params === undefined;
  const misplaced = SIMNET_OPTIONS.find((option) => values[option] !== undefined);
  if (!startsSimnet && misplaced !== undefined) {
    throw new UsageError(`--${misplaced} is for a simnet that is started here`);
  }
  if (startsSimnet && node.length > 0) throw new UsageError("--node is for a simnet with --params");
  if (params !== undefined && (network === "mainnet" || network === "testnet")) {
    throw new UsageError(`--params is not for ${network}`);
  }
  if (network === "devnet" && params === undefined) throw new UsageError("a devnet needs its --params FILE");
  return {
    network,
    nodes: node.map(parseNode),
    paramsFile: params,
    host: values.host ?? "127.0.0.1",
    port: parseNumber("--port", values.port ?? `${DEFAULT_PORT}`, 0, 0xffff),
    allowedOrigins: origin.map(parseOrigin),
    seed: parseNumber("--seed", seed ?? `${DEFAULT_SEED}`, 0, MAX_U32),
    blockIntervalMs:
      1000 *
      parseNumber("--block-interval", interval ?? `${DEFAULT_BLOCK_INTERVAL_SECONDS}`, 1, ONE_DAY_SECONDS),
    ...parseSize(values),
    isVerbose: values.verbose ?? false,
  };
}

function parse(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        network: { type: "string" },
        node: { type: "string", multiple: true },
        params: { type: "string" },
        host: { type: "string" },
        port: { type: "string" },
        origin: { type: "string", multiple: true },
        preset: { type: "string" },
        masternodes: { type: "string" },
        blocks: { type: "string" },
        seed: { type: "string" },
        "block-interval": { type: "string" },
        verbose: { type: "boolean" },
        help: { type: "boolean" },
      },
    });
    return values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function parseNode(text: string): string {
  const address = parseAddress(text);
  if (address === undefined) throw new UsageError(`--node is not HOST:PORT: ${text}`);
  return address.text;
}

function parseOrigin(text: string): string {
  if (!URL.canParse(text) || new URL(text).origin !== text) {
    throw new UsageError(`--origin is not an origin such as https://wallet.example: ${text}`);
  }
  return text;
}

/** Without a named preset it is the largest whose quorums the masternodes fill. */
function parseSize(values: {
  readonly preset?: string;
  readonly masternodes?: string;
  readonly blocks?: string;
}): Pick<BridgeArguments, "preset" | "masternodes" | "blocks"> {
  const masternodes = parseOptional("--masternodes", values.masternodes, MAX_MASTERNODES);
  const chosen = masternodes === undefined ? undefined : largestPreset(masternodes);
  const preset = parsePreset(values.preset) ?? chosen ?? DEFAULT_PRESET;
  const least = leastMasternodes(preset);
  if (masternodes !== undefined && masternodes < least) {
    throw new UsageError(
      `--masternodes ${masternodes} is too few: the quorums of --preset ${preset} need ${least}`,
    );
  }
  return {
    preset,
    masternodes: masternodes ?? PRESETS[preset].masternodes,
    blocks: parseOptional("--blocks", values.blocks, MAX_BLOCKS) ?? PRESETS[preset].blocks,
  };
}

function parsePreset(text: string | undefined): SimnetPreset | undefined {
  const preset = SIMNET_PRESETS.find((known) => known === text);
  if (preset === undefined && text !== undefined)
    throw new UsageError(`--preset is none of ${SIMNET_PRESETS.join(", ")}: ${text}`);
  return preset;
}

/** @returns undefined for what is not given */
function parseOptional(option: string, text: string | undefined, max: number): number | undefined {
  return text === undefined ? undefined : parseNumber(option, text, 1, max);
}

function parseNumber(option: string, text: string, min: number, max: number): number {
  const value = /^[0-9]{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= min && value <= max))
    throw new UsageError(`${option} is not a number in ${min}..${max}: ${text}`);
  return value;
}
