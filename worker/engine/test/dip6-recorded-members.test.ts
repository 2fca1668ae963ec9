import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { beforeAll, describe, expect, it } from "vitest";
import { type Bls, createMclBls } from "../../bls/index.ts";
import { networkParams } from "../../params/index.ts";
import { hasVectors, readVectorJson } from "../../test/vectors.ts";
import { readCbTx } from "../../wire/cbTx.ts";
import { decode, hash256, struct, u32, varBytes, vector } from "../../wire/codec.ts";
import { computeCommitmentHash, finalCommitment } from "../../wire/finalCommitment.ts";
import {
  type BlockHash,
  compareBytes,
  fromHashHex,
  type ProTxHash,
  sha256d,
  toHashHex,
} from "../../wire/hashes.ts";
import { blockHeader } from "../../wire/header.ts";
import { computeMerkleRoot, extractMatches } from "../../wire/merkle.ts";
import { MnType, makeSmlEntry, type SmlEntry } from "../../wire/smlEntry.ts";
import { computeTxid, transaction } from "../../wire/tx.ts";
import type { EngineContext } from "../context.ts";
import { ListEntry, type MasternodeList } from "../masternodeList.ts";
import { computeBlockHashModifier, computeHashModifier, rankEntries } from "../members.ts";
import { memberResolver } from "../quorumJobs.ts";
import { makeQuorumEntry, type QuorumEntry } from "../quorumSet.ts";
import { type EngineState, statusOf } from "../state.ts";
import { describeStatus, judge } from "./judge.ts";
import { KnownChain } from "./knownChain.ts";
import { madeEntry } from "./madeEntries.ts";
import { holding, madeHash, makeCbTx, makeList } from "./madeLists.ts";
import { applyTestnetSeries, testnetChain } from "./testnetSeries.ts";

const TESTNET = networkParams("testnet");

describe("verification.md 18.8: members of mainnet's type 4 quorum at 2240472", () => {
  const MAINNET = networkParams("mainnet");
  const workHeight = 2240464;
  const signature = hexToBytes(
    "a924eb30be3fcf9893675764da9b85e44c79716bdea66e5c1005fc1ef9f4a6cd4f7eb87f200185960c63923dbd056cac" +
      "09a4a5f6adc216c211377e5aa1c47ab1ebcf4d51ae5fabf630b1f47b92ae7021c085c2527ffe7cb437c1da52b9c5e115",
  );
  const MODIFIER = "5dce8cd5f3a58179125cf705cb9e67e074586baf8f8b49616b920d6d1ce4cdc8";
  const ranked = [
    [
      "84b89c9176ec0ad1c852369dae75f80c66802d0d61062e074b3027d620222350",
      "00000000000000216c735001c1110a8b56aa10f090e83248b96c62cb85fb496b",
    ],
    [
      "71abf5662be37258cbdb338c94d7e409a8c5d87d339d25803f090c95f486f3e6",
      "0000000000000006f87097b92d9e8a8e070a768a9a394ab352e2349027865ca5",
    ],
    [
      "7457a10b5a1ca0088d2c5d381d1e41dd736b05b6f44588e8f94a1592109ed12d",
      "0000000000000024bee4734a83926678ee445076b4cbd07a4bdbe78830ecf4b6",
    ],
    [
      "37e0421664745227080bc0f0cc089e2b11a2c569a01c7d4edd298d34af9dc003",
      "0000000000000004a7d973d032f9172eebb4de8159c9f0187a3cf456304c584c",
    ],
  ].map(
    ([proRegTxHash, confirmedHash], id) =>
      new ListEntry(
        madeEntry(id, {
          proRegTxHash: fromHashHex<ProTxHash>(proRegTxHash ?? ""),
          confirmedHash: fromHashHex<BlockHash>(confirmedHash ?? ""),
          type: MnType.evo,
          platformHTTPPort: 443,
          platformNodeID: new Uint8Array(20),
        }),
      ),
  );
  const workBlock = makeList({
    height: workHeight,
    hash: madeHash(workHeight),
    masternodes: ranked.toSorted((a, b) => compareBytes(a.entry.proRegTxHash, b.entry.proRegTxHash)),
    cbTx: makeCbTx(workHeight, signature),
  });
  const context: EngineContext = { params: MAINNET, chain: new KnownChain(), isValidSignature: () => true };

  it("has the modifier that the work block's ChainLock gives", async () => {
    const bls = await createMclBls();
    const own = { ...context, isValidSignature: (bytes: Uint8Array) => bls.isValidSignature(bytes, "basic") };
    expect(bytesToHex(computeHashModifier(4, workBlock, own))).toBe(MODIFIER);
  });

  it("orders them by scores read as little-endian numbers", () => {
    const modifier = computeHashModifier(4, workBlock, context);
    expect(rankEntries(workBlock.masternodes, modifier).map(({ key }) => key)).toEqual(
      ranked.map(({ key }) => key),
    );
    expect(bytesToHex(ranked[0]?.confirmedProTxHash ?? new Uint8Array(0))).toBe(
      "ef5c79d42929cb6d21a1b9e432405aa2b5b279b3400a914cf0ae2ec6ff17e64a",
    );
  });

  it("takes the work block's hash where its coinbase has no valid ChainLock, and before V20", () => {
    const byHash = bytesToHex(computeBlockHashModifier(4, workBlock.blockHash));
    const modifierOf = (list: MasternodeList, own: Partial<EngineContext> = {}) =>
      bytesToHex(computeHashModifier(4, list, { ...context, ...own }));
    expect(byHash).toBe(bytesToHex(sha256d(Uint8Array.of(4), workBlock.blockHash)));
    expect(modifierOf(workBlock)).toBe(MODIFIER);
    expect(modifierOf(workBlock, { isValidSignature: () => false })).toBe(byHash);
    expect(modifierOf({ ...workBlock, cbTx: makeCbTx(workHeight, new Uint8Array(96)) })).toBe(byHash);
    expect(modifierOf({ ...workBlock, cbTx: makeCbTx(workHeight) })).toBe(byHash);
    const activation = { ...MAINNET.activation, v20: workHeight + 1 };
    expect(modifierOf(workBlock, { params: { ...MAINNET, activation } })).toBe(byHash);
  });
});

if (hasVectors("testnet/mnlistdiff/series_530000")) {
  describe("testnet/mnlistdiff/series_530000", () => {
    const { activation } = TESTNET;
    let state: EngineState;
    let chain: KnownChain;
    const quorums = new Map<string, QuorumEntry>();

    beforeAll(async () => {
      const bls = await createMclBls();
      chain = testnetChain();
      const context: EngineContext = {
        params: TESTNET,
        chain,
        isValidSignature: (signature) => bls.isValidSignature(signature, "basic"),
      };
      const series = applyTestnetSeries(chain);
      for (const list of series.lists)
        for (const quorum of list.quorums.values()) quorums.set(quorum.id, quorum);
      state = await judge(series.state, quorums.values(), context, bls);
    });

    it("is 29 lists, all but the first under verified headers", () => {
      const lists = [...state.lists.values()];
      expect(lists.length).toBe(29);
      expect(lists.filter(({ header }) => header === "unknown").map(({ height }) => height)).toEqual([
        530000,
      ]);
    });

    it("verifies every quorum of types 1, 4 and 6 whose base is before V20 and has a list", () => {
      const held = new Set([...state.lists.values()].map(({ height }) => height));
      const judged = [...quorums.values()].flatMap((quorum) => {
        const { llmqType, quorumHash } = quorum.commitment;
        const base = chain.heightOf(quorumHash) ?? Number.NaN;
        const isPreV20 = base + 1 < activation.v20;
        return isPreV20 && held.has(base) && [1, 4, 6].includes(llmqType)
          ? [`${llmqType} ${base} ${describeStatus(statusOf(state, quorum))}`]
          : [];
      });
      const bases = [904944, 904968, 904992, 905016, 905040, 905064, 905088];
      const expected = [1, 4, 6].flatMap((type) => bases.map((base) => `${type} ${base} verified`));
      expect(judged.sort()).toEqual(expected.sort());
    });

    it("says of every other quorum exactly what is missing", () => {
      const counts: Record<string, number> = {};
      for (const quorum of quorums.values()) {
        const status = statusOf(state, quorum);
        const what = status.status === "unknown" ? status.reason.code : status.status;
        const name = `type ${quorum.commitment.llmqType} ${what}`;
        counts[name] = (counts[name] ?? 0) + 1;
      }
      expect(counts).toEqual({
        "type 1 verified": 7,
        "type 1 list-missing": 41,
        "type 1 base-block-unknown": 24,
        "type 2 base-block-unknown": 4,
        "type 3 base-block-unknown": 1,
        "type 4 verified": 7,
        "type 4 list-missing": 41,
        "type 4 base-block-unknown": 24,
        "type 5 list-missing": 96,
        "type 6 verified": 7,
        "type 6 list-missing": 41,
      });
    });
  });
}

if (hasVectors("testnet/quorum_members")) {
  describe("testnet/quorum_members/members_1519920", () => {
    interface RecordedMasternode {
      readonly proRegTxHash: string;
      readonly confirmedHash: string;
      readonly ipInternal: string;
      readonly port: number;
      readonly pubKeyOperator: string;
      readonly keyIDVotingInternal: string;
      readonly nVersion: number;
      readonly isValid: boolean;
      readonly nType: number;
      readonly platformHTTPPort: number;
      readonly platformNodeIDInternal: string;
    }
    interface RecordedMembers {
      readonly quorumHeight: number;
      readonly quorumHash: string;
      readonly workBlockHeight: number;
      readonly workBlockHash: string;
      readonly workBlockHeader: string;
      readonly workBlockCbTx: string;
      readonly workBlockCbTxMerkleTree: string;
      readonly merkleRootMNList: string;
      readonly bestCLSignature: string;
      readonly masternodes: readonly RecordedMasternode[];
      readonly quorums: readonly {
        readonly llmqType: number;
        readonly modifier: string;
        readonly expectedMembers: readonly { readonly proTxHash: string; readonly pubKeyOperator: string }[];
        readonly commitment: string;
        readonly commitmentHash: string;
      }[];
    }
    const recorded = readVectorJson<RecordedMembers>("testnet/quorum_members/members_1519920.json");
    const partialMerkleTree = struct({
      totalTransactions: u32,
      merkleHashes: vector(hash256(), "merkle hashes"),
      merkleFlags: varBytes(),
    });

    const chain = new KnownChain()
      .addHeader(recorded.workBlockHeight, recorded.workBlockHash, hexToBytes(recorded.workBlockHeader))
      .addHash(recorded.quorumHeight, recorded.quorumHash);
    let bls: Bls;
    let context: EngineContext;
    let list: MasternodeList;
    let state: EngineState;

    function toEntry(node: RecordedMasternode): SmlEntry {
      const isEvo = node.nType === MnType.evo;
      return makeSmlEntry({
        version: node.nVersion,
        proRegTxHash: fromHashHex<ProTxHash>(node.proRegTxHash),
        confirmedHash: fromHashHex<BlockHash>(node.confirmedHash),
        netInfo: { address: hexToBytes(node.ipInternal), port: node.port },
        pubKeyOperator: hexToBytes(node.pubKeyOperator),
        keyIDVoting: hexToBytes(node.keyIDVotingInternal),
        isValid: node.isValid,
        type: node.nType,
        platformHTTPPort: isEvo ? node.platformHTTPPort : undefined,
        platformNodeID: isEvo ? hexToBytes(node.platformNodeIDInternal) : undefined,
      });
    }

    beforeAll(async () => {
      bls = await createMclBls();
      context = {
        params: TESTNET,
        chain,
        isValidSignature: (signature) => bls.isValidSignature(signature, "basic"),
      };
      const cbTx = readCbTx(decode(transaction, hexToBytes(recorded.workBlockCbTx)));
      if (!cbTx) throw new Error("the work block has no coinbase payload");
      const masternodes = recorded.masternodes
        .map((node) => new ListEntry(toEntry(node)))
        .sort((a, b) => compareBytes(a.entry.proRegTxHash, b.entry.proRegTxHash));
      list = makeList({ height: recorded.workBlockHeight, hash: recorded.workBlockHash, masternodes, cbTx });
      state = holding(list);
    });

    it("has a list that the work block's coinbase proves", () => {
      const { root, matches } = extractMatches(
        decode(partialMerkleTree, hexToBytes(recorded.workBlockCbTxMerkleTree)),
      );
      const coinbase = decode(transaction, hexToBytes(recorded.workBlockCbTx));
      expect(root).toEqual(decode(blockHeader, hexToBytes(recorded.workBlockHeader)).merkleRoot);
      expect(matches).toEqual([{ position: 0, hash: computeTxid(coinbase) }]);
      expect(list.cbTx.height).toBe(recorded.workBlockHeight);
      expect(toHashHex(list.cbTx.merkleRootMNList)).toBe(recorded.merkleRootMNList);
      const { root: listRoot, mutated } = computeMerkleRoot(list.masternodes.map(({ leaf }) => leaf));
      expect([toHashHex(listRoot), mutated]).toEqual([recorded.merkleRootMNList, false]);
      expect(list.masternodes.length).toBe(371);
    });

    it("gives both quorums their modifier and members, in order, Evo only for type 6", () => {
      const resolve = memberResolver(state, context);
      const sizes = recorded.quorums.map((quorum) => {
        expect(toHashHex(computeHashModifier(quorum.llmqType, list, context))).toBe(quorum.modifier);
        const outcome = resolve(makeQuorumEntry(decode(finalCommitment, hexToBytes(quorum.commitment))));
        if ("missing" in outcome) return expect.fail(outcome.missing.code);
        const members = outcome.members.map(({ key, entry }) => ({
          proTxHash: key,
          pubKeyOperator: bytesToHex(entry.pubKeyOperator),
        }));
        expect(members).toEqual(quorum.expectedMembers);
        return `${quorum.llmqType}: ${members.length}`;
      });
      expect(sizes).toEqual(["1: 50", "6: 25"]);
    });

    it("verifies both commitments", async () => {
      const entries = recorded.quorums.map(({ commitment, commitmentHash }) => {
        const entry = makeQuorumEntry(decode(finalCommitment, hexToBytes(commitment)));
        expect(toHashHex(computeCommitmentHash(entry.commitment))).toBe(commitmentHash);
        return entry;
      });
      const judged = await judge(state, entries, context, bls);
      expect(entries.map((entry) => describeStatus(statusOf(judged, entry)))).toEqual([
        "verified",
        "verified",
      ]);
    });
  });
}
