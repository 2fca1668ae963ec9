import { describe, expect, it, vi } from "vitest";
import { restoreList } from "../../engine/restoreList.ts";
import { EMPTY_ENGINE, type EngineState } from "../../engine/state.ts";
import { toHashHex } from "../../wire/hashes.ts";
import type { StoredEngine } from "../index.ts";
import { dump, keysOf, openStore, withStore } from "./databases.ts";
import { listsOf, loadRecordedEngine, stepOf } from "./recordedEngine.ts";

const { state, context, chainLock } = await loadRecordedEngine();
const lists = listsOf(state);

/** What the engine makes of what was loaded: every list proven again. */
function restore(stored: StoredEngine): EngineState {
  return stored.lists.reduce((restored, list) => restoreList(restored, list, context), EMPTY_ENGINE);
}

describe("the engine's state", () => {
  it("comes back equal after closing, and proves itself again", () =>
    withStore(async (store) => {
      await store.save({ ...stepOf(state), chainLock });
      store.close();
      const reopened = await openStore(store.name);
      const stored = await reopened.loadEngine();
      expect(stored.dropped).toEqual([]);
      expect(stored.lists.map(({ height }) => height)).toEqual([352, 376, 400, 424, 448, 478]);
      expect(restore(stored).lists).toEqual(state.lists);
      expect(stored.snapshots).toEqual(state.snapshots);
      expect(stored.announced).toEqual([...state.announcedQuorums.values()]);
      expect(await reopened.loadChainLock()).toEqual(chainLock);
      reopened.close();
    }));

  it("is empty where nothing was saved", () =>
    withStore(async (store) => {
      const nothing = { lists: [], snapshots: new Map(), announced: [], dropped: [] };
      expect(await store.loadEngine()).toEqual(nothing);
      expect(await store.loadChainLock()).toBeUndefined();
      expect(await store.loadSummary()).toBeUndefined();
      expect(await store.loadHeaders()).toBeUndefined();
      expect(await store.counts()).toEqual({ headers: 0, lists: 0 });
    }));

  it("has each entry and commitment once, whoever holds it", () =>
    withStore(async (store) => {
      await store.save(stepOf(state));
      const leaves = new Set(lists.flatMap((list) => list.masternodes.map(({ leaf }) => toHashHex(leaf))));
      const held = lists.flatMap((list) => [...list.quorums.values()].map(({ id }) => id));
      const ids = new Set([...held, ...state.announcedQuorums.keys()]);
      expect(new Set(await keysOf(store.name, "entries"))).toEqual(leaves);
      expect(new Set(await keysOf(store.name, "commitments"))).toEqual(ids);
      expect(leaves.size).toBeLessThan(lists.flatMap(({ masternodes }) => masternodes).length / 2);

      const stored = await store.loadEngine();
      expect(new Set(stored.lists.flatMap(({ masternodes }) => masternodes)).size).toBe(leaves.size);
      expect(new Set([...stored.announced, ...stored.lists.flatMap(({ quorums }) => quorums)]).size).toBe(
        ids.size,
      );
    }));

  it("writes bytes of its own, not the message they were cut from", () =>
    withStore(async (store) => {
      await store.save({ ...stepOf(state), chainLock });
      const values = Object.values(await dump(store.name)).flatMap((records) => [...records.values()]);
      const bytes = values
        .flatMap((value) => [value, ...Object.values(value as object)])
        .filter((value) => value instanceof Uint8Array);
      expect(bytes.length).toBeGreaterThan(50);
      for (const { buffer, length } of bytes) expect(buffer.byteLength).toBe(length);
    }));

  it("writes a step in one transaction", () =>
    withStore(async (store) => {
      const transactions = vi.spyOn(IDBDatabase.prototype, "transaction");
      await store.save({ ...stepOf(state), chainLock, summary: { tip: 478 } });
      expect(transactions).toHaveBeenCalledTimes(1);
      transactions.mockRestore();
    }));

  it("does not depend on how the steps were cut", () =>
    withStore(async (whole) =>
      withStore(async (steps) => {
        await whole.save(stepOf(state));
        for (const list of lists) await steps.save({ addLists: [list] });
        for (const [key, snapshot] of state.snapshots)
          await steps.save({ snapshots: new Map([[key, snapshot]]) });
        await steps.save({ announced: [...state.announcedQuorums.values()] });
        expect(await dump(steps.name)).toEqual(await dump(whole.name));
      }),
    ));

  it("deletes with a list exactly what nothing else refers to", () =>
    withStore(async (store) =>
      withStore(async (other) => {
        const leaving = lists.filter((_, i) => i % 2 === 0);
        await store.save(stepOf(state));
        await store.save({
          removeLists: leaving.map(({ blockHash }) => toHashHex(blockHash)),
          removeSnapshots: [...state.snapshots.keys()].slice(1),
          announced: [],
        });
        const [firstSnapshot] = state.snapshots;
        await other.save({
          addLists: lists.filter((list) => !leaving.includes(list)),
          snapshots: new Map(firstSnapshot && [firstSnapshot]),
          announced: [],
        });
        expect(await dump(store.name)).toEqual(await dump(other.name));

        await store.save({ removeLists: lists.map(({ blockHash }) => toHashHex(blockHash)) });
        expect(await keysOf(store.name, "entries")).toEqual([]);
        expect(await keysOf(store.name, "commitments")).toEqual([]);
        expect(await store.counts()).toEqual({ headers: 0, lists: 0 });
      }),
    ));

  it("keeps a commitment that only the announced quorums hold, until others are announced", () =>
    withStore(async (store) => {
      const announced = [...state.announcedQuorums.values()];
      await store.save({ announced });
      expect((await keysOf(store.name, "commitments")).length).toBe(announced.length);
      await store.save({ announced: announced.slice(1) });
      expect((await store.loadEngine()).announced).toEqual(announced.slice(1));
      expect((await keysOf(store.name, "commitments")).length).toBe(announced.length - 1);
    }));

  it("takes a list again that it holds, and one that leaves and comes in one step", () =>
    withStore(async (store) => {
      await store.save(stepOf(state));
      const before = await dump(store.name);
      await store.save({ addLists: lists });
      await store.save({
        addLists: lists.slice(0, 1),
        removeLists: lists.slice(0, 1).map(({ blockHash }) => toHashHex(blockHash)),
      });
      expect(await dump(store.name)).toEqual(before);
    }));

  it("saves without having loaded, in a database that has something", () =>
    withStore(async (store) => {
      await store.save({ addLists: lists.slice(0, 3) });
      store.close();
      const reopened = await openStore(store.name);
      await reopened.save({ addLists: lists.slice(3), removeLists: [] });
      expect(restore(await reopened.loadEngine()).lists).toEqual(state.lists);
      reopened.close();
    }));

  it("writes steps that overlap one after another", () =>
    withStore(async (store) =>
      withStore(async (other) => {
        const hashes = lists.map(({ blockHash }) => toHashHex(blockHash));
        await Promise.all([
          ...lists.map((list) => store.save({ addLists: [list] })),
          store.save({ removeLists: hashes.slice(0, 2) }),
        ]);
        await other.save({ addLists: lists.slice(2) });
        expect(await dump(store.name)).toEqual(await dump(other.name));
      }),
    ));

  it("is gone after clear, and can be saved again", () =>
    withStore(async (store) => {
      await store.save({ ...stepOf(state), chainLock, summary: 1 });
      const before = await dump(store.name);
      await store.clear();
      expect(Object.values(await dump(store.name)).map(({ size }) => size)).toEqual([0, 0, 0, 0, 0, 0]);
      await store.save({ ...stepOf(state), chainLock, summary: 1 });
      expect(await dump(store.name)).toEqual(before);
    }));
});
