import { beforeAll, describe, expect, it } from "vitest";
import { type Bls, createMclBls } from "../../bls/index.ts";
import { applyDiff } from "../../engine/applyDiff.ts";
import type { EngineContext } from "../../engine/context.ts";
import { feedQrInfo } from "../../engine/feedQrInfo.ts";
import { EMPTY_ENGINE, type EngineState, newestList, statusOf } from "../../engine/state.ts";
import { KnownChain } from "../../engine/test/knownChain.ts";
import { neededLlmqTypes, paramsFromFile } from "../../params/index.ts";
import { readVector, readVectorJson } from "../../test/vectors.ts";
import { decode } from "../../wire/codec.ts";
import { toHashHex } from "../../wire/hashes.ts";
import { mnListDiff } from "../../wire/mnListDiff.ts";
import { qrInfo } from "../../wire/qrInfo.ts";
import { type Discovery, discover, quorumsToJudge } from "../discover.ts";
import { judgeQuorums } from "../judge.ts";
import { plan } from "../plan.ts";

const TIP = 478;

describe("on the regtest capture cycle-a", () => {
  const params = paramsFromFile(readVectorJson("regtest/cycle-a/params.json"));
  const chain = new KnownChain().addChainFile("regtest/cycle-a/chain.json");
  const neededTypes = neededLlmqTypes(params);
  let bls: Bls;
  let context: EngineContext;
  beforeAll(async () => {
    bls = await createMclBls();
    context = { params, chain, isValidSignature: (signature) => bls.isValidSignature(signature, "basic") };
  });

  const options = (tipHeight = TIP, quorumSetHeights: number[] = []) => ({
    neededTypes,
    tipHeight,
    quorumSetHeights,
    awaitedQuorums: [],
  });
  const discoverAt = (state: EngineState, tipHeight = TIP) => discover(state, context, options(tipHeight));
  const planAt = (state: EngineState, tipHeight = TIP, canAskQrInfo = true) =>
    plan(discoverAt(state, tipHeight), state, context, { tipHeight, neededTypes, canAskQrInfo });
  const planned = (discovery: Discovery, state: EngineState) =>
    plan(discovery, state, context, { tipHeight: TIP, neededTypes, canAskQrInfo: true });
  const feed = (state: EngineState, file: string) =>
    feedQrInfo(state, decode(qrInfo(70240), readVector(`regtest/cycle-a/qrinfo/${file}.bin`)), context).state;
  const apply = (state: EngineState, file: string) =>
    applyDiff(state, decode(mnListDiff(70240), readVector(`regtest/cycle-a/mnlistdiff/${file}.bin`)), context)
      .state;
  const judgeTip = (state: EngineState) => {
    const list = newestList(state);
    return judgeQuorums(state, list ? quorumsToJudge(state, list, neededTypes) : [], context, bls);
  };

  it("asks for nothing on an empty chain", () => {
    const empty: EngineContext = { ...context, chain: new KnownChain() };
    const discovery = discover(EMPTY_ENGINE, empty, options(0));
    expect(discovery.total).toBe(0);
    expect(
      plan(discovery, EMPTY_ENGINE, empty, { tipHeight: 0, neededTypes, canAskQrInfo: true }).rationale,
    ).toEqual([]);
  });

  it("asks an empty engine's peers for one qrinfo of the tip, without bases, and the quorums of its lock", () => {
    const { qrInfoRequests, mnListDiffRequests, rationale } = planAt(EMPTY_ENGINE);
    // The mining window ends at block 474.
    expect(mnListDiffRequests.map(({ baseHeight, height }) => [baseHeight, height])).toEqual([[448, 470]]);
    expect(qrInfoRequests.length).toBe(1);
    expect(qrInfoRequests[0]?.request).toEqual({
      baseBlockHashes: [],
      blockRequestHash: chain.hashAt(TIP),
      extraShare: true,
    });
    expect(rationale.length).toBe(2);
  });

  it("needs nothing more after that qrinfo, once its quorums are judged", async () => {
    const state = await judgeTip(feed(EMPTY_ENGINE, "478x-bnone@70240"));
    const discovery = discoverAt(state);
    expect(discovery.total).toBe(0);
    expect(discovery.unjudged).toBe(0);
    expect(planAt(state).rationale).toEqual([]);
    const needed = [...(newestList(state)?.quorums.values() ?? [])].filter(({ commitment }) =>
      neededTypes.includes(commitment.llmqType),
    );
    expect(needed.length).toBe(6);
    expect(needed.every((quorum) => statusOf(state, quorum).status === "verified")).toBe(true);
  });

  it("asks for lists by mnlistdiff where no peer answers a qrinfo, each based on the one below", async () => {
    const start = await judgeTip(apply(EMPTY_ENGINE, "zero-478"));
    const { qrInfoRequests, mnListDiffRequests } = planAt(start, TIP, false);
    expect(qrInfoRequests).toEqual([]);
    const steps = mnListDiffRequests.map(({ baseHeight, height }) => `${baseHeight}-${height}`);
    expect(steps).toEqual(["0-376", "376-400", "400-424", "424-448"]);
  });

  it("names the missing snapshot, and plans the qrinfo whose cycle brings it", async () => {
    const fed = feed(EMPTY_ENGINE, "478x-bnone@70240");
    const state = await judgeTip({ ...fed, snapshots: new Map() });
    expect(discoverAt(state).missingCycles.map(({ cycleHeight }) => cycleHeight)).toEqual([432]);
    const [request] = planAt(state).qrInfoRequests;
    expect(request?.workHeight).toBe(448);
    const bases = request?.request.baseBlockHashes.map((hash) => chain.heightOf(hash));
    expect(bases).toEqual([352, 376, 400, 424, 448, 478]);
  });

  it("follows the tip with one diff from the newest list, through one with the quorums of its lock", async () => {
    const fed = await judgeTip(feed(EMPTY_ENGINE, "478x-bnone@70240"));
    const state = { ...fed, lists: new Map([...fed.lists].filter(([, { height }]) => height < TIP)) };
    const { qrInfoRequests, mnListDiffRequests } = planAt(state);
    expect(qrInfoRequests).toEqual([]);
    expect(mnListDiffRequests.map(({ baseHeight, height }) => [baseHeight, height])).toEqual([
      [448, 470],
      [470, TIP],
    ]);
  });

  it("adds the list whose quorum set a lock waits for", async () => {
    const state = await judgeTip(feed(EMPTY_ENGINE, "478x-bnone@70240"));
    const discovery = discover(state, context, options(TIP, [431]));
    expect(discovery.missingLists).toEqual([
      { height: 431, blockHash: chain.hashAt(431), neededBy: ["a ChainLock"] },
    ]);
    const { mnListDiffRequests } = planned(discovery, state);
    expect(mnListDiffRequests.map(({ baseHeight, height }) => [baseHeight, height])).toEqual([[424, 431]]);
  });

  it("names quorums with a block below the first header: their base, or one that they are drawn from", () => {
    const state = apply(EMPTY_ENGINE, "zero-478");
    const { missingLists } = discoverAt(state);
    const [lowest] = missingLists;
    const young = new KnownChain();
    for (let height = (lowest?.height ?? 0) + 1; height <= TIP; height++) {
      const hash = chain.hashAt(height);
      if (hash) young.addHash(height, toHashHex(hash));
    }
    const found = discover(state, { ...context, chain: young }, options());
    expect(found.missingLists.map(({ height }) => height)).toEqual(
      missingLists.slice(1).map(({ height }) => height),
    );
    expect(lowest?.neededBy.length).toBeGreaterThan(0);
    const names = found.unresolvable.map(
      ({ llmqType, quorumHash, reason }) => `${llmqType}:${toHashHex(quorumHash)} ${reason}`,
    );
    expect(names.sort()).toEqual(lowest?.neededBy.map((quorum) => `${quorum} work-block-unknown`).sort());
  });

  it("never asks for a block off the best chain", async () => {
    const state = await judgeTip(feed(EMPTY_ENGINE, "478x-bnone@70240"));
    const fork = new KnownChain();
    for (let height = 0; height <= 440; height++) {
      const hash = chain.hashAt(height);
      if (hash) fork.addHash(height, toHashHex(hash));
    }
    const forked: EngineContext = { ...context, chain: fork };
    const discovery = discover(state, forked, options(440));
    const { qrInfoRequests, mnListDiffRequests } = plan(discovery, state, forked, {
      tipHeight: 440,
      neededTypes,
      canAskQrInfo: true,
    });
    const hashes = [
      ...qrInfoRequests.flatMap(({ request }) => [request.blockRequestHash, ...request.baseBlockHashes]),
      ...mnListDiffRequests.flatMap(({ request }) => [request.blockHash, request.baseBlockHash]),
    ];
    for (const hash of hashes) expect(fork.heightOf(hash), toHashHex(hash)).toBeDefined();
  });
});
