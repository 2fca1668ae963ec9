import { describe, expect, it } from "vitest";
import { restoreList } from "../../engine/restoreList.ts";
import { EMPTY_ENGINE } from "../../engine/state.ts";
import { isDashlightError } from "../../errors.ts";
import { toHashHex } from "../../wire/hashes.ts";
import type { ListRecord, TableName } from "../schema.ts";
import {
  dump,
  flip,
  keysOf,
  readRecord,
  rejection,
  replaceRecord,
  withDatabase,
  withStore,
} from "./databases.ts";
import { listsOf, loadRecordedEngine, stepOf } from "./recordedEngine.ts";

const { state, context, chainLock } = await loadRecordedEngine();
const lists = listsOf(state);
const newest = lists[lists.length - 1] as (typeof lists)[number];
const whole = { ...stepOf(state), chainLock };

const leaf = toHashHex((newest.masternodes[0] as (typeof newest.masternodes)[number]).leaf);
const [commitment] = [...newest.quorums.values()].map(({ id }) => id);
const listKey = toHashHex(newest.blockHash);
const [snapshotKey] = state.snapshots.keys();
const bytesOf = (value: unknown) => value as Uint8Array;
const recordOf = (value: unknown) => value as ListRecord;

/** Heights of the lists that hold the entry or the commitment of the newest list that is broken here. */
const withLeaf = lists.filter(({ masternodes }) =>
  masternodes.some((entry) => toHashHex(entry.leaf) === leaf),
);
const withCommitment = lists.filter(({ quorums }) =>
  [...quorums.values()].some(({ id }) => id === commitment),
);

interface Case {
  readonly title: string;
  readonly table: TableName;
  readonly key: IDBValidKey | undefined;
  readonly change: (value: unknown) => unknown;
  /** How the reports begin, one for each record that is left out. */
  readonly dropped: readonly string[];
  /** Of lists that are left. */
  readonly lists: number;
  readonly snapshots?: number;
  readonly announced?: number;
}

const announcedIds = [...state.announcedQuorums.keys()];
const announcedCount = commitment && announcedIds.includes(commitment) ? 0 : announcedIds.length;
const commitmentReports = [
  ...withCommitment.map(
    ({ blockHash }) => `lists ${toHashHex(blockHash)}: quorums: ${commitment} is missing`,
  ),
  ...(announcedCount === 0 ? [`meta announced: ${commitment} is missing`] : []),
];
const leafReports = withLeaf.map(
  ({ blockHash }) => `lists ${toHashHex(blockHash)}: masternodes: ${leaf} is missing`,
);
const others = lists.length - 1;

function listCase(title: string, change: (record: ListRecord) => unknown, what: string): Case {
  return {
    title: `a list with ${title}`,
    table: "lists",
    key: listKey,
    change: (value) => change(recordOf(value)),
    dropped: [`lists ${listKey}${what}`],
    lists: others,
  };
}

const CASES: readonly Case[] = [
  {
    title: "a flipped bit in an entry",
    table: "entries",
    key: leaf,
    change: (value) => flip(bytesOf(value), 40),
    dropped: [`entries ${leaf}: its bytes hash to `, ...leafReports],
    lists: lists.length - withLeaf.length,
  },
  {
    title: "an entry of another version",
    table: "entries",
    key: leaf,
    change: (value) => flip(bytesOf(value), 0),
    dropped: [`entries ${leaf}: wire/`, ...leafReports],
    lists: lists.length - withLeaf.length,
  },
  {
    title: "a missing entry",
    table: "entries",
    key: leaf,
    change: () => undefined,
    dropped: leafReports,
    lists: lists.length - withLeaf.length,
  },
  {
    title: "an entry of another type",
    table: "entries",
    key: leaf,
    change: () => [1, 2, 3],
    dropped: [`entries ${leaf}: not bytes`, ...leafReports],
    lists: lists.length - withLeaf.length,
  },
  {
    title: "an entry under a key that is no hash",
    table: "entries",
    key: 7,
    change: () => new Uint8Array(1),
    dropped: ["entries 7: key is no hash"],
    lists: lists.length,
  },
  {
    title: "a flipped bit in a commitment",
    table: "commitments",
    key: commitment,
    change: (value) => flip(bytesOf(value), bytesOf(value).length - 1),
    dropped: [`commitments ${commitment}: its bytes hash to `, ...commitmentReports],
    lists: lists.length - withCommitment.length,
    announced: announcedCount,
  },
  {
    title: "a cut commitment",
    table: "commitments",
    key: commitment,
    change: (value) => bytesOf(value).slice(1),
    dropped: [`commitments ${commitment}: wire/`, ...commitmentReports],
    lists: lists.length - withCommitment.length,
    announced: announcedCount,
  },
  listCase("nothing", () => null, ": no record"),
  listCase("a negative height", (record) => ({ ...record, height: -1 }), ": height: no number"),
  listCase("half a height", (record) => ({ ...record, height: 0.5 }), ": height: no number"),
  listCase("a cut coinbase", (r) => ({ ...r, cbTx: r.cbTx.slice(1) }), ": cbTx: wire/"),
  listCase("no coinbase", ({ cbTx, ...record }) => record, ": cbTx: not bytes"),
  listCase("a count of words", (r) => ({ ...r, totalTransactions: "2" }), ": totalTransactions: no number"),
  listCase(
    "half a merkle hash",
    (r) => ({ ...r, merkleHashes: new Uint8Array(48) }),
    ": merkleHashes: 48 bytes of hashes",
  ),
  listCase("no flags", (r) => ({ ...r, merkleFlags: undefined }), ": merkleFlags: not bytes"),
  listCase("half a leaf", (r) => ({ ...r, masternodes: r.masternodes.slice(1) }), ": masternodes: "),
  listCase("a leaf of nothing", (r) => ({ ...r, masternodes: flip(r.masternodes, 5) }), ": masternodes: "),
  listCase("a quorum of nothing", (r) => ({ ...r, quorums: flip(r.quorums, 5) }), ": quorums: "),
  {
    title: "a cut snapshot",
    table: "snapshots",
    key: snapshotKey,
    change: (value) => bytesOf(value).slice(0, -1),
    dropped: [`snapshots ${snapshotKey}: wire/`],
    lists: lists.length,
    snapshots: state.snapshots.size - 1,
  },
  {
    title: "a snapshot with a count beyond its bytes",
    table: "snapshots",
    key: snapshotKey,
    change: (value) => flip(bytesOf(value), bytesOf(value).length - 1),
    dropped: [`snapshots ${snapshotKey}: wire/`],
    lists: lists.length,
    snapshots: state.snapshots.size - 1,
  },
  {
    title: "announced quorums of another type",
    table: "meta",
    key: "announced",
    change: () => "quorums",
    dropped: ["meta announced: not bytes"],
    lists: lists.length,
    announced: 0,
  },
  {
    title: "an announced quorum of nothing",
    table: "meta",
    key: "announced",
    change: (value) => flip(bytesOf(value), 3),
    dropped: ["meta announced: "],
    lists: lists.length,
    announced: 0,
  },
];

describe("a broken record", () => {
  it.each(CASES)("is left out and named, and the next save heals it: $title", (broken) =>
    withStore(async (store) => {
      await store.save(whole);
      const before = await dump(store.name);
      const { table, change, key = "missing" } = broken;
      await replaceRecord(store.name, table, key, change(await readRecord(store.name, table, key)));

      const loaded = await store.loadEngine();
      const reports = loaded.dropped.map(({ facts }) => facts.what);
      expect(reports.length).toBe(broken.dropped.length);
      for (const beginning of broken.dropped) {
        expect(
          reports.filter((report) => report.startsWith(beginning)),
          beginning,
        ).toHaveLength(1);
      }
      expect(loaded.lists.length).toBe(broken.lists);
      expect(loaded.snapshots.size).toBe(broken.snapshots ?? state.snapshots.size);
      expect(loaded.announced.length).toBe(broken.announced ?? announcedIds.length);
      for (const list of loaded.lists) restoreList(EMPTY_ENGINE, list, context);

      const held = new Set(loaded.lists.map(({ blockHash }) => toHashHex(blockHash)));
      const missing = lists.filter(({ blockHash }) => !held.has(toHashHex(blockHash)));
      await store.save({ ...whole, addLists: missing });
      expect(await dump(store.name)).toEqual(before);
      expect((await store.loadEngine()).dropped).toEqual([]);
    }),
  );

  it("goes with the next save, and what only it referred to", () =>
    withStore(async (store) =>
      withStore(async (expected) => {
        await store.save(whole);
        for (const table of ["entries", "commitments", "lists", "snapshots"] as const) {
          await replaceRecord(store.name, table, "junk", "junk");
        }
        await replaceRecord(store.name, "lists", listKey, null);
        await replaceRecord(store.name, "meta", "announced", "junk");
        await store.loadEngine();
        await store.save({ summary: 1 });
        await expected.save({ ...whole, addLists: lists.slice(0, -1), summary: 1 });
        await expected.save({ announced: [] });
        await withDatabase(expected.name, (database) => database.delete("meta", "announced"));
        expect(await dump(store.name)).toEqual(await dump(expected.name));
      }),
    ));

  it("is found before saving too, by a store that never loaded or whose revision is broken", () =>
    withStore(async (store) => {
      await store.save(whole);
      const before = await dump(store.name);
      await replaceRecord(store.name, "entries", leaf, new Uint8Array(3));
      await replaceRecord(store.name, "meta", "revision", "broken");
      await store.save({ addLists: withLeaf });
      expect(await dump(store.name)).toEqual(before);
    }));

  it("does not keep a list from being removed", () =>
    withStore(async (store) => {
      await store.save(whole);
      await replaceRecord(store.name, "lists", listKey, { masternodes: 1 });
      // The store's picture is older than the damage: the first try finds it, the second one goes around it.
      expect(await rejection(store.save({ removeLists: [listKey] }))).toMatchObject({
        code: "store/corrupt",
      });
      await store.save({ removeLists: [listKey] });
      expect(await keysOf(store.name, "lists")).not.toContain(listKey);
    }));

  it.each([
    ["cut", (value: unknown) => bytesOf(value).slice(1), "meta chainLock: wire/truncated"],
    [
      "long",
      (value: unknown) => new Uint8Array([...bytesOf(value), 0]),
      "meta chainLock: wire/trailing-bytes",
    ],
    ["of another type", () => 456, "meta chainLock: not bytes"],
  ])("is named where there is only one: a ChainLock that is %s", (_, change, what) =>
    withStore(async (store) => {
      await store.save(whole);
      const value = await readRecord(store.name, "meta", "chainLock");
      await replaceRecord(store.name, "meta", "chainLock", change(value));
      expect(await rejection(store.loadChainLock())).toMatchObject({
        facts: { code: "store/corrupt", what },
      });
      await store.save({ chainLock });
      expect(await store.loadChainLock()).toEqual(chainLock);
    }),
  );
});

describe("refusals", () => {
  const refusals = [1, 2, 3].map((i) => ({
    address: `192.0.2.${i}:9999`,
    atMs: 1_800_000_000_000 + i,
    blocks: lists.slice(0, i).map(({ blockHash }) => blockHash),
  }));

  it("come back as they were saved, the newest of too many", () =>
    withStore(async (store) => {
      expect(await store.loadRefusals()).toEqual([]);
      await store.save({ refusals });
      await store.save({ chainLock });
      expect(await store.loadRefusals()).toEqual(refusals);
      const many = Array.from({ length: 300 }, (_, atMs) => ({ address: "a:1", atMs, blocks: [] }));
      await store.save({ refusals: many });
      expect(await store.loadRefusals()).toEqual(many.slice(44));
    }));

  it.each([
    ["no list", () => 7, "no list of refusals"],
    ["more than are ever saved", ([one]: unknown[]) => Array.from({ length: 257 }, () => one), "no list"],
    ["of nobody", ([one]: object[]) => [{ ...one, address: undefined }], "no address"],
    ["of an endless address", ([one]: object[]) => [{ ...one, address: "a".repeat(261) }], "no address"],
    ["of no time", ([one]: object[]) => [{ ...one, atMs: "yesterday" }], "no number"],
    ["about something else", ([one]: object[]) => [{ ...one, blocks: new Uint8Array(33) }], "33 bytes"],
  ])("are named and not taken if they are %s", (_, change, what) =>
    withStore(async (store) => {
      await store.save({ refusals });
      const value = await readRecord(store.name, "meta", "refusals");
      await replaceRecord(store.name, "meta", "refusals", change(value as never[]));
      const facts = { code: "store/corrupt", what: expect.stringContaining(`meta refusals: ${what}`) };
      expect(await rejection(store.loadRefusals())).toMatchObject({ facts });
    }),
  );
});

describe("one flipped bit anywhere in what a list is proven by", () => {
  const FIELDS = ["cbTx", "merkleHashes", "merkleFlags", "masternodes", "quorums"] as const;

  it("is found by the store, or by the engine when it takes the list back in", () =>
    withStore(async (store) => {
      await store.save({ addLists: [newest] });
      const record = recordOf(await readRecord(store.name, "lists", listKey));
      let judged = 0;
      for (const field of FIELDS) {
        for (let position = 0; position < record[field].length; position += 7) {
          const flipped = { ...record, [field]: flip(record[field], position) };
          await replaceRecord(store.name, "lists", listKey, flipped);
          expect(await isFound(), `${field} ${position}`).toBe(true);
          judged++;
        }
      }
      expect(judged).toBeGreaterThan(50);

      async function isFound(): Promise<boolean> {
        const loaded = await store.loadEngine();
        if (loaded.lists.length === 0) return loaded.dropped.length === 1;
        try {
          for (const list of loaded.lists) restoreList(EMPTY_ENGINE, list, context);
          return false;
        } catch (error) {
          return isDashlightError(error);
        }
      }
    }));

  it.each(["entries", "commitments"] as const)("is found by the store in %s", (table) =>
    withStore(async (store) => {
      await store.save({ addLists: [newest] });
      for (const key of (await keysOf(store.name, table)).slice(0, 2)) {
        const bytes = bytesOf(await readRecord(store.name, table, key));
        for (let position = 0; position < bytes.length; position += 5) {
          await replaceRecord(store.name, table, key, flip(bytes, position));
          const { dropped } = await store.loadEngine();
          expect(dropped[0]?.facts.what, `byte ${position}`).toContain(`${table} ${key}`);
        }
        await replaceRecord(store.name, table, key, bytes);
      }
    }),
  );
});
