import { CATALOGUE } from "./catalogue.ts";
import { type RunOptions, runScenario } from "./runScenario.ts";
import { runTwice } from "./runTwice.ts";

/** One run, for a process of its own kind. */
export interface Job extends Omit<RunOptions, "log"> {
  readonly name: string;
  readonly seed: number;
  readonly isTwice?: boolean;
}

/** Runs whatever its parent sends, one after another. A crash ends it, which is its parent's to notice. */
process.on("message", async ({ name, seed, isTwice, ...options }: Job) => {
  const scenario = CATALOGUE.find((each) => each.name === name);
  if (!scenario) throw new RangeError(`no scenario ${name}`);
  const play = isTwice ? runTwice : runScenario;
  process.send?.(await play(scenario, seed, options));
});
