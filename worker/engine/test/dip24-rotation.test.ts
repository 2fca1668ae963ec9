import { beforeAll, describe, expect, it } from "vitest";
import { type Bls, createMclBls } from "../../bls/index.ts";
import { networkParams } from "../../params/index.ts";
import type { NetworkParams } from "../../params/types.ts";
import { hasVectors, readVector, readVectorJson } from "../../test/vectors.ts";
import { decode } from "../../wire/codec.ts";
import { fromHashHex, type QuorumHash, toHashHex } from "../../wire/hashes.ts";
import { mnListDiff } from "../../wire/mnListDiff.ts";
import { qrInfo } from "../../wire/qrInfo.ts";
import { applyDiff } from "../applyDiff.ts";
import type { EngineContext } from "../context.ts";
import { feedQrInfo } from "../feedQrInfo.ts";
import { countValid } from "../masternodeList.ts";
import { memberResolver } from "../quorumJobs.ts";
import { quorumKey } from "../quorumSet.ts";
import { EMPTY_ENGINE, type EngineState, sortedLists, statusOf } from "../state.ts";
import { judge } from "./judge.ts";
import { KnownChain } from "./knownChain.ts";

interface Expected {
  diffsInApplyOrder: {
    role: string;
    blockHash: string;
    blockHeight: number;
    afterApply?: { masternodes: number; validMasternodes: number; quorums: number };
  }[];
  cycleBaseHeights: Record<string, number | number[]>;
  lastCommitmentPerIndex: {
    quorumIndex: number;
    quorumHash: string;
    quorumHeight: number;
    signers: number;
  }[];
  nonRotatedQuorumsVerifiedFromListsAtHand?: { llmqType: number; quorumHash: string; quorumHeight: number }[];
}

const CASES = [
  {
    folder: "mainnet",
    name: "2449949",
    protocol: 70236,
    rotating: 32,
    others: 7,
    ranges: [],
    companion: [2449941, "mnlistdiff_0_2449941_p70236.bin"],
  },
  {
    folder: "mainnet",
    name: "2028764",
    protocol: 70230,
    rotating: 32,
    others: 7,
    ranges: [],
    companion: [2028691, "mnlistdiff_0_2028691_p70230.bin"],
  },
  {
    folder: "testnet",
    name: "849809",
    protocol: 70228,
    rotating: 32,
    others: 0,
    ranges: [["testnet/headers/headers_846500_850999.bin", 846500]],
    companion: undefined,
  },
  {
    folder: "testnet",
    name: "905294",
    protocol: 70230,
    rotating: 32,
    others: 3,
    ranges: [["testnet/headers/headers_899800_905999.bin", 899800]],
    companion: undefined,
  },
  {
    folder: "devnet",
    name: "paloma_15184",
    protocol: 70240,
    rotating: 2,
    others: 0,
    ranges: [],
    companion: undefined,
  },
] as const;

for (const { folder, name, protocol, rotating, others, ranges, companion } of CASES) {
  if (!hasVectors(`${folder}/qrinfo`)) continue;
  describe(`${folder} qrinfo ${name}`, () => {
    const path = `${folder}/qrinfo/qrinfo_${name}`;
    const expected = readVectorJson<Expected>(`${path}_expected.json`);
    const members = readVectorJson<Record<string, string[][]>>(`${path}_members.json`);
    const params: NetworkParams = networkParams(folder);
    const message = decode(qrInfo(protocol), readVector(`${path}_p${protocol}.bin`));
    const chain = new KnownChain();
    for (const [file, first] of ranges) chain.addHeaderFile(file, first);
    for (const { blockHeight, blockHash } of expected.diffsInApplyOrder)
      if (blockHeight !== undefined) chain.addHash(blockHeight, blockHash);
    for (const q of expected.lastCommitmentPerIndex) chain.addHash(q.quorumHeight, q.quorumHash);
    for (const q of expected.nonRotatedQuorumsVerifiedFromListsAtHand ?? [])
      chain.addHash(q.quorumHeight, q.quorumHash);

    let bls: Bls;
    let context: EngineContext;
    let state: EngineState;
    beforeAll(async () => {
      bls = await createMclBls();
      context = { params, chain, isValidSignature: (signature) => bls.isValidSignature(signature, "basic") };
      const start = companion ? applyCompanion(companion) : EMPTY_ENGINE;
      const fed = feedQrInfo(start, message, context);
      const quorums = [...fed.state.announcedQuorums.values()];
      for (const list of fed.state.lists.values()) quorums.push(...list.quorums.values());
      state = await judge(fed.state, quorums, context, bls);
    });

    function applyCompanion([height, file]: readonly [number, string]): EngineState {
      const diff = decode(mnListDiff(protocol), readVector(`${folder}/mnlistdiff/${file}`));
      chain.addHash(height, toHashHex(diff.blockHash));
      return applyDiff(EMPTY_ENGINE, diff, context).state;
    }

    it("applies every diff that has a base, with the expected lists", () => {
      const byHeight = new Map(sortedLists(state).map((list) => [list.height, list]));
      const reachable = expected.diffsInApplyOrder.filter(({ afterApply }) => afterApply);
      expect(reachable.length).toBeGreaterThan(0);
      for (const { blockHeight, blockHash, afterApply } of reachable) {
        const list = byHeight.get(blockHeight);
        expect(list && toHashHex(list.blockHash)).toBe(blockHash);
        expect(list?.masternodes.length).toBe(afterApply?.masternodes);
        expect(list && countValid(list.masternodes)).toBe(afterApply?.validMasternodes);
        expect(list?.quorums.size).toBe(afterApply?.quorums);
      }
      expect(byHeight.size).toBe(reachable.length + (companion ? 1 : 0));
    });

    it("selects the expected members, in order", () => {
      const resolve = memberResolver(state, context);
      for (const quorum of state.announcedQuorums.values()) {
        const { quorumHash, quorumIndex } = quorum.commitment;
        const baseHeight = chain.heightOf(quorumHash) ?? Number.NaN;
        const outcome = resolve(quorum);
        const proTxHashes = "members" in outcome ? outcome.members.map(({ key }) => key) : outcome.missing;
        expect(proTxHashes).toEqual(members[String(baseHeight - quorumIndex)]?.[quorumIndex]);
      }
    });

    it(`verifies ${rotating} rotating quorums`, () => {
      const statuses = [...state.announcedQuorums.values()].map((quorum) => statusOf(state, quorum).status);
      expect(statuses).toEqual(Array(rotating).fill("verified"));
    });

    it(`verifies the ${others} others whose lists are at hand`, () => {
      const listed = expected.nonRotatedQuorumsVerifiedFromListsAtHand ?? [];
      expect(listed.length).toBe(others);
      const held = new Map(sortedLists(state).flatMap((list) => [...list.quorums]));
      for (const { llmqType, quorumHash } of listed) {
        const quorum = held.get(quorumKey(llmqType, fromHashHex<QuorumHash>(quorumHash)));
        expect(quorum && statusOf(state, quorum)).toEqual({ status: "verified" });
      }
    });

    it("calls no quorum invalid", () => {
      expect([...state.statuses.values()].filter(({ status }) => status === "invalid")).toEqual([]);
    });
  });
}
