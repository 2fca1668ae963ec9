import { describe, expect, it } from "vitest";
import type { Settings } from "../../worker/api.ts";
import { DEFAULT_TUNING, readTuning } from "../../worker/syncTuning.ts";
import { toDraft, toggleType, toSettings } from "../settingsDraft.ts";

const ALL: Settings = {
  network: "testnet",
  bridgeUrl: "https://example.org",
  ownNode: "203.0.113.7:19999",
  neededLlmqTypes: [1, 5],
  maxPeers: 3,
  tuning: {
    maxQrInfoSpan: 0,
    extraShare: false,
    qrInfoTimeoutMs: 60_000,
    mnListDiffTimeoutMs: 5_000,
    maxPerPeer: 1,
    maxConcurrent: 3,
    adaptiveConcurrency: false,
    isSequential: true,
  },
};
const NONE: Settings = {
  network: undefined,
  bridgeUrl: undefined,
  ownNode: undefined,
  neededLlmqTypes: undefined,
  maxPeers: 4,
  tuning: DEFAULT_TUNING,
};

describe("settings draft", () => {
  it.each([ALL, NONE])("comes back as it was", (settings) => {
    expect(toSettings(toDraft(settings))).toEqual(settings);
  });

  it("takes blanks for nothing and trims the rest", () => {
    const draft = { ...toDraft(ALL), bridgeUrl: "  ", ownNode: " 203.0.113.7:19999 " };
    expect(toSettings(draft)).toEqual({ ...ALL, bridgeUrl: undefined });
  });

  it("leaves it to the engine to refuse what is no number", () => {
    const { tuning } = toDraft(NONE);
    const typed = { ...tuning, maxPerPeer: "", maxConcurrent: "many", qrInfoTimeoutMs: "1e3" };
    const read = readTuning(toSettings({ ...toDraft(NONE), tuning: typed }).tuning);
    expect(read.invalid.map(({ facts }) => facts.field)).toEqual(["maxPerPeer", "maxConcurrent"]);
    expect(read.tuning.qrInfoTimeoutMs).toBe(1_000);
  });

  it("adds and takes away types in order", () => {
    expect(toggleType([1, 5], 4)).toEqual([1, 4, 5]);
    expect(toggleType([1, 4, 5], 4)).toEqual([1, 5]);
  });
});
