import { describe, expect, it } from "vitest";
import { DEFAULT_TUNING, readTuning, type SyncTuning, validateTuning } from "../syncTuning.ts";

const CHANGED: SyncTuning = {
  maxQrInfoSpan: 4,
  extraShare: false,
  qrInfoTimeoutMs: 60_000,
  mnListDiffTimeoutMs: 5_000,
  maxPerPeer: 1,
  maxConcurrent: 3,
  adaptiveConcurrency: false,
  isSequential: true,
};

describe("sync tuning", () => {
  it.each([DEFAULT_TUNING, CHANGED])("that is valid stays as it is", (tuning) => {
    expect(validateTuning(tuning)).toEqual(tuning);
    expect(readTuning(tuning)).toEqual({ tuning, invalid: [] });
  });

  it.each([undefined, {}, { colour: "red" }])("that is %j is the default", (value) => {
    expect(readTuning(value)).toEqual({ tuning: DEFAULT_TUNING, invalid: [] });
  });

  it.each([null, 5, "fast"])("that is %j is refused", (value) => {
    expect(readTuning(value)).toMatchObject({
      tuning: DEFAULT_TUNING,
      invalid: [{ facts: { field: "tuning" } }],
    });
  });

  it.each([
    ["maxQrInfoSpan", 0],
    ["maxQrInfoSpan", undefined],
    ["qrInfoTimeoutMs", 300_000],
    ["mnListDiffTimeoutMs", 1_000],
    ["maxPerPeer", 2],
    ["maxConcurrent", 8],
    ["maxConcurrent", undefined],
  ] as const)("allows %s %j", (field, value) => {
    expect(validateTuning({ ...CHANGED, [field]: value })).toEqual({ ...CHANGED, [field]: value });
  });

  it.each([
    ["maxQrInfoSpan", -1, "0 to 10000"],
    ["maxQrInfoSpan", null, "0 to 10000"],
    ["maxQrInfoSpan", 1.5, "0 to 10000"],
    ["extraShare", 1, "true or false"],
    ["qrInfoTimeoutMs", 999, "1000 to 300000"],
    ["qrInfoTimeoutMs", Number.POSITIVE_INFINITY, "1000 to 300000"],
    ["mnListDiffTimeoutMs", 300_001, "1000 to 300000"],
    ["mnListDiffTimeoutMs", "15000", "1000 to 300000"],
    ["maxPerPeer", 0, "1 to 2"],
    ["maxPerPeer", 3, "1 to 2"],
    ["maxConcurrent", 9, "1 to 8"],
    ["maxConcurrent", Number.NaN, "1 to 8"],
    ["adaptiveConcurrency", "yes", "true or false"],
    ["isSequential", 0, "true or false"],
  ] as const)("refuses %s %j, names what it may be, and keeps the rest", (field, value, allowed) => {
    const given = { ...CHANGED, [field]: value };
    const refusal = {
      facts: { code: "client/invalid-setting", field, reason: expect.stringContaining(allowed) },
    };
    expect(() => validateTuning(given)).toThrow(expect.objectContaining(refusal));
    const { tuning, invalid } = readTuning(given);
    expect(tuning).toEqual({ ...CHANGED, [field]: DEFAULT_TUNING[field] });
    expect(invalid).toMatchObject([refusal]);
  });
});
