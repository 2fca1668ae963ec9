import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { expect, it } from "vitest";
import { WORK_DIFF_DEPTH } from "../../../worker/params/index.ts";
import { readCbTx } from "../../../worker/wire/cbTx.ts";
import { decode, encode } from "../../../worker/wire/codec.ts";
import { type BlockHash, compareBytes } from "../../../worker/wire/hashes.ts";
import { getMnListDiff, type MnListDiff, mnListDiff } from "../../../worker/wire/mnListDiff.ts";
import { getQRInfo, type QRInfo, qrInfo } from "../../../worker/wire/qrInfo.ts";
import { buildMnListDiff } from "../consensus/buildMnListDiff.ts";
import { buildQRInfo } from "../consensus/buildQRInfo.ts";
import { RecordedCycles } from "./recordedCycles.ts";
import { describeScenarios, RecordedState } from "./recordedState.ts";

/** Entries and deletions come out of Core's hash map in an order nobody can know: both sides are sorted. */
function sorted(diff: MnListDiff): MnListDiff {
  return {
    ...diff,
    deletedMNs: [...diff.deletedMNs].sort(compareBytes),
    mnList: [...diff.mnList].sort((a, b) => compareBytes(a.proRegTxHash, b.proRegTxHash)),
  };
}

function sortedInside(info: QRInfo): QRInfo {
  return {
    ...info,
    mnListDiffTip: sorted(info.mnListDiffTip),
    mnListDiffH: sorted(info.mnListDiffH),
    mnListDiffAtHMinusC: sorted(info.mnListDiffAtHMinusC),
    mnListDiffAtHMinus2C: sorted(info.mnListDiffAtHMinus2C),
    mnListDiffAtHMinus3C: sorted(info.mnListDiffAtHMinus3C),
    atHMinus4C: info.atHMinus4C && {
      ...info.atHMinus4C,
      mnListDiff: sorted(info.atHMinus4C.mnListDiff),
    },
    mnListDiffList: info.mnListDiffList.map(sorted),
  };
}

function found<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("refused");
  return value;
}

/** Quorum roots compared, and mnlistdiffs built: the other diffs are single steps from lists that nobody recorded. */
const COUNTS: Readonly<Record<string, { readonly roots: number; readonly diffs: number }>> = {
  "cycle-a": { roots: 65, diffs: 75 },
  "faults-b": { roots: 74, diffs: 84 },
  "few-masternodes-c": { roots: 40, diffs: 50 },
  "legacy-bls-d": { roots: 55, diffs: 65 },
};

describeScenarios(({ id }) => {
  const state = new RecordedState(id);
  const llmq = state.llmq(state.params.llmqTypeInstantSend);
  const cycles = new RecordedCycles(state, llmq);
  for (let cycle = 0; cycle <= state.tipHeight; cycle += llmq.dkgInterval) {
    state.setSnapshot(cycle, cycles.snapshot(cycle));
  }

  it("computes the quorum root of every block whose coinbase was recorded", () => {
    let compared = 0;
    for (let height = state.dip3Height; height <= state.tipHeight; height++) {
      const coinbase = state.recordedCoinbase(height);
      if (coinbase === undefined) continue;
      expect(state.quorumsAt(height).merkleRoot(), `${height}`).toEqual(
        readCbTx(coinbase)?.merkleRootQuorums,
      );
      compared++;
    }
    expect(compared).toBe(COUNTS[id]?.roots);
  });

  it("builds every recorded mnlistdiff", () => {
    const recordings = state.messages("mnlistdiff").map((recording) => ({
      ...recording,
      asked: decode(getMnListDiff, hexToBytes(recording.request.payload)),
    }));
    const known = recordings.filter(
      ({ asked }) => state.hasList(asked.baseBlockHash) && state.hasList(asked.blockHash),
    );
    expect(known).toHaveLength(COUNTS[id]?.diffs ?? 0);
    for (const { file, asked, protocolVersion } of known) {
      const codec = mnListDiff(protocolVersion);
      const recorded = decode(codec, state.read(file));
      const built = found(buildMnListDiff(state, asked));
      expect(bytesToHex(encode(codec, sorted(built))), file).toBe(
        bytesToHex(encode(codec, sorted(recorded))),
      );
    }
  });

  it("builds every recorded qrinfo, in both constructions", () => {
    const recordings = state.messages("qrinfo");
    expect(recordings).toHaveLength(51);
    expect(recordings.filter(({ protocolVersion }) => protocolVersion < 70236)).toHaveLength(18);
    for (const { file, request, protocolVersion } of recordings) {
      const codec = qrInfo(protocolVersion);
      const recorded = decode(codec, state.read(file));
      const asked = decode(getQRInfo, hexToBytes(request.payload));
      const built = found(buildQRInfo(state, asked, protocolVersion, llmq));
      expect(bytesToHex(encode(codec, sortedInside(built))), file).toBe(
        bytesToHex(encode(codec, sortedInside(recorded))),
      );
    }
  });

  const unknown = new Uint8Array(32).fill(0xab) as BlockHash;
  const zero = new Uint8Array(32) as BlockHash;
  const tip = state.hashAt(state.tipHeight);
  const work = state.hashAt(state.tipHeight - (state.tipHeight % llmq.dkgInterval) - WORK_DIFF_DEPTH);

  it.each([
    ["an unknown target", zero, unknown],
    ["an unknown base", unknown, tip],
    ["a base above the target", tip, work],
    ["zero as target", zero, zero],
  ])("refuses a mnlistdiff for %s, as the recorded node did", (_, baseBlockHash, blockHash) => {
    expect(buildMnListDiff(state, { baseBlockHash, blockHash })).toBeUndefined();
  });

  it.each([
    ["an unknown block", [], unknown],
    ["an unknown base", [unknown], tip],
    ["zero as base", [zero], tip],
    ["a chain too short", [], state.hashAt(30)],
    ["cycles without snapshots", [], state.hashAt(100)],
  ])("refuses a qrinfo for %s", (_, baseBlockHashes, blockRequestHash) => {
    const request = { baseBlockHashes, blockRequestHash, extraShare: true };
    expect(buildQRInfo(state, request, 70240, llmq)).toBeUndefined();
  });

  it("answers a qrinfo with a base above the request and ignores it", () => {
    const request = { baseBlockHashes: [tip], blockRequestHash: work, extraShare: false };
    const info = found(buildQRInfo(state, request, 70240, llmq));
    expect(info.mnListDiffAtHMinus3C.baseBlockHash).toEqual(state.hashAt(0));
    expect(info.mnListDiffTip.baseBlockHash).toEqual(tip);
  });
});
