import { resolve } from "node:path";
import { type Bridge, createBridge } from "../../../bridge/server.ts";
import type { NodeProfile } from "../../../bridge/simnet/faults/profile.ts";
import { createSimnet, type Simnet } from "../../../bridge/simnet/network.ts";
import { SIM_LLMQS } from "../../../bridge/simnet/params.ts";
import { createBls } from "../../bls/index.ts";
import { coveredWorkBlocks } from "../../engine/feedQrInfo.ts";
import { loadX11 } from "../../node/loadX11.ts";
import { paramsFromFile } from "../../params/index.ts";
import { toHashHex } from "../../wire/hashes.ts";
import type { Message } from "../../wire/message.ts";

/** A simulated network behind a bridge, running in Node for a test in the browser. */
export interface StartedNetwork {
  /** The bridge's, and the network's name in all other commands. */
  readonly url: string;
  readonly tipHeight: number;
}

export type NetworkSize = "small" | "long";

/** As `small` ends within a rotating cycle, with more quorums of the type that has most. */
const LONG = {
  blocks: 1_094,
  llmqs: SIM_LLMQS.map((llmq) => (llmq.type === 4 ? { ...llmq, signingActiveQuorumCount: 24 } : llmq)),
};

/** A list or several, as a node was asked for them. */
export interface ListRequest {
  readonly kind: "mnlistdiff" | "qrinfo";
  /** Blocks whose lists it brings, in display order; a qrinfo's snapshots are those of all but the first. */
  readonly blocks: readonly string[];
}

declare module "vitest/browser" {
  interface BrowserCommands {
    /**
     * @param origin - the test page's, which the bridge has to allow
     * @param size - `long`: more lists are needed than may be asked for at once, and headers fill more than one record
     */
    startNetwork(origin: string, seed: number, size?: NetworkSize): Promise<StartedNetwork>;
    /** @returns the new tip's height */
    mine(url: string): Promise<number>;
    /** The bridge goes away, the network behind it stays. */
    stopBridge(url: string): Promise<void>;
    /** It comes back at the same address. */
    startBridge(url: string): Promise<void>;
    stopNetwork(url: string): Promise<void>;
    /** From now on all nodes answer after a while. */
    slowDown(url: string, latencyMs: number): Promise<void>;
    /** @returns what the nodes were asked for since the last call, oldest first */
    takeListRequests(url: string): Promise<ListRequest[]>;
    /** Ends when the nodes have been asked for so many since the last `takeListRequests`, or the time is over. */
    awaitListRequests(url: string, count: number, timeoutMs: number): Promise<void>;
  }
}

interface Running {
  readonly simnet: Simnet;
  readonly origin: string;
  bridge: Bridge;
  requests: ListRequest[];
}

/** 2025-10-09: a chain depends on its time, and each run is to be the same. */
const START_TIME_SECONDS = 1_760_000_000;

const networks = new Map<string, Running>();

export async function startNetwork(
  _context: unknown,
  origin: string,
  seed: number,
  size: NetworkSize = "small",
): Promise<StartedNetwork> {
  const [bls, x11] = await Promise.all([createBls(), loadX11()]);
  const simnet = await createSimnet({
    seed,
    ...(size === "long" ? LONG : {}),
    startTimeSeconds: START_TIME_SECONDS,
    blockIntervalMs: 0,
    bls,
    x11,
  });
  const bridge = await openBridge(simnet, origin, 0);
  const running: Running = { simnet, origin, bridge, requests: [] };
  networks.set(bridge.url, running);
  hurtAll(running, {});
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

export async function slowDown(_context: unknown, url: string, latencyMs: number): Promise<void> {
  hurtAll(find(url), { line: { latencyMs } });
}

export async function takeListRequests(_context: unknown, url: string): Promise<ListRequest[]> {
  const running = find(url);
  const { requests } = running;
  running.requests = [];
  return requests;
}

export async function awaitListRequests(
  _context: unknown,
  url: string,
  count: number,
  timeoutMs: number,
): Promise<void> {
  const running = find(url);
  const endsAt = performance.now() + timeoutMs;
  while (running.requests.length < count && performance.now() < endsAt) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** A node answers every request that it gets, the moment it gets it: its answers say what it was asked for. */
function hurtAll(running: Running, profile: NodeProfile): void {
  const tamper = (message: Message) => {
    const request = requestOf(message);
    if (request) running.requests.push(request);
    return message;
  };
  running.simnet.nodes.forEach((_, i) => {
    running.simnet.hurt(i, { ...profile, tamper });
  });
}

function requestOf(answer: Message): ListRequest | undefined {
  if (answer.command === "mnlistdiff") {
    return { kind: "mnlistdiff", blocks: [toHashHex(answer.payload.blockHash)] };
  }
  if (answer.command === "qrinfo") return { kind: "qrinfo", blocks: coveredWorkBlocks(answer.payload) };
  return undefined;
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
