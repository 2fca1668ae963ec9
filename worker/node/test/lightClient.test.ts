import { describe, expect, it } from "vitest";
import { hasVectors, readVectorJson } from "../../test/vectors.ts";
import { startClient, startNode } from "./replays.ts";

/** What the recorded node's own RPC says. */
interface Expected {
  readonly scenario: string;
  /** The diffs that show the ChainLock's quorum set, where no held list has it. */
  readonly mnlistdiff: number;
  readonly chainLock: number;
}

const SCENARIOS: readonly Expected[] = [
  { scenario: "cycle-a", mnlistdiff: 1, chainLock: 478 },
  { scenario: "faults-b", mnlistdiff: 1, chainLock: 694 },
  { scenario: "few-masternodes-c", mnlistdiff: 1, chainLock: 625 },
].filter(({ scenario }) => hasVectors(`regtest/${scenario}`));

const NEEDED_TYPES = [100, 103, 106];

function recordedCounts(scenario: string, tipHeight: number) {
  type Lists = Record<number, { registered: unknown[]; valid: unknown[] }>;
  const lists = readVectorJson<Lists>(`regtest/${scenario}/protx_lists.json`)[tipHeight];
  const quorums = readVectorJson<{ llmqType: number; activeAtTip: boolean }[]>(
    `regtest/${scenario}/quorums.json`,
  ).filter(({ activeAtTip }) => activeAtTip);
  const quorumsOfType = (type: number) => quorums.filter(({ llmqType }) => llmqType === type).length;
  return { total: lists?.registered.length, valid: lists?.valid.length, quorumsOfType };
}

describe.each(SCENARIOS)("$scenario", ({ scenario, mnlistdiff, chainLock }) => {
  it("syncs from one node as its RPC tells, with one qrinfo", async () => {
    const node = await startNode({ scenario });
    const run = await startClient([node]);
    await run.synced();
    const { tip } = node.recording;
    const recorded = recordedCounts(scenario, tip.height);
    expect(run.snapshot).toMatchObject({
      phase: "live",
      problem: undefined,
      cannotVerify: [],
      tip: { ...tip, isChainLocked: chainLock === tip.height },
      chainLock: { height: chainLock },
      masternodes: { height: tip.height, blockHash: tip.hash, total: recorded.total, valid: recorded.valid },
    });
    const needed = run.snapshot.quorums.filter(({ isNeeded }) => isNeeded);
    expect(needed.map(({ llmqType }) => llmqType)).toEqual(NEEDED_TYPES);
    for (const { llmqType, total, verified } of needed) {
      expect([llmqType, total, verified]).toEqual([llmqType, recorded.quorumsOfType(llmqType), total]);
    }
    expect(run.client.requestCounts).toEqual({ qrinfo: 1, mnlistdiff, headers: 2 });
    const counts = [node.count("getqrinfo"), node.count("getmnlistd"), node.count("getheaders2")];
    expect(counts).toEqual([1, mnlistdiff, 2]);
    expect(node.misbehaviour).toBe(0);
    expect(run.peer(node)).toMatchObject({ status: "ready", score: 100 });
    expect(run.snapshot.log.filter(({ level }) => level !== "info")).toEqual([]);
  });

  it("shows progress that never goes back and ends at 1", async () => {
    const run = await startClient([await startNode({ scenario })]);
    await run.synced();
    const { fractions } = run;
    expect(fractions.length).toBeGreaterThan(5);
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
    expect(new Set(fractions).size).toBeGreaterThan(2);
    expect([fractions[0], fractions.at(-1)]).toEqual([0, 1]);
  });

  it("asks no more from three nodes than from one", async () => {
    const nodes = await Promise.all([1, 2, 3].map(() => startNode({ scenario })));
    const run = await startClient(nodes);
    await run.synced();
    await run.until(({ peers }) => peers.every(({ status }) => status === "ready"), "all peers ready");
    expect(run.client.requestCounts).toMatchObject({ qrinfo: 1, mnlistdiff });
    const sum = (command: string) => nodes.reduce((total, node) => total + node.count(command), 0);
    expect([sum("getqrinfo"), sum("getmnlistd")]).toEqual([1, mnlistdiff]);
    for (const node of nodes) expect([node.misbehaviour, run.peer(node)?.score]).toEqual([0, 100]);
  });
});

describe.runIf(hasVectors("regtest/legacy-bls-d"))("legacy-bls-d", () => {
  it("verifies every quorum but calls nothing synced without a ChainLock, whose set was not recorded", async () => {
    const node = await startNode({ scenario: "legacy-bls-d" });
    const run = await startClient([node]);
    await run.until(({ phase }) => phase === "live", "live");
    const { quorums, chainLock, cannotVerify, isSynced, tip } = run.snapshot;
    const needed = quorums.filter(({ isNeeded }) => isNeeded);
    expect(needed.map(({ llmqType, total, verified }) => [llmqType, total, verified])).toEqual([
      [100, 2, 2],
      [103, 2, 2],
      [106, 2, 2],
    ]);
    expect({ chainLock, isSynced, height: tip?.height, isChainLocked: tip?.isChainLocked }).toEqual({
      chainLock: undefined,
      isSynced: false,
      height: 478,
      isChainLocked: false,
    });
    expect(cannotVerify).toEqual(["The masternode list at block 406 is missing: no peer sends it."]);
    expect(run.client.requestCounts).toEqual({ qrinfo: 1, mnlistdiff: 2, headers: 2 });
    expect(node.misbehaviour).toBe(1);
  });
});
