import { parseArgs } from "node:util";

export const KINDS = ["mnlistdiff", "qrinfo", "clsig", "isdlock"] as const;
export type Kind = (typeof KINDS)[number];

export interface CapturedFile {
  readonly kind: Kind;
  readonly protocolVersion: number;
  readonly file: string;
}

export interface HeaderRange {
  readonly file: string;
  readonly fromHeight: number;
}

export interface VerifyArguments {
  readonly network: string;
  readonly paramsFile: string | undefined;
  readonly blocksFile: string | undefined;
  readonly headers: readonly HeaderRange[];
  readonly messages: readonly CapturedFile[];
}

export const VERIFY_USAGE = `Usage: npm run -s verify -- --network NAME [options] KIND[@PROTOCOL]:FILE ...

Verifies captured P2P payloads offline, in the order given, and prints one JSON object.

  --network NAME     mainnet, testnet, devnet, regtest or simnet
  --params FILE      network parameters (regtest and simnet)
  --blocks FILE      JSON: height -> block hash, or the chain.json of a regtest capture
  --headers FILE     raw 80-byte headers, with --from HEIGHT of the first; may be repeated
  KIND               mnlistdiff, qrinfo, clsig or isdlock; default protocol 70240

Exit code 0: nothing failed and nothing is invalid. 1: something is. 2: wrong arguments.`;

const DEFAULT_PROTOCOL_VERSION = 70240;

/** Wrong arguments; the message is for the user. */
export class UsageError extends Error {}

/** @throws UsageError */
export function parseVerifyArguments(args: readonly string[]): VerifyArguments {
  const { values, positionals } = parse(args);
  const { network, params, blocks, headers = [], from = [] } = values;
  if (network === undefined) throw new UsageError("--network is missing");
  if (headers.length !== from.length) throw new UsageError("every --headers needs its own --from HEIGHT");
  if (positionals.length === 0) throw new UsageError("no KIND:FILE given");
  return {
    network,
    paramsFile: params,
    blocksFile: blocks,
    headers: headers.map((file, i) => ({ file, fromHeight: parseNumber("--from", from[i] ?? "") })),
    messages: positionals.map(parseCaptured),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        network: { type: "string" },
        params: { type: "string" },
        blocks: { type: "string" },
        headers: { type: "string", multiple: true },
        from: { type: "string", multiple: true },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function parseNumber(what: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new UsageError(`${what} is not a number: ${text}`);
  return Number(text);
}

function parseCaptured(text: string): CapturedFile {
  const match = /^([a-z]+)(?:@(\d+))?:(.+)$/s.exec(text);
  const kind = KINDS.find((known) => known === match?.[1]);
  if (!match || !kind)
    throw new UsageError(`not KIND[@PROTOCOL]:FILE with KIND ${KINDS.join(", ")}: ${text}`);
  return {
    kind,
    protocolVersion: match[2] === undefined ? DEFAULT_PROTOCOL_VERSION : parseNumber("protocol", match[2]),
    file: match[3] as string,
  };
}
