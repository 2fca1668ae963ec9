import type { HeaderChain } from "../chain/headerChain.ts";
import type { SavedChain } from "../chain/savedChain.ts";
import type { BlockHash } from "../wire/hashes.ts";
import { HEADER_SIZE } from "../wire/header.ts";
import type { Writes } from "./database.ts";
import { type RawRecords, requireBytes, requireFields, requireInteger } from "./records.ts";
import type { BlockRecord, ChainRecord, ReadTransaction, WriteTransaction } from "./schema.ts";
import { corrupt } from "./storeErrors.ts";

/** A new header rewrites its chunk, 80 kB at most; 200 000 headers are 200 records. */
export const HEADERS_PER_CHUNK = 1_000;

export interface HeaderChunk {
  /** Height of the first header: a multiple of HEADERS_PER_CHUNK, or where the chain starts. */
  readonly firstHeight: number;
  /** n times 80 bytes, up to the next multiple of HEADERS_PER_CHUNK at most. */
  readonly bytes: Uint8Array;
}

/** Headers that changed, from a height up; made by `makeHeadersStep`. */
export interface HeadersStep {
  readonly fromHeight: number;
  readonly saved: SavedChain;
  /** All chunks from that of a height up: the store may need lower ones, if it could not save them before. */
  readonly chunksFrom: (fromHeight: number) => readonly HeaderChunk[];
}

/** All chunks from that of `fromHeight` up are written again. */
export interface HeadersRewrite {
  readonly fromHeight: number;
  readonly saved: SavedChain;
  readonly chunks: readonly HeaderChunk[];
}

/** What `HeaderChain.restore` takes. */
export interface StoredHeaders {
  readonly saved: SavedChain;
  readonly chunks: Uint8Array[];
}

type SavableChain = Pick<HeaderChain, "firstHeight" | "headersTip" | "rawHeaders" | "save">;

/**
 * To be given to `ClientStore.save` before the chain changes again.
 * @param fromHeight - `changedFrom` of what the chain accepted
 */
export function makeHeadersStep(chain: SavableChain, fromHeight: number): HeadersStep {
  return { fromHeight, saved: chain.save(), chunksFrom: (height) => cutChunks(chain, height) };
}

function cutChunks(chain: SavableChain, fromHeight: number): HeaderChunk[] {
  const chunks: HeaderChunk[] = [];
  const tip = chain.headersTip.height;
  let firstHeight = firstRewritten(fromHeight, chain.firstHeight);
  while (firstHeight <= tip) {
    const end = chunkStart(firstHeight) + HEADERS_PER_CHUNK;
    chunks.push({ firstHeight, bytes: chain.rawHeaders(firstHeight, end - firstHeight) });
    firstHeight = end;
  }
  return chunks;
}

function chunkStart(height: number): number {
  return height - (height % HEADERS_PER_CHUNK);
}

/** Where the chunk begins that has the header at `fromHeight`. */
function firstRewritten(fromHeight: number, chainStart: number): number {
  return Math.max(chunkStart(fromHeight), chainStart);
}

function firstHeightOf({ base }: SavedChain): number {
  return base === undefined ? 0 : base.height + 1;
}

/** @throws `RangeError` if the chunks do not lead from `fromHeight` to the tip: our own mistake */
export function writeHeaders(transaction: WriteTransaction, writes: Writes, rewrite: HeadersRewrite): void {
  checkRewrite(rewrite);
  const { fromHeight, chunks, saved } = rewrite;
  const headers = transaction.objectStore("headers");
  const firstHeight = firstRewritten(fromHeight, firstHeightOf(saved));
  // A chain written from its start may start above where the one before it did.
  const isWhole = firstHeight === firstHeightOf(saved);
  writes.push(isWhole ? headers.clear() : headers.delete(IDBKeyRange.lowerBound(firstHeight)));
  for (const chunk of chunks) writes.push(headers.put(chunk.bytes.slice(), chunk.firstHeight));
  const record: ChainRecord = {
    base: saved.base && encodeBlock(saved.base),
    tip: encodeBlock(saved.tip),
    lock: saved.lock && encodeBlock(saved.lock),
  };
  writes.push(transaction.objectStore("meta").put(record, "chain"));
}

function checkRewrite({ fromHeight, chunks, saved }: HeadersRewrite): void {
  let next = firstRewritten(fromHeight, firstHeightOf(saved));
  for (const { firstHeight, bytes } of chunks) {
    if (firstHeight !== next) throw new RangeError(`chunk ${firstHeight}, expected ${next}`);
    next += countHeaders(firstHeight, bytes);
  }
  if (next !== saved.tip.height + 1) throw new RangeError(`chunks end at ${next}, tip ${saved.tip.height}`);
}

function countHeaders(firstHeight: number, bytes: Uint8Array): number {
  const count = bytes.length / HEADER_SIZE;
  const limit = chunkStart(firstHeight) + HEADERS_PER_CHUNK - firstHeight;
  if (!Number.isInteger(count) || count < 1 || count > limit) {
    throw new RangeError(`${bytes.length} bytes in chunk ${firstHeight}`);
  }
  return count;
}

/**
 * @returns undefined if none were ever saved
 * @throws `store/corrupt` if a chunk is missing or broken; what the headers say is the chain's to check
 */
export async function readHeaders(transaction: ReadTransaction): Promise<StoredHeaders | undefined> {
  const headers = transaction.objectStore("headers");
  const [chain, keys, values] = await Promise.all([
    transaction.objectStore("meta").get("chain"),
    headers.getAllKeys(),
    headers.getAll(),
  ]);
  if (chain === undefined && keys.length === 0) return undefined;
  const saved = decodeChain(chain);
  return { saved, chunks: decodeChunks({ keys, values }, saved) };
}

function decodeChunks({ keys, values }: RawRecords, saved: SavedChain): Uint8Array[] {
  let next = firstHeightOf(saved);
  const chunks = keys.map((key, i) => {
    const what = `headers ${String(key)}`;
    if (key !== next) throw corrupt(`${what}: expected ${next}`);
    const bytes = requireBytes(values[i], what);
    const count = bytes.length / HEADER_SIZE;
    if (!Number.isInteger(count) || count < 1 || count > HEADERS_PER_CHUNK) {
      throw corrupt(`${what}: ${bytes.length} bytes`);
    }
    next += count;
    return bytes;
  });
  if (next !== saved.tip.height + 1) throw corrupt(`headers end at ${next - 1}, tip is ${saved.tip.height}`);
  return chunks;
}

/** How many headers are stored. */
export async function countStoredHeaders(transaction: ReadTransaction): Promise<number> {
  const [chain, firstKeys] = await Promise.all([
    transaction.objectStore("meta").get("chain"),
    transaction.objectStore("headers").getAllKeys(undefined, 1),
  ]);
  const [firstKey] = firstKeys;
  if (chain === undefined || firstKey === undefined) return 0;
  return Math.max(0, decodeChain(chain).tip.height - requireInteger(firstKey, "headers") + 1);
}

function encodeBlock({ height, hash }: BlockRecord): BlockRecord {
  return { height, hash: hash.slice() };
}

function decodeChain(value: unknown): SavedChain {
  const { base, tip, lock } = requireFields(value, "meta chain");
  return {
    base: base === undefined ? undefined : decodeBlock(base, "meta chain: base"),
    tip: decodeBlock(tip, "meta chain: tip"),
    lock: lock === undefined ? undefined : decodeBlock(lock, "meta chain: lock"),
  };
}

function decodeBlock(value: unknown, what: string): { height: number; hash: BlockHash } {
  const { height, hash } = requireFields(value, what);
  return { height: requireInteger(height, what), hash: requireBytes(hash, what, 32) as BlockHash };
}
