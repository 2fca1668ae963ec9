import type { Outcome } from "./outcome.ts";
import { type RunOptions, runScenario } from "./runScenario.ts";
import type { Scenario } from "./scenario.ts";

/** What may differ from run to run: it depends on how fast anything went. */
const PACE = [
  "rounds",
  "requests",
  "bytesIn",
  "bytesOut",
  "timeMs",
  "strikes",
  "failed",
  "recovered",
  "givenUp",
];

/** Plays a scenario two times from the same seed. @returns the first outcome, failed if the second is another one */
export async function runTwice(scenario: Scenario, seed: number, options: RunOptions = {}): Promise<Outcome> {
  const first = await runScenario(scenario, seed, options);
  const differs = differing(first, await runScenario(scenario, seed, options));
  const reasons = [...first.reasons, ...differs.map((what) => `another time it differs: ${what}`)];
  return { ...first, passed: reasons.length === 0, reasons, differs };
}

/** @returns the names of what is not the same in both, whatever the pace, with both values */
export function differing(first: Outcome, second: Outcome): string[] {
  const names = Object.keys(first) as (keyof Outcome)[];
  return names
    .filter((name) => !PACE.includes(name))
    .map((name) => [name, JSON.stringify(first[name]), JSON.stringify(second[name])] as const)
    .filter(([, one, other]) => one !== other)
    .map(([name, one, other]) => `${name}, ${one} and then ${other}`);
}
