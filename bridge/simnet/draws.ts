import { type LlmqParams, type NetworkParams, WORK_DIFF_DEPTH } from "../../worker/params/index.ts";
import { type Height, toHashHex } from "../../worker/wire/hashes.ts";
import type { Masternode, MasternodeList } from "./consensus/masternodes.ts";
import { computeModifier, selectPlainMembers, type WorkBlock } from "./consensus/memberSelection.ts";
import { type CycleDraw, drawCycle, type PastCycle, type RotationShape } from "./consensus/rotation.ts";

/** The blocks draws depend on. */
export interface DrawSource {
  listAfter(height: Height): MasternodeList;
  workBlock(height: Height): WorkBlock;
}

type DrawnCycle = PastCycle<Masternode> & CycleDraw<Masternode>;

/**
 * Who sits in which quorum. Results are kept by the hash of the work block, so those of replaced blocks are never
 * taken for those of their successors.
 */
export class Draws {
  readonly #params: NetworkParams;
  readonly #source: DrawSource;
  readonly #cycles = new Map<string, DrawnCycle>();
  readonly #plain = new Map<string, readonly Masternode[]>();
  readonly #shapes = new Map<number, RotationShape>();

  constructor(params: NetworkParams, source: DrawSource) {
    this.#params = params;
    this.#source = source;
  }

  /** @param baseHeight - of the quorum; its work block must be there */
  members(llmq: LlmqParams, baseHeight: Height): readonly Masternode[] {
    if (!llmq.useRotation) return this.#plainMembers(llmq, baseHeight);
    const index = baseHeight % llmq.dkgInterval;
    return this.cycle(llmq, baseHeight - index)?.members[index] ?? [];
  }

  /** @returns undefined for a cycle without a work block: that of genesis */
  cycle(llmq: LlmqParams, cycleHeight: Height): DrawnCycle | undefined {
    const workHeight = cycleHeight - WORK_DIFF_DEPTH;
    if (workHeight < 0) return undefined;
    const work = this.#source.workBlock(workHeight);
    const key = drawKey(llmq, work);
    const known = this.#cycles.get(key);
    if (known !== undefined) return known;
    const current = {
      list: this.#source.listAfter(workHeight).all,
      modifier: computeModifier(llmq.type, work),
    };
    const previous = this.#previousCycles(llmq, cycleHeight);
    const drawn = { ...current, ...drawCycle(this.#shape(llmq), current, previous, true) };
    this.#cycles.set(key, drawn);
    return drawn;
  }

  #shape(llmq: LlmqParams): RotationShape {
    const known = this.#shapes.get(llmq.type);
    const shape = known ?? { count: llmq.signingActiveQuorumCount, quarterSize: llmq.size / 4 };
    this.#shapes.set(llmq.type, shape);
    return shape;
  }

  #previousCycles(llmq: LlmqParams, cycleHeight: Height): DrawnCycle[] {
    return [1, 2, 3].flatMap((back) => this.cycle(llmq, cycleHeight - back * llmq.dkgInterval) ?? []);
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
