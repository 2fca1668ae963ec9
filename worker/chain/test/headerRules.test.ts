import { describe, expect, test } from "vitest";
import { type NetworkParams, networkParams } from "../../params/index.ts";
import { fromHashHex, toHashHex } from "../../wire/hashes.ts";
import { computeDevnetGenesis } from "../devnetGenesis.ts";
import { HeaderChain } from "../headerChain.ts";
import {
  EASY_BITS,
  GENESIS,
  GENESIS_TIME,
  hashHeaders,
  join,
  type Mined,
  type MiningOptions,
  mine,
  mineRow,
  NOW,
  REGTEST,
  regtestChain,
} from "./mining.ts";

const FIRST = mineRow(GENESIS, 30);
const TIP = FIRST.at(-1) as Mined;
/** Of the last 11 blocks, which are 150 seconds apart. */
const MEDIAN = TIP.time - 5 * 150;

function refusalOf(options: MiningOptions, now = NOW): string | undefined {
  const result = regtestChain(...FIRST).acceptHeaders(mine(TIP, options).header, now);
  expect(result.accepted).toBe(result.error === undefined ? 1 : 0);
  return result.error?.code;
}

describe("each rule has a header that breaks nothing else", () => {
  const table: [id: string, options: MiningOptions, code: string | undefined][] = [
    ["valid", {}, undefined],
    ["hash above its target", { unproven: true }, "chain/bad-proof-of-work"],
    ["target above the limit", { bits: 0x21008000 }, "chain/bad-proof-of-work"],
    ["harder than required", { bits: 0x207ffffe }, "chain/bad-difficulty"],
    ["time of the median", { time: MEDIAN }, "chain/time-too-old"],
    ["a second after the median", { time: MEDIAN + 1 }, undefined],
    ["version 3", { version: 3 }, "chain/bad-version"],
    ["version 4", { version: 4 }, undefined],
    ["top bit set", { version: -0x80000000 }, "chain/bad-version"],
  ];
  test.each(table)("%s", (_, options, code) => {
    expect(refusalOf(options)).toBe(code);
  });

  test("two hours ahead of the clock, and one second more", () => {
    const now = 2_000_000_000;
    expect(refusalOf({ time: now + 7200 }, now)).toBeUndefined();
    expect(refusalOf({ time: now + 7201 }, now)).toBe("chain/time-too-new");
  });

  test("a parent nobody knows", () => {
    const orphan = mine(mine(TIP));
    const { error } = regtestChain(...FIRST).acceptHeaders(orphan.header, NOW);
    expect(error?.facts).toEqual({
      code: "chain/unknown-parent",
      blockHash: toHashHex(orphan.hash),
      prevBlockHash: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });
});

test("facts of the errors", () => {
  const chain = regtestChain(...FIRST);
  const facts = (options: MiningOptions, now = NOW) =>
    chain.acceptHeaders(mine(TIP, options).header, now).error?.facts;
  expect(facts({ bits: 0x207ffffe })).toEqual({
    code: "chain/bad-difficulty",
    height: 31,
    expected: "207fffff",
    received: "207ffffe",
  });
  expect(facts({ time: MEDIAN - 9 })).toMatchObject({ height: 31, time: MEDIAN - 9, medianTimePast: MEDIAN });
  expect(facts({}, 1_000_000_000)).toMatchObject({ height: 31, limit: 1_000_007_200 });
  expect(facts({ version: 2 })).toMatchObject({ height: 31, version: 2 });
  expect(facts({ unproven: true })).toMatchObject({ bits: "207fffff" });
});

test("versions rise with BIP34, BIP66 and BIP65", () => {
  const activation = { ...REGTEST.activation, bip34: 2, bip66: 3, bip65: 4 };
  const params: NetworkParams = { ...REGTEST, activation };
  const lowest = (parent: Mined, row: Mined[]): number => {
    for (let version = -1; ; version++) {
      const chain = HeaderChain.fromGenesis(params, hashHeaders);
      const block = mine(parent, { version });
      if (chain.acceptHeaders(join(...row, block), NOW).error === undefined) return version;
    }
  };
  const [one, two, three] = mineRow(GENESIS, 3, { version: 4 }) as [Mined, Mined, Mined];
  expect(lowest(GENESIS, [])).toBe(-1);
  expect(lowest(one, [one])).toBe(2);
  expect(lowest(two, [one, two])).toBe(3);
  expect(lowest(three, [one, two, three])).toBe(4);
});

describe("devnet genesis", () => {
  const PALOMA = networkParams("devnet", "paloma");
  const { header, hash } = computeDevnetGenesis(PALOMA, hashHeaders);

  test("is block 1: version 4, a second after genesis, the first nonce that proves work", () => {
    const chain = HeaderChain.fromGenesis(PALOMA, hashHeaders);
    expect(chain.acceptHeaders(header, NOW).error).toBeUndefined();
    expect(chain.tip).toEqual({ height: 1, hash });
    const { version, time, bits, nonce } = chain.headerAt(1) ?? {};
    expect({ version, time, bits }).toEqual({ version: 4, time: GENESIS_TIME + 1, bits: EASY_BITS });
    for (let lower = 0; lower < (nonce ?? 0); lower++) {
      const other = header.slice();
      new DataView(other.buffer).setUint32(76, lower, true);
      const { error } = HeaderChain.fromGenesis(PALOMA, hashHeaders).acceptHeaders(other, NOW);
      expect(error?.code).toBe("chain/bad-proof-of-work");
    }
  });

  test("another devnet's is refused", () => {
    const other = computeDevnetGenesis(networkParams("devnet", "tango"), hashHeaders);
    expect(other.hash).not.toEqual(hash);
    const { error } = HeaderChain.fromGenesis(PALOMA, hashHeaders).acceptHeaders(other.header, NOW);
    expect(error?.facts).toEqual({ code: "chain/bad-devnet-genesis", blockHash: toHashHex(other.hash) });
  });

  test("any other child of genesis is refused, whatever its rank", () => {
    const chain = HeaderChain.fromGenesis(PALOMA, hashHeaders);
    chain.acceptHeaders(header, NOW);
    const { error } = chain.acceptHeaders(mine(GENESIS, { version: 4 }).header, NOW);
    expect(error?.code).toBe("chain/bad-devnet-genesis");
  });

  test("the chain goes on above it", () => {
    const chain = HeaderChain.fromGenesis(PALOMA, hashHeaders);
    const first: Mined = { height: 1, hash, header, time: GENESIS_TIME + 1 };
    expect(chain.acceptHeaders(join(first, ...mineRow(first, 20)), NOW)).toMatchObject({ accepted: 21 });
  });

  test("long names take a longer push", () => {
    const long = computeDevnetGenesis(networkParams("devnet", "x".repeat(80)), hashHeaders);
    expect(long.hash).not.toEqual(hash);
  });
});

test("genesis must hash to the genesis hash", () => {
  const params: NetworkParams = { ...REGTEST, genesisHash: "ab".repeat(32) };
  expect(() => HeaderChain.fromGenesis(params, hashHeaders)).toThrow(
    expect.objectContaining({
      facts: expect.objectContaining({ code: "params/invalid-file", field: "genesisHash" }),
    }),
  );
});

describe("a chain that starts in the middle", () => {
  const row = mineRow(GENESIS, 60);
  const base = row[9] as Mined;

  test("checks linkage and work at once, the median from the 12th header, difficulty from the 25th", () => {
    const pow = { ...REGTEST.pow, noRetargeting: false, kgwHeight: 0, dgwHeight: 0 };
    const params: NetworkParams = { ...REGTEST, pow };
    const codeAt = (index: number, options: MiningOptions): string | undefined => {
      const chain = HeaderChain.fromBlock(params, hashHeaders, { height: 9, hash: (row[8] as Mined).hash });
      const before = row.slice(9, 9 + index);
      const parent = row[8 + index] as Mined;
      // hashes as given: the row is not of this network's difficulty
      const all = [...before, mine(parent, options)];
      return chain.acceptHeaders(join(...all), NOW).error?.code;
    };
    expect(codeAt(0, {})).toBeUndefined();
    expect(codeAt(5, { unproven: true })).toBe("chain/bad-proof-of-work");
    expect(codeAt(10, { time: 1 })).toBeUndefined();
    expect(codeAt(11, { time: 1 })).toBe("chain/time-too-old");
    expect(codeAt(23, { bits: 0x207ffffe })).toBeUndefined();
    expect(codeAt(24, { bits: 0x207ffffe })).toBe("chain/bad-difficulty");
  });

  test("its first header must be built on the block it starts from", () => {
    const chain = HeaderChain.fromBlock(REGTEST, hashHeaders, {
      height: 9,
      hash: fromHashHex("ab".repeat(32)),
    });
    expect(chain.acceptHeaders(base.header, NOW).error?.code).toBe("chain/unknown-parent");
  });
});
