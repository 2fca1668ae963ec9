import { type Decoded, struct, vector } from "./codec.ts";
import { blockHeader } from "./header.ts";
import { transaction } from "./tx.ts";

/** 2 000 000 bytes of at least 60 (Core 23.1.2 merkleblock.cpp). */
const MAX_TRANSACTIONS = 33_333;

export const block = struct({
  header: blockHeader,
  transactions: vector(transaction, "transactions", MAX_TRANSACTIONS),
});
export type Block = Decoded<typeof block>;
