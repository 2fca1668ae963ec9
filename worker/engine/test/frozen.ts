import { expect } from "vitest";
import type { ErrorFacts } from "../../errors.ts";
import { DashlightError } from "../../errors.ts";
import type { EngineState } from "../state.ts";

/** Lists and their arrays throw when written to; maps are compared by {@link expectUnchanged}. */
export function freeze(state: EngineState): EngineState {
  for (const list of state.lists.values()) {
    Object.freeze(list);
    Object.freeze(list.masternodes);
    for (const level of Object.freeze(list.tree).levels) Object.freeze(level);
  }
  return Object.freeze(state);
}

interface Held {
  readonly state: EngineState;
  readonly copies: readonly Map<unknown, unknown>[];
}

function mapsOf(state: EngineState): ReadonlyMap<unknown, unknown>[] {
  const quorums = [...state.lists.values()].map((list) => list.quorums);
  return [state.lists, state.snapshots, state.announcedQuorums, state.statuses, ...quorums];
}

export function remember(state: EngineState): Held {
  return { state, copies: mapsOf(state).map((map) => new Map(map)) };
}

/** Every map of the state still has the same keys in the same order, with the same objects. */
export function expectUnchanged({ state, copies }: Held): void {
  mapsOf(state).forEach((map, i) => {
    const now = [...map];
    const before = [...(copies[i] ?? [])];
    expect(now.length).toBe(before.length);
    now.forEach(([key, value], j) => {
      if (before[j]?.[0] !== key || before[j]?.[1] !== value) expect.fail(`${String(key)} was changed`);
    });
  });
}

/** The step must throw one of our errors and leave the state as it was. @returns its facts */
export function factsOfRefusal(state: EngineState, step: () => unknown): ErrorFacts {
  const held = remember(state);
  try {
    step();
  } catch (error) {
    if (!(error instanceof DashlightError)) throw error;
    expectUnchanged(held);
    return error.facts;
  }
  return expect.fail("nothing was refused");
}
