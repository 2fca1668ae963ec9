import * as Comlink from "comlink";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { commands } from "vitest/browser";
import type { ClientSnapshot } from "../../api.ts";
import { loadEngines } from "../../engines.ts";
import { DashlightError, type ErrorFacts } from "../../errors.ts";
import { ClientStore, DEFAULT_SETTINGS, SettingsStore } from "../../store/index.ts";
import { flip, keysOf, readRecord, rejection, replaceRecord } from "../../store/test/databases.ts";
import { makeSummary, readSummary } from "../../summary.ts";
import { Tabs } from "../../tabs.ts";
import { installErrorTransfer } from "../../transfer.ts";
import type { StartedNetwork } from "./networkCommands.ts";
import { forgetEverything, WatchedService } from "./services.ts";

const UNKNOWN_HASH = "ab".repeat(32);

let network: StartedNetwork;

beforeAll(async () => {
  network = await commands.startNetwork(location.origin, 1);
});
afterAll(() => commands.stopNetwork(network.url));
beforeEach(forgetEverything);
afterEach(forgetEverything);

/** Syncs, and stops once the database has what the next start shows first. */
async function leaveStored(): Promise<{ name: string; synced: ClientSnapshot }> {
  const first = await WatchedService.start(network.url);
  const synced = await first.synced();
  const [name = ""] = await ClientStore.list();
  await vi.waitFor(async () => expect(await readRecord(name, "meta", "summary")).toBeDefined());
  first.stop();
  return { name, synced };
}

async function flipFirstRecord(name: string, table: "headers" | "entries", position: number): Promise<void> {
  const [key = ""] = await keysOf(name, table);
  const bytes = await readRecord(name, table, key);
  if (!(bytes instanceof Uint8Array)) throw new Error(`${table}: no bytes`);
  await replaceRecord(name, table, key, flip(bytes, position));
}

describe("a first visit", () => {
  it("syncs, and answers every question about what it proved", async () => {
    const watched = await WatchedService.start(network.url);
    const { service } = watched;
    expect(await service.settings()).toEqual(DEFAULT_SETTINGS);
    const synced = await watched.synced();
    expect(synced).toMatchObject({
      network: "simnet",
      role: "leader",
      cannotVerify: [],
      problem: undefined,
      stored: undefined,
      blsEngine: "mcl",
      x11Engine: "wasm",
    });
    expect(synced.tip?.height).toBe(network.tipHeight);
    expect(synced.masternodes?.total).toBeGreaterThan(100);
    expect(synced.quorums.every(({ isNeeded, total, verified }) => !isNeeded || verified === total)).toBe(
      true,
    );

    const masternodes = await service.masternodes();
    expect(masternodes.length).toBe(synced.masternodes?.total);
    const quorums = await service.quorums();
    const verified = quorums.find(({ status, isNeeded }) => status === "verified" && isNeeded);
    if (!verified) throw new Error("no verified quorum");
    const { llmqType, quorumHash } = verified;
    expect((await service.quorumMembers(llmqType, quorumHash))?.length).toBe(verified.size);
    expect(await service.quorumPublicKey(llmqType, quorumHash)).toMatch(/^[0-9a-f]{96}$/);
    expect(await service.quorumMembers(llmqType, UNKNOWN_HASH)).toBeUndefined();
    expect(await service.quorumPublicKey(llmqType, UNKNOWN_HASH)).toBeUndefined();

    const activity = await service.syncActivity();
    expect(activity.tuning).toEqual(DEFAULT_SETTINGS.tuning);
    expect(activity.runs[0]).toMatchObject({ strategy: { kind: "discovery" } });
    expect(activity.runs[0]?.rationale.join()).toContain("QRInfo for the cycle at");

    const usage = await service.storageUsage();
    expect(usage.headers).toBeGreaterThanOrEqual(network.tipHeight);
    expect(usage.lists).toBeGreaterThan(1);
    expect(usage.quotaBytes).toBeGreaterThan(0);
    await service.ping();

    network = { ...network, tipHeight: await commands.mine(network.url) };
    const height = network.tipHeight;
    await watched.when("the new block", ({ tip }) => tip?.height === height && tip.isChainLocked);
  });

  it("goes on giving the key of a Platform quorum that retired, after a restart too", async () => {
    const watched = await WatchedService.start(network.url);
    const { service } = watched;
    await watched.synced();
    const platform = async () =>
      (await service.quorums()).filter(({ llmqType, status }) => llmqType === 4 && status === "verified");
    const oldest = (await platform()).at(-1);
    if (!oldest) throw new Error("no verified Platform quorum");
    const { llmqType, quorumHash } = oldest;
    const key = await service.quorumPublicKey(llmqType, quorumHash);
    expect(key).toMatch(/^[0-9a-f]{96}$/);
    for (let mined = 0; (await platform()).some((quorum) => quorum.quorumHash === quorumHash); mined++) {
      if (mined === 48) throw new Error("never retired");
      network = { ...network, tipHeight: await commands.mine(network.url) };
      const { tipHeight } = network;
      await watched.when("the next list", ({ masternodes }) => masternodes?.height === tipHeight);
    }
    expect(await service.quorumPublicKey(llmqType, quorumHash)).toBe(key);
    expect((await service.quorumMembers(llmqType, quorumHash))?.length).toBe(oldest.size);
    watched.stop();
    const again = await WatchedService.start(network.url);
    await again.synced();
    expect(await again.service.quorumPublicKey(llmqType, quorumHash)).toBe(key);
  });

  it("has empty answers before it starts", async () => {
    const { service } = await WatchedService.make();
    expect(await service.snapshot()).toMatchObject({ phase: "starting", isSynced: false, tip: undefined });
    expect(await service.masternodes()).toEqual([]);
    expect(await service.quorums()).toEqual([]);
    expect(await service.quorumMembers(1, UNKNOWN_HASH)).toBeUndefined();
    expect(await service.quorumPublicKey(1, UNKNOWN_HASH)).toBeUndefined();
    expect(await service.storageUsage()).toMatchObject({ headers: 0, lists: 0 });
  });

  it("started twice at once is one client", async () => {
    const watched = await WatchedService.make();
    const { service } = watched;
    await Promise.all([service.start({ bridgeUrl: network.url }), service.start({ bridgeUrl: network.url })]);
    await watched.when("connected", ({ peers }) => peers.length > 0);
    const held = (await navigator.locks.query()).held ?? [];
    const [name = ""] = await ClientStore.list();
    expect(held.filter((lock) => lock.name === name).length).toBe(1);
    service.stop();
    await vi.waitFor(async () => {
      const left = await navigator.locks.query();
      expect([...(left.held ?? []), ...(left.pending ?? [])].filter((lock) => lock.name === name)).toEqual(
        [],
      );
    });
  });
});

describe("a second tab", () => {
  it("follows, asks the leader, and takes over when it goes", async () => {
    const leader = await WatchedService.start(network.url);
    await leader.synced();
    const follower = await WatchedService.start(network.url);
    const seen = await follower.when(
      "synced as a follower",
      ({ isSynced, role }) => isSynced && role === "follower",
    );
    expect(seen.tip).toEqual((await leader.service.snapshot()).tip);
    expect(await follower.service.masternodes()).toEqual(await leader.service.masternodes());
    const quorums = await follower.service.quorums();
    expect(quorums).toEqual(await leader.service.quorums());
    const verified = quorums.find(({ status }) => status === "verified");
    if (!verified) throw new Error("no verified quorum");
    const { llmqType, quorumHash } = verified;
    expect(await follower.service.quorumPublicKey(llmqType, quorumHash)).toMatch(/^[0-9a-f]{96}$/);
    expect((await follower.service.quorumMembers(llmqType, quorumHash))?.length).toBe(verified.size);
    // The leader's error, with its facts: a hash that is none.
    expect(await rejection(follower.service.quorumPublicKey(llmqType, "zz"))).toEqual(
      await rejection(leader.service.quorumPublicKey(llmqType, "zz")),
    );

    follower.forget();
    leader.stop();
    await follower.when("leading", ({ role, isSynced }) => role === "leader" && isSynced);
    expect((await follower.service.masternodes()).length).toBeGreaterThan(100);
  });

  it("changes settings for both", async () => {
    const leader = await WatchedService.start(network.url);
    await leader.synced();
    const follower = await WatchedService.start(network.url);
    await follower.when("following", ({ isSynced, role }) => isSynced && role === "follower");
    leader.forget();
    follower.forget();
    await follower.service.changeSettings({ ...DEFAULT_SETTINGS, maxPeers: 1 });
    await Promise.all([leader.synced(), follower.synced()]);
    await vi.waitFor(async () => {
      expect(await leader.service.settings()).toMatchObject({ maxPeers: 1 });
      const roles = [(await leader.service.snapshot()).role, (await follower.service.snapshot()).role];
      expect(roles.sort()).toEqual(["follower", "leader"]);
    });
  });
});

describe("tabs", () => {
  it("a lock granted while closing is given back", async () => {
    const name = `dashlight-tabs-${Math.random()}`;
    const led: number[] = [];
    const open = (id: number) =>
      new Tabs({
        name,
        onLead: () => led.push(id),
        onSnapshot: () => undefined,
        answer: async () => undefined,
      });
    open(1).close();
    const second = open(2);
    await vi.waitFor(() => expect(led).toContain(2));
    expect(led).toEqual([2]);
    expect(second.isLeader).toBe(true);
    second.close();
  });

  it("carries the leader's answers and errors", async () => {
    const name = `dashlight-tabs-${Math.random()}`;
    const facts = { code: "client/invalid-setting", field: "a", reason: "b" } as const;
    const options = { name, onLead: () => undefined, onSnapshot: () => undefined };
    const leader = new Tabs({
      ...options,
      answer: async (question, values) => {
        if (question === "reset") throw new DashlightError(facts);
        return [question, values];
      },
    });
    await vi.waitFor(() => expect(leader.isLeader).toBe(true));
    const follower = new Tabs({ ...options, answer: async () => undefined });
    expect(await follower.ask("quorumMembers", [1, "x"])).toEqual(["quorumMembers", [1, "x"]]);
    expect(await rejection(follower.ask("reset", []))).toMatchObject({ facts });
    follower.close();
    leader.close();
  });
});

describe("a later visit", () => {
  it("shows what is stored, checks it again, and asks for little", async () => {
    const { synced } = await leaveStored();
    const again = await WatchedService.start(network.url);
    const first = await again.when("stored state", ({ stored }) => stored !== undefined);
    expect(first).toMatchObject({ isSynced: false, stored: { status: "checking-again" }, tip: synced.tip });
    await again.when("checked", ({ stored }) => stored?.status === "checked");
    const { progress, stored } = await again.synced();
    expect(stored?.status).toBe("checked");
    expect(progress.bytesIn).toBeLessThan(synced.progress.bytesIn / 4);
  });

  it("is shown offline, and goes on when the bridge comes", async () => {
    const { synced } = await leaveStored();
    await commands.stopBridge(network.url);
    const again = await WatchedService.start(network.url);
    const offline = await again.when(
      "checked without a bridge",
      ({ stored, problem }) => stored?.status === "checked" && problem?.code === "net/bridge-unreachable",
    );
    expect(offline.tip).toEqual(synced.tip);
    expect((await again.service.masternodes()).length).toBe(synced.masternodes?.total);
    await commands.startBridge(network.url);
    await again.when("synced without a problem", ({ isSynced, problem }) => isSynced && !problem);
  });

  it("drops what was altered in a list, says so, and fetches it again", async () => {
    const { name } = await leaveStored();
    await flipFirstRecord(name, "entries", 40);
    const again = await WatchedService.start(network.url);
    const { log, stored } = await again.synced();
    expect(stored?.status).toBe("dropped");
    expect(
      log.some(({ level, message }) => level === "warning" && message.startsWith("stored state: ")),
    ).toBe(true);
  });

  it("drops altered headers and all that rests on them, says so, and starts over", async () => {
    const { name, synced } = await leaveStored();
    await flipFirstRecord(name, "headers", 80 * 100 + 40);
    const again = await WatchedService.start(network.url);
    const { log, stored, tip } = await again.synced();
    expect(stored?.status).toBe("dropped");
    expect(tip).toEqual(synced.tip);
    expect(
      log.some(({ level, message }) => level === "warning" && message.startsWith("stored state: ")),
    ).toBe(true);
  });

  it("forgets the simnet of before when the bridge has another", async () => {
    const { name } = await leaveStored();
    const other = await commands.startNetwork(location.origin, 2);
    try {
      const again = await WatchedService.start(other.url);
      const { tip } = await again.when("synced with the other", (s) => s.isSynced && s.stored === undefined);
      expect(tip?.height).toBe(other.tipHeight);
      await vi.waitFor(async () => expect(await ClientStore.list()).not.toContain(name));
      again.stop();
    } finally {
      await commands.stopNetwork(other.url);
    }
  });
});

describe("settings", () => {
  it("refuses what is invalid and applies the rest", async () => {
    const watched = await WatchedService.start(network.url);
    await watched.synced();
    const { service } = watched;
    const refused = { facts: { code: "client/invalid-setting", field: "maxPeers" } };
    expect(await rejection(service.changeSettings({ ...DEFAULT_SETTINGS, maxPeers: 99 }))).toMatchObject(
      refused,
    );
    expect(await service.settings()).toEqual(DEFAULT_SETTINGS);
    watched.forget();
    const settings = { ...DEFAULT_SETTINGS, maxPeers: 1 };
    await service.changeSettings(settings);
    expect(await service.settings()).toEqual(settings);
    const { peers } = await watched.synced();
    expect(peers.filter(({ status }) => status === "ready").length).toBe(1);

    // Another network than the bridge's, and back.
    watched.forget();
    await service.changeSettings({ ...DEFAULT_SETTINGS, network: "devnet" });
    const devnet = await watched.when("another network", (snapshot) => snapshot.network === "devnet");
    expect(devnet).toMatchObject({ isSynced: false, peers: [], tip: { height: 0 } });
    watched.forget();
    await service.changeSettings(DEFAULT_SETTINGS);
    await watched.when("synced again", (snapshot) => snapshot.network === "simnet" && snapshot.isSynced);
  });

  it("answers with what is saved, however early it is asked", async () => {
    const saved = { ...DEFAULT_SETTINGS, maxPeers: 2 };
    const store = await SettingsStore.open();
    await store.save(saved);
    store.close();
    const { service } = await WatchedService.make();
    expect(await service.settings()).toEqual(saved);
    const started = service.start({ bridgeUrl: network.url });
    expect(await service.settings()).toEqual(saved);
    await started;
  });

  it("resets: forgets what is stored and syncs again", async () => {
    const watched = await WatchedService.start(network.url);
    const { progress } = await watched.synced();
    watched.forget();
    await watched.service.reset();
    await watched.when("starting over", ({ isSynced }) => !isSynced);
    const again = await watched.synced();
    expect(again.stored).toBeUndefined();
    expect(again.progress.bytesIn).toBeGreaterThan(progress.bytesIn / 2);
    watched.unsubscribe();
  });
});

describe("without a bridge", () => {
  it("says so, and goes on when it comes", async () => {
    await commands.stopBridge(network.url);
    const watched = await WatchedService.start(network.url);
    const { problem } = await watched.when("a problem", (snapshot) => snapshot.problem !== undefined);
    expect(problem?.code).toBe("net/bridge-unreachable");
    await commands.startBridge(network.url);
    watched.forget();
    expect((await watched.synced()).problem).toBeUndefined();
  });
});

describe("engines", () => {
  it("takes JavaScript where the WebAssembly module is refused", async () => {
    const refused = vi.spyOn(window, "fetch").mockImplementation(async () => new Response("no module"));
    try {
      const { x11, bls } = await loadEngines();
      expect([x11.engine, bls.engine]).toEqual(["js", "mcl"]);
    } finally {
      refused.mockRestore();
    }
  });
});

describe("errors across a boundary", () => {
  installErrorTransfer();
  const FACTS: ErrorFacts = { code: "client/invalid-setting", field: "maxPeers", reason: "must be 1 to 8" };
  const thrower = {
    known: () => {
      throw new DashlightError(FACTS);
    },
    other: () => {
      throw new TypeError("other");
    },
    plain: () => {
      throw "plain";
    },
    /** The other way: an error of the caller's function. */
    callBack: async (callback: () => unknown) => {
      const error = await rejection(Promise.resolve(callback()));
      return error instanceof DashlightError ? error.facts : undefined;
    },
  };

  it("keep their facts, both ways", async () => {
    const { port1, port2 } = new MessageChannel();
    Comlink.expose(thrower, port1);
    const remote = Comlink.wrap<typeof thrower>(port2);
    const known = await rejection(remote.known());
    expect(known).toBeInstanceOf(DashlightError);
    expect(known).toMatchObject({ facts: FACTS });
    const other = await rejection(remote.other());
    expect(other).not.toBeInstanceOf(DashlightError);
    expect(other).toMatchObject({ message: "other" });
    expect(await rejection(remote.plain())).toBe("plain");
    expect(await remote.callBack(Comlink.proxy(thrower.known))).toEqual(FACTS);
    port1.close();
    port2.close();
  });
});

describe("readSummary", () => {
  it("takes a summary and refuses anything else", async () => {
    const watched = await WatchedService.make();
    const summary = makeSummary(await watched.service.snapshot(), { network: "simnet", peers: [] }, 1);
    expect(readSummary(structuredClone(summary))).toEqual(summary);
    const junk = [
      undefined,
      null,
      "summary",
      7,
      {},
      { ...summary, version: 2 },
      { ...summary, savedAtMs: "now" },
      { ...summary, network: undefined },
      { ...summary, network: { network: 1 } },
      { ...summary, snapshot: undefined },
      { ...summary, snapshot: { ...summary.snapshot, phase: 1 } },
      { ...summary, snapshot: { ...summary.snapshot, quorums: {} } },
      { ...summary, snapshot: { ...summary.snapshot, progress: null } },
    ];
    expect(junk.map(readSummary)).toEqual(junk.map(() => undefined));
  });
});
