import { parseArgs } from "node:util";
import { CATALOGUE } from "./scenarios/catalogue.ts";
import { runScenario } from "./scenarios/runScenario.ts";

const USAGE = `Usage: npm run -s scenario -- NAME [options]
       npm run -s scenario -- --list

Plays one scenario: a simulated network, a client, real sockets between them. Prints one line of JSON.

  --seed N     everything that is left to chance follows from it (default 1)
  --speed N    how much faster than real time the client's clock runs (default 20)
  --deadline S seconds of real time that the script may take (default 40)
  --log        also print what the nodes and the client say, to stderr
  --list       the names of all scenarios, with a sentence each

Exit code 0: what came out is what had to. 1: it is not. 2: wrong arguments.`;

async function main(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      seed: { type: "string", default: "1" },
      speed: { type: "string", default: "20" },
      deadline: { type: "string", default: "40" },
      log: { type: "boolean", default: false },
      list: { type: "boolean", default: false },
    },
  });
  if (values.list) {
    const width = Math.max(...CATALOGUE.map(({ name }) => name.length));
    for (const { name, what } of CATALOGUE) console.log(`${name.padEnd(width)}  ${what}`);
    return 0;
  }
  const [name, ...others] = positionals;
  const scenario = CATALOGUE.find((each) => each.name === name);
  const [seed, speed] = [Number(values.seed), Number(values.speed)];
  const deadlineMs = Number(values.deadline) * 1000;
  if (!scenario || others.length > 0 || !Number.isInteger(seed) || !(speed > 0) || !(deadlineMs > 0)) {
    console.error(`${name === undefined || scenario ? "" : `No scenario is called ${name}.\n\n`}${USAGE}`);
    return 2;
  }
  const log = values.log ? { log: (line: string) => console.error(line) } : {};
  const outcome = await runScenario(scenario, seed, { speed, deadlineMs, ...log });
  console.log(JSON.stringify(outcome));
  return outcome.passed ? 0 : 1;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  // Unknown options, which is what parseArgs throws for.
  if (!(error instanceof TypeError && "code" in error)) throw error;
  console.error(`${error.message}\n\n${USAGE}`);
  process.exitCode = 2;
}
