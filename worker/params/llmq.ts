/**
 * LLMQ types and their parameters.
 * Source: Core 23.1.2 llmq/params.h
 */
export interface LlmqParams {
  readonly type: number;
  readonly name: string;
  readonly useRotation: boolean;
  readonly size: number;
  readonly minSize: number;
  readonly threshold: number;
  /** Blocks between two quorum bases; for rotating types the cycle length. */
  readonly dkgInterval: number;
  /** A commitment is mined where `height mod dkgInterval` lies in [start, end]. */
  readonly dkgMiningWindowStart: number;
  readonly dkgMiningWindowEnd: number;
  /** Quorums in the active set; for rotating types one per index. */
  readonly signingActiveQuorumCount: number;
}

// biome-ignore format: a table
const TABLE: readonly [number, string, boolean, number, number, number, number, number, number, number][] = [
  // type  name              rotation size min thr interval window   active
  [1,   "llmq_50_60",            false, 50,  40,  30,  24,  10, 18, 24],
  [2,   "llmq_400_60",           false, 400, 300, 240, 288, 20, 28, 4],
  [3,   "llmq_400_85",           false, 400, 350, 340, 576, 20, 48, 4],
  [4,   "llmq_100_67",           false, 100, 80,  67,  24,  10, 18, 24],
  [5,   "llmq_60_75",            true,  60,  50,  45,  288, 42, 50, 32],
  [6,   "llmq_25_67",            false, 25,  22,  17,  24,  10, 18, 24],
  [100, "llmq_test",             false, 3,   2,   2,   24,  10, 18, 2],
  [101, "llmq_devnet",           false, 12,  7,   6,   24,  10, 18, 4],
  [102, "llmq_test_v17",         false, 3,   2,   2,   24,  10, 18, 2],
  [103, "llmq_test_dip0024",     true,  4,   4,   3,   24,  12, 20, 2],
  [104, "llmq_test_instantsend", false, 3,   2,   2,   24,  10, 18, 2],
  [105, "llmq_devnet_dip0024",   true,  8,   6,   4,   48,  12, 20, 2],
  [106, "llmq_test_platform",    false, 3,   2,   2,   24,  10, 18, 2],
  [107, "llmq_devnet_platform",  false, 12,  9,   8,   24,  10, 18, 4],
];

export const LLMQ_PARAMS: ReadonlyMap<number, LlmqParams> = new Map(
  TABLE.map(([type, name, useRotation, size, minSize, threshold, dkgInterval, start, end, active]) => [
    type,
    {
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
    },
  ]),
);

/** @returns the parameters of the given types */
export function llmqTable(types: readonly number[]): ReadonlyMap<number, LlmqParams> {
  return new Map([...LLMQ_PARAMS].filter(([type]) => types.includes(type)));
}

/** Members of a quorum are drawn from the list this many blocks below its base (llmq/utils.h). */
export const WORK_DIFF_DEPTH = 8;

/** A lock is signed by the quorums active this many blocks below it (llmq/signing.h). */
export const SIGN_HEIGHT_OFFSET = 8;
