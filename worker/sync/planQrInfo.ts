import type { EngineContext } from "../engine/context.ts";
import { type EngineState, snapshotOfWorkBlock } from "../engine/state.ts";
import { type LlmqParams, WORK_DIFF_DEPTH } from "../params/llmq.ts";
import type { Height } from "../wire/hashes.ts";
import { DEFAULT_COSTS, type SizeEstimate, transferMs } from "./planCosts.ts";
import type { PlanOptions, QrInfoRequest } from "./planTypes.ts";

/** Most base hashes in one getqrinfo; more only make the request longer. */
const MAX_QRINFO_BASES = 16;
/** Cycles whose lists and snapshots come with one qrinfo, beside the list of the requested cycle itself. */
const SNAPSHOTS_PER_QRINFO = 3;

export interface QrInfoInput {
  readonly state: EngineState;
  readonly context: EngineContext;
  readonly options: PlanOptions;
  /** The type that rotates. */
  readonly llmq: LlmqParams;
  /** Heights of lists on the best chain, ascending. */
  readonly held: readonly Height[];
  readonly size: SizeEstimate;
}

/** Makes requests for the lists and snapshots of cycles. */
export class QrInfoMaker {
  readonly #input: QrInfoInput;

  constructor(input: QrInfoInput) {
    this.#input = input;
  }

  /** Base of the cycle that the tip lies in. */
  get tipCycle(): Height {
    const { options, llmq } = this.#input;
    return options.tipHeight - (options.tipHeight % llmq.dkgInterval);
  }

  /** Height of the lowest list that a qrinfo for the tip brings. */
  get reach(): Height {
    return this.#workHeights(this.tipCycle).at(-1) ?? 0;
  }

  /** Whether the one about a cycle was given up, and nobody is left to be asked. */
  isExhausted(cycle: Height): boolean {
    return this.#input.options.isCycleExhausted?.(cycle - WORK_DIFF_DEPTH) ?? false;
  }

  /**
   * @param cycle - base of the newest cycle that it is about
   * @param coming - heights of lists on their way
   * @returns undefined where a node would refuse: it has no snapshot of the oldest cycle
   */
  make(cycle: Height, coming: readonly Height[], reason: string): QrInfoRequest | undefined {
    const { context, options, llmq, held, size } = this.#input;
    const isTip = cycle === this.tipCycle;
    const height = isTip ? options.tipHeight : cycle;
    const blockRequestHash = context.chain.hashAt(height);
    const workHeights = this.#workHeights(cycle);
    const snapshots = workHeights.slice(1).map((workHeight) => workHeight + WORK_DIFF_DEPTH);
    const oldest = workHeights.at(-1) ?? 0;
    if (!blockRequestHash || !this.#hasSnapshot(oldest + WORK_DIFF_DEPTH)) return undefined;
    const bases = this.#bases(oldest, height, coming);
    const diffs = (isTip ? [height, ...workHeights] : workHeights).toReversed();
    const listBytes = diffs.map((to, i) => {
      const below = [...bases, ...diffs.slice(0, i)].filter((base) => base <= to);
      return size.diffBytes(Math.max(0, ...below), to);
    });
    return {
      kind: "qrinfo",
      request: {
        baseBlockHashes: bases.flatMap((base) => context.chain.hashAt(base) ?? []),
        blockRequestHash,
        extraShare: snapshots.length > SNAPSHOTS_PER_QRINFO,
      },
      workHeight: cycle - WORK_DIFF_DEPTH,
      coverage: { workHeights, snapshots, tip: isTip },
      priority: isTip ? "critical" : "high",
      reason: held.length === 0 && isTip ? "nothing is held: the newest cycles at once" : reason,
      estimatedBytes:
        listBytes.reduce((sum, bytes) => sum + bytes, 0) +
        size.snapshotsBytes(snapshots.length, llmq.signingActiveQuorumCount),
    };
  }

  /** Newest first: of the cycle itself, the three before it, and the fourth where that is missing and can be had. */
  #workHeights(cycle: Height): Height[] {
    const { state, context, options, llmq, held } = this.#input;
    const workHeightOf = (back: number) => cycle - back * llmq.dkgInterval - WORK_DIFF_DEPTH;
    const fourth = workHeightOf(SNAPSHOTS_PER_QRINFO + 1);
    const isHeld = held.includes(fourth) && snapshotOfWorkBlock(state, context.chain, fourth) !== undefined;
    const isWanted = (options.extraShare ?? true) && !isHeld && this.#hasSnapshot(fourth + WORK_DIFF_DEPTH);
    return Array.from({ length: SNAPSHOTS_PER_QRINFO + (isWanted ? 2 : 1) }, (_, back) => workHeightOf(back));
  }

  /** Whether a node can have it: rotation had begun, and there was a work block. */
  #hasSnapshot(cycle: Height): boolean {
    return cycle > WORK_DIFF_DEPTH && cycle >= this.#input.context.params.activation.dip0024;
  }

  /**
   * The newest lists at or below the oldest work block, or a whole list comes again: several, since the commitments may
   * need cycles below that block too. Then the newest of those above. A list that is on its way counts: only its hash is
   * in the request.
   */
  #bases(oldest: Height, upTo: Height, coming: readonly Height[]): Height[] {
    const { held } = this.#input;
    const below = held.filter((height) => height <= oldest).slice(-MAX_QRINFO_BASES);
    const next = this.#comingBase(oldest, below.at(-1) ?? 0, coming);
    const above = held.filter((height) => height > oldest && height <= upTo);
    return [...below, ...(next === undefined ? [] : [next]), ...above.slice(-MAX_QRINFO_BASES)];
  }

  /**
   * Which of the lists on their way the answer builds on, if on one of them: each nearer one saves bytes, and has to be
   * here first, with all that it builds on itself.
   * @param held - the newest list held below; 0 if there is none
   */
  #comingBase(oldest: Height, held: Height, coming: readonly Height[]): Height | undefined {
    const { options, size } = this.#input;
    const { costs = DEFAULT_COSTS } = options;
    const shareMs = costs.roundTripMs / Math.max(1, costs.concurrency);
    const costMs = (height: Height, before: number) =>
      before * shareMs + transferMs(costs, size.diffBytes(height, oldest));
    const [best] = coming
      .filter((height) => height > held && height < oldest)
      .sort((a, b) => a - b)
      .map((height, i) => ({ height, costMs: costMs(height, i + 1) }))
      .sort((a, b) => a.costMs - b.costMs);
    // Without any list held a whole one would come twice.
    return best && (held === 0 || best.costMs < costMs(held, 0)) ? best.height : undefined;
  }
}
