import { afterEach, describe, expect, it } from "vitest";
import { ClientStore, DEFAULT_SETTINGS, SettingsStore, type StoredSettings } from "../index.ts";
import { rejection, withDatabase } from "./databases.ts";

const DATABASE = "dashlight";
const CHANGED: StoredSettings = {
  ...DEFAULT_SETTINGS,
  network: "regtest",
  ownNode: "127.0.0.1:19899",
  maxPeers: 2,
  tuning: { ...DEFAULT_SETTINGS.tuning, qrInfoTimeoutMs: 60_000 },
};

afterEach(() => ClientStore.delete(DATABASE));

describe("the settings' store", () => {
  it("gives the defaults until something is saved, then that", async () => {
    const store = await SettingsStore.open();
    expect(await store.load()).toEqual({ settings: DEFAULT_SETTINGS, invalid: [] });
    await store.save(CHANGED);
    store.close();
    const reopened = await SettingsStore.open();
    expect(await reopened.load()).toEqual({ settings: CHANGED, invalid: [] });
    reopened.close();
  });

  it("refuses what is invalid, and keeps what it had", async () => {
    const store = await SettingsStore.open();
    await store.save(CHANGED);
    expect(await rejection(store.save({ ...CHANGED, maxPeers: 9 }))).toMatchObject({
      facts: { code: "client/invalid-setting", field: "maxPeers", reason: "must be 1 to 8" },
    });
    expect((await store.load()).settings).toEqual(CHANGED);
    store.close();
  });

  it("replaces what is broken by its default, and names it", async () => {
    const store = await SettingsStore.open();
    await store.save(CHANGED);
    await withDatabase(DATABASE, (database) =>
      database.put("settings", { ...CHANGED, network: "nowhere" }, "settings"),
    );
    const { settings, invalid } = await store.load();
    expect(settings).toEqual({ ...CHANGED, network: undefined });
    expect(invalid.map(({ facts }) => facts.field)).toEqual(["network"]);
    store.close();
  });

  it("is not listed among the networks, and gives way to being deleted", async () => {
    const lost: unknown[] = [];
    const store = await SettingsStore.open((error) => lost.push(error.facts.reason));
    expect(await ClientStore.list()).not.toContain(DATABASE);
    await ClientStore.delete(DATABASE);
    expect(lost).toEqual(["replaced"]);
    expect(await rejection(store.load())).toMatchObject({ code: "store/unavailable" });
    expect(await rejection(store.save(CHANGED))).toMatchObject({ code: "store/unavailable" });
  });
});
