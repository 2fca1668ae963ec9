import { type DBSchema, deleteDB, type IDBPDatabase, openDB } from "idb";
import { toStoreError, type UnavailableError, unavailable } from "./storeErrors.ts";

/** How long an older connection may keep us from opening or deleting. No specific reasoning for 2 s. */
const BLOCKED_LIMIT_MS = 2_000;

export interface DatabaseSchema<S extends DBSchema> {
  readonly name: string;
  readonly version: number;
  readonly upgrade: (database: IDBPDatabase<S>, oldVersion: number) => void;
}

/** An open database that gives way: to a newer version of the app, and to being deleted. */
export class Connection<S extends DBSchema> {
  readonly database: IDBPDatabase<S>;
  #ended: UnavailableError | undefined;

  private constructor(database: IDBPDatabase<S>) {
    this.database = database;
  }

  /**
   * @param onLost - called once if the connection ends other than by `close`
   * @throws `store/unavailable`
   */
  static async open<S extends DBSchema>(
    { name, version, upgrade }: DatabaseSchema<S>,
    onLost: (error: UnavailableError) => void,
  ): Promise<Connection<S>> {
    let connection: Connection<S> | undefined;
    const lose = (reason: string) => {
      const error = connection?.end(reason);
      if (error !== undefined) onLost(error);
    };
    const start = (blocked: () => void) =>
      openDB<S>(name, version, {
        upgrade,
        blocked,
        // Another tab upgrades or deletes the database, and waits until this connection is closed.
        blocking: () => lose("replaced"),
        // The browser closed it: site data cleared, or the disk failed.
        terminated: () => lose("terminated"),
      });
    connection = new Connection(await unlessBlocked(start, (late) => late.close()));
    return connection;
  }

  /** @throws `store/unavailable` after the connection has ended */
  requireOpen(): IDBPDatabase<S> {
    if (this.#ended) throw unavailable(this.#ended.facts.reason, this.#ended);
    return this.database;
  }

  /** @returns undefined if it had ended before */
  end(reason: string): UnavailableError | undefined {
    if (this.#ended) return undefined;
    this.#ended = unavailable(reason);
    this.database.close();
    return this.#ended;
  }
}

/** @throws `store/unavailable` when a connection that does not give way holds it */
export async function deleteDatabase(name: string): Promise<void> {
  await unlessBlocked(
    (blocked) => deleteDB(name, { blocked }),
    () => undefined,
  );
}

/** @param undo - what to do with a result that comes after we have given up */
function unlessBlocked<T>(start: (onBlocked: () => void) => Promise<T>, undo: (late: T) => void): Promise<T> {
  if (typeof indexedDB === "undefined") return Promise.reject(unavailable("no IndexedDB"));
  return new Promise((resolve, reject) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let hasGivenUp = false;
    const giveUp = () => {
      hasGivenUp = true;
      reject(unavailable("blocked"));
    };
    const onBlocked = () => {
      timer = setTimeout(giveUp, BLOCKED_LIMIT_MS);
    };
    start(onBlocked)
      .then((result) => {
        if (hasGivenUp) undo(result);
        else resolve(result);
      })
      .catch((error: unknown) => reject(toStoreError(error)))
      .finally(() => clearTimeout(timer));
  });
}

/** The part of an idb transaction that ends it. */
interface EndableTransaction {
  readonly done: Promise<void>;
  readonly error: DOMException | null;
  abort(): void;
}

/** Requests of one transaction that nobody awaits one by one. */
export type Writes = Promise<unknown>[];

/**
 * Runs one transaction to its end: all of it is kept, or nothing. `work` must await nothing but the transaction's own
 * requests, else the browser commits what is there.
 * @throws `store/unavailable`, `store/corrupt`, or what `work` throws
 */
export async function runTransaction<T, Tx extends EndableTransaction>(
  start: () => Tx,
  work: (transaction: Tx, writes: Writes) => Promise<T>,
): Promise<T> {
  const transaction = begin(start);
  const writes: Writes = [];
  const ended = Promise.allSettled([transaction.done]);
  try {
    const result = await work(transaction, writes);
    await Promise.all(writes);
    await transaction.done;
    return result;
  } catch (error) {
    // Before the abort: it rejects every request that is left, and each rejection needs someone to take it.
    const rest = Promise.allSettled(writes);
    abort(transaction);
    await ended;
    await rest;
    // A request says why it failed; a commit that fails says it here only.
    throw toStoreError(transaction.error ?? error);
  }
}

function begin<Tx>(start: () => Tx): Tx {
  try {
    return start();
  } catch (error) {
    throw toStoreError(error);
  }
}

function abort(transaction: EndableTransaction): void {
  try {
    transaction.abort();
  } catch (error) {
    const hasEnded = error instanceof DOMException && error.name === "InvalidStateError";
    if (!hasEnded) throw error;
  }
}
