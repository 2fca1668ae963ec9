import type { PlanCosts } from "./planCosts.ts";

/** What is older says nothing about now. No specific reason for these numbers. */
const WINDOW_MS = 120_000;
const MAX_SAMPLES = 256;
/** A round trip around half the world takes 300 ms. */
const HIGH_LATENCY_MS = 500;
/** A whole mainnet list of 600 kB takes more than ten seconds then. */
const LOW_BYTES_PER_SECOND = 50_000;
/** A smaller answer is over before the line is full. */
const MIN_TRANSFER_BYTES = 16_384;
const UNSTABLE_SHARE = 0.2;
/** Answers, come or not, before their loss means anything. No specific reason for this number. */
const MIN_ANSWERS = 5;
/** Source: `design/sync.md` 4 */
const FACTORS = { highLatency: 0.8, lowBandwidth: 0.5, unstable: 0.6 };

type Sample = { readonly address: string; readonly atMs: number } & (
  | { readonly kind: "pong"; readonly rttMs: number }
  | { readonly kind: "answer"; readonly bytes: number; readonly transferMs: number }
  | { readonly kind: "loss" }
);

/** How the network is now, of one peer or of all. */
export interface Conditions {
  /** Median round trip; undefined before the first. */
  readonly rttMs: number | undefined;
  /** While a large answer comes; undefined before the first. */
  readonly bytesPerSecond: number | undefined;
  /** Of the answers that were due, those that never came; 0 to 1. */
  readonly lossShare: number;
  readonly isHighLatency: boolean;
  readonly isLowBandwidth: boolean;
  readonly isUnstable: boolean;
  /** None of the three. */
  readonly isGood: boolean;
  /** What share of the usual number of requests is good to have on the way. */
  readonly batchFactor: number;
}

/** Measures the network by what goes over it anyway. */
export class NetworkMonitor {
  readonly #now: () => number;
  #samples: Sample[] = [];

  /** @param now - milliseconds */
  constructor(now: () => number) {
    this.#now = now;
  }

  pong(address: string, rttMs: number): void {
    this.#add({ kind: "pong", address, rttMs, atMs: this.#now() });
  }

  /** @param transferMs - from its first byte to its last: before that the node was at work, not the line */
  answer(address: string, bytes: number, transferMs: number): void {
    this.#add({ kind: "answer", address, bytes, transferMs, atMs: this.#now() });
  }

  /** No answer came in time, or the connection ended before it. */
  lose(address: string): void {
    this.#add({ kind: "loss", address, atMs: this.#now() });
  }

  /** @param address - of one peer; all of them if left out */
  conditions(address?: string): Conditions {
    const oldestMs = this.#now() - WINDOW_MS;
    const samples = this.#samples.filter(
      (sample) => sample.atMs >= oldestMs && (address === undefined || sample.address === address),
    );
    const rttMs = median(samples.flatMap((sample) => (sample.kind === "pong" ? [sample.rttMs] : [])));
    const bytesPerSecond = throughput(samples);
    const answers = samples.filter(({ kind }) => kind !== "pong");
    const lost = answers.filter(({ kind }) => kind === "loss").length;
    const lossShare = answers.length === 0 ? 0 : lost / answers.length;
    const isHighLatency = rttMs !== undefined && rttMs > HIGH_LATENCY_MS;
    const isLowBandwidth = bytesPerSecond !== undefined && bytesPerSecond < LOW_BYTES_PER_SECOND;
    const isUnstable = answers.length >= MIN_ANSWERS && lossShare > UNSTABLE_SHARE;
    return {
      rttMs,
      bytesPerSecond,
      lossShare,
      isHighLatency,
      isLowBandwidth,
      isUnstable,
      isGood: !isHighLatency && !isLowBandwidth && !isUnstable,
      batchFactor:
        (isHighLatency ? FACTORS.highLatency : 1) *
        (isLowBandwidth ? FACTORS.lowBandwidth : 1) *
        (isUnstable ? FACTORS.unstable : 1),
    };
  }

  /** @param otherwise - before anything was measured @param concurrency - requests on their way at a time */
  costs(otherwise: PlanCosts, concurrency: number): PlanCosts {
    const { rttMs, bytesPerSecond } = this.conditions();
    return {
      roundTripMs: rttMs ?? otherwise.roundTripMs,
      bytesPerSecond: bytesPerSecond ?? otherwise.bytesPerSecond,
      concurrency,
    };
  }

  #add(sample: Sample): void {
    const oldestMs = this.#now() - WINDOW_MS;
    this.#samples = [...this.#samples.filter(({ atMs }) => atMs >= oldestMs), sample].slice(-MAX_SAMPLES);
  }
}

function throughput(samples: readonly Sample[]): number | undefined {
  const transfers = samples.flatMap((sample) =>
    sample.kind === "answer" && sample.bytes >= MIN_TRANSFER_BYTES ? [sample] : [],
  );
  if (transfers.length === 0) return undefined;
  const bytes = transfers.reduce((sum, transfer) => sum + transfer.bytes, 0);
  const transferMs = transfers.reduce((sum, transfer) => sum + Math.max(1, transfer.transferMs), 0);
  return (1000 * bytes) / transferMs;
}

function median(values: readonly number[]): number | undefined {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}
