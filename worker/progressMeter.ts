import type { Progress } from "./api.ts";
import type { HeaderChain } from "./chain/headerChain.ts";
import type { EngineContext } from "./engine/context.ts";
import { type EngineState, newestList } from "./engine/state.ts";
import type { PeerPool } from "./net/peerPool.ts";
import { quorumTypeRows } from "./rows.ts";
import type { Discovery } from "./sync/discover.ts";

/** Below this share nothing can be said about speed. */
const MIN_FRACTION_FOR_ETA = 0.05;

export interface ProgressInput {
  readonly engine: EngineState;
  readonly context: EngineContext;
  readonly neededTypes: readonly number[];
  readonly chain: HeaderChain;
  readonly pool: PeerPool;
  readonly discovery: Discovery | undefined;
  readonly hasHeaders: boolean;
  /** Requests of the present plan. */
  readonly round: { readonly done: number; readonly total: number };
  readonly nowMs: number;
}

/** How far the sync is: headers are the first third, lists the second, quorums the last. Never goes back. */
export class ProgressMeter {
  readonly #startedAtMs: number;
  #fraction = 0;

  constructor(startedAtMs: number) {
    this.#startedAtMs = startedAtMs;
  }

  /** All is there. */
  finish(): void {
    this.#fraction = 1;
  }

  update({
    engine,
    context,
    neededTypes,
    chain,
    pool,
    discovery,
    hasHeaders,
    round,
    nowMs,
  }: ProgressInput): Progress {
    const list = newestList(engine);
    const types = list ? quorumTypeRows(list, engine, context, neededTypes) : [];
    const needed = types.filter(({ isNeeded }) => isNeeded);
    const quorumsTotal = needed.reduce((sum, { total }) => sum + total, 0);
    const quorumsVerified = needed.reduce((sum, { verified }) => sum + verified, 0);
    const listsKnown = engine.lists.size;
    const listsNeeded = listsKnown + (discovery?.missingLists.length ?? 0) + (discovery?.tip ? 1 : 0);
    const headersPart = hasHeaders ? 1 : headersFraction(chain, pool);
    const listsPart = listsKnown === 0 ? 0 : listsKnown / Math.max(1, listsNeeded);
    const quorumsPart = quorumsTotal === 0 ? 0 : quorumsVerified / quorumsTotal;
    this.#fraction = Math.max(this.#fraction, (headersPart + listsPart + quorumsPart) / 3);
    const isMoving = this.#fraction > MIN_FRACTION_FOR_ETA && this.#fraction < 1;
    return {
      fraction: this.#fraction,
      requestsDone: round.done,
      requestsTotal: round.total,
      listsKnown,
      listsNeeded,
      quorumsVerified,
      quorumsTotal,
      bytesIn: pool.bytesIn,
      etaMs: isMoving ? ((nowMs - this.#startedAtMs) * (1 - this.#fraction)) / this.#fraction : undefined,
    };
  }
}

function headersFraction(chain: HeaderChain, pool: PeerPool): number {
  const first = chain.firstHeight;
  const target = Math.max(...pool.ready.map((peer) => peer.version?.startHeight ?? 0), first + 1);
  return Math.min(1, Math.max(0, (chain.headersTip.height - first) / (target - first)));
}
