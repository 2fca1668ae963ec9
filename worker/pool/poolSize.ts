const MIN_THREADS = 2;
const MAX_THREADS = 8;

/**
 * How many threads a machine is worth: one core is left to whoever asks.
 * @param cores - as the platform says
 */
export function poolSize(cores: number): number {
  return Math.min(MAX_THREADS, Math.max(MIN_THREADS, cores - 1));
}
