import { encode } from "../wire/codec.ts";
import { type ChainLock, chainLock } from "../wire/locks.ts";
import { Connection, deleteDatabase, runTransaction, type Writes } from "./database.ts";
import {
  countStoredHeaders,
  type HeadersRewrite,
  type HeadersStep,
  readHeaders,
  type StoredHeaders,
  writeHeaders,
} from "./headers.ts";
import { type EngineIndex, readEngine, readRevision, type StoredEngine } from "./readEngine.ts";
import { decodeBytes } from "./records.ts";
import { decodeRefusals, encodeRefusals, type StoredRefusal } from "./refusals.ts";
import {
  CLIENT_SCHEMA_VERSION,
  type ClientSchema,
  NETWORK_PREFIX,
  type ReadTransaction,
  TABLES,
  upgradeClientDatabase,
  type WriteTransaction,
} from "./schema.ts";
import type { EntryFactories } from "./sharedRecords.ts";
import { toStoreError, type UnavailableError, unavailable } from "./storeErrors.ts";
import { type EngineStep, writeEngine } from "./writeEngine.ts";

export interface ClientStoreOptions extends EntryFactories {
  /** Called once if the connection ends other than by `close`: replaced by a newer app, deleted, or by the browser. */
  readonly onLost?: (error: UnavailableError) => void;
}

/** All that one accepted step changes; what is left out stays as it is. */
export interface StoreStep extends EngineStep {
  readonly headers?: HeadersStep;
  /** The newest verified one. */
  readonly chainLock?: ChainLock;
  /** All that are to be kept, oldest first. */
  readonly refusals?: readonly StoredRefusal[];
  /** Anything `structuredClone` takes. */
  readonly summary?: unknown;
}

/**
 * What is kept of one network. Every step is one transaction: after a crash, a closed tab or a full disk the database
 * holds the last step whole or not at all. All that is loaded must be checked like a peer's answer: a broken record
 * is found here, a false one is not.
 *
 * Every method throws `store/unavailable` when the database cannot be used; its `reason` is a DOMException's name
 * (`QuotaExceededError`: the disk is full), or `blocked`, `replaced`, `terminated`, `closed`.
 */
export class ClientStore {
  readonly name: string;
  readonly #connection: Connection<ClientSchema>;
  readonly #factories: EntryFactories;
  /** What is stored, as last read or written here. */
  #index: EngineIndex | undefined;
  /** From here up the stored headers may be others than those last given. */
  #headersUnsavedFrom = 0;
  /** Counts what changes stored headers, to know whether something newer is on its way. */
  #headersTurn = 0;

  private constructor(name: string, connection: Connection<ClientSchema>, factories: EntryFactories) {
    this.name = name;
    this.#connection = connection;
    this.#factories = factories;
  }

  /** @param name - of the database: `dashlight-` and what tells the network from others */
  static async open(name: string, options: ClientStoreOptions): Promise<ClientStore> {
    if (!name.startsWith(NETWORK_PREFIX)) throw new RangeError(`database ${name}`);
    const schema = { name, version: CLIENT_SCHEMA_VERSION, upgrade: upgradeClientDatabase };
    const connection = await Connection.open<ClientSchema>(schema, options.onLost ?? (() => undefined));
    return new ClientStore(name, connection, options);
  }

  /** Open stores of this database are closed as lost; one that does not give way makes it `blocked`. */
  static delete(name: string): Promise<void> {
    return deleteDatabase(name);
  }

  /** @returns names of the networks' databases, sorted */
  static async list(): Promise<string[]> {
    if (typeof indexedDB === "undefined") throw unavailable("no IndexedDB");
    try {
      const databases = await indexedDB.databases();
      const names = databases.map(({ name }) => name ?? "");
      return names.filter((name) => name.startsWith(NETWORK_PREFIX)).sort();
    } catch (error) {
      throw toStoreError(error);
    }
  }

  close(): void {
    this.#connection.end("closed");
  }

  /** @returns undefined if none were saved @throws `store/corrupt`: then the chain must start again */
  async loadHeaders(): Promise<StoredHeaders | undefined> {
    const headers = await this.#read(readHeaders);
    if (headers !== undefined) this.#headersUnsavedFrom = Number.POSITIVE_INFINITY;
    return headers;
  }

  /** Broken records are left out and named in `dropped`. */
  async loadEngine(): Promise<StoredEngine> {
    const { content, index } = await this.#read((transaction) => readEngine(transaction, this.#factories));
    this.#index = index;
    return content;
  }

  /** @returns a ChainLock to be verified again @throws `store/corrupt` */
  async loadChainLock(): Promise<ChainLock | undefined> {
    const value = await this.#read((transaction) => transaction.objectStore("meta").get("chainLock"));
    return value === undefined ? undefined : decodeBytes(chainLock, value, "meta chainLock");
  }

  /** @throws `store/corrupt` */
  async loadRefusals(): Promise<StoredRefusal[]> {
    const value = await this.#read((transaction) => transaction.objectStore("meta").get("refusals"));
    return value === undefined ? [] : decodeRefusals(value);
  }

  /** @returns what was saved, or undefined; its shape is the caller's to check */
  async loadSummary(): Promise<unknown> {
    return this.#read((transaction) => transaction.objectStore("meta").get("summary"));
  }

  /** @throws `store/corrupt` */
  async counts(): Promise<{ headers: number; lists: number }> {
    return this.#read(async (transaction) => {
      const [headers, lists] = await Promise.all([
        countStoredHeaders(transaction),
        transaction.objectStore("lists").count(),
      ]);
      return { headers, lists };
    });
  }

  /**
   * Saves a step whole, or leaves all as it was. Steps are written in the order of the calls. Headers that could not
   * be saved go with the next step that has headers, all of them with the first after nothing was loaded.
   * @throws `store/corrupt` if a record to be removed is broken, and what the browser says of a value it cannot clone
   */
  async save(step: StoreStep): Promise<void> {
    const rewrite = step.headers && this.#takeHeaders(step.headers);
    const turn = this.#headersTurn;
    try {
      this.#index = await this.#write((transaction, writes) =>
        this.#writeStep(transaction, writes, step, rewrite),
      );
    } catch (error) {
      // What is stored is read again before the next step: whatever made this one fail may be in our picture of it.
      this.#index = undefined;
      throw error;
    }
    if (rewrite && turn === this.#headersTurn) this.#headersUnsavedFrom = Number.POSITIVE_INFINITY;
  }

  /** Forgets everything of this network. */
  async clear(): Promise<void> {
    this.#headersUnsavedFrom = 0;
    this.#headersTurn++;
    await this.#write(async (transaction, writes) => {
      const revision = await readRevision(transaction);
      for (const table of TABLES) writes.push(transaction.objectStore(table).clear());
      writes.push(transaction.objectStore("meta").put(revision + 1, "revision"));
    });
  }

  #takeHeaders({ fromHeight, saved, chunksFrom }: HeadersStep): HeadersRewrite {
    const unsavedFrom = Math.min(fromHeight, this.#headersUnsavedFrom);
    this.#headersUnsavedFrom = unsavedFrom;
    this.#headersTurn++;
    return { fromHeight: unsavedFrom, saved, chunks: chunksFrom(unsavedFrom) };
  }

  async #writeStep(
    transaction: WriteTransaction,
    writes: Writes,
    step: StoreStep,
    rewrite: HeadersRewrite | undefined,
  ): Promise<EngineIndex> {
    const index = await this.#currentIndex(transaction);
    const next = { ...(await writeEngine(transaction, writes, index, step)), revision: index.revision + 1 };
    if (rewrite !== undefined) writeHeaders(transaction, writes, rewrite);
    const meta = transaction.objectStore("meta");
    if (step.chainLock !== undefined) writes.push(meta.put(encode(chainLock, step.chainLock), "chainLock"));
    if (step.refusals !== undefined) writes.push(meta.put(encodeRefusals(step.refusals), "refusals"));
    if (step.summary !== undefined) writes.push(meta.put(step.summary, "summary"));
    writes.push(meta.put(next.revision, "revision"));
    return next;
  }

  /** Another connection may have written since: a tab that led before. */
  async #currentIndex(transaction: ReadTransaction): Promise<EngineIndex> {
    const revision = await readRevision(transaction);
    // Only now: while this transaction waited for its turn, another step may have ended.
    const index = this.#index;
    if (index?.revision === revision) return index;
    return (await readEngine(transaction, this.#factories)).index;
  }

  #read<T>(work: (transaction: ReadTransaction) => Promise<T>): Promise<T> {
    const database = this.#connection.requireOpen();
    return runTransaction(() => database.transaction(TABLES, "readonly"), work);
  }

  #write<T>(work: (transaction: WriteTransaction, writes: Writes) => Promise<T>): Promise<T> {
    const database = this.#connection.requireOpen();
    // Relaxed: a power failure may cost the last steps, never their wholeness, and what is lost is asked for again.
    return runTransaction(() => database.transaction(TABLES, "readwrite", { durability: "relaxed" }), work);
  }
}
