import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import { hasVectors } from "../../test/vectors.ts";
import type { ReplayNode } from "./replayNode.ts";
import { NOBODY, startNode } from "./replays.ts";

const FOLDER = "regtest/cycle-a";
const root = resolve(dirname(fileURLToPath(import.meta.url)), "../../..");
const scratch = mkdtempSync(join(tmpdir(), "dashlight-sync-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The tool as a process of its own, while the nodes it asks live in this one. */
function runTool(...args: string[]): Promise<Outcome> {
  const tsx = join(root, "node_modules/tsx/dist/cli.mjs");
  const child = spawn("node", [tsx, "worker/node/sync.ts", ...args], { cwd: root });
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

function syncWith(nodes: readonly ReplayNode[], ...args: string[]): Promise<Outcome> {
  const [first] = nodes;
  const addresses = nodes.flatMap(({ address }) => ["--node", address]);
  return runTool(
    "--network",
    "regtest",
    "--params",
    first?.recording.paramsPath ?? "",
    ...addresses,
    ...args,
  );
}

describe.runIf(hasVectors(FOLDER))("sync", () => {
  it("ends when it is synced, with what it found as JSON", async () => {
    const nodes = [await startNode(), await startNode()];
    const { status, stdout } = await syncWith(nodes, "--json");
    const found = JSON.parse(stdout) as { elapsedMs: number; requests: { bytesIn: number } };
    const counts = { total: 2, verified: 2, unknown: 0, invalid: 0 };
    expect(found).toEqual({
      tip: nodes[0]?.recording.tip,
      chainLock: { height: 478, verified: true },
      masternodes: { total: 12, valid: 12 },
      quorums: { 100: counts, 103: counts, 106: counts },
      requests: { qrinfo: 1, mnlistdiff: 1, headers: expect.any(Number), bytesIn: expect.any(Number) },
      cannotVerify: [],
      elapsedMs: expect.any(Number),
    });
    expect(found.requests.bytesIn).toBeGreaterThan(30_000);
    expect(found.elapsedMs).toBeGreaterThan(0);
    expect(status).toBe(0);
  });

  it("tells how it goes in lines, without --json", async () => {
    const { status, stdout, stderr } = await syncWith([await startNode()]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^tip 478, 12 masternodes, \d+ ms\n$/);
    expect(stderr).toMatch(/^headers: \d+ %, tip \d+$/m);
    // Lists always take a round trip; quorums may all be judged before the last list came, and get no line then.
    expect(stderr).toMatch(/^lists: \d+ %, tip 478$/m);
  });

  it("ends with 1 and the reason where nobody is", async () => {
    const { recording } = await startNode();
    const files = ["--network", "regtest", "--params", recording.paramsPath];
    const { status, stdout, stderr } = await runTool(
      ...files,
      "--node",
      NOBODY.address,
      "--json",
      "--timeout",
      "1",
    );
    expect(status).toBe(1);
    expect(stderr).toMatch(/Not synced after 1 s: No peer is connected: .*ECONNREFUSED/);
    const found = JSON.parse(stdout) as object;
    expect(found).toMatchObject({ tip: { height: 0 }, quorums: {}, requests: { qrinfo: 0, mnlistdiff: 0 } });
    expect(found).not.toHaveProperty("chainLock");
  });

  it("ends with 1 and where it got stuck when a node goes silent", async () => {
    const node = await startNode({ stallOn: "getqrinfo" });
    const { status, stdout, stderr } = await syncWith([node], "--timeout", "3");
    expect(status).toBe(1);
    expect(stderr).toContain("Not synced after 3 s: phase lists");
    expect(stdout).toMatch(/^tip 478, no masternodes/);
  });

  it("ends with 1 and the refuted answer's name when the only node lies", async () => {
    const node = await startNode({
      rewrite: (message) =>
        message.command === "qrinfo" ? [{ ...message, payload: message.payload.slice(1) }] : [message],
    });
    const { status, stderr } = await syncWith([node], "--json", "--timeout", "2");
    expect(status).toBe(1);
    expect(stderr).toMatch(/Not synced after 2 s: wire\//);
  });
});

describe("wrong arguments", () => {
  const broken = join(scratch, "broken.json");
  writeFileSync(broken, "{");
  it.each<[string, string[], string]>([
    ["no network", ["--node", "127.0.0.1:1"], "--network is missing"],
    ["an unknown network", ["--network", "litecoin"], "params/unknown-network"],
    ["an unknown option", ["--network", "testnet", "--fast"], "--fast"],
    ["no address", ["--network", "regtest"], "--node is missing: regtest has no fixed seeds"],
    ["an address that is none", ["--network", "testnet", "--node", "localhost"], "not HOST:PORT"],
    ["no number of seconds", ["--network", "testnet", "--timeout", "soon"], "--timeout is not a number"],
    ["more than a timer can wait", ["--network", "testnet", "--timeout", "1e9"], "--timeout is not a number"],
    ["no time at all", ["--network", "testnet", "--timeout", "0"], "--timeout is not a number"],
    ["simnet without its file", ["--network", "simnet", "--node", "127.0.0.1:1"], "simnet needs its file"],
    ["a file that is not there", ["--network", "regtest", "--params", "/nonexistent.json"], "ENOENT"],
    ["a file that is no JSON", ["--network", "regtest", "--params", broken], "params/invalid-file"],
  ])("%s ends with 2, the reason and the usage", async (_what, args, reason) => {
    const { status, stdout, stderr } = await runTool(...args);
    expect(stderr).toContain(reason);
    expect(stderr).toContain("Usage: npm run -s sync");
    expect([status, stdout]).toEqual([2, ""]);
  });

  it.runIf(hasVectors(FOLDER))("a file of another network ends with 2", async () => {
    const { recording } = await startNode();
    const { status, stderr } = await runTool("--network", "simnet", "--params", recording.paramsPath);
    expect(stderr).toContain("the file is of regtest, not of simnet");
    expect(status).toBe(2);
  });
});
