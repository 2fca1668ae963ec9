import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ClientSnapshot } from "../../worker/api.ts";
import { describeStatus, type Status } from "../status.ts";
import type { AppState } from "../store.ts";
import { appState, emptySnapshot, NOW, peer, quorumType, syncedSnapshot } from "./snapshots.ts";

const HOUR = 3_600_000;
const UNREACHABLE = { code: "net/bridge-unreachable", message: "", sinceMs: NOW } as const;
const CHECKING_AGAIN = { savedAtMs: NOW - 3 * HOUR, status: "checking-again" } as const;

function statusOf(snapshot: ClientSnapshot | undefined, state: Partial<AppState> = {}): Status {
  return describeStatus(appState({ snapshot, ...state }), NOW);
}

const CASES: [string, ClientSnapshot | undefined, Partial<AppState>, Status["kind"], string][] = [
  ["no snapshot yet", undefined, { engine: "starting" }, "starting", "Starting…"],
  ["a stopped engine", syncedSnapshot(), { engine: "stopped" }, "stopped", "The engine stopped"],
  ["a synced client", syncedSnapshot(), {}, "synced", "Synced and verified"],
  [
    "quorums no peer can cure",
    syncedSnapshot({ cannotVerify: ["a", "b"] }),
    {},
    "synced-except",
    "Synced, except 2 quorums",
  ],
  [
    "the phase of headers",
    emptySnapshot({ phase: "headers", peers: [peer()] }),
    {},
    "syncing",
    "Checking headers…",
  ],
  [
    "the phase of quorums",
    emptySnapshot({ phase: "quorums", peers: [peer()] }),
    {},
    "syncing",
    "Verifying quorums…",
  ],
  [
    "an invalid quorum",
    syncedSnapshot({ isSynced: false, quorums: [quorumType({ verified: 31, invalid: 1 })] }),
    {},
    "not-verified",
    "Not verified",
  ],
  [
    "a missing ChainLock",
    syncedSnapshot({ isSynced: false, chainLock: undefined }),
    {},
    "waiting",
    "Not verified yet",
  ],
  [
    "a problem on the way",
    emptySnapshot({
      phase: "lists",
      peers: [peer()],
      problem: { code: "net/timeout", message: "", sinceMs: NOW },
    }),
    {},
    "waiting",
    "Not verified yet",
  ],
  [
    "saved state that is being checked",
    syncedSnapshot({ isSynced: false, phase: "connecting", stored: CHECKING_AGAIN }),
    {},
    "checking-again",
    "Checking again…",
  ],
  [
    "saved state without a bridge",
    syncedSnapshot({
      isSynced: false,
      phase: "connecting",
      peers: [],
      stored: CHECKING_AGAIN,
      problem: UNREACHABLE,
    }),
    {},
    "offline",
    "Offline: showing what was verified 3 hours ago",
  ],
  [
    "an unfinished saved state without a bridge",
    syncedSnapshot({
      isSynced: false,
      peers: [],
      stored: CHECKING_AGAIN,
      problem: UNREACHABLE,
      quorums: [quorumType({ verified: 3, unknown: 29 })],
    }),
    {},
    "offline",
    "Offline: showing what was saved 3 hours ago",
  ],
  [
    "the first moments of a start",
    emptySnapshot({
      phase: "connecting",
      problem: { code: "client/no-peers", message: "", sinceMs: NOW - 1_000 },
    }),
    {},
    "syncing",
    "Connecting…",
  ],
  [
    "a start that finds no node",
    emptySnapshot({
      phase: "connecting",
      problem: { code: "client/no-peers", message: "", sinceMs: NOW - 4_000 },
    }),
    {},
    "offline",
    "Offline",
  ],
  ["nothing at all without a bridge", emptySnapshot({ problem: UNREACHABLE }), {}, "offline", "Offline"],
  [
    "a synced client that lost its network",
    syncedSnapshot({ peers: [] }),
    { isOnline: false, lastVerifiedMs: NOW - 120_000 },
    "offline",
    "Offline: showing what was verified 2 minutes ago",
  ],
  [
    "a synced client between two peers",
    syncedSnapshot({ peers: [] }),
    { lastVerifiedMs: NOW - 20_000 },
    "syncing",
    "Reconnecting…",
  ],
  [
    "a saved state that was dropped",
    emptySnapshot({ problem: UNREACHABLE, stored: { savedAtMs: NOW - HOUR, status: "dropped" } }),
    {},
    "offline",
    "Offline",
  ],
];

describe("describeStatus", () => {
  it.each(CASES)("says what %s is", (_name, snapshot, state, kind, headline) => {
    const status = statusOf(snapshot, state);
    expect({ kind: status.kind, headline: status.headline }).toEqual({ kind, headline });
  });

  it("counts the needed quorums only", () => {
    expect(statusOf(syncedSnapshot()).detail).toContain("32 quorums verified");
  });

  it("names what is missing when all is fetched", () => {
    const snapshot = syncedSnapshot({ isSynced: false, quorums: [quorumType({ verified: 30, unknown: 2 })] });
    expect(statusOf(snapshot).detail).toBe("30 of 32 quorums are verified; the others still lack a proof.");
  });

  it("never says ok unless the client says synced and a peer is connected", () => {
    const anySnapshot = fc.record({
      isSynced: fc.boolean(),
      phase: fc.constantFrom("starting", "connecting", "headers", "lists", "quorums", "live"),
      peers: fc.constantFrom([], [peer()], [peer({ status: "banned" })], [peer({ status: "handshake" })]),
      problem: fc.constantFrom(undefined, UNREACHABLE),
      stored: fc.constantFrom(undefined, CHECKING_AGAIN, { ...CHECKING_AGAIN, status: "checked" }),
      cannotVerify: fc.constantFrom([], ["one"]),
      quorums: fc.constantFrom([], [quorumType()], [quorumType({ verified: 0, invalid: 32 })]),
    }) as fc.Arbitrary<Partial<ClientSnapshot>>;
    const anyState = fc.record({
      engine: fc.constantFrom("starting", "running", "stopped"),
      isOnline: fc.boolean(),
      lastVerifiedMs: fc.constantFrom(undefined, NOW - HOUR),
    }) as fc.Arbitrary<Partial<AppState>>;
    fc.assert(
      fc.property(anySnapshot, anyState, (part, state) => {
        const snapshot = syncedSnapshot(part);
        const status = statusOf(snapshot, state);
        const mayBeOk =
          snapshot.isSynced &&
          state.engine !== "stopped" &&
          snapshot.cannotVerify.length === 0 &&
          snapshot.peers.some((one) => one.status === "ready");
        expect(status.tone === "ok").toBe(mayBeOk);
        if (!snapshot.isSynced) expect(status.headline).not.toMatch(/^(Synced|Verified)/);
      }),
    );
  });
});
