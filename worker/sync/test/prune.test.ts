import { beforeAll, describe, expect, it } from "vitest";
import type { EngineContext } from "../../engine/context.ts";
import { EMPTY_ENGINE, type EngineState } from "../../engine/state.ts";
import { hasVectors } from "../../test/vectors.ts";
import { prune } from "../prune.ts";
import { RecordedChain } from "./recordedChain.ts";

const FOLDER = "regtest/cycle-a";
const NEEDED_TYPES = [100, 103, 106];

const heightsOf = ({ lists }: EngineState) =>
  [...lists.values()].map(({ height }) => height).sort((a, b) => a - b);

describe.runIf(hasVectors(FOLDER))("what is kept", () => {
  let recorded: RecordedChain;
  let full: EngineState;
  beforeAll(async () => {
    recorded = await RecordedChain.load();
    let state = recorded.apply(EMPTY_ENGINE, "zero-16");
    for (let height = 16; height < 448; height += 24)
      state = recorded.apply(state, `${height}-${height + 24}`);
    state = recorded.applyBlocks(state, 470);
    full = await recorded.judgeNewest(recorded.apply(state, "448-478"));
  });

  it("are recent lists, and the work blocks of eight rotating cycles", () => {
    const pruned = prune(full, recorded.context, [100, 103]);
    const workBlocks = [304, 328, 352, 376, 400, 424, 448];
    const recent = Array.from({ length: 470 - 454 + 1 }, (_, i) => 454 + i);
    expect(heightsOf(pruned)).toEqual([...workBlocks, ...recent, 478]);
    expect(heightsOf(full).length).toBeGreaterThan(heightsOf(pruned).length);
    for (const id of pruned.statuses.keys()) expect(full.statuses.has(id)).toBe(true);
  });

  it("is whatever an active quorum of a needed type was drawn from, however old", () => {
    // Where nothing rotates, only the needed quorums keep old lists: those of 432 and 456, 8 blocks below.
    const { params, chain } = recorded.context;
    const llmqs = new Map([...params.llmqs].map(([type, llmq]) => [type, { ...llmq, useRotation: false }]));
    const context: EngineContext = { ...recorded.context, params: { ...params, llmqs } };
    const old = heightsOf(prune(full, context, [100])).filter((height) => height < 454);
    expect(old).toEqual([424, 448]);
    expect(heightsOf(prune(full, context, [])).filter((height) => height < 454)).toEqual([]);
    // A quorum whose base is unknown keeps nothing.
    const blind = { ...context, chain: { ...chain, heightOf: () => undefined, hashAt: () => undefined } };
    const blindContext = { ...blind, chain: { ...blind.chain, merkleRootAt: () => undefined } };
    expect(heightsOf(prune(full, blindContext, [100])).filter((height) => height < 454)).toEqual([]);
  });

  it("keeps the four work blocks of every active rotating quorum", () => {
    const { params } = recorded.context;
    const [rotating] = [...params.llmqs.values()].filter(({ useRotation }) => useRotation);
    if (!rotating) throw new Error("no rotating type");
    // As if another type signed InstantSend: then only the quorums themselves keep their lists.
    const context = { ...recorded.context, params: { ...params, llmqTypeInstantSend: 100 } };
    const old = heightsOf(prune(full, context, [rotating.type])).filter((height) => height < 454);
    expect(old).toEqual([376, 400, 424, 448]);
  });

  it("is every Platform quorum for 24 DKG intervals after it retired", () => {
    const { params } = recorded.context;
    const retired = [...full.lists.values()].find(({ height }) => height === 304);
    const platform = (list = retired) =>
      [...(list?.quorums.values() ?? [])].filter(({ commitment }) => commitment.llmqType === 106);
    const active = platform([...full.lists.values()].find(({ height }) => height === 478));
    expect(platform().length).toBeGreaterThan(0);
    for (const { id } of platform()) expect(active.map((quorum) => quorum.id)).not.toContain(id);
    const others = new Map([...params.llmqs].map(([type, llmq]) => [type, { ...llmq, useRotation: false }]));
    const context = { ...recorded.context, params: { ...params, llmqs: others } };
    const oldest = (state: EngineState) => Math.min(...heightsOf(prune(state, context, [106])));
    expect(oldest(full)).toBe(16);
    const short = new Map([...others].map(([type, llmq]) => [type, { ...llmq, dkgInterval: 8 }]));
    const shortContext = { ...context, params: { ...params, llmqs: short } };
    // 24 intervals after it retired, and the 2 for which it was active: 26 of 8 blocks below 478 lie at 270.
    const kept = heightsOf(prune(full, shortContext, [106])).filter((height) => height < 400);
    expect(kept).toEqual([280, 304, 328, 352, 376]);
    expect(heightsOf(full)).toContain(256);
    expect(prune(full, context, [100]).lists.size).toBeLessThan(prune(full, context, [106]).lists.size);
  });

  it("leaves alone what has nothing to drop", () => {
    expect(prune(EMPTY_ENGINE, recorded.context, NEEDED_TYPES)).toBe(EMPTY_ENGINE);
    const pruned = prune(full, recorded.context, NEEDED_TYPES);
    expect(prune(pruned, recorded.context, NEEDED_TYPES)).toBe(pruned);
  });
});
