import { type IDBPDatabase, openDB } from "idb";
import { expect, vi } from "vitest";
import { cdp } from "vitest/browser";
import { ListEntry } from "../../engine/masternodeList.ts";
import { makeQuorumEntry } from "../../engine/quorumSet.ts";
import type { SmlEntry } from "../../wire/smlEntry.ts";
import { ClientStore, type ClientStoreOptions, type EntryFactories } from "../index.ts";
import { TABLES, type TableName } from "../schema.ts";

export const FACTORIES: EntryFactories = {
  makeListEntry: (entry: SmlEntry) => new ListEntry(entry),
  makeQuorumEntry,
};

let databases = 0;

/** A name that no other test uses. */
export function newDatabaseName(): string {
  databases++;
  return `dashlight-test-${databases}-${Math.random().toString(36).slice(2)}`;
}

export function openStore(name: string, onLost?: ClientStoreOptions["onLost"]): Promise<ClientStore> {
  return ClientStore.open(name, onLost ? { ...FACTORIES, onLost } : FACTORIES);
}

/** Runs with a store of its own, that is closed and deleted afterwards. */
export async function withStore(work: (store: ClientStore) => Promise<void>): Promise<void> {
  const store = await openStore(newDatabaseName());
  try {
    await work(store);
  } finally {
    store.close();
    await ClientStore.delete(store.name);
  }
}

/** Past the store, straight at the database: what a failing disk or another program may do to it. */
export async function withDatabase<T>(
  name: string,
  work: (database: IDBPDatabase) => Promise<T>,
): Promise<T> {
  const database = await openDB(name);
  try {
    return await work(database);
  } finally {
    database.close();
  }
}

/** Takes the place of one record. `undefined` deletes it. */
export function replaceRecord(
  name: string,
  table: TableName,
  key: IDBValidKey,
  value: unknown,
): Promise<void> {
  return withDatabase(name, async (database) => {
    if (value === undefined) await database.delete(table, key);
    else await database.put(table, value, key);
  });
}

export function readRecord(name: string, table: TableName, key: IDBValidKey): Promise<unknown> {
  return withDatabase(name, (database) => database.get(table, key));
}

export function keysOf(name: string, table: TableName): Promise<IDBValidKey[]> {
  return withDatabase(name, (database) => database.getAllKeys(table));
}

/** Everything stored, but the revision that every write changes. */
export type Dump = Record<string, ReadonlyMap<IDBValidKey, unknown>>;

export function dump(name: string): Promise<Dump> {
  return withDatabase(name, async (database) => {
    const tables: Dump = {};
    for (const table of TABLES) {
      const transaction = database.transaction(table);
      const [keys, values] = await Promise.all([transaction.store.getAllKeys(), transaction.store.getAll()]);
      const records = new Map<IDBValidKey, unknown>(keys.map((key, i) => [key, values[i]]));
      if (table === "meta") records.delete("revision");
      tables[table] = records;
    }
    return tables;
  });
}

/** As the user may in the browser's settings. Ends when it is done: Chromium answers before. */
export async function clearSiteData(): Promise<void> {
  const marker = newDatabaseName();
  await withDatabase(marker, async () => undefined);
  await cdp().send("Storage.clearDataForOrigin", { origin: location.origin, storageTypes: "indexeddb" });
  await vi.waitFor(async () => expect(await ClientStore.list()).not.toContain(marker));
}

/** @returns a copy with one bit changed */
export function flip(bytes: Uint8Array, position: number): Uint8Array {
  const flipped = bytes.slice();
  flipped[position] = (flipped[position] as number) ^ 1;
  return flipped;
}

/** @returns the error a promise rejects with */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("resolved");
}
