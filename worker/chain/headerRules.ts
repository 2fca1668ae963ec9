import type { ChainErrorFacts } from "../errors.ts";
import type { NetworkParams } from "../params/index.ts";
import { toHashHex } from "../wire/hashes.ts";
import type { HeaderBranch } from "./branch.ts";
import { computeRequiredBits, isRequiredDifficulty } from "./difficulty.ts";
import { computeMedianTimePast } from "./medianTimePast.ts";
import { isProofOfWork } from "./target.ts";

/** A block this far ahead of the clock waits. Source: Core 23.1.2 chain.h MAX_FUTURE_BLOCK_TIME */
const MAX_FUTURE_BLOCK_TIME_SECONDS = 2 * 60 * 60;

/** What the rules read of a header. */
export interface HeaderFields {
  /** i32 */
  readonly version: number;
  /** seconds since 1970 */
  readonly time: number;
  /** compact target */
  readonly bits: number;
}

/** @param header - 80 bytes */
export function readHeaderFields(header: Uint8Array): HeaderFields {
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  return { version: view.getInt32(0, true), time: view.getUint32(68, true), bits: view.getUint32(72, true) };
}

/**
 * The rule that needs no other header.
 * @param blockHash - X11 of the header, wire order
 * @returns what is wrong, undefined if nothing is
 */
export function checkProofOfWork(
  bits: number,
  blockHash: Uint8Array,
  params: NetworkParams,
): ChainErrorFacts | undefined {
  if (isProofOfWork(blockHash, bits, params.pow.powLimit)) return undefined;
  return { code: "chain/bad-proof-of-work", blockHash: toHashHex(blockHash), bits: bitsHex(bits) };
}

/**
 * The rules that look at the chain below, in Core's order. One that needs headers below the first known one is not
 * applied: difficulty holds from the 25th known header on, the median time from the 12th.
 * @param branch - the chain below the header
 * @param nowSeconds - the clock; Infinity for headers that passed before
 * @returns what is wrong, undefined if nothing is
 * Source: Core 23.1.2 validation.cpp ContextualCheckBlockHeader
 */
export function checkInContext(
  header: HeaderFields,
  branch: HeaderBranch,
  params: NetworkParams,
  nowSeconds: number,
): ChainErrorFacts | undefined {
  const { time, bits, version } = header;
  const height = branch.height + 1;
  const required =
    branch.height < branch.firstHeight ? undefined : computeRequiredBits(branch, time, params.pow);
  if (required !== undefined && !isRequiredDifficulty(bits, required, height, params.pow)) {
    return { code: "chain/bad-difficulty", height, expected: bitsHex(required), received: bitsHex(bits) };
  }
  const medianTimePast = computeMedianTimePast(branch);
  if (medianTimePast !== undefined && time <= medianTimePast) {
    return { code: "chain/time-too-old", height, time, medianTimePast };
  }
  const limit = nowSeconds + MAX_FUTURE_BLOCK_TIME_SECONDS;
  if (time > limit) return { code: "chain/time-too-new", height, time, limit };
  if (version < minimumVersion(height, params)) return { code: "chain/bad-version", height, version };
  return undefined;
}

/** Versions compare signed, so one with the top bit set is always too low; before BIP34 anything goes. */
function minimumVersion(height: number, { activation }: NetworkParams): number {
  if (height >= activation.bip65) return 4;
  if (height >= activation.bip66) return 3;
  if (height >= activation.bip34) return 2;
  return Number.NEGATIVE_INFINITY;
}

function bitsHex(bits: number): string {
  return bits.toString(16).padStart(8, "0");
}
