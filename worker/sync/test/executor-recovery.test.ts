import { describe, expect, it } from "vitest";
import { DashlightError } from "../../errors.ts";
import { seededRandom } from "../../test/seededRandom.ts";
import { until } from "../../test/until.ts";
import { hasVectors } from "../../test/vectors.ts";
import { decode } from "../../wire/codec.ts";
import { equalBytes } from "../../wire/hashes.ts";
import { getMnListDiff } from "../../wire/mnListDiff.ts";
import { getQRInfo } from "../../wire/qrInfo.ts";
import { ExecutorRig, FOLDER } from "./executorRig.ts";

const SILENT = { silentOn: ["getmnlistd"] };
const STALLING = { stallOn: "getmnlistd" };

describe.runIf(hasVectors(FOLDER))("recovering", () => {
  it("asks everybody, then again after 2, 4 and 8 s, then with less, then alone, then gives up with the reason", async () => {
    const rig = await ExecutorRig.start([STALLING, STALLING], { mnListDiffTimeoutMs: 1_000 });
    const request = rig.diff(448, 478);
    const ended = rig.run([request]);
    const timeOut = async (times: number) => {
      await rig.untilAsked(times);
      rig.clock.advance(1_000);
      await rig.untilFailed(times);
    };
    await timeOut(1);
    await timeOut(2);
    for (const [i, pauseMs] of [2_000, 4_000, 8_000].entries()) {
      expect(rig.states().at(-1)).toBe("queued");
      rig.clock.advance(pauseMs - 1);
      expect(rig.states().at(-1)).toBe("queued");
      rig.clock.advance(1);
      await timeOut(i + 3);
    }
    await timeOut(6);
    await timeOut(7);
    expect(await ended).toBe(true);
    expect(rig.states()).toEqual([...Array(6).fill("retried"), "failed"]);
    expect(rig.log.rows.at(-1)?.error).toEqual({ code: "net/timeout" });
    expect(rig.unanswered).toEqual(["net/timeout"]);
    expect(rig.executor.isListExhausted(478)).toBe(true);
    expect(rig.account.counts).toMatchObject({ failed: 7, givenUp: 7 });
  });

  it("asks for less at a time, and a qrinfo for less, before it asks for one thing alone", async () => {
    const rig = await ExecutorRig.start([{ stallOn: "getqrinfo" }, {}, {}, {}], { qrInfoTimeoutMs: 1_000 });
    const request = rig.qrInfo();
    for (const { address } of rig.nodes.slice(1)) rig.doubted.add(address);
    for (let i = 0; i < 3; i++) rig.executor.history.backOff(request, 0);
    void rig.run([request]);
    const limits: number[] = [];
    for (const times of [1, 2, 3]) {
      await rig.untilAsked(times);
      limits.push(rig.log.concurrency.at(-1)?.limit ?? 0);
      rig.clock.advance(1_000);
      await rig.untilFailed(times);
    }
    expect(limits).toEqual([8, 4, 1]);
    const asked = rig.node(0).received.filter(({ command }) => command === "getqrinfo");
    expect(asked.map(({ payload }) => decode(getQRInfo, payload).extraShare)).toEqual([true, false, false]);
  });

  it("asks nobody twice for what was refused", async () => {
    const rig = await ExecutorRig.start([SILENT, SILENT]);
    expect(await rig.run([rig.diff(448, 478)])).toBe(true);
    expect([rig.states(), rig.unanswered]).toEqual([["retried", "failed"], ["net/refused"]]);
    expect(rig.counts("getmnlistd")).toEqual([1, 1]);
  });

  it("asks one that came back only after a pause", async () => {
    const rig = await ExecutorRig.start([{ hangUpOn: "getmnlistd" }]);
    void rig.run([rig.diff(448, 478)]);
    await until(() => rig.pool.ready.length === 0, "hung up");
    rig.clock.advance(1_000);
    await until(() => rig.pool.ready.length === 1, "back");
    expect([rig.asked(), rig.executor.history.of(rig.diff(448, 478)).backoffs]).toEqual([1, 1]);
    rig.clock.advance(2_000);
    await rig.untilAsked(2);
  });

  it("falls back from a qrinfo that nobody answers", async () => {
    const rig = await ExecutorRig.start([{ silentOn: ["getqrinfo"] }]);
    const ended = rig.run([rig.qrInfo(), rig.diff(448, 478)]);
    expect(await ended).toBe(true);
    expect(rig.states().sort()).toEqual(["answered", "fellBack"]);
    const { executor } = rig;
    expect([executor.isCycleExhausted(448), executor.areSnapshotsExhausted]).toEqual([true, true]);
    // The qrinfo about another cycle is another one.
    expect([executor.isCycleExhausted(424), executor.canAskQrInfo]).toEqual([false, true]);
    expect(rig.applied).toEqual(["478"]);
  });

  it("asks a newcomer for what was given up, and lets it be forgiven", async () => {
    const rig = await ExecutorRig.start([SILENT, {}]);
    const request = rig.diff(448, 478);
    for (let i = 0; i < 3; i++) rig.executor.history.backOff(request, 0);
    const { address } = rig.node(0);
    rig.executor.history.fail(
      request,
      address,
      new DashlightError({ code: "net/refused", address, request: "" }),
    );
    rig.executor.history.giveUp(request);
    expect(rig.executor.isListExhausted(478)).toBe(false);
    expect(await rig.run([request])).toBe(true);
    expect([rig.counts("getmnlistd"), rig.executor.history.hasGivenUp]).toEqual([[0, 1], false]);
  });

  it("drops what waits for the end of a pause when the chain changes, and keeps the pause", async () => {
    const rig = await ExecutorRig.start([STALLING], { mnListDiffTimeoutMs: 1_000 });
    const request = rig.diff(448, 478);
    const ended = rig.run([request]);
    await rig.untilAsked(1);
    rig.clock.advance(1_000);
    await until(() => rig.executor.history.of(request).backoffs === 1, "a pause");
    rig.executor.dropWaiting();
    expect(await ended).toBe(false);
    expect(rig.states()).toEqual(["retried", "aborted"]);
    void rig.run([request]);
    expect(rig.states().at(-1)).toBe("queued");
    rig.clock.advance(2_000);
    await rig.untilAsked(2);
  });

  it("sends nothing more that names a block off the chain, neither first nor again", async () => {
    const rig = await ExecutorRig.start([STALLING, {}], { maxPerPeer: 1, maxConcurrent: 2 });
    const [failing, target, base, other] = [
      rig.diff(400, 470),
      rig.diff(448, 470),
      rig.diff(470, 478),
      rig.diff(424, 448),
    ];
    // A request fails after the chain changed, the others are sent after.
    rig.apply = async () => {
      await rig.untilAsked(2);
      rig.offChain.add(470);
      rig.node(0).hangUp();
    };
    const ended = rig.run([failing, other, target, base]);
    expect(await ended).toBe(true);
    expect(rig.states()).toEqual(["aborted", "answered", "aborted", "aborted"]);
    expect(rig.log.rows[2]?.error).toEqual({ reason: "a block that it names left the chain" });
    expect([rig.counts("getmnlistd"), rig.applied, rig.unanswered]).toEqual([[1, 1], ["448"], []]);
  });

  it("asks no more once nine requests were refused that day, not even over a new connection", async () => {
    const rig = await ExecutorRig.start([
      { ...SILENT, version: (recorded) => ({ ...recorded, startHeight: 400 }) },
    ]);
    const run = (height: number) => rig.run([rig.diff(0, height)]);
    for (let height = 440; height < 448; height++) await run(height);
    rig.executor.history.clear();
    // What was refused is not asked for again: the node has not shown that its chain holds the block.
    await run(440);
    expect([rig.node(0).count("getmnlistd"), rig.unanswered.at(-1)]).toEqual([8, "net/refused"]);
    expect(rig.executor.isListExhausted(440)).toBe(true);
    for (const height of [448, 449]) await run(height);
    expect([rig.node(0).count("getmnlistd"), rig.unanswered.at(-1)]).toEqual([9, "client/no-peers"]);
    rig.node(0).hangUp();
    await until(() => rig.pool.ready.length === 0, "gone");
    rig.clock.advance(2_000);
    await until(() => rig.pool.ready.length === 1, "back");
    await run(450);
    expect(rig.node(0).count("getmnlistd")).toBe(9);
  });

  it("takes what a node does not answer but served before for lost", async () => {
    let isSilent = false;
    const rewrite = (m: { command: string; payload: Uint8Array }) =>
      isSilent && m.command === "mnlistdiff" ? [] : [m];
    const rig = await ExecutorRig.start([{ rewrite }]);
    await rig.run([rig.diff(448, 478)]);
    isSilent = true;
    const refuse = async (times: number) => {
      for (let i = 0; i < times; i++) {
        rig.executor.history.clear();
        await rig.run([rig.diff(424, 448)]);
      }
    };
    await refuse(12);
    expect(rig.failures.length).toBe(12);
  });

  it("asks again for what was refused once the node shows that it has the block, within the budget", async () => {
    const rig = await ExecutorRig.start([SILENT]);
    const again = async (times: number) => {
      for (let i = 0; i < times; i++) {
        rig.executor.history.clear();
        await rig.run([rig.diff(424, 448)]);
      }
      return rig.asked();
    };
    expect(await again(3)).toBe(1);
    rig.executor.health.budget.show(rig.node(0).address, rig.hash(440));
    expect(await again(3)).toBe(1);
    rig.executor.health.budget.show(rig.node(0).address, rig.hash(450));
    expect(await again(12)).toBe(9);
  });

  it("never asks a node again for a block it refused and has not shown, whatever gets lost", async () => {
    const heights = [352, 376, 400, 424, 448, 478];
    for (let seed = 1; seed <= 12; seed++) {
      const random = seededRandom(seed);
      const pick = <T>(from: readonly T[]) => from[Math.floor(random() * from.length)] as T;
      const share = random() * 0.8;
      /** By node, which of its requests it answered. */
      const answered = [0, 1, 2].map(() => new Set<number>());
      const nodes = answered.map((own, i) => ({
        tipHeight: pick(heights),
        rewrite: (message: { command: string; payload: Uint8Array }) => {
          if (message.command !== "mnlistdiff") return [message];
          if (random() < share) return [];
          own.add(rig.node(i).count("getmnlistd") - 1);
          return [message];
        },
      }));
      const rig: ExecutorRig = await ExecutorRig.start(nodes, { maxPerPeer: 1 });
      for (let round = 0; round < 4; round++) {
        rig.executor.history.clear();
        const targets = heights.slice(1).filter(() => random() < 0.7);
        await rig.run(targets.map((to) => rig.diff(pick(heights.filter((from) => from < to)), to)));
      }
      for (const [i, own] of answered.entries()) {
        const refused = new Set<number>();
        let shown = 0;
        const asked = rig.node(i).received.filter(({ command }) => command === "getmnlistd");
        for (const [n, { payload }] of asked.entries()) {
          const { baseBlockHash, blockHash } = decode(getMnListDiff, payload);
          const blocks = [baseBlockHash, blockHash].map(
            (hash) => heights.find((h) => equalBytes(rig.hash(h), hash)) ?? 0,
          );
          for (const block of blocks) expect(refused.has(block) && block > shown, `seed ${seed}`).toBe(false);
          if (own.has(n)) shown = Math.max(shown, ...blocks);
          else for (const block of blocks) refused.add(block);
        }
      }
      rig.pool.close();
    }
  });
});

describe.runIf(hasVectors(FOLDER))("stopping", () => {
  it("is for when every peer only fails; after a pause one request is let through", async () => {
    const rig = await ExecutorRig.start([STALLING], {
      adaptiveConcurrency: false,
      mnListDiffTimeoutMs: 1_000,
    });
    const heights = [352, 376, 400, 424, 448];
    const requests = [...heights.map((height) => rig.diff(height - 24, height)), rig.diff(448, 478)];
    const ended = rig.run(requests);
    for (let failed = 2; failed <= 6; failed += 2) {
      await rig.untilAsked(failed);
      rig.clock.advance(1_000);
      await rig.untilFailed(failed);
    }
    expect(await ended).toBe(false);
    expect(rig.pauses).toEqual([{ reason: "all-peers-fail", retryAtMs: rig.clock.now() + 30_000 }]);
    expect(rig.states().filter((state) => state === "aborted").length).toBe(6);
    // Whoever comes back too early brings nothing about, and it is not said twice.
    expect(await rig.run(requests)).toBe(false);
    expect([rig.pauses.length, rig.asked()]).toEqual([1, 6]);
    rig.node(0).release();
    rig.clock.advance(30_000);
    expect(await rig.run(requests)).toBe(true);
    expect(rig.applied.length).toBe(6);
  });

  it("is of one peer while the others work", async () => {
    const rig = await ExecutorRig.start([{}, {}]);
    const { breakers } = rig.executor.health;
    for (let i = 0; i < 5; i++) breakers.record(rig.node(0).address, "timeout", rig.clock.now());
    const requests = [376, 400, 424, 448].map((height) => rig.diff(height - 24, height));
    expect(await rig.run(requests)).toBe(true);
    expect([rig.counts("getmnlistd"), rig.pauses]).toEqual([[0, 4], []]);
    expect(rig.log.concurrency.every(({ limit }) => limit <= 2)).toBe(true);
  });

  it("is for when nearly all requests fail, and ends when conditions change", async () => {
    const rig = await ExecutorRig.start([SILENT, SILENT, SILENT, SILENT], { adaptiveConcurrency: false });
    const diffs = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, i) => rig.diff(0, from + i));
    await rig.run(diffs(440, 447));
    const pausedAtMs = rig.clock.now();
    expect([rig.pauses, rig.asked()]).toEqual([[], 28]);
    await rig.run(diffs(447, 450));
    expect(rig.pauses).toEqual([{ reason: "nearly-all-requests-fail", retryAtMs: pausedAtMs + 30_000 }]);
    const asked = rig.asked();
    expect(asked).toBeGreaterThanOrEqual(30);
    expect(await rig.run(diffs(460, 461))).toBe(false);
    expect(rig.asked()).toBe(asked);
    rig.executor.resume();
    await rig.run(diffs(460, 461));
    expect(rig.asked()).toBeGreaterThan(asked);
  });
});

describe.runIf(hasVectors(FOLDER))("bad conditions", () => {
  it("make work of low priority wait, though not for ever, and no other", async () => {
    const rig = await ExecutorRig.start([{}]);
    for (let i = 0; i < 20; i++) rig.executor.health.monitor.pong(rig.node(0).address, 2_000);
    const low = rig.diff(424, 448, { priority: "low" });
    const ended = rig.run([low, rig.diff(448, 478, { priority: "critical" })]);
    await until(() => rig.applied.length === 1, "the critical one");
    expect(rig.states()).toEqual(["queued", "answered"]);
    rig.clock.advance(4_999);
    expect(rig.states()[0]).toBe("queued");
    rig.clock.advance(1);
    await ended;
    expect(rig.applied).toEqual(["478", "448"]);
  });

  it("of one peer send work to the others first", async () => {
    const rig = await ExecutorRig.start([{}, {}], { isSequential: true });
    const unstable = rig.node(0).address;
    const lost = new DashlightError({ code: "net/timeout", address: unstable, request: "", timeoutMs: 1 });
    for (let i = 0; i < 2; i++) rig.executor.health.fail(unstable, rig.diff(448, 478), lost);
    for (let i = 0; i < 3; i++) rig.executor.health.receive(unstable, 1_000, 10);
    await rig.run([376, 400, 424, 448].map((height) => rig.diff(height - 24, height)));
    expect(rig.counts("getmnlistd")).toEqual([0, 4]);
  });

  it("tell the planner what requests cost", async () => {
    const rig = await ExecutorRig.start([{}, {}]);
    expect(rig.executor.costs).toMatchObject({ concurrency: 4 });
    for (let i = 0; i < 9; i++) rig.executor.health.monitor.pong(rig.node(0).address, 800);
    expect(rig.executor.costs).toMatchObject({ roundTripMs: 800, concurrency: 3 });
  });
});
