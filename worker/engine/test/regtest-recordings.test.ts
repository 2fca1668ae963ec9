import { beforeAll, describe, expect, it } from "vitest";
import { type Bls, createMclBls } from "../../bls/index.ts";
import { DashlightError } from "../../errors.ts";
import { paramsFromFile } from "../../params/index.ts";
import { hasVectors, readVector, readVectorJson } from "../../test/vectors.ts";
import { decode } from "../../wire/codec.ts";
import { fromHashHex, type QuorumHash, toHashHex } from "../../wire/hashes.ts";
import { chainLock, instantLock } from "../../wire/locks.ts";
import { mnListDiff } from "../../wire/mnListDiff.ts";
import { qrInfo } from "../../wire/qrInfo.ts";
import { applyDiff } from "../applyDiff.ts";
import type { EngineContext } from "../context.ts";
import { feedQrInfo } from "../feedQrInfo.ts";
import { type LockPreparation, prepareChainLock, prepareInstantLock } from "../locks.ts";
import { findEntry, type MasternodeList } from "../masternodeList.ts";
import { memberResolver } from "../quorumJobs.ts";
import { type QuorumEntry, quorumKey } from "../quorumSet.ts";
import { EMPTY_ENGINE, type EngineState, listAtHeight, sortedLists, statusOf } from "../state.ts";
import { judge } from "./judge.ts";
import { KnownChain } from "./knownChain.ts";

interface Captured {
  file: string;
  message: string;
  protocolVersion: number;
  height: number;
  baseHeight: number | null;
  nodeTipHeight: number;
  cycleHeight: number;
  expect?: {
    merkleRootMNList?: string;
    merkleRootQuorums?: string;
    mnListCount?: number;
    signedByQuorum?: string;
  };
}
interface RecordedQuorum {
  height: number;
  llmqType: number;
  quorumHash: string;
  quorumHeight: number;
  members: { proTxHash: string; pubKeyOperator: string; valid: boolean }[];
  quorumPublicKey: string;
  activeAtTip: boolean;
}

const SCENARIOS = [
  { name: "cycle-a", quorums: 42 },
  { name: "faults-b", quorums: 82 },
  { name: "few-masternodes-c", quorums: 66 },
  { name: "legacy-bls-d", quorums: 26 },
];

for (const scenario of SCENARIOS) {
  const folder = `regtest/${scenario.name}`;
  if (!hasVectors(folder)) continue;
  describe(folder, () => {
    const manifest = readVectorJson<{ messages: Captured[]; tip: { height: number } }>(
      `${folder}/manifest.json`,
    );
    const recorded = readVectorJson<RecordedQuorum[]>(`${folder}/quorums.json`);
    const params = paramsFromFile(readVectorJson(`${folder}/params.json`));
    const chain = new KnownChain().addChainFile(`${folder}/chain.json`);
    const ofKind = (kind: string) => manifest.messages.filter(({ message }) => message === kind);
    const diffs = ofKind("mnlistdiff");
    let bls: Bls;
    let context: EngineContext;
    let state: EngineState = EMPTY_ENGINE;
    const seen = new Map<string, QuorumEntry>();
    const remember = (list: MasternodeList) => {
      for (const [key, quorum] of list.quorums) seen.set(key, quorum);
    };

    const unappliedDiffs: string[] = [];
    beforeAll(async () => {
      bls = await createMclBls();
      context = { params, chain, isValidSignature: (signature) => bls.isValidSignature(signature, "basic") };
      for (const { file, protocolVersion } of ofKind("qrinfo")) {
        try {
          const fed = feedQrInfo(
            state,
            decode(qrInfo(protocolVersion), readVector(`${folder}/${file}`)),
            context,
          );
          state = fed.state;
        } catch (error) {
          if (!(error instanceof DashlightError) || error.code !== "engine/unknown-base") throw error;
        }
      }
      let waiting = diffs;
      for (let progress = true; progress; ) {
        progress = false;
        const next: Captured[] = [];
        for (const captured of waiting) {
          try {
            const diff = decode(
              mnListDiff(captured.protocolVersion),
              readVector(`${folder}/${captured.file}`),
            );
            state = applyDiff(state, diff, context).state;
            progress = true;
          } catch (error) {
            if (!(error instanceof DashlightError)) throw error;
            if (error.code === "engine/unknown-base") next.push(captured);
            else unappliedDiffs.push(`${captured.file}: ${error.code}`);
          }
        }
        waiting = next;
      }
      for (const { file } of waiting) unappliedDiffs.push(`${file}: engine/unknown-base`);
      for (const list of state.lists.values()) remember(list);
      for (const quorum of state.announcedQuorums.values()) {
        seen.set(quorumKey(quorum.commitment.llmqType, quorum.commitment.quorumHash), quorum);
      }
      state = await judge(state, seen.values(), context, bls);
    });

    it("report", () => {
      const missing: string[] = [];
      let equal = 0;
      const resolve = memberResolver(state, context);
      const stat: Record<string, number> = {};
      for (const q of recorded) {
        const quorum = seen.get(quorumKey(q.llmqType, fromHashHex<QuorumHash>(q.quorumHash)));
        if (!quorum) {
          missing.push(`${q.llmqType} ${q.quorumHeight} not in any list`);
          continue;
        }
        const outcome = resolve(quorum);
        if ("missing" in outcome) {
          missing.push(`${q.llmqType} ${q.quorumHeight} ${JSON.stringify(outcome.missing)}`);
          continue;
        }
        expect(
          outcome.members.map(({ key }) => key),
          `${q.llmqType} ${q.quorumHeight}`,
        ).toEqual(q.members.map((m) => m.proTxHash));
        equal++;
        const s = JSON.stringify(statusOf(state, quorum));
        stat[s] = (stat[s] ?? 0) + 1;
      }
      console.log(
        scenario.name,
        recorded.length,
        equal,
        missing,
        stat,
        unappliedDiffs,
        sortedLists(state).length,
        diffs.length,
      );
    });
    it("locks", async () => {
      const count: Record<string, number> = {};
      const note = async (prep: LockPreparation, signedBy: string | undefined) => {
        for (const c of prep.candidates) {
          const [ok] = await bls.verify([c.check]);
          if (ok) {
            count[signedBy === toHashHex(c.quorum.commitment.quorumHash) ? "right" : "wrong"] =
              (count[signedBy === toHashHex(c.quorum.commitment.quorumHash) ? "right" : "wrong"] ?? 0) + 1;
            return;
          }
        }
        const k = JSON.stringify(prep.missing ?? "bad").replace(/\d+/, "N");
        count[k] = (count[k] ?? 0) + 1;
      };
      for (const c of ofKind("clsig"))
        await note(
          prepareChainLock(state, decode(chainLock, readVector(`${folder}/${c.file}`)), context),
          c.expect?.signedByQuorum,
        );
      console.log(scenario.name, "clsig", count);
      for (const k of Object.keys(count)) delete count[k];
      for (const c of ofKind("isdlock"))
        await note(
          prepareInstantLock(
            state,
            decode(instantLock, readVector(`${folder}/${c.file}`)),
            manifest.tip.height,
            context,
          ),
          c.expect?.signedByQuorum,
        );
      console.log(scenario.name, "isdlock", count);
    });
  });
}
