import { encode } from "../../worker/wire/codec.ts";
import { type BlockHash, equalBytes, isZero, sha256d, toHashHex } from "../../worker/wire/hashes.ts";
import { HEADER_SIZE } from "../../worker/wire/header.ts";
import {
  type ConcatenatedHeaders,
  compressHeaders,
  type GetHeaders,
  type HeadersEncoder,
  MAX_HEADERS_COMPRESSED_RESULTS,
  MAX_HEADERS_RESULTS,
} from "../../worker/wire/headers.ts";
import { type InventoryItem, InvType } from "../../worker/wire/inventory.ts";
import { type ChainLock, chainLock, type InstantLock, instantLock } from "../../worker/wire/locks.ts";
import type { KnownMessage } from "../../worker/wire/message.ts";
import type { SimBlock } from "./block.ts";
import type { SimChain } from "./chain.ts";

/** Since this common version a headers2 may hold more headers (Core 23.1.2 version.h). */
const INCREASE_MAX_HEADERS2_VERSION = 70235;

/** Kinds of getdata items that come back as notfound when they are not here; others vanish. */
const NOT_FOUND_TYPES: ReadonlySet<number> = new Set([
  InvType.tx,
  InvType.dsTx,
  InvType.spork,
  InvType.governanceObject,
  InvType.governanceObjectVote,
  InvType.quorumFinalCommitment,
  InvType.quorumRecoveredSig,
  InvType.clSig,
  InvType.isdLock,
]);

/** The form in which headers travel. */
export type HeadersForm = "headers" | "headers2";

/**
 * Blocks a getheaders asks for: those after the first locator hash on the active chain.
 * @returns undefined where a node does not answer: an empty locator with an unknown stop hash
 * Source: Core 23.1.2 net_processing.cpp ProcessMessage "getheaders"
 */
export function findHeaders(
  chain: SimChain,
  request: GetHeaders,
  form: HeadersForm,
  protocolVersion: number,
): SimBlock[] | undefined {
  if (request.locator.length === 0) {
    const stop = isZero(request.hashStop) ? undefined : chain.blockByHash(request.hashStop);
    return stop && [stop];
  }
  const forkHeight =
    request.locator.map((hash) => chain.heightOf(hash)).find((height) => height !== undefined) ?? 0;
  const isLong = form === "headers2" && protocolVersion >= INCREASE_MAX_HEADERS2_VERSION;
  const limit = isLong ? MAX_HEADERS_COMPRESSED_RESULTS : MAX_HEADERS_RESULTS;
  const blocks: SimBlock[] = [];
  for (let height = forkHeight + 1; height <= chain.tipHeight && blocks.length < limit; height++) {
    const block = chain.block(height);
    blocks.push(block);
    if (equalBytes(block.hash, request.hashStop)) break;
  }
  return blocks;
}

export function headersMessage(
  blocks: readonly SimBlock[],
  form: HeadersForm,
  encoder: HeadersEncoder,
): KnownMessage {
  const joined: ConcatenatedHeaders = new Uint8Array(blocks.length * HEADER_SIZE);
  blocks.forEach(({ headerBytes }, i) => {
    joined.set(headerBytes, i * HEADER_SIZE);
  });
  return form === "headers"
    ? { command: "headers", payload: joined }
    : { command: "headers2", payload: compressHeaders(joined, encoder) };
}

export function chainLockItem(lock: ChainLock): InventoryItem {
  return { type: InvType.clSig, hash: sha256d(encode(chainLock, lock)) };
}

export function instantLockItem(lock: InstantLock): InventoryItem {
  return { type: InvType.isdLock, hash: sha256d(encode(instantLock, lock)) };
}

export function blockItem(hash: BlockHash): InventoryItem {
  return { type: InvType.block, hash };
}

/** What `mempool` brings: payments, their locks and the best ChainLock. */
export function poolItems(chain: SimChain): InventoryItem[] {
  return [
    ...chain.pending.map(({ txid }) => ({ type: InvType.tx, hash: txid })),
    ...[...chain.instantLocks].map(instantLockItem),
    ...(chain.bestChainLock === undefined ? [] : [chainLockItem(chain.bestChainLock)]),
  ];
}

/**
 * Answers a getdata.
 * @param mayHaveTx - whether the peer was told of a transaction, by display hash
 * @returns the objects in the order asked, then one notfound for what is missing
 */
export function findObjects(
  chain: SimChain,
  items: readonly InventoryItem[],
  mayHaveTx: (txid: string) => boolean,
): KnownMessage[] {
  const found: KnownMessage[] = [];
  const missing: InventoryItem[] = [];
  for (const item of items) {
    const object = findObject(chain, item, mayHaveTx);
    if (object !== undefined) found.push(object);
    else if (NOT_FOUND_TYPES.has(item.type)) missing.push(item);
  }
  if (missing.length > 0) found.push({ command: "notfound", payload: missing });
  return found;
}

function findObject(
  chain: SimChain,
  { type, hash }: InventoryItem,
  mayHaveTx: (txid: string) => boolean,
): KnownMessage | undefined {
  switch (type) {
    case InvType.block: {
      const block = chain.blockByHash(hash as BlockHash);
      return (
        block && {
          command: "block",
          payload: { header: block.header, transactions: [...block.transactions] },
        }
      );
    }
    case InvType.tx: {
      const payment = chain.pending.find(({ txid }) => equalBytes(txid, hash));
      return payment && mayHaveTx(toHashHex(hash)) ? { command: "tx", payload: payment.tx } : undefined;
    }
    case InvType.clSig: {
      const lock = chain.bestChainLock;
      const isBest = lock !== undefined && equalBytes(chainLockItem(lock).hash, hash);
      return isBest ? { command: "clsig", payload: lock } : undefined;
    }
    case InvType.isdLock: {
      const lock = [...chain.instantLocks].find((each) => equalBytes(instantLockItem(each).hash, hash));
      return lock && { command: "isdlock", payload: lock };
    }
    default:
      return undefined;
  }
}
