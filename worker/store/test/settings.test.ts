import { describe, expect, expectTypeOf, it } from "vitest";
import type { Settings } from "../../api.ts";
import { DEFAULT_TUNING } from "../../syncTuning.ts";
import { DEFAULT_SETTINGS, readSettings, type StoredSettings } from "../index.ts";

const VALID: StoredSettings = {
  network: "testnet",
  bridgeUrl: "https://bridge.example:8443/path",
  ownNode: "node.example:19999",
  neededLlmqTypes: [1, 5, 6],
  maxPeers: 8,
  tuning: { ...DEFAULT_TUNING, maxConcurrent: 3, isSequential: true },
};

describe("settings", () => {
  it("are those of the public contract", () => {
    expectTypeOf<StoredSettings>().toEqualTypeOf<Settings>();
  });

  it("that are valid stay as they are", () => {
    expect(readSettings(VALID)).toEqual({ settings: VALID, invalid: [] });
    expect(readSettings(DEFAULT_SETTINGS)).toEqual({ settings: DEFAULT_SETTINGS, invalid: [] });
  });

  it.each([undefined, null, 5, "settings", [], {}])("that are %j are the defaults", (value) => {
    expect(readSettings(value)).toEqual({ settings: DEFAULT_SETTINGS, invalid: [] });
  });

  it("that nobody knows are left out", () => {
    expect(readSettings({ ...VALID, colour: "red" })).toEqual({ settings: VALID, invalid: [] });
  });

  it.each([
    ["network", "simnet"],
    ["bridgeUrl", "http://localhost:8080"],
    ["ownNode", "127.0.0.1:1"],
    ["ownNode", "[2001:db8::1]:65535"],
    ["neededLlmqTypes", [255]],
    ["maxPeers", 1],
  ] as const)("allow %s %j", (field, value) => {
    expect(readSettings({ ...VALID, [field]: value })).toEqual({
      settings: { ...VALID, [field]: value },
      invalid: [],
    });
  });

  it.each([
    ["network", "litecoin"],
    ["network", 1],
    ["network", "__proto__"],
    ["bridgeUrl", "ftp://bridge.example"],
    ["bridgeUrl", "javascript:alert(1)"],
    ["bridgeUrl", "/relative"],
    ["bridgeUrl", ""],
    ["bridgeUrl", {}],
    ["ownNode", "node.example"],
    ["ownNode", "node.example:0"],
    ["ownNode", "node.example:65536"],
    ["ownNode", "node.example:99x"],
    ["ownNode", "http://node.example:9999"],
    ["ownNode", "user@node.example:9999"],
    ["ownNode", "[::1:9999"],
    ["ownNode", "[12345::]:9999"],
    ["ownNode", 9999],
    ["neededLlmqTypes", []],
    ["neededLlmqTypes", [1, 1]],
    ["neededLlmqTypes", [0]],
    ["neededLlmqTypes", [256]],
    ["neededLlmqTypes", [1.5]],
    ["neededLlmqTypes", ["5"]],
    ["neededLlmqTypes", 5],
    ["maxPeers", 0],
    ["maxPeers", 9],
    ["maxPeers", 2.5],
    ["maxPeers", Number.NaN],
    ["maxPeers", "4"],
    ["maxPeers", null],
  ] as const)("refuse %s %j, and keep the rest", (field, value) => {
    const { settings, invalid } = readSettings({ ...VALID, [field]: value });
    expect(settings).toEqual({ ...VALID, [field]: DEFAULT_SETTINGS[field] });
    expect(invalid).toMatchObject([{ facts: { code: "client/invalid-setting", field } }]);
  });

  it("refuse a tuning's field, and keep the rest of the tuning and of the settings", () => {
    const given = { ...VALID, tuning: { ...VALID.tuning, maxPerPeer: 9 } };
    const { settings, invalid } = readSettings(given);
    expect(settings).toEqual({ ...VALID, tuning: { ...VALID.tuning, maxPerPeer: 2 } });
    expect(invalid).toMatchObject([{ facts: { code: "client/invalid-setting", field: "maxPerPeer" } }]);
  });
});
