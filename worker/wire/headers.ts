import { DashlightError } from "../errors.ts";
import {
  type Codec,
  type Decoded,
  encode,
  hash256,
  Reader,
  struct,
  u32,
  vector,
  type Writer,
} from "./codec.ts";
import type { BlockHash } from "./hashes.ts";
import { type BlockHeader, blockHeader, HEADER_SIZE } from "./header.ts";

/** Most hashes of a locator (Core 23.1.2 net_processing.cpp MAX_LOCATOR_SZ). */
const MAX_LOCATOR_SZ = 101;
/** Most headers of one headers message, and of one headers2 before 70235 (MAX_HEADERS_UNCOMPRESSED_RESULT). */
export const MAX_HEADERS_RESULTS = 2000;
/** Most headers of one headers2 message since 70235 (MAX_HEADERS_COMPRESSED_RESULT). */
export const MAX_HEADERS_COMPRESSED_RESULTS = 8000;
const INCREASE_MAX_HEADERS2_VERSION = 70235;

/** getheaders and getheaders2 alike. */
export const getHeaders = struct({
  /** protocol version; ignored */
  version: u32,
  /** newest first; empty: only the header of hashStop is wanted */
  locator: vector(hash256<BlockHash>(), "locator", MAX_LOCATOR_SZ),
  /** zero: as many as the limit allows */
  hashStop: hash256<BlockHash>(),
});
export type GetHeaders = Decoded<typeof getHeaders>;

/**
 * Headers one after another, 80 bytes each, as they are hashed; what both kinds of message are decoded to.
 * {@link readHeaders} makes objects of them.
 */
export type ConcatenatedHeaders = Uint8Array;

export function readHeaders(headers: ConcatenatedHeaders): BlockHeader[] {
  const reader = new Reader(headers);
  const result: BlockHeader[] = [];
  while (reader.remaining > 0) result.push(blockHeader.read(reader));
  return result;
}

export function joinHeaders(headers: readonly BlockHeader[]): ConcatenatedHeaders {
  const joined = new Uint8Array(headers.length * HEADER_SIZE);
  headers.forEach((header, i) => {
    joined.set(encode(blockHeader, header), i * HEADER_SIZE);
  });
  return joined;
}

/** headers: each header is followed by a transaction count, which is zero. */
export const headers: Codec<ConcatenatedHeaders> = {
  minSize: 1,
  read(reader) {
    const count = reader.count(HEADER_SIZE + 1, "headers", MAX_HEADERS_RESULTS);
    const result = new Uint8Array(count * HEADER_SIZE);
    for (let i = 0; i < count; i++) {
      result.set(reader.take(HEADER_SIZE), i * HEADER_SIZE);
      const transactions = reader.u8();
      if (transactions !== 0) {
        throw new DashlightError({
          code: "wire/invalid-value",
          what: "transactions in headers",
          value: transactions,
        });
      }
    }
    return result;
  },
  write(writer, value) {
    const count = countHeaders(value);
    writer.compactSize(count);
    for (let i = 0; i < count; i++) {
      writer.bytes(headerAt(value, i));
      writer.u8(0);
    }
  },
};

/**
 * Headers as headers2 carries them (DIP-25).
 * A hash of the previous block that was left out is zero here until {@link linkHeaders} computes it.
 */
export interface CompressedHeaders {
  readonly headers: ConcatenatedHeaders;
  /** One per header: how it was, or is to be, compressed; see {@link HeaderBit}. */
  readonly bitFields: Uint8Array;
}

/** A set bit of 3 to 5 means "sent in full"; bits 6 and 7 are unused. */
export const HeaderBit = {
  /** 0: version in full; else its place in the table of recent versions, from 1 */
  versionMask: 0x07,
  prevBlockHash: 0x08,
  time: 0x10,
  bits: 0x20,
} as const;
/** The first header of a message refers to nothing. */
const ALL_IN_FULL = HeaderBit.prevBlockHash | HeaderBit.time | HeaderBit.bits;

const TIME_OFFSET = 68;
const BITS_OFFSET = 72;
const NONCE_OFFSET = 76;
const PREV_OFFSET = 4;
const MERKLE_ROOT_OFFSET = 36;

/** bit field, merkle root, time offset, nonce */
const MIN_COMPRESSED_SIZE = 1 + 32 + 2 + 4;
const MAX_VERSIONS = 7;

/** Versions of the headers before in the same message, most recent first, at most 7. */
class VersionTable {
  readonly #versions: number[] = [];

  /** A version sent in full; it may already be in the list, see {@link HeadersEncoder}. */
  push(version: number): void {
    this.#versions.unshift(version);
    if (this.#versions.length > MAX_VERSIONS) this.#versions.pop();
  }

  /** @returns place of a version from 1, 0 if it is not in the table */
  find(version: number): number {
    return this.#versions.indexOf(version) + 1;
  }

  /** @returns the version at a place from 1, which moves to the front */
  use(place: number): number {
    const [version] = this.#versions.splice(place - 1, 1);
    if (version === undefined) {
      throw new DashlightError({ code: "wire/invalid-value", what: "header version place", value: place });
    }
    this.#versions.unshift(version);
    return version;
  }
}

/**
 * @param protocolVersion - the common version of the connection; it selects the limit
 * Source: DIP-25; Core 23.1.2 primitives/block.cpp CompressibleBlockHeader
 */
export function headers2(protocolVersion: number): Codec<CompressedHeaders> {
  const limit =
    protocolVersion >= INCREASE_MAX_HEADERS2_VERSION ? MAX_HEADERS_COMPRESSED_RESULTS : MAX_HEADERS_RESULTS;
  return {
    minSize: 1,
    read(reader) {
      const count = reader.count(MIN_COMPRESSED_SIZE, "headers", limit);
      const result = { headers: new Uint8Array(count * HEADER_SIZE), bitFields: new Uint8Array(count) };
      const view = new DataView(result.headers.buffer);
      const versions = new VersionTable();
      for (let i = 0; i < count; i++) {
        const bitField = reader.u8();
        if (i === 0 && (bitField & ALL_IN_FULL) !== ALL_IN_FULL) {
          throw new DashlightError({ code: "wire/invalid-value", what: "first bit field", value: bitField });
        }
        result.bitFields[i] = bitField;
        readCompressedHeader(reader, bitField, versions, view, i * HEADER_SIZE);
      }
      return result;
    },
    write(writer, value) {
      const { headers, bitFields } = value;
      if (countHeaders(headers) !== bitFields.length) {
        throw new DashlightError({
          code: "wire/invalid-value",
          what: "bit fields",
          value: bitFields.length,
        });
      }
      const view = new DataView(headers.buffer, headers.byteOffset, headers.byteLength);
      writer.compactSize(bitFields.length);
      bitFields.forEach((bitField, i) => {
        writeCompressedHeader(writer, bitField, view, i * HEADER_SIZE);
      });
    },
  };
}

/** Writes the header at `start` of `view`; the one before it is already there. */
function readCompressedHeader(
  reader: Reader,
  bitField: number,
  versions: VersionTable,
  view: DataView,
  start: number,
): void {
  const bytes = new Uint8Array(view.buffer, start, HEADER_SIZE);
  const previous = start - HEADER_SIZE;
  const place = bitField & HeaderBit.versionMask;
  const version = place === 0 ? reader.i32() : versions.use(place);
  if (place === 0) versions.push(version);
  view.setInt32(start, version, true);
  if (bitField & HeaderBit.prevBlockHash) bytes.set(reader.take(32), PREV_OFFSET);
  bytes.set(reader.take(32), MERKLE_ROOT_OFFSET);
  const time =
    bitField & HeaderBit.time ? reader.u32() : view.getUint32(previous + TIME_OFFSET, true) + reader.i16();
  view.setUint32(start + TIME_OFFSET, time, true);
  const bits = bitField & HeaderBit.bits ? reader.u32() : view.getUint32(previous + BITS_OFFSET, true);
  view.setUint32(start + BITS_OFFSET, bits, true);
  view.setUint32(start + NONCE_OFFSET, reader.u32(), true);
}

function writeCompressedHeader(writer: Writer, bitField: number, view: DataView, start: number): void {
  const bytes = new Uint8Array(view.buffer, view.byteOffset + start, HEADER_SIZE);
  const time = view.getUint32(start + TIME_OFFSET, true);
  writer.u8(bitField);
  if ((bitField & HeaderBit.versionMask) === 0) writer.i32(view.getInt32(start, true));
  if (bitField & HeaderBit.prevBlockHash) writer.bytes(bytes.subarray(PREV_OFFSET, MERKLE_ROOT_OFFSET));
  writer.bytes(bytes.subarray(MERKLE_ROOT_OFFSET, TIME_OFFSET));
  if (bitField & HeaderBit.time) writer.u32(time);
  else writer.i16((time - view.getUint32(start - HEADER_SIZE + TIME_OFFSET, true)) | 0);
  if (bitField & HeaderBit.bits) writer.u32(view.getUint32(start + BITS_OFFSET, true));
  writer.u32(view.getUint32(start + NONCE_OFFSET, true));
}

/**
 * The two ways a node compresses. In replies the version of the first header is not entered into the encoder's own
 * table, so an equal second one is sent in full again; in unsolicited announcements it is.
 */
export type HeadersEncoder = "reply" | "announcement";

/**
 * Chooses what to leave out, as Core does: never a time that goes backwards (its unsigned difference wraps).
 * @param headers - a chain: each header is the previous block of the next
 */
export function compressHeaders(headers: ConcatenatedHeaders, encoder: HeadersEncoder): CompressedHeaders {
  const count = countHeaders(headers);
  const view = new DataView(headers.buffer, headers.byteOffset, headers.byteLength);
  const bitFields = new Uint8Array(count);
  const versions = new VersionTable();
  for (let i = 0; i < count; i++) {
    const start = i * HEADER_SIZE;
    const version = view.getInt32(start, true);
    if (i === 0) {
      bitFields[i] = ALL_IN_FULL;
      if (encoder === "announcement") versions.push(version);
      continue;
    }
    const place = versions.find(version);
    if (place === 0) versions.push(version);
    else versions.use(place);
    const previous = start - HEADER_SIZE;
    const seconds = view.getUint32(start + TIME_OFFSET, true) - view.getUint32(previous + TIME_OFFSET, true);
    const isTimeShort = seconds >= 0 && seconds <= 0x7fff;
    const isBitsSame =
      view.getUint32(start + BITS_OFFSET, true) === view.getUint32(previous + BITS_OFFSET, true);
    bitFields[i] = place | (isTimeShort ? 0 : HeaderBit.time) | (isBitsSame ? 0 : HeaderBit.bits);
  }
  return { headers, bitFields };
}

export interface LinkedHeaders {
  readonly headers: ConcatenatedHeaders;
  /** 32 bytes per header, wire order. */
  readonly hashes: Uint8Array;
}

/**
 * Fills in the hashes of previous blocks that were left out. Each header is hashed once.
 * @param hash - X11 of 80 bytes
 */
export function linkHeaders(
  { headers, bitFields }: CompressedHeaders,
  hash: (header: Uint8Array) => Uint8Array,
): LinkedHeaders {
  const linked = headers.slice();
  const hashes = new Uint8Array(bitFields.length * 32);
  bitFields.forEach((bitField, i) => {
    if ((bitField & HeaderBit.prevBlockHash) === 0) {
      linked.set(hashes.subarray((i - 1) * 32, i * 32), i * HEADER_SIZE + PREV_OFFSET);
    }
    hashes.set(hash(headerAt(linked, i)), i * 32);
  });
  return { headers: linked, hashes };
}

/** @returns the 80 bytes of header `index`, as a view */
export function headerAt(headers: ConcatenatedHeaders, index: number): Uint8Array {
  return headers.subarray(index * HEADER_SIZE, (index + 1) * HEADER_SIZE);
}

function countHeaders(headers: ConcatenatedHeaders): number {
  if (headers.length % HEADER_SIZE !== 0) {
    throw new DashlightError({ code: "wire/invalid-value", what: "headers", value: headers.length });
  }
  return headers.length / HEADER_SIZE;
}
