import type { Progress } from "./api.ts";
import type { HeaderChain } from "./chain/headerChain.ts";
import type { EngineContext } from "./engine/context.ts";
import { type EngineState, listAtHeight, newestList } from "./engine/state.ts";
import type { PeerPool } from "./net/peerPool.ts";
import { quorumTypeRows } from "./rows.ts";
import type { Discovery } from "./sync/discover.ts";
import type { SyncPlan } from "./sync/plan.ts";

/** Below this share nothing can be said about speed. */
const MIN_FRACTION_FOR_ETA = 0.05;

/** What is there, and what has to be. */
export interface ProgressCounts extends Omit<Progress, "fraction" | "etaMs"> {
  readonly headersKnown: number;
  /** As far as peers say. */
  readonly headersNeeded: number;
  /** As long as headers are missing, nobody knows which lists are. */
  readonly hasHeaders: boolean;
  /** As long as the tip's list is missing, nobody knows which quorums are. */
  readonly hasTipList: boolean;
}

/**
 * How far the sync is: headers are the first third, lists the second, quorums the last. What was there to begin with is
 * no work. Never goes back.
 */
export class ProgressMeter {
  readonly #startedAtMs: number;
  readonly #headersBefore: number;
  readonly #listsBefore: number;
  #quorumsBefore: number | undefined;
  #fraction = 0;

  /** @param before - what an earlier run left */
  constructor(startedAtMs: number, before: { readonly headers: number; readonly lists: number }) {
    this.#startedAtMs = startedAtMs;
    this.#headersBefore = before.headers;
    this.#listsBefore = before.lists;
  }

  /** All is there. */
  finish(): void {
    this.#fraction = 1;
  }

  update(
    { headersKnown, headersNeeded, hasHeaders, hasTipList, ...counts }: ProgressCounts,
    nowMs: number,
  ): Progress {
    const { listsKnown, listsNeeded, quorumsVerified, quorumsTotal } = counts;
    if (hasTipList) this.#quorumsBefore ??= quorumsVerified;
    const headers = hasHeaders ? 1 : share(this.#headersBefore, headersKnown, headersNeeded);
    const lists = hasHeaders ? share(this.#listsBefore, listsKnown, listsNeeded) : 0;
    const quorums = hasTipList ? share(this.#quorumsBefore ?? 0, quorumsVerified, quorumsTotal) : 0;
    this.#fraction = Math.max(this.#fraction, (headers + lists + quorums) / 3);
    const isMoving = this.#fraction > MIN_FRACTION_FOR_ETA && this.#fraction < 1;
    const etaMs = isMoving
      ? ((nowMs - this.#startedAtMs) * (1 - this.#fraction)) / this.#fraction
      : undefined;
    return { ...counts, fraction: this.#fraction, etaMs };
  }
}

/** @returns 0 to 1; 0 while nothing is known to be missing */
function share(before: number, known: number, needed: number): number {
  return needed <= before ? 0 : Math.min(1, Math.max(0, (known - before) / (needed - before)));
}

export interface ProgressView {
  readonly engine: EngineState;
  readonly context: EngineContext;
  readonly neededTypes: readonly number[];
  readonly chain: HeaderChain;
  readonly pool: PeerPool;
  readonly discovery: Discovery | undefined;
  /** What is carried out now. */
  readonly plan: SyncPlan;
  readonly hasHeaders: boolean;
  /** Requests of the present plan. */
  readonly round: { readonly done: number; readonly total: number };
}

/** Counts what the meter needs. */
export function countProgress(view: ProgressView): ProgressCounts {
  const { engine, context, neededTypes, chain, pool, hasHeaders, round } = view;
  const list = newestList(engine);
  const types = list ? quorumTypeRows(list, engine, context, neededTypes) : [];
  const needed = types.filter(({ isNeeded }) => isNeeded);
  const awaited = awaitedHeights(view).filter((height) => !listAtHeight(engine, context.chain, height));
  const startHeights = pool.ready.map((peer) => peer.version?.startHeight ?? 0);
  return {
    headersKnown: chain.headersTip.height,
    headersNeeded: Math.max(chain.headersTip.height + 1, ...startHeights),
    hasHeaders,
    hasTipList: hasHeaders && list?.height === chain.tip.height,
    listsKnown: engine.lists.size,
    listsNeeded: engine.lists.size + awaited.length,
    quorumsVerified: needed.reduce((sum, { verified }) => sum + verified, 0),
    quorumsTotal: needed.reduce((sum, { total }) => sum + total, 0),
    requestsDone: round.done,
    requestsTotal: round.total,
    bytesIn: pool.bytesIn,
  };
}

/** @returns of all lists that are missing, as discovery knows, and that the plan brings, guesses too; each once */
function awaitedHeights({ discovery, plan, context }: ProgressView): number[] {
  const { tip, missingLists = [] } = discovery ?? {};
  const missing = [...missingLists, ...(tip ? [tip] : []), ...plan.mnListDiffRequests];
  const covered = plan.qrInfoRequests.flatMap(({ coverage, request }) => [
    ...coverage.workHeights,
    ...(coverage.tip ? [context.chain.heightOf(request.blockRequestHash) ?? 0] : []),
  ]);
  return [...new Set([...missing.map(({ height }) => height), ...covered])];
}
