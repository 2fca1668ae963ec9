import { existsSync, readdirSync } from "node:fs";
import { bytesToHex } from "@noble/hashes/utils.js";
import { beforeAll, describe, expect, it } from "vitest";
import { type Bls, convertPublicKey, createMclBls } from "../../bls/index.ts";
import { type LlmqParams, WORK_DIFF_DEPTH } from "../../params/llmq.ts";
import { hasVectors, vectorPath } from "../../test/vectors.ts";
import { isLegacyCommitment } from "../../wire/finalCommitment.ts";
import {
  type BlockHash,
  fromHashHex,
  type HashHex,
  type Height,
  type QuorumHash,
  toHashHex,
} from "../../wire/hashes.ts";
import { type QuorumSnapshot, SnapshotSkipMode } from "../../wire/qrInfo.ts";
import { MnType, type SmlEntry } from "../../wire/smlEntry.ts";
import type { EngineContext } from "../context.ts";
import { feedQrInfo } from "../feedQrInfo.ts";
import { memberResolver } from "../quorumJobs.ts";
import { type QuorumEntry, quorumKey } from "../quorumSet.ts";
import { Rotation } from "../rotation.ts";
import { type EngineState, statusOf } from "../state.ts";
import { judge } from "./judge.ts";
import { MinedSets } from "./minedSets.ts";
import {
  type AppliedDiffs,
  applyAllDiffs,
  listsByHeight,
  onlyListsAt,
  SCENARIO_NAMES,
  Scenario,
} from "./scenario.ts";

/** What must come out of each capture; a message that is silently skipped changes a number here. */
interface Expected {
  readonly name: string;
  readonly quorums: number;
  readonly diffs: number;
  readonly lists: number;
  /** Diffs whose base list no recorded message leads to. */
  readonly withoutBase: string;
  readonly qrInfos: number;
  /** Rotating cycles with a recorded snapshot. */
  readonly snapshots: number;
  readonly skipLists: number;
  /** Statuses of the quorums a qrinfo announces, fed to an engine that holds just the lists of its request. */
  readonly announced: Record<string, number>;
}

const SCENARIOS: readonly Expected[] = [
  {
    name: "cycle-a",
    quorums: 42,
    diffs: 90,
    lists: 65,
    withoutBase: `
      238-478 358-478 430-478 steps/1-2 steps/172-173 steps/180-181 steps/182-183 steps/186-187
      steps/188-189 steps/441-442 steps/442-443 steps/443-444 steps/444-445 steps/445-446
      steps/446-447 steps/447-448`,
    qrInfos: 51,
    snapshots: 9,
    skipLists: 0,
    announced: { verified: 102 },
  },
  {
    name: "faults-b",
    quorums: 82,
    diffs: 107,
    lists: 74,
    withoutBase: `
      454-694 574-694 646-694 steps/1-2 steps/172-173 steps/180-181 steps/182-183 steps/186-187
      steps/188-189 steps/493-494 steps/495-496 steps/497-498 steps/499-500 steps/514-515
      steps/562-563 steps/596-597 steps/597-598 steps/657-658 steps/658-659 steps/659-660
      steps/660-661 steps/661-662 steps/662-663 steps/663-664`,
    qrInfos: 51,
    snapshots: 11,
    skipLists: 0,
    announced: { verified: 95, "list-missing": 7 },
  },
  {
    name: "few-masternodes-c",
    quorums: 66,
    diffs: 71,
    lists: 40,
    withoutBase: `
      385-625 505-625 577-625 steps/1-2 steps/140-141 steps/141-142 steps/142-143 steps/143-144
      steps/144-145 steps/146-147 steps/154-155 steps/156-157 steps/158-159 steps/396-397
      steps/397-398 steps/609-610 steps/610-611 steps/611-612 steps/612-613 steps/613-614
      steps/614-615 steps/615-616`,
    qrInfos: 51,
    snapshots: 9,
    skipLists: 3,
    announced: { verified: 102 },
  },
  {
    name: "legacy-bls-d",
    quorums: 26,
    diffs: 88,
    lists: 55,
    withoutBase: `
      238-478 358-478 430-478 steps/1-2 steps/130-131 steps/131-132 steps/132-133 steps/133-134
      steps/134-135 steps/135-136 steps/139-140 steps/285-286 steps/287-288 steps/289-290
      steps/291-292 steps/305-306 steps/307-308 steps/441-442 steps/442-443 steps/443-444
      steps/444-445 steps/445-446 steps/446-447 steps/447-448`,
    qrInfos: 51,
    snapshots: 10,
    skipLists: 0,
    announced: { verified: 88, "list-missing": 14 },
  },
];

interface RecordedQuorum {
  readonly llmqType: number;
  readonly quorumHash: string;
  readonly quorumHeight: Height;
  readonly members: readonly { readonly proTxHash: string; readonly pubKeyOperator: string }[];
  readonly quorumPublicKey: string;
  readonly activeAtTip: boolean;
}

interface RecordedMasternode {
  readonly proTxHash: string;
  readonly type: "Evo" | "Regular";
  readonly state: {
    readonly version: number;
    readonly service: string;
    readonly PoSeBanHeight: number;
    readonly pubKeyOperator: string;
    readonly platformNodeID?: string;
    readonly platformHTTPPort?: number;
  };
}

type ProtxLists = Record<
  string,
  { readonly hash: string; readonly registered?: readonly RecordedMasternode[]; readonly valid: string[] }
>;

it("asserts every scenario that is recorded", () => {
  const folder = vectorPath("regtest");
  const recorded = existsSync(folder) ? readdirSync(folder, { withFileTypes: true }) : [];
  expect(SCENARIOS.map(({ name }) => name)).toEqual(SCENARIO_NAMES);
  const known = [...SCENARIO_NAMES, "node-behaviour"];
  expect(known).toEqual(
    expect.arrayContaining(recorded.filter((entry) => entry.isDirectory()).map(({ name }) => name)),
  );
});

for (const expected of SCENARIOS) {
  if (!hasVectors(`regtest/${expected.name}`)) continue;
  describe(`regtest/${expected.name}`, () => {
    const scenario = new Scenario(expected.name);
    const { params, chain } = scenario;
    const minedSets = new MinedSets(scenario);
    const llmqOf = (type: number): LlmqParams => {
      const llmq = params.llmqs.get(type);
      if (!llmq) throw new Error(`type ${type} is not configured`);
      return llmq;
    };
    const rotating = llmqOf(params.llmqTypeInstantSend);

    let bls: Bls;
    let context: EngineContext;
    let replayed: AppliedDiffs;
    /** After all diffs and all qrinfos, every quorum judged. */
    let state: EngineState;
    /** Every quorum that any message brought. */
    let quorums: Map<string, QuorumEntry>;
    /** By work block, every snapshot any qrinfo brought. */
    let recordedSnapshots: Map<HashHex, Set<QuorumSnapshot>>;
    const rememberSnapshots = (fed: EngineState) => {
      for (const [hash, snapshot] of fed.snapshots) {
        recordedSnapshots.set(hash, (recordedSnapshots.get(hash) ?? new Set()).add(snapshot));
      }
    };

    beforeAll(async () => {
      bls = await createMclBls();
      context = { params, chain, isValidSignature: (signature) => bls.isValidSignature(signature, "basic") };
      replayed = applyAllDiffs(scenario, context);
      state = replayed.state;
      quorums = new Map();
      recordedSnapshots = new Map();
      for (const captured of scenario.ofKind("qrinfo")) {
        const fed = feedQrInfo(state, scenario.qrInfo(captured), context);
        expect(fed.tip.status, captured.file).toBe("applied");
        state = fed.state;
        rememberSnapshots(state);
        for (const quorum of state.announcedQuorums.values()) {
          quorums.set(quorumKey(quorum.commitment.llmqType, quorum.commitment.quorumHash), quorum);
        }
      }
      for (const list of state.lists.values())
        for (const [key, quorum] of list.quorums) quorums.set(key, quorum);
      state = await judge(state, quorums.values(), context, bls);
    });

    describe("mnlistdiff", () => {
      it(`applies all of ${expected.diffs} whose base is recorded, and names the others`, () => {
        const refused = [
          "mnlistdiff/0-1.bin: engine/no-coinbase-payload",
          "mnlistdiff/0-0.bin: engine/no-coinbase-payload",
          ...expected.withoutBase
            .split(/\s+/)
            .filter((name) => name !== "")
            .map((name) => `mnlistdiff/${name}.bin: engine/unknown-base`),
        ];
        expect([...replayed.refused].sort()).toEqual(refused.sort());
        expect(replayed.applied.length + refused.length).toBe(expected.diffs);
        expect(replayed.state.lists.size).toBe(expected.lists);
      });

      it("has the counts and roots the node reported for each", () => {
        for (const { captured, list } of replayed.applied) {
          const diff = scenario.diff(captured);
          const { expect: facts, file, height } = captured;
          expect(
            {
              height: list.height,
              header: list.header,
              merkleRootMNList: toHashHex(list.cbTx.merkleRootMNList),
              merkleRootQuorums: list.cbTx.merkleRootQuorums && toHashHex(list.cbTx.merkleRootQuorums),
              mnListCount: diff.mnList.length,
              deletedMNs: diff.deletedMNs.length,
              newQuorums: diff.newQuorums.length,
              deletedQuorums: diff.deletedQuorums.length,
            },
            file,
          ).toEqual({
            height,
            header: "verified",
            merkleRootMNList: facts.merkleRootMNList,
            merkleRootQuorums: facts.merkleRootQuorums,
            mnListCount: facts.mnListCount,
            deletedMNs: facts.deletedMNs,
            newQuorums: facts.newQuorums,
            deletedQuorums: facts.deletedQuorums,
          });
        }
      });
    });

    describe("lists", () => {
      it("are the registered and the valid masternodes of the node at those heights", () => {
        const lists = listsByHeight(state);
        const recorded = scenario.json<ProtxLists>("protx_lists.json");
        expect(Object.keys(recorded).length).toBeGreaterThanOrEqual(20);
        for (const [height, { hash, registered, valid }] of Object.entries(recorded)) {
          const list = lists.get(Number(height));
          const masternodes = list?.masternodes ?? [];
          expect(list && toHashHex(list.blockHash), height).toBe(hash);
          const validKeys = masternodes.filter(({ entry }) => entry.isValid).map(({ key }) => key);
          expect(validKeys.sort(), height).toEqual([...valid].sort());
          if (registered === undefined) continue;
          const facts = masternodes.map(({ entry }) => factsOfEntry(entry));
          expect(facts.sort(byProTxHash), height).toEqual(
            registered.map(factsOfRegistered).sort(byProTxHash),
          );
        }
      });

      it("hold the quorums that were mined last at their height", () => {
        expect(minedSets.count).toBe(expected.quorums);
        for (const list of state.lists.values()) {
          const ids = [...list.quorums].map(([key, { id }]) => [key, id]);
          const mined = [...minedSets.at(list.height)].map(([key, { id }]) => [key, id]);
          expect(ids.sort(), `${list.height}`).toEqual(mined.sort());
        }
      });
    });

    describe("quorums", () => {
      const recorded = scenario.json<RecordedQuorum[]>("quorums.json");
      it(`are all ${expected.quorums} there, with the recorded members in order`, () => {
        const resolve = memberResolver(state, context);
        const recordedKeys = recorded.map((q) =>
          quorumKey(q.llmqType, fromHashHex<QuorumHash>(q.quorumHash)),
        );
        expect(new Set(quorums.keys())).toEqual(new Set(recordedKeys));
        expect(quorums.size).toBe(expected.quorums);
        for (const { llmqType, quorumHash, quorumHeight, members, quorumPublicKey } of recorded) {
          const what = `type ${llmqType} at ${quorumHeight}`;
          const quorum = quorums.get(quorumKey(llmqType, fromHashHex<QuorumHash>(quorumHash)));
          const outcome = quorum && resolve(quorum);
          if (!quorum || !outcome || "missing" in outcome) return expect.fail(`${what} has no members`);
          const computed = outcome.members.map(({ key, entry }) => ({
            proTxHash: key,
            pubKeyOperator: bytesToHex(entry.pubKeyOperator),
          }));
          const named = members.map(({ proTxHash, pubKeyOperator }) => ({ proTxHash, pubKeyOperator }));
          expect(computed, what).toEqual(named);
          const { version, quorumPublicKey: bytes } = quorum.commitment;
          // The node prints quorum keys in basic encoding, operator keys in the encoding of their entry.
          const scheme = isLegacyCommitment(version) ? "legacy" : "basic";
          expect(bytesToHex(convertPublicKey({ bytes, scheme }, "basic") ?? bytes), what).toBe(
            quorumPublicKey,
          );
        }
      });

      it("are all verified, and nothing else has a status", () => {
        const verified = [...quorums.values()].map((quorum) => statusOf(state, quorum).status);
        expect(verified).toEqual(Array(expected.quorums).fill("verified"));
        expect(state.statuses.size).toBe(expected.quorums);
      });

      it("are active at the tip as recorded", () => {
        const tip = listsByHeight(state).get(scenario.tipHeight);
        const active = recorded
          .filter(({ activeAtTip }) => activeAtTip)
          .map((q) => quorumKey(q.llmqType, fromHashHex<QuorumHash>(q.quorumHash)));
        expect(tip && new Set(tip.quorums.keys())).toEqual(new Set(active));
      });
    });

    describe("qrinfo", () => {
      it(`brings each of ${expected.qrInfos} what its bases leave to bring`, async () => {
        const captures = scenario.ofKind("qrinfo");
        const counts: Record<string, number> = {};
        for (const captured of captures) {
          const heights = (captured.request?.baseBlockHashes ?? []).map((hash) =>
            chain.heightOf(fromHashHex<BlockHash>(hash)),
          );
          const bases = onlyListsAt(replayed.state, new Set(heights));
          const fed = feedQrInfo(bases, scenario.qrInfo(captured), context);
          expect(fed.tip.status, captured.file).toBe("applied");
          const judged = await judge(fed.state, fed.state.announcedQuorums.values(), context, bls);
          expect(judged.announcedQuorums.size, captured.file).toBe(rotating.signingActiveQuorumCount);
          for (const quorum of judged.announcedQuorums.values()) {
            const status = statusOf(judged, quorum);
            const what = status.status === "unknown" ? status.reason.code : status.status;
            counts[what] = (counts[what] ?? 0) + 1;
          }
        }
        expect(captures.length).toBe(expected.qrInfos);
        expect(counts).toEqual(expected.announced);
      });
    });

    describe("snapshots", () => {
      it(`of ${expected.snapshots} cycles are those a node derives, bit for bit`, () => {
        // No snapshot is held: each cycle's is derived from the lists and the derived ones before it.
        const rotation = new Rotation(replayed.state, rotating, context);
        let skipLists = 0;
        for (const [workBlock, snapshots] of recordedSnapshots) {
          const height = chain.heightOf(fromHashHex<BlockHash>(workBlock)) ?? Number.NaN;
          const derived = rotation.deriveSnapshot(height + WORK_DIFF_DEPTH);
          if ("missing" in derived) return expect.fail(`${height}: ${derived.missing.code}`);
          for (const snapshot of snapshots) expect(derived.snapshot, `${height}`).toEqual(snapshot);
          if (derived.snapshot?.mnSkipListMode === SnapshotSkipMode.skipFirst) skipLists++;
        }
        expect(recordedSnapshots.size).toBe(expected.snapshots);
        expect(skipLists).toBe(expected.skipLists);
      });
    });
  });
}

interface MasternodeFacts {
  readonly proTxHash: string;
  readonly isEvo: boolean;
  readonly isValid: boolean;
  readonly pubKeyOperator: string;
  readonly service: string;
  readonly platform: string | undefined;
}

function byProTxHash(a: MasternodeFacts, b: MasternodeFacts): number {
  return a.proTxHash < b.proTxHash ? -1 : 1;
}

function factsOfEntry(entry: SmlEntry): MasternodeFacts {
  if ("format" in entry.netInfo) throw new Error("no capture has extended addresses");
  const { address, port } = entry.netInfo;
  const { platformNodeID, platformHTTPPort } = entry;
  return {
    proTxHash: toHashHex(entry.proRegTxHash),
    isEvo: entry.type === MnType.evo,
    isValid: entry.isValid,
    pubKeyOperator: bytesToHex(entry.pubKeyOperator),
    service: `${address.subarray(12).join(".")}:${port}`,
    // A 160-bit number: printed reversed.
    platform: platformNodeID && `${bytesToHex(platformNodeID.slice().reverse())}:${platformHTTPPort}`,
  };
}

function factsOfRegistered({ proTxHash, type, state }: RecordedMasternode): MasternodeFacts {
  return {
    proTxHash,
    isEvo: type === "Evo",
    isValid: state.PoSeBanHeight === -1,
    pubKeyOperator: state.pubKeyOperator,
    service: state.service,
    platform: type === "Evo" ? `${state.platformNodeID}:${state.platformHTTPPort}` : undefined,
  };
}
