import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { hasVectors, vectorPath } from "../../worker/test/vectors.ts";
import { loadNetwork } from "../loadNetwork.ts";
import { parseBridgeArguments, USAGE, UsageError } from "../options.ts";

const DEFAULTS = {
  network: "simnet",
  nodes: [],
  paramsFile: undefined,
  host: "127.0.0.1",
  port: 8080,
  allowedOrigins: [],
  isVerbose: false,
};
const words = (line: string) => line.split(" ").filter((word) => word !== "");

describe("parseBridgeArguments", () => {
  it.each([
    ["", {}],
    ["--port 0 --host ::1 --verbose", { port: 0, host: "::1", isVerbose: true }],
    ["--seed 7 --block-interval 60", { seed: 7, blockIntervalMs: 60_000 }],
    ["", { preset: "small", masternodes: 120, blocks: 470 }],
    ["--preset medium", { preset: "medium", masternodes: 1000, blocks: 1600 }],
    ["--preset mainnet --masternodes 400 --blocks 600", { preset: "mainnet", masternodes: 400, blocks: 600 }],
    ["--preset small --masternodes 3500", { preset: "small", masternodes: 3500, blocks: 470 }],
    ["--blocks 5000", { preset: "small", masternodes: 120, blocks: 5000 }],
    ["--masternodes 3500 --blocks 5000", { preset: "mainnet", masternodes: 3500, blocks: 5000 }],
    ["--masternodes 399", { preset: "medium", masternodes: 399, blocks: 1600 }],
    ["--masternodes 40", { preset: "small", masternodes: 40, blocks: 470 }],
    ["--network mainnet", { network: "mainnet" }],
    [
      "--network testnet --node NODE.example:1 --node [0:0::1]:2",
      { network: "testnet", nodes: ["node.example:1", "[::1]:2"] },
    ],
    [
      "--network regtest --params p.json --node 127.0.0.1:19899",
      { network: "regtest", paramsFile: "p.json", nodes: ["127.0.0.1:19899"] },
    ],
    ["--network devnet --params p.json", { network: "devnet", paramsFile: "p.json" }],
    ["--params p.json --node 127.0.0.1:1", { paramsFile: "p.json", nodes: ["127.0.0.1:1"] }],
    [
      "--origin https://wallet.example --origin http://10.0.0.1:8000",
      { allowedOrigins: ["https://wallet.example", "http://10.0.0.1:8000"] },
    ],
  ])("%j", (line, expected) => {
    expect(parseBridgeArguments(words(line))).toMatchObject({ ...DEFAULTS, ...expected });
  });

  it.each([
    ["--network dash", "--network is none of mainnet, testnet, devnet, regtest, simnet: dash"],
    ["--network", /--network/],
    ["--unknown", /--unknown/],
    ["mainnet", /mainnet/],
    ["--port 65536", "--port is not a number in 0..65535: 65536"],
    ["--port=-1", "--port is not a number in 0..65535: -1"],
    ["--port 80.5", "--port is not a number in 0..65535: 80.5"],
    ["--port=", "--port is not a number in 0..65535: "],
    ["--seed 4294967296", "--seed is not a number in 0..4294967295: 4294967296"],
    ["--preset large", "--preset is none of small, medium, mainnet: large"],
    ["--masternodes 0", "--masternodes is not a number in 1..20000: 0"],
    ["--masternodes 2", "--masternodes 2 is too few: the quorums of --preset small need 40"],
    [
      "--preset mainnet --masternodes 300",
      "--masternodes 300 is too few: the quorums of --preset mainnet need 400",
    ],
    ["--blocks 50001", "--blocks is not a number in 1..50000: 50001"],
    ["--network testnet --preset small", "--preset is for a simnet that is started here"],
    ["--block-interval 0", "--block-interval is not a number in 1..86400: 0"],
    ["--network mainnet --node 1.2.3.4", "--node is not HOST:PORT: 1.2.3.4"],
    ["--network mainnet --params p.json", "--params is not for mainnet"],
    ["--network testnet --params p.json", "--params is not for testnet"],
    ["--network devnet", "a devnet needs its --params FILE"],
    ["--node 127.0.0.1:1", "--node is for a simnet with --params"],
    ["--network mainnet --seed 1", /for a simnet that is started here/],
    ["--params p.json --block-interval 5", /for a simnet that is started here/],
    ["--origin wallet.example", /--origin is not an origin/],
    ["--origin https://wallet.example/", /--origin is not an origin/],
    ["--origin null", /--origin is not an origin/],
  ])("%j is refused", (line, message) => {
    const parse = () => parseBridgeArguments(words(line));
    expect(parse).toThrow(UsageError);
    expect(parse).toThrow(message);
  });

  it("--help wins, and names every option", () => {
    expect(parseBridgeArguments(["--help", "--port", "x"])).toBe("help");
    for (const option of ["network", "node", "params", "host", "port", "origin", "seed", "block-interval"]) {
      expect(USAGE).toContain(`--${option} `);
    }
  });
});

describe("loadNetwork", () => {
  const scratch = mkdtempSync(join(tmpdir(), "dashlight-params-"));
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));
  const file = (content: string) => {
    const path = join(scratch, `${content.length}.json`);
    writeFileSync(path, content);
    return path;
  };

  it("knows the networks that are built in, and gives the page no file for them", async () => {
    const { params, paramsFile } = await loadNetwork("testnet", undefined);
    expect([params.defaultPort, paramsFile]).toEqual([19999, undefined]);
  });

  if (hasVectors("regtest/cycle-a")) {
    it("reads a capture's parameters, and hands them to the page as they are", async () => {
      const { params, paramsFile } = await loadNetwork("regtest", vectorPath("regtest/cycle-a/params.json"));
      expect(params.name).toBe("regtest");
      expect(paramsFile).toMatchObject({ network: "regtest" });
      await expect(loadNetwork("devnet", vectorPath("regtest/cycle-a/params.json"))).rejects.toMatchObject({
        code: "params/invalid-file",
        facts: { reason: "the file is of regtest, not of devnet" },
      });
    });
  }

  it.each(["", "{", "[]", "{}", '{"network":"mainnet"}'])("refuses a file with %j", async (content) => {
    await expect(loadNetwork("regtest", file(content))).rejects.toMatchObject({
      code: "params/invalid-file",
    });
  });

  it("refuses a file that is not there", async () => {
    await expect(loadNetwork("regtest", join(scratch, "gone"))).rejects.toMatchObject({
      code: "params/invalid-file",
      facts: { field: join(scratch, "gone") },
    });
  });
});
