import { getEventListeners } from "node:events";
import { describe, expect, it, vi } from "vitest";
import { DashlightError } from "../../errors.ts";
import type { ReplayNodeOptions } from "../../node/test/replayNode.ts";
import { until } from "../../test/until.ts";
import { hasVectors } from "../../test/vectors.ts";
import { isBadAnswer, type SyncAnswer } from "../askPeer.ts";
import { EMPTY_PLAN, type SyncRequest } from "../plan.ts";
import { ExecutorRig, FOLDER } from "./executorRig.ts";

describe.runIf(hasVectors(FOLDER))("carrying out a plan", () => {
  it("brings the recorded answers, told apart by both block hashes", async () => {
    const rig = await ExecutorRig.start([{}]);
    const answers: SyncAnswer[] = [];
    rig.apply = async (_request, answer) => {
      answers.push(answer);
    };
    expect(await rig.run([rig.qrInfo(), rig.diff(424, 448), rig.diff(448, 478)])).toBe(true);
    const diffs = answers.flatMap((answer) => (answer.kind === "mnlistdiff" ? [answer.diff.blockHash] : []));
    expect(diffs).toEqual([rig.hash(448), rig.hash(478)]);
    expect(answers.map(({ kind }) => kind).sort()).toEqual(["mnlistdiff", "mnlistdiff", "qrinfo"]);
    expect([rig.done, rig.account.counts.qrinfo, rig.account.counts.mnlistdiff]).toEqual([3, 1, 2]);
    for (const { state, bytes, address, endedAtMs } of rig.log.rows) {
      expect([state, address, endedAtMs]).toEqual(["answered", rig.node(0).address, rig.clock.now()]);
      expect(bytes).toBeGreaterThan(500);
    }
    expect(rig.log.concurrency.map(({ inFlight }) => inFlight)).toContain(2);
    expect(await rig.run([])).toBe(false);
  });

  it.each([
    ["refuses", { silentOn: ["getmnlistd"] }, "net/refused"],
    ["hangs up", { hangUpOn: "getmnlistd" }, "net/disconnected"],
    ["hangs up in the middle", { cutOff: { command: "mnlistdiff", bytes: 100 } }, "net/disconnected"],
    [
      "sends nonsense",
      {
        rewrite: (m: { command: string; payload: Uint8Array }) =>
          m.command === "mnlistdiff" ? [{ ...m, payload: m.payload.slice(1) }] : [m],
      },
      "wire/",
    ],
  ] as const)("turns to the next when one %s", async (_what, misbehaviour, code) => {
    const rig = await ExecutorRig.start([misbehaviour, {}]);
    expect(await rig.run([rig.diff(448, 478)])).toBe(true);
    expect(rig.failures).toEqual([expect.stringMatching(new RegExp(`^0 ${code}`))]);
    expect([rig.states(), rig.counts("getmnlistd")]).toEqual([
      ["retried", "answered"],
      [1, 1],
    ]);
    expect(rig.log.rows.map(({ address }) => address)).toEqual(rig.nodes.map(({ address }) => address));
    expect(rig.lies.length).toBe(code === "wire/" ? 1 : 0);
    expect(rig.account.counts).toMatchObject({ failed: 1, recovered: 1, givenUp: 0 });
  });

  it("turns to the next when one takes too long, and knows its answer when it comes late", async () => {
    const rig = await ExecutorRig.start([{ stallOn: "getmnlistd" }, {}]);
    const ended = rig.run([rig.diff(448, 478)]);
    await rig.untilAsked(1);
    rig.clock.advance(14_999);
    expect(rig.failures).toEqual([]);
    rig.clock.advance(1);
    expect(await ended).toBe(true);
    expect(rig.failures).toEqual(["0 net/timeout"]);
    expect(rig.log.rows.map(({ priority }) => priority)).toEqual(["normal", "low"]);
    rig.node(0).release();
    await until(() => rig.strays.length === 1, "a stray");
    expect(rig.strays).toEqual(["late"]);
    expect(rig.applied).toEqual(["478"]);
  });

  it("takes a late qrinfo for no answer to the next one", async () => {
    const rig = await ExecutorRig.start([{ stallOn: "getqrinfo" }]);
    const first = rig.run([rig.qrInfo()]);
    await rig.untilAsked(1);
    rig.clock.advance(30_000);
    await rig.untilFailed(1);
    rig.executor.dropWaiting();
    await first;
    rig.executor.history.clear();
    const request = { baseBlockHashes: [], blockRequestHash: rig.hash(454), extraShare: false };
    void rig.run([{ ...rig.qrInfo(), request, workHeight: 424 }]);
    await rig.untilAsked(2);
    rig.node(0).release();
    await until(() => rig.strays.length === 1, "a stray");
    expect([rig.strays, rig.applied]).toEqual([["late"], []]);
  });

  it("gives a qrinfo twice as long, and each what it is tuned to", async () => {
    const rig = await ExecutorRig.start([{ stallOn: "getqrinfo" }]);
    void rig.run([rig.qrInfo()]);
    await rig.untilAsked(1);
    rig.clock.advance(29_999);
    expect(rig.failures).toEqual([]);
    rig.clock.advance(1);
    await rig.untilFailed(1);
    const tuned = await ExecutorRig.start([{ stallOn: "getmnlistd" }], { mnListDiffTimeoutMs: 2_000 });
    void tuned.run([tuned.diff(448, 478)]);
    await tuned.untilAsked(1);
    tuned.clock.advance(2_000);
    await tuned.untilFailed(1);
    expect(tuned.failures).toEqual(["0 net/timeout"]);
  });

  it("never asks one that relays nothing, or that is doubted, for a qrinfo", async () => {
    const blocksOnly = { version: (recorded: object) => ({ ...recorded, relay: false }) };
    const rig = await ExecutorRig.start([blocksOnly as Partial<ReplayNodeOptions>, {}]);
    await rig.run([rig.qrInfo(), rig.diff(448, 478)]);
    expect(rig.counts("getqrinfo")).toEqual([0, 1]);
    rig.doubted.add(rig.node(1).address);
    expect(rig.executor.canAskQrInfo).toBe(false);
    expect(await rig.run([rig.qrInfo()])).toBe(false);
    expect([rig.counts("getqrinfo"), rig.unanswered]).toEqual([[0, 1], ["client/no-peers"]]);
    expect(rig.states().at(-1)).toBe("fellBack");
  });

  it("waits for a peer while there is none", async () => {
    const rig = await ExecutorRig.start([{}, {}]);
    for (const node of rig.nodes) node.hangUp();
    await until(() => rig.pool.ready.length === 0, "alone");
    const ended = rig.run([rig.diff(448, 478)]);
    expect(rig.states()).toEqual(["queued"]);
    rig.clock.advance(1_000);
    expect(await ended).toBe(true);
    expect(rig.applied).toEqual(["478"]);
  });

  it("lets what an answer tells join it: without what it has, on what is still on its way", async () => {
    const rig = await ExecutorRig.start([{ stallOn: "getmnlistd" }, {}], { maxPerPeer: 1 });
    const [slow, other] = [rig.diff(376, 400), rig.diff(448, 478)];
    const again = [rig.diff(376, 400), rig.diff(400, 424), rig.diff(424, 448), rig.diff(448, 454)] as const;
    const more: SyncRequest[] = [...again, rig.qrInfo()];
    const bases = new Map<SyncRequest, SyncRequest>([
      [again[1], again[0]],
      [again[2], again[1]],
    ]);
    const joined: SyncRequest[] = [];
    rig.apply = async (request) => {
      if (request === other) {
        joined.push(...rig.executor.join({ ...EMPTY_PLAN, requests: more, dependencies: bases }));
      }
    };
    const ended = rig.run([slow, other]);
    await until(() => rig.applied.includes("454"), "what joined and builds on nothing");
    expect(joined).toEqual(more.slice(1));
    expect(rig.applied).not.toContain("424");
    rig.node(0).release();
    expect(await ended).toBe(true);
    expect(rig.applied.filter((key) => ["400", "424", "448"].includes(key))).toEqual(["400", "424", "448"]);
    expect(rig.log.rows.length).toBe(6);
    expect(rig.executor.join({ ...EMPTY_PLAN, requests: more })).toEqual([]);
  });

  it("takes no list that a qrinfo on its way brings", async () => {
    const rig = await ExecutorRig.start([{ stallOn: "getqrinfo" }]);
    const ended = rig.run([rig.qrInfo()]);
    const requests = [rig.diff(400, 424), rig.diff(448, 454)];
    expect(rig.executor.join({ ...EMPTY_PLAN, requests })).toEqual(requests.slice(1));
    await rig.untilAsked(1);
    rig.node(0).release();
    await ended;
  });

  it("stops when told to, with one listener for all requests", async () => {
    const rig = await ExecutorRig.start([{ stallOn: "getmnlistd" }]);
    const requests = Array.from({ length: 12 }, () => rig.diff(448, 478));
    const ended = rig.run(requests);
    await rig.untilAsked(2);
    expect(getEventListeners(rig.abort.signal, "abort").length).toBe(1);
    rig.abort.abort(new Error("enough"));
    await expect(ended).rejects.toThrow("enough");
    expect(new Set(rig.states())).toEqual(new Set(["aborted"]));
    expect(rig.failures).toEqual([]);
    rig.node(0).release();
    await until(() => rig.strays.length === 2, "answers that nobody waits for");
    await expect(rig.run(requests)).rejects.toThrow("enough");
  });

  it("stops loudly at a bug of ours", async () => {
    const rig = await ExecutorRig.start([{}]);
    rig.apply = () => Promise.reject(new TypeError("a bug"));
    await expect(rig.run([rig.diff(448, 478)])).rejects.toThrow("a bug");
  });
});

describe.runIf(hasVectors(FOLDER))("places", () => {
  it("has two requests at most on their way to one peer, one of them a qrinfo", async () => {
    const rig = await ExecutorRig.start([{ stallOn: "getmnlistd" }]);
    const ended = rig.run([376, 400, 424, 448].map((height) => rig.diff(height - 24, height)));
    await rig.untilAsked(2);
    // A third would have been asked for by now: what one peer gets goes out in order, and its ping is behind.
    await until(() => rig.node(0).count("ping") === 2, "pings");
    expect(rig.states()).toEqual(["inFlight", "inFlight", "queued", "queued"]);
    rig.node(0).release();
    await ended;
    expect(rig.applied).toEqual(["376", "400", "424", "448"]);
    const single = await ExecutorRig.start([{ stallOn: "getqrinfo" }]);
    void single.run([single.qrInfo(), single.qrInfo(), single.diff(448, 478)]);
    await single.untilAsked(2);
    expect(single.states()).toEqual(["inFlight", "queued", "inFlight"]);
  });

  it("shares requests out among peers, as many as are tuned", async () => {
    const stall = { stallOn: "getmnlistd" };
    const rig = await ExecutorRig.start([stall, stall], { maxConcurrent: 3 });
    const ended = rig.run([376, 400, 424, 448].map((height) => rig.diff(height - 24, height)));
    await rig.untilAsked(3);
    expect(rig.counts("getmnlistd").sort()).toEqual([1, 2]);
    expect(rig.states()).toEqual(["inFlight", "inFlight", "inFlight", "queued"]);
    for (const node of rig.nodes) node.release();
    await ended;
    const single = await ExecutorRig.start([stall, stall], { maxPerPeer: 1 });
    void single.run([376, 400, 424].map((height) => single.diff(height - 24, height)));
    await single.untilAsked(2);
    expect(single.states()).toEqual(["inFlight", "inFlight", "queued"]);
    const sequential = await ExecutorRig.start([stall, stall], { isSequential: true });
    void sequential.run([376, 400].map((height) => sequential.diff(height - 24, height)));
    await sequential.untilAsked(1);
    expect(sequential.states()).toEqual(["inFlight", "queued"]);
    expect(sequential.log.concurrency.at(-1)).toMatchObject({ inFlight: 1, limit: 1 });
  });

  it("count what is answered and waits for its base, which a kill of the tab would lose", async () => {
    const tuning = { maxPerPeer: 1, maxConcurrent: 2 };
    const rig = await ExecutorRig.start([{ stallOn: "getmnlistd" }, {}], tuning);
    const [base, dependent, other] = [rig.diff(376, 400), rig.diff(400, 424), rig.diff(424, 448)];
    const ended = rig.run([base, dependent, other], [[dependent, base]]);
    await until(() => rig.log.rows[1]?.bytes !== undefined, "the dependent answer");
    rig.executor.wake();
    expect(rig.states()).toEqual(["inFlight", "inFlight", "queued"]);
    rig.node(0).release();
    await ended;
    expect(rig.applied).toEqual(["400", "424", "448"]);
  });

  it("are kept for a base that failed, however many wait for it", async () => {
    let isFirst = true;
    const rewrite = (message: { command: string; payload: Uint8Array }) => {
      const isLost = isFirst && message.command === "mnlistdiff";
      if (isLost) isFirst = false;
      return isLost ? [] : [message];
    };
    const rig = await ExecutorRig.start([{ rewrite }, {}], { maxPerPeer: 1, maxConcurrent: 2 });
    const [base, ...others] = [400, 424, 448, 478].map((height) => rig.diff(376, height));
    if (!base) throw new Error("no base");
    const bases = others.map((other) => [other, base] as [SyncRequest, SyncRequest]);
    await rig.run([base, ...others], bases);
    expect([rig.failures, rig.applied]).toEqual([["0 net/refused"], ["400", "424", "448", "478"]]);
  });

  it("at a peer whose chain is too short are taken only where no other is long enough", async () => {
    const short: Partial<ReplayNodeOptions> = { version: (recorded) => ({ ...recorded, startHeight: 440 }) };
    const rig = await ExecutorRig.start([short, { stallOn: "getmnlistd" }], { maxPerPeer: 1 });
    const ended = rig.run([rig.diff(424, 448), rig.diff(448, 478), rig.diff(376, 400)]);
    await until(() => rig.applied.includes("400"), "what the short one has");
    // The other one is busy: it is waited for.
    expect([rig.counts("getmnlistd"), rig.states()]).toEqual([
      [1, 1],
      ["inFlight", "queued", "answered"],
    ]);
    rig.node(1).release();
    await ended;
    expect(rig.counts("getmnlistd")).toEqual([1, 2]);
    const alone = await ExecutorRig.start([short]);
    await alone.run([alone.diff(424, 448)]);
    expect(alone.counts("getmnlistd")).toEqual([1]);
  });

  it("are given out after one look at the network, however many requests wait", async () => {
    const rig = await ExecutorRig.start([{ stallOn: "getmnlistd" }, { stallOn: "getmnlistd" }]);
    const looks = vi.spyOn(rig.executor.health.monitor, "conditions");
    void rig.run(Array.from({ length: 20 }, (_, i) => rig.diff(424, 448 + i)));
    expect(rig.states().filter((state) => state === "inFlight")).toHaveLength(4);
    // Of all peers, and of each.
    expect(looks).toHaveBeenCalledTimes(1 + rig.nodes.length);
  });

  it("sends the most urgent first, and what others wait for as urgently as those", async () => {
    const rig = await ExecutorRig.start([{}], { isSequential: true });
    const base = rig.diff(376, 400, { priority: "low" });
    const tip = rig.diff(448, 478, { priority: "critical" });
    const middle = rig.diff(400, 424, { priority: "high" });
    const normal = rig.diff(424, 448, { priority: "normal" });
    await rig.run([base, normal, middle, tip], [[middle, base]]);
    expect(rig.applied).toEqual(["478", "400", "424", "448"]);
  });
});

describe.runIf(hasVectors(FOLDER))("applying", () => {
  /** The first node holds everything back until it is released. */
  async function outOfOrder(): Promise<{
    rig: ExecutorRig;
    requests: SyncRequest[];
    ended: Promise<boolean>;
  }> {
    const rig = await ExecutorRig.start([{ stallOn: "getmnlistd" }, {}], { maxPerPeer: 1, maxConcurrent: 3 });
    const base = rig.diff(376, 400, { priority: "critical" });
    const dependent = rig.diff(400, 424);
    const other = rig.diff(448, 478);
    const requests = [base, dependent, other];
    return { rig, requests, ended: rig.run(requests, [[dependent, base]]) };
  }

  it("is done as soon as the base is there, whatever else is not", async () => {
    const { rig, ended } = await outOfOrder();
    await until(() => rig.applied.includes("478"), "the other one");
    await until(() => rig.log.rows[1]?.bytes !== undefined, "the dependent answer");
    expect(rig.applied).toEqual(["478"]);
    rig.node(0).release();
    expect(await ended).toBe(true);
    expect(rig.applied).toEqual(["478", "400", "424"]);
  });

  it("keeps an answer while another peer is asked for its base", async () => {
    const { rig, ended } = await outOfOrder();
    await until(() => rig.applied.includes("478"), "the other one");
    await until(() => rig.log.rows[1]?.bytes !== undefined, "the dependent answer");
    rig.clock.advance(15_000);
    expect(await ended).toBe(true);
    expect(rig.failures).toEqual(["0 net/timeout"]);
    expect(rig.applied).toEqual(["478", "400", "424"]);
  });

  it("is single-file", async () => {
    const rig = await ExecutorRig.start([{}, {}]);
    let running = 0;
    rig.apply = async () => {
      expect(++running).toBe(1);
      await new Promise((resolve) => setTimeout(resolve, 5));
      running--;
    };
    await rig.run([376, 400, 424, 448].map((height) => rig.diff(height - 24, height)));
    expect(rig.applied.length).toBe(4);
  });

  it("blames nobody for an answer whose base is missing", async () => {
    const rig = await ExecutorRig.start([{}]);
    const request = rig.diff(448, 478);
    rig.apply = () => Promise.reject(new DashlightError({ code: "engine/unknown-base", baseBlockHash: "" }));
    expect(await rig.run([request])).toBe(false);
    expect([rig.failures, rig.lies, rig.states()]).toEqual([[], [], ["aborted"]]);
    expect(rig.executor.history.of(request).failures).toEqual([]);
  });

  it("blames nobody for a qrinfo whose planned base was given up", async () => {
    const rig = await ExecutorRig.start([{ silentOn: ["getmnlistd"] }]);
    const [base, info] = [rig.diff(0, 328), rig.qrInfo()];
    for (let i = 0; i < 3; i++) rig.executor.history.backOff(base, 0);
    rig.apply = () => Promise.reject(new DashlightError({ code: "engine/unknown-base", baseBlockHash: "" }));
    expect(await rig.run([base, info], [[info, base]])).toBe(true);
    expect(rig.states()).toEqual(["failed", "aborted"]);
    expect(rig.executor.history.of(info).failures).toEqual([]);
    expect(rig.failures).toEqual(["0 net/refused"]);
  });

  it("drops what waits for a base that is given up", async () => {
    const rig = await ExecutorRig.start([{ silentOn: ["getmnlistd"] }], { isSequential: true });
    const [base, dependent, last] = [rig.diff(376, 400), rig.diff(400, 424), rig.diff(424, 448)];
    for (let i = 0; i < 3; i++) rig.executor.history.backOff(base, 0);
    const ended = rig.run(
      [base, dependent, last],
      [
        [dependent, base],
        [last, dependent],
      ],
    );
    expect(await ended).toBe(true);
    expect([rig.asked(), rig.applied, rig.done]).toEqual([1, [], 3]);
    expect(rig.states()).toEqual(["failed", "aborted", "aborted"]);
    expect(rig.unanswered).toEqual(["net/refused"]);
  });

  it("bans a liar and asks somebody else", async () => {
    const rig = await ExecutorRig.start([{}, {}]);
    const liar = rig.node(0).address;
    const facts = { blockHash: "", expected: "", computed: "" };
    rig.apply = async (_request, { peer }) => {
      if (peer.address === liar) throw new DashlightError({ code: "engine/merkle-root-mismatch", ...facts });
    };
    expect(await rig.run([rig.diff(448, 478)])).toBe(true);
    expect(rig.lies).toEqual(["0 engine/merkle-root-mismatch"]);
    expect([rig.applied, rig.counts("getmnlistd"), rig.pool.ready.length]).toEqual([["478"], [1, 1], 1]);
  });
});

describe("whose fault an error is", () => {
  it.each([
    [{ code: "wire/truncated", needed: 2, available: 1 }, true],
    [{ code: "engine/merkle-root-mismatch", blockHash: "", expected: "", computed: "" }, true],
    [{ code: "engine/unknown-base", baseBlockHash: "" }, false],
    [{ code: "engine/unknown-block", blockHash: "" }, false],
    [{ code: "net/refused", address: "", request: "" }, false],
    [{ code: "store/not-leader" }, false],
  ] as const)("%o: the peer's %s", (facts, isPeers) => {
    expect(isBadAnswer(new DashlightError(facts))).toBe(isPeers);
    expect(isBadAnswer(new Error(facts.code))).toBe(false);
  });
});
