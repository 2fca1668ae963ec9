import { expect, it } from "vitest";
import { readVectorJson } from "../../../worker/test/vectors.ts";
import { decode } from "../../../worker/wire/codec.ts";
import { fromHashHex, type HashHex, type Height, toHashHex } from "../../../worker/wire/hashes.ts";
import {
  chainLock,
  computeChainLockRequestId,
  computeInstantLockRequestId,
  instantLock,
} from "../../../worker/wire/locks.ts";
import { selectPlainQuorum, selectRotatingQuorum, signingSet } from "../consensus/signing.ts";
import { describeScenarios, RecordedState } from "./recordedState.ts";

interface Selection {
  readonly id: HashHex;
  readonly quorumHash: HashHex;
}

interface Expected {
  readonly requestId: HashHex;
  readonly signedByQuorum: HashHex;
}

interface ExpectedInstantLock extends Expected {
  /** Of the transaction; null: it waits at the tip. */
  readonly minedHeight: Height | null;
}

const COUNTS: Readonly<Record<string, { readonly chainLocks: number; readonly instantLocks: number }>> = {
  "cycle-a": { chainLocks: 160, instantLocks: 43 },
  "faults-b": { chainLocks: 160, instantLocks: 117 },
  "few-masternodes-c": { chainLocks: 50, instantLocks: 40 },
  "legacy-bls-d": { chainLocks: 50, instantLocks: 40 },
};

describeScenarios(({ id }) => {
  const state = new RecordedState(id);
  const quorumsAt = (height: Height) => state.quorumsAt(height);
  const select = (type: number, requestId: Uint8Array, height: Height) => {
    const llmq = state.llmq(type);
    const set = signingSet(quorumsAt, height, type);
    return llmq.useRotation
      ? selectRotatingQuorum(set, llmq, requestId)
      : selectPlainQuorum(set, type, requestId);
  };

  it("selects the quorum that the recorded node selected for every request", () => {
    const file = readVectorJson<Record<string, Selection[] | number | string>>(
      `regtest/${id}/selectquorum.json`,
    );
    let compared = 0;
    for (const [type, selections] of Object.entries(file)) {
      if (!Array.isArray(selections) || !/^\d+$/.test(type)) continue;
      for (const { id: requestId, quorumHash } of selections) {
        const selected = select(Number(type), fromHashHex(requestId), Number(file.tipHeight));
        expect(selected && toHashHex(selected.commitment.quorumHash), `${type} ${requestId}`).toBe(
          quorumHash,
        );
        compared++;
      }
    }
    expect(compared).toBe(80);
  });

  it("selects the quorum that signed every recorded ChainLock", () => {
    const recordings = state.messages<Expected>("clsig");
    expect(recordings).toHaveLength(COUNTS[id]?.chainLocks ?? 0);
    for (const { file, expect: expected } of recordings) {
      const { height } = decode(chainLock, state.read(file));
      const requestId = computeChainLockRequestId(height);
      expect(toHashHex(requestId), file).toBe(expected.requestId);
      const selected = select(state.params.llmqTypeChainLocks, requestId, height);
      expect(selected && toHashHex(selected.commitment.quorumHash), file).toBe(expected.signedByQuorum);
    }
  });

  it("selects the quorum that signed every recorded InstantSend lock, as its signers and its readers do", () => {
    const llmq = state.llmq(state.params.llmqTypeInstantSend);
    const recordings = state.messages<ExpectedInstantLock>("isdlock");
    expect(recordings).toHaveLength(COUNTS[id]?.instantLocks ?? 0);
    for (const { file, expect: expected } of recordings) {
      const lock = decode(instantLock, state.read(file));
      const requestId = computeInstantLockRequestId(lock);
      expect(toHashHex(requestId), file).toBe(expected.requestId);
      // Signed at the latest below the transaction's block; read in the set at the end of the cycle it names.
      const signedHeight = (expected.minedHeight ?? state.tipHeight + 1) - 1;
      const cycleHeight = state.heightOf(lock.cycleHash) ?? -1;
      const cycleEnd = Math.min(cycleHeight + llmq.dkgInterval - 1, state.tipHeight);
      for (const selected of [
        select(llmq.type, requestId, signedHeight),
        selectRotatingQuorum(quorumsAt(cycleEnd).ofType(llmq.type), llmq, requestId),
      ]) {
        expect(selected && toHashHex(selected.commitment.quorumHash), file).toBe(expected.signedByQuorum);
        expect(selected && selected.baseHeight - selected.commitment.quorumIndex, file).toBe(cycleHeight);
      }
    }
  });
});
