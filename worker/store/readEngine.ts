import type { QuorumEntry } from "../engine/quorumSet.ts";
import { isDashlightError } from "../errors.ts";
import type { HashHex } from "../wire/hashes.ts";
import { type QuorumSnapshot, quorumSnapshot } from "../wire/qrInfo.ts";
import { decodeList, findAll, referencesOf, type StoredList } from "./lists.ts";
import { type DecodedRecords, decodeBytes, decodeRecords, type RawRecords } from "./records.ts";
import { changeReferences, type ReferenceCounts } from "./references.ts";
import type { ReadTransaction } from "./schema.ts";
import { decodeListEntry, decodeQuorumEntry, type EntryFactories } from "./sharedRecords.ts";
import type { CorruptError } from "./storeErrors.ts";

/** What the engine can be filled with. Lists and announced quorums share their objects. Nothing of it is trusted. */
export interface StoredEngine {
  /** Ascending by height. */
  readonly lists: readonly StoredList[];
  /** By the hash of the work block. */
  readonly snapshots: ReadonlyMap<HashHex, QuorumSnapshot>;
  readonly announced: readonly QuorumEntry[];
  /** Records that are broken, each named, and lists that refer to one. They are left out, and go with the next save. */
  readonly dropped: readonly CorruptError[];
}

type HashTable = "lists" | "entries" | "commitments" | "snapshots";

/** What is stored, as far as saving needs it. */
export interface EngineIndex {
  /** Of the database when it was read or written; another one means that another connection wrote. */
  readonly revision: number;
  readonly lists: ReadonlySet<HashHex>;
  readonly entries: ReferenceCounts;
  readonly commitments: ReferenceCounts;
  readonly announced: readonly HashHex[];
  /** Keys of records that are broken or that nothing refers to. */
  readonly garbage: Garbage;
}

export type Garbage = Readonly<Record<HashTable | "meta", readonly unknown[]>>;
export const NO_GARBAGE: Garbage = { lists: [], entries: [], commitments: [], snapshots: [], meta: [] };

/** Reads all that is stored of the engine, decoded, in one transaction. */
export async function readEngine(
  transaction: ReadTransaction,
  factories: EntryFactories,
): Promise<{ content: StoredEngine; index: EngineIndex }> {
  const [entries, commitments, lists, snapshots, announced, revision] = await Promise.all([
    readAll(transaction, "entries"),
    readAll(transaction, "commitments"),
    readAll(transaction, "lists"),
    readAll(transaction, "snapshots"),
    transaction.objectStore("meta").get("announced"),
    readRevision(transaction),
  ]);
  const decoded = decodeEngine({ entries, commitments, lists, snapshots, announced }, factories);
  return { content: contentOf(decoded), index: { revision, ...indexOf(decoded) } };
}

type RawEngine = Readonly<Record<HashTable, RawRecords>> & { readonly announced: unknown };
type DecodedEngine = ReturnType<typeof decodeEngine>;

function decodeEngine(raw: RawEngine, factories: EntryFactories) {
  const entries = decodeRecords("entries", raw.entries, (...record) => decodeListEntry(factories, ...record));
  const commitments = decodeRecords("commitments", raw.commitments, (...record) =>
    decodeQuorumEntry(factories, ...record),
  );
  const lists = decodeRecords("lists", raw.lists, (...record) =>
    decodeList(...record, entries.found, commitments.found),
  );
  const snapshots = decodeRecords("snapshots", raw.snapshots, (_, value, what) =>
    decodeBytes(quorumSnapshot, value, what),
  );
  const announced = findAnnounced(raw.announced, commitments.found);
  return { entries, commitments, lists, snapshots, announced };
}

function contentOf(decoded: DecodedEngine): StoredEngine {
  return {
    lists: [...decoded.lists.found.values()].sort((a, b) => a.height - b.height),
    snapshots: decoded.snapshots.found,
    announced: decoded.announced.quorums,
    dropped: Object.values(decoded).flatMap(({ errors }) => errors),
  };
}

function indexOf({ entries, commitments, lists, snapshots, announced }: DecodedEngine) {
  const references = [...lists.found.values()].map(referencesOf);
  const announcedIds = announced.quorums.map(({ id }) => id);
  const entryCounts = countReferences(references.map(({ masternodes }) => masternodes));
  const commitmentCounts = countReferences([...references.map(({ quorums }) => quorums), announcedIds]);
  return {
    lists: new Set(lists.found.keys()),
    entries: entryCounts,
    commitments: commitmentCounts,
    announced: announcedIds,
    garbage: {
      lists: lists.brokenKeys,
      snapshots: snapshots.brokenKeys,
      entries: unreferenced(entries, entryCounts),
      commitments: unreferenced(commitments, commitmentCounts),
      meta: announced.errors.length > 0 ? ["announced"] : [],
    },
  };
}

async function readAll(transaction: ReadTransaction, table: HashTable): Promise<RawRecords> {
  const store = transaction.objectStore(table);
  const [keys, values] = await Promise.all([store.getAllKeys(), store.getAll()]);
  return { keys, values };
}

/** @returns 0 for a database that was never written; a broken one counts as never written too */
export async function readRevision(transaction: ReadTransaction): Promise<number> {
  const revision = await transaction.objectStore("meta").get("revision");
  return typeof revision === "number" && Number.isSafeInteger(revision) ? revision : 0;
}

function findAnnounced(
  value: unknown,
  commitments: ReadonlyMap<HashHex, QuorumEntry>,
): { quorums: QuorumEntry[]; errors: CorruptError[] } {
  if (value === undefined) return { quorums: [], errors: [] };
  try {
    return { quorums: findAll(value, commitments, "meta announced"), errors: [] };
  } catch (error) {
    if (!isDashlightError(error, "store/corrupt")) throw error;
    return { quorums: [], errors: [error] };
  }
}

function countReferences(lists: readonly (readonly HashHex[])[]): ReferenceCounts {
  return changeReferences(new Map(), [], lists.flat()).counts;
}

function unreferenced<T>({ found, brokenKeys }: DecodedRecords<T>, counts: ReferenceCounts): unknown[] {
  return [...brokenKeys, ...[...found.keys()].filter((key) => !counts.has(key))];
}
