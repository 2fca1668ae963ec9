import { describe, expect, it } from "vitest";
import { toHashHex } from "../../wire/hashes.ts";
import { ClientStore, type StoreStep } from "../index.ts";
import { dump, newDatabaseName, openStore, rejection, withStore } from "./databases.ts";
import { listsOf, loadRecordedEngine, stepOf } from "./recordedEngine.ts";

const { state, chainLock } = await loadRecordedEngine();
const lists = listsOf(state);
const first: StoreStep = { addLists: lists.slice(0, 3), summary: { tip: 400 } };
const second: StoreStep = {
  ...stepOf(state),
  addLists: lists.slice(3),
  removeLists: lists.slice(0, 1).map(({ blockHash }) => toHashHex(blockHash)),
  chainLock,
};

describe("a step that fails", () => {
  /** Refused by the browser when all else of the step has been written. */
  const poisoned: StoreStep = { ...second, summary: { tip: 478, listener: () => undefined } };

  it("leaves all as it was, and says what was wrong", () =>
    withStore(async (store) => {
      await store.save(first);
      const before = await dump(store.name);
      expect(await rejection(store.save(poisoned))).toMatchObject({ name: "DataCloneError" });
      expect(await dump(store.name)).toEqual(before);
      expect(await store.loadSummary()).toEqual({ tip: 400 });
    }));

  it("does not disturb the next one", () =>
    withStore(async (store) =>
      withStore(async (other) => {
        await Promise.all([store.save(first), rejection(store.save(poisoned)), store.save(second)]);
        await other.save(first);
        await other.save(second);
        expect(await dump(store.name)).toEqual(await dump(other.name));
      }),
    ));

  it("keeps to what it was when the database is closed while it is written", async () => {
    const name = newDatabaseName();
    const store = await openStore(name);
    await store.save(first);
    const before = await dump(name);
    const saving = store.save(second).then(
      () => "saved",
      () => "failed",
    );
    store.close();
    const outcome = await saving;
    const after = await dump(name);
    if (outcome === "failed") expect(after).toEqual(before);
    else expect(after.lists?.size).toBe(lists.length - 1);
    await ClientStore.delete(name);
  });
});

describe("the summary", () => {
  it("comes back as it was, whatever it is made of", () =>
    withStore(async (store) => {
      const summary = {
        savedAtMs: 1_790_000_000_000,
        tip: { height: 478, hash: "00".repeat(32) },
        nothing: undefined,
        big: 2n ** 80n,
        peers: [{ address: "127.0.0.1:9999", score: 100 }],
        map: new Map([["a", new Uint8Array([1, 2])]]),
      };
      await store.save({ summary });
      await store.save({ chainLock });
      expect(await store.loadSummary()).toEqual(summary);
      await store.save({ summary: null });
      expect(await store.loadSummary()).toBeNull();
    }));
});
