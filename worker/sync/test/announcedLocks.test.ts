import { describe, expect, it } from "vitest";
import { type Hash256, toHashHex } from "../../wire/hashes.ts";
import { type InventoryItem, InvType } from "../../wire/inventory.ts";
import { AnnouncedLocks } from "../announcedLocks.ts";

function item(i: number): InventoryItem {
  const hash = new Uint8Array(32) as Hash256;
  new DataView(hash.buffer).setUint32(0, i);
  return { type: InvType.isdLock, hash };
}

const items = (from: number, count: number) => Array.from({ length: count }, (_, i) => item(from + i));
const hashOf = ({ hash }: InventoryItem) => toHashHex(hash);

describe("which announced locks are fetched", () => {
  it("asks one source for the newest 16 at a time", () => {
    const announced = new AnnouncedLocks();
    const flood = items(0, 50_000);
    expect(announced.choose(flood, "a", 0)).toEqual(flood.slice(-16));
    expect(announced.choose(items(60_000, 3), "a", 0)).toEqual([]);
    announced.settle(flood.slice(-2).map(hashOf), "a");
    expect(announced.choose(items(60_000, 3), "a", 0)).toEqual(items(60_001, 2));
  });

  it("waits a minute for what it asked for", () => {
    const announced = new AnnouncedLocks();
    announced.choose(items(0, 16), "a", 1_000);
    expect(announced.choose([item(99)], "a", 60_999)).toEqual([]);
    expect(announced.choose([item(99)], "a", 61_000)).toEqual([item(99)]);
  });

  it("asks two sources for the same lock, no third, and nobody once it came", () => {
    const announced = new AnnouncedLocks();
    const ask = (source: string, nowMs = 0) => announced.choose([item(1)], source, nowMs).length;
    expect([ask("a"), ask("a"), ask("b"), ask("c")]).toEqual([1, 0, 1, 0]);
    announced.forget("a");
    expect(ask("c")).toBe(1);
    announced.receive(hashOf(item(1)));
    expect([ask("a"), ask("d")]).toEqual([0, 0]);
  });

  it("remembers the last 512 that came", () => {
    const announced = new AnnouncedLocks();
    for (const each of items(0, 513)) announced.receive(hashOf(each));
    expect(announced.choose([item(0), item(1), item(512)], "a", 0)).toEqual([item(0)]);
  });
});
