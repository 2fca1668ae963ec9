import type { ListEntry, MasternodeList } from "../engine/masternodeList.ts";
import type { QuorumEntry } from "../engine/quorumSet.ts";
import { encode } from "../wire/codec.ts";
import { type HashHex, toHashHex } from "../wire/hashes.ts";
import { type QuorumSnapshot, quorumSnapshot } from "../wire/qrInfo.ts";
import type { Writes } from "./database.ts";
import { encodeList, type ListReferences, readReferences, referencesOf } from "./lists.ts";
import { type EngineIndex, NO_GARBAGE } from "./readEngine.ts";
import { joinHashes } from "./records.ts";
import { changeReferences } from "./references.ts";
import type { MetaKey, WriteTransaction } from "./schema.ts";
import { encodeListEntry, encodeQuorumEntry } from "./sharedRecords.ts";

/** What changed in the engine. Removing comes before adding. */
export interface EngineStep {
  readonly addLists?: readonly MasternodeList[];
  readonly removeLists?: readonly HashHex[];
  /** New or changed ones, by the hash of the work block. */
  readonly snapshots?: ReadonlyMap<HashHex, QuorumSnapshot>;
  readonly removeSnapshots?: readonly HashHex[];
  /** Takes the place of all announced before. */
  readonly announced?: readonly QuorumEntry[];
}

/**
 * Writes what changed, and deletes what nothing refers to any more.
 * @returns the index that holds once the transaction has ended
 * @throws `store/corrupt` if a list to be removed was changed behind our back
 */
export async function writeEngine(
  transaction: WriteTransaction,
  writes: Writes,
  index: EngineIndex,
  step: EngineStep,
): Promise<EngineIndex> {
  const added = new Map((step.addLists ?? []).map((list) => [toHashHex(list.blockHash), list]));
  const leaving = new Set(
    [...(step.removeLists ?? []), ...added.keys()].filter((key) => index.lists.has(key)),
  );
  const released = await readLeaving(transaction, leaving);
  const taken = [...added.values()].map((list) =>
    referencesOf({ masternodes: list.masternodes, quorums: list.quorums.values() }),
  );
  const announced = step.announced?.map(({ id }) => id) ?? index.announced;

  const entries = changeReferences(
    index.entries,
    released.flatMap(({ masternodes }) => masternodes),
    taken.flatMap(({ masternodes }) => masternodes),
  );
  const commitments = changeReferences(
    index.commitments,
    [...released.flatMap(({ quorums }) => quorums), ...index.announced],
    [...taken.flatMap(({ quorums }) => quorums), ...announced],
  );

  deleteGarbage(transaction, writes, index);
  writeLists(transaction, writes, leaving, added);
  writeShared(transaction, writes, "entries", entries, collectEntries(added.values()), encodeListEntry);
  const quorums = collectQuorums(added.values(), step.announced ?? []);
  writeShared(transaction, writes, "commitments", commitments, quorums, encodeQuorumEntry);
  writeSnapshots(transaction, writes, step);
  if (step.announced !== undefined) {
    const leaves = joinHashes(step.announced.map(({ leaf }) => leaf));
    writes.push(transaction.objectStore("meta").put(leaves, "announced"));
  }

  const lists = new Set([...index.lists].filter((key) => !leaving.has(key)));
  for (const key of added.keys()) lists.add(key);
  return {
    revision: index.revision,
    lists,
    entries: entries.counts,
    commitments: commitments.counts,
    announced,
    garbage: NO_GARBAGE,
  };
}

function readLeaving(transaction: WriteTransaction, leaving: Iterable<HashHex>): Promise<ListReferences[]> {
  const lists = transaction.objectStore("lists");
  return Promise.all([...leaving].map(async (key) => readReferences(await lists.get(key), `lists ${key}`)));
}

function deleteGarbage(transaction: WriteTransaction, writes: Writes, { garbage }: EngineIndex): void {
  for (const table of ["lists", "entries", "commitments", "snapshots", "meta"] as const) {
    const store = transaction.objectStore(table);
    // The keys are as they were in the database; of whatever type, they are keys.
    for (const key of garbage[table]) writes.push(store.delete(key as IDBValidKey & HashHex & MetaKey));
  }
}

function writeLists(
  transaction: WriteTransaction,
  writes: Writes,
  leaving: Iterable<HashHex>,
  added: ReadonlyMap<HashHex, MasternodeList>,
): void {
  const lists = transaction.objectStore("lists");
  for (const key of leaving) writes.push(lists.delete(key));
  for (const [key, list] of added) writes.push(lists.put(encodeList(list), key));
}

function writeShared<T>(
  transaction: WriteTransaction,
  writes: Writes,
  table: "entries" | "commitments",
  { added, dropped }: { readonly added: readonly HashHex[]; readonly dropped: readonly HashHex[] },
  values: ReadonlyMap<HashHex, T>,
  encodeOne: (value: T) => Uint8Array,
): void {
  const store = transaction.objectStore(table);
  for (const key of dropped) writes.push(store.delete(key));
  for (const key of added) writes.push(store.put(encodeOne(values.get(key) as T), key));
}

function collectEntries(lists: Iterable<MasternodeList>): Map<HashHex, ListEntry> {
  const entries = new Map<HashHex, ListEntry>();
  for (const list of lists) for (const entry of list.masternodes) entries.set(toHashHex(entry.leaf), entry);
  return entries;
}

function collectQuorums(
  lists: Iterable<MasternodeList>,
  announced: readonly QuorumEntry[],
): Map<HashHex, QuorumEntry> {
  const quorums = new Map(announced.map((quorum) => [quorum.id, quorum]));
  for (const list of lists) for (const quorum of list.quorums.values()) quorums.set(quorum.id, quorum);
  return quorums;
}

function writeSnapshots(transaction: WriteTransaction, writes: Writes, step: EngineStep): void {
  const store = transaction.objectStore("snapshots");
  for (const key of step.removeSnapshots ?? []) writes.push(store.delete(key));
  for (const [key, snapshot] of step.snapshots ?? [])
    writes.push(store.put(encode(quorumSnapshot, snapshot), key));
}
