import { describe, expect, it } from "vitest";
import type { Settings } from "../../worker/api.ts";
import { toDraft, toggleType, toSettings } from "../settingsDraft.ts";

const ALL: Settings = {
  network: "testnet",
  bridgeUrl: "https://example.org",
  ownNode: "203.0.113.7:19999",
  neededLlmqTypes: [1, 5],
  maxPeers: 3,
};
const NONE: Settings = {
  network: undefined,
  bridgeUrl: undefined,
  ownNode: undefined,
  neededLlmqTypes: undefined,
  maxPeers: 4,
};

describe("settings draft", () => {
  it.each([ALL, NONE])("comes back as it was", (settings) => {
    expect(toSettings(toDraft(settings))).toEqual(settings);
  });

  it("takes blanks for nothing and trims the rest", () => {
    const draft = { ...toDraft(ALL), bridgeUrl: "  ", ownNode: " 203.0.113.7:19999 " };
    expect(toSettings(draft)).toEqual({ ...ALL, bridgeUrl: undefined });
  });

  it("adds and takes away types in order", () => {
    expect(toggleType([1, 5], 4)).toEqual([1, 4, 5]);
    expect(toggleType([1, 4, 5], 4)).toEqual([1, 5]);
  });
});
