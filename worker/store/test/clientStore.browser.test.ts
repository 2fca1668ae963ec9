import { describe, expect, it } from "vitest";
import { ListEntry } from "../../engine/masternodeList.ts";
import { makeQuorumEntry } from "../../engine/quorumSet.ts";
import { ClientStore } from "../index.ts";
import { listsOf, loadRecordedEngine } from "./recordedEngine.ts";

const recorded = await loadRecordedEngine();
const factories = {
  makeListEntry: (entry: ConstructorParameters<typeof ListEntry>[0]) => new ListEntry(entry),
  makeQuorumEntry,
};

describe.runIf(recorded)("smoke", () => {
  it("saves and loads", async () => {
    if (!recorded) return;
    const store = await ClientStore.open("dashlight-test", factories);
    const { state } = recorded;
    await store.save({
      addLists: listsOf(state),
      snapshots: state.snapshots,
      announced: [...state.announcedQuorums.values()],
    });
    store.close();
    const again = await ClientStore.open("dashlight-test", factories);
    const { lists, dropped, snapshots, announced } = await again.loadEngine();
    expect(dropped).toEqual([]);
    expect(lists.map((l) => l.height)).toEqual(listsOf(state).map((l) => l.height));
    expect(lists.map((l) => l.masternodes)).toEqual(listsOf(state).map((l) => l.masternodes));
    expect(lists.map((l) => l.proof)).toEqual(listsOf(state).map((l) => l.proof));
    expect(snapshots).toEqual(state.snapshots);
    expect(announced.length).toBe(state.announcedQuorums.size);
    again.close();
    expect(await ClientStore.list()).toEqual(["dashlight-test"]);
    await ClientStore.delete("dashlight-test");
  });
});
