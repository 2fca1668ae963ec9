import { CATALOGUE } from "./catalogue.ts";
import { type RunOptions, runScenario } from "./runScenario.ts";

/** One run, for a process of its own kind. */
export interface Job extends Omit<RunOptions, "log"> {
  readonly name: string;
  readonly seed: number;
}

/** Runs whatever its parent sends, one after another. A crash ends it, which is its parent's to notice. */
process.on("message", async ({ name, seed, ...options }: Job) => {
  const scenario = CATALOGUE.find((each) => each.name === name);
  if (!scenario) throw new RangeError(`no scenario ${name}`);
  process.send?.(await runScenario(scenario, seed, options));
});
