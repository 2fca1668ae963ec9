import { afterEach, describe, expect, it } from "vitest";
import { cdp } from "vitest/browser";
import type { HashHex } from "../../wire/hashes.ts";
import type { QuorumSnapshot } from "../../wire/qrInfo.ts";
import type { StoreStep } from "../index.ts";
import { clearSiteData, dump, rejection, withStore } from "./databases.ts";
import { listsOf, loadRecordedEngine, stepOf } from "./recordedEngine.ts";

const { state } = await loadRecordedEngine();
const lists = listsOf(state);
const QUOTA_BYTES = 1_000_000;

/** 40 kB each. Chromium keeps records from 64 kB up as files, which a test's quota does not count. */
function makeSnapshots(count: number): ReadonlyMap<HashHex, QuorumSnapshot> {
  const activeQuorumMembers = { length: 0, bytes: new Uint8Array(0) };
  const mnSkipList = [...crypto.getRandomValues(new Int32Array(10_000))];
  const snapshot = { mnSkipListMode: 1, activeQuorumMembers, mnSkipList };
  const hash = (i: number) => i.toString(16).padStart(64, "0") as HashHex;
  return new Map(Array.from({ length: count }, (_, i) => [hash(i), snapshot]));
}

describe("a full disk", () => {
  const setQuota = (quotaSize?: number) =>
    cdp().send("Storage.overrideQuotaForOrigin", { origin: location.origin, quotaSize });
  afterEach(() => setQuota());

  it("fails the step whole, and the same step succeeds when there is room again", async () => {
    // Chromium remembers for 30 s how much room there was, unless it has to start over.
    await clearSiteData();
    await setQuota(QUOTA_BYTES);
    await withStore(async (store) => {
      await store.save({ addLists: lists.slice(0, 3), summary: 1 });
      const before = await dump(store.name);
      const snapshots = makeSnapshots(50);
      const large: StoreStep = { ...stepOf(state), snapshots, summary: 2 };
      expect(await rejection(store.save(large))).toMatchObject({
        facts: { code: "store/unavailable", reason: "QuotaExceededError" },
      });
      expect(await dump(store.name)).toEqual(before);
      expect((await store.loadEngine()).lists.length).toBe(3);

      await setQuota();
      await store.save(large);
      expect((await store.loadEngine()).lists.length).toBe(lists.length);
      expect((await store.loadEngine()).snapshots).toEqual(snapshots);
    });
  });
});
