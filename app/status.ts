import type { ClientSnapshot, Phase } from "../worker/api.ts";
import { formatAgo, formatNumber, plural } from "./format.ts";
import { type AppState, currentProblem, neededQuorums, readyPeers } from "./store.ts";

/** How a state looks: the lamp's colour, and never the only sign of it. */
export type Tone = "ok" | "busy" | "warn" | "danger" | "off";

export interface Status {
  readonly kind:
    | "synced"
    | "synced-except"
    | "starting"
    | "syncing"
    | "checking-again"
    | "waiting"
    | "offline"
    | "not-verified"
    | "stopped";
  readonly tone: Tone;
  readonly headline: string;
  /** What the headline rests on, one or two sentences. */
  readonly detail: string;
  /** For screen readers, said when it changes: without ages and counts, which change all the time. */
  readonly announcement: string;
}

/** What each phase does, as a headline. */
export const PHASE_HEADLINES: Record<Phase, string> = {
  starting: "Starting…",
  connecting: "Connecting…",
  headers: "Checking headers…",
  lists: "Checking masternode lists…",
  quorums: "Verifying quorums…",
  live: "Almost there…",
};

const PHASE_DETAILS: Record<Phase, string> = {
  starting: "The engine starts and looks at what is saved on this device.",
  connecting: "Looking for Dash nodes through the bridge. Nothing they say is believed without proof.",
  headers: "The work, the difficulty and the links of every block header are checked in this tab.",
  lists: "Each masternode list must match what the miners committed to in its block.",
  quorums: "The members of each quorum are drawn again here, and both of its signatures are checked.",
  live: "All is fetched; the last proof is still missing.",
};

type StatusInput = Pick<AppState, "engine" | "snapshot" | "lastVerifiedMs" | "isOnline">;

/**
 * The answer to "can I rely on what I see?". Says verified for the whole only while the client itself says synced
 * and a peer is connected; for anything older it says how old.
 */
export function describeStatus(input: StatusInput, nowMs: number): Status {
  const { engine, snapshot } = input;
  if (engine === "stopped") return STOPPED;
  if (snapshot === undefined) return STARTING;
  if (snapshot.isSynced && readyPeers(snapshot) > 0) return describeSynced(snapshot);
  const { invalid } = neededQuorums(snapshot.quorums);
  if (invalid > 0) return describeInvalid(invalid);
  if (readyPeers(snapshot) === 0 && isCutOff(input, nowMs)) return describeOffline(input, snapshot, nowMs);
  if (snapshot.stored?.status === "checking-again")
    return describeCheckingAgain(snapshot.stored.savedAtMs, nowMs);
  if (snapshot.isSynced) return describeReconnecting(input.lastVerifiedMs, nowMs);
  if (currentProblem(snapshot, nowMs) !== undefined || snapshot.phase === "live")
    return describeUnverified(snapshot);
  return {
    kind: snapshot.phase === "starting" ? "starting" : "syncing",
    tone: "busy",
    headline: PHASE_HEADLINES[snapshot.phase],
    detail: PHASE_DETAILS[snapshot.phase],
    announcement: PHASE_HEADLINES[snapshot.phase],
  };
}

const STOPPED: Status = {
  kind: "stopped",
  tone: "danger",
  headline: "The engine stopped",
  detail: "What you see is no longer checked.",
  announcement: "The engine stopped",
};

const STARTING: Status = {
  kind: "starting",
  tone: "busy",
  headline: PHASE_HEADLINES.starting,
  detail: "The engine is being loaded.",
  announcement: PHASE_HEADLINES.starting,
};

function describeSynced(snapshot: ClientSnapshot): Status {
  const { verified } = neededQuorums(snapshot.quorums);
  const exceptions = snapshot.cannotVerify.length;
  const lock = snapshot.chainLock;
  const proof = lock === undefined ? "" : `, up to the ChainLock on block ${formatNumber(lock.height)}`;
  const all = `Everything was checked in this tab, trusting no server: ${plural(verified, "quorum")} verified${proof}.`;
  if (exceptions === 0) {
    const headline = "Synced and verified";
    return { kind: "synced", tone: "ok", headline, detail: all, announcement: headline };
  }
  return {
    kind: "synced-except",
    tone: "warn",
    headline: `Synced, except ${plural(exceptions, "quorum")}`,
    detail: `${all} What no node can prove is named below and not used.`,
    announcement: "Synced, with exceptions",
  };
}

function describeInvalid(invalid: number): Status {
  return {
    kind: "not-verified",
    tone: "danger",
    headline: "Not verified",
    detail: `${plural(invalid, "quorum")} failed the check. Do not rely on this network's locks until that is resolved.`,
    announcement: "Not verified",
  };
}

function isCutOff({ isOnline, snapshot }: StatusInput, nowMs: number): boolean {
  const code = currentProblem(snapshot, nowMs)?.code;
  return !isOnline || code === "net/bridge-unreachable" || code === "client/no-peers";
}

function describeOffline(input: StatusInput, snapshot: ClientSnapshot, nowMs: number): Status {
  const base = { kind: "offline", tone: "warn", announcement: "Offline" } as const;
  const { stored } = snapshot;
  const isStoredShown = stored !== undefined && stored.status !== "dropped";
  const sinceMs = input.lastVerifiedMs ?? (isStoredShown ? stored.savedAtMs : undefined);
  if (sinceMs === undefined || snapshot.tip === undefined) {
    return {
      ...base,
      headline: "Offline",
      detail: "No Dash node can be reached, and nothing is saved here yet.",
    };
  }
  const isWhole = input.lastVerifiedMs !== undefined || isComplete(snapshot);
  const ago = formatAgo(sinceMs, nowMs);
  return {
    ...base,
    headline: `Offline: showing what was ${isWhole ? "verified" : "saved"} ${ago}`,
    detail: isWhole
      ? "It was checked in this browser then. Newer blocks are not known until a node can be reached."
      : "The check was not finished then. It goes on when a node can be reached.",
  };
}

/** @returns whether the saved state holds all that a synced one has */
function isComplete(snapshot: ClientSnapshot): boolean {
  const { total, verified } = neededQuorums(snapshot.quorums);
  const exceptions = snapshot.cannotVerify.length;
  return snapshot.chainLock !== undefined && total > 0 && verified + exceptions >= total;
}

function describeCheckingAgain(savedAtMs: number, nowMs: number): Status {
  return {
    kind: "checking-again",
    tone: "busy",
    headline: "Checking again…",
    detail: `You see what was saved ${formatAgo(savedAtMs, nowMs)}. It is checked like any node's answer, and dropped if it fails.`,
    announcement: "Checking what was saved",
  };
}

function describeReconnecting(lastVerifiedMs: number | undefined, nowMs: number): Status {
  const since = lastVerifiedMs === undefined ? "before" : formatAgo(lastVerifiedMs, nowMs);
  return {
    kind: "syncing",
    tone: "busy",
    headline: "Reconnecting…",
    detail: `No node is connected right now. You see what was verified ${since}.`,
    announcement: "Reconnecting",
  };
}

function describeUnverified(snapshot: ClientSnapshot): Status {
  return {
    kind: "waiting",
    tone: "warn",
    headline: "Not verified yet",
    detail: snapshot.phase === "live" ? missingProof(snapshot) : PHASE_DETAILS[snapshot.phase],
    announcement: "Not verified yet",
  };
}

function missingProof(snapshot: ClientSnapshot): string {
  const { total, verified } = neededQuorums(snapshot.quorums);
  if (verified < total)
    return `${formatNumber(verified)} of ${plural(total, "quorum")} are verified; the others still lack a proof.`;
  if (snapshot.chainLock === undefined)
    return "The quorums are verified. A ChainLock signed by one of them is still to come.";
  return "Part of the proof is still missing.";
}
