import { isRotating } from "../engine/checkCommitment.ts";
import type { EngineContext } from "../engine/context.ts";
import type { MasternodeList } from "../engine/masternodeList.ts";
import { memberListHeight } from "../engine/members.ts";
import { type QuorumEntry, quorumKey } from "../engine/quorumSet.ts";
import { Rotation } from "../engine/rotation.ts";
import { type EngineState, isContradicted, listAtHeight, newestList, statusOf } from "../engine/state.ts";
import { type LlmqParams, WORK_DIFF_DEPTH } from "../params/llmq.ts";
import type { BlockHash, Height, QuorumHash } from "../wire/hashes.ts";
import { cycleWorkHeights, isLikelyActiveAt } from "./planPrediction.ts";

/** In `neededBy`: the quorum set at that height, for a lock that waits. */
export const NEEDED_BY_LOCK = "a ChainLock";

export interface MissingList {
  readonly height: Height;
  readonly blockHash: BlockHash;
  /** Quorums that cannot be judged without it, as `type:quorumHash`. */
  readonly neededBy: readonly string[];
}

export interface MissingCycle {
  /** Base height of a cycle whose snapshot is missing, or contradicted. */
  readonly cycleHeight: Height;
  readonly reason: "snapshot-missing" | "snapshot-contradicted";
}

export interface Unresolvable {
  readonly llmqType: number;
  readonly quorumHash: QuorumHash;
  /** Of the quorum itself, or of a list that its members are drawn from. */
  readonly reason: "base-block-unknown" | "work-block-unknown";
}

/** What the engine lacks to judge every needed quorum of the newest list. */
export interface Discovery {
  /** The list at the tip of the header chain, if it is not held. */
  readonly tip: { readonly height: Height; readonly blockHash: BlockHash } | undefined;
  /** Ascending by height. */
  readonly missingLists: readonly MissingList[];
  /** Rotating cycles without a usable snapshot, ascending. */
  readonly missingCycles: readonly MissingCycle[];
  /** Quorums with a block that no known header has; no request cures that. */
  readonly unresolvable: readonly Unresolvable[];
  /** Needed quorums not judged yet. */
  readonly unjudged: number;
  /** How much is missing; zero on a complete engine. */
  readonly total: number;
}

export interface DiscoverOptions {
  /** LLMQ types whose quorums must verify. */
  readonly neededTypes: readonly number[];
  /** Height of the best header. */
  readonly tipHeight: Height;
  /** Heights whose quorum set a lock waits for. */
  readonly quorumSetHeights: readonly Height[];
  /** Quorums a lock waits for beside those of the newest list. */
  readonly awaitedQuorums: readonly QuorumEntry[];
}

/**
 * Says what data is missing. Pure: looks at the engine and the header chain only.
 *
 * While the tip's list is missing, quorums of the newest one count only as far as they are likely in the tip's set too:
 * of a list so far below that newer ones have taken the place of all its quorums, as an early end of the tab leaves it,
 * nothing is needed but the tip. What a failed DKG keeps active is found as soon as the tip's list is here.
 * Source: `design/sync.md` 2
 */
export function discover(
  state: EngineState,
  context: EngineContext,
  { neededTypes, tipHeight, quorumSetHeights, awaitedQuorums }: DiscoverOptions,
): Discovery {
  const newest = newestList(state);
  const tipHash = context.chain.hashAt(tipHeight);
  const tip = tipHash && newest?.height !== tipHeight ? { height: tipHeight, blockHash: tipHash } : undefined;
  const gathered = new Gathered(state, context);
  const unknown = newest ? quorumsToJudge(state, newest, neededTypes) : [];
  const unjudged = tip ? unknown.filter((quorum) => isOfUseAt(tipHeight, quorum, context)) : unknown;
  for (const quorum of new Set([...unjudged, ...awaitedQuorums])) gathered.add(quorum);
  for (const height of quorumSetHeights) gathered.needLists([height], NEEDED_BY_LOCK);
  const missingLists = gathered.missingLists();
  const missingCycles = gathered.missingCycles();
  return {
    tip,
    missingLists,
    missingCycles,
    unresolvable: gathered.unresolvable,
    unjudged: gathered.unjudged,
    total: missingLists.length + missingCycles.length + (tip ? 1 : 0),
  };
}

/** Needed quorums of a list that are still unknown. */
export function quorumsToJudge(
  state: EngineState,
  list: MasternodeList,
  neededTypes: readonly number[],
): QuorumEntry[] {
  return [...list.quorums.values()].filter(
    (quorum) =>
      neededTypes.includes(quorum.commitment.llmqType) && statusOf(state, quorum).status === "unknown",
  );
}

/** One without a base on our chain is not: it is only reported. */
function isOfUseAt(
  tipHeight: Height,
  { commitment }: QuorumEntry,
  { params, chain }: EngineContext,
): boolean {
  const llmq = params.llmqs.get(commitment.llmqType);
  const baseHeight = chain.heightOf(commitment.quorumHash);
  return !llmq || baseHeight === undefined || isLikelyActiveAt(llmq, baseHeight, tipHeight);
}

class Gathered {
  readonly #state: EngineState;
  readonly #context: EngineContext;
  readonly #lists = new Map<Height, { blockHash: BlockHash; neededBy: string[] }>();
  readonly #cycles = new Map<Height, MissingCycle>();
  readonly #rotations = new Map<number, Rotation>();
  readonly unresolvable: Unresolvable[] = [];
  unjudged = 0;

  constructor(state: EngineState, context: EngineContext) {
    this.#state = state;
    this.#context = context;
  }

  add(quorum: QuorumEntry): void {
    this.unjudged++;
    const { llmqType, quorumHash } = quorum.commitment;
    const { chain, params } = this.#context;
    const llmq = params.llmqs.get(llmqType);
    const baseHeight = chain.heightOf(quorumHash);
    if (!llmq || baseHeight === undefined) {
      this.unresolvable.push({ llmqType, quorumHash, reason: "base-block-unknown" });
    } else if (isRotating(llmq, baseHeight, params.activation.dip0024)) {
      this.#addRotating(quorum, llmq, baseHeight - (baseHeight % llmq.dkgInterval));
    } else {
      this.#needListsOf(quorum, [memberListHeight(baseHeight, params.activation.v20)]);
    }
  }

  #needListsOf(quorum: QuorumEntry, heights: readonly Height[]): void {
    const { llmqType, quorumHash } = quorum.commitment;
    if (heights.some((height) => !this.#context.chain.hashAt(height))) {
      this.unresolvable.push({ llmqType, quorumHash, reason: "work-block-unknown" });
    }
    this.needLists(heights, quorumKey(llmqType, quorumHash));
  }

  #addRotating(quorum: QuorumEntry, llmq: LlmqParams, cycleBase: Height): void {
    // Before rotation began there was nothing to draw from.
    const firstCycle = Math.max(1, this.#context.params.activation.dip0024);
    const heights = cycleWorkHeights(cycleBase, llmq);
    this.#needListsOf(
      quorum,
      heights.filter((height) => height + WORK_DIFF_DEPTH >= firstCycle),
    );
    const status = statusOf(this.#state, quorum);
    if (isContradicted(status)) {
      const cycleHeight = cycleBase - llmq.dkgInterval;
      this.#cycles.set(cycleHeight, { cycleHeight, reason: "snapshot-contradicted" });
      return;
    }
    const rotation = this.#rotations.get(llmq.type) ?? new Rotation(this.#state, llmq, this.#context);
    this.#rotations.set(llmq.type, rotation);
    const missing = rotation.findMissing(cycleBase);
    if (missing?.code === "snapshot-missing") {
      const { cycleHeight } = missing;
      this.#cycles.set(cycleHeight, { cycleHeight, reason: "snapshot-missing" });
    }
  }

  /** Those on the chain that are not held. */
  needLists(heights: readonly Height[], neededBy: string): void {
    const { chain } = this.#context;
    for (const height of heights) {
      const blockHash = chain.hashAt(height);
      if (!blockHash || listAtHeight(this.#state, chain, height)) continue;
      const missing = this.#lists.get(height) ?? { blockHash, neededBy: [] };
      missing.neededBy.push(neededBy);
      this.#lists.set(height, missing);
    }
  }

  missingLists(): MissingList[] {
    return [...this.#lists]
      .map(([height, { blockHash, neededBy }]) => ({ height, blockHash, neededBy }))
      .sort((a, b) => a.height - b.height);
  }

  missingCycles(): MissingCycle[] {
    return [...this.#cycles.values()].sort((a, b) => a.cycleHeight - b.cycleHeight);
  }
}
