import { DashlightError } from "../errors.ts";
import {
  type Codec,
  type Decoded,
  fixedBytes,
  type Reader,
  struct,
  u8,
  u16be,
  varBytes,
  vector,
  type Writer,
} from "./codec.ts";

/**
 * CService in its 18-byte form: IPv6 (IPv4 as ::ffff:a.b.c.d), then the port, big-endian.
 * "No address" is 18 zero bytes, not ::ffff:0.0.0.0, and is hashed as such.
 */
export const service = struct({ address: fixedBytes(16), port: u16be });
export type Service = Decoded<typeof service>;

export const NO_SERVICE: Service = { address: new Uint8Array(16), port: 0 };

/** Length of an address by BIP155 network id: IPv4, IPv6, Tor v3, I2P, CJDNS. */
export const BIP155_ADDRESS_SIZES: ReadonlyMap<number, number> = new Map([
  [1, 4],
  [2, 16],
  [4, 32],
  [5, 32],
  [6, 16],
]);

export type NetInfoEntry =
  | {
      readonly kind: "service";
      readonly network: number;
      readonly address: Uint8Array;
      readonly port: number;
    }
  | { readonly kind: "domain"; readonly domain: Uint8Array; readonly port: number }
  | { readonly kind: "invalid" };

export interface NetInfoPurpose {
  /** 0 core p2p, 1 platform p2p, 2 platform https */
  readonly purpose: number;
  readonly entries: readonly NetInfoEntry[];
}

/** Extended addresses of an entry of version 3. A format other than 1 has nothing behind it. */
export interface ExtNetInfo {
  readonly format: number;
  readonly purposes: readonly NetInfoPurpose[];
}

const SERVICE = 0x01;
const DOMAIN = 0x02;
const INVALID = 0xff;
const address = varBytes(512);

const netInfoEntry: Codec<NetInfoEntry> = {
  minSize: 1,
  read(reader: Reader): NetInfoEntry {
    const kind = reader.u8();
    if (kind === SERVICE) {
      const network = reader.u8();
      const bytes = address.read(reader);
      const expected = BIP155_ADDRESS_SIZES.get(network);
      if (expected !== undefined && expected !== bytes.length) {
        throw new DashlightError({ code: "wire/invalid-value", what: "address size", value: bytes.length });
      }
      return { kind: "service", network, address: bytes, port: reader.u16be() };
    }
    if (kind === DOMAIN) return { kind: "domain", domain: address.read(reader), port: reader.u16be() };
    if (kind === INVALID) return { kind: "invalid" };
    throw new DashlightError({ code: "wire/invalid-value", what: "address kind", value: kind });
  },
  write(writer: Writer, entry: NetInfoEntry): void {
    if (entry.kind === "invalid") {
      writer.u8(INVALID);
      return;
    }
    if (entry.kind === "service") {
      writer.u8(SERVICE);
      writer.u8(entry.network);
      address.write(writer, entry.address);
    } else {
      writer.u8(DOMAIN);
      address.write(writer, entry.domain);
    }
    writer.u16be(entry.port);
  },
};

/** Consensus allows three purposes of four addresses each; a purpose we do not know must not be refused. */
const MAX_ENTRIES = 32;

const netInfoPurpose: Codec<NetInfoPurpose> = struct({
  purpose: u8,
  entries: vector(netInfoEntry, "addresses", MAX_ENTRIES),
});
const purposes = vector(netInfoPurpose, "address purposes", MAX_ENTRIES);

/** Source: Core 23.1.2 evo/netinfo.h ExtNetInfo */
export const extNetInfo: Codec<ExtNetInfo> = {
  minSize: 1,
  read(reader) {
    const format = reader.u8();
    return { format, purposes: format === 1 ? purposes.read(reader) : [] };
  },
  write(writer, value) {
    writer.u8(value.format);
    if (value.format === 1) purposes.write(writer, [...value.purposes]);
  },
};
