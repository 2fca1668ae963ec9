import { type Decoded, struct, vector } from "./codec.ts";
import { blockHeader } from "./header.ts";
import { MAX_TRANSACTIONS } from "./merkle.ts";
import { transaction } from "./tx.ts";

export const block = struct({
  header: blockHeader,
  transactions: vector(transaction, "transactions", MAX_TRANSACTIONS),
});
export type Block = Decoded<typeof block>;
