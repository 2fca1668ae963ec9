import { describe, expect, it } from "vitest";
import { type Mined, mineRow } from "../../chain/test/mining.ts";
import type { RestoredState, SavedStep } from "../../client.ts";
import { newestList, statusOf } from "../../engine/state.ts";
import { until } from "../../test/until.ts";
import { hasVectors, readVectorJson } from "../../test/vectors.ts";
import { fromHashHex } from "../../wire/hashes.ts";
import type { ClientRun } from "./clientRun.ts";
import { loadRecording } from "./recording.ts";
import type { ReplayNode } from "./replayNode.ts";
import { startClient, startNode } from "./replays.ts";

const FOLDER = "regtest/cycle-a";
const TIP = 478;

/** A recorded block as a parent to mine on. */
function recordedBlock(height: number): Mined {
  const recording = loadRecording("cycle-a");
  const [{ time } = { time: 0 }] = readVectorJson<{ height: number; time: number }[]>(
    `${FOLDER}/chain.json`,
  ).filter((block) => block.height === height);
  const hash = fromHashHex<Mined["hash"]>(recording.hashAt(height) ?? "");
  return { height, hash, header: recording.headers(height, height), time };
}

/** A branch that leaves the recorded chain above `height`, seconds apart as the recorded blocks are. */
function branch(height: number, count: number): Mined[] {
  const parent = recordedBlock(height);
  const row: Mined[] = [];
  for (let i = 0; i < count; i++) {
    const last = row[i - 1] ?? parent;
    row.push(...mineRow(last, 1, { time: last.time + 1, salt: 7 }));
  }
  return row;
}

function tipOf(run: ClientRun): [number | undefined, string | undefined] {
  return [run.snapshot.tip?.height, run.snapshot.tip?.hash];
}

const recordedTip = (node: ReplayNode): [number, string] => [
  node.recording.tip.height,
  node.recording.tip.hash,
];

describe.runIf(hasVectors(FOLDER))("cycle-a, as time goes on", () => {
  it("follows a node from block to block, each list by one small diff", async () => {
    const node = await startNode({ tipHeight: 456 });
    const run = await startClient([node]);
    await run.until(({ masternodes }) => masternodes?.height === 456, "list 456");
    // More than a node announces by headers: it names its tip only.
    node.growTo(470);
    await run.until(({ masternodes }) => masternodes?.height === 470, "list 470");
    const before = run.client.requestCounts;
    for (let height = 471; height <= TIP; height++) {
      node.growTo(height);
      await run.until(({ masternodes }) => masternodes?.height === height, `list ${height}`);
    }
    await run.synced();
    expect(tipOf(run)).toEqual(recordedTip(node));
    const after = run.client.requestCounts;
    expect(after.mnlistdiff - before.mnlistdiff).toBe(TIP - 470);
    expect([after.qrinfo - before.qrinfo, after.headers - before.headers]).toEqual([0, 0]);
    expect(run.snapshot.chainLock?.height).toBe(TIP);
    expect(run.peer(node)?.score).toBe(100);
  });

  it("shows progress again after it fell behind", async () => {
    const node = await startNode({ tipHeight: 456 });
    const run = await startClient([node]);
    const isAt = (height: number) =>
      run.until(
        ({ masternodes, phase, progress }) =>
          masternodes?.height === height && phase === "live" && progress.fraction === 1,
        `all at ${height}`,
      );
    await isAt(456);
    const shown = run.fractions.length;
    node.growTo(470);
    await isAt(470);
    const since = run.fractions.slice(shown);
    const again = since.slice(since.findIndex((fraction) => fraction < 1));
    expect(again[0]).toBeLessThan(0.5);
    expect(again.at(-1)).toBe(1);
    expect(again).toEqual([...again].sort((a, b) => a - b));
  });

  it("takes up what it saved without any peer, and asks for no list again", async () => {
    const steps: SavedStep[] = [];
    const persistence = {
      save: (step: SavedStep) => {
        steps.push(step);
        return Promise.resolve();
      },
    };
    const node = await startNode();
    const first = await startClient([node], { persistence });
    await first.synced();
    first.client.stop();
    expect(steps[0]?.headersFrom).toBe(1);
    const last = steps.at(-1);
    if (!last?.chainLock) throw new Error("no ChainLock saved");
    const restored: RestoredState = { chain: last.chain, engine: { ...last.after, statuses: new Map() } };

    const again = await startNode();
    const second = await startClient([again], { persistence, restored, isOffline: true });
    await second.client.recheck(last.chainLock.lock);
    expect(second.snapshot).toMatchObject({ isSynced: false, chainLock: { height: TIP } });
    const list = newestList(second.client.engine);
    const quorums = [...(list?.quorums.values() ?? [])].filter(
      ({ commitment }) => commitment.llmqType !== 102,
    );
    expect(quorums.map((quorum) => statusOf(second.client.engine, quorum).status)).toEqual(
      Array.from({ length: 6 }, () => "verified"),
    );
    expect(quorums.every((quorum) => second.client.isFinal(quorum))).toBe(true);
    second.connect(again);
    await second.synced();
    expect(second.client.requestCounts).toMatchObject({ qrinfo: 0, mnlistdiff: 0 });
    expect([again.count("getqrinfo"), again.count("getmnlistd")]).toEqual([0, 0]);
  });

  it("goes on counting what a node refused before it was closed", async () => {
    let restored: RestoredState | undefined;
    const persistence = {
      save: async ({ chain, after, refusals }: SavedStep) => {
        const kept = refusals ?? restored?.refusals;
        restored = { chain, engine: { ...after, statuses: new Map() }, ...(kept ? { refusals: kept } : {}) };
      },
    };
    const node = await startNode({ silentOn: ["getmnlistd", "getqrinfo"] });
    const asked = () => node.count("getmnlistd") + node.count("getqrinfo");
    for (let tab = 0; tab < 3; tab++) {
      const run = await startClient([node], { persistence, ...(restored ? { restored } : {}) });
      await run.until(({ problem }) => problem !== undefined, "a problem");
      for (let wait = 0; wait < 12; wait++) {
        await until(
          () => run.client.syncActivity.requests.every(({ state }) => state !== "inFlight"),
          "quiet",
        );
        run.clock.advance(20_000);
      }
      run.client.stop();
    }
    expect(restored?.refusals?.length).toBe(9);
    expect(asked()).toBe(9);
  });

  it("bans whoever offers a branch below a ChainLock, however long", async () => {
    const node = await startNode();
    const run = await startClient([node]);
    await run.synced();
    const forked = await startNode({ tipHeight: 470, fork: branch(470, 30) });
    run.connect(forked);
    await run.until(() => run.peer(forked)?.status === "banned", "banned");
    expect(run.peer(forked)?.reason).toContain("chain/conflicts-with-chainlock");
    expect(tipOf(run)).toEqual(recordedTip(node));
    expect(run.snapshot.isSynced).toBe(true);
  });

  it("leaves a branch with more work for the one that a ChainLock names", async () => {
    const forked = await startNode({ tipHeight: 474, fork: branch(474, 10) });
    const run = await startClient([forked]);
    await run.until(({ tip }) => tip?.height === 484, "on the wrong branch");
    await run.until(({ cannotVerify }) => cannotVerify.length > 0, "found no list for it");
    expect(run.snapshot.isSynced).toBe(false);
    const node = await startNode();
    run.connect(node);
    await run.synced();
    expect(tipOf(run)).toEqual(recordedTip(node));
    // Which of both comes first, the locked header or its lock, is left to the peer.
    const switched = /the ChainLock at 478 switches to another branch|the best chain forks at block 474/;
    expect(run.log.some((line) => switched.test(line))).toBe(true);
    expect(run.snapshot.tip?.isChainLocked).toBe(true);
    expect(run.peer(node)).toMatchObject({ status: "ready", score: 100 });
  });

  it("drops the lists of a branch that lost", async () => {
    // The coinbase of 477 locks 476 at most: 477 itself can still be replaced.
    const node = await startNode({ tipHeight: 477, withheld: ["clsig"] });
    const run = await startClient([node]);
    await run.until(({ masternodes }) => masternodes?.height === 477, "list 477");
    const forked = await startNode({ tipHeight: 476, fork: branch(476, 3), withheld: ["clsig"] });
    run.connect(forked);
    await run.until(({ tip }) => tip?.height === 479, "on the longer branch");
    expect(run.log.some((line) => line.includes("forks at block 476"))).toBe(true);
    const heights = [...run.client.engine.lists.values()].map(({ height }) => height);
    expect(heights).not.toContain(477);
    expect(heights.length).toBeGreaterThan(1);
    expect(run.snapshot.isSynced).toBe(false);
  });
});
