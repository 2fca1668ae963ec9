import { DashlightError } from "../errors.ts";
import type { NetworkParams } from "../params/index.ts";
import { type BlockHash, equalBytes, toHashHex } from "../wire/hashes.ts";
import { HEADER_SIZE } from "../wire/header.ts";
import { BestChain, type ChainBlock } from "./bestChain.ts";
import { knownHashes } from "./finality.ts";
import { LowerBranch } from "./forkBranch.ts";
import { checkInContext, checkProofOfWork, readHeaderFields } from "./headerRules.ts";

/** What is kept of a header chain beside its raw headers. Forks are not: peers send them again. */
export interface SavedChain {
  /** The block below the first header; undefined if genesis is the first. */
  readonly base: ChainBlock | undefined;
  readonly tip: ChainBlock;
  /** The highest block a verified ChainLock made final. */
  readonly lock: ChainBlock | undefined;
}

/**
 * @param chunks - n times 80 bytes each, ascending
 * @returns the chain, with the saved ends, the known blocks and the lock in their places
 * @throws `store/corrupt`
 */
export function loadBestChain(
  params: NetworkParams,
  hashHeaders: (headers: Uint8Array) => Uint8Array,
  saved: SavedChain,
  chunks: Iterable<Uint8Array>,
): BestChain {
  const best = new BestChain(saved.base);
  let last: Uint8Array | undefined;
  for (const header of headersOf(chunks)) {
    if (last !== undefined) best.push(last, header.subarray(4, 36) as BlockHash);
    if (last === undefined) checkFirst(header, params, saved.base);
    last = header;
  }
  if (last !== undefined) best.push(last, hashHeaders(last) as BlockHash);
  expectBlock(best, saved.tip.height, toHashHex(saved.tip.hash), "tip");
  if (best.height !== saved.tip.height) throw corrupt(`headers above the tip ${saved.tip.height}`);
  for (const [height, hash] of knownHashes(params)) {
    if (height >= best.firstHeight && height <= best.height) expectBlock(best, height, hash, "known block");
  }
  if (saved.lock !== undefined) expectBlock(best, saved.lock.height, toHashHex(saved.lock.hash), "lock");
  return best;
}

/**
 * Checks headers of the chain against all rules but the clock's, and against the chain's own hashes.
 * @param hashes - X11 of the headers from `fromHeight` up, n times 32 bytes
 * @returns the height above the last header checked
 * @throws `store/corrupt`
 */
export function reverifyHeaders(
  params: NetworkParams,
  best: BestChain,
  hashes: Uint8Array,
  fromHeight: number,
): number {
  const end = fromHeight + hashes.length / 32;
  for (let height = fromHeight; height < end; height++) {
    const offset = (height - fromHeight) * 32;
    const hash = hashes.subarray(offset, offset + 32);
    const expected = best.hashAt(height);
    if (expected === undefined || !equalBytes(expected, hash)) throw corrupt(`header ${height}`);
    if (height === 0) continue;
    const fields = readHeaderFields(best.headerAt(height));
    const below = new LowerBranch(best, height - 1);
    const broken =
      checkProofOfWork(fields.bits, hash, params) ??
      checkInContext(fields, below, params, Number.POSITIVE_INFINITY);
    if (broken !== undefined) throw corrupt(`header ${height}`, new DashlightError(broken));
  }
  return end;
}

function* headersOf(chunks: Iterable<Uint8Array>): Generator<Uint8Array> {
  for (const chunk of chunks) {
    if (chunk.length % HEADER_SIZE !== 0) throw corrupt(`a chunk of ${chunk.length} bytes`);
    for (let i = 0; i < chunk.length; i += HEADER_SIZE) yield chunk.subarray(i, i + HEADER_SIZE);
  }
}

function checkFirst(header: Uint8Array, params: NetworkParams, base: ChainBlock | undefined): void {
  const isFirst =
    base === undefined
      ? equalBytes(header, params.genesisHeader)
      : equalBytes(header.subarray(4, 36), base.hash);
  if (!isFirst) throw corrupt("first header");
}

function expectBlock(best: BestChain, height: number, hash: string, what: string): void {
  const found = best.hashAt(height);
  if (found === undefined || toHashHex(found) !== hash) throw corrupt(`${what} ${height}`);
}

function corrupt(what: string, cause?: DashlightError): DashlightError {
  return new DashlightError({ code: "store/corrupt", what: `header chain: ${what}` }, { cause });
}
