/**
 * The network's events as lines of a log.
 */
import type { NetworkParams } from "../../worker/params/index.ts";
import { type Height, toHashHex } from "../../worker/wire/hashes.ts";
import type { ChainLock } from "../../worker/wire/locks.ts";
import type { SimBlock } from "./block.ts";
import type { PendingPayment } from "./chain.ts";
import { rotatingLlmq } from "./params.ts";

/** Enough to tell the blocks and transactions of a simnet apart: their hashes begin with no zeros. */
const SHORT_HASH_DIGITS = 8;

/** @param hash - wire order @returns the first digits as nodes print it */
export function shortHash(hash: Uint8Array): string {
  return toHashHex(hash).slice(0, SHORT_HASH_DIGITS);
}

export function describeBlock(block: SimBlock, params: NetworkParams): string {
  const { height, hash, transactions, quorums } = block;
  const formed = quorums.all().filter(({ minedHeight }) => minedHeight === height).length;
  const isCycleBase = height % rotatingLlmq(params).dkgInterval === 0;
  return [
    `block ${height} ${shortHash(hash)}`,
    count(transactions.length, "transaction"),
    ...(formed > 0 ? [count(formed, "new quorum")] : []),
    ...(isCycleBase ? ["a rotation cycle begins"] : []),
  ].join(", ");
}

export function describeChainLock({ height, blockHash }: ChainLock, tipHeight: Height): string {
  const late = tipHeight > height ? `, ${count(tipHeight - height, "block")} late` : "";
  return `ChainLock ${height} ${shortHash(blockHash)}${late}`;
}

export function describePayment({ txid, lock }: PendingPayment): string {
  return `payment ${shortHash(txid)}, ${lock === undefined ? "not locked: its quorum is missing" : "locked"}`;
}

function count(items: number, noun: string): string {
  return `${items} ${noun}${items === 1 ? "" : "s"}`;
}
