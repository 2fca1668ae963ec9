import type { Peer } from "../net/peer.ts";
import type { SyncTuning } from "../syncTuning.ts";
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
    const wanted = refusable(request);
    const height = request.kind === "qrinfo" ? request.workHeight : request.height;
    const isAvoided = ({ address }: Peer) => avoided.includes(address);
    if (this.#options.ready().length === 0) return "wait";
    if (this.usable(wanted).every(isAvoided)) return "nobody";
    const { monitor, budget } = this.#options.health;
    const free = this.working(wanted).filter((peer) => !isAvoided(peer) && this.#isFree(peer, wanted));
    const rank = (peer: Peer): number[] => [
      failed.filter((address) => address === peer.address).length,
      // It said or showed how long its chain is: whoever lacks the block would refuse.
      Math.max(peer.version?.startHeight ?? 0, budget.shownHeight(peer.address)) < height ? 1 : 0,
      monitor.conditions(peer.address).isUnstable ? 1 : 0,
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
