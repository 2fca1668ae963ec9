import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { BridgeNetwork } from "../bridge/protocol.ts";
import type { ClientSnapshot } from "./api.ts";

/** What a start shows at once, before anything was checked again. */
export interface Summary {
  readonly version: 1;
  readonly savedAtMs: number;
  /** So that an offline start knows its network without the bridge. */
  readonly network: BridgeNetwork;
  readonly snapshot: ClientSnapshot;
  /** Of all the above: nothing proves what a summary says, but damage shows. */
  readonly digest: string;
}

export function makeSummary(snapshot: ClientSnapshot, network: BridgeNetwork, savedAtMs: number): Summary {
  const content = {
    version: 1,
    savedAtMs,
    network,
    snapshot: { ...snapshot, log: [], peers: [], problem: undefined },
  } as const;
  return { ...content, digest: computeDigest(content) };
}

function computeDigest({ version, savedAtMs, network, snapshot }: Omit<Summary, "digest">): string {
  return bytesToHex(sha256(utf8ToBytes(JSON.stringify([version, savedAtMs, network, snapshot]))));
}

/** @returns undefined for anything but a summary as it was made; its numbers are shown with their age, never as checked */
export function readSummary(value: unknown): Summary | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { version, savedAtMs, network, snapshot, digest } = value as Partial<Summary>;
  if (!network || !snapshot || version !== 1 || savedAtMs === undefined) return undefined;
  try {
    const isWhole = digest === computeDigest({ version, savedAtMs, network, snapshot });
    return isWhole ? (value as Summary) : undefined;
  } catch (error) {
    // A database takes values that JSON does not.
    if (!(error instanceof TypeError)) throw error;
    return undefined;
  }
}
