import { describe, expect, it } from "vitest";
import type { ClientSnapshot } from "../../worker/api.ts";
import { trustLadder } from "../ladder.ts";
import { emptySnapshot, quorumType, syncedSnapshot } from "./snapshots.ts";

function statesOf(snapshot: ClientSnapshot | undefined, isUnchecked = false): string[] {
  return trustLadder(snapshot, isUnchecked).map((step) => step.state);
}

describe("trustLadder", () => {
  it("has its rungs in the order they rest on each other", () => {
    const ids = trustLadder(undefined, false).map((step) => step.id);
    expect(ids).toEqual(["headers", "coinbase", "lists", "quorums", "chainlock"]);
  });

  it("waits everywhere before there is a snapshot", () => {
    expect(statesOf(undefined)).toEqual(Array(5).fill("waiting"));
    expect(statesOf(emptySnapshot())).toEqual(Array(5).fill("waiting"));
  });

  it("is verified everywhere once synced", () => {
    expect(statesOf(syncedSnapshot())).toEqual(Array(5).fill("verified"));
  });

  it("says unchecked instead of verified for what an earlier run left", () => {
    expect(statesOf(syncedSnapshot({ isSynced: false }), true)).toEqual(Array(5).fill("unchecked"));
  });

  it("is at the headers while they come", () => {
    const { tip } = syncedSnapshot();
    const snapshot = emptySnapshot({ phase: "headers", tip });
    expect(statesOf(snapshot)).toEqual(["active", "waiting", "waiting", "waiting", "waiting"]);
    expect(trustLadder(snapshot, false)[0]?.count).toBe("to block 2,000");
  });

  it("is at the lists while one is missing, although the newest is proven", () => {
    const { progress } = syncedSnapshot();
    const snapshot = syncedSnapshot({
      phase: "lists",
      isSynced: false,
      chainLock: undefined,
      progress: { ...progress, listsKnown: 33 },
      quorums: [quorumType({ verified: 0, unknown: 32 })],
    });
    expect(statesOf(snapshot)).toEqual(["verified", "verified", "active", "active", "waiting"]);
    expect(trustLadder(snapshot, false)[2]?.count).toBe("33 of 35 lists");
  });

  it("waits for a ChainLock when all else is there", () => {
    expect(statesOf(syncedSnapshot({ isSynced: false, chainLock: undefined }))[4]).toBe("active");
  });

  it.each([
    ["failed", { verified: 31, invalid: 1 }, []],
    ["partly", { verified: 31, unknown: 1 }, ["llmq_60_75 at 1,976"]],
    ["active", { verified: 31, unknown: 1 }, []],
  ])("quorums are %s", (state, counts, cannotVerify) => {
    expect(statesOf(syncedSnapshot({ quorums: [quorumType(counts)], cannotVerify }))[3]).toBe(state);
  });

  it("does not count types that need not verify", () => {
    const quorums = [quorumType(), quorumType({ llmqType: 1, isNeeded: false, verified: 0, invalid: 5 })];
    expect(trustLadder(syncedSnapshot({ quorums }), false)[3]).toMatchObject({
      state: "verified",
      count: "32 of 32 needed",
    });
  });
});
