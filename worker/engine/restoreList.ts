import { DashlightError } from "../errors.ts";
import { type BlockHash, toHashHex } from "../wire/hashes.ts";
import { checkQuorumsRoot, proveCoinbase, proveMasternodes } from "./applyDiff.ts";
import type { EngineContext } from "./context.ts";
import {
  type CoinbaseProof,
  compareEntries,
  type ListEntry,
  type MasternodeList,
  type Sml,
} from "./masternodeList.ts";
import { type QuorumEntry, quorumKey } from "./quorumSet.ts";
import { type EngineState, nearestList, requireHeight } from "./state.ts";

/** A list as it was stored. Nothing of it is trusted. */
export interface StoredListContent {
  readonly blockHash: BlockHash;
  readonly proof: CoinbaseProof;
  readonly masternodes: readonly ListEntry[];
  readonly quorums: readonly QuorumEntry[];
}

/**
 * Takes a stored list back in, with the same proofs as a peer's answer: coinbase against the verified header, both
 * roots against the coinbase.
 * @throws `engine/*` naming what fails; `state` itself never changes
 */
export function restoreList(
  state: EngineState,
  stored: StoredListContent,
  context: EngineContext,
): EngineState {
  const blockHash = toHashHex(stored.blockHash);
  const height = requireHeight(context.chain, stored.blockHash);
  const { cbTx, header } = proveCoinbase(stored.proof, stored.blockHash, height, context);
  const { masternodes } = stored;
  checkOrder(masternodes, blockHash);
  const tree = proveMasternodes(masternodes, nearestList(state, height), cbTx, blockHash);
  const quorums = new Map(
    stored.quorums.map((quorum) => {
      const { llmqType, quorumHash } = quorum.commitment;
      return [quorumKey(llmqType, quorumHash), quorum];
    }),
  );
  checkQuorumsRoot(quorums, cbTx, blockHash);
  const list: MasternodeList = {
    blockHash: stored.blockHash,
    height,
    header,
    cbTx,
    proof: stored.proof,
    masternodes,
    tree,
    quorums,
  };
  return { ...state, lists: new Map(state.lists).set(blockHash, list) };
}

function checkOrder(masternodes: Sml, blockHash: string): void {
  masternodes.forEach((entry, i) => {
    const before = masternodes[i - 1];
    if (before && compareEntries(before, entry) >= 0) {
      throw new DashlightError({
        code: "engine/duplicate-entry",
        blockHash,
        what: "mnList",
        hash: entry.key,
      });
    }
  });
}
