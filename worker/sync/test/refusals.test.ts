import { describe, expect, it } from "vitest";
import type { BlockHash } from "../../wire/hashes.ts";
import type { MnListDiffRequest, QrInfoRequest } from "../plan.ts";
import { Refusals } from "../refusals.ts";

const hash = new Uint8Array(32) as BlockHash;

function list(height: number, baseHeight = 0): MnListDiffRequest {
  const request = { baseBlockHash: hash, blockHash: hash };
  return {
    kind: "mnlistdiff",
    request,
    baseHeight,
    height,
    priority: "normal",
    reason: "a test",
    estimatedBytes: 0,
    isSpeculative: false,
  };
}

const qrInfo: QrInfoRequest = {
  kind: "qrinfo",
  request: { baseBlockHashes: [], blockRequestHash: hash, extraShare: true },
  workHeight: 448,
  reason: "a test",
  coverage: { workHeights: [448], snapshots: [], tip: false },
  priority: "critical",
  estimatedBytes: 0,
};

describe("refusals", () => {
  it("are of a list, whatever its base, and of any qrinfo", () => {
    const refusals = new Refusals();
    refusals.add(list(448, 424), "a", "refused");
    refusals.add(qrInfo, "b", "refused");
    expect(refusals.addressesOf(list(448, 400))).toEqual(["a"]);
    expect(refusals.addressesOf(list(424))).toEqual([]);
    expect(refusals.addressesOf(qrInfo)).toEqual(["b"]);
    expect([refusals.listHeights, refusals.count]).toEqual([[448], 2]);
  });

  it("exhaust what everybody refused, and nothing that nobody was asked for", () => {
    const refusals = new Refusals();
    expect([refusals.isListExhausted(448, []), refusals.isQrInfoExhausted([])]).toEqual([false, false]);
    refusals.add(list(448), "a", "refused");
    refusals.add(qrInfo, "a", "failed");
    expect(refusals.isListExhausted(448, ["a"])).toBe(true);
    expect(refusals.isListExhausted(448, ["a", "b"])).toBe(false);
    expect(refusals.isListExhausted(424, ["a"])).toBe(false);
    expect(refusals.isQrInfoExhausted(["a"])).toBe(true);
    expect(refusals.isQrInfoExhausted(["b", "a"])).toBe(false);
    refusals.add(list(448), "b", "failed");
    expect(refusals.isListExhausted(448, ["b", "a"])).toBe(true);
  });

  it("are forgiven after a pause: what failed always, what was refused three times", () => {
    const refusals = new Refusals();
    for (let i = 0; i < 3; i++) {
      refusals.add(list(448), "a", "refused");
      refusals.add(list(448), "b", "failed");
      refusals.add(qrInfo, "b", "failed");
      expect(refusals.addressesOf(list(448))).toEqual(["a", "b"]);
      expect([refusals.hasRetries, refusals.listHeights]).toEqual([true, [448]]);
      refusals.forgiveRetryable();
      expect([refusals.hasRetries, refusals.listHeights]).toEqual([false, []]);
      expect(refusals.addressesOf(list(448))).toEqual([]);
      expect(refusals.isListExhausted(448, ["a", "b"])).toBe(false);
      expect(refusals.isListExhausted(448, [])).toBe(false);
      expect(refusals.isQrInfoExhausted(["b"])).toBe(false);
    }
    refusals.add(list(448), "b", "failed");
    refusals.add(list(448), "a", "refused");
    refusals.forgiveRetryable();
    expect(refusals.hasRetries).toBe(false);
    refusals.add(list(448), "a", "refused");
    expect(refusals.hasRetries).toBe(false);
    refusals.forgiveRetryable();
    expect(refusals.addressesOf(list(448))).toEqual(["a"]);
    expect([refusals.listHeights, refusals.isListExhausted(448, ["a"])]).toEqual([[448], true]);
    expect(refusals.isListExhausted(448, ["a", "b"])).toBe(false);
  });

  it("are forgotten when the chain changes, but their count goes on", () => {
    const refusals = new Refusals();
    refusals.add(list(448), "a", "refused");
    refusals.clear();
    refusals.add(list(400), "a", "refused");
    refusals.add(list(376), "a", "refused");
    expect([refusals.listHeights, refusals.count]).toEqual([[376, 400], 3]);
  });
});
