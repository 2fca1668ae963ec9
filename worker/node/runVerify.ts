import { readFileSync } from "node:fs";
import { createBls } from "../bls/index.ts";
import { HeaderChain } from "../chain/headerChain.ts";
import { DashlightError } from "../errors.ts";
import type { NetworkParams } from "../params/index.ts";
import { type BlockHash, equalBytes, toHashHex } from "../wire/hashes.ts";
import { HEADER_SIZE } from "../wire/header.ts";
import type { X11 } from "../x11/index.ts";
import { loadX11 } from "./loadX11.ts";
import { loadNetwork, readJson } from "./network.ts";
import { OfflineChain } from "./offlineChain.ts";
import { isClean, OfflineVerifier } from "./offlineVerifier.ts";
import {
  type HeaderRange,
  parseVerifyArguments,
  UsageError,
  VERIFY_USAGE,
  type VerifyArguments,
} from "./verifyArguments.ts";

const FRAME_HEADER_SIZE = 24;
/** Later than any header, so that a recording never lies in the future. */
const END_OF_TIME = 0xffffffff;

/** How a run of the tool ends: what it prints, and its exit code. */
export interface ToolOutcome {
  readonly status: 0 | 1 | 2;
  /** One JSON object, or nothing. */
  readonly stdout: string;
  readonly stderr: string;
}

/** Verifies captured payloads offline. */
export async function runVerify(argv: readonly string[]): Promise<ToolOutcome> {
  let args: VerifyArguments;
  let params: NetworkParams;
  try {
    args = parseVerifyArguments(argv);
    params = loadNetwork(args.network, args.paramsFile);
  } catch (error) {
    if (!(error instanceof UsageError) && !(error instanceof DashlightError)) throw error;
    return { status: 2, stdout: "", stderr: `${error.message}\n\n${VERIFY_USAGE}` };
  }
  const chain = new OfflineChain();
  const payloads: Uint8Array[] = [];
  try {
    const x11 = await loadX11();
    for (const range of args.headers) addHeaderRange(chain, params, x11, range);
    if (args.blocksFile !== undefined) addBlocks(chain, params, x11, readJson(args.blocksFile));
    for (const { file, kind } of args.messages) payloads.push(readPayload(file, kind, params));
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { status: 2, stdout: "", stderr: error.message };
  }
  const verifier = new OfflineVerifier(params, chain, await createBls());
  args.messages.forEach((message, i) => {
    verifier.feed(message, payloads[i] as Uint8Array);
  });
  const report = await verifier.report();
  return { status: isClean(report) ? 0 : 1, stdout: JSON.stringify(report, null, 2), stderr: "" };
}

/** A framed capture starts with the network's magic and the command's name. */
function readPayload(file: string, command: string, params: NetworkParams): Uint8Array {
  const bytes = new Uint8Array(readFileSync(file));
  const name = new TextDecoder().decode(bytes.subarray(4, 4 + command.length));
  const isFramed = equalBytes(bytes.subarray(0, 4), params.magic) && name === command;
  return isFramed ? bytes.subarray(FRAME_HEADER_SIZE) : bytes;
}

function addHeaderRange(chain: OfflineChain, params: NetworkParams, x11: X11, range: HeaderRange): void {
  addHeaders(chain, params, x11, range.fromHeight, new Uint8Array(readFileSync(range.file)), range.file);
}

/** Headers that link, meet their bits and, from the 25th on, the difficulty rule. @throws the rule that is broken */
function addHeaders(
  chain: OfflineChain,
  params: NetworkParams,
  x11: X11,
  fromHeight: number,
  headers: Uint8Array,
  file: string,
): void {
  if (headers.length === 0 || headers.length % HEADER_SIZE !== 0) {
    throw new UsageError(`${file} is not a row of ${HEADER_SIZE}-byte headers`);
  }
  const isFromGenesis = fromHeight === 0;
  const first = headers.subarray(0, HEADER_SIZE);
  if (isFromGenesis && !equalBytes(first, params.genesisHeader)) {
    throw new UsageError(`${file} does not start with the genesis header of ${params.name}`);
  }
  const hashHeaders = (bytes: Uint8Array) => x11.hashHeaders(bytes);
  const headerChain = isFromGenesis
    ? HeaderChain.fromGenesis(params, hashHeaders)
    : HeaderChain.fromBlock(params, hashHeaders, {
        height: fromHeight - 1,
        hash: first.slice(4, 36) as BlockHash,
      });
  const hashes = x11.hashHeaders(headers);
  const skipped = isFromGenesis ? 1 : 0;
  const { error } = headerChain.acceptHeaders(
    headers.subarray(skipped * HEADER_SIZE),
    END_OF_TIME,
    hashes.subarray(skipped * 32),
  );
  if (error) throw error;
  chain.addVerifiedHeaders(fromHeight, headers, hashes);
}

/** An object height -> block hash, or a regtest capture's chain.json, whose headers count as given. */
function addBlocks(chain: OfflineChain, params: NetworkParams, x11: X11, json: unknown): void {
  if (Array.isArray(json)) {
    const blocks = json as { height: number; header: string }[];
    const headers = Buffer.concat(blocks.map(({ header }) => Buffer.from(header, "hex")));
    addHeaders(chain, params, x11, blocks[0]?.height ?? 0, new Uint8Array(headers), "--blocks");
    return;
  }
  if (typeof json !== "object" || json === null) throw new UsageError("--blocks is not an object");
  for (const [height, hash] of Object.entries(json)) {
    if (!/^\d+$/.test(height) || typeof hash !== "string" || !/^[0-9a-f]{64}$/i.test(hash)) {
      throw new UsageError(`--blocks: not height -> block hash: ${height}`);
    }
    if (!chain.addHash(Number(height), hash)) {
      const known = chain.hashAt(Number(height));
      throw new UsageError(
        `--blocks: block ${height} is ${known ? toHashHex(known) : "listed twice"}, not ${hash}`,
      );
    }
  }
}
