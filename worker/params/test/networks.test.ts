import { bytesToHex } from "@noble/hashes/utils.js";
import { describe, expect, test } from "vitest";
import { neededLlmqTypes, networkParams } from "../index.ts";

const NAMES = ["mainnet", "testnet", "devnet", "regtest"];
const GENESIS_PREFIX =
  "010000000000000000000000000000000000000000000000000000000000000000000000" +
  "c762a6567f3cc092f0684bb62b7e00a84890b990f07cc71a6bb58d64b98e02e0";

describe("networkParams", () => {
  // wire.md 1.2: magic and the 80-byte genesis headers, as hex of their own
  test.each([
    ["mainnet", "bf0c6bbd", 9999, "022ddb52f0ff0f1ec23fb901"],
    ["testnet", "cee2caff", 19999, "dee1e352f0ff0f1ec3c927e6"],
    ["devnet", "e2caffce", 19799, "b9968054ffff7f20ffba1000"],
    ["regtest", "fcc1b7dc", 19899, "b9968054ffff7f20ffba1000"],
  ])("%s: magic, port and genesis header", (name, magic, port, genesisEnd) => {
    const params = networkParams(name);
    expect(params.name).toBe(name);
    expect(bytesToHex(params.magic)).toBe(magic);
    expect(params.defaultPort).toBe(port);
    expect(bytesToHex(params.genesisHeader)).toBe(GENESIS_PREFIX + genesisEnd);
  });

  test.each([
    ["mainnet", [2, 5, 4, 3]],
    ["testnet", [1, 5, 6]],
    ["devnet", [101, 105, 107]],
    ["regtest", [100, 103, 106]],
  ])("%s signs with types %j", (name, types) => {
    expect(neededLlmqTypes(networkParams(name))).toEqual(types);
  });

  test.each([
    ["mainnet", [1, 2, 3, 4, 5]],
    ["testnet", [1, 2, 3, 4, 5, 6]],
    ["devnet", [1, 2, 3, 4, 5, 101, 105, 107]],
    ["regtest", [100, 102, 103, 104, 106]],
  ])("%s has types %j configured", (name, types) => {
    const { llmqs } = networkParams(name);
    expect([...llmqs.keys()]).toEqual(types);
    for (const [type, llmq] of llmqs) expect(llmq.type).toBe(type);
  });

  test.each(["", "simnet", "Mainnet", "constructor"])("'%s' is no network", (name) => {
    expect(() => networkParams(name)).toThrow(
      expect.objectContaining({ facts: { code: "params/unknown-network", network: name } }),
    );
  });

  test("a devnet is named for the argument its nodes were given", () => {
    expect(networkParams("devnet", "paloma").devnetName).toBe("devnet-paloma");
    expect(networkParams("devnet").devnetName).toBe("devnet");
    expect(networkParams("testnet").devnetName).toBeUndefined();
  });
});

describe("tables", () => {
  test.each(NAMES)("%s: checkpoints ascend and are hashes", (name) => {
    const { checkpoints, genesisHash } = networkParams(name);
    checkpoints.forEach(({ height, hash }, i) => {
      expect(hash).toMatch(/^0000[0-9a-f]{60}$/);
      expect(height).toBeGreaterThan(checkpoints[i - 1]?.height ?? -1);
      if (height === 0) expect(hash).toBe(genesisHash);
    });
  });

  test("37 checkpoints on mainnet, 19 on testnet", () => {
    expect(networkParams("mainnet").checkpoints).toHaveLength(37);
    expect(networkParams("testnet").checkpoints).toHaveLength(19);
  });

  test.each(["mainnet", "testnet"])("%s: headers for the anchor start at its last checkpoint", (name) => {
    const { anchor, checkpoints, minimumChainWork } = networkParams(name);
    expect(anchor?.headersFrom).toEqual(checkpoints.at(-1));
    expect(anchor?.block.height).toBeGreaterThan(anchor?.headersFrom.height ?? Number.POSITIVE_INFINITY);
    expect(anchor?.chainWork).toBe(minimumChainWork);
  });

  test.each([
    ["mainnet", 322, 9999],
    ["testnet", 14, 19999],
  ])("%s: %i fixed seeds, all different", (name, count, port) => {
    const { fixedSeeds } = networkParams(name);
    expect(new Set(fixedSeeds).size).toBe(count);
    for (const seed of fixedSeeds) {
      const [host, seedPort] = seed.split(":");
      expect(Number(seedPort)).toBe(port);
      expect(host?.split(".").filter((byte) => /^\d+$/.test(byte) && Number(byte) < 256)).toHaveLength(4);
    }
  });
});
