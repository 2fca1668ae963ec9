import { type LlmqParams, type NetworkParams, paramsFromFile } from "../../worker/params/index.ts";
import { decode } from "../../worker/wire/codec.ts";
import { type BlockHash, type Height, toHashHex } from "../../worker/wire/hashes.ts";
import { blockHeader } from "../../worker/wire/header.ts";

/** Its members are Evo nodes only. */
export const PLATFORM_TYPE = 4;
/** First bytes of every message of a simnet that is given no others; no other network has them. */
export const SIMNET_MAGIC = "5d1e7a73";
/** Only a name for the case that somebody asks: nodes listen on whatever port is free. */
const DEFAULT_PORT = 19699;
/** The easiest target there is: every second hash meets it. */
export const POW_LIMIT_BITS = 0x207fffff;
const POW_LIMIT = "7".padEnd(64, "f");

/** Rules are those after V20 from this height on; genesis alone has no lists. */
const ACTIVATION_HEIGHT = 1;

/** An LLMQ type of the simulated network. */
export interface SimLlmq {
  readonly type: number;
  readonly name: string;
  readonly useRotation: boolean;
  readonly size: number;
  readonly minSize: number;
  readonly threshold: number;
  readonly dkgInterval: number;
  readonly dkgMiningWindowStart: number;
  readonly dkgMiningWindowEnd: number;
  readonly signingActiveQuorumCount: number;
  /** No new quorum has its base above. Its last ones stay in the active set for good, as mainnet's type 1 did. */
  readonly lastBaseHeight?: Height;
}

type Row = [number, string, boolean, number, number, number, number, number, number, number, Height?];

// Mainnet's types with roles and proportions kept (size to minSize to threshold), a day scaled to 48 blocks.
// biome-ignore format: a table
const ROWS: readonly Row[] = [
  // type name          rotation size min thr interval window   active  lastBase
  [1, "llmq_50_60",     false,   10,  8,  6,  24,      10, 18,  4,      144],
  [2, "llmq_400_60",    false,   12,  9,  7,  24,      10, 18,  4],
  [3, "llmq_400_85",    false,   12, 10, 10,  48,      16, 30,  3],
  [4, "llmq_100_67",    false,   10,  8,  7,  24,      10, 18,  6],
  [5, "llmq_60_75",     true,    12, 10,  9,  48,      16, 24,  4],
];

export const SIM_LLMQS: readonly SimLlmq[] = ROWS.map(
  ([type, name, useRotation, size, minSize, threshold, dkgInterval, start, end, active, lastBaseHeight]) => ({
    type,
    name,
    useRotation,
    size,
    minSize,
    threshold,
    dkgInterval,
    dkgMiningWindowStart: start,
    dkgMiningWindowEnd: end,
    signingActiveQuorumCount: active,
    ...(lastBaseHeight === undefined ? {} : { lastBaseHeight }),
  }),
);

/** Seconds between two blocks of the past. */
export const TARGET_SPACING_SECONDS = 150;

/** @returns the file a client is configured with, in the form `paramsFromFile` reads */
export function makeParamsFile(
  genesisHeader: Uint8Array,
  genesisHash: BlockHash,
  llmqs: readonly SimLlmq[],
  magic: string,
): unknown {
  const genesis = decode(blockHeader, genesisHeader);
  return {
    network: "simnet",
    magic,
    defaultPort: DEFAULT_PORT,
    genesisHash: toHashHex(genesisHash),
    genesisHeader: {
      version: genesis.version,
      time: genesis.time,
      bits: genesis.bits.toString(16),
      nonce: genesis.nonce,
      merkleRoot: toHashHex(genesis.merkleRoot),
    },
    powLimit: POW_LIMIT,
    powNoRetargeting: true,
    powAllowMinDifficultyBlocks: true,
    powTargetSpacingSeconds: TARGET_SPACING_SECONDS,
    activationHeights: Object.fromEntries(
      ["BIP34", "BIP65", "BIP66", "DIP0003", "DIP0008", "DIP0024", "V19", "V20", "MN_RR"].map((rule) => [
        rule,
        ACTIVATION_HEIGHT,
      ]),
    ),
    llmqs,
    llmqTypeChainLocks: 2,
    llmqTypeDIP0024InstantSend: 5,
    llmqTypePlatform: PLATFORM_TYPE,
    llmqTypeMnhf: 3,
    masternodeMinimumConfirmations: 1,
    workDiffDepth: 8,
    signHeightOffset: 8,
  };
}

/**
 * A file is only as good as a client's reading of it, so the network itself reads it too.
 * @throws DashlightError params/invalid-file; RangeError for what a file may say but a simnet cannot do
 */
export function readParams(file: unknown): NetworkParams {
  const params = paramsFromFile(file);
  const { useRotation, signingActiveQuorumCount: count } = rotatingLlmq(params);
  if (!useRotation || !Number.isInteger(Math.log2(count))) {
    throw new RangeError(
      `InstantSend type with rotation ${useRotation} and ${count} quorums, not a power of two`,
    );
  }
  return params;
}

/** The type that rotates and signs InstantSend locks. */
export function rotatingLlmq(params: NetworkParams): LlmqParams {
  const llmq = params.llmqs.get(params.llmqTypeInstantSend);
  if (llmq === undefined) throw new RangeError("no InstantSend type");
  return llmq;
}
