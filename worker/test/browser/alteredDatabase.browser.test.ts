import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { commands } from "vitest/browser";
import type { LogEntry } from "../../api.ts";
import { DashlightError } from "../../errors.ts";
import { ClientStore } from "../../store/index.ts";
import { type BlockRecord, type ListRecord, TABLES, type TableName } from "../../store/schema.ts";
import {
  type Dump,
  dump,
  flip,
  openStore,
  readRecord,
  replaceRecord,
  withDatabase,
} from "../../store/test/databases.ts";
import { makeSummary, type Summary } from "../../summary.ts";
import type { StartedNetwork } from "./networkCommands.ts";
import { forgetEverything, WatchedService } from "./services.ts";
import { type SyncedState, stateOnceSynced } from "./syncedState.ts";

let network: StartedNetwork;
/** What a first visit proved, and left. */
let expected: SyncedState;
let name: string;
let whole: Dump;

beforeAll(async () => {
  await forgetEverything();
  network = await commands.startNetwork(location.origin, 1, "long");
  const first = await WatchedService.start(network.url);
  expected = await stateOnceSynced(first, first.service);
  name = (await ClientStore.list())[0] ?? "";
  await vi.waitFor(async () => expect(await readRecord(name, "meta", "summary")).toBeDefined());
  first.stop();
  whole = await dump(name);
});
afterAll(() => commands.stopNetwork(network.url));
afterEach(async () => {
  vi.restoreAllMocks();
  await forgetEverything();
});

async function restoreDatabase(): Promise<void> {
  (await openStore(name)).close();
  await withDatabase(name, async (database) => {
    for (const table of TABLES) {
      for (const [key, value] of whole[table] ?? []) await database.put(table, value, key);
    }
  });
}

/** The key of a record: itself, or its place among all. */
type Which = string | number;

function keyOf(table: TableName, which: Which): IDBValidKey {
  const keys = [...(whole[table]?.keys() ?? [])];
  const key = typeof which === "string" ? which : keys[which];
  if (key === undefined || !keys.includes(key)) throw new Error(`${table}: nothing at ${which}`);
  return key;
}

/** Changes the database behind the client's back. */
type Alter = () => Promise<void>;

function change(table: TableName, which: Which, to: (value: never) => unknown): Alter {
  return () => {
    const key = keyOf(table, which);
    return replaceRecord(name, table, key, to(whole[table]?.get(key) as never));
  };
}

function flipAt(table: TableName, which: Which, position: number): Alter {
  return change(table, which, (bytes: Uint8Array) => flip(bytes, (position + bytes.length) % bytes.length));
}

function remove(table: TableName, which: Which): Alter {
  return change(table, which, () => undefined);
}

function cut(table: TableName, which: Which, sizeBytes = 1): Alter {
  return change(table, which, (bytes: Uint8Array) => bytes.slice(0, -sizeBytes));
}

function swap(table: TableName, a: Which, b: Which): Alter {
  const valueAt = (which: Which) => whole[table]?.get(keyOf(table, which));
  return async () => {
    await replaceRecord(name, table, keyOf(table, a), valueAt(b));
    await replaceRecord(name, table, keyOf(table, b), valueAt(a));
  };
}

interface ChainEnds {
  readonly tip: BlockRecord;
}

/** What is said of it; undefined where nothing that is left is wrong, or nothing needs what is gone. */
type Case = readonly [title: string, alter: Alter, says: RegExp | undefined];

const CASES: readonly Case[] = [
  ["a bit of a header", flipAt("headers", 0, 80 * 100 + 40), /header chain: header 100/],
  ["a bit of the last header", flipAt("headers", 1, -10), /header chain: tip 1094/],
  ["the first headers gone", remove("headers", 0), /headers 1000: expected 0/],
  ["the last headers gone", remove("headers", 1), /headers end at 999/],
  ["headers swapped", swap("headers", 0, 1), /headers 1000: expected 95/],
  ["headers cut", cut("headers", 0), /headers 0: 79999 bytes/],
  ["one header cut off", cut("headers", 1, 80), /headers end at 1093/],

  ["a bit of an entry", flipAt("entries", 3, 40), /entries \w+: its bytes hash to/],
  ["an entry gone", remove("entries", 3), /lists \w+: masternodes: \w+ is missing/],
  ["entries swapped", swap("entries", 3, 4), /entries \w+: its bytes hash to/],
  ["an entry cut", cut("entries", 3), /entries \w+: wire\//],

  ["a bit of a commitment", flipAt("commitments", 3, 40), /commitments \w+: its bytes hash to/],
  ["a commitment gone", remove("commitments", 3), /lists \w+: quorums: \w+ is missing/],
  ["commitments swapped", swap("commitments", 3, 4), /commitments \w+: its bytes hash to/],
  ["a commitment cut", cut("commitments", 3), /commitments \w+: wire\//],

  [
    "a bit of a list's coinbase",
    change("lists", 3, (list: ListRecord) => ({ ...list, cbTx: flip(list.cbTx, 90) })),
    /engine\/coinbase-proof-mismatch/,
  ],
  [
    "a list at another height",
    change("lists", 3, (list: ListRecord) => ({ ...list, height: list.height + 1 })),
    /lists \w+: height \d+, not \d+/,
  ],
  ["a list gone", remove("lists", 3), undefined],
  ["lists swapped", swap("lists", 3, 4), /engine\/coinbase-proof-mismatch/],
  [
    "a masternode cut off a list",
    change("lists", 3, (list: ListRecord) => ({ ...list, masternodes: list.masternodes.slice(0, -32) })),
    /engine\/merkle-root-mismatch/,
  ],

  ["a bit of a snapshot", flipAt("snapshots", 0, 6), /snapshots: \d+ quorums contradict them/],
  ["a snapshot gone", remove("snapshots", 0), undefined],
  ["snapshots swapped", swap("snapshots", 0, 1), /snapshots: \d+ quorums contradict them/],
  ["a snapshot cut", cut("snapshots", 0), /snapshots \w+: wire\//],

  ["the chain's ends gone", remove("meta", "chain"), /meta chain: no record/],
  [
    "a tip at another height",
    change("meta", "chain", (chain: ChainEnds) => ({
      ...chain,
      tip: { ...chain.tip, height: chain.tip.height - 1 },
    })),
    /headers end at 1094, tip is 1093/,
  ],
  [
    "a lock at another height",
    change("meta", "chain", ({ tip, ...chain }: ChainEnds) => ({
      ...chain,
      tip,
      lock: { ...tip, height: tip.height - 1 },
    })),
    /header chain: lock 1093/,
  ],

  ["a bit of the ChainLock's height", flipAt("meta", "chainLock", 0), /engine\/malformed-lock/],
  ["a bit of the ChainLock's block", flipAt("meta", "chainLock", 10), /engine\/bad-lock-signature/],
  ["a bit of the ChainLock's signature", flipAt("meta", "chainLock", -20), /engine\/bad-lock-signature/],
  ["the ChainLock cut", cut("meta", "chainLock"), /meta chainLock: wire\/truncated/],
  ["the ChainLock gone", remove("meta", "chainLock"), undefined],

  ["a bit of the announced quorums", flipAt("meta", "announced", 3), /meta announced: \w+ is missing/],
  ["the announced quorums cut", cut("meta", "announced"), /meta announced: 127 bytes/],
  ["the announced quorums gone", remove("meta", "announced"), undefined],
  ["records swapped", swap("meta", "announced", "chainLock"), /meta announced: 132 bytes/],

  ["refusals that are none", () => replaceRecord(name, "meta", "refusals", 5), /meta refusals: no list/],

  ["the summary gone", remove("meta", "summary"), undefined],
  ["another summary", change("meta", "summary", () => 5), /meta summary/],
  ["a summary that is none", change("meta", "summary", () => ({ version: 1 })), /meta summary/],
  [
    "another tip in the summary",
    change("meta", "summary", ({ snapshot, ...summary }: Summary) => ({
      ...summary,
      snapshot: { ...snapshot, tip: { ...snapshot.tip, height: 7 } },
    })),
    /meta summary/,
  ],
];

describe("what was altered since the last visit", () => {
  it.each(CASES)("is never shown as verified, but named and fetched again: %s", async (_, alter, says) => {
    await restoreDatabase();
    await alter();
    const again = await WatchedService.start(network.url);
    expect(await stateOnceSynced(again, again.service)).toEqual(expected);
    for (const { isSynced, stored, chainLock, masternodes } of again.seen) {
      // Until it is checked, what the summary said is shown as just that.
      if (stored?.status === "checking-again") expect(isSynced).toBe(false);
      // The newest block's coinbase holds the lock of the block before, which verifies as well.
      else expect([undefined, network.tipHeight - 1, network.tipHeight]).toContain(chainLock?.height);
      if (isSynced) expect(masternodes).toEqual(expected.shown.masternodes);
    }
    expect(warnings(again)).toEqual(says ? [expect.stringMatching(says)] : []);
    await vi.waitFor(expectWhole);
  });
});

function warnings({ seen }: WatchedService): string[] {
  const log: readonly LogEntry[] = seen.at(-1)?.log ?? [];
  return log.filter(({ level }) => level !== "info").map(({ message }) => message);
}

/** Nothing that is broken is left. */
async function expectWhole(): Promise<void> {
  const store = await openStore(name);
  try {
    expect((await store.loadHeaders())?.saved.tip.height).toBe(network.tipHeight);
    expect((await store.loadEngine()).dropped).toEqual([]);
    expect(await store.loadChainLock()).toMatchObject({ height: expected.shown.chainLock?.height });
    expect(await store.loadRefusals()).toEqual([]);
  } finally {
    store.close();
  }
}

describe("a remembered network", () => {
  const rememberParams = (changed: Record<string, unknown>) =>
    change("meta", "summary", ({ snapshot, network: remembered, savedAtMs }: Summary) => {
      const params = { ...(remembered.params as object), ...changed };
      return makeSummary(snapshot, { ...remembered, params }, savedAtMs);
    });

  it.each([
    ["that is none", { magic: 7 }],
    ["of another database", { magic: "01020304" }],
    ["with other rules", { llmqTypeMnhf: 4 }],
  ])("%s gives way to the bridge's, and nothing is fetched again", async (_, changed) => {
    await restoreDatabase();
    await rememberParams(changed)();
    await commands.takeListRequests(network.url);
    const again = await WatchedService.start(network.url);
    expect(await stateOnceSynced(again, again.service)).toEqual(expected);
    expect(await commands.takeListRequests(network.url)).toEqual([]);
  });
});

describe("a database that fails", () => {
  it("is a problem to show, and all is fetched again", async () => {
    await restoreDatabase();
    const failure = new DashlightError({ code: "store/unavailable", reason: "UnknownError" });
    vi.spyOn(ClientStore.prototype, "loadEngine").mockRejectedValue(failure);
    const again = await WatchedService.start(network.url);
    const { masternodes, problem } = await again.synced();
    expect(masternodes).toEqual(expected.shown.masternodes);
    expect(problem?.code).toBe("store/unavailable");
  });
});
