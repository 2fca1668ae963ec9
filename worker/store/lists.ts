import type { CoinbaseProof, ListEntry, MasternodeList } from "../engine/masternodeList.ts";
import type { QuorumEntry } from "../engine/quorumSet.ts";
import type { StoredListContent } from "../engine/restoreList.ts";
import { encode } from "../wire/codec.ts";
import { type BlockHash, fromHashHex, type HashHex, toHashHex } from "../wire/hashes.ts";
import { transaction } from "../wire/tx.ts";
import {
  decodeBytes,
  joinHashes,
  requireBytes,
  requireFields,
  requireHashes,
  requireInteger,
} from "./records.ts";
import type { ListRecord } from "./schema.ts";
import { corrupt } from "./storeErrors.ts";

/** What `restoreList` takes, and where it says it belongs. */
export interface StoredList extends StoredListContent {
  readonly height: number;
}

/** Keys of the shared records that a list refers to. */
export interface ListReferences {
  readonly masternodes: readonly HashHex[];
  readonly quorums: readonly HashHex[];
}

export function encodeList({ height, proof, masternodes, quorums }: MasternodeList): ListRecord {
  return {
    height,
    cbTx: encode(transaction, proof.cbTx),
    totalTransactions: proof.totalTransactions,
    merkleHashes: joinHashes(proof.merkleHashes),
    merkleFlags: proof.merkleFlags.slice(),
    masternodes: joinHashes(masternodes.map(({ leaf }) => leaf)),
    quorums: joinHashes([...quorums.values()].map(({ leaf }) => leaf)),
  };
}

/**
 * @param entries, commitments - the shared records, by key
 * @throws `store/corrupt` if the record is broken or refers to what is not there; that it proves what it holds is
 * `restoreList`'s to check
 */
export function decodeList(
  key: HashHex,
  value: unknown,
  what: string,
  entries: ReadonlyMap<HashHex, ListEntry>,
  commitments: ReadonlyMap<HashHex, QuorumEntry>,
): StoredList {
  const fields = requireFields(value, what);
  return {
    blockHash: fromHashHex<BlockHash>(key),
    height: requireInteger(fields.height, `${what}: height`),
    proof: decodeProof(fields, what),
    masternodes: findAll(fields.masternodes, entries, `${what}: masternodes`),
    quorums: findAll(fields.quorums, commitments, `${what}: quorums`),
  };
}

function decodeProof(fields: Readonly<Record<string, unknown>>, what: string): CoinbaseProof {
  return {
    cbTx: decodeBytes(transaction, fields.cbTx, `${what}: cbTx`),
    totalTransactions: requireInteger(fields.totalTransactions, `${what}: totalTransactions`),
    merkleHashes: requireHashes(fields.merkleHashes, `${what}: merkleHashes`),
    merkleFlags: requireBytes(fields.merkleFlags, `${what}: merkleFlags`),
  };
}

/** @returns the shared records that these leaves name @throws `store/corrupt` */
export function findAll<T>(leaves: unknown, records: ReadonlyMap<HashHex, T>, what: string): T[] {
  return requireHashes(leaves, what).map((leaf) => {
    const key = toHashHex(leaf);
    const record = records.get(key);
    if (record === undefined) throw corrupt(`${what}: ${key} is missing`);
    return record;
  });
}

interface ReferringList {
  readonly masternodes: readonly ListEntry[];
  readonly quorums: Iterable<QuorumEntry>;
}

export function referencesOf({ masternodes, quorums }: ReferringList): ListReferences {
  return {
    masternodes: masternodes.map(({ leaf }) => toHashHex(leaf)),
    quorums: [...quorums].map(({ id }) => id),
  };
}

/** @throws `store/corrupt` */
export function readReferences(value: unknown, what: string): ListReferences {
  const { masternodes, quorums } = requireFields(value, what);
  return {
    masternodes: requireHashes(masternodes, what).map(toHashHex),
    quorums: requireHashes(quorums, what).map(toHashHex),
  };
}
