import { describe, expect, test } from "vitest";
import { hasVectors, readVectorJson } from "../../test/vectors.ts";
import { LLMQ_PARAMS, neededLlmqTypes, networkParams, paramsFromFile } from "../index.ts";

type Json = Record<string, unknown>;

const LLMQ = {
  type: 1,
  name: "sim_50_60",
  useRotation: false,
  size: 10,
  minSize: 8,
  threshold: 6,
  dkgInterval: 24,
  dkgMiningWindowStart: 10,
  dkgMiningWindowEnd: 18,
  signingActiveQuorumCount: 4,
};

const FILE = {
  network: "simnet",
  magic: "51dec0de",
  genesisHash: "00".repeat(31).padEnd(64, "a"),
  genesisHeader: { version: 1, time: 1700000000, bits: "207fffff", nonce: 7, merkleRoot: "ab".repeat(32) },
  powLimit: "7f".padEnd(64, "f"),
  powNoRetargeting: true,
  powAllowMinDifficultyBlocks: true,
  powTargetSpacingSeconds: 150,
  activationHeights: { BIP34: 1, BIP65: 1, BIP66: 1, DIP0003: 2, DIP0008: 1, DIP0024: 1, V19: 1, V20: 3 },
  llmqs: [LLMQ],
  llmqTypeChainLocks: 1,
  llmqTypeDIP0024InstantSend: 1,
  llmqTypePlatform: 1,
  llmqTypeMnhf: 1,
};

/** The file with one field, named by its path, replaced; undefined removes it. */
function withField(path: string, value: unknown): Json {
  const file = structuredClone(FILE) as Json;
  const keys = path.split(".");
  let target = file;
  for (const key of keys.slice(0, -1)) target = target[key] as Json;
  target[keys.at(-1) ?? ""] = value;
  return JSON.parse(JSON.stringify(file)) as Json;
}

const withLlmq = (change: Json): Json => withField("llmqs", [{ ...LLMQ, ...change }]);

describe("paramsFromFile, regtest captures", () => {
  for (const scenario of ["cycle-a", "faults-b", "few-masternodes-c", "legacy-bls-d"]) {
    const folder = `regtest/${scenario}`;
    if (!hasVectors(folder)) continue;
    test(folder, () => {
      const params = paramsFromFile(readVectorJson(`${folder}/params.json`));
      const regtest = networkParams("regtest");
      const v19 = scenario === "legacy-bls-d" ? 270 : 1;
      expect(params).toEqual({
        ...regtest,
        llmqs: expect.any(Map),
        activation: { ...regtest.activation, dip0003: 2, v19, v20: 100, mnRr: 100 },
      });
      expect(neededLlmqTypes(params)).toEqual([100, 103, 106]);
      expect(params.llmqs.has(104)).toBe(true);
      for (const [type, llmq] of params.llmqs) expect(llmq).toEqual(LLMQ_PARAMS.get(type));
    });
  }
});

describe("paramsFromFile, simnet", () => {
  test("reads every field and fills in the optional ones", () => {
    const params = paramsFromFile(FILE);
    expect(params.name).toBe("simnet");
    expect(params.magic).toEqual(Uint8Array.of(0x51, 0xde, 0xc0, 0xde));
    expect(params.activation.mnRr).toBe(3);
    expect(params.pow.powLimit).toBe(2n ** 255n - 1n);
    expect(params.minimumChainWork).toBe(0n);
    expect(params.llmqs.get(1)).toEqual(LLMQ);
    expect(params.checkpoints).toEqual([{ height: 0, hash: FILE.genesisHash }]);
    expect(neededLlmqTypes(params)).toEqual([1]);
  });

  test("optional fields are read when there", () => {
    const params = paramsFromFile({
      ...FILE,
      network: "devnet",
      devnetName: "devnet-x",
      defaultPort: 1234,
      kgwHeight: 40,
      dgwHeight: 50,
      minimumChainWork: "ff".padStart(64, "0"),
      masternodeMinimumConfirmations: 15,
      fixedSeeds: ["127.0.0.1:1234"],
      workDiffDepth: 8,
    });
    expect(params).toMatchObject({
      devnetName: "devnet-x",
      defaultPort: 1234,
      pow: { kgwHeight: 40, dgwHeight: 50 },
      minimumChainWork: 255n,
      masternodeMinimumConfirmations: 15,
      fixedSeeds: ["127.0.0.1:1234"],
    });
  });

  test("a file without DGW height never has it below the KGW height", () => {
    expect(paramsFromFile({ ...FILE, kgwHeight: 40000 }).pow.dgwHeight).toBe(40000);
  });

  const refused: [field: string, file: unknown][] = [
    ["file", null],
    ["file", []],
    ["file", "{}"],
    ["network", withField("network", "mainnet")],
    ["network", withField("network", undefined)],
    ["magic", withField("magic", "51dec0")],
    ["magic", withField("magic", "zzzzzzzz")],
    ["genesisHash", withField("genesisHash", 5)],
    ["genesisHeader", withField("genesisHeader", "00")],
    ["genesisHeader.merkleRoot", withField("genesisHeader.merkleRoot", "ab")],
    ["genesisHeader.time", withField("genesisHeader.time", -1)],
    ["genesisHeader.nonce", withField("genesisHeader.nonce", 2 ** 32)],
    ["genesisHeader.bits", withField("genesisHeader.bits", 0x207fffff)],
    ["powLimit", withField("powLimit", "00".repeat(32))],
    ["powNoRetargeting", withField("powNoRetargeting", 1)],
    ["powTargetSpacingSeconds", withField("powTargetSpacingSeconds", 0)],
    ["activationHeights.V20", withField("activationHeights.V20", undefined)],
    ["activationHeights.V19", withField("activationHeights.V19", 1.5)],
    ["llmqs", withField("llmqs", {})],
    ["llmqs[0]", withField("llmqs", [7])],
    ["llmqs[0].name", withLlmq({ name: 3 })],
    ["llmqs[0].type", withLlmq({ type: 255 })],
    ["llmqs[0].minSize", withLlmq({ minSize: 11 })],
    ["llmqs[0].threshold", withLlmq({ threshold: 9 })],
    ["llmqs[0].size", withLlmq({ useRotation: true })],
    ["llmqs[0].dkgMiningWindowEnd", withLlmq({ dkgMiningWindowEnd: 9 })],
    ["llmqs[0].signingActiveQuorumCount", withLlmq({ signingActiveQuorumCount: 0 })],
    ["llmqs[1].type", withField("llmqs", [LLMQ, LLMQ])],
    ["llmqsDefinedButNotEnabled[0].type", withField("llmqsDefinedButNotEnabled", [LLMQ])],
    ["llmqTypePlatform", withField("llmqTypePlatform", 4)],
    ["workDiffDepth", withField("workDiffDepth", 9)],
    ["signHeightOffset", withField("signHeightOffset", "8")],
    ["devnetName", withField("network", "devnet")],
    ["fixedSeeds[1]", withField("fixedSeeds", ["127.0.0.1:1", 2])],
  ];
  test.each(refused)("names the field: %s", (field, file) => {
    expect(() => paramsFromFile(file)).toThrow(
      expect.objectContaining({
        facts: { code: "params/invalid-file", field, reason: expect.any(String) },
      }),
    );
  });
});
