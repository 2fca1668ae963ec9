import { describe, expect, it } from "vitest";
import { until } from "../../test/until.ts";
import { hasVectors } from "../../test/vectors.ts";
import { decode } from "../../wire/codec.ts";
import { toHashHex } from "../../wire/hashes.ts";
import { getMnListDiff, mnListDiff } from "../../wire/mnListDiff.ts";
import type { Version } from "../../wire/version.ts";
import type { ClientRun } from "./clientRun.ts";
import type { RecordedMessage } from "./recording.ts";
import { NOBODY, startClient, startNode } from "./replays.ts";

const FOLDER = "regtest/cycle-a";
/** What both rotating quorums of the tip are drawn with. */
const MISSING_SNAPSHOT = "The snapshot of the cycle at block 432 is missing: no peer sends it.";

const blocksOnly = (recorded: Version): Version => ({ ...recorded, relay: false });

function isDiffTo({ command, payload }: RecordedMessage, blockHash: string | undefined): boolean {
  return command === "mnlistdiff" && toHashHex(decode(mnListDiff(70240), payload).blockHash) === blockHash;
}

/** All that lists can prove is proven; the rotating quorums are unknown, and the client does not call that synced. */
async function expectListsOnly(run: ClientRun): Promise<void> {
  await run.until(({ cannotVerify }) => cannotVerify.includes(MISSING_SNAPSHOT), "named what is missing");
  await run.until(({ chainLock }) => chainLock !== undefined, "ChainLock verified");
  const { isSynced, quorums, chainLock, masternodes, cannotVerify } = run.snapshot;
  const counts = quorums.flatMap(({ isNeeded, llmqType, verified, unknown }) =>
    isNeeded ? [[llmqType, verified, unknown]] : [],
  );
  expect(counts).toEqual([
    [100, 2, 0],
    [103, 0, 2],
    [106, 2, 0],
  ]);
  expect(isSynced).toBe(false);
  // What is needed shows only as lists come in, and still nothing goes back.
  expect(run.fractions).toEqual([...run.fractions].sort((a, b) => a - b));
  expect([masternodes?.height, chainLock?.height, cannotVerify]).toEqual([478, 478, [MISSING_SNAPSHOT]]);
}

describe.runIf(hasVectors(FOLDER))("cycle-a, peers that are of little use", () => {
  it("fetches lists one by one where a node refuses the qrinfo, and the rest from one that does not", async () => {
    const refusing = await startNode({ silentOn: ["getqrinfo"] });
    const run = await startClient([refusing]);
    await expectListsOnly(run);
    expect(run.snapshot.problem?.code).toBe("net/refused");
    expect(refusing.count("getqrinfo")).toBe(1);
    expect(run.peer(refusing)).toMatchObject({ status: "ready", score: 100 });

    const honest = await startNode();
    run.connect(honest);
    await run.synced();
    expect([refusing.count("getqrinfo"), honest.count("getqrinfo")]).toEqual([1, 1]);
    expect(run.snapshot).toMatchObject({ problem: undefined, cannotVerify: [] });
    const { qrinfo, failed, recovered, givenUp, rounds } = run.client.counts;
    expect({ qrinfo, failed, recovered, givenUp }).toEqual({
      qrinfo: 2,
      failed: 1,
      recovered: 1,
      givenUp: 0,
    });
    expect(rounds).toBeGreaterThan(1);
  });

  it("asks for what was refused again once there is a new block", async () => {
    const node = await startNode({ tipHeight: 477, silentOn: ["getqrinfo"] });
    const run = await startClient([node]);
    await run.until(({ masternodes }) => masternodes?.height === 477, "list 477");
    await run.until(({ cannotVerify }) => cannotVerify.includes(MISSING_SNAPSHOT), "named what is missing");
    expect(node.count("getqrinfo")).toBe(1);
    node.growTo(478);
    await run.until(({ masternodes }) => masternodes?.height === 478, "list 478");
    await run.until(() => node.count("getqrinfo") === 2, "asked again");
  });

  it("never asks a node that relays nothing for a qrinfo, which would end the connection", async () => {
    const node = await startNode({ version: blocksOnly });
    const run = await startClient([node]);
    await expectListsOnly(run);
    expect([node.count("getqrinfo"), node.connections, node.open]).toEqual([0, 1, 1]);

    const honest = await startNode();
    run.connect(honest);
    await run.synced();
    expect([node.count("getqrinfo"), honest.count("getqrinfo")]).toEqual([0, 1]);
  });

  it("goes on with lists when a node hangs up on the qrinfo again and again, with pauses between", async () => {
    const node = await startNode({ hangUpOn: "getqrinfo" });
    const run = await startClient([node]);
    for (let attempt = 1; attempt <= 4; attempt++) {
      await run.until(() => node.count("getqrinfo") === attempt, `qrinfo ${attempt}`);
      await run.until(() => run.peer(node)?.status === "closed", "hung up");
      if (attempt === 1) expect(run.snapshot.problem?.code).toBe("client/no-peers");
      run.clock.advance(8_000);
      await run.until(() => run.peer(node)?.status === "ready", "connected again");
      if (attempt === 4) break;
      await until(() => run.clock.waiting.some((ms) => ms < 10_000), "a pause");
      run.clock.advance(8_000);
    }
    await expectListsOnly(run);
    expect([node.count("getqrinfo"), node.connections]).toEqual([4, 5]);
    // It means to ask again, but not once it is stopped.
    await until(() => run.clock.waiting.some((ms) => ms < 15_000), "a pause");
    run.client.stop();
    expect(run.clock.waiting).toEqual([]);
  });

  it("asks for what failed again after a pause that grows", async () => {
    const node = await startNode({ hangUpOn: "getqrinfo" });
    // Without ChainLocks nothing but the qrinfo is asked for.
    const run = await startClient([node], { params: { llmqTypeChainLocks: 0 } });
    for (const attempt of [1, 2, 3]) {
      await run.until(() => node.count("getqrinfo") === attempt && node.open === 0, `qrinfo ${attempt}`);
      await run.until(() => run.peer(node)?.status === "closed", "hung up");
      run.clock.advance(10_000);
      await run.until(() => run.peer(node)?.status === "ready", "connected again");
      // Requests wait for 15 seconds at least, pings for 30: a shorter timer is the pause.
      const pauses = () => run.clock.waiting.filter((ms) => ms < 15_000);
      await run.until(() => pauses().length > 0, "a pause");
      const [pauseMs = 0] = pauses();
      expect(pauseMs).toBeGreaterThanOrEqual(1_000 * 2 ** (attempt - 1));
      expect(pauseMs).toBeLessThanOrEqual(2_000 * 2 ** (attempt - 1));
      run.clock.advance(pauseMs - 1);
      expect(node.count("getqrinfo")).toBe(attempt);
      run.clock.advance(1);
    }
    await run.until(() => node.count("getqrinfo") === 4, "qrinfo 4");
  });

  it("plans lists on another base when the one below does not come", async () => {
    const node = await startNode({ silentOn: ["getqrinfo"] });
    const missing = await startNode({
      silentOn: ["getqrinfo"],
      rewrite: (message) => (isDiffTo(message, node.recording.hashAt(400)) ? [] : [message]),
    });
    const run = await startClient([missing]);
    const named = "The masternode list at block 400 is missing: no peer sends it.";
    await run.until(({ cannotVerify }) => cannotVerify.includes(named), "named the list");
    await run.until(({ chainLock }) => chainLock !== undefined, "ChainLock verified");
    const counts = run.snapshot.quorums.flatMap(({ isNeeded, llmqType, verified, unknown }) =>
      isNeeded ? [[llmqType, verified, unknown]] : [],
    );
    expect(counts).toEqual([
      [100, 2, 0],
      [103, 0, 2],
      [106, 2, 0],
    ]);
    const targets = missing.received
      .filter(({ command }) => command === "getmnlistd")
      .map(({ payload }) => decode(getMnListDiff, payload))
      .map(({ baseBlockHash, blockHash }) =>
        [baseBlockHash, blockHash].map((hash) => node.recording.heightOf(toHashHex(hash))),
      );
    // Whether it was asked for before, too, depends on what the node refuses first.
    expect(targets.filter(([, target]) => target === 424).at(-1)).toEqual([376, 424]);
    expect(targets.filter(([, target]) => target === 400)).toEqual([[376, 400]]);
    expect(run.client.isSynced).toBe(false);
  });

  it("believes no chain with less work than the network's, and gives its place to somebody else", async () => {
    const [first, second] = [await startNode(), await startNode()];
    const params = { minimumChainWork: 1n << 200n };
    const run = await startClient([first, second], { params, maxPeers: 1 });
    await run.until(() => second.count("getheaders2") > 0 && second.open === 0, "both tried");
    expect(run.snapshot).toMatchObject({
      isSynced: false,
      masternodes: undefined,
      problem: { message: expect.stringContaining("less work than the network is known to have") },
    });
    expect([first.count("getqrinfo"), second.count("getqrinfo")]).toEqual([0, 0]);
    expect(run.snapshot.peers.map(({ status, score }) => [status, score])).toEqual([
      ["closed", 100],
      ["closed", 100],
    ]);
  });

  it("takes another peer's answer when one hangs up in the middle of its own", async () => {
    const cut = await startNode({ cutOff: { command: "qrinfo", bytes: 5_000 } });
    const run = await startClient([cut]);
    await run.until(() => cut.count("getqrinfo") === 1 && run.peer(cut)?.status === "closed", "cut off");
    const honest = await startNode();
    run.connect(honest);
    await run.synced();
    expect(honest.count("getqrinfo")).toBe(1);
    expect(run.peer(honest)?.score).toBe(100);
    expect(run.snapshot.masternodes?.total).toBe(12);
  });

  it("takes no answer for a bad one when a node stalls, asks another, and scores the late answers", async () => {
    const slow = await startNode({ stallOn: "getqrinfo" });
    const run = await startClient([slow]);
    await run.until(() => slow.count("getqrinfo") === 1, "asked");
    const honest = await startNode();
    run.connect(honest);
    // Its headers are in: only the slow one's answer is still awaited when time moves on.
    await run.until(() => run.peer(honest)?.latencyMs !== undefined, "second peer");
    expect(run.snapshot.isSynced).toBe(false);
    run.clock.advance(30_000);
    await run.synced();
    expect(run.log.some((line) => line.includes("net/timeout") && line.includes(slow.address))).toBe(true);
    expect(run.peer(slow)).toMatchObject({ status: "ready", score: 100 });
    slow.release();
    await run.until(() => run.peer(slow)?.score === 90, "both late answers scored");
    expect(run.snapshot.isSynced).toBe(true);
  });

  it("goes on at once by hand after it stopped, since nobody answered", async () => {
    const node = await startNode({ stallOn: "getmnlistd" });
    const run = await startClient([node]);
    await run.until(({ masternodes }) => masternodes !== undefined, "the qrinfo");
    for (let asked = 1; asked <= 5; asked++) {
      await run.until(() => node.count("getmnlistd") === asked, `request ${asked}`);
      run.clock.advance(15_000);
      await run.until(
        ({ log }) => log.filter(({ facts }) => facts.code === "net/timeout").length === asked,
        "late",
      );
      const [pauseMs = 0] = run.clock.waiting;
      if (asked < 5 && pauseMs < 15_000) run.clock.advance(pauseMs);
    }
    await run.until(({ problem }) => problem?.code === "client/sync-paused", "paused");
    expect(run.log.filter((line) => line.includes("client/sync-paused")).length).toBe(1);
    const pausedAtMs = run.clock.now();
    node.release();
    expect(run.snapshot.isSynced).toBe(false);
    run.client.resumeSync();
    await run.synced();
    expect([run.clock.now(), run.snapshot.problem]).toEqual([pausedAtMs, undefined]);
  });

  it("keeps a node whose checksum is wrong once, and hears the rest", async () => {
    let spoiled = 0;
    const node = await startNode({
      spoilFrame: (frame, command) => {
        if (command !== "sendcmpct" || spoiled++ > 0) return frame;
        return Uint8Array.from(frame, (byte, i) => (i === 20 ? byte ^ 1 : byte));
      },
    });
    const run = await startClient([node]);
    await run.synced();
    expect(run.peer(node)).toMatchObject({ status: "ready", score: 80 });
    expect(node.connections).toBe(1);
  });

  it("says that nobody is there, and goes on once somebody is", async () => {
    const node = await startNode();
    const run = await startClient([node], { isOffline: true });
    run.client.connect([NOBODY.address]);
    const isRefused = () => run.snapshot.problem?.message.includes("ECONNREFUSED") === true;
    await run.until(isRefused, "named the reason");
    expect(run.snapshot).toMatchObject({ isSynced: false, problem: { code: "client/no-peers" } });
    run.connect(node);
    await run.synced();
    expect(run.snapshot.problem).toBeUndefined();
  });

  it("stops in the middle without a sound", async () => {
    const node = await startNode({ stallOn: "getqrinfo" });
    const run = await startClient([node]);
    await run.until(() => node.count("getqrinfo") === 1, "asked");
    run.client.stop();
    await run.until(() => node.open === 0, "hung up");
    expect(run.clock.waiting).toEqual([]);
    expect(run.snapshot.log.filter(({ level }) => level !== "info")).toEqual([]);
  });

  it("closes what opens after it was stopped", async () => {
    const node = await startNode();
    const run = await startClient([node]);
    run.client.stop();
    await run.until(() => node.connections === 1 && node.open === 0, "hung up");
    expect(run.clock.waiting).toEqual([]);
    expect(node.received).toEqual([]);
  });
});
