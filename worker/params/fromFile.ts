import { hexToBytes } from "@noble/hashes/utils.js";
import { encodeGenesisHeader } from "./genesis.ts";
import { JsonFields } from "./jsonFields.ts";
import { type LlmqParams, SIGN_HEIGHT_OFFSET, WORK_DIFF_DEPTH } from "./llmq.ts";
import { REGTEST } from "./regtest.ts";
import type { ActivationHeights, NetworkName, NetworkParams, PowParams } from "./types.ts";

/** Networks whose constants are not fixed. A file may not pass for mainnet or testnet. */
const CONFIGURABLE: readonly NetworkName[] = ["regtest", "simnet", "devnet"];

/**
 * Parameters of a network that comes with a file: a regtest capture's `params.json`, or what a simnet writes.
 * Unknown fields are ignored. Optional fields, with what stands in for them: `defaultPort`, `kgwHeight`, `dgwHeight`,
 * `masternodeMinimumConfirmations` (regtest's), `powTargetTimespanSeconds` (86400), `powMinDifficultyBlocks` (0),
 * `minimumChainWork` (64 hex digits, 0), `activationHeights.MN_RR` (V20's), `llmqsDefinedButNotEnabled` and
 * `fixedSeeds` (none), `workDiffDepth` and `signHeightOffset` (must be 8 if there), `devnetName` (devnets must have it).
 * @param json - the parsed file
 * @throws `params/invalid-file` with the path of the first field that is missing or out of range
 */
export function paramsFromFile(json: unknown): NetworkParams {
  const file = new JsonFields(json);
  const name = CONFIGURABLE.find((network) => network === file.string("network"));
  if (name === undefined) return file.fail("network", `not one of ${CONFIGURABLE.join(", ")}`);
  checkConstant(file, "workDiffDepth", WORK_DIFF_DEPTH);
  checkConstant(file, "signHeightOffset", SIGN_HEIGHT_OFFSET);
  const genesisHash = file.hex("genesisHash", 64);
  const llmqs = readLlmqs(file);
  return {
    name,
    magic: hexToBytes(file.hex("magic", 8)),
    defaultPort: integerOr(file, "defaultPort", REGTEST.defaultPort, 1, 0xffff),
    genesisHeader: readGenesisHeader(file.object("genesisHeader")),
    genesisHash,
    devnetName: name === "devnet" ? file.string("devnetName") : undefined,
    pow: readPow(file),
    activation: readActivation(file.object("activationHeights")),
    minimumChainWork: file.has("minimumChainWork") ? BigInt(`0x${file.hex("minimumChainWork", 64)}`) : 0n,
    checkpoints: [{ height: 0, hash: genesisHash }],
    anchor: undefined,
    llmqs,
    llmqTypeChainLocks: readRole(file, "llmqTypeChainLocks", llmqs),
    llmqTypeInstantSend: readRole(file, "llmqTypeDIP0024InstantSend", llmqs),
    llmqTypePlatform: readRole(file, "llmqTypePlatform", llmqs),
    llmqTypeMnhf: readRole(file, "llmqTypeMnhf", llmqs),
    masternodeMinimumConfirmations: integerOr(
      file,
      "masternodeMinimumConfirmations",
      REGTEST.masternodeMinimumConfirmations,
    ),
    skipRemovedBeforeV19: false,
    dnsSeeds: [],
    fixedSeeds: file.has("fixedSeeds") ? file.strings("fixedSeeds") : [],
  };
}

function readGenesisHeader(genesis: JsonFields): Uint8Array {
  return encodeGenesisHeader({
    version: genesis.integer("version", -0x80000000, 0x7fffffff),
    merkleRoot: genesis.hex("merkleRoot", 64),
    time: genesis.integer("time"),
    bits: Number.parseInt(genesis.hex("bits", 8), 16),
    nonce: genesis.integer("nonce"),
  });
}

function readPow(file: JsonFields): PowParams {
  const powLimit = BigInt(`0x${file.hex("powLimit", 64)}`);
  if (powLimit === 0n) file.fail("powLimit", "zero");
  const targetSpacingSeconds = file.integer("powTargetSpacingSeconds", 1);
  const kgwHeight = integerOr(file, "kgwHeight", REGTEST.pow.kgwHeight);
  return {
    powLimit,
    targetSpacingSeconds,
    targetTimespanSeconds: integerOr(file, "powTargetTimespanSeconds", 86400, targetSpacingSeconds),
    allowMinDifficultyBlocks: file.boolean("powAllowMinDifficultyBlocks"),
    noRetargeting: file.boolean("powNoRetargeting"),
    kgwHeight,
    dgwHeight: integerOr(file, "dgwHeight", Math.max(kgwHeight, REGTEST.pow.dgwHeight)),
    minDifficultyBlocks: integerOr(file, "powMinDifficultyBlocks", 0),
    exactDifficultyHeight: 0,
  };
}

function readActivation(heights: JsonFields): ActivationHeights {
  const v20 = heights.integer("V20");
  return {
    bip34: heights.integer("BIP34"),
    bip66: heights.integer("BIP66"),
    bip65: heights.integer("BIP65"),
    dip0003: heights.integer("DIP0003"),
    dip0008: heights.integer("DIP0008"),
    dip0024: heights.integer("DIP0024"),
    v19: heights.integer("V19"),
    v20,
    mnRr: integerOr(heights, "MN_RR", v20),
  };
}

/** Types that are defined but do not form now count in merkleRootQuorums if a commitment is there, so they are configured too. */
function readLlmqs(file: JsonFields): ReadonlyMap<number, LlmqParams> {
  const idle = file.has("llmqsDefinedButNotEnabled") ? file.objects("llmqsDefinedButNotEnabled") : [];
  const llmqs = new Map<number, LlmqParams>();
  for (const fields of [...file.objects("llmqs"), ...idle]) {
    const llmq = readLlmq(fields);
    if (llmqs.has(llmq.type)) fields.fail("type", `${llmq.type} is there twice`);
    llmqs.set(llmq.type, llmq);
  }
  return llmqs;
}

/** Ranges: 0 is no type and 255 means none; threshold <= minSize <= size (Core 23.1.2 llmq/params.h is_valid). */
function readLlmq(fields: JsonFields): LlmqParams {
  const useRotation = fields.boolean("useRotation");
  const size = fields.integer("size", 1, 400); // the largest in Core's table
  if (useRotation && size % 4 !== 0) fields.fail("size", "a rotating quorum has four equal quarters");
  const minSize = fields.integer("minSize", 1, size);
  const dkgInterval = fields.integer("dkgInterval", 1);
  const dkgMiningWindowStart = fields.integer("dkgMiningWindowStart", 0, dkgInterval);
  return {
    type: fields.integer("type", 1, 254),
    name: fields.string("name"),
    useRotation,
    size,
    minSize,
    threshold: fields.integer("threshold", 1, minSize),
    dkgInterval,
    dkgMiningWindowStart,
    dkgMiningWindowEnd: fields.integer("dkgMiningWindowEnd", dkgMiningWindowStart, dkgInterval),
    signingActiveQuorumCount: fields.integer("signingActiveQuorumCount", 1),
  };
}

function readRole(file: JsonFields, name: string, llmqs: ReadonlyMap<number, LlmqParams>): number {
  const type = file.integer(name, 1, 254);
  return llmqs.has(type) ? type : file.fail(name, `type ${type} is not in llmqs`);
}

function integerOr(fields: JsonFields, name: string, fallback: number, min?: number, max?: number): number {
  return fields.has(name) ? fields.integer(name, min, max) : fallback;
}

/** Constants of the protocol that files repeat: a network with others cannot be followed. */
function checkConstant(file: JsonFields, name: string, expected: number): void {
  if (file.has(name)) file.integer(name, expected, expected);
}
