import { beforeAll, describe, expect, it } from "vitest";
import { DashlightError, type ErrorFacts } from "../../errors.ts";
import { networkParams } from "../../params/index.ts";
import { hasVectors, readVector } from "../../test/vectors.ts";
import { decode, encode, makeBitset } from "../../wire/codec.ts";
import { type FinalCommitment, makeFinalCommitment } from "../../wire/finalCommitment.ts";
import {
  type BlockHash,
  fromHashHex,
  type Hash256,
  type ProTxHash,
  type QuorumHash,
  toHashHex,
  ZERO_HASH,
} from "../../wire/hashes.ts";
import { buildPartialMerkleTree, extractMatches } from "../../wire/merkle.ts";
import { type MnListDiff, mnListDiff } from "../../wire/mnListDiff.ts";
import { makeSmlEntry, type SmlEntry } from "../../wire/smlEntry.ts";
import { computeTxid } from "../../wire/tx.ts";
import { applyDiff } from "../applyDiff.ts";
import type { EngineContext } from "../context.ts";
import type { MasternodeList } from "../masternodeList.ts";
import { EMPTY_ENGINE, type EngineState } from "../state.ts";
import { fieldsOfDiff } from "./diffFields.ts";
import {
  diffBetween,
  mine,
  mineWithRoots,
  NO_SETS,
  type PlainSets,
  plainSetsOf,
  withMerkleRoot,
} from "./forge.ts";
import { expectUnchanged, factsOfRefusal, freeze, remember } from "./frozen.ts";
import { KnownChain } from "./knownChain.ts";
import { madeCommitment, madeEntry } from "./madeEntries.ts";
import { madeHash } from "./madeLists.ts";
import { applyAllDiffs, listsByHeight, Scenario } from "./scenario.ts";

const PROTOCOL = 70240;
const APPLIED = "applied";

/**
 * What a flipped bit of a field ends in. `applied` stands only where nothing commits to the bit; the list that comes
 * out is then the honest one.
 */
const OUTCOMES: Record<string, readonly string[]> = {
  version: ["wire/unsupported-version"],
  baseBlockHash: ["engine/unknown-base"],
  blockHash: ["engine/unknown-block"],
  totalTransactions: ["wire/bad-merkle-proof"],
  "merkleHashes count": ["wire/oversized", "wire/trailing-bytes", "wire/truncated"],
  merkleHashes: ["engine/coinbase-proof-mismatch"],
  "merkleFlags count": ["wire/oversized", "wire/trailing-bytes", "wire/truncated"],
  merkleFlags: [APPLIED, "engine/coinbase-not-first", "wire/bad-merkle-proof"],
  cbTx: [
    "engine/coinbase-proof-mismatch",
    "engine/no-coinbase-payload",
    "wire/truncated",
    "wire/unsupported-version",
  ],
  "deletedMNs count": ["wire/truncated"],
  deletedMNs: ["engine/unknown-deletion"],
  "mnList count": ["wire/trailing-bytes", "wire/truncated", "wire/unsupported-version"],
  "mnList.version": ["wire/non-canonical", "wire/unsupported-version"],
  "mnList.proRegTxHash": ["engine/merkle-root-mismatch"],
  "mnList.confirmedHash": ["engine/merkle-root-mismatch"],
  "mnList.service": ["engine/merkle-root-mismatch"],
  "mnList.pubKeyOperator": ["engine/merkle-root-mismatch"],
  "mnList.keyIDVoting": ["engine/merkle-root-mismatch"],
  "mnList.isValid": ["engine/merkle-root-mismatch", "wire/non-canonical"],
  "mnList.type": ["wire/invalid-value", "wire/truncated", "wire/unsupported-version"],
  "mnList.platformHTTPPort": ["engine/merkle-root-mismatch"],
  "mnList.platformNodeID": ["engine/merkle-root-mismatch"],
  "deletedQuorums count": ["wire/truncated", "wire/unsupported-version"],
  "deletedQuorums.llmqType": [
    "engine/duplicate-entry",
    "engine/quorum-root-mismatch",
    "engine/unknown-deletion",
  ],
  "deletedQuorums.quorumHash": ["engine/unknown-deletion"],
  "newQuorums count": ["wire/trailing-bytes", "wire/truncated"],
  "newQuorums.version": [
    "engine/quorum-root-mismatch",
    "wire/non-canonical",
    "wire/truncated",
    "wire/unsupported-version",
  ],
  "newQuorums.llmqType": ["engine/duplicate-entry", "engine/quorum-root-mismatch"],
  "newQuorums.quorumHash": ["engine/quorum-root-mismatch"],
  "newQuorums.quorumIndex": ["engine/quorum-root-mismatch"],
  "newQuorums.signers count": [
    "engine/quorum-root-mismatch",
    "wire/non-canonical",
    "wire/truncated",
    "wire/unsupported-version",
  ],
  "newQuorums.signers": ["engine/quorum-root-mismatch", "wire/non-canonical"],
  "newQuorums.validMembers count": [
    "engine/quorum-root-mismatch",
    "wire/non-canonical",
    "wire/unsupported-version",
  ],
  "newQuorums.validMembers": ["engine/quorum-root-mismatch", "wire/non-canonical"],
  "newQuorums.quorumPublicKey": ["engine/quorum-root-mismatch"],
  "newQuorums.quorumVvecHash": ["engine/quorum-root-mismatch"],
  "newQuorums.quorumSig": ["engine/quorum-root-mismatch"],
  "newQuorums.membersSig": ["engine/quorum-root-mismatch"],
  "quorumsCLSigs count": ["wire/trailing-bytes", "wire/truncated"],
  "quorumsCLSigs.signature": [APPLIED],
  "quorumsCLSigs.indexes count": ["wire/trailing-bytes", "wire/truncated"],
  "quorumsCLSigs.indexes": [APPLIED],
};

/**
 * What nothing commits to: padding bits of merkleFlags, the number of transactions as long as the tree has the same
 * height, quorumsCLSigs, and the version of an entry (which cannot change on the wire without moving its other
 * fields).
 */
const UNCOMMITTED = ["merkleFlags", "quorumsCLSigs.indexes", "quorumsCLSigs.signature"];

/** @returns `applied` or the code of the refusal; an accepted message must give exactly the honest list */
function outcomeOf(
  bytes: Uint8Array,
  honest: MasternodeList,
  state: EngineState,
  context: EngineContext,
): string {
  try {
    const { list } = applyDiff(state, decode(mnListDiff(PROTOCOL), bytes), context);
    expect(factsOfList(list)).toEqual(factsOfList(honest));
    return APPLIED;
  } catch (error) {
    if (!(error instanceof DashlightError)) throw error;
    return error.code;
  }
}

function factsOfList({ blockHash, height, header, cbTx, masternodes, quorums }: MasternodeList) {
  const leaves = masternodes.map(({ leaf, entry }) => `${entry.version} ${toHashHex(leaf)}`);
  return { blockHash, height, header, cbTx, leaves, ids: [...quorums.values()].map(({ id }) => id).sort() };
}

function flip(bytes: Uint8Array, at: number, bit: number): Uint8Array {
  const flipped = bytes.slice();
  flipped[at] = (flipped[at] as number) ^ (1 << bit);
  return flipped;
}

describe("a made diff", () => {
  const blocks = [100, 200].map((height) => ({ height, hash: madeHash(height) }));
  const [first, second] = blocks as [(typeof blocks)[number], (typeof blocks)[number]];
  const chain = new KnownChain().addHash(first.height, first.hash).addHash(second.height, second.hash);
  const regtest = networkParams("regtest");
  const params = { ...regtest, activation: { ...regtest.activation, v20: 1 } };
  const setsOf = (ids: readonly number[], quorums: readonly number[]): PlainSets => ({
    masternodes: new Map(ids.map((id) => [toHashHex(madeEntry(id).proRegTxHash), madeEntry(id)])),
    quorums: new Map(quorums.map((id) => [`100 ${madeHash(id, 9)}`, madeCommitment(100, id)])),
  });
  const [before, after] = [setsOf([1, 2, 3, 4], [1, 2]), setsOf([2, 3, 5, 6], [2, 21])];
  const diff = diffBetween(before, after, first, second);
  const bytes = encode(mnListDiff(PROTOCOL), diff);
  const merkleRoot = extractMatches(diff).root;
  const view = withMerkleRoot(chain, second.height, merkleRoot);
  const context: EngineContext = { params, chain: view, isValidSignature: () => true };
  const base = diffBetween(NO_SETS, before, undefined, first);
  const state = freeze(applyDiff(EMPTY_ENGINE, base, context).state);

  it("is refused with any bit flipped that is committed to", () => {
    const honest = applyDiff(state, decode(mnListDiff(PROTOCOL), bytes), context).list;
    expect(honest.masternodes.length).toBe(4);
    const held = remember(state);
    const uncommitted = new Set<string>();
    for (const { name, start, size } of fieldsOfDiff(diff)) {
      for (let at = start; at < start + size; at++) {
        for (let bit = 0; bit < 8; bit++) {
          const outcome = outcomeOf(flip(bytes, at, bit), honest, state, context);
          if (!isExpected(name, outcome)) expect.fail(`${name} at ${at}, bit ${bit}: ${outcome}`);
          if (outcome === APPLIED) uncommitted.add(name);
        }
      }
    }
    expectUnchanged(held);
    // It brings no quorumsCLSigs, and its block has one transaction.
    expect([...uncommitted]).toEqual(["merkleFlags"]);
  });
});

if (hasVectors("regtest/faults-b")) {
  describe("a recorded diff", () => {
    const scenario = new Scenario("faults-b");
    const context: EngineContext = {
      params: scenario.params,
      chain: scenario.chain,
      isValidSignature: () => true,
    };
    /** One masternode changed, one deleted, four quorums new and four gone. */
    const bytes = scenario.bytes("mnlistdiff/592-616.bin");
    const diff = decode(mnListDiff(PROTOCOL), bytes);
    let state: EngineState;
    let base: MasternodeList;
    let plainBase: PlainSets;

    beforeAll(() => {
      state = freeze(applyAllDiffs(scenario, context).state);
      const list = listsByHeight(state).get(592);
      if (!list) throw new Error("the base list is not recorded");
      base = list;
      plainBase = plainSetsOf(base);
    });

    const hashAt = (height: number): BlockHash => {
      const hash = scenario.chain.hashAt(height);
      if (!hash) throw new Error(`no block at ${height}`);
      return hash;
    };
    const refusal = (changed: MnListDiff, under: EngineContext = context): ErrorFacts =>
      factsOfRefusal(state, () => applyDiff(state, changed, under));
    const minedRefusal = (changed: MnListDiff): ErrorFacts => {
      const forged = mineWithRoots(changed, plainBase, context);
      return refusal(forged.diff, forged.context);
    };
    const mnOf = (): SmlEntry => diff.mnList[0] as SmlEntry;
    const quorumOf = (type: number): FinalCommitment => {
      const quorum = diff.newQuorums.find(({ llmqType }) => llmqType === type);
      if (!quorum) throw new Error(`no new quorum of type ${type}`);
      return quorum;
    };
    /** The diff with another commitment in the place of the first new one of a type. */
    const withQuorum = (type: number, change: Partial<FinalCommitment>): MnListDiff => {
      const before = quorumOf(type);
      const after = makeFinalCommitment({ ...before, ...change });
      return { ...diff, newQuorums: diff.newQuorums.map((quorum) => (quorum === before ? after : quorum)) };
    };

    it("is accepted as it was recorded, and leaves the state before it alone", () => {
      const held = remember(state);
      const { list, state: after } = applyDiff(state, diff, context);
      expectUnchanged(held);
      expect(list.masternodes.length).toBe(base.masternodes.length - 1);
      expect(after.lists.size).toBe(state.lists.size);
      expect(after.lists.get(toHashHex(diff.blockHash))).toBe(list);
    });

    it("is refused with any bit flipped that is committed to", () => {
      const outcomes = new Map<string, Set<string>>();
      const held = remember(state);
      for (const file of ["mnlistdiff/592-616.bin", "mnlistdiff/zero-694.bin"]) {
        const original = scenario.bytes(file);
        const honest = applyDiff(state, decode(mnListDiff(PROTOCOL), original), context).list;
        const fields = fieldsOfDiff(decode(mnListDiff(PROTOCOL), original));
        expect(fields.reduce((sum, { size }) => sum + size, 0)).toBe(original.length);
        for (const { name, start, size } of fields) {
          const seen = outcomes.get(name) ?? new Set();
          outcomes.set(name, seen);
          for (let at = start; at < start + size; at++) {
            for (const bit of size <= 4 ? [0, 1, 2, 3, 4, 5, 6, 7] : [at % 8]) {
              seen.add(outcomeOf(flip(original, at, bit), honest, state, context));
            }
          }
        }
      }
      expectUnchanged(held);
      expect(Object.fromEntries([...outcomes].map(([name, seen]) => [name, [...seen].sort()]))).toEqual(
        OUTCOMES,
      );
      const uncommitted = [...outcomes].filter(([, seen]) => seen.has(APPLIED)).map(([name]) => name);
      expect(uncommitted.sort()).toEqual(UNCOMMITTED);
    });

    it("takes an entry's version on trust, since no hash covers it", () => {
      const other = { ...mnOf(), version: 1 };
      const { list } = applyDiff(state, { ...diff, mnList: [other] }, context);
      expect(list.masternodes.find(({ entry }) => entry === other)?.entry.version).toBe(1);
    });

    it("takes the number of transactions on trust within a tree of the same height", () => {
      const others = [1, 2, 3, 4].map((last) => new Uint8Array(32).fill(last));
      const forged = mine(diff, {}, context, others);
      expect(forged.diff.totalTransactions).toBe(5);
      const outcome = (totalTransactions: number) => {
        try {
          return applyDiff(state, { ...forged.diff, totalTransactions }, forged.context).list.header;
        } catch (error) {
          return error instanceof DashlightError ? error.code : `${error}`;
        }
      };
      expect([4, 5, 6, 7, 8, 9].map(outcome)).toEqual([
        "wire/bad-merkle-proof",
        "verified",
        "verified",
        "verified",
        "verified",
        "wire/bad-merkle-proof",
      ]);
    });

    describe("about blocks", () => {
      const someHash = fromHashHex<BlockHash>("5e".repeat(32));
      it.each<[string, () => Partial<MnListDiff>, ErrorFacts["code"]]>([
        ["a base that is not held", () => ({ baseBlockHash: hashAt(593) }), "engine/unknown-base"],
        ["a base that no chain has", () => ({ baseBlockHash: someHash }), "engine/unknown-base"],
        ["another held base", () => ({ baseBlockHash: hashAt(568) }), "engine/unknown-deletion"],
        ["the empty base", () => ({ baseBlockHash: ZERO_HASH as BlockHash }), "engine/unknown-deletion"],
        ["a base above the block", () => ({ baseBlockHash: hashAt(640) }), "engine/base-above-block"],
        ["a block that is not on the chain", () => ({ blockHash: someHash }), "engine/unknown-block"],
        ["another block of the chain", () => ({ blockHash: hashAt(617) }), "engine/coinbase-proof-mismatch"],
        ["no block", () => ({ blockHash: ZERO_HASH as BlockHash }), "engine/no-coinbase-payload"],
        [
          "a plain coinbase",
          () => ({ cbTx: { ...diff.cbTx, version: 2, type: 0, extraPayload: new Uint8Array(0) } }),
          "engine/no-coinbase-payload",
        ],
      ])("refuses %s", (_, change, code) => {
        expect(refusal({ ...diff, ...change() }).code).toBe(code);
      });

      it("refuses a block that left the best chain", () => {
        const reorged = new KnownChain();
        expect(refusal(diff, { ...context, chain: reorged })).toEqual({
          code: "engine/unknown-block",
          blockHash: toHashHex(diff.blockHash),
        });
      });
    });

    describe("about the coinbase", () => {
      const others = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2), new Uint8Array(32).fill(3)];
      const txid = computeTxid(diff.cbTx);

      it("must be proven by the header", () => {
        expect(refusal(mine(diff, {}, context, others).diff)).toMatchObject({
          code: "engine/coinbase-proof-mismatch",
          expected: toHashHex(scenario.chain.merkleRootAt(616) ?? ZERO_HASH),
        });
      });

      it("must be the transaction that the proof matches", () => {
        const [first, ...rest] = others as [Hash256, ...Hash256[]];
        expect(refusal({ ...diff, ...buildPartialMerkleTree([first, ...rest], 0) })).toEqual({
          code: "engine/coinbase-proof-mismatch",
          blockHash: toHashHex(diff.blockHash),
          expected: toHashHex(first),
          computed: toHashHex(txid),
        });
      });

      it.each<[string, Partial<MnListDiff>, number]>([
        ["the second transaction", buildPartialMerkleTree([others[0] as Hash256, txid], 1), 1],
        ["none", { totalTransactions: 2, merkleHashes: [txid], merkleFlags: Uint8Array.of(0) }, 0],
        [
          "two",
          { totalTransactions: 2, merkleHashes: [txid, others[0] as Hash256], merkleFlags: Uint8Array.of(7) },
          2,
        ],
      ])("must be matched first and alone, not %s", (_, proof, matches) => {
        expect(refusal({ ...diff, ...proof })).toEqual({
          code: "engine/coinbase-not-first",
          blockHash: toHashHex(diff.blockHash),
          matches,
        });
      });

      it.each([615, 617, 0, -1])("must have the block's height, not %i", (height) => {
        const forged = mine(diff, { height }, context);
        expect(refusal(forged.diff, forged.context)).toEqual({
          code: "engine/wrong-coinbase-height",
          blockHash: toHashHex(diff.blockHash),
          expected: 616,
          received: height,
        });
      });

      it.each([
        // DIP8 and V20 at these heights ask for this version, and the coinbase has that one.
        { dip0008: 1, v20: 616, version: 2, expected: 3 },
        { dip0008: 616, v20: 617, version: 1, expected: 2 },
        { dip0008: 616, v20: 617, version: 3, expected: 2 },
        { dip0008: 617, v20: 700, version: 3, expected: 1 },
      ])("of version $version is refused where $expected is due", ({ dip0008, v20, version, expected }) => {
        const forged = mine(diff, versioned(version), withActivation(dip0008, v20));
        expect(refusal(forged.diff, forged.context)).toEqual({
          code: "engine/wrong-coinbase-version",
          blockHash: toHashHex(diff.blockHash),
          expected,
          received: version,
        });
      });

      it.each([
        { dip0008: 1, v20: 616, version: 3 },
        { dip0008: 616, v20: 617, version: 2 },
        { dip0008: 617, v20: 700, version: 2 },
      ])(
        "of version $version is right with DIP8 at $dip0008 and V20 at $v20",
        ({ dip0008, v20, version }) => {
          const forged = mine(diff, versioned(version), withActivation(dip0008, v20));
          expect(applyDiff(state, forged.diff, forged.context).list.cbTx.version).toBe(version);
        },
      );

      it("of version 1 proves a list without quorums only", () => {
        const early = withActivation(617, 700);
        const forged = mine(diff, versioned(1), early);
        expect(refusal(forged.diff, forged.context)).toMatchObject({
          code: "engine/quorum-root-mismatch",
          expected: toHashHex(ZERO_HASH),
        });
        const bare: MnListDiff = {
          ...diff,
          deletedQuorums: [...base.quorums.values()].map(({ commitment }) => commitment),
          newQuorums: [],
        };
        const alone = mine(bare, versioned(1), early);
        expect(applyDiff(state, alone.diff, alone.context).list.quorums.size).toBe(0);
      });

      function versioned(version: number) {
        if (version === 3) return { version };
        const merkleRootQuorums = version === 1 ? { merkleRootQuorums: undefined } : {};
        return { version, chainLock: undefined, ...merkleRootQuorums };
      }

      function withActivation(dip0008: number, v20: number): EngineContext {
        const { params } = context;
        return { ...context, params: { ...params, activation: { ...params.activation, dip0008, v20 } } };
      }
    });

    describe("about masternodes", () => {
      const duplicate = { code: "engine/duplicate-entry", what: "mnList" };
      const otherEntry = (): SmlEntry => base.masternodes[5]?.entry as SmlEntry;
      it.each<[string, () => Partial<MnListDiff>, object]>([
        [
          "deleted twice",
          () => ({ deletedMNs: [...diff.deletedMNs, ...diff.deletedMNs] }),
          {
            code: "engine/duplicate-entry",
            what: "deletedMNs",
            hash: toHashHex(diff.deletedMNs[0] as ProTxHash),
          },
        ],
        [
          "deleted though not in the base",
          () => ({ deletedMNs: [...diff.deletedMNs, hashAt(1) as Uint8Array as ProTxHash] }),
          { code: "engine/unknown-deletion", what: "deletedMNs", hash: toHashHex(hashAt(1)) },
        ],
        ["changed twice", () => ({ mnList: [mnOf(), mnOf()] }), duplicate],
        [
          "deleted and changed",
          () => ({ mnList: [{ ...mnOf(), proRegTxHash: diff.deletedMNs[0] as ProTxHash }] }),
          duplicate,
        ],
        ["not changed", () => ({ mnList: [] }), { code: "engine/merkle-root-mismatch" }],
        ["not deleted", () => ({ deletedMNs: [] }), { code: "engine/merkle-root-mismatch" }],
        [
          "deleted that was not",
          () => ({ deletedMNs: [...diff.deletedMNs, otherEntry().proRegTxHash] }),
          { code: "engine/merkle-root-mismatch" },
        ],
        [
          "added",
          () => ({
            mnList: [mnOf(), makeSmlEntry({ ...mnOf(), proRegTxHash: hashAt(2) as Uint8Array as ProTxHash })],
          }),
          { code: "engine/merkle-root-mismatch" },
        ],
        [
          "with another operator key",
          () => ({ mnList: [makeSmlEntry({ ...mnOf(), pubKeyOperator: otherEntry().pubKeyOperator })] }),
          { code: "engine/merkle-root-mismatch" },
        ],
        [
          "unbanned",
          () => ({ mnList: [makeSmlEntry({ ...mnOf(), isValid: !mnOf().isValid })] }),
          { code: "engine/merkle-root-mismatch" },
        ],
      ])("refuses one %s", (_, change, facts) => {
        expect(refusal({ ...diff, ...change() })).toMatchObject(facts);
      });

      it("accepts the entries in any order", () => {
        const full = decode(mnListDiff(PROTOCOL), scenario.bytes("mnlistdiff/zero-694.bin"));
        const reversed = {
          ...full,
          mnList: [...full.mnList].reverse(),
          newQuorums: [...full.newQuorums].reverse(),
        };
        const { list } = applyDiff(state, reversed, context);
        expect(factsOfList(list)).toEqual(factsOfList(applyDiff(state, full, context).list));
      });
    });

    describe("about quorums", () => {
      const held = (): FinalCommitment => {
        const gone = new Set(diff.deletedQuorums.map((id) => `${id.llmqType}:${toHashHex(id.quorumHash)}`));
        const kept = [...base.quorums].find(([key]) => !gone.has(key));
        if (!kept) throw new Error("the diff replaces every quorum");
        return kept[1].commitment;
      };
      const keyOf = ({ llmqType, quorumHash }: { llmqType: number; quorumHash: QuorumHash }) =>
        `${llmqType}:${toHashHex(quorumHash)}`;
      it.each<[string, () => Partial<MnListDiff>, () => object]>([
        [
          "deleted twice",
          () => ({ deletedQuorums: [...diff.deletedQuorums, ...diff.deletedQuorums] }),
          () => ({
            code: "engine/duplicate-entry",
            what: "deletedQuorums",
            hash: keyOf(diff.deletedQuorums[0] as FinalCommitment),
          }),
        ],
        [
          "deleted though not in the base",
          () => ({ deletedQuorums: [...diff.deletedQuorums, quorumOf(100)] }),
          () => ({ code: "engine/unknown-deletion", what: "deletedQuorums", hash: keyOf(quorumOf(100)) }),
        ],
        [
          "new twice",
          () => ({ newQuorums: [...diff.newQuorums, quorumOf(100)] }),
          () => ({ code: "engine/duplicate-entry", what: "newQuorums", hash: keyOf(quorumOf(100)) }),
        ],
        [
          "new that is held",
          () => ({ newQuorums: [...diff.newQuorums, held()] }),
          () => ({ code: "engine/duplicate-entry", what: "newQuorums", hash: keyOf(held()) }),
        ],
        [
          "deleted and new",
          () => ({
            deletedQuorums: [...diff.deletedQuorums, held()],
            newQuorums: [...diff.newQuorums, held()],
          }),
          () => ({ code: "engine/duplicate-entry", what: "newQuorums", hash: keyOf(held()) }),
        ],
        [
          "withheld",
          () => ({ newQuorums: diff.newQuorums.slice(1) }),
          () => ({ code: "engine/quorum-root-mismatch" }),
        ],
        [
          "kept that is gone",
          () => ({ deletedQuorums: diff.deletedQuorums.slice(1) }),
          () => ({ code: "engine/quorum-root-mismatch" }),
        ],
        [
          "dropped",
          () => ({ deletedQuorums: [...diff.deletedQuorums, held()] }),
          () => ({ code: "engine/quorum-root-mismatch" }),
        ],
        [
          "with another key",
          () => withQuorum(100, { quorumPublicKey: quorumOf(103).quorumPublicKey }),
          () => ({ code: "engine/quorum-root-mismatch" }),
        ],
      ])("refuses one %s", (_, change, facts) => {
        expect(refusal({ ...diff, ...change() })).toMatchObject(facts());
      });

      it("refuses a type that is not configured, even in a block that commits to it", () => {
        expect(minedRefusal(withQuorum(100, { llmqType: 5 }))).toEqual({
          code: "engine/unknown-quorum-type",
          blockHash: toHashHex(diff.blockHash),
          llmqType: 5,
        });
      });

      it("refuses more quorums of a type than are active, even in a block that commits to them", () => {
        const kept = diff.deletedQuorums.filter(({ llmqType }) => llmqType !== 106);
        expect(minedRefusal({ ...diff, deletedQuorums: kept })).toEqual({
          code: "engine/too-many-quorums",
          blockHash: toHashHex(diff.blockHash),
          llmqType: 106,
          count: 3,
          limit: 2,
        });
      });

      const bits = (...flags: boolean[]) => makeBitset(flags);
      it.each<[string, number, () => Partial<FinalCommitment>]>([
        ["size of signers", 100, () => ({ signers: bits(true, true, true, false) })],
        ["size of validMembers", 100, () => ({ validMembers: bits(true, true) })],
        ["too few valid members", 100, () => ({ validMembers: bits(true, false, false) })],
        // The rotating type's threshold is 3, its minimum size 4: all four must have signed.
        ["too few signers", 103, () => ({ signers: bits(true, false, true, true) })],
        ["no verification vector hash", 100, () => ({ quorumVvecHash: ZERO_HASH })],
        ["base block above the list", 100, () => ({ quorumHash: hashAt(624) as QuorumHash })],
        ["quorum index", 100, () => ({ quorumHash: hashAt(601) as QuorumHash })],
        ["quorum index", 103, () => ({ quorumIndex: 1 - quorumOf(103).quorumIndex })],
        ["quorum index", 103, () => ({ quorumIndex: -1 })],
        ["version", 100, () => ({ version: 1 })],
        ["version", 100, () => ({ version: 4 })],
        ["version", 103, () => ({ version: 2 })],
      ])("refuses a malformed commitment: %s (type %i)", (what, type, change) => {
        const changed = withQuorum(type, change());
        const quorumHash = toHashHex(change().quorumHash ?? quorumOf(type).quorumHash);
        expect(minedRefusal(changed)).toEqual({
          code: "engine/malformed-commitment",
          llmqType: type,
          quorumHash,
          what,
        });
      });

      it("does not refuse a base block below the first header", () => {
        const quorumHash = fromHashHex<QuorumHash>("5e".repeat(32));
        const forged = mineWithRoots(withQuorum(100, { quorumHash }), plainBase, context);
        expect(applyDiff(state, forged.diff, forged.context).list.quorums.has(`100:${"5e".repeat(32)}`)).toBe(
          true,
        );
      });
    });
  });
}

/** A byte position of each field, spread over the message by a fixed seed. */
function* sample(fieldNames: ReadonlyMap<string, { start: number; size: number }[]>, perField: number) {
  let seed = 0x9e3779b9;
  const next = (below: number) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed % below;
  };
  for (const [name, stretches] of fieldNames) {
    for (let i = 0; i < perField; i++) {
      const { start, size } = stretches[next(stretches.length)] as { start: number; size: number };
      yield { name, at: start + next(size), bit: next(8) };
    }
  }
}

/** In other messages, what says how the rest is to be read can shift it into any other mistake of form. */
function isExpected(field: string, outcome: string): boolean {
  if (OUTCOMES[field]?.includes(outcome)) return true;
  if (field === "totalTransactions") return outcome === APPLIED;
  return / count$|^cbTx$|\.version$|\.type$/.test(field) && outcome.startsWith("wire/");
}

const BIG = [
  { network: "testnet", file: "mnlistdiff_0_905762_p70230.bin", height: 905762, perField: 6 },
  { network: "mainnet", file: "mnlistdiff_0_2449941_p70236.bin", height: 2449941, perField: 2 },
] as const;

for (const { network, file, height, perField } of BIG) {
  if (!hasVectors(`${network}/mnlistdiff`)) continue;
  describe(`${network}/${file}`, () => {
    const bytes = readVector(`${network}/mnlistdiff/${file}`);
    const diff = decode(mnListDiff(PROTOCOL), bytes);
    let context: EngineContext;
    let honest: MasternodeList;
    beforeAll(() => {
      const known = new KnownChain().addHash(height, toHashHex(diff.blockHash));
      // Mainnet's header is not recorded: the root of the honest proof stands in for it.
      const chain = withMerkleRoot(known, height, extractMatches(diff).root);
      context = { params: networkParams(network), chain, isValidSignature: () => true };
      honest = applyDiff(EMPTY_ENGINE, diff, context).list;
    });

    it("is refused with any sampled bit flipped that is committed to", () => {
      const byName = new Map<string, { start: number; size: number }[]>();
      for (const { name, start, size } of fieldsOfDiff(diff)) {
        if (size > 0) byName.set(name, [...(byName.get(name) ?? []), { start, size }]);
      }
      let flips = 0;
      for (const { name, at, bit } of sample(byName, perField)) {
        const outcome = outcomeOf(flip(bytes, at, bit), honest, EMPTY_ENGINE, context);
        if (!isExpected(name, outcome)) expect.fail(`${name} at ${at}, bit ${bit}: ${outcome}`);
        flips++;
      }
      expect(flips).toBe(perField * byName.size);
    });
  });
}
