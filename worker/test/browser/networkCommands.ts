import { resolve } from "node:path";
import { type Bridge, createBridge } from "../../../bridge/server.ts";
import { createSimnet, type Simnet } from "../../../bridge/simnet/network.ts";
import { createBls } from "../../bls/index.ts";
import { loadX11 } from "../../node/loadX11.ts";
import { paramsFromFile } from "../../params/index.ts";

/** A simulated network behind a bridge, running in Node for a test in the browser. */
export interface StartedNetwork {
  /** The bridge's, and the network's name in all other commands. */
  readonly url: string;
  readonly tipHeight: number;
}

declare module "vitest/browser" {
  interface BrowserCommands {
    /** @param origin - the test page's, which the bridge has to allow */
    startNetwork(origin: string, seed: number): Promise<StartedNetwork>;
    /** @returns the new tip's height */
    mine(url: string): Promise<number>;
    /** The bridge goes away, the network behind it stays. */
    stopBridge(url: string): Promise<void>;
    /** It comes back at the same address. */
    startBridge(url: string): Promise<void>;
    stopNetwork(url: string): Promise<void>;
  }
}

interface Running {
  readonly simnet: Simnet;
  readonly origin: string;
  bridge: Bridge;
}

const networks = new Map<string, Running>();

export async function startNetwork(_context: unknown, origin: string, seed: number): Promise<StartedNetwork> {
  const [bls, x11] = await Promise.all([createBls(), loadX11()]);
  const simnet = await createSimnet({
    seed,
    startTimeSeconds: Math.floor(Date.now() / 1000),
    blockIntervalMs: 0,
    bls,
    x11,
  });
  const bridge = await openBridge(simnet, origin, 0);
  networks.set(bridge.url, { simnet, origin, bridge });
  return { url: bridge.url, tipHeight: simnet.tip.height };
}

export async function mine(_context: unknown, url: string): Promise<number> {
  const { simnet } = find(url);
  await simnet.mine();
  return simnet.tip.height;
}

export async function stopBridge(_context: unknown, url: string): Promise<void> {
  await find(url).bridge.close();
}

export async function startBridge(_context: unknown, url: string): Promise<void> {
  const running = find(url);
  running.bridge = await openBridge(running.simnet, running.origin, running.bridge.port);
}

export async function stopNetwork(_context: unknown, url: string): Promise<void> {
  const { bridge, simnet } = find(url);
  networks.delete(url);
  await bridge.close();
  await simnet.close();
}

function find(url: string): Running {
  const running = networks.get(url);
  if (!running) throw new Error(`no network behind ${url}`);
  return running;
}

function openBridge(simnet: Simnet, origin: string, port: number): Promise<Bridge> {
  return createBridge({
    params: paramsFromFile(simnet.params),
    paramsFile: simnet.params,
    peers: async () => simnet.addresses,
    namedAddresses: simnet.addresses,
    allowedOrigins: [origin],
    // Nothing of it is asked for: Vitest serves the page.
    distDir: resolve(import.meta.dirname),
    port,
  });
}
