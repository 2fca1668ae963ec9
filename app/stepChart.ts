import type { SyncRequestRow } from "../worker/api.ts";

/** A value that holds until the next one. */
export interface Sample {
  readonly atMs: number;
  readonly value: number;
}

/** One stretch of time with one value, as shares of the time that is shown. */
export interface Step {
  /** 0 to 1. */
  readonly start: number;
  /** 0 to 1. */
  readonly end: number;
  readonly value: number;
}

export interface TimeSpan {
  readonly fromMs: number;
  readonly toMs: number;
}

/** @returns the samples cut to a time, each up to the next one */
export function stepsOf(samples: readonly Sample[], { fromMs, toMs }: TimeSpan): Step[] {
  const share = (timeMs: number) => Math.min(1, Math.max(0, (timeMs - fromMs) / (toMs - fromMs)));
  return samples
    .map(({ atMs, value }, i) => ({ start: share(atMs), end: share(samples[i + 1]?.atMs ?? toMs), value }))
    .filter(({ start, end }) => end > start);
}

/** @returns bytes of all answers up to each moment, from zero on */
export function receivedSamples(rows: readonly SyncRequestRow[], fromMs: number): Sample[] {
  let value = 0;
  const answers = rows
    .flatMap(({ endedAtMs, bytes }) =>
      endedAtMs === undefined || bytes === undefined ? [] : { endedAtMs, bytes },
    )
    .sort((a, b) => a.endedAtMs - b.endedAtMs)
    .map(({ endedAtMs, bytes }) => {
      value += bytes;
      return { atMs: endedAtMs, value };
    });
  return [{ atMs: fromMs, value: 0 }, ...answers];
}

/**
 * @param most - value at the top
 * @returns an SVG path that jumps where a step ends, in a box 1000 wide and 100 high
 */
export function stepPath(steps: readonly Step[], most: number): string {
  return steps
    .map(({ start, end, value }, i) => {
      const y = round(100 - (100 * value) / most);
      return `${i === 0 ? "M" : "L"}${round(1000 * start)} ${y}H${round(1000 * end)}`;
    })
    .join("");
}

/** @returns the same path, closed along the bottom */
export function stepArea(steps: readonly Step[], most: number): string {
  const [first, last] = [steps[0]?.start ?? 0, steps.at(-1)?.end ?? 1];
  return `${stepPath(steps, most)}L${round(1000 * last)} 100H${round(1000 * first)}Z`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
