import type { BlockHash } from "../../wire/hashes.ts";
import type { MnListDiffRequest, QrInfoRequest } from "../plan.ts";

/** A hash of its own for each number. */
export function hashOf(number: number): BlockHash {
  const bytes = new Uint8Array(32);
  new DataView(bytes.buffer).setUint32(0, number);
  return bytes as BlockHash;
}

export function diffRequest(
  height: number,
  baseHeight = 0,
  more: Partial<MnListDiffRequest> = {},
): MnListDiffRequest {
  return {
    kind: "mnlistdiff",
    request: { baseBlockHash: hashOf(baseHeight), blockHash: hashOf(height) },
    baseHeight,
    height,
    priority: "normal",
    reason: "a test",
    estimatedBytes: 1_000,
    isSpeculative: false,
    ...more,
  };
}

export function qrInfoRequest(more: Partial<QrInfoRequest> = {}): QrInfoRequest {
  return {
    kind: "qrinfo",
    request: { baseBlockHashes: [], blockRequestHash: hashOf(478), extraShare: true },
    workHeight: 448,
    coverage: { workHeights: [448, 424, 400, 376, 352], snapshots: [432, 408, 384, 360], tip: true },
    priority: "critical",
    reason: "a test",
    estimatedBytes: 10_000,
    ...more,
  };
}
