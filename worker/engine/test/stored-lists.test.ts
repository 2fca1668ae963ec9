import { beforeAll, describe, expect, it } from "vitest";
import type { ErrorFacts } from "../../errors.ts";
import { networkParams } from "../../params/index.ts";
import { hasVectors } from "../../test/vectors.ts";
import { type BlockHash, fromHashHex, toHashHex, ZERO_HASH } from "../../wire/hashes.ts";
import { makeSmlEntry } from "../../wire/smlEntry.ts";
import { applyDiff } from "../applyDiff.ts";
import type { EngineContext } from "../context.ts";
import { ListEntry, type MasternodeList } from "../masternodeList.ts";
import { makeQuorumEntry } from "../quorumSet.ts";
import { restoreList, type StoredListContent } from "../restoreList.ts";
import { EMPTY_ENGINE, type EngineState } from "../state.ts";
import { diffBetween, NO_SETS } from "./forge.ts";
import { factsOfRefusal, freeze } from "./frozen.ts";
import { KnownChain } from "./knownChain.ts";
import { madeCommitment, madeEntry } from "./madeEntries.ts";
import { madeHash } from "./madeLists.ts";
import { applyAllDiffs, SCENARIO_NAMES, Scenario } from "./scenario.ts";

function contentOf({ blockHash, proof, masternodes, quorums }: MasternodeList): StoredListContent {
  return { blockHash, proof, masternodes, quorums: [...quorums.values()] };
}

describe("a stored list", () => {
  const block = { height: 500, hash: madeHash(500) };
  const chain = new KnownChain().addHash(block.height, block.hash);
  const context: EngineContext = { params: networkParams("regtest"), chain, isValidSignature: () => true };
  const entries = [1, 2, 3, 4, 5].map((id) => madeEntry(id));
  const commitments = [madeCommitment(100, 1), madeCommitment(100, 2), madeCommitment(106, 3)];
  const sets = {
    masternodes: new Map(entries.map((entry) => [toHashHex(entry.proRegTxHash), entry])),
    quorums: new Map(commitments.map((one) => [`${one.llmqType} ${toHashHex(one.quorumHash)}`, one])),
  };
  const { list } = applyDiff(EMPTY_ENGINE, diffBetween(NO_SETS, sets, undefined, block), context);
  const stored = contentOf(list);
  const state: EngineState = freeze({ ...EMPTY_ENGINE });

  const refusal = (change: Partial<StoredListContent>, under: EngineContext = context): ErrorFacts =>
    factsOfRefusal(state, () => restoreList(state, { ...stored, ...change }, under));

  it("comes back as it was, beside the lists that are held", () => {
    const other = restoreList(state, stored, context);
    expect(state.lists.size).toBe(0);
    expect([...other.lists.values()]).toEqual([list]);
    expect([...restoreList(other, stored, context).lists.keys()]).toEqual([block.hash]);
  });

  it("has the tree it had, whatever list lies near", () => {
    const nearer = { height: 510, hash: madeHash(510) };
    const under = { ...context, chain: new KnownChain().addHash(500, block.hash).addHash(510, nearer.hash) };
    const shared = new Map(list.masternodes.map((one) => [one.key, one]));
    for (const ids of [[], [1], [2, 3, 4, 5], [0, 1, 2, 3, 4, 5, 6], [1, 2, 4, 5, 9]]) {
      const made = ids.map((id) => madeEntry(id));
      const others = { ...sets, masternodes: new Map(made.map((one) => [toHashHex(one.proRegTxHash), one])) };
      const near = contentOf(applyDiff(state, diffBetween(NO_SETS, others, undefined, nearer), under).list);
      // As they come out of the store: lists share the objects of their entries.
      const masternodes = near.masternodes.map((one) => shared.get(one.key) ?? one);
      const held = restoreList(state, { ...near, masternodes }, under);
      const restored = restoreList(held, stored, under);
      expect([...restored.lists.values()].at(-1)).toEqual(list);
    }
  });

  it.each<[string, () => Partial<StoredListContent>, object]>([
    [
      "of a block that is not on the chain",
      () => ({ blockHash: fromHashHex<BlockHash>(madeHash(501)) }),
      { code: "engine/unknown-block", blockHash: madeHash(501) },
    ],
    [
      "without a masternode",
      () => ({ masternodes: stored.masternodes.slice(1) }),
      { code: "engine/merkle-root-mismatch" },
    ],
    [
      "with a changed masternode",
      () => ({
        masternodes: stored.masternodes.map((one, i) =>
          i === 2 ? new ListEntry(makeSmlEntry({ ...one.entry, isValid: false })) : one,
        ),
      }),
      { code: "engine/merkle-root-mismatch" },
    ],
    [
      "with masternodes out of order",
      () => ({ masternodes: stored.masternodes.toReversed() }),
      { code: "engine/duplicate-entry", what: "mnList", hash: stored.masternodes[3]?.key },
    ],
    [
      "with a masternode twice",
      () => ({ masternodes: stored.masternodes.flatMap((one, i) => (i === 4 ? [one, one] : [one])) }),
      { code: "engine/duplicate-entry", what: "mnList", hash: stored.masternodes[4]?.key },
    ],
    [
      "without a quorum",
      () => ({ quorums: stored.quorums.slice(1) }),
      { code: "engine/quorum-root-mismatch" },
    ],
    [
      "with another quorum",
      () => ({ quorums: [...stored.quorums.slice(1), makeQuorumEntry(madeCommitment(100, 4))] }),
      { code: "engine/quorum-root-mismatch" },
    ],
    [
      "with another coinbase",
      () => ({ proof: { ...stored.proof, cbTx: { ...stored.proof.cbTx, lockTime: 1 } } }),
      { code: "engine/coinbase-proof-mismatch" },
    ],
    [
      "without a coinbase payload",
      () => ({ proof: { ...stored.proof, cbTx: { ...stored.proof.cbTx, type: 0 } } }),
      { code: "engine/no-coinbase-payload" },
    ],
    [
      "with a broken proof",
      () => ({ proof: { ...stored.proof, totalTransactions: 0 } }),
      { code: "wire/bad-merkle-proof" },
    ],
    [
      "with a proof of nothing",
      () => ({ proof: { ...stored.proof, merkleFlags: Uint8Array.of(0) } }),
      { code: "engine/coinbase-not-first", matches: 0 },
    ],
  ])("is refused %s", (_, change, facts) => {
    expect(refusal(change())).toMatchObject(facts);
  });

  it("is refused when the header or the height of its block is another now", () => {
    const header = { ...chainView(block.height), merkleRootAt: () => ZERO_HASH };
    expect(refusal({}, { ...context, chain: header }).code).toBe("engine/coinbase-proof-mismatch");
    expect(refusal({}, { ...context, chain: chainView(block.height + 1) })).toMatchObject({
      code: "engine/wrong-coinbase-height",
      expected: 501,
      received: 500,
    });
  });

  function chainView(height: number) {
    return { heightOf: () => height, hashAt: () => undefined, merkleRootAt: () => undefined };
  }
});

for (const name of SCENARIO_NAMES) {
  if (!hasVectors(`regtest/${name}`)) continue;
  describe(`regtest/${name}`, () => {
    const scenario = new Scenario(name);
    const { params, chain } = scenario;
    const context: EngineContext = { params, chain, isValidSignature: () => true };
    let lists: MasternodeList[];
    beforeAll(() => {
      lists = [...applyAllDiffs(scenario, context).state.lists.values()];
    });

    it("every list comes back from what is stored of it", () => {
      let state = EMPTY_ENGINE;
      for (const list of lists) state = restoreList(state, contentOf(list), context);
      expect(lists.length).toBeGreaterThan(30);
      expect([...state.lists.values()]).toEqual(lists);
    });

    it("no list passes for another", () => {
      for (const [i, list] of lists.entries()) {
        const before = lists[i - 1];
        if (!before) continue;
        const swapped = { ...contentOf(list), proof: before.proof };
        expect(factsOfRefusal(EMPTY_ENGINE, () => restoreList(EMPTY_ENGINE, swapped, context)).code).toBe(
          "engine/coinbase-proof-mismatch",
        );
      }
    });
  });
}
