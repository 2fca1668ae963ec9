import { DashlightError } from "../errors.ts";
import {
  type Codec,
  type Decoded,
  fixedBytes,
  type Reader,
  struct,
  u8,
  u16be,
  u32,
  u64,
  varBytes,
  vector,
  type Writer,
} from "./codec.ts";
import { BIP155_ADDRESS_SIZES } from "./netInfo.ts";

/** Most addresses of one message (Core 23.1.2 net_processing.h MAX_ADDR_TO_SEND). */
const MAX_ADDR_TO_SEND = 1000;
/** Longest address of a network unknown to the reader (Core 23.1.2 netaddress.h MAX_ADDRV2_SIZE). */
const MAX_ADDRV2_SIZE = 512;

/** A node's address in addr: IPv6, IPv4 as ::ffff:a.b.c.d. */
export const addrEntry = struct({ time: u32, services: u64, address: fixedBytes(16), port: u16be });
export type AddrEntry = Decoded<typeof addrEntry>;

export const addr: Codec<AddrEntry[]> = vector(addrEntry, "addresses", MAX_ADDR_TO_SEND);

/** CompactSize without the limit that lengths have. */
const compactServices: Codec<bigint> = {
  minSize: 1,
  read(reader: Reader): bigint {
    const first = reader.u8();
    if (first < 0xfd) return BigInt(first);
    const [value, least] =
      first === 0xfd
        ? [BigInt(reader.u16()), 0xfdn]
        : first === 0xfe
          ? [BigInt(reader.u32()), 0x10000n]
          : [reader.u64(), 0x100000000n];
    if (value < least) throw new DashlightError({ code: "wire/non-canonical", what: "services" });
    return value;
  },
  write(writer: Writer, value: bigint): void {
    if (value < 0xfdn) writer.u8(Number(value));
    else if (value <= 0xffffn) {
      writer.u8(0xfd);
      writer.u16(Number(value));
    } else if (value <= 0xffffffffn) {
      writer.u8(0xfe);
      writer.u32(Number(value));
    } else {
      writer.u8(0xff);
      writer.u64(value);
    }
  },
};

const addrV2Fields = struct({
  time: u32,
  services: compactServices,
  /** BIP155 network id; one that is unknown is kept */
  network: u8,
  address: varBytes(MAX_ADDRV2_SIZE),
  port: u16be,
});
export type AddrV2Entry = Decoded<typeof addrV2Fields>;

export const addrV2Entry: Codec<AddrV2Entry> = {
  minSize: addrV2Fields.minSize,
  read(reader) {
    const entry = addrV2Fields.read(reader);
    const size = BIP155_ADDRESS_SIZES.get(entry.network);
    if (size !== undefined && size !== entry.address.length) {
      throw new DashlightError({
        code: "wire/invalid-value",
        what: "address size",
        value: entry.address.length,
      });
    }
    return entry;
  },
  write: addrV2Fields.write,
};

/** Source: BIP155 */
export const addrV2: Codec<AddrV2Entry[]> = vector(addrV2Entry, "addresses", MAX_ADDR_TO_SEND);
