import { DashlightError } from "../errors.ts";
import {
  bool,
  type Codec,
  type Decoded,
  fixedBytes,
  hash256,
  i32,
  i64,
  type Reader,
  struct,
  u16be,
  u64,
  varBytes,
  type Writer,
} from "./codec.ts";

/** What we speak (Core 23.1.2 version.h PROTOCOL_VERSION). The lower of both sides' selects every encoding. */
export const PROTOCOL_VERSION = 70240;

/** Bits of `services`. Source: Core 23.1.2 protocol.h ServiceFlags */
export const ServiceFlag = {
  network: 1n << 0n,
  bloom: 1n << 2n,
  compactFilters: 1n << 6n,
  networkLimited: 1n << 10n,
  headersCompressed: 1n << 11n,
  p2pV2: 1n << 12n,
} as const;

/** An address inside version: 26 bytes, IPv4 as ::ffff:a.b.c.d. */
export const versionAddress = struct({ services: u64, address: fixedBytes(16), port: u16be });
export type VersionAddress = Decoded<typeof versionAddress>;

export const NO_ADDRESS: VersionAddress = { services: 0n, address: new Uint8Array(16), port: 0 };

/**
 * First message of both sides. A node reads each group after `addrRecv` only if bytes are left, so an old sender may
 * end after any of them: from the first absent field on, all are undefined.
 * Source: Core 23.1.2 net_processing.cpp PushNodeVersion, ProcessMessage
 */
export interface Version {
  readonly protocolVersion: number;
  readonly services: bigint;
  /** seconds since 1970 */
  readonly time: bigint;
  readonly addrRecv: VersionAddress;
  readonly sender: VersionSender | undefined;
  /** At most 256 bytes, one character per byte (Latin-1, so that any bytes come back the same). */
  readonly userAgent: string | undefined;
  readonly startHeight: number | undefined;
  /** Whether the sender wants transactions and locks announced; absent means yes. */
  readonly relay: boolean | undefined;
  /** 32 bytes the receiver signs in mnauth if it is a masternode; zero: none wanted. */
  readonly mnAuthChallenge: Uint8Array | undefined;
  /** The connection is one between masternodes. */
  readonly isMasternode: boolean | undefined;
  /** What later versions add; a node ignores it. */
  readonly rest: Uint8Array;
}

const MAX_SUBVERSION_LENGTH = 256;

const versionSender = struct({
  addrFrom: versionAddress,
  /** random, to notice a connection to oneself */ nonce: u64,
});
export type VersionSender = Decoded<typeof versionSender>;

const userAgentBytes = varBytes(MAX_SUBVERSION_LENGTH);
const userAgent: Codec<string> = {
  minSize: 1,
  read: (reader) => String.fromCharCode(...userAgentBytes.read(reader)),
  write(writer, text) {
    const codes = Array.from(text, (character) => character.charCodeAt(0));
    if (codes.length > MAX_SUBVERSION_LENGTH || codes.some((code) => code > 0xff)) {
      throw new DashlightError({ code: "wire/invalid-value", what: "user agent", value: text });
    }
    userAgentBytes.write(writer, Uint8Array.from(codes));
  },
};
const challenge = hash256();

export const version: Codec<Version> = {
  minSize: 4 + 8 + 8 + versionAddress.minSize,
  read(reader) {
    const ifMore = <T>(codec: Codec<T>): T | undefined =>
      reader.remaining > 0 ? codec.read(reader) : undefined;
    return {
      protocolVersion: reader.i32(),
      services: reader.u64(),
      time: reader.i64(),
      addrRecv: versionAddress.read(reader),
      sender: ifMore(versionSender),
      userAgent: ifMore(userAgent),
      startHeight: ifMore(i32),
      relay: ifMore(bool),
      mnAuthChallenge: ifMore(challenge),
      isMasternode: ifMore(bool),
      rest: restBytes.read(reader),
    };
  },
  write(writer, value) {
    writer.i32(value.protocolVersion);
    writer.u64(value.services);
    i64.write(writer, value.time);
    versionAddress.write(writer, value.addrRecv);
    const groups = [
      group(versionSender, value.sender),
      group(userAgent, value.userAgent),
      group(i32, value.startHeight),
      group(bool, value.relay),
      group(challenge, value.mnAuthChallenge),
      group(bool, value.isMasternode),
      group(restBytes, value.rest.length > 0 ? value.rest : undefined),
    ];
    const firstAbsent = groups.indexOf(undefined);
    const present = firstAbsent < 0 ? groups : groups.slice(0, firstAbsent);
    if (groups.slice(present.length).some((write) => write !== undefined)) {
      throw new DashlightError({
        code: "wire/invalid-value",
        what: "version",
        value: "field after an absent one",
      });
    }
    for (const write of present) write?.(writer);
  },
};

const restBytes: Codec<Uint8Array> = {
  minSize: 0,
  read: (reader: Reader) => reader.take(reader.remaining),
  write: (writer, bytes) => writer.bytes(bytes),
};

function group<T>(codec: Codec<T>, value: T | undefined): ((writer: Writer) => void) | undefined {
  return value === undefined ? undefined : (writer) => codec.write(writer, value);
}
