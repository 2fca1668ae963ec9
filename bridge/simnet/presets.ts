import { LLMQ_PARAMS } from "../../worker/params/llmq.ts";
import { PLATFORM_TYPE, SIM_LLMQS, type SimLlmq } from "./params.ts";
import { EVO_ONE_IN } from "./scenario.ts";

/** How large a simulated network is. */
export interface SimnetSize {
  /** At least so many, at any height above the first few. */
  readonly masternodes: number;
  /** Blocks of the past, mined at once. */
  readonly blocks: number;
  readonly llmqs: readonly SimLlmq[];
}

/** Ascending. */
export const SIMNET_PRESETS = ["small", "medium", "mainnet"] as const;
export type SimnetPreset = (typeof SIMNET_PRESETS)[number];

/** Types whose quorums mainnet carries. The first one no longer forms: its last quorums stay in the set for good. */
const MAINNET_TYPES = [1, 2, 3, 4, 5] as const;
const RETIRED_TYPE = 1;
const LAST_BASE_HEIGHT = 1200;

const MAINNET_LLMQS: readonly SimLlmq[] = MAINNET_TYPES.flatMap((type) => {
  const llmq = LLMQ_PARAMS.get(type);
  if (llmq === undefined) return [];
  return [type === RETIRED_TYPE ? { ...llmq, lastBaseHeight: LAST_BASE_HEIGHT } : llmq];
});

/** Mainnet's quorums at about a third of their size, its long intervals at a third of their length. */
const MEDIUM_SCALES: Readonly<Record<number, Partial<SimLlmq>>> = {
  1: { size: 20, minSize: 16, threshold: 12, signingActiveQuorumCount: 12, lastBaseHeight: 480 },
  2: { size: 120, minSize: 90, threshold: 72, dkgInterval: 96 },
  3: { size: 120, minSize: 105, threshold: 102, dkgInterval: 192 },
  4: { size: 36, minSize: 29, threshold: 24, signingActiveQuorumCount: 12 },
  5: { size: 24, minSize: 20, threshold: 18, dkgInterval: 96, signingActiveQuorumCount: 16 },
};

export const PRESETS: Readonly<Record<SimnetPreset, SimnetSize>> = {
  /** Ends 38 blocks into a rotating cycle, with its commitments mined; eight cycles with full quorums are below it. */
  small: { masternodes: 120, blocks: 470, llmqs: SIM_LLMQS },
  medium: {
    masternodes: 1_000,
    blocks: 1_600,
    llmqs: MAINNET_LLMQS.map((llmq) => ({ ...llmq, ...MEDIUM_SCALES[llmq.type] })),
  },
  /** The number of masternodes, and the LLMQ table, of mainnet; 17 rotating cycles. */
  mainnet: { masternodes: 3_500, blocks: 5_000, llmqs: MAINNET_LLMQS },
};

/** @returns how many masternodes fill every quorum of a preset's LLMQ table */
export function leastMasternodes(preset: SimnetPreset): number {
  return Math.max(
    ...PRESETS[preset].llmqs.map(({ type, size }) => (type === PLATFORM_TYPE ? EVO_ONE_IN * size : size)),
  );
}

/** @returns the largest preset whose quorums so many masternodes fill; undefined if they are too few for any */
export function largestPreset(masternodes: number): SimnetPreset | undefined {
  return SIMNET_PRESETS.findLast((preset) => leastMasternodes(preset) <= masternodes);
}

/** Whether a past takes long enough to make that it is worth a file: that of `small` does not. */
export function takesLong({ masternodes, blocks }: Omit<SimnetSize, "llmqs">): boolean {
  return masternodes > PRESETS.small.masternodes || blocks > PRESETS.small.blocks;
}
