import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { type Bridge, type BridgeOptions, createBridge } from "../../../bridge/server.ts";
import { startNode } from "../../node/test/replays.ts";
import { networkParams } from "../../params/index.ts";
import { ManualClock } from "../../test/manualClock.ts";
import { until } from "../../test/until.ts";
import { hasVectors } from "../../test/vectors.ts";
import { BridgeTransport, fetchBridgeNetwork } from "../bridgeTransport.ts";
import { Peer } from "../peer.ts";

/** What a browser has, from the package whose other half the bridge uses. */
class BrowserWebSocket extends WebSocket {
  constructor(url: URL) {
    super(url);
    // In a browser nobody has to listen.
    this.on("error", () => {});
  }
}

beforeAll(() => {
  const { WebSocket: before } = globalThis;
  Object.assign(globalThis, { WebSocket: BrowserWebSocket });
  return () => Object.assign(globalThis, { WebSocket: before });
});

async function startBridge(options: Partial<BridgeOptions> = {}): Promise<Bridge> {
  const params = networkParams("regtest");
  const bridge = await createBridge({ params, peers: async () => [], distDir: "/nonexistent", ...options });
  onTestFinished(() => bridge.close());
  return bridge;
}

/** An HTTP server that answers everything with one text. */
async function startAnswering(status: number, body: string): Promise<string> {
  const server = createServer((_request, response) => response.writeHead(status).end(body));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const ignored = { onData: () => {}, onClose: () => {} };

describe.runIf(hasVectors("regtest/cycle-a"))("a node behind a real bridge", () => {
  it("shakes hands and answers, and hears when we leave", async () => {
    const node = await startNode();
    const bridge = await startBridge({ namedAddresses: [node.address] });
    const closed: string[] = [];
    const peer = new Peer({
      address: node.address,
      params: node.recording.params,
      transport: new BridgeTransport(bridge.url),
      clock: new ManualClock(),
      randomNonce: () => 1n,
      startHeight: 0,
      onMessage: () => {},
      onClose: (_peer, error) => closed.push(error.code),
      onBadMessage: (_peer, error) => closed.push(error.code),
    });
    await peer.connect();
    await until(() => node.count("pong") === 1, "pong");
    expect(peer.isReady).toBe(true);
    peer.close("done");
    await until(() => node.open === 0, "hung up");
    expect(closed).toEqual(["net/disconnected"]);
    peer.send({ command: "getaddr", payload: undefined });
  });

  it("says why a connection ended", async () => {
    const node = await startNode();
    const bridge = await startBridge({ namedAddresses: [node.address] });
    const reasons: string[] = [];
    const handlers = { onData: () => {}, onClose: (reason: string) => reasons.push(reason) };
    const connection = await new BridgeTransport(bridge.url).connect(node.address, handlers);
    connection.send(node.frame("verack", new Uint8Array()));
    await until(() => node.connections === 1, "connected");
    node.hangUp();
    await until(() => reasons.length === 1, "closed");
    expect(reasons).toEqual(["the peer closed the connection"]);
    // What is sent now is lost, as on a wire.
    connection.send(Uint8Array.of(1));
  });
});

describe("a bridge that cannot help", () => {
  it("says that it does not relay to an address it was not given", async () => {
    const bridge = await startBridge();
    const reasons: string[] = [];
    const handlers = { onData: () => {}, onClose: (reason: string) => reasons.push(reason) };
    await new BridgeTransport(bridge.url).connect("127.0.0.1:1", handlers);
    await until(() => reasons.length === 1, "closed");
    expect(reasons).toEqual(["the bridge does not relay to this address"]);
  });

  it("fails when nobody listens", async () => {
    await expect(
      new BridgeTransport("http://127.0.0.1:1").connect("127.0.0.1:1", ignored),
    ).rejects.toMatchObject({
      facts: {
        code: "net/connect-failed",
        address: "127.0.0.1:1",
        reason: "the connection to the bridge broke",
      },
    });
  });
});

describe("what a bridge was started for", () => {
  const signal = () => new AbortController().signal;

  it("is its network and its peers", async () => {
    const peers = ["192.0.2.1:19899", "[2001:db8::1]:19899"];
    const bridge = await startBridge({ peers: async () => peers });
    expect(await fetchBridgeNetwork(bridge.url, signal())).toEqual({ network: "regtest", peers });
  });

  it.each([
    ["not JSON", 200, "<html>"],
    ["an error", 500, "{}"],
    ["null", 200, "null"],
    ["a text", 200, '"regtest"'],
    ["no network", 200, '{"peers":[]}'],
    ["no peers", 200, '{"network":"regtest"}'],
    ["a peer that is none", 200, '{"network":"regtest","peers":[1]}'],
    ["too many peers", 200, JSON.stringify({ network: "regtest", peers: new Array(1_001).fill("a:1") })],
  ])("is not believed from %s", async (_what, status, body) => {
    const url = await startAnswering(status, body);
    const facts = { code: "net/bridge-unreachable", url };
    await expect(fetchBridgeNetwork(url, signal())).rejects.toMatchObject({ facts });
  });

  it("is unknown where nobody listens, and when told to stop", async () => {
    const bridge = await startBridge();
    await expect(fetchBridgeNetwork(bridge.url, AbortSignal.abort())).rejects.toMatchObject({
      code: "net/bridge-unreachable",
    });
    await expect(fetchBridgeNetwork("http://127.0.0.1:1", signal())).rejects.toMatchObject({
      code: "net/bridge-unreachable",
    });
  });
});
