import { describe, expect, it } from "vitest";
import {
  isUnchecked,
  masternodesKey,
  neededQuorums,
  quorumsKey,
  readyPeers,
  withFreshEngine,
  withSnapshot,
} from "../store.ts";
import { appState, emptySnapshot, HASH, NOW, peer, quorumType, syncedSnapshot } from "./snapshots.ts";

describe("withSnapshot", () => {
  it("keeps the identity of what did not change", () => {
    const before = withSnapshot(appState(), syncedSnapshot(), NOW);
    const after = withSnapshot(before, syncedSnapshot({ phase: "quorums" }), NOW);
    expect(after.snapshot?.phase).toBe("quorums");
    expect(after.snapshot?.peers).toBe(before.snapshot?.peers);
    expect(after.snapshot?.masternodes).toBe(before.snapshot?.masternodes);
  });

  it("remembers when the client was last synced with a peer", () => {
    const synced = withSnapshot(appState({ engine: "starting" }), syncedSnapshot(), NOW);
    expect(synced).toMatchObject({ engine: "running", lastVerifiedMs: NOW });
    expect(withSnapshot(synced, syncedSnapshot({ peers: [] }), NOW + 5).lastVerifiedMs).toBe(NOW);
    expect(withSnapshot(synced, syncedSnapshot({ isSynced: false }), NOW + 5).lastVerifiedMs).toBe(NOW);
  });
});

describe("withFreshEngine", () => {
  it("forgets what the earlier engine said, and nothing else", () => {
    const before = appState({
      engine: "stopped",
      startError: new Error("refused"),
      snapshot: syncedSnapshot(),
      lastVerifiedMs: NOW,
      isOnline: false,
      masternodes: { status: "ready", value: [] },
      quorums: { status: "loading" },
    });
    expect(withFreshEngine(before)).toEqual(
      appState({ engine: "starting", lastVerifiedMs: NOW, isOnline: false }),
    );
  });
});

describe("selectors", () => {
  it("counts peers that are ready", () => {
    const peers = [peer(), peer({ status: "handshake" }), peer({ status: "banned" }), peer()];
    expect(readyPeers(syncedSnapshot({ peers }))).toBe(2);
    expect(readyPeers(undefined)).toBe(0);
  });

  it("knows what an earlier run or a stopped engine left", () => {
    const stored = { savedAtMs: NOW, status: "checking-again" } as const;
    expect(isUnchecked(appState({ snapshot: syncedSnapshot({ stored }) }))).toBe(true);
    expect(isUnchecked(appState({ engine: "stopped", snapshot: syncedSnapshot() }))).toBe(true);
    expect(
      isUnchecked(appState({ snapshot: syncedSnapshot({ stored: { ...stored, status: "checked" } }) })),
    ).toBe(false);
    expect(isUnchecked(appState())).toBe(false);
  });

  it("sums the types that must verify", () => {
    const quorums = [
      quorumType({ total: 4, verified: 2, unknown: 1, invalid: 1 }),
      quorumType({ llmqType: 4, total: 24, verified: 24 }),
      quorumType({ llmqType: 1, isNeeded: false, total: 9, verified: 9 }),
    ];
    expect(neededQuorums(quorums)).toEqual({ total: 28, verified: 26, unknown: 1, invalid: 1 });
  });

  it("has keys that change when rows may have", () => {
    expect(masternodesKey(appState({ snapshot: emptySnapshot() }))).toBeUndefined();
    expect(quorumsKey(appState({ snapshot: emptySnapshot({ quorums: [quorumType()] }) }))).toBeUndefined();
    expect(masternodesKey(appState({ snapshot: syncedSnapshot() }))).toBe(HASH);
    const key = (verified: number) =>
      quorumsKey(appState({ snapshot: syncedSnapshot({ quorums: [quorumType({ verified })] }) }));
    expect(key(3)).not.toBe(key(4));
    expect(key(3)).toBe(key(3));
  });
});
