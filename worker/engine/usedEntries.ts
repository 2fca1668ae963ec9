import { bytesToHex } from "@noble/hashes/utils.js";
import { convertPublicKey } from "../bls/index.ts";
import { type HashHex, isZero } from "../wire/hashes.ts";
import type { NetInfoEntry } from "../wire/netInfo.ts";
import { isExtNetInfo, type SmlEntry, SmlEntryVersion } from "../wire/smlEntry.ts";
import type { ListEntry } from "./masternodeList.ts";

const properties = new WeakMap<ListEntry, readonly string[]>();

/**
 * Members that were drawn, each as it was then. An entry that shares with one already here what may be there once only
 * is refused without a word: an old entry's address or key may be another masternode's by now. The list shows
 * addresses, operator keys and platform node ids; collaterals and owner keys, which Core compares too, it does not.
 * Source: Core 23.1.2 evo/deterministicmns.cpp CDeterministicMNList::AddMN, `protocol/verification.md` 7.5, note 3
 */
export class UsedEntries {
  readonly #entries = new Map<HashHex, ListEntry>();
  readonly #properties = new Set<string>();

  get size(): number {
    return this.#entries.size;
  }

  has(key: HashHex): boolean {
    return this.#entries.has(key);
  }

  /** @returns whether it was taken */
  add(entry: ListEntry): boolean {
    const own = propertiesOf(entry);
    if (this.#entries.has(entry.key) || own.some((property) => this.#properties.has(property))) return false;
    this.#entries.set(entry.key, entry);
    for (const property of own) this.#properties.add(property);
    return true;
  }

  values(): Iterable<ListEntry> {
    return this.#entries.values();
  }
}

function propertiesOf(listEntry: ListEntry): readonly string[] {
  const known = properties.get(listEntry);
  if (known) return known;
  const { entry } = listEntry;
  const node = entry.platformNodeID;
  const own = [
    ...addressesOf(entry),
    ...operatorOf(entry),
    ...(node === undefined || isZero(node) ? [] : [`node ${bytesToHex(node)}`]),
  ];
  properties.set(listEntry, own);
  return own;
}

function addressesOf({ netInfo }: SmlEntry): string[] {
  if (!isExtNetInfo(netInfo)) return isZero(netInfo.address) ? [] : [nameOf(netInfo.address, netInfo.port)];
  return netInfo.purposes.flatMap(({ entries }) => entries.flatMap(nameOfEntry));
}

function nameOfEntry(entry: NetInfoEntry): string[] {
  switch (entry.kind) {
    case "service":
      return [nameOf(entry.address, entry.port)];
    case "domain":
      return [nameOf(entry.domain, entry.port)];
    case "invalid":
      return [];
  }
}

function nameOf(address: Uint8Array, port: number): string {
  return `address ${bytesToHex(address)} ${port}`;
}

/** The key itself, whichever way the entry writes it. */
function operatorOf({ pubKeyOperator, version }: SmlEntry): string[] {
  if (isZero(pubKeyOperator)) return [];
  const scheme = version === SmlEntryVersion.legacyBls ? "legacy" : "basic";
  const key = convertPublicKey({ bytes: pubKeyOperator, scheme }, "basic");
  return key ? [`operator ${bytesToHex(key)}`] : [];
}
