import { describe, expect, it } from "vitest";
import { PLATFORM_TYPE } from "../params.ts";
import { largestPreset, leastMasternodes, PRESETS, takesLong } from "../presets.ts";
import { startSimnet } from "./testPeer.ts";

describe("a preset's LLMQ table", () => {
  it.each([
    ["small", 40],
    ["medium", 144],
    ["mainnet", 400],
  ] as const)("%s takes %i masternodes to fill its quorums", (preset, least) => {
    expect(leastMasternodes(preset)).toBe(least);
    expect(largestPreset(least)).toBe(preset);
    expect(largestPreset(least - 1)).not.toBe(preset);
  });

  it.each([
    ["so many fill them all", leastMasternodes("small"), []],
    ["half of them leave Platform's empty", leastMasternodes("small") / 2, [PLATFORM_TYPE]],
  ])("%s", async (_, masternodes, missing) => {
    const { chain, close } = await startSimnet({ masternodes, blocks: 250 });
    await close();
    const types = PRESETS.small.llmqs.map(({ type }) => type);
    expect(types.filter((type) => chain.quorumsAt(250).ofType(type).length === 0)).toEqual(missing);
  });
});

it.each([
  [120, 470, false],
  [40, 300, false],
  [121, 100, true],
  [120, 471, true],
  [3500, 5000, true],
])("a past of %i masternodes and %i blocks is worth a file: %s", (masternodes, blocks, isWorthIt) => {
  expect(takesLong({ masternodes, blocks })).toBe(isWorthIt);
});
