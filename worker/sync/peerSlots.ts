import type { Peer } from "../net/peer.ts";
import type { SyncTuning } from "../syncTuning.ts";
import type { SyncRequest } from "./plan.ts";
import { heightOf, type SyncHealth } from "./syncHealth.ts";

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

  /** Peers that a request of a kind may go to, now or when they have a free place. */
  usable(kind: SyncRequest["kind"]): Peer[] {
    const { ready, health, doubted, now } = this.#options;
    return ready().filter(
      (peer) =>
        (kind === "mnlistdiff" || (peer.answersQrInfo && !doubted.has(peer.address))) &&
        health.budget.allows(peer.address, 0, now()),
    );
  }

  /** Those of them that are not kept off for a while. */
  working(kind: SyncRequest["kind"]): Peer[] {
    const { health, now } = this.#options;
    return this.usable(kind).filter(({ address }) => !health.breakers.of(address).isOpen(now()));
  }

  /**
   * @param avoided - addresses that it must not go to
   * @param failed - addresses that failed it, each as often as it did
   * @returns "wait" while none is free or none is connected, "nobody" if peers are there and none may be asked
   */
  choose(
    request: SyncRequest,
    avoided: readonly string[],
    failed: readonly string[],
  ): Peer | "wait" | "nobody" {
    const { kind } = request;
    const isAvoided = ({ address }: Peer) => avoided.includes(address);
    if (this.#options.ready().length === 0) return "wait";
    if (this.usable(kind).every(isAvoided)) return "nobody";
    const free = this.working(kind).filter((peer) => !isAvoided(peer) && this.#isFree(peer, kind));
    const rank = (peer: Peer): number[] => [
      failed.filter((address) => address === peer.address).length,
      // It said how long its chain is: whoever lacks the block would refuse.
      (peer.version?.startHeight ?? 0) < heightOf(request) ? 1 : 0,
      this.#of(peer).total,
    ];
    return free.sort((a, b) => compare(rank(a), rank(b)))[0] ?? "wait";
  }

  take(peer: Peer, kind: SyncRequest["kind"]): void {
    this.#change(peer, kind, 1);
    this.#options.health.breakers.of(peer.address).send();
  }

  release(peer: Peer, kind: SyncRequest["kind"]): void {
    this.#change(peer, kind, -1);
    if (this.#of(peer).total === 0) this.#used.delete(peer);
  }

  #isFree(peer: Peer, kind: SyncRequest["kind"]): boolean {
    const { total, qrInfos } = this.#of(peer);
    const { health, tuning, now } = this.#options;
    return (
      total < tuning.maxPerPeer &&
      (kind === "mnlistdiff" || qrInfos < MAX_QRINFOS_PER_PEER) &&
      health.budget.allows(peer.address, total, now())
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
