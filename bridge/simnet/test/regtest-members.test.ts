import { bytesToHex } from "@noble/hashes/utils.js";
import { expect, it } from "vitest";
import { WORK_DIFF_DEPTH } from "../../../worker/params/index.ts";
import { countBits } from "../../../worker/wire/codec.ts";
import type { BlockHash } from "../../../worker/wire/hashes.ts";
import type { QuorumSnapshot } from "../../../worker/wire/qrInfo.ts";
import { selectPlainMembers } from "../consensus/memberSelection.ts";
import { drawFrom, RecordedCycles } from "./recordedCycles.ts";
import {
  describeScenarios,
  type RecordedMember,
  type RecordedQuorum,
  RecordedState,
} from "./recordedState.ts";

function computeMembers(
  state: RecordedState,
  quorum: RecordedQuorum,
  cycles: RecordedCycles,
): readonly RecordedMember[] {
  const llmq = state.llmq(quorum.llmqType);
  if (llmq.useRotation) return cycles.members(quorum);
  const { list, modifier } = drawFrom(state, llmq.type, quorum.quorumHeight - WORK_DIFF_DEPTH);
  const isEvoOnly =
    llmq.type === state.params.llmqTypePlatform && quorum.quorumHeight + 1 >= state.params.activation.v19;
  return selectPlainMembers(list, modifier, llmq.size, isEvoOnly);
}

function cycleOf(state: RecordedState, workHash: BlockHash): number {
  const height = state.heightOf(workHash);
  if (height === undefined) throw new Error("a work block off the chain");
  return height + WORK_DIFF_DEPTH;
}

/** Bits, mode and skip list in a form that reads well when it differs. */
function describeSnapshot(snapshot: QuorumSnapshot | undefined) {
  return (
    snapshot && {
      mode: snapshot.mnSkipListMode,
      length: snapshot.activeQuorumMembers.length,
      active: bytesToHex(snapshot.activeQuorumMembers.bytes),
      skips: snapshot.mnSkipList,
    }
  );
}

describeScenarios(({ id, quorums }) => {
  const state = new RecordedState(id);
  const rotating = state.llmq(state.params.llmqTypeInstantSend);
  const cycles = new RecordedCycles(state, rotating);

  it(`draws the members of all ${quorums} quorums in order`, () => {
    expect(state.quorums).toHaveLength(quorums);
    for (const quorum of state.quorums) {
      const label = `type ${quorum.llmqType} at ${quorum.quorumHeight}`;
      const members = computeMembers(state, quorum, cycles);
      expect(
        members.map((member) => member.id),
        label,
      ).toEqual(quorum.members.map((member) => member.proTxHash));
      const keys = members.map(({ entry }) => bytesToHex(entry.pubKeyOperator));
      expect(keys, label).toEqual(quorum.members.map((member) => member.pubKeyOperator));
    }
  });

  it("stores the snapshots that the recorded qrinfos carry", () => {
    let compared = 0;
    for (const { file, qrInfo } of state.qrInfos()) {
      const h = cycleOf(state, qrInfo.mnListDiffH.blockHash);
      const carried: [number, QuorumSnapshot][] = [
        [h - rotating.dkgInterval, qrInfo.quorumSnapshotAtHMinusC],
        [h - 2 * rotating.dkgInterval, qrInfo.quorumSnapshotAtHMinus2C],
        [h - 3 * rotating.dkgInterval, qrInfo.quorumSnapshotAtHMinus3C],
      ];
      if (qrInfo.atHMinus4C) carried.push([h - 4 * rotating.dkgInterval, qrInfo.atHMinus4C.snapshot]);
      qrInfo.quorumSnapshotList.forEach((snapshot, i) => {
        const workHash = qrInfo.mnListDiffList[i]?.blockHash;
        if (workHash === undefined) throw new Error(`${file}: snapshot ${i} has no diff`);
        carried.push([cycleOf(state, workHash), snapshot]);
      });
      for (const [cycle, snapshot] of carried) {
        const label = `${file}, cycle ${cycle}`;
        expect(describeSnapshot(cycles.snapshot(cycle)), label).toEqual(describeSnapshot(snapshot));
        compared++;
      }
    }
    expect(compared).toBeGreaterThanOrEqual(3 * 40);
  });

  it("exercises members used before, and where masternodes are few also skip lists", () => {
    const snapshots = state
      .qrInfos()
      .flatMap(({ qrInfo }) => [qrInfo.quorumSnapshotAtHMinusC, qrInfo.quorumSnapshotAtHMinus2C]);
    expect(snapshots.some((snapshot) => countBits(snapshot.activeQuorumMembers) > 0)).toBe(true);
    const skipping = snapshots.filter((snapshot) => snapshot.mnSkipList.length > 1);
    if (id === "few-masternodes-c") expect(skipping.length).toBeGreaterThan(10);
  });
});
