import { DashlightError, type ErrorCode } from "../errors.ts";
import type { NetworkParams } from "../params/index.ts";
import type { Message } from "../wire/message.ts";
import { Peer } from "./peer.ts";
import type { Clock, Transport } from "./transport.ts";

const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 60_000;
/** A connection that held this long starts the pauses over. No specific reason for this number. */
const LASTING_MS = 60_000;
const FULL_SCORE = 100;
/** Penalties remembered; the oldest go. No specific reason for this number. */
const MAX_PENALTIES = 256;

export interface PeerPoolOptions {
  readonly params: NetworkParams;
  readonly transport: Transport;
  readonly clock: Clock;
  /** 0 to below 1. */
  readonly random: () => number;
  readonly maxPeers: number;
  readonly startHeight: () => number;
  readonly onReady: (peer: Peer) => void;
  readonly onMessage: (peer: Peer, message: Message) => void;
  /** A peer's round trip was measured. */
  readonly onPong?: (peer: Peer, rttMs: number) => void;
  /** Something about the peers changed. */
  readonly onChange: () => void;
}

/** What is known of one address, connected or not. */
export interface PeerRecord {
  readonly address: string;
  status: "connecting" | "handshake" | "ready" | "banned" | "closed";
  score: number;
  reason: string | undefined;
  peer: Peer | undefined;
}

/** Points taken off an address, and what for. */
export interface Penalty {
  readonly address: string;
  readonly points: number;
  readonly code: ErrorCode;
  /** No points were left. */
  readonly isBan: boolean;
}

interface Candidate extends PeerRecord {
  retryAfterMs: number;
  /** Connections in a row that failed or did not last. */
  failures: number;
  readySinceMs: number | undefined;
}

/** Keeps connections to several nodes: connects, tries again with growing pauses, scores and bans. */
export class PeerPool {
  readonly #options: PeerPoolOptions;
  readonly #candidates = new Map<string, Candidate>();
  readonly #penalties: Penalty[] = [];
  #timer: unknown;
  #isClosed = false;
  #bytesOfGone = 0;
  #bytesToGone = 0;

  constructor(options: PeerPoolOptions) {
    this.#options = options;
  }

  get records(): readonly PeerRecord[] {
    return [...this.#candidates.values()].filter(({ peer, reason }) => peer || reason !== undefined);
  }

  /** Received over all connections, those that are over included. */
  get bytesIn(): number {
    return [...this.#candidates.values()].reduce(
      (sum, { peer }) => sum + (peer?.bytesIn ?? 0),
      this.#bytesOfGone,
    );
  }

  /** Sent over all connections, those that are over included. */
  get bytesOut(): number {
    return [...this.#candidates.values()].reduce(
      (sum, { peer }) => sum + (peer?.bytesOut ?? 0),
      this.#bytesToGone,
    );
  }

  /** Oldest first, bounded. */
  get penalties(): readonly Penalty[] {
    return this.#penalties;
  }

  /** Peers that shook hands, quickest first. */
  get ready(): Peer[] {
    const peers = [...this.#candidates.values()].flatMap(({ peer }) => (peer?.isReady ? [peer] : []));
    return peers.sort((a, b) => a.expectedLatencyMs - b.expectedLatencyMs);
  }

  /** Why the last attempt failed, while nobody is connected. */
  get lastError(): string | undefined {
    return [...this.#candidates.values()].find(({ reason }) => reason !== undefined)?.reason;
  }

  /** Addresses to try, best first; those already known keep what is known of them. */
  addAddresses(addresses: readonly string[]): void {
    for (const address of addresses) {
      if (this.#candidates.has(address)) continue;
      this.#candidates.set(address, {
        address,
        status: "closed",
        score: FULL_SCORE,
        reason: undefined,
        peer: undefined,
        retryAfterMs: 0,
        failures: 0,
        readySinceMs: undefined,
      });
    }
    this.#fill();
  }

  /**
   * Takes points off an address; at none left it is banned for this session, connected or not.
   * @param points - 100 bans at once
   * @param reason - the same in one sentence
   */
  penalize(address: string, points: number, { code, message }: DashlightError, reason = message): void {
    const candidate = this.#candidates.get(address);
    if (!candidate || candidate.status === "banned") return;
    candidate.score = Math.max(0, candidate.score - points);
    candidate.reason = reason;
    this.#penalties.push({ address, points, code, isBan: candidate.score === 0 });
    if (this.#penalties.length > MAX_PENALTIES) this.#penalties.shift();
    if (candidate.score > 0) {
      this.#options.onChange();
      return;
    }
    candidate.status = "banned";
    if (candidate.peer) candidate.peer.close(`banned: ${reason}`);
    else this.#options.onChange();
  }

  close(): void {
    this.#isClosed = true;
    this.#options.clock.clearTimeout(this.#timer);
    for (const { peer } of this.#candidates.values()) peer?.close("the client stops");
  }

  /** Connects to the best candidates until there are enough peers. */
  #fill(): void {
    const { clock, maxPeers } = this.#options;
    if (this.#isClosed) return;
    clock.clearTimeout(this.#timer);
    const candidates = [...this.#candidates.values()];
    let free = maxPeers - candidates.filter(({ peer }) => peer).length;
    const now = clock.now();
    let soonest = Number.POSITIVE_INFINITY;
    for (const candidate of candidates) {
      if (candidate.peer || candidate.status === "banned") continue;
      if (candidate.retryAfterMs > now) soonest = Math.min(soonest, candidate.retryAfterMs);
      else if (free-- > 0) void this.#connect(candidate);
    }
    if (soonest < Number.POSITIVE_INFINITY) this.#timer = clock.setTimeout(() => this.#fill(), soonest - now);
    this.#options.onChange();
  }

  async #connect(candidate: Candidate): Promise<void> {
    const { params, transport, clock, random, startHeight, onMessage, onPong, onReady } = this.#options;
    const peer = new Peer({
      address: candidate.address,
      params,
      transport,
      clock,
      randomNonce: () =>
        (BigInt(Math.floor(random() * 2 ** 32)) << 32n) | BigInt(Math.floor(random() * 2 ** 32)),
      startHeight: startHeight(),
      onOpen: () => {
        candidate.status = "handshake";
        this.#options.onChange();
      },
      onMessage,
      ...(onPong ? { onPong } : {}),
      onBadMessage: (bad, error) => this.penalize(bad.address, 20, error),
      onClose: (closed, error) => this.#release(candidate, closed, error),
    });
    candidate.peer = peer;
    candidate.status = "connecting";
    try {
      await peer.connect();
    } catch (error) {
      if (!(error instanceof DashlightError)) throw error;
      this.#release(candidate, peer, error);
      return;
    }
    candidate.status = "ready";
    candidate.readySinceMs = clock.now();
    candidate.reason = undefined;
    this.#options.onChange();
    onReady(peer);
  }

  #release(candidate: Candidate, peer: Peer, error: DashlightError): void {
    if (candidate.peer !== peer) return;
    const { clock, random } = this.#options;
    candidate.peer = undefined;
    this.#bytesOfGone += peer.bytesIn;
    this.#bytesToGone += peer.bytesOut;
    if (candidate.status !== "banned") {
      candidate.status = "closed";
      candidate.reason = "reason" in error.facts ? String(error.facts.reason) : error.message;
    }
    const lastedMs = clock.now() - (candidate.readySinceMs ?? clock.now());
    candidate.readySinceMs = undefined;
    if (lastedMs >= LASTING_MS) candidate.failures = 0;
    const pauseMs = Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** candidate.failures++);
    candidate.retryAfterMs = clock.now() + pauseMs * (0.5 + random() / 2);
    this.#fill();
  }
}
