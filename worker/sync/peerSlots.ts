import type { Peer } from "../net/peer.ts";
import type { SyncTuning } from "../syncTuning.ts";
import type { Height } from "../wire/hashes.ts";
import type { Refusable } from "./misbehaviourBudget.ts";
import type { SyncRequest } from "./plan.ts";
import { refusable } from "./requestHistory.ts";
import type { SyncHealth } from "./syncHealth.ts";

/** A second with other bases would wait at the node all the same. Source: `design/sync.md` 1 */
const MAX_QRINFOS_PER_PEER = 1;

export interface PeerSlotsOptions {
  /** Peers that shook hands, quickest first. */
  readonly ready: () => readonly Peer[];
  readonly health: SyncHealth;
  readonly tuning: SyncTuning;
  /** Addresses not to be asked for a qrinfo. */
  readonly doubted: ReadonlySet<string>;
  readonly now: () => number;
}

/** What a peer is asked for: the kind of answer, and the blocks that it needs for it. */
export type Wanted = Pick<Refusable, "kind" | "blocks">;

/** Whatever it may be about. */
export const ANY_LIST: Wanted = { kind: "mnlistdiff", blocks: [] };
export const ANY_QRINFO: Wanted = { kind: "qrinfo", blocks: [] };

/** What decides which peer a request goes to. */
export interface Choice {
  /** Addresses that it must not go to. */
  readonly avoided: readonly string[];
  /** Addresses that failed it, each as often as it did. */
  readonly failed: readonly string[];
  /** Addresses that lose much of what they are asked for. */
  readonly unstable: ReadonlySet<string>;
}

interface Used {
  readonly total: number;
  readonly qrInfos: number;
}

const NOTHING: Used = { total: 0, qrInfos: 0 };

/** Which peer a request goes to, within the limits of each. */
export class PeerSlots {
  readonly #options: PeerSlotsOptions;
  readonly #used = new Map<Peer, Used>();

  constructor(options: PeerSlotsOptions) {
    this.#options = options;
  }

  get inFlight(): number {
    return [...this.#used.values()].reduce((sum, { total }) => sum + total, 0);
  }

  /** Peers that may be asked, now or when they have a free place. */
  usable({ kind, blocks }: Wanted): Peer[] {
    const { ready, health, doubted, now } = this.#options;
    return ready().filter(
      (peer) =>
        (kind !== "qrinfo" || (peer.answersQrInfo && !doubted.has(peer.address))) &&
        health.budget.allows(peer.address, blocks, 0, now()),
    );
  }

  /** Those of them that are not kept off for a while. */
  working(wanted: Wanted): Peer[] {
    const { health, now } = this.#options;
    return this.usable(wanted).filter(({ address }) => !health.breakers.of(address).isOpen(now()));
  }

  /** Whether peers are there, and none of them may be asked for it. @param avoided - as of `Choice` */
  isNobodyLeft(request: SyncRequest, avoided: readonly string[]): boolean {
    if (this.#options.ready().length === 0) return false;
    return this.usable(refusable(request)).every(({ address }) => avoided.includes(address));
  }

  /** @returns undefined while none is free that has the block as far as it showed, or nobody has */
  choose(request: SyncRequest, { avoided, failed, unstable }: Choice): Peer | undefined {
    const wanted = refusable(request);
    const height = request.kind === "qrinfo" ? request.workHeight : request.height;
    const askable = this.working(wanted).filter(({ address }) => !avoided.includes(address));
    // Whoever lacks the block would refuse.
    const high = askable.filter((peer) => this.#shownHeight(peer) >= height);
    const free = (high.length > 0 ? high : askable).filter((peer) => this.#isFree(peer, wanted));
    const ranked = free.map((peer) => ({ peer, rank: this.#rank(peer, failed, unstable) }));
    return ranked.sort((a, b) => compare(a.rank, b.rank))[0]?.peer;
  }

  /** The lower the better, by the first number that differs. */
  #rank(peer: Peer, failed: readonly string[], unstable: ReadonlySet<string>): number[] {
    return [
      failed.filter((address) => address === peer.address).length,
      unstable.has(peer.address) ? 1 : 0,
      this.#of(peer).total,
    ];
  }

  /** How long its chain is, as far as it said or showed. */
  #shownHeight({ address, version }: Peer): Height {
    return Math.max(version?.startHeight ?? 0, this.#options.health.budget.shownHeight(address));
  }

  take(peer: Peer, kind: SyncRequest["kind"]): void {
    this.#change(peer, kind, 1);
    this.#options.health.breakers.of(peer.address).send();
  }

  release(peer: Peer, kind: SyncRequest["kind"]): void {
    this.#change(peer, kind, -1);
    if (this.#of(peer).total === 0) this.#used.delete(peer);
  }

  #isFree(peer: Peer, { kind, blocks }: Wanted): boolean {
    const { total, qrInfos } = this.#of(peer);
    const { health, tuning, now } = this.#options;
    return (
      total < tuning.maxPerPeer &&
      (kind !== "qrinfo" || qrInfos < MAX_QRINFOS_PER_PEER) &&
      health.budget.allows(peer.address, blocks, total, now())
    );
  }

  #change(peer: Peer, kind: SyncRequest["kind"], by: number): void {
    const { total, qrInfos } = this.#of(peer);
    this.#used.set(peer, { total: total + by, qrInfos: qrInfos + (kind === "qrinfo" ? by : 0) });
  }

  #of(peer: Peer): Used {
    return this.#used.get(peer) ?? NOTHING;
  }
}

/** By the first number that differs. */
function compare(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((value, i) => value !== b[i]);
  return (a[at] ?? 0) - (b[at] ?? 0);
}
