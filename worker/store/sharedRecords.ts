import type { ListEntry } from "../engine/masternodeList.ts";
import type { QuorumEntry } from "../engine/quorumSet.ts";
import { encode } from "../wire/codec.ts";
import { type FinalCommitment, finalCommitment } from "../wire/finalCommitment.ts";
import type { HashHex } from "../wire/hashes.ts";
import { type SmlEntry, smlEntry } from "../wire/smlEntry.ts";
import { decodeBytes, requireSameHash } from "./records.ts";

/** The engine's constructors. The store knows its types only. */
export interface EntryFactories {
  /** `(entry) => new ListEntry(entry)` */
  readonly makeListEntry: (entry: SmlEntry) => ListEntry;
  /** `makeQuorumEntry` */
  readonly makeQuorumEntry: (commitment: FinalCommitment) => QuorumEntry;
}

/**
 * A leaf does not cover the entry's version; but the version says how the bytes are laid out, so that the bytes of one
 * version do not decode as another, and one record per leaf is enough.
 */
export function encodeListEntry({ entry }: ListEntry): Uint8Array {
  return encode(smlEntry, entry);
}

export function encodeQuorumEntry({ commitment }: QuorumEntry): Uint8Array {
  return encode(finalCommitment, commitment);
}

/** @throws `store/corrupt` */
export function decodeListEntry(
  { makeListEntry }: EntryFactories,
  key: HashHex,
  value: unknown,
  what: string,
): ListEntry {
  const entry = makeListEntry(decodeBytes(smlEntry, value, what));
  requireSameHash(key, entry.leaf, what);
  return entry;
}

/** @throws `store/corrupt` */
export function decodeQuorumEntry(
  { makeQuorumEntry }: EntryFactories,
  key: HashHex,
  value: unknown,
  what: string,
): QuorumEntry {
  const quorum = makeQuorumEntry(decodeBytes(finalCommitment, value, what));
  requireSameHash(key, quorum.leaf, what);
  return quorum;
}
