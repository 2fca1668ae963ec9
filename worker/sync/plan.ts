import type { EngineContext } from "../engine/context.ts";
import { type EngineState, newestList, snapshotOfWorkBlock, sortedLists } from "../engine/state.ts";
import type { LlmqParams } from "../params/llmq.ts";
import { WORK_DIFF_DEPTH } from "../params/llmq.ts";
import { type BlockHash, fromHashHex, type Height } from "../wire/hashes.ts";
import { type Discovery, NEEDED_BY_LOCK, quorumsToJudge } from "./discover.ts";
import { DEFAULT_COSTS, durationMs, SizeEstimate } from "./planCosts.ts";
import {
  isLikelyActiveAt,
  PREVIOUS_QUARTERS,
  predictNeeds,
  signingSetHeight,
  spareListHeight,
} from "./planPrediction.ts";
import { QrInfoMaker } from "./planQrInfo.ts";
import type {
  MnListDiffRequest,
  PlanOptions,
  Priority,
  QrInfoRequest,
  SyncPlan,
  SyncRequest,
} from "./planTypes.ts";

export type * from "./planTypes.ts";

const IN_PLACE_OF_LISTS = "one message in place of several lists";
/** From a tip's list that is so many blocks old on, what its quorums need is no longer what the last one's needed. */
const STALE_BLOCKS = 24;

export const EMPTY_PLAN: SyncPlan = {
  qrInfoRequests: [],
  mnListDiffRequests: [],
  requests: [],
  dependencies: new Map(),
  rotatingValidationNeeded: false,
  fallbackToMnListDiff: false,
  estimatedBytes: 0,
  estimatedDurationMs: 0,
  rationale: [],
};

/**
 * Turns what is missing into the fewest good requests. Pure.
 *
 * A qrinfo is asked for missing snapshots, and, once the tip's list is here, where the mnlistdiffs that it takes the
 * place of would cost more round trips than its own bytes take; every list that it does not reach costs one mnlistdiff,
 * based on the nearest lower list held or planned. While the tip's list is not here, its needs are predicted and asked
 * for in the same burst.
 * Source: `design/sync.md` 3
 */
export function plan(
  discovery: Discovery,
  state: EngineState,
  context: EngineContext,
  options: PlanOptions,
): SyncPlan {
  if (discovery.total === 0) return EMPTY_PLAN;
  return new Planner(discovery, state, context, options).plan();
}

interface WantedList {
  readonly height: Height;
  readonly blockHash: BlockHash;
  readonly neededBy: readonly string[];
  readonly isSpeculative: boolean;
}

class Planner {
  readonly #discovery: Discovery;
  readonly #state: EngineState;
  readonly #context: EngineContext;
  readonly #options: PlanOptions;
  /** Heights of lists on the best chain, ascending. */
  readonly #held: readonly Height[];
  readonly #size: SizeEstimate;
  /** The type that rotates, where there is one. */
  readonly #llmq: LlmqParams | undefined;
  readonly #wanted = new Map<Height, WantedList>();
  /** Undefined where nothing rotates, and where no peer answers a qrinfo. */
  readonly #qrInfos: QrInfoMaker | undefined;
  readonly #rationale: string[] = [];

  constructor(discovery: Discovery, state: EngineState, context: EngineContext, options: PlanOptions) {
    this.#discovery = discovery;
    this.#state = state;
    this.#context = context;
    this.#options = options;
    this.#held = sortedLists(state)
      .filter(({ blockHash, height }) => context.chain.heightOf(blockHash) === height)
      .map(({ height }) => height);
    const newest = newestList(state);
    this.#size = new SizeEstimate(newest?.masternodes.length, newest?.quorums.size);
    const llmq = context.params.llmqs.get(context.params.llmqTypeInstantSend);
    this.#llmq = llmq?.useRotation ? llmq : undefined;
    this.#qrInfos = this.#makeQrInfos();
  }

  /** Whoever passes over the qrinfo for the tip passes over all others: they are not tried. */
  #makeQrInfos(): QrInfoMaker | undefined {
    if (!this.#llmq || !this.#options.canAskQrInfo) return undefined;
    const qrInfos = new QrInfoMaker({
      state: this.#state,
      context: this.#context,
      options: this.#options,
      llmq: this.#llmq,
      held: this.#held,
      size: this.#size,
    });
    return qrInfos.isExhausted(qrInfos.tipCycle) ? undefined : qrInfos;
  }

  plan(): SyncPlan {
    const isStale = this.#isStale();
    for (const list of this.#discovery.missingLists) {
      // A lock's quorum set mostly comes with the tip's list.
      const isForLock = list.neededBy.every((need) => need === NEEDED_BY_LOCK);
      if (!isStale || !isForLock) this.#want(list, false);
    }
    const predictedCycle = isStale ? this.#predict() : undefined;
    const missingSnapshots = this.#missingSnapshots(predictedCycle);
    const qrInfoRequests = this.#planQrInfos(missingSnapshots, predictedCycle);
    const needed = this.#assemble(qrInfoRequests, missingSnapshots);
    // Without the tip's list nobody knows all that is missing, and a qrinfo may bring it by chance: good conditions must
    // not cost a round more than bad ones.
    if (qrInfoRequests.length > 0 || this.#discovery.tip) return needed;
    const instead = this.#qrInfos?.make(this.#qrInfos.tipCycle, [...this.#wanted.keys()], IN_PLACE_OF_LISTS);
    if (!instead) return needed;
    const fewer = this.#assemble([instead], missingSnapshots);
    return fewer.estimatedDurationMs < needed.estimatedDurationMs ? fewer : needed;
  }

  /** Whether the tip's list is so far away that its needs are worth a guess. */
  #isStale(): boolean {
    const { tip } = this.#discovery;
    return tip !== undefined && tip.height - (this.#held.at(-1) ?? 0) >= STALE_BLOCKS;
  }

  /** @returns base of the newest cycle whose quorums the tip's list likely holds */
  #predict(): Height | undefined {
    const { tipHeight, neededTypes } = this.#options;
    const { listHeights, newestCycle } = predictNeeds(this.#context, tipHeight, neededTypes);
    for (const height of listHeights) this.#guess(height);
    const spareHeight = spareListHeight(this.#context, tipHeight, neededTypes);
    if (spareHeight !== undefined && this.#isWholeListBelow(listHeights[0] ?? 0, spareHeight)) {
      this.#guess(spareHeight);
    }
    const expected = [...this.#held, ...this.#wanted.keys(), tipHeight];
    const setHeight = signingSetHeight(this.#context, tipHeight, expected);
    if (setHeight !== undefined) this.#guess(setHeight, NEEDED_BY_LOCK);
    return newestCycle;
  }

  /** Whether a whole list comes for one of the guesses: nothing is held at or below, and no qrinfo reaches down there. */
  #isWholeListBelow(lowestGuess: Height, spareHeight: Height): boolean {
    const isHeld = this.#held.some((height) => height <= lowestGuess);
    return !isHeld && spareHeight < (this.#qrInfos?.reach ?? Number.POSITIVE_INFINITY);
  }

  #guess(height: Height, ...neededBy: readonly string[]): void {
    const blockHash = this.#context.chain.hashAt(height);
    const isKnown = this.#held.includes(height) || this.#wanted.has(height);
    if (!blockHash || isKnown || this.#options.unavailable?.(height)) return;
    this.#want({ height, blockHash, neededBy }, true);
  }

  #want(list: Omit<WantedList, "isSpeculative">, isSpeculative: boolean): void {
    if (list.height > 0) this.#wanted.set(list.height, { ...list, isSpeculative });
  }

  /** Bases of cycles whose snapshot must come from a peer, newest first. */
  #missingSnapshots(predictedCycle: Height | undefined): Height[] {
    const missing = new Set(this.#discovery.missingCycles.map(({ cycleHeight }) => cycleHeight));
    if (!this.#llmq) return [];
    const { dkgInterval } = this.#llmq;
    const drawn = predictedCycle === undefined ? this.#waitingCycles(this.#llmq) : [predictedCycle];
    for (const newest of drawn) {
      for (let k = 1; k <= PREVIOUS_QUARTERS; k++) {
        const cycle = newest - k * dkgInterval;
        if (cycle > 0 && !this.#willHaveSnapshot(cycle, dkgInterval)) missing.add(cycle);
      }
    }
    return [...missing].sort((a, b) => b - a);
  }

  /** Cycles whose quorums are to be judged: as long as a list is missing, discovery says nothing of their snapshots. */
  #waitingCycles(llmq: LlmqParams): Height[] {
    const { chain } = this.#context;
    const newest = newestList(this.#state);
    const quorums = newest ? quorumsToJudge(this.#state, newest, [llmq.type]) : [];
    const cycles = quorums
      .flatMap(({ commitment }) => chain.heightOf(commitment.quorumHash) ?? [])
      .filter((height) => !this.#discovery.tip || isLikelyActiveAt(llmq, height, this.#options.tipHeight))
      .map((height) => height - (height % llmq.dkgInterval));
    return [...new Set(cycles)];
  }

  /** Held, or derived once the wanted lists are here, as a node derives its own. */
  #willHaveSnapshot(cycle: Height, interval: number): boolean {
    // Before rotation began there was nothing to store.
    if (cycle < Math.max(1, this.#context.params.activation.dip0024)) return true;
    const workHeight = cycle - WORK_DIFF_DEPTH;
    if (snapshotOfWorkBlock(this.#state, this.#context.chain, workHeight)) return true;
    if (!this.#held.includes(workHeight) && !this.#wanted.has(workHeight)) return false;
    return Array.from({ length: PREVIOUS_QUARTERS }, (_, k) => cycle - (k + 1) * interval).every((previous) =>
      this.#willHaveSnapshot(previous, interval),
    );
  }

  /** Newest first: one qrinfo for each run of four cycles in which a snapshot is missing. */
  #planQrInfos(missingSnapshots: readonly Height[], predictedCycle: Height | undefined): QrInfoRequest[] {
    const llmq = this.#llmq;
    const qrInfos = this.#qrInfos;
    if (!llmq || !qrInfos) return [];
    const { maxQrInfoSpan = Number.POSITIVE_INFINITY } = this.#options;
    const { tipCycle } = qrInfos;
    const requests: QrInfoRequest[] = [];
    let reachedDownTo = Number.POSITIVE_INFINITY;
    for (const cycle of missingSnapshots) {
      if (cycle >= reachedDownTo) continue;
      const isFirst = requests.length === 0 && predictedCycle !== undefined;
      const requested = isFirst ? tipCycle : Math.min(tipCycle, cycle + llmq.dkgInterval);
      if (qrInfos.isExhausted(requested)) continue;
      if ((tipCycle - requested) / llmq.dkgInterval > maxQrInfoSpan) {
        this.#rationale.push(
          `no QRInfo for the cycle at ${requested}: it lies more than ${maxQrInfoSpan} cycles below the tip's`,
        );
        continue;
      }
      const reason = `the snapshot of cycle ${cycle} is missing`;
      const request = qrInfos.make(requested, [...this.#wanted.keys()], reason);
      if (!request) continue;
      requests.push(request);
      reachedDownTo = Math.min(...request.coverage.snapshots);
    }
    return requests;
  }

  /** @param qrInfoRequests - what they bring comes by no mnlistdiff */
  #assemble(qrInfoRequests: readonly QrInfoRequest[], missingSnapshots: readonly Height[]): SyncPlan {
    const { costs = DEFAULT_COSTS } = this.#options;
    const mnListDiffRequests = this.#diffs(qrInfoRequests);
    const requests = this.#inOrder(mnListDiffRequests, qrInfoRequests);
    const estimatedBytes = requests.reduce((sum, request) => sum + request.estimatedBytes, 0);
    const nextOf = (cycle: Height) => cycle + (this.#llmq?.dkgInterval ?? 0);
    const fallbackToMnListDiff = missingSnapshots.some(
      (cycle) => this.#qrInfos?.isExhausted(nextOf(cycle)) ?? true,
    );
    return {
      qrInfoRequests,
      mnListDiffRequests,
      requests,
      dependencies: this.#dependencies(requests),
      rotatingValidationNeeded: missingSnapshots.length > 0,
      fallbackToMnListDiff,
      estimatedBytes,
      estimatedDurationMs: durationMs(costs, requests.length, estimatedBytes),
      rationale: [
        ...(fallbackToMnListDiff
          ? ["no peer sends snapshots: lists alone, rotating quorums stay unknown"]
          : []),
        ...this.#rationale,
        ...requests.map(explain),
      ],
    };
  }

  /** Ascending, so that each is based on the one before it or on a held list still nearer. */
  #diffs(qrInfoRequests: readonly QrInfoRequest[]): MnListDiffRequest[] {
    const { tip } = this.#discovery;
    const known = new Set([...this.#held, ...qrInfoRequests.flatMap(({ coverage }) => coverage.workHeights)]);
    const wanted = [...this.#wanted.values()].filter(({ height }) => !known.has(height));
    if (tip && !qrInfoRequests.some(({ coverage }) => coverage.tip)) {
      wanted.push({ ...tip, neededBy: ["the tip"], isSpeculative: false });
    }
    return wanted
      .sort((a, b) => a.height - b.height)
      .map((list) => {
        const request = this.#diff(list, [...known], qrInfoRequests.length > 0);
        known.add(list.height);
        return request;
      });
  }

  #diff(list: WantedList, known: readonly Height[], hasQrInfo: boolean): MnListDiffRequest {
    const { chain, params } = this.#context;
    const { height, blockHash, neededBy, isSpeculative } = list;
    const nearest = Math.max(0, ...known.filter((lower) => lower < height));
    const base = nearest === 0 ? undefined : chain.hashAt(nearest);
    const baseHeight = base ? nearest : 0;
    const why = isSpeculative
      ? `likely needed by ${neededBy[0] ?? "the tip's quorums"}`
      : `needed by ${explainNeed(neededBy)}`;
    return {
      kind: "mnlistdiff",
      request: { baseBlockHash: base ?? fromHashHex<BlockHash>(params.genesisHash), blockHash },
      baseHeight,
      height,
      priority: this.#priorityOf(list),
      reason: hasQrInfo ? `${why}, out of the QRInfo's reach` : why,
      estimatedBytes: this.#size.diffBytes(baseHeight, height),
      isSpeculative,
    };
  }

  /** The tip, and what others are based on, before all; then the most recent first. */
  #priorityOf({ height, isSpeculative }: WantedList): Priority {
    const { tipHeight } = this.#options;
    if (height === tipHeight || this.#held.length === 0) return "critical";
    if (isSpeculative) return "low";
    return tipHeight - height <= (this.#llmq?.dkgInterval ?? 0) ? "high" : "normal";
  }

  /** Bases first. A qrinfo comes right after the list that it builds on, before all others: most of them build on it. */
  #inOrder(diffs: readonly MnListDiffRequest[], qrInfos: readonly QrInfoRequest[]): SyncRequest[] {
    const place = (request: SyncRequest) =>
      request.kind === "qrinfo" ? Math.max(0, ...this.#basesOf(request)) : request.height;
    return [...diffs, ...qrInfos].sort((a, b) => place(a) - place(b));
  }

  #dependencies(requests: readonly SyncRequest[]): Map<SyncRequest, SyncRequest> {
    const dependencies = new Map<SyncRequest, SyncRequest>();
    for (const request of requests) {
      const bases = request.kind === "mnlistdiff" ? [request.baseHeight] : this.#basesOf(request);
      const needed = requests.find((other) => other !== request && bringsOneOf(other, bases));
      if (needed) dependencies.set(request, needed);
    }
    return dependencies;
  }

  #basesOf({ request }: QrInfoRequest): Height[] {
    const heights = request.baseBlockHashes.flatMap((hash) => this.#context.chain.heightOf(hash) ?? []);
    return heights.filter((height) => !this.#held.includes(height));
  }
}

function bringsOneOf(request: SyncRequest, heights: readonly Height[]): boolean {
  const brought = request.kind === "qrinfo" ? request.coverage.workHeights : [request.height];
  return brought.some((height) => heights.includes(height));
}

/** @example "a quorum of type 4", "3 quorums", "the tip" */
function explainNeed(neededBy: readonly string[]): string {
  const [first = "nothing"] = neededBy;
  if (neededBy.length > 1) return `${neededBy.length} quorums`;
  const type = /^(\d+):/.exec(first)?.[1];
  return type === undefined ? first : `a quorum of type ${type}`;
}

export function explain(request: SyncRequest): string {
  return request.kind === "qrinfo"
    ? `QRInfo for the cycle at ${request.workHeight + WORK_DIFF_DEPTH}: ${request.reason}`
    : `MnListDiff ${request.baseHeight} to ${request.height}: ${request.reason}`;
}
