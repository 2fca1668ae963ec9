import { networkParams } from "../../params/index.ts";
import { toHashHex } from "../../wire/hashes.ts";
import { extractMatches } from "../../wire/merkle.ts";
import type { MnListDiff } from "../../wire/mnListDiff.ts";
import { applyDiff } from "../applyDiff.ts";
import type { EngineContext } from "../context.ts";
import { EMPTY_ENGINE, type EngineState } from "../state.ts";
import { diffBetween, NO_SETS, type PlainSets, withMerkleRoot } from "./forge.ts";
import { freeze } from "./frozen.ts";
import { KnownChain } from "./knownChain.ts";
import { madeCommitment, madeEntry } from "./madeEntries.ts";
import { madeHash } from "./madeLists.ts";

function setsOf(ids: readonly number[], quorums: readonly number[]): PlainSets {
  return {
    masternodes: new Map(ids.map((id) => [toHashHex(madeEntry(id).proRegTxHash), madeEntry(id)])),
    quorums: new Map(quorums.map((id) => [`100 ${madeHash(id, 9)}`, madeCommitment(100, id)])),
  };
}

/** A diff that needs no recording, with the engine that holds its base: two masternodes and a quorum come and go. */
export function makeDiff(): { diff: MnListDiff; state: EngineState; context: EngineContext } {
  const first = { height: 100, hash: madeHash(100) };
  const second = { height: 200, hash: madeHash(200) };
  const [before, after] = [setsOf([1, 2, 3, 4], [1, 2]), setsOf([2, 3, 5, 6], [2, 21])];
  const diff = diffBetween(before, after, first, second);
  const blocks = new KnownChain().addHash(first.height, first.hash).addHash(second.height, second.hash);
  const chain = withMerkleRoot(blocks, second.height, extractMatches(diff).root);
  const regtest = networkParams("regtest");
  const params = { ...regtest, activation: { ...regtest.activation, v20: 1 } };
  const context: EngineContext = { params, chain, isValidSignature: () => true };
  const base = diffBetween(NO_SETS, before, undefined, first);
  return { diff, state: freeze(applyDiff(EMPTY_ENGINE, base, context).state), context };
}
