import { beforeAll, describe, expect, it } from "vitest";
import { coveredWorkBlocks } from "../../engine/feedQrInfo.ts";
import type { QuorumEntry } from "../../engine/quorumSet.ts";
import { EMPTY_ENGINE, type EngineState, newestList, statusOf } from "../../engine/state.ts";
import { flipBit } from "../../node/test/replayNode.ts";
import { hasVectors } from "../../test/vectors.ts";
import type { HashHex } from "../../wire/hashes.ts";
import type { QRInfo, QuorumSnapshot } from "../../wire/qrInfo.ts";
import { SnapshotSources } from "../snapshotSources.ts";
import { RecordedChain } from "./recordedChain.ts";

const FOLDER = "regtest/cycle-a";

function lie(snapshot: QuorumSnapshot): QuorumSnapshot {
  const { activeQuorumMembers: bits } = snapshot;
  return { ...snapshot, activeQuorumMembers: { ...bits, bytes: flipBit(bits.bytes, 0) } };
}

/** A changed snapshot of one of the three cycles that the tip's rotating quorums are drawn from. */
function lieIn(info: QRInfo, cycle: 1 | 2 | 3): QRInfo {
  if (cycle === 1) return { ...info, quorumSnapshotAtHMinusC: lie(info.quorumSnapshotAtHMinusC) };
  if (cycle === 2) return { ...info, quorumSnapshotAtHMinus2C: lie(info.quorumSnapshotAtHMinus2C) };
  return { ...info, quorumSnapshotAtHMinus3C: lie(info.quorumSnapshotAtHMinus3C) };
}

describe.runIf(hasVectors(FOLDER))("who gave which snapshot", () => {
  let recorded: RecordedChain;
  let honest: QRInfo;
  beforeAll(async () => {
    recorded = await RecordedChain.load();
    honest = recorded.readQrInfo("478x-bnone@70240");
  });

  /** One state and its sources, fed by one peer after another. */
  class Rig {
    readonly sources = new SnapshotSources();
    state: EngineState = EMPTY_ENGINE;

    give(info: QRInfo, address: string, workBlocks: readonly HashHex[] = coveredWorkBlocks(info)): void {
      this.state = recorded.feed(this.state, info);
      this.sources.record(this.state, workBlocks, address);
    }

    rotating(): QuorumEntry[] {
      const quorums = [...(newestList(this.state)?.quorums.values() ?? [])];
      return quorums.filter(({ commitment }) => commitment.llmqType === 103);
    }

    /** @returns addresses of liars */
    async judge(): Promise<string[]> {
      this.state = await recorded.judgeNewest(this.state);
      const all = [...(newestList(this.state)?.quorums.values() ?? [])];
      return this.sources.weigh(this.state, all, recorded.context);
    }

    statuses(): string[] {
      return this.rotating().map((quorum) => statusOf(this.state, quorum).status);
    }
  }

  it("doubts nobody whose snapshots verify", async () => {
    const rig = new Rig();
    rig.give(honest, "a");
    expect(await rig.judge()).toEqual([]);
    expect(rig.statuses()).toEqual(["verified", "verified"]);
    expect([...rig.sources.doubted]).toEqual([]);
  });

  it.each([1, 2, 3] as const)(
    "doubts who lied about cycle h-%iC, and knows the liar by another's",
    async (cycle) => {
      const rig = new Rig();
      rig.give(lieIn(honest, cycle), "liar");
      expect(await rig.judge()).toEqual([]);
      expect(rig.statuses()).toContain("unknown");
      expect([...rig.sources.doubted]).toEqual(["liar"]);
      rig.give(honest, "honest");
      expect(await rig.judge()).toEqual(["liar"]);
      expect(rig.statuses()).toEqual(["verified", "verified"]);
      expect([...rig.sources.doubted]).toEqual([]);
    },
  );

  it("does not call two liars' word a proof", async () => {
    const rig = new Rig();
    rig.give(lieIn(honest, 1), "liar");
    await rig.judge();
    rig.give(lieIn(honest, 2), "another liar");
    expect(await rig.judge()).toEqual([]);
    expect([...rig.sources.doubted].sort()).toEqual(["another liar", "liar"]);
    rig.give(honest, "honest");
    expect((await rig.judge()).sort()).toEqual(["another liar", "liar"]);
  });

  it("doubts nobody by name when the snapshots come from several, but finds the liar in the end", async () => {
    const rig = new Rig();
    const covered = coveredWorkBlocks(honest);
    // The newest work block of a snapshot: h-C.
    const [, newest] = covered;
    const mixed = lieIn(honest, 1);
    rig.give(
      mixed,
      "honest",
      covered.filter((workBlock) => workBlock !== newest),
    );
    rig.sources.record(rig.state, newest ? [newest] : [], "liar");
    expect(await rig.judge()).toEqual([]);
    expect([...rig.sources.doubted]).toEqual([]);
    rig.give(honest, "third");
    expect(await rig.judge()).toEqual(["liar"]);
  });

  it("forgets who gave what is no longer held", async () => {
    const rig = new Rig();
    rig.give(lieIn(honest, 1), "liar");
    rig.state = { ...rig.state, snapshots: new Map() };
    rig.sources.record(rig.state, [], "nobody");
    rig.state = recorded.feed(rig.state, lieIn(honest, 1));
    await rig.judge();
    expect([...rig.sources.doubted]).toEqual([]);
  });
});
