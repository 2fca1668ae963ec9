import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { dirname, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { paramsFromFile } from "../../worker/params/index.ts";
import { encode } from "../../worker/wire/codec.ts";
import { encodeFrame } from "../../worker/wire/frame.ts";
import { NO_ADDRESS, PROTOCOL_VERSION, type Version, version } from "../../worker/wire/version.ts";
import type { BridgeNetwork } from "../protocol.ts";
import { echo, listen, MAGIC, startBridge, startPeer } from "./rig.ts";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");

/** A node reads what follows only if it is there. */
const VERSION: Version = {
  protocolVersion: PROTOCOL_VERSION,
  services: 0n,
  time: 0n,
  addrRecv: NO_ADDRESS,
  sender: undefined,
  userAgent: undefined,
  startHeight: undefined,
  relay: undefined,
  mnAuthChallenge: undefined,
  isMasternode: undefined,
  rest: new Uint8Array(),
};

interface Run {
  readonly child: ChildProcess;
  /** The first line on stdout. */
  readonly firstLine: Promise<string>;
  /** Everything, when it has ended. */
  readonly ended: Promise<{ code: number | null; stdout: string; stderr: string }>;
}

/** The program as a process of its own. */
function run(line: string): Run {
  const tsx = resolve(root, "node_modules/tsx/dist/loader.mjs");
  const args = ["--import", tsx, resolve(root, "bridge/main.ts"), ...line.split(" ")];
  const child = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const firstLine = once(child.stdout, "data").then(([data]) => String(data).split("\n")[0] ?? "");
  const ended = Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]).then(
    ([stdout, stderr, [code]]) => ({ code: code as number | null, stdout, stderr }),
  );
  return { child, firstLine, ended };
}

async function closedAddress(): Promise<string> {
  const server = createServer();
  const address = await listen(server);
  server.close();
  return address;
}

describe("the program", () => {
  beforeAll(() => void spawnSync(process.execPath, [resolve(root, "worker/buildAssembly.mjs")]));

  it.each(["SIGINT", "SIGTERM"] as const)("relays to a named node until %s", async (signal) => {
    const peer = await startPeer(echo);
    const { child, firstLine, ended } = run(`--network regtest --node ${peer.address} --port 0`);
    const line = await firstLine;
    expect(line).toMatch(/^Dashlight on regtest: http:\/\/127\.0\.0\.1:\d+$/);
    const url = line.split(" ").at(-1) ?? "";
    const network = await (await fetch(`${url}/bridge/network`)).json();
    expect(network).toEqual({ network: "regtest", peers: [peer.address] });
    const webSocket = new WebSocket(`${url.replace("http", "ws")}/bridge/p2p?peer=${peer.address}`, {
      origin: url,
    });
    onTestFinished(() => webSocket.terminate());
    const closed = once(webSocket, "close");
    await once(webSocket, "open");
    webSocket.send(MAGIC);
    expect(((await once(webSocket, "message")) as [Buffer])[0].equals(MAGIC)).toBe(true);
    child.kill(signal);
    expect((await closed)[0]).toBe(4503);
    expect(await ended).toEqual({ code: 0, stdout: `${line}\n`, stderr: "" });
  });

  it("starts a simnet of its own by default, whose nodes answer", async () => {
    const { child, firstLine, ended } = run("--port 0 --seed 2");
    const line = await firstLine;
    expect(line).toMatch(/^Dashlight on simnet: /);
    const url = line.split(" ").at(-1) ?? "";
    const network = (await (await fetch(`${url}/bridge/network`)).json()) as BridgeNetwork;
    const { magic } = paramsFromFile(network.params);
    expect(network.peers.length).toBeGreaterThan(1);
    for (const peer of network.peers) {
      const webSocket = new WebSocket(`${url.replace("http", "ws")}/bridge/p2p?peer=${peer}`, {
        origin: url,
      });
      onTestFinished(() => webSocket.terminate());
      await once(webSocket, "open");
      webSocket.send(encodeFrame(magic, "version", encode(version, VERSION)));
      const [answer] = (await once(webSocket, "message")) as [Buffer];
      expect(answer.subarray(0, 4).equals(magic)).toBe(true);
      expect(answer.subarray(4, 11).toString()).toBe("version");
    }
    child.kill("SIGTERM");
    expect(await ended).toEqual({ code: 0, stdout: `${line}\n`, stderr: "" });
  });

  it("says in one sentence that no node can be reached, and serves all the same", async () => {
    const { child, firstLine, ended } = run(`--network regtest --node ${await closedAddress()} --port 0`);
    const url = (await firstLine).split(" ").at(-1) ?? "";
    if (child.stderr === null) throw new Error("no stderr");
    await once(child.stderr, "data");
    expect((await fetch(`${url}/bridge/network`)).status).toBe(200);
    child.kill("SIGTERM");
    const { code, stderr } = await ended;
    expect(code).toBe(0);
    expect(stderr).toBe("No regtest node can be reached from here; trying again every 30 s.\n");
  });

  it("says what it refuses if asked to", async () => {
    const peer = await startPeer(echo);
    const { child, firstLine, ended } = run(`--network regtest --node ${peer.address} --port 0 --verbose`);
    const url = (await firstLine).split(" ").at(-1) ?? "";
    const webSocket = new WebSocket(`${url.replace("http", "ws")}/bridge/p2p?peer=10.0.0.1:19899`);
    await once(webSocket, "close");
    child.kill("SIGTERM");
    expect((await ended).stderr).toBe("refused 127.0.0.1: not a public address\n");
  });

  it.each([
    ["--network regtest", 1, "regtest has no seeds: name a node with --node HOST:PORT\n"],
    [
      "--network regtest --node 127.0.0.1:1 --host 192.0.2.1",
      1,
      "--host 192.0.2.1 is no address of this machine.\n",
    ],
    [
      "--network devnet --params /nonexistent",
      1,
      /^params\/invalid-file: field \/nonexistent, reason ENOENT.*\n$/,
    ],
    ["--network dash", 2, /^--network is none of .*\n\nUsage: npm start/],
  ])("%s ends with a sentence", async (line, code, stderr) => {
    const result = await run(line).ended;
    expect(result).toMatchObject({ code, stdout: "" });
    expect(result.stderr).toMatch(stderr);
  });

  it("names the option that helps when the port is taken", async () => {
    const { port } = await startBridge();
    const result = await run(`--network regtest --node 127.0.0.1:1 --port ${port}`).ended;
    expect(result).toEqual({
      code: 1,
      stdout: "",
      stderr: `Port ${port} is taken: choose another one with --port.\n`,
    });
  });

  it("--help is on stdout", async () => {
    const { code, stdout, stderr } = await run("--help").ended;
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^Usage: npm start -- \[options\]/);
  });
});
