import type { DBSchema, IDBPDatabase, IDBPTransaction } from "idb";
import type { HashHex } from "../wire/hashes.ts";

/**
 * What a network's database holds. The types say what is written; what is read back is `unknown` until decoded.
 * Bytes are in the wire's encoding, hashes in keys in display order.
 */
export interface ClientSchema extends DBSchema {
  /** n times 80 bytes, by the height of the first; a chunk never crosses a multiple of HEADERS_PER_CHUNK. */
  headers: { key: number; value: Uint8Array };
  /** Masternode entries by their leaf, version first; every list that holds one shares it. */
  entries: { key: HashHex; value: Uint8Array };
  /** Final commitments by their leaf. */
  commitments: { key: HashHex; value: Uint8Array };
  /** By block hash. */
  lists: { key: HashHex; value: ListRecord };
  /** By the hash of the work block. */
  snapshots: { key: HashHex; value: Uint8Array };
  meta: { key: MetaKey; value: unknown };
}

/** A proven list: what proves it, and the leaves of what it holds, in order. */
export interface ListRecord {
  readonly height: number;
  /** The coinbase transaction. */
  readonly cbTx: Uint8Array;
  readonly totalTransactions: number;
  /** n times 32 bytes. */
  readonly merkleHashes: Uint8Array;
  readonly merkleFlags: Uint8Array;
  /** n times 32 bytes, keys of `entries`. */
  readonly masternodes: Uint8Array;
  /** n times 32 bytes, keys of `commitments`. */
  readonly quorums: Uint8Array;
}

export interface BlockRecord {
  readonly height: number;
  /** 32 bytes, wire order */
  readonly hash: Uint8Array;
}

/** The ends of the header chain. */
export interface ChainRecord {
  readonly base: BlockRecord | undefined;
  readonly tip: BlockRecord;
  readonly lock: BlockRecord | undefined;
}

/**
 * `chain`: ChainRecord. `announced`: n times 32 bytes, keys of `commitments`. `chainLock`: a clsig. `refusals`: of
 * requests, by nodes. `summary`: the caller's own. `revision`: a number that every write makes greater.
 */
export type MetaKey = "chain" | "announced" | "chainLock" | "refusals" | "summary" | "revision";

export interface SettingsSchema extends DBSchema {
  settings: { key: "settings"; value: unknown };
}

export type TableName = "headers" | "entries" | "commitments" | "lists" | "snapshots" | "meta";
export const TABLES: TableName[] = ["headers", "entries", "commitments", "lists", "snapshots", "meta"];

export type ReadTransaction = IDBPTransaction<ClientSchema, TableName[], "readonly" | "readwrite">;
export type WriteTransaction = IDBPTransaction<ClientSchema, TableName[], "readwrite">;

/** Databases of networks start with it; the one for settings does not. */
export const NETWORK_PREFIX = "dashlight-";
export const SETTINGS_DATABASE = "dashlight";

export const CLIENT_SCHEMA_VERSION = 1;
export const SETTINGS_SCHEMA_VERSION = 1;

export function upgradeClientDatabase(database: IDBPDatabase<ClientSchema>, oldVersion: number): void {
  if (oldVersion < 1) for (const table of TABLES) database.createObjectStore(table);
}

export function upgradeSettingsDatabase(database: IDBPDatabase<SettingsSchema>, oldVersion: number): void {
  if (oldVersion < 1) database.createObjectStore("settings");
}
