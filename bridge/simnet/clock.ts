/** Seconds from block to block where no clock of the host's is given and no pace is set. */
const MANUAL_SPACING_SECONDS = 1;

export interface NetworkClockOptions {
  /** Seconds since 1970, at the end of the past. */
  readonly startTimeSeconds: number;
  /** Between live blocks; 0: no pace. */
  readonly blockIntervalMs: number;
  /** The host's clock, in seconds since 1970. Without it time goes on with the blocks only, so that runs repeat. */
  readonly now: (() => number) | undefined;
  /** How far the network is ahead of that, below zero: behind. */
  readonly offsetSeconds: number;
}

/** What time it is in the network: for its headers and for what its nodes tell. */
export class NetworkClock {
  offsetSeconds: number;
  readonly #now: (() => number) | undefined;
  readonly #spacingSeconds: number;
  #blocksTimeSeconds: number;

  constructor(options: NetworkClockOptions) {
    const { startTimeSeconds, blockIntervalMs, now, offsetSeconds } = options;
    this.offsetSeconds = offsetSeconds;
    this.#now = now;
    this.#spacingSeconds = Math.max(MANUAL_SPACING_SECONDS, Math.round(blockIntervalMs / 1000));
    this.#blocksTimeSeconds = startTimeSeconds;
  }

  /** Whole seconds since 1970. */
  get seconds(): number {
    return Math.floor(this.#now?.() ?? this.#blocksTimeSeconds) + this.offsetSeconds;
  }

  /** A block is mined. @returns its time as its miner reads it, seconds since 1970 */
  tick(): number {
    this.#blocksTimeSeconds += this.#spacingSeconds;
    return this.seconds;
  }
}
