import { parseArgs } from "node:util";
import { CATALOGUE } from "./scenarios/catalogue.ts";
import type { Job } from "./scenarios/jobProcess.ts";
import type { Outcome } from "./scenarios/outcome.ts";
import { type JobResult, runJobs } from "./scenarios/runJobs.ts";
import type { Scenario } from "./scenarios/scenario.ts";

const USAGE = `Usage: npm run scenarios -- [options]

Plays the whole catalogue of scenarios, each with several seeds, and prints a table.

  --only WHAT    FAST for the quick ones, or a scenario's name; may be repeated
  --seeds N      seeds 1 to N (default 3)
  --processes N  how many at a time (default 2)
  --speed N      how much faster than real time the clients' clocks run (default 20)
  --deadline S   seconds of real time that a script may take (default 40)
  --twice        play each run once more, which must come out the same
  --json         print an array of outcomes instead of the table

Exit code 0: all passed. 1: some did not. 2: wrong arguments.`;

/** Real time of a job besides its script's: to make the network, and to look at what came of it. */
const REST_MS = 60_000;
/** Shown of a failure; a client without any list lacks every quorum. */
const MAX_REASONS = 5;

async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      only: { type: "string", multiple: true, default: [] },
      seeds: { type: "string", default: "3" },
      processes: { type: "string", default: "2" },
      speed: { type: "string", default: "20" },
      deadline: { type: "string", default: "40" },
      twice: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
    },
  });
  const scenarios = choose(values.only);
  const [seeds, processes] = [Number(values.seeds), Number(values.processes)];
  const [speed, deadlineMs] = [Number(values.speed), Number(values.deadline) * 1000];
  if (!scenarios || !isCount(seeds) || !isCount(processes) || !(speed > 0) || !(deadlineMs > 0)) {
    console.error(USAGE);
    return 2;
  }
  const isTwice = values.twice;
  const jobs = scenarios.flatMap(({ name }) =>
    Array.from({ length: seeds }, (_, i): Job => ({ name, seed: i + 1, isTwice, speed, deadlineMs })),
  );
  const limitMs = (isTwice ? 2 : 1) * (deadlineMs + REST_MS);
  const startedAt = performance.now();
  const results = await runJobs(jobs, { processes, limitMs }, reportFailure);
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  if (values.json) console.log(JSON.stringify(results));
  else for (const line of table(scenarios, results, seconds)) console.log(line);
  return results.every(({ passed }) => passed) ? 0 : 1;
}

function isCount(value: number): boolean {
  return Number.isInteger(value) && value > 0;
}

/** @returns undefined for a name that no scenario has */
function choose(only: readonly string[]): Scenario[] | undefined {
  if (only.length === 0) return [...CATALOGUE];
  const names = new Set(CATALOGUE.map(({ name }) => name));
  if (only.some((each) => each !== "FAST" && !names.has(each))) return undefined;
  return CATALOGUE.filter(({ name, isFast }) => only.includes(name) || (isFast && only.includes("FAST")));
}

/** At once, so that nobody has to wait for the table. */
function reportFailure({ name, seed, passed, reasons }: JobResult): void {
  if (passed) return;
  const [more, shown] = [reasons.length - MAX_REASONS, reasons.slice(0, MAX_REASONS)];
  console.error(`${name}, seed ${seed}: ${shown.join("; ")}${more > 0 ? `; and ${more} more` : ""}`);
}

/** One line a scenario, over all its seeds. */
function table(scenarios: readonly Scenario[], results: readonly JobResult[], seconds: number): string[] {
  const width = Math.max(...scenarios.map(({ name }) => name.length));
  const header = `${"scenario".padEnd(width)}  passed  rounds  requests      kB      ms  recovered  again  caught by`;
  const lines = scenarios.map(({ name }) => row(name, width, results));
  const passed = results.filter((result) => result.passed).length;
  const [failed, recovered] = [sum(results, "failed"), sum(results, "recovered")];
  return [
    header,
    ...lines,
    "",
    `${passed} of ${results.length} runs passed in ${seconds} s; ${recovered} of ${failed} failures recovered`,
  ];
}

function row(name: string, width: number, all: readonly JobResult[]): string {
  const runs = all.filter((result) => result.name === name);
  const outcomes = runs.flatMap((run) => ("finished" in run ? [run] : []));
  const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1] ?? 0;
  const number = (values: number[], size: number) => String(Math.round(median(values))).padStart(size);
  const requests = outcomes.map(
    ({ requests: { headers, qrinfo, mnlistdiff } }) => headers + qrinfo + mnlistdiff,
  );
  const caught = new Set(outcomes.flatMap(({ caughtBy }) => Object.values(caughtBy).flat()));
  return [
    name.padEnd(width),
    `${runs.filter(({ passed }) => passed).length} of ${runs.length}`.padStart(6),
    number(
      outcomes.map(({ rounds }) => rounds),
      6,
    ),
    number(requests, 8),
    number(
      outcomes.map(({ bytesIn }) => bytesIn / 1000),
      6,
    ),
    number(
      outcomes.map(({ timeMs }) => timeMs),
      6,
    ),
    `${sum(runs, "recovered")} of ${sum(runs, "failed")}`.padStart(9),
    again(outcomes).padStart(5),
    [...caught].join(" "),
  ].join("  ");
}

/** @returns how many runs were the same when they were played again, if they were */
function again(outcomes: readonly Outcome[]): string {
  const repeated = outcomes.flatMap(({ differs }) => (differs ? [differs] : []));
  const same = repeated.filter(({ length }) => length === 0);
  return repeated.length === 0 ? "" : `${same.length} of ${repeated.length}`;
}

function sum(results: readonly JobResult[], count: "failed" | "recovered"): number {
  return results.reduce((total, result) => total + ("finished" in result ? result[count] : 0), 0);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  // Unknown options, which is what parseArgs throws for.
  if (!(error instanceof TypeError && "code" in error)) throw error;
  console.error(`${error.message}\n\n${USAGE}`);
  process.exitCode = 2;
}
