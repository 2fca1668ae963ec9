import { hexToBytes } from "@noble/hashes/utils.js";
import { describe, expect, it } from "vitest";
import { hasVectors, readVectorJson } from "../../test/vectors.ts";
import { decode, encode } from "../codec.ts";
import { toHashHex } from "../hashes.ts";
import { InvType, inventory, MAX_INV_SZ } from "../inventory.ts";
import {
  decodeBothWays,
  factsOf,
  messageHash,
  REGTEST_SCENARIOS,
  type Recording,
  readRecording,
  regtestRecordings,
} from "./recordings.ts";

interface InvRecording extends Recording {
  readonly items: { type: number; hash: string }[];
}

for (const scenario of REGTEST_SCENARIOS) {
  describe(`${scenario}: inv`, () => {
    const recordings = regtestRecordings(scenario, "inv") as InvRecording[];

    it("every inv has the items of the manifest", () => {
      expect(recordings.length).toBeGreaterThan(20);
      for (const entry of recordings) {
        const payload = readRecording(scenario, entry);
        for (const command of ["inv", "getdata", "notfound"] as const) {
          const items = decodeBothWays(command, payload, entry.protocolVersion, entry.file);
          expect(
            items.map(({ type, hash }) => ({ type, hash: toHashHex(hash) })),
            entry.file,
          ).toEqual(entry.items);
        }
      }
    });

    it("names blocks by their hash", () => {
      const chain = new Set(
        readVectorJson<{ hash: string }[]>(`${scenario}/chain.json`).map(({ hash }) => hash),
      );
      const blocks = announced(scenario, InvType.block);
      expect(blocks.length).toBeGreaterThan(0);
      expect(blocks.filter((hash) => !chain.has(hash))).toEqual([]);
    });
  });
}

function announced(scenario: string, type: number): string[] {
  const recordings = regtestRecordings(scenario, "inv") as InvRecording[];
  return recordings.flatMap(({ items }) =>
    items.filter((item) => item.type === type).map(({ hash }) => hash),
  );
}

// Not every scenario recorded the locks that it heard of.
if (hasVectors("regtest/cycle-a")) {
  it.each([
    ["clsig", InvType.clSig],
    ["isdlock", InvType.isdLock],
  ])("an inv names a %s by the hash of its message", (message, type) => {
    const hashes = new Set(announced("regtest/cycle-a", type));
    const recorded = regtestRecordings("regtest/cycle-a", message).filter((entry) =>
      hashes.has(messageHash(readRecording("regtest/cycle-a", entry))),
    );
    expect(recorded.length).toBeGreaterThan(5);
  });
}

describe("inventory", () => {
  it("takes 50 000 items and not one more", () => {
    const item = { type: InvType.tx, hash: new Uint8Array(32) };
    const most = encode(inventory, new Array(MAX_INV_SZ).fill(item));
    expect(decode(inventory, most)).toHaveLength(50_000);
    expect(factsOf(() => decode(inventory, encode(inventory, new Array(MAX_INV_SZ + 1).fill(item))))).toEqual(
      {
        code: "wire/oversized",
        what: "inventory",
        size: 50_001,
        limit: 50_000,
      },
    );
  });

  it("keeps items of a type we do not know", () => {
    expect(decodeBothWays("inv", hexToBytes(`01ff000000${"ab".repeat(32)}`), 70240, "")).toMatchObject([
      { type: 255 },
    ]);
  });
});
