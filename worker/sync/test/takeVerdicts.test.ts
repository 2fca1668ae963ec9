import { describe, expect, it } from "vitest";
import type { QuorumEntry } from "../../engine/quorumSet.ts";
import { EMPTY_ENGINE, type EngineState, PENDING, type QuorumStatus } from "../../engine/state.ts";
import type { HashHex } from "../../wire/hashes.ts";
import { takeVerdicts } from "../takeVerdicts.ts";

const VERIFIED: QuorumStatus = { status: "verified" };
const MISSING: QuorumStatus = { status: "unknown", reason: { code: "list-missing", height: 1 } };
const INVALID: QuorumStatus = { status: "invalid", reason: "quorum-signature" };

function quorum(id: string): QuorumEntry {
  return { id } as QuorumEntry;
}

function judged(statuses: Record<string, QuorumStatus>): EngineState {
  return { ...EMPTY_ENGINE, statuses: new Map(Object.entries(statuses) as [HashHex, QuorumStatus][]) };
}

describe("taking verdicts", () => {
  it("keeps what another judgement found meanwhile, whichever ends first", () => {
    const first = { judged: judged({ a: VERIFIED }), quorums: [quorum("a")] };
    const second = { judged: judged({ b: INVALID }), quorums: [quorum("b")] };
    for (const order of [
      [first, second],
      [second, first],
    ]) {
      let state = EMPTY_ENGINE;
      for (const each of order) state = takeVerdicts(state, each.judged, each.quorums);
      expect(Object.fromEntries(state.statuses)).toEqual({ a: VERIFIED, b: INVALID });
    }
  });

  it("takes nothing but the quorums' own, and leaves lists as they are", () => {
    const lists = new Map([["l" as HashHex, {} as never]]);
    const snapshots = new Map([["s" as HashHex, {} as never]]);
    const state = { ...judged({ a: VERIFIED }), lists, snapshots };
    const taken = takeVerdicts(state, judged({ a: INVALID, b: INVALID }), [quorum("b")]);
    expect(taken).toEqual({ ...state, statuses: new Map(Object.entries({ a: VERIFIED, b: INVALID })) });
  });

  it("puts no ignorance in the place of a verdict", () => {
    const state = judged({ a: VERIFIED, b: PENDING });
    const taken = takeVerdicts(state, judged({ a: MISSING, b: MISSING }), [quorum("a"), quorum("b")]);
    expect(Object.fromEntries(taken.statuses)).toEqual({ a: VERIFIED, b: MISSING });
  });
});
