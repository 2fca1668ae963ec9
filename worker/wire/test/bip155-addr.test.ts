import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { describe, expect, it } from "vitest";
import { addr, addrV2 } from "../addr.ts";
import { decode, encode } from "../codec.ts";
import { codeOf, decodeBothWays } from "./recordings.ts";

const TIME = "5712006b";

describe("addr", () => {
  it("has time, services, IPv6 and port, big-endian", () => {
    const hex = `01${TIME}${"051c000000000000"}${"00".repeat(10)}ffff7f0000014dbb`;
    const [entry] = decodeBothWays("addr", hexToBytes(hex), 70240, "");
    expect(entry).toMatchObject({ time: 0x6b001257, services: 0x1c05n, port: 19899 });
  });

  it("has at most 1000 entries, and so has addrv2", () => {
    const entry = { time: 0, services: 0n, address: new Uint8Array(16), port: 0 };
    const v2 = { ...entry, network: 2 };
    expect(decode(addr, encode(addr, new Array(1000).fill(entry)))).toHaveLength(1000);
    expect(codeOf(() => decode(addr, encode(addr, new Array(1001).fill(entry))))).toBe("wire/oversized");
    expect(decode(addrV2, encode(addrV2, new Array(1000).fill(v2)))).toHaveLength(1000);
    expect(codeOf(() => decode(addrV2, encode(addrV2, new Array(1001).fill(v2))))).toBe("wire/oversized");
  });
});

describe("addrv2", () => {
  it.each([
    ["IPv4", `01047f000001`],
    ["IPv6", `0210${"20".repeat(16)}`],
    ["Tor v3", `0420${"53".repeat(32)}`],
    ["I2P", `0520${"a2".repeat(32)}`],
    ["CJDNS", `0610${"fc".repeat(16)}`],
    ["a network of the future", `aa0401020304`],
    ["a network of the future without address", `aa00`],
  ])("has an address of %s", (_, address) => {
    const [entry] = decodeBothWays("addrv2", hexToBytes(`01${TIME}01${address}270f`), 70240, "");
    expect(entry).toMatchObject({ services: 1n, port: 9999 });
    expect(entry && bytesToHex(entry.address)).toBe(address.slice(4));
  });

  it.each([
    ["00", 0n],
    ["fc", 252n],
    ["fdfd00", 253n],
    ["fd051c", 0x1c05n],
    ["fdffff", 0xffffn],
    ["fe00000100", 0x10000n],
    ["feffffffff", 0xffffffffn],
    ["ff0000000001000000", 0x100000000n],
    ["ffffffffffffffffff", 0xffffffffffffffffn],
  ])("has services %s, which no limit of lengths bounds", (services, value) => {
    const [entry] = decodeBothWays("addrv2", hexToBytes(`01${TIME}${services}01047f000001270f`), 70240, "");
    expect(entry?.services).toBe(value);
  });

  it.each([
    ["services of 252 in three bytes", `fdfc00${"01047f000001"}`, "wire/non-canonical"],
    ["services of 65535 in five bytes", `feffff0000${"01047f000001"}`, "wire/non-canonical"],
    ["services of 2^32 - 1 in nine bytes", `ffffffffff00000000${"01047f000001"}`, "wire/non-canonical"],
    ["an IPv4 address of 16 bytes", `010110${"7f".repeat(16)}`, "wire/invalid-value"],
    ["a Tor address of 10 bytes", `01040a${"7f".repeat(10)}`, "wire/invalid-value"],
    ["an address of 513 bytes", `01aafd0102${"7f".repeat(513)}`, "wire/oversized"],
  ])("with %s is refused", (_, entry, code) => {
    expect(codeOf(() => decode(addrV2, hexToBytes(`01${TIME}${entry}270f`)))).toBe(code);
  });
});
