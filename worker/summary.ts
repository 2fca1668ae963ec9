import type { BridgeNetwork } from "../bridge/protocol.ts";
import type { ClientSnapshot } from "./api.ts";

/** What a start shows at once, before anything was checked again. */
export interface Summary {
  readonly version: 1;
  readonly savedAtMs: number;
  /** So that an offline start knows its network without the bridge. */
  readonly network: BridgeNetwork;
  readonly snapshot: ClientSnapshot;
}

export function makeSummary(snapshot: ClientSnapshot, network: BridgeNetwork, savedAtMs: number): Summary {
  return {
    version: 1,
    savedAtMs,
    network,
    snapshot: { ...snapshot, log: [], peers: [], problem: undefined },
  };
}

/** @returns undefined for anything but a summary; its numbers are shown with their age, never as checked */
export function readSummary(value: unknown): Summary | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { version, savedAtMs, network, snapshot } = value as Partial<Summary>;
  const isWhole =
    version === 1 &&
    typeof savedAtMs === "number" &&
    typeof network?.network === "string" &&
    typeof snapshot?.phase === "string" &&
    Array.isArray(snapshot.quorums) &&
    typeof snapshot.progress?.fraction === "number";
  return isWhole ? (value as Summary) : undefined;
}
