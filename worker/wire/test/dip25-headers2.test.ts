import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hasVectors, readVectorJson } from "../../test/vectors.ts";
import { decode, encode } from "../codec.ts";
import { fromHashHex, sha256d, toHashHex } from "../hashes.ts";
import { type BlockHeader, HEADER_SIZE } from "../header.ts";
import {
  compressHeaders,
  type HeadersEncoder,
  headerAt,
  headers,
  headers2,
  joinHeaders,
  linkHeaders,
  MAX_HEADERS_COMPRESSED_RESULTS,
  MAX_HEADERS_RESULTS,
  readHeaders,
} from "../headers.ts";
import {
  codeOf,
  decodeBothWays,
  decodeSame,
  factsOf,
  fileRecordings,
  REGTEST_SCENARIOS,
  type Recording,
  readRecording,
  regtestRecordings,
} from "./recordings.ts";

const GENESIS = "000008ca1832a4baf228eb1553c03d3a2c8e02399550dd6ea8d65cec3ef23d2e";

/** Reply to getheaders2 from the regtest genesis, and the same four headers uncompressed. Source: protocol/wire.md 12 */
const REPLY =
  "0438000000202e3df23eec5cd6a86edd509539028e2c3a3dc05315eb28f2baa43218ca0800003c1df11f1648f3582f31dabb8f1e1063de521775953679ec8eb5072b8975514f5a0d006bffff7f200000000000000000202f6cb255bec9a1fdf7d8894186dddd9474aa6c76ed5dc2d11dbd0b5538e55427010002000000018e4d50e8e4fa3b03e367915371b96dab599a3d464c61a9ce269bd9fefd041e2c0000030000000140cbad0b51df95d672c96981f037f75017365d7ecccc62530710ef2facbb2377010000000000";
const PLAIN =
  "04000000202e3df23eec5cd6a86edd509539028e2c3a3dc05315eb28f2baa43218ca0800003c1df11f1648f3582f31dabb8f1e1063de521775953679ec8eb5072b8975514f5a0d006bffff7f20000000000000000020feb27805c0e9f3939246682f390a5c6e4e7fb98d90412b46f347d777788283192f6cb255bec9a1fdf7d8894186dddd9474aa6c76ed5dc2d11dbd0b5538e554275b0d006bffff7f20020000000000000020fe513249605dacb6af48f7915e4a1edb33d5b3188fc8372ef9d44a6c8c694d778e4d50e8e4fa3b03e367915371b96dab599a3d464c61a9ce269bd9fefd041e2c5b0d006bffff7f20030000000000000020b840abe8503d66140988c0e0a0f7e7af94b68a57ac8f4a67d9ca6716aba7396e40cbad0b51df95d672c96981f037f75017365d7ecccc62530710ef2facbb23775c0d006bffff7f200000000000";
const HASHES = [
  "1983827877d747f3462b41908db97f4e6e5c0a392f68469293f3e9c00578b2fe",
  "774d698c6c4ad4f92e37c88f18b3d533db1e4a5e91f748afb6ac5d60493251fe",
  "6e39a7ab1667cad9674a8fac578ab694afe7f7a0e0c0880914663d50e8ab40b8",
  "0ed123814239d1a78a8dc12eefd8bf5131fef6e0dab99a757498c8749568b30b",
];
const VERSION_CHANGE =
  "05380000003041f791a4c0ee49021ac9bb516f0670f73131e90632745bd659d81bafdebd8e2623aadc41464e47a31e88ec0752c1f8e8d080a4f34df307aa317a2b2f23d3dc2ca30d006bffff7f2001000000000000003029df57bd686743e52622106bbce5acf11e02a0e4fc79dfbc9030059d76d5da6a0000000000000000000020dadc0f881dca35e71fc584a254fc2ddb00598bd82b4da4c74146c42711f72ac7000002000000013df4fc6664ee30aa96a8657a8a2532ef39f3c19344508b4b72bcaab6c64ef5b8000003000000010f5e1bae4ad46fefb79bcc6c631aace4aa72f9e015b3639baa249ebeccf4bfe6010003000000";
const VERSION_CHANGE_HASHES = [
  "0fa450c3c8df68acec8b59ca1dac3f3e354389494d87ab1d59be755191c10239",
  "53c4497bda31589b3d5ca6a1e2aee9df4a7a98a635cf84f2f575d904eb40f630",
  "1eecdf632bba71796bf5bacddcabc239e8e9f3f7f9c9d3f90761786cf1dadb7c",
  "358923d9028b1d510a34cebca27f66b3e9d345a5bffeb8789f1f6e23cee7755a",
  "2306a13f3229f1075550df5d032a4451142a585b6ada6415bebb77e0739e62df",
];

/** Hashes headers in the order given, whatever they are; X11 has tests of its own. */
function inOrder(hashes: readonly string[]): (header: Uint8Array) => Uint8Array {
  let next = 0;
  return () => fromHashHex(hashes[next++] ?? "");
}

describe("a recorded headers2", () => {
  it("links to the same headers as headers has, and encodes to the same bytes", () => {
    const compressed = decodeBothWays("headers2", hexToBytes(REPLY), 70240, "");
    const plain = decodeBothWays("headers", hexToBytes(PLAIN), 70240, "");
    const linked = linkHeaders(compressed, inOrder(HASHES));
    expect(bytesToHex(linked.headers)).toBe(bytesToHex(plain));
    expect(HASHES.map((_, i) => toHashHex(linked.hashes.subarray(i * 32, i * 32 + 32)))).toEqual(HASHES);
    expect(bytesToHex(encode(headers2(70240), compressHeaders(plain, "reply")))).toBe(REPLY);
  });

  it("reads as header objects", () => {
    const plain = readHeaders(decode(headers, hexToBytes(PLAIN)));
    expect(plain.map(({ version, time, bits, nonce }) => [version, time, bits, nonce])).toEqual([
      [0x20000000, 0x6b000d5a, 0x207fffff, 0],
      [0x20000000, 0x6b000d5b, 0x207fffff, 2],
      [0x20000000, 0x6b000d5b, 0x207fffff, 3],
      [0x20000000, 0x6b000d5c, 0x207fffff, 0],
    ]);
    expect(plain.map(({ prevBlockHash }) => toHashHex(prevBlockHash))).toEqual([
      GENESIS,
      ...HASHES.slice(0, 3),
    ]);
    expect(bytesToHex(joinHeaders(plain))).toBe(bytesToHex(decode(headers, hexToBytes(PLAIN))));
  });

  it("with a version change repeats the first version in full, and encodes to the same bytes as Core", () => {
    const compressed = decodeBothWays("headers2", hexToBytes(VERSION_CHANGE), 70240, "");
    const linked = linkHeaders(compressed, inOrder(VERSION_CHANGE_HASHES));
    const read = readHeaders(linked.headers);
    expect(read.map(({ version }) => version)).toEqual([
      0x30000000, 0x30000000, 0x20000000, 0x20000000, 0x20000000,
    ]);
    expect(read.slice(1).map(({ prevBlockHash }) => toHashHex(prevBlockHash))).toEqual(
      VERSION_CHANGE_HASHES.slice(0, 4),
    );
    expect(bytesToHex(encode(headers2(70240), compressHeaders(linked.headers, "reply")))).toBe(
      VERSION_CHANGE,
    );
  });

  it("announced unasked enters the first version, so that the second refers to it", () => {
    const plain = decode(headers, hexToBytes(PLAIN));
    const announced = encode(headers2(70240), compressHeaders(plain, "announcement"));
    expect(announced.length).toBe(hexToBytes(REPLY).length - 4);
    expect(announced[1 + 81]).toBe(1);
    const linked = linkHeaders(decodeSame(headers2(70240), announced), inOrder(HASHES));
    expect(bytesToHex(linked.headers)).toBe(bytesToHex(plain));
  });
});

interface HeadersFacts {
  count: number;
  firstHeight: number | null;
  lastHeight: number | null;
}

interface HeadersRecording extends Recording<HeadersFacts> {
  readonly request: { readonly message: string; readonly payload: string; locator: string[]; stop: string };
}

for (const scenario of REGTEST_SCENARIOS) {
  describe(`${scenario}: headers and headers2`, () => {
    const chain = readVectorJson<{ header: string; hash: string }[]>(`${scenario}/chain.json`);
    const hashes = new Map(chain.map(({ header, hash }) => [header, hash]));
    const hash = (header: Uint8Array) => fromHashHex(hashes.get(bytesToHex(header)) ?? "");
    const recordings = regtestRecordings<HeadersFacts>(scenario, "headers", "headers2") as HeadersRecording[];
    const expectedHeaders = ({ count, firstHeight }: HeadersFacts) =>
      chain
        .slice(firstHeight ?? 0, (firstHeight ?? 0) + count)
        .map(({ header }) => header)
        .join("");

    it("has both kinds", () => {
      expect(new Set(recordings.map(({ message }) => message))).toEqual(new Set(["headers", "headers2"]));
    });

    it("headers has the headers of the chain at the heights of the manifest", () => {
      for (const entry of recordings.filter(({ message }) => message === "headers")) {
        const payload = readRecording(scenario, entry);
        const decoded = decodeBothWays("headers", payload, entry.protocolVersion, entry.file);
        expect(bytesToHex(decoded), entry.file).toBe(expectedHeaders(entry.expect));
        expect(readHeaders(decoded), entry.file).toHaveLength(entry.expect.count);
      }
    });

    it("headers2 links to them, and our encoder writes the bytes of the node's reply", () => {
      for (const entry of recordings.filter(({ message }) => message === "headers2")) {
        const payload = readRecording(scenario, entry);
        const decoded = decodeBothWays("headers2", payload, entry.protocolVersion, entry.file);
        const linked = linkHeaders(decoded, hash);
        expect(bytesToHex(linked.headers), entry.file).toBe(expectedHeaders(entry.expect));
        const encoded = encode(headers2(entry.protocolVersion), compressHeaders(linked.headers, "reply"));
        expect(bytesToHex(encoded), entry.file).toBe(bytesToHex(payload));
        const last = linked.hashes.subarray(-32);
        const lastHeight = entry.expect.lastHeight;
        if (lastHeight !== null) expect(toHashHex(last), entry.file).toBe(chain[lastHeight]?.hash);
      }
    });

    it("was asked for by a getheaders that decodes to its locator", () => {
      for (const { request, protocolVersion, file } of recordings) {
        const command = request.message === "getheaders" ? "getheaders" : "getheaders2";
        const asked = decodeBothWays(command, hexToBytes(request.payload), protocolVersion, file);
        expect(asked.locator.map(toHashHex), file).toEqual(request.locator);
        expect(toHashHex(asked.hashStop), file).toBe(request.stop);
      }
    });
  });
}

const versions = fc.constantFrom(1, 2, 3, 4, 0x20000000, 0x20000001, 0x30000000, -1, 0x7fffffff);
const generatedHeader = fc.record({
  version: versions,
  merkleRoot: fc.uint8Array({ minLength: 32, maxLength: 32 }),
  step: fc.oneof(fc.integer({ min: -40_000, max: 40_000 }), fc.nat(0xffffffff)),
  bits: fc.constantFrom(0x1e0ffff0, 0x1b10e09e, 0xffffffff),
  nonce: fc.nat(0xffffffff),
});

/** A chain under SHA-256d in the place of X11. */
const generatedChain = fc.array(generatedHeader, { maxLength: 30 }).map((items) => {
  let previous: Uint8Array = new Uint8Array(HEADER_SIZE);
  let time = 1_700_000_000;
  const chain: BlockHeader[] = [];
  for (const { step, ...fields } of items) {
    time = (time + step) >>> 0;
    chain.push({ ...fields, time, prevBlockHash: sha256d(previous) });
    previous = joinHeaders(chain.slice(-1));
  }
  return joinHeaders(chain);
});

describe("compressing", () => {
  it.each<HeadersEncoder>(["reply", "announcement"])("and linking gives the same headers: %s", (encoder) => {
    fc.assert(
      fc.property(generatedChain, (chain) => {
        const bytes = encode(headers2(70240), compressHeaders(chain, encoder));
        const linked = linkHeaders(decodeSame(headers2(70240), bytes), sha256d);
        expect(bytesToHex(linked.headers)).toBe(bytesToHex(chain));
        expect(bytesToHex(linked.hashes)).toBe(
          bytesToHex(
            Uint8Array.from(range(chain.length / 80).flatMap((i) => [...sha256d(headerAt(chain, i))])),
          ),
        );
      }),
    );
  });

  it("never leaves out a time that goes backwards, as Core does not, but a decoder takes it", () => {
    const chain = joinHeaders([headerOf({ time: 1000 }), headerOf({ time: 999 })]);
    const { bitFields } = compressHeaders(chain, "announcement");
    expect([...bitFields]).toEqual([0x38, 0x11]);
    const bytes = encode(headers2(70240), { headers: chain, bitFields: Uint8Array.of(0x38, 0x01) });
    expect(readHeaders(decode(headers2(70240), bytes).headers).map(({ time }) => time)).toEqual([1000, 999]);
  });

  it.each([
    [32_767, 0x01],
    [32_768, 0x11],
  ])("keeps a time in 16 bits up to %i seconds later", (seconds, bitField) => {
    const chain = joinHeaders([headerOf({ time: 7 }), headerOf({ time: 7 + seconds })]);
    expect([...compressHeaders(chain, "announcement").bitFields]).toEqual([0x38, bitField]);
  });

  it("remembers seven versions, the most recent first", () => {
    const order = [1, 2, 3, 4, 5, 6, 7, 8, 2, 8, 2, 1];
    const chain = joinHeaders(order.map((version) => headerOf({ version })));
    // 1 to 8 in full, so that 1 is forgotten; then 2 is the seventh, 8 the second, 2 again; 1 is unknown.
    expect([...compressHeaders(chain, "announcement").bitFields]).toEqual([
      0x38, 0, 0, 0, 0, 0, 0, 0, 7, 2, 2, 0,
    ]);
    // A reply does not enter the first, but nothing changes here.
    expect([...compressHeaders(chain, "reply").bitFields]).toEqual([0x38, 0, 0, 0, 0, 0, 0, 0, 7, 2, 2, 0]);
  });

  it("moves a version to the front when it is sent in full again", () => {
    const inFull = Uint8Array.of(0x38, 0x00, 0x00, 0x02);
    const chain = joinHeaders([5, 6, 5, 6].map((version) => headerOf({ version })));
    const bytes = encode(headers2(70240), { headers: chain, bitFields: inFull });
    expect(readHeaders(decode(headers2(70240), bytes).headers).map(({ version }) => version)).toEqual([
      5, 6, 5, 6,
    ]);
  });
});

function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

function headerOf(fields: Partial<BlockHeader>): BlockHeader {
  const zero = fromHashHex(GENESIS);
  return {
    version: 1,
    prevBlockHash: fromHashHex(GENESIS),
    merkleRoot: zero,
    time: 0,
    bits: 0,
    nonce: 0,
    ...fields,
  };
}

describe("headers2 that no encoder writes", () => {
  const first = REPLY.slice(2, 2 + 162);
  const rest = "00".repeat(32 + 2 + 4);

  it.each([
    ["a reference to a version not in the table", `02${first}02${rest}`, "wire/invalid-value"],
    ["a first header without its previous hash", `0130${first.slice(2)}`, "wire/invalid-value"],
    ["a first header without its time", `0128${first.slice(2)}`, "wire/invalid-value"],
    ["a first header without its bits", `0118${first.slice(2)}`, "wire/invalid-value"],
    ["a first header that refers to a version", `0139${first.slice(2)}`, "wire/invalid-value"],
    ["more headers announced than there are bytes for", "fd0020", "wire/oversized"],
    ["a byte behind the last header", `${REPLY}00`, "wire/trailing-bytes"],
    ["a byte too few", REPLY.slice(0, -2), "wire/truncated"],
  ])("is refused: %s", (_, hex, code) => {
    expect(codeOf(() => decode(headers2(70240), hexToBytes(hex)))).toBe(code);
  });

  it("but with a later header in full is taken", () => {
    const compressed = decode(headers2(70240), hexToBytes(`02${first}${first}`));
    const { headers: linked } = linkHeaders(compressed, sha256d);
    expect(bytesToHex(linked)).toBe(first.slice(2).repeat(2));
  });

  it("keeps the two unused bits of a bit field", () => {
    decodeSame(headers2(70240), hexToBytes(`01f8${first.slice(2)}`));
  });
});

describe("the number of headers", () => {
  const atLimit = (limit: number) => new Uint8Array((limit + 1) * HEADER_SIZE);

  it.each([
    [70234, MAX_HEADERS_RESULTS],
    [70235, MAX_HEADERS_COMPRESSED_RESULTS],
    [70240, MAX_HEADERS_COMPRESSED_RESULTS],
  ])("of headers2 at %i is at most %i", (protocolVersion, limit) => {
    const tooMany = atLimit(limit);
    const most = encode(headers2(70240), compressHeaders(tooMany.subarray(HEADER_SIZE), "reply"));
    expect(decode(headers2(protocolVersion), most).bitFields).toHaveLength(limit);
    const more = encode(headers2(70240), compressHeaders(tooMany, "reply"));
    expect(factsOf(() => decode(headers2(protocolVersion), more))).toEqual({
      code: "wire/oversized",
      what: "headers",
      size: limit + 1,
      limit,
    });
  });

  it("of headers is at most 2000", () => {
    const tooMany = atLimit(MAX_HEADERS_RESULTS);
    expect(decode(headers, encode(headers, tooMany.subarray(HEADER_SIZE)))).toHaveLength(160_000);
    expect(codeOf(() => decode(headers, encode(headers, tooMany)))).toBe("wire/oversized");
  });

  it("of a locator is at most 101", () => {
    const hex = (count: number) => `00000000${count.toString(16)}${"ab".repeat(32 * count + 32)}`;
    expect(decodeBothWays("getheaders", hexToBytes(hex(101)), 70240, "").locator).toHaveLength(101);
    expect(codeOf(() => decodeBothWays("getheaders2", hexToBytes(hex(102)), 70240, ""))).toBe(
      "wire/oversized",
    );
  });
});

describe("headers", () => {
  it("with transactions is refused", () => {
    expect(codeOf(() => decode(headers, hexToBytes(`01${"00".repeat(80)}01`)))).toBe("wire/invalid-value");
  });

  it("of a length that is no multiple of 80 bytes cannot be encoded", () => {
    expect(codeOf(() => encode(headers, new Uint8Array(81)))).toBe("wire/invalid-value");
    expect(codeOf(() => compressHeaders(new Uint8Array(79), "reply"))).toBe("wire/invalid-value");
  });

  it("with more or fewer bit fields than headers cannot be encoded", () => {
    const one = new Uint8Array(HEADER_SIZE);
    expect(codeOf(() => encode(headers2(70240), { headers: one, bitFields: new Uint8Array(0) }))).toBe(
      "wire/invalid-value",
    );
  });
});

if (hasVectors("mainnet/headers") && hasVectors("testnet/headers")) {
  interface RangeRecording extends Recording {
    readonly count: number;
    readonly lastHash: string;
  }

  describe("recorded headers of main and test network", () => {
    const recordings = ["mainnet/headers", "testnet/headers"].flatMap((folder) =>
      (fileRecordings(folder) as RangeRecording[])
        .filter(({ file }) => file.endsWith(".bin"))
        .map((entry) => ({ folder, entry, name: `${folder}/${entry.file}` })),
    );

    it.each(recordings)("$name survives both encoders, 2000 at a time", ({ folder, entry }) => {
      const bytes = readRecording(folder, entry);
      expect(bytes).toHaveLength(entry.count * HEADER_SIZE);
      for (let start = 0; start < entry.count; start += 2000) {
        const end = Math.min(start + 2000, entry.count);
        const chain = bytes.subarray(start * HEADER_SIZE, end * HEADER_SIZE);
        const hashes = range(end - start).map((i) => {
          const next = start + i + 1;
          return next < entry.count ? toHashHex(headerAt(bytes, next).subarray(4, 36)) : entry.lastHash;
        });
        for (const encoder of ["reply", "announcement"] as const) {
          const compressed = encode(headers2(70240), compressHeaders(chain, encoder));
          expect(compressed.length).toBeLessThan(chain.length * 0.65);
          const linked = linkHeaders(decodeSame(headers2(70240), compressed), inOrder(hashes));
          expect(Buffer.compare(linked.headers, chain)).toBe(0);
        }
        expect(Buffer.compare(joinHeaders(readHeaders(chain)), chain)).toBe(0);
        expect(Buffer.compare(decode(headers, encode(headers, chain)), chain)).toBe(0);
      }
    });
  });
}
