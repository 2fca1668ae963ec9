import { DashlightError } from "../errors.ts";
import { bool, type Codec, fixedBytes, hash256, type Reader, u16, Writer } from "./codec.ts";
import { type BlockHash, type Hash256, type ProTxHash, sha256d } from "./hashes.ts";
import { type ExtNetInfo, extNetInfo, type Service, service } from "./netInfo.ts";

export const SmlEntryVersion = { legacyBls: 1, basicBls: 2, extAddr: 3 } as const;
export const MnType = { regular: 0, evo: 1 } as const;

/**
 * One masternode in the simplified list.
 * Source: DIP-4; Core 23.1.2 evo/simplifiedmns.h CSimplifiedMNListEntry
 */
export interface SmlEntryFields {
  /** 1 legacy BLS key, 2 basic BLS key, 3 extended addresses. Not part of the hash. */
  readonly version: number;
  readonly proRegTxHash: ProTxHash;
  /** Zero until the registration has enough confirmations. */
  readonly confirmedHash: BlockHash;
  /** Versions 1 and 2 have a service, version 3 extended addresses. */
  readonly netInfo: Service | ExtNetInfo;
  /** 48 bytes; legacy encoding in version 1, else basic; zero if revoked */
  readonly pubKeyOperator: Uint8Array;
  readonly keyIDVoting: Uint8Array;
  /** Not PoSe-banned. */
  readonly isValid: boolean;
  /** 0 regular, 1 Evo; version 1 is always regular on the wire */
  readonly type: number;
  /** Version 2 Evo entries only; little-endian on the wire, unlike the service port. */
  readonly platformHTTPPort: number | undefined;
  /** 20 bytes, Evo entries only. */
  readonly platformNodeID: Uint8Array | undefined;
}

export interface SmlEntry extends SmlEntryFields {
  /** The bytes that are hashed: the entry as received, without its version. */
  readonly body: Uint8Array;
}

const proTxHash = hash256<ProTxHash>();
const blockHash = hash256<BlockHash>();
const publicKey = fixedBytes(48);
const keyId = fixedBytes(20);

export function isExtNetInfo(netInfo: Service | ExtNetInfo): netInfo is ExtNetInfo {
  return "format" in netInfo;
}

function readBody(reader: Reader, version: number, hasType: boolean): SmlEntry {
  if (version < 1 || version > 3) {
    throw new DashlightError({ code: "wire/unsupported-version", what: "masternode entry", version });
  }
  const start = reader.offset;
  const proRegTxHash = proTxHash.read(reader);
  const confirmedHash = blockHash.read(reader);
  const netInfo = version >= SmlEntryVersion.extAddr ? extNetInfo.read(reader) : service.read(reader);
  const pubKeyOperator = publicKey.read(reader);
  const keyIDVoting = keyId.read(reader);
  const isValid = bool.read(reader);
  const type = hasType ? u16.read(reader) : MnType.regular;
  if (type > MnType.evo)
    throw new DashlightError({ code: "wire/invalid-value", what: "masternode type", value: type });
  const isEvo = type === MnType.evo;
  const platformHTTPPort = isEvo && version === SmlEntryVersion.basicBls ? reader.u16() : undefined;
  const platformNodeID = isEvo ? keyId.read(reader) : undefined;
  return {
    version,
    proRegTxHash,
    confirmedHash,
    netInfo,
    pubKeyOperator,
    keyIDVoting,
    isValid,
    type,
    platformHTTPPort,
    platformNodeID,
    body: reader.bytes.subarray(start, reader.offset),
  };
}

function writeBody(writer: Writer, entry: SmlEntryFields, hasType: boolean): void {
  proTxHash.write(writer, entry.proRegTxHash);
  blockHash.write(writer, entry.confirmedHash);
  if (isExtNetInfo(entry.netInfo)) extNetInfo.write(writer, entry.netInfo);
  else service.write(writer, entry.netInfo);
  publicKey.write(writer, entry.pubKeyOperator);
  keyId.write(writer, entry.keyIDVoting);
  bool.write(writer, entry.isValid);
  if (!hasType) return;
  u16.write(writer, entry.type);
  if (entry.platformHTTPPort !== undefined) writer.u16(entry.platformHTTPPort);
  if (entry.platformNodeID !== undefined) keyId.write(writer, entry.platformNodeID);
}

/** Smallest body: a version 3 entry without addresses. */
const MIN_BODY_SIZE = 32 + 32 + 1 + 48 + 20 + 1;

/** Entry form of protocol 70228 and later: each entry carries its own version, first. */
export const smlEntry: Codec<SmlEntry> = {
  minSize: 2 + MIN_BODY_SIZE,
  read(reader) {
    const version = reader.u16();
    return readBody(reader, version, version >= SmlEntryVersion.basicBls);
  },
  write(writer, entry) {
    writer.u16(entry.version);
    writeBody(writer, entry, entry.version >= SmlEntryVersion.basicBls);
  },
};

/** Entry form before 70228: all entries have one version, which decides whether they carry their type. */
export function unversionedSmlEntry(version: number): Codec<SmlEntry> {
  const hasType = version >= SmlEntryVersion.basicBls;
  return {
    minSize: MIN_BODY_SIZE,
    read: (reader) => readBody(reader, version, hasType),
    write: (writer, entry) => writeBody(writer, entry, hasType),
  };
}

/** Makes an entry of its fields: adds the bytes that are hashed. */
export function makeSmlEntry(fields: SmlEntryFields): SmlEntry {
  const writer = new Writer();
  writeBody(writer, fields, fields.version >= SmlEntryVersion.basicBls);
  return { ...fields, body: writer.finish() };
}

/** Leaf of merkleRootMNList: SHA-256d of the entry without its version. */
export function computeEntryHash(entry: SmlEntry): Hash256 {
  return sha256d(entry.body);
}
