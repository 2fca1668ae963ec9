import type { Height } from "../wire/hashes.ts";

/** What requests cost under the present conditions. */
export interface PlanCosts {
  /** One round trip, in milliseconds. */
  readonly roundTripMs: number;
  readonly bytesPerSecond: number;
  /** Requests on their way at a time. */
  readonly concurrency: number;
}

/** Before anything was measured. No specific reason for these numbers. */
export const DEFAULT_COSTS: PlanCosts = { roundTripMs: 150, bytesPerSecond: 250_000, concurrency: 8 };

/** How long requests take side by side: those that may be on their way together share a round trip. */
export function durationMs(costs: PlanCosts, requests: number, bytes: number): number {
  const roundTrips = Math.max(Math.min(1, requests), requests / Math.max(1, costs.concurrency));
  return roundTrips * costs.roundTripMs + transferMs(costs, bytes);
}

export function transferMs({ bytesPerSecond }: PlanCosts, bytes: number): number {
  return (1000 * bytes) / bytesPerSecond;
}

/** Header fields, coinbase and merkle proof of a mnlistdiff. Measured on mainnet and testnet recordings. */
const DIFF_OVERHEAD_BYTES = 700;
/** One entry of a list on the wire, Evo nodes and others. */
const ENTRY_BYTES = 160;
/** Entries that a block changes: 22 in 288 blocks of mainnet, in a recorded series. */
const ENTRIES_PER_BLOCK = 0.08;
/** One commitment on the wire, and how many come in a block: mainnet mines about 70 in 288. */
const COMMITMENT_BYTES = 380;
const COMMITMENTS_PER_BLOCK = 0.25;
/** Without any list at hand: as large as mainnet's. */
export const USUAL_ENTRIES = 3_500;
export const USUAL_QUORUMS = 90;

/** Sizes of answers, from how long the lists are. */
export class SizeEstimate {
  readonly #entries: number;
  readonly #quorums: number;

  /** @param entries - of the newest list @param quorums - of its quorum set */
  constructor(entries = USUAL_ENTRIES, quorums = USUAL_QUORUMS) {
    this.#entries = entries;
    this.#quorums = quorums;
  }

  /** @param baseHeight - 0: the whole list */
  diffBytes(baseHeight: Height, height: Height): number {
    const blocks = height - baseHeight;
    const entries = baseHeight === 0 ? this.#entries : Math.min(this.#entries, blocks * ENTRIES_PER_BLOCK);
    const quorums =
      baseHeight === 0 ? this.#quorums : Math.min(this.#quorums, blocks * COMMITMENTS_PER_BLOCK);
    return Math.round(DIFF_OVERHEAD_BYTES + entries * ENTRY_BYTES + quorums * COMMITMENT_BYTES);
  }

  /** One bit for each masternode, and the commitments that a qrinfo repeats by index. */
  snapshotsBytes(snapshots: number, commitments: number): number {
    return Math.round(snapshots * (this.#entries / 8 + 16) + commitments * COMMITMENT_BYTES);
  }
}
