import { beforeAll, describe, expect, it } from "vitest";
import type { ErrorFacts } from "../../errors.ts";
import { hasVectors } from "../../test/vectors.ts";
import { decode, makeBitset } from "../../wire/codec.ts";
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
import { buildPartialMerkleTree } from "../../wire/merkle.ts";
import { type MnListDiff, mnListDiff } from "../../wire/mnListDiff.ts";
import { makeSmlEntry, type SmlEntry } from "../../wire/smlEntry.ts";
import { computeTxid } from "../../wire/tx.ts";
import { applyDiff } from "../applyDiff.ts";
import type { EngineContext } from "../context.ts";
import type { MasternodeList } from "../masternodeList.ts";
import type { EngineState } from "../state.ts";
import { mine, mineWithRoots, type PlainSets, plainSetsOf } from "./forge.ts";
import { expectUnchanged, factsOfRefusal, freeze, remember } from "./frozen.ts";
import { KnownChain } from "./knownChain.ts";
import { factsOfList } from "./listFacts.ts";
import { makeDiff } from "./madeDiff.ts";
import { applyAllDiffs, listsByHeight, Scenario } from "./scenario.ts";

const PROTOCOL = 70240;

describe("a made diff", () => {
  const { diff, state, context } = makeDiff();
  it.each<[string, Partial<MnListDiff>, ErrorFacts["code"]]>([
    ["a deleted masternode kept", { deletedMNs: diff.deletedMNs.slice(1) }, "engine/merkle-root-mismatch"],
    ["a new masternode withheld", { mnList: diff.mnList.slice(1) }, "engine/merkle-root-mismatch"],
    ["a gone quorum kept", { deletedQuorums: [] }, "engine/quorum-root-mismatch"],
    ["a new quorum withheld", { newQuorums: [] }, "engine/quorum-root-mismatch"],
    ["its base left out", { baseBlockHash: diff.blockHash }, "engine/unknown-base"],
  ])("is refused with %s", (_, change, code) => {
    expect(applyDiff(state, diff, context).list.masternodes.length).toBe(4);
    expect(factsOfRefusal(state, () => applyDiff(state, { ...diff, ...change }, context)).code).toBe(code);
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
