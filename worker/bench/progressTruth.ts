import type { Clock } from "../net/transport.ts";

/** As often as a page is shown a new state, which costs too much to be put together at every change. */
const SAMPLE_INTERVAL_MS = 100;

/** What the client showed at one of its changes, and how much was there. */
export interface ProgressSample {
  /** 0 to 1, as shown. */
  readonly fraction: number;
  /** Headers, lists, verified quorums. */
  readonly work: readonly [number, number, number];
}

/**
 * Compares what was shown with the truth, which only the end tells: of all headers, lists and verified quorums that the
 * run added, each kind a third, the share that was there at that moment.
 * @returns in percent points
 */
export function measureProgress(samples: readonly ProgressSample[]): { largest: number; mean: number } {
  const [first, last] = [samples[0]?.work ?? [], samples.at(-1)?.work ?? []];
  const added = last.map((end, kind) => end - (first[kind] ?? 0));
  const kinds = added.filter((all) => all !== 0).length;
  const truth = ({ work }: ProgressSample) =>
    work.reduce((sum, now, kind) => {
      const all = added[kind] ?? 0;
      return all === 0 ? sum : sum + (now - (first[kind] ?? 0)) / all / kinds;
    }, 0);
  const off = samples.map((sample) => 100 * Math.abs(sample.fraction - truth(sample)));
  return { largest: Math.max(0, ...off), mean: off.reduce((sum, one) => sum + one, 0) / off.length };
}

/** Takes samples while a run goes on: soon after a change, never two within an interval. */
export class ProgressSampler {
  readonly #clock: Clock;
  readonly #read: () => ProgressSample;
  readonly #samples: ProgressSample[] = [];
  #timer: unknown;

  constructor(clock: Clock, read: () => ProgressSample) {
    this.#clock = clock;
    this.#read = read;
  }

  changed(): void {
    this.#timer ??= this.#clock.setTimeout(() => {
      this.#timer = undefined;
      this.#samples.push(this.#read());
    }, SAMPLE_INTERVAL_MS);
  }

  /** @returns all samples, and one of now, by which the others are measured */
  finish(): ProgressSample[] {
    this.#clock.clearTimeout(this.#timer);
    return [...this.#samples, this.#read()];
  }
}
