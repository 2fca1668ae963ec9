import { type LlmqParams, type NetworkParams, WORK_DIFF_DEPTH } from "../../worker/params/index.ts";
import { type Height, toHashHex } from "../../worker/wire/hashes.ts";
import type { QuorumSnapshot } from "../../worker/wire/qrInfo.ts";
import type { Masternode, MasternodeList } from "./consensus/masternodes.ts";
import { computeModifier, selectPlainMembers, type WorkBlock } from "./consensus/memberSelection.ts";
import {
  type CycleDraw,
  type CycleState,
  drawCycle,
  type PastCycle,
  type RotationShape,
} from "./consensus/rotation.ts";

/** The blocks draws depend on. */
export interface DrawSource {
  listAfter(height: Height): MasternodeList;
  workBlock(height: Height): WorkBlock;
}

/** Snapshots as they are kept; undefined: the draw failed. */
export type Snapshots = ReadonlyMap<string, QuorumSnapshot | undefined>;

/**
 * Who sits in which quorum. Results are kept by the hash of the work block, so those of replaced blocks are never
 * taken for those of their successors.
 */
export class Draws {
  readonly #params: NetworkParams;
  readonly #source: DrawSource;
  readonly #snapshots: Map<string, QuorumSnapshot | undefined>;
  readonly #pastCycles = new Map<string, PastCycle<Masternode>>();
  readonly #cycles = new Map<string, CycleDraw<Masternode>>();
  readonly #plain = new Map<string, readonly Masternode[]>();
  readonly #shapes = new Map<number, RotationShape>();

  /** @param snapshots - of cycles that were drawn before */
  constructor(params: NetworkParams, source: DrawSource, snapshots: Snapshots = new Map()) {
    this.#params = params;
    this.#source = source;
    this.#snapshots = new Map(snapshots);
  }

  /** By what is theirs alone: type and work block. */
  get snapshots(): Snapshots {
    return this.#snapshots;
  }

  /** @param baseHeight - of the quorum; its work block must be there */
  members(llmq: LlmqParams, baseHeight: Height): readonly Masternode[] {
    if (!llmq.useRotation) return this.#plainMembers(llmq, baseHeight);
    const index = baseHeight % llmq.dkgInterval;
    const workHeight = baseHeight - index - WORK_DIFF_DEPTH;
    return workHeight < 0 ? [] : (this.#draw(llmq, workHeight).members[index] ?? []);
  }

  /** @returns undefined if the draw failed, or for a cycle without a work block: that of genesis */
  snapshot(llmq: LlmqParams, cycleHeight: Height): QuorumSnapshot | undefined {
    return this.#pastCycle(llmq, cycleHeight - WORK_DIFF_DEPTH)?.snapshot;
  }

  /** What later cycles have to know of one: nobody has to draw it again for that. */
  #pastCycle(llmq: LlmqParams, workHeight: Height): PastCycle<Masternode> | undefined {
    if (workHeight < 0) return undefined;
    const work = this.#source.workBlock(workHeight);
    const key = drawKey(llmq, work);
    const known = this.#pastCycles.get(key);
    if (known !== undefined) return known;
    const snapshot = this.#snapshots.has(key)
      ? this.#snapshots.get(key)
      : this.#draw(llmq, workHeight).snapshot;
    const past = { ...this.#state(llmq, work), snapshot };
    this.#pastCycles.set(key, past);
    return past;
  }

  #draw(llmq: LlmqParams, workHeight: Height): CycleDraw<Masternode> {
    const work = this.#source.workBlock(workHeight);
    const key = drawKey(llmq, work);
    const known = this.#cycles.get(key);
    if (known !== undefined) return known;
    const previous = [1, 2, 3].flatMap(
      (back) => this.#pastCycle(llmq, workHeight - back * llmq.dkgInterval) ?? [],
    );
    const drawn = drawCycle(this.#shape(llmq), this.#state(llmq, work), previous, true);
    this.#cycles.set(key, drawn);
    this.#snapshots.set(key, drawn.snapshot);
    return drawn;
  }

  #state(llmq: LlmqParams, work: WorkBlock): CycleState<Masternode> {
    const { all: list } = this.#source.listAfter(work.height);
    return { list, modifier: computeModifier(llmq.type, work) };
  }

  #shape(llmq: LlmqParams): RotationShape {
    const known = this.#shapes.get(llmq.type);
    const shape = known ?? { count: llmq.signingActiveQuorumCount, quarterSize: llmq.size / 4 };
    this.#shapes.set(llmq.type, shape);
    return shape;
  }

  #plainMembers(llmq: LlmqParams, baseHeight: Height): readonly Masternode[] {
    const workHeight = baseHeight - WORK_DIFF_DEPTH;
    if (workHeight < 0) return [];
    const work = this.#source.workBlock(workHeight);
    const key = drawKey(llmq, work);
    const known = this.#plain.get(key);
    if (known !== undefined) return known;
    const isEvoOnly = llmq.type === this.#params.llmqTypePlatform;
    const list = this.#source.listAfter(workHeight).all;
    const members = selectPlainMembers(list, computeModifier(llmq.type, work), llmq.size, isEvoOnly);
    this.#plain.set(key, members);
    return members;
  }
}

function drawKey(llmq: LlmqParams, work: WorkBlock): string {
  return `${llmq.type} ${toHashHex(work.hash)}`;
}
