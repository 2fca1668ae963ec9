import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { HashHex } from "../../wire/hashes.ts";
import { changeReferences, type ReferenceCounts } from "../references.ts";

const keys = fc.array(fc.constantFrom("a", "b", "c", "d", "e") as fc.Arbitrary<HashHex>, { maxLength: 6 });

function countAll(lists: readonly (readonly HashHex[])[]): ReferenceCounts {
  const counts = new Map<HashHex, number>();
  for (const key of lists.flat()) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}

describe("references", () => {
  it("count what a recount of all lists gives, and name exactly what came and what went", () => {
    fc.assert(
      fc.property(fc.array(keys, { maxLength: 5 }), keys, fc.nat(), (lists, coming, position) => {
        const going = lists[position % Math.max(1, lists.length)];
        const before = countAll(lists);
        const left = [...lists.filter((list) => list !== going), coming];
        const { counts, added, dropped } = changeReferences(before, going ?? [], coming);
        expect(counts).toEqual(countAll(left));
        expect(new Set(added)).toEqual(new Set([...counts.keys()].filter((key) => !before.has(key))));
        expect(new Set(dropped)).toEqual(new Set([...before.keys()].filter((key) => !counts.has(key))));
        expect([added.length, dropped.length]).toEqual([new Set(added).size, new Set(dropped).size]);
      }),
    );
  });

  it("leave the counts they were given as they were", () => {
    const before = countAll([["a", "b"] as HashHex[]]);
    changeReferences(before, ["a"] as HashHex[], ["c"] as HashHex[]);
    expect(before).toEqual(countAll([["a", "b"] as HashHex[]]));
  });
});
