import { spawn } from "node:child_process";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { Outcome } from "../scenarios/outcome.ts";
import { runJobs } from "../scenarios/runJobs.ts";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../../..");

/** Any count above zero. */
const POSITIVE = expect.toSatisfy((value: unknown) => Number.isInteger(value) && Number(value) > 0);

/** A tool as a process of its own. */
function run(
  tool: string,
  ...args: string[]
): Promise<{ status: number | null; stdout: string; stderr: string }> {
  const tsx = join(root, "node_modules/tsx/dist/cli.mjs");
  const child = spawn("node", [tsx, `worker/node/${tool}.ts`, ...args], { cwd: root });
  onTestFinished(() => void child.kill());
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (bytes: Buffer) => {
    stdout += bytes.toString();
  });
  child.stderr.on("data", (bytes: Buffer) => {
    stderr += bytes.toString();
  });
  return new Promise((done) => {
    child.once("close", (status) => done({ status, stdout, stderr }));
  });
}

/** All that is said of a run, in a run where there is something to say. */
const LINE = {
  name: "lie-changed-entry",
  seed: 2,
  passed: true,
  reasons: [],
  finished: true,
  isSynced: true,
  isHonestState: true,
  differences: [],
  state: {
    tipHeight: 374,
    tipHash: expect.stringMatching(/^[0-9a-f]{64}$/),
    listHeight: 374,
    listRoot: expect.stringMatching(/^[0-9a-f]{64}$/),
    masternodes: expect.any(Number),
    quorums: expect.stringMatching(/^\d+, [0-9a-f]{16}$/),
    chainLock: expect.stringMatching(/^374 [0-9a-f]{64}$/),
  },
  cannotVerify: [],
  penalties: { "node 0": [{ points: 100, code: "engine/merkle-root-mismatch", isBan: true }] },
  bans: ["node 0"],
  caughtBy: { "node 0": ["engine/merkle-root-mismatch"] },
  falseAccusations: [],
  falseBeliefs: [],
  strikes: { "node 0": { changedEntry: POSITIVE } },
  rounds: POSITIVE,
  requests: { headers: POSITIVE, qrinfo: POSITIVE, mnlistdiff: POSITIVE },
  bytesIn: POSITIVE,
  bytesOut: POSITIVE,
  timeMs: POSITIVE,
  failed: POSITIVE,
  recovered: POSITIVE,
  givenUp: 0,
};

describe("scenario", () => {
  it("prints one line of JSON and says what happened", async () => {
    const { status, stdout, stderr } = await run("scenario", "lie-changed-entry", "--seed", "2", "--log");
    expect(status).toBe(0);
    expect(stdout.trim().split("\n")).toHaveLength(1);
    expect(JSON.parse(stdout)).toEqual(LINE);
    expect(stderr).toMatch(/^node 0: .* connected$/m);
    expect(stderr).toMatch(/^client: /m);
  });

  it("ends with 1 when what came out is not what had to", async () => {
    const { status, stdout } = await run("scenario", "one-node", "--deadline", "0.01");
    expect(status).toBe(1);
    const { passed, finished, reasons } = JSON.parse(stdout) as Outcome;
    expect({ passed, finished }).toEqual({ passed: false, finished: false });
    expect(reasons).toContain("never: synced to the honest state");
  });

  it("lists the catalogue", async () => {
    const { status, stdout } = await run("scenario", "--list");
    expect(status).toBe(0);
    expect(stdout).toMatch(/^honest +Three honest nodes; the client syncs and that is all\.$/m);
  });

  it.each([
    { args: [], says: "Usage:" },
    { args: ["no-such-thing"], says: "No scenario is called no-such-thing." },
    { args: ["honest", "--seed", "x"], says: "Usage:" },
    { args: ["honest", "--speed", "0"], says: "Usage:" },
    { args: ["honest", "--deadline", "0"], says: "Usage:" },
    { args: ["--nonsense"], says: "--nonsense" },
  ])("ends with 2 for $args", async ({ args, says }) => {
    const { status, stdout, stderr } = await run("scenario", ...args);
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(says);
  });
});

describe("scenarios", () => {
  it("prints a table of all runs, and of those that were the same again", async () => {
    const { status, stdout } = await run(
      "scenarios",
      "--only",
      "refused-all",
      "--only",
      "one-node",
      "--seeds",
      "2",
      "--twice",
    );
    expect(status).toBe(0);
    expect(stdout).toMatch(/^one-node +2 of 2 .* 2 of 2 *$/m);
    expect(stdout).toMatch(/^refused-all +2 of 2 /m);
    expect(stdout).toMatch(/^4 of 4 runs passed in \d+ s; \d+ of \d+ failures recovered$/m);
  });

  it("prints an array of such lines with --json, at the speed it is told", async () => {
    const only = ["--only", "lie-changed-entry", "--seeds", "2"];
    const { status, stdout } = await run("scenarios", ...only, "--json", "--speed", "4");
    expect(status).toBe(0);
    const outcomes = JSON.parse(stdout) as Outcome[];
    expect(outcomes).toEqual([{ ...LINE, seed: 1 }, LINE]);
    // After its script a run goes on for 4 s of the client's time.
    for (const { timeMs } of outcomes) expect(timeMs).toBeGreaterThan(950);
  });

  it("ends with 1 when one of them failed, with its line and why", async () => {
    const only = ["--only", "lie-changed-entry", "--seeds", "1"];
    const { status, stdout, stderr } = await run("scenarios", ...only, "--json", "--deadline", "0.01");
    expect(status).toBe(1);
    const [outcome, ...others] = JSON.parse(stdout) as Outcome[];
    expect(others).toEqual([]);
    expect(Object.keys(LINE).filter((name) => !(name in (outcome ?? {})))).toEqual([]);
    expect(outcome).toMatchObject({ passed: false, finished: false, isSynced: false, isHonestState: false });
    expect(outcome?.reasons).toContain("never: node 0 caught by engine/merkle-root-mismatch");
    expect(stderr).toContain("lie-changed-entry, seed 1: never: node 0 caught");
  });

  it.each([
    ["--only", "no-such-thing"],
    ["--seeds", "0"],
    ["--processes", "two"],
    ["--speed", "0"],
    ["--deadline", "0"],
    ["--nonsense"],
  ])("ends with 2 for %s %s", async (...args) => {
    const { status, stderr } = await run("scenarios", ...args);
    expect(status).toBe(2);
    expect(stderr).toContain("Usage:");
  });
});

describe("runs in processes of their own", () => {
  // Vitest's own processes know no TypeScript loader for theirs.
  const { execArgv } = process;
  beforeAll(() => {
    process.execArgv = ["--import", "tsx"];
  });
  afterAll(() => {
    process.execArgv = execArgv;
  });

  it("go on after one that crashed", async () => {
    const jobs = ["no-such-thing", "refused-all"].map((name) => ({ name, seed: 1 }));
    const seen: string[] = [];
    const results = await runJobs(jobs, { processes: 1, limitMs: 60_000 }, ({ name }) => seen.push(name));
    expect(results).toMatchObject([
      { name: "no-such-thing", passed: false, reasons: ["the process ended with code 1"] },
      { name: "refused-all", passed: true },
    ]);
    expect(seen).toEqual(["no-such-thing", "refused-all"]);
  });

  it("are killed when they hang, and no others", async () => {
    const play = (names: readonly string[], limitMs: number) =>
      runJobs(
        names.map((name) => ({ name, seed: 1 })),
        { processes: 1, limitMs },
        () => undefined,
      );
    const [hanging, other] = await Promise.all([
      play(["honest", "one-node"], 50),
      play(["refused-all"], 60_000),
    ]);
    const reasons = ["it did not end within 0.05 s and was killed"];
    expect(hanging).toEqual([
      { name: "honest", seed: 1, passed: false, reasons },
      { name: "one-node", seed: 1, passed: false, reasons },
    ]);
    expect(other).toMatchObject([{ name: "refused-all", passed: true }]);
  });
});
