import type { HeaderBranch } from "../branch.ts";

export interface Sample {
  time: number;
  bits: number;
}

/** A branch made of times and targets alone. @param samples - oldest first, the last one at `height` */
export function memoryBranch(height: number, samples: readonly Sample[]): HeaderBranch {
  const firstHeight = height - samples.length + 1;
  const at = (wanted: number): Sample => {
    const sample = samples[wanted - firstHeight];
    if (sample === undefined) throw new RangeError(`no sample at ${wanted}`);
    return sample;
  };
  return { height, firstHeight, timeAt: (h) => at(h).time, bitsAt: (h) => at(h).bits };
}

/** @returns samples at equal distances */
export function evenSamples(count: number, spacingSeconds: number, bits: number): Sample[] {
  return Array.from({ length: count }, (_, i) => ({ time: 1_400_000_000 + i * spacingSeconds, bits }));
}
