import { type LlmqParams, WORK_DIFF_DEPTH } from "../../../worker/params/index.ts";
import type { QuorumSnapshot } from "../../../worker/wire/qrInfo.ts";
import { computeModifier } from "../consensus/memberSelection.ts";
import {
  type CycleDraw,
  type CycleState,
  drawCycle,
  type PastCycle,
  type RotationShape,
} from "../consensus/rotation.ts";
import type { RecordedMember, RecordedQuorum, RecordedState } from "./recordedState.ts";

/** Every rotating cycle of a scenario, drawn one after another from the recorded lists alone. */
export class RecordedCycles {
  readonly #draws = new Map<number, CycleDraw<RecordedMember>>();

  constructor(state: RecordedState, llmq: LlmqParams) {
    const shape: RotationShape = { count: llmq.signingActiveQuorumCount, quarterSize: llmq.size / 4 };
    const past: PastCycle<RecordedMember>[] = [];
    const end = state.tipHeight + WORK_DIFF_DEPTH;
    for (let cycle = llmq.dkgInterval; cycle <= end; cycle += llmq.dkgInterval) {
      const current = drawFrom(state, llmq.type, cycle - WORK_DIFF_DEPTH);
      const draw = drawCycle(shape, current, past, cycle + 1 >= state.params.activation.v19);
      this.#draws.set(cycle, draw);
      past.unshift({ ...current, snapshot: draw.snapshot });
    }
  }

  members(quorum: RecordedQuorum): readonly RecordedMember[] {
    return this.#draws.get(quorum.quorumHeight - quorum.quorumIndex)?.members[quorum.quorumIndex] ?? [];
  }

  snapshot(cycle: number): QuorumSnapshot | undefined {
    return this.#draws.get(cycle)?.snapshot;
  }
}

export function drawFrom(state: RecordedState, type: number, workHeight: number): CycleState<RecordedMember> {
  const modifier = computeModifier(type, {
    height: workHeight,
    hash: state.hashAt(workHeight),
    chainLockSignature: state.chainLockSignatureAt(workHeight),
  });
  return { list: state.membersAt(workHeight), modifier };
}
