import type { LlmqParams } from "../params/llmq.ts";
import { WORK_DIFF_DEPTH } from "../params/llmq.ts";
import type { Hash256, Height } from "../wire/hashes.ts";
import { type EngineContext, isActiveAfter } from "./context.ts";
import { countValid, type ListEntry, type MasternodeList } from "./masternodeList.ts";
import { computeBlockHashModifier, computeHashModifier } from "./members.ts";
import { type Draw, drawQuarters, type Quarters, quarterSize, rebuildQuarters } from "./quarters.ts";
import { type EngineState, listAtHeight, snapshotOfWorkBlock, type UnknownReason } from "./state.ts";

/** How many earlier cycles a rotating quorum's members come from. */
const PREVIOUS_QUARTERS = 3;

interface Missing {
  readonly missing: UnknownReason;
}

/** Members per quorum index, oldest quarter first: the order of signers and validMembers. */
export type RotatedMembersOutcome = { readonly members: readonly (readonly ListEntry[])[] } | Missing;

/**
 * Members of the rotating quorums of one type. A cycle's members are the quarters of the three cycles before, rebuilt
 * from their snapshots, and the quarter drawn in the cycle itself. A snapshot that is not held is derived from the
 * lists, as a node does, when they reach back far enough.
 * Source: DIP-24; Core 23.1.2 llmq/utils.cpp ComputeQuorumMembersByQuarterRotation
 */
export class Rotation {
  readonly #state: EngineState;
  readonly #llmq: LlmqParams;
  readonly #context: EngineContext;
  readonly #rebuilt = new Map<Height, { quarters: Quarters | undefined } | Missing>();

  readonly #missing = new Map<Height, UnknownReason | undefined>();

  constructor(state: EngineState, llmq: LlmqParams, context: EngineContext) {
    this.#state = state;
    this.#llmq = llmq;
    this.#context = context;
  }

  /** @param cycleBase - base height of the cycle, a multiple of dkgInterval */
  selectMembers(cycleBase: Height): RotatedMembersOutcome {
    const list = this.#listOfCycle(cycleBase);
    if ("missing" in list) return list;
    const previous = this.#previousQuarters(cycleBase);
    if ("missing" in previous) return previous;
    const { quarters } = this.#draw(cycleBase, list, previous.quarters);
    const oldestFirst = previous.quarters.toReversed();
    const members = quarters.map((added, i) => [...oldestFirst.flatMap((old) => old[i] ?? []), ...added]);
    return { members };
  }

  /** What keeps a cycle's members from being computed, without computing them. */
  findMissing(cycleBase: Height): UnknownReason | undefined {
    if (!this.#missing.has(cycleBase)) this.#missing.set(cycleBase, this.#findMissing(cycleBase));
    return this.#missing.get(cycleBase);
  }

  #findMissing(cycleBase: Height): UnknownReason | undefined {
    const list = this.#listOfCycle(cycleBase);
    if ("missing" in list) return list.missing;
    for (let k = 1; k <= PREVIOUS_QUARTERS; k++) {
      const previous = cycleBase - k * this.#llmq.dkgInterval;
      if (this.#isBeforeRotation(previous)) return undefined;
      const previousList = this.#listOfCycle(previous);
      if ("missing" in previousList) return previousList.missing;
      if (snapshotOfWorkBlock(this.#state, this.#context.chain, previousList.height)) continue;
      if (this.#hasNoSnapshot(previousList)) return undefined;
      if (this.findMissing(previous)) return { code: "snapshot-missing", cycleHeight: previous };
    }
    return undefined;
  }

  #isBeforeRotation(cycleBase: Height): boolean {
    return cycleBase < Math.max(1, this.#context.params.activation.dip0024);
  }

  /** With fewer valid masternodes than a quarter, a node draws nothing and stores nothing. */
  #hasNoSnapshot({ masternodes }: MasternodeList): boolean {
    return countValid(masternodes) < quarterSize(this.#llmq);
  }

  /** The snapshot a node stores for a cycle, computed from lists and earlier snapshots. */
  deriveSnapshot(cycleBase: Height): Draw | Missing {
    const list = this.#listOfCycle(cycleBase);
    if ("missing" in list) return list;
    const previous = this.#previousQuarters(cycleBase);
    return "missing" in previous ? previous : this.#draw(cycleBase, list, previous.quarters);
  }

  #draw(cycleBase: Height, list: MasternodeList, previous: readonly Quarters[]): Draw {
    const { params } = this.#context;
    const skipRemoved = params.skipRemovedBeforeV19 || isActiveAfter(cycleBase, params.activation.v19);
    return drawQuarters(list.masternodes, previous, this.#modifier(list), this.#llmq, skipRemoved);
  }

  /** Newest first. A cycle without a snapshot, as at the start of rotation, ends the collection. */
  #previousQuarters(cycleBase: Height): { quarters: Quarters[] } | Missing {
    const collected: Quarters[] = [];
    for (let k = 1; k <= PREVIOUS_QUARTERS; k++) {
      const rebuilt = this.#rebuildCycle(cycleBase - k * this.#llmq.dkgInterval);
      if ("missing" in rebuilt) return rebuilt;
      if (!rebuilt.quarters) break;
      collected.push(rebuilt.quarters);
    }
    return { quarters: collected };
  }

  #rebuildCycle(cycleBase: Height): { quarters: Quarters | undefined } | Missing {
    const known = this.#rebuilt.get(cycleBase);
    if (known) return known;
    const rebuilt = this.#rebuildCycleFromState(cycleBase);
    this.#rebuilt.set(cycleBase, rebuilt);
    return rebuilt;
  }

  #rebuildCycleFromState(cycleBase: Height): { quarters: Quarters | undefined } | Missing {
    if (this.#isBeforeRotation(cycleBase)) return { quarters: undefined };
    const list = this.#listOfCycle(cycleBase);
    if ("missing" in list) return list;
    const held = snapshotOfWorkBlock(this.#state, this.#context.chain, list.height);
    if (!held && this.#hasNoSnapshot(list)) return { quarters: undefined };
    const derived = held ? { snapshot: held } : this.deriveSnapshot(cycleBase);
    if ("missing" in derived) return { missing: { code: "snapshot-missing", cycleHeight: cycleBase } };
    const { snapshot } = derived;
    if (!snapshot) return { quarters: undefined };
    return { quarters: rebuildQuarters(list.masternodes, snapshot, this.#modifier(list), this.#llmq) };
  }

  #listOfCycle(cycleBase: Height): MasternodeList | Missing {
    const height = cycleBase - WORK_DIFF_DEPTH;
    const list = listAtHeight(this.#state, this.#context.chain, height);
    return list ?? { missing: { code: "list-missing", height } };
  }

  /** Before V20 a rotating draw uses the hash of its work block, where a plain one uses its base block's. */
  #modifier(workBlock: MasternodeList): Hash256 {
    return isActiveAfter(workBlock.height, this.#context.params.activation.v20)
      ? computeHashModifier(this.#llmq.type, workBlock, this.#context)
      : computeBlockHashModifier(this.#llmq.type, workBlock.blockHash);
  }
}
