import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { shareStructure } from "../shareStructure.ts";

const anyPlain = fc.object({ withDate: false, maxDepth: 4 });

describe("shareStructure", () => {
  it("always gives the value of what came after", () => {
    fc.assert(
      fc.property(anyPlain, anyPlain, (before, after) => {
        expect(shareStructure(before, after)).toEqual(after);
      }),
    );
  });

  it("gives what was there before for an equal copy", () => {
    fc.assert(
      fc.property(anyPlain, (before) => {
        expect(shareStructure(before, structuredClone(before))).toBe(before);
      }),
    );
  });

  it.each([
    ["a longer array", [1, 2], [1, 2, 3]],
    ["a shorter array", [1, 2], [1]],
    ["a key less", { a: 1, b: undefined }, { a: 1 }],
    ["a key more", { a: 1 }, { a: 1, b: undefined }],
    ["another key", { a: undefined }, { b: undefined }],
    ["an array for an object", { 0: "x" }, ["x"]],
    ["null for an object", { a: 1 }, null],
  ] as [string, unknown, unknown][])("sees %s", (_name, before, after) => {
    const shared = shareStructure(before, after);
    expect(shared).toStrictEqual(after);
    expect(shared).not.toBe(before);
  });
});
