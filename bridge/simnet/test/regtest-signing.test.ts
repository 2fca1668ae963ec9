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
    expect(recordings.length).toBeGreaterThan(20);
    for (const { file, expect: expected } of recordings) {
      const { height } = decode(chainLock, state.read(file));
      const requestId = computeChainLockRequestId(height);
      expect(toHashHex(requestId), file).toBe(expected.requestId);
      const selected = select(state.params.llmqTypeChainLocks, requestId, height);
      expect(selected && toHashHex(selected.commitment.quorumHash), file).toBe(expected.signedByQuorum);
    }
  });

  it("names the index of the quorum that signed every recorded InstantSend lock", () => {
    const llmq = state.llmq(state.params.llmqTypeInstantSend);
    for (const { file, expect: expected } of state.messages<Expected>("isdlock")) {
      const requestId = computeInstantLockRequestId(decode(instantLock, state.read(file)));
      const signed = state.quorums.find(
        ({ llmqType, quorumHash }) => llmqType === llmq.type && quorumHash === expected.signedByQuorum,
      );
      const sets = state.quorumsAt(signed?.minedHeight ?? 0).ofType(llmq.type);
      const selected = selectRotatingQuorum(sets, llmq, requestId);
      expect(selected && toHashHex(selected.commitment.quorumHash), file).toBe(expected.signedByQuorum);
    }
  });
});
