import { toHashHex } from "../../wire/hashes.ts";
import type { MasternodeList } from "../masternodeList.ts";

/** All that a list says, comparable: what two diffs that lead to one block must agree on. */
export function factsOfList({ blockHash, height, header, cbTx, masternodes, quorums }: MasternodeList) {
  const leaves = masternodes.map(({ leaf, entry }) => `${entry.version} ${toHashHex(leaf)}`);
  return { blockHash, height, header, cbTx, leaves, ids: [...quorums.values()].map(({ id }) => id).sort() };
}
