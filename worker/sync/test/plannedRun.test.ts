import { beforeAll, describe, expect, it } from "vitest";
import { applyDiff } from "../../engine/applyDiff.ts";
import { feedQrInfo } from "../../engine/feedQrInfo.ts";
import { EMPTY_ENGINE, type EngineState } from "../../engine/state.ts";
import { neededLlmqTypes } from "../../params/index.ts";
import type { SyncTuning } from "../../syncTuning.ts";
import { hasVectors } from "../../test/vectors.ts";
import { discover } from "../discover.ts";
import { plan, type SyncPlan } from "../plan.ts";
import { ExecutorRig, FOLDER } from "./executorRig.ts";
import { RecordedChain } from "./recordedChain.ts";

const TIP = 478;
const PEERS = [1, 2, 3, 4];

let recorded: RecordedChain;
beforeAll(async () => {
  recorded = await RecordedChain.load();
});

/** Without some of its lists. */
function lacking(state: EngineState, ...heights: readonly number[]): EngineState {
  return { ...state, lists: new Map([...state.lists].filter(([, list]) => !heights.includes(list.height))) };
}

interface Situation {
  readonly peers: number;
  readonly rttMs: number;
  readonly tuning: Partial<SyncTuning>;
}

/** Plans and carries out until nothing is missing, over real connections. */
async function syncFrom(start: EngineState, { peers, rttMs, tuning }: Situation): Promise<SyncPlan[]> {
  const rig = await ExecutorRig.start(
    Array.from({ length: peers }, () => ({})),
    tuning,
  );
  for (const { address } of rig.nodes) {
    for (let i = 0; i < 9; i++) rig.executor.health.monitor.pong(address, rttMs);
  }
  const { context } = recorded;
  const neededTypes = neededLlmqTypes(context.params);
  let state = start;
  rig.apply = async (_request, answer) => {
    state =
      answer.kind === "mnlistdiff"
        ? applyDiff(state, answer.diff, context).state
        : feedQrInfo(state, answer.qrInfo, context).state;
  };
  const plans: SyncPlan[] = [];
  for (;;) {
    const needs = { neededTypes, tipHeight: TIP, quorumSetHeights: [], awaitedQuorums: [] };
    const { canAskQrInfo, costs } = rig.executor;
    const options = { tipHeight: TIP, neededTypes, canAskQrInfo, costs };
    const next = plan(discover(state, context, needs), state, context, options);
    if (next.requests.length === 0) break;
    plans.push(next);
    expect(await rig.run(next.requests, [...next.dependencies])).toBe(true);
    expect(plans.length).toBeLessThan(5);
  }
  expect([rig.failures, rig.lies, rig.nodes.map(({ misbehaviour }) => misbehaviour)]).toEqual([
    [],
    [],
    rig.nodes.map(() => 0),
  ]);
  for (const node of rig.nodes) node.hangUp();
  return plans;
}

describe.runIf(hasVectors(FOLDER))("planned and carried out", () => {
  it.each([
    ["nothing", () => EMPTY_ENGINE],
    ["the tip's list alone", () => recorded.apply(EMPTY_ENGINE, "zero-478")],
    ["all but two lists", () => lacking(recorded.fedFromTip(), 400, 424)],
    ["all but the newest lists", () => lacking(recorded.fedFromTip(), 448, TIP)],
  ])("a sync from %s takes no more rounds with more peers or a quicker line", async (_what, start) => {
    const roundsOf = async (situation: Situation) => (await syncFrom(start(), situation)).length;
    let worst = await roundsOf({ peers: 1, rttMs: 2_000, tuning: { isSequential: true } });
    for (const peers of PEERS) {
      for (const rttMs of [2_000, 20]) {
        const rounds = await roundsOf({ peers, rttMs, tuning: {} });
        expect(rounds, `${peers} peers, ${rttMs} ms`).toBeLessThanOrEqual(worst);
        worst = rounds;
      }
    }
  });

  it("asks for other things one by one over a slow line than side by side over a quick one", async () => {
    const start = lacking(recorded.fedFromTip(), 400, 424);
    const kinds = (plans: readonly SyncPlan[]) =>
      plans.map(({ requests }) => requests.map(({ kind }) => kind));
    const oneByOne = await syncFrom(start, { peers: 1, rttMs: 2_000, tuning: { isSequential: true } });
    expect(kinds(oneByOne)).toEqual([["qrinfo"]]);
    const sideBySide = await syncFrom(start, { peers: 4, rttMs: 20, tuning: {} });
    expect(kinds(sideBySide)).toEqual([["mnlistdiff", "mnlistdiff"]]);
  });
});
