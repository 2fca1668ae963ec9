import { createServer } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { networkParams } from "../../worker/params/index.ts";
import { type ProbeOptions, startProbe } from "../probe.ts";
import { listen, startPeer, until } from "./rig.ts";

function probe(peers: () => readonly string[], options: Partial<ProbeOptions> = {}) {
  const lines: string[] = [];
  const started = startProbe({
    peers: async () => peers(),
    log: (line) => lines.push(line),
    params: TESTNET,
    retryMs: 10,
    recheckMs: 10,
    ...options,
  });
  onTestFinished(started.close);
  return { lines, ...started };
}

const TESTNET = networkParams("testnet");

/** A node that answers an introduction, with these first bytes. */
function startNode(magic = TESTNET.magic) {
  return startPeer((socket) => void socket.once("data", () => socket.write(magic)));
}

/** An address where nobody listens. */
async function closedAddress(): Promise<string> {
  const server = createServer();
  const address = await listen(server);
  server.close();
  return address;
}

describe("startProbe", () => {
  it("says nothing as long as one peer answers, and hangs up on it", async () => {
    const peer = await startNode();
    const dead = await closedAddress();
    const { lines } = probe(() => [dead, peer.address, "nonsense"]);
    await until(() => peer.sockets.length >= 3);
    expect(lines).toEqual([]);
    await until(() => peer.sockets.slice(0, 3).every((socket) => socket.destroyed));
  });

  it("says once that no peer answers, and once that one does", async () => {
    const dead = await closedAddress();
    let rounds = 0;
    let peers = [dead];
    const { lines } = probe(() => {
      rounds++;
      return peers;
    });
    await until(() => rounds > 3);
    expect(lines).toEqual(["No testnet node can be reached from here; trying again every 1 s."]);
    peers = [(await startNode()).address];
    await until(() => lines.length > 1);
    const then = rounds;
    await until(() => rounds > then + 3);
    expect(lines.slice(1)).toEqual(["A testnet node can be reached now."]);
  });

  it("comes round to every peer, a few at a time", async () => {
    const dead = await closedAddress();
    const peer = await startNode();
    const { lines } = probe(() => [dead, dead, dead, peer.address, dead], { peersPerRound: 2 });
    await until(() => lines.length === 2);
    expect(peer.sockets.length).toBeGreaterThan(0);
  });

  it("counts no peers at all as none that answers", async () => {
    const { lines, ready } = probe(() => [], { retryMs: 30_000 });
    await ready;
    expect(lines).toEqual(["No testnet node can be reached from here; trying again every 30 s."]);
  });

  it("says nothing once it is closed", async () => {
    const dead = await closedAddress();
    const { lines, ready, close } = probe(() => [dead]);
    close();
    await ready;
    expect(lines).toEqual([]);
  });

  it("takes no connection for a node: one that stays silent, and one of another network", async () => {
    const silent = await startPeer((socket) => void socket.resume());
    const foreign = await startNode(networkParams("mainnet").magic);
    const { lines } = probe(() => [silent.address, foreign.address], { answerTimeoutMs: 50 });
    await until(() => lines.length === 1);
    expect(lines[0]).toContain("No testnet node can be reached");
    await until(() =>
      [...silent.sockets, ...foreign.sockets].slice(0, 2).every((socket) => socket.destroyed),
    );
  });
});
