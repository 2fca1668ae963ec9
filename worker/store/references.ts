import type { HashHex } from "../wire/hashes.ts";

/** How many stored lists refer to each shared record. A record that none refers to has no count. */
export type ReferenceCounts = ReadonlyMap<HashHex, number>;

export interface ReferenceChange {
  readonly counts: ReferenceCounts;
  /** Referred to for the first time: to be written. */
  readonly added: readonly HashHex[];
  /** Referred to no more: to be deleted. */
  readonly dropped: readonly HashHex[];
}

/** @returns the counts after some references went and others came; `counts` itself never changes */
export function changeReferences(
  counts: ReferenceCounts,
  released: Iterable<HashHex>,
  taken: Iterable<HashHex>,
): ReferenceChange {
  const differences = new Map<HashHex, number>();
  const differ = (key: HashHex, by: number) => differences.set(key, (differences.get(key) ?? 0) + by);
  for (const key of released) differ(key, -1);
  for (const key of taken) differ(key, 1);

  const changed = new Map(counts);
  const added: HashHex[] = [];
  const dropped: HashHex[] = [];
  for (const [key, difference] of differences) {
    const before = counts.get(key) ?? 0;
    const after = before + difference;
    if (after > 0) changed.set(key, after);
    else changed.delete(key);
    if (before === 0 && after > 0) added.push(key);
    if (before > 0 && after === 0) dropped.push(key);
  }
  return { counts: changed, added, dropped };
}
