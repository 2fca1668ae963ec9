import { type DBSchema, openDB } from "idb";
import { afterEach, describe, expect, it, vi } from "vitest";
import { toHashHex } from "../../wire/hashes.ts";
import { Connection } from "../database.ts";
import { ClientStore, SettingsStore, type UnavailableError } from "../index.ts";
import {
  clearSiteData,
  dump,
  newDatabaseName,
  openStore,
  rejection,
  withDatabase,
  withStore,
} from "./databases.ts";
import { listsOf, loadRecordedEngine, stepOf } from "./recordedEngine.ts";

const { state } = await loadRecordedEngine();
const lists = listsOf(state);
const unavailable = (reason: string) => ({ facts: { code: "store/unavailable", reason } });

describe("two connections to one database", () => {
  it("a store sees what another wrote since it last read", () =>
    withStore(async (store) =>
      withStore(async (expected) => {
        const other = await openStore(store.name);
        await store.save(stepOf(state));
        await other.loadEngine();
        await store.save({ removeLists: lists.slice(0, 3).map(({ blockHash }) => toHashHex(blockHash)) });
        await other.save({ addLists: lists.slice(0, 1) });
        await store.save({ addLists: lists.slice(1, 2), announced: [] });
        other.close();
        await expected.save({ ...stepOf(state), announced: [] });
        await expected.save({ removeLists: lists.slice(2, 3).map(({ blockHash }) => toHashHex(blockHash)) });
        expect(await dump(store.name)).toEqual(await dump(expected.name));
      }),
    ));

  it("a store sees that another cleared it", () =>
    withStore(async (store) =>
      withStore(async (expected) => {
        const other = await openStore(store.name);
        await store.save(stepOf(state));
        await other.clear();
        await other.save({ summary: 1 });
        other.close();
        await store.save({ addLists: lists.slice(0, 2) });
        await expected.save({ addLists: lists.slice(0, 2), summary: 1 });
        expect(await dump(store.name)).toEqual(await dump(expected.name));
      }),
    ));

  it("a store gives way to a newer version of the app, which the old app then cannot open", async () => {
    const name = newDatabaseName();
    const lost: UnavailableError[] = [];
    const store = await openStore(name, (error) => lost.push(error));
    await store.save({ summary: 1 });
    const newer = await openDB(name, 2);
    expect(lost).toMatchObject([unavailable("replaced")]);
    expect(await rejection(store.loadSummary())).toMatchObject(unavailable("replaced"));
    expect(await rejection(store.save({ summary: 2 }))).toMatchObject(unavailable("replaced"));
    expect(await newer.get("meta", "summary")).toBe(1);
    newer.close();
    expect(await rejection(openStore(name))).toMatchObject(unavailable("VersionError"));
    await ClientStore.delete(name);
  });

  it("a store gives way to being deleted, by itself too", async () => {
    const name = newDatabaseName();
    const lost: UnavailableError[] = [];
    const store = await openStore(name, (error) => lost.push(error));
    await store.save(stepOf(state));
    expect(await ClientStore.list()).toContain(name);
    await ClientStore.delete(name);
    expect(await ClientStore.list()).not.toContain(name);
    expect(lost).toMatchObject([unavailable("replaced")]);
    const reopened = await openStore(name);
    expect((await reopened.loadEngine()).lists).toEqual([]);
    reopened.close();
    await ClientStore.delete(name);
  });
});

describe("a connection that does not give way", () => {
  interface NoTables extends DBSchema {
    none: { key: string; value: string };
  }

  it("makes deleting fail, and does not stop it later", async () => {
    const name = newDatabaseName();
    const stubborn = await openDB(name, 1);
    expect(await rejection(ClientStore.delete(name))).toMatchObject(unavailable("blocked"));
    stubborn.close();
    await vi.waitFor(async () => expect(await ClientStore.list()).not.toContain(name));
  });

  it("makes opening fail, and a connection that comes too late is closed", async () => {
    const name = newDatabaseName();
    const stubborn = await openDB(name, 1);
    const schema = { name, version: 2, upgrade: () => undefined };
    const opening = Connection.open<NoTables>(schema, () => undefined);
    expect(await rejection(opening)).toMatchObject(unavailable("blocked"));
    stubborn.close();
    await ClientStore.delete(name);
  });
});

describe("the end of a connection", () => {
  it("is known to every method after close", async () => {
    const lost: UnavailableError[] = [];
    const store = await openStore(newDatabaseName(), (error) => lost.push(error));
    store.close();
    store.close();
    const calls = [
      store.loadHeaders(),
      store.loadEngine(),
      store.loadChainLock(),
      store.loadSummary(),
      store.counts(),
      store.save({}),
      store.clear(),
    ];
    for (const call of calls) expect(await rejection(call)).toMatchObject(unavailable("closed"));
    expect(lost).toEqual([]);
    await ClientStore.delete(store.name);
  });

  it("is told when the browser ends it, as when the user clears the site's data", async () => {
    const lost: UnavailableError[] = [];
    const store = await openStore(newDatabaseName(), (error) => lost.push(error));
    await store.save({ summary: 1 });
    await clearSiteData();
    await vi.waitFor(() => expect(lost).toMatchObject([unavailable("terminated")]));
    expect(await rejection(store.save({ summary: 2 }))).toMatchObject(unavailable("terminated"));
  });
});

describe("what cannot be opened", () => {
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  it("a browser without IndexedDB", async () => {
    vi.stubGlobal("indexedDB", undefined);
    const missing = unavailable("no IndexedDB");
    expect(await rejection(openStore(newDatabaseName()))).toMatchObject(missing);
    expect(await rejection(SettingsStore.open())).toMatchObject(missing);
    expect(await rejection(ClientStore.list())).toMatchObject(missing);
    expect(await rejection(ClientStore.delete("dashlight-x"))).toMatchObject(missing);
  });

  it("a database that is not one of ours", async () => {
    const name = newDatabaseName();
    await withDatabase(name, async () => undefined);
    const store = await openStore(name);
    const what = "database without its object stores";
    const corrupt = { facts: { code: "store/corrupt", what } };
    expect(await rejection(store.loadEngine())).toMatchObject(corrupt);
    expect(await rejection(store.save({}))).toMatchObject(corrupt);
    store.close();
    await ClientStore.delete(name);
  });

  it("a name that is not one of ours", async () => {
    expect(await rejection(openStore("someone-elses"))).toBeInstanceOf(RangeError);
  });
});
