import { describe, expect, it } from "vitest";
import type { BlockHash } from "../../wire/hashes.ts";
import type { MnListDiffRequest, QrInfoRequest } from "../plan.ts";
import { Refusals } from "../refusals.ts";

const hash = new Uint8Array(32) as BlockHash;

function list(height: number, baseHeight = 0): MnListDiffRequest {
  const request = { baseBlockHash: hash, blockHash: hash };
  return { kind: "mnlistdiff", request, baseHeight, height, reason: "a test" };
}

const qrInfo: QrInfoRequest = {
  kind: "qrinfo",
  request: { baseBlockHashes: [], blockRequestHash: hash, extraShare: true },
  workHeight: 448,
  reason: "a test",
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

  it("stay when what failed by chance is forgotten", () => {
    const refusals = new Refusals();
    refusals.add(list(448), "a", "refused");
    refusals.add(list(448), "b", "failed");
    refusals.add(list(400), "b", "failed");
    refusals.add(qrInfo, "b", "failed");
    expect(refusals.hasFailures).toBe(true);
    refusals.forgetFailures();
    expect(refusals.hasFailures).toBe(false);
    expect(refusals.addressesOf(list(448))).toEqual(["a"]);
    expect(refusals.listHeights).toEqual([448]);
    expect(refusals.isQrInfoExhausted(["b"])).toBe(false);
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
