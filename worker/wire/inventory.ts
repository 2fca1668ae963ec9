import { type Codec, type Decoded, hash256, struct, u32, vector } from "./codec.ts";

/** Most items of one inv, getdata or notfound (Core 23.1.2 net_processing.cpp MAX_INV_SZ). */
export const MAX_INV_SZ = 50_000;

/** What an inventory hash names. Source: Core 23.1.2 protocol.h GetDataMsg */
export const InvType = {
  tx: 1,
  block: 2,
  /** getdata only: merkleblock, matching transactions and locks */
  filteredBlock: 3,
  spork: 6,
  dsTx: 16,
  governanceObject: 17,
  governanceObjectVote: 18,
  /** getdata only */
  cmpctBlock: 20,
  quorumFinalCommitment: 21,
  quorumRecoveredSig: 28,
  clSig: 29,
  isdLock: 31,
  dsq: 32,
  platformBan: 33,
} as const;

export const inventoryItem = struct({ type: u32, hash: hash256() });
export type InventoryItem = Decoded<typeof inventoryItem>;

/** inv, getdata and notfound alike. */
export const inventory: Codec<InventoryItem[]> = vector(inventoryItem, "inventory", MAX_INV_SZ);
