/**
 * Tells the operator whether nodes can be reached at all, which the page cannot know before it has tried them.
 */
import { randomBytes } from "node:crypto";
import { setMaxListeners } from "node:events";
import { connect } from "node:net";
import type { NetworkParams } from "../worker/params/index.ts";
import { encodeFrame } from "../worker/wire/frame.ts";
import { encodeMessage } from "../worker/wire/message.ts";
import { NO_ADDRESS, PROTOCOL_VERSION } from "../worker/wire/version.ts";
import { parseAddress } from "./policy.ts";

export interface ProbeOptions {
  readonly peers: () => Promise<readonly string[]>;
  /** Gets one line when no node can be reached, and one when that is over. */
  readonly log: (line: string) => void;
  readonly params: Pick<NetworkParams, "name" | "magic" | "devnetName">;
  /** From connecting to the node's introduction. */
  readonly answerTimeoutMs?: number;
  /** Between rounds as long as no node can be reached, and else. */
  readonly retryMs?: number;
  readonly recheckMs?: number;
  /** Peers of one round: enough that a few dead ones say nothing about the network. */
  readonly peersPerRound?: number;
}

export interface Probe {
  /** The first round is over. */
  readonly ready: Promise<void>;
  readonly close: () => void;
}

/** Introduces itself to a few peers over and over, and hangs up on the answer. */
export function startProbe(options: ProbeOptions): Probe {
  const { peers, log, params, answerTimeoutMs = 5_000, retryMs = 30_000 } = options;
  const { recheckMs = 10 * 60_000, peersPerRound = 8 } = options;
  const abort = new AbortController();
  let start = 0;
  let isReachable = true;
  let timer: NodeJS.Timeout | undefined;

  async function probe(): Promise<void> {
    const round = takeRound(await peers(), start, peersPerRound);
    start += round.length;
    const found = await canReachAny(round, params, answerTimeoutMs, abort.signal);
    if (abort.signal.aborted) return;
    if (found !== isReachable) log(found ? reachable(params.name) : unreachable(params.name, retryMs));
    isReachable = found;
    timer = setTimeout(() => void probe(), isReachable ? recheckMs : retryMs);
    timer.unref();
  }

  return {
    ready: probe(),
    close: () => {
      abort.abort();
      clearTimeout(timer);
    },
  };
}

function unreachable(networkName: string, retryMs: number): string {
  return `No ${networkName} node can be reached from here; trying again every ${Math.ceil(retryMs / 1000)} s.`;
}

function reachable(networkName: string): string {
  return `A ${networkName} node can be reached now.`;
}

/** The next `count` peers, round and round. */
function takeRound(peers: readonly string[], start: number, count: number): readonly string[] {
  const first = peers.length === 0 ? 0 : start % peers.length;
  return [...peers.slice(first), ...peers.slice(0, first)].slice(0, count);
}

async function canReachAny(
  peers: readonly string[],
  params: ProbeOptions["params"],
  timeoutMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  const decided = new AbortController();
  const either = AbortSignal.any([signal, decided.signal]);
  setMaxListeners(0, either); // one a peer
  try {
    await Promise.any(peers.map((peer) => greet(peer, params, timeoutMs, either)));
    return true;
  } catch (error) {
    if (error instanceof AggregateError) return false; // every one failed
    throw error;
  } finally {
    decided.abort();
  }
}

/**
 * Rejects unless the node introduces itself in time: that a connection comes about says nothing, since firewalls and
 * proxies accept any. `signal` ends it.
 */
function greet(
  peer: string,
  params: ProbeOptions["params"],
  timeoutMs: number,
  signal: AbortSignal,
): Promise<void> {
  const address = parseAddress(peer);
  if (address === undefined) return Promise.reject(new Error(`not HOST:PORT: ${peer}`));
  const { magic } = params;
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address.host, port: address.port, signal });
    const timer = setTimeout(() => socket.destroy(new Error("no answer")), timeoutMs);
    let received = Buffer.alloc(0);
    socket.on("connect", () => socket.write(introduction(params)));
    socket.on("data", (bytes) => {
      received = Buffer.concat([received, bytes]).subarray(0, magic.length);
      if (received.equals(magic)) resolve();
      if (received.length === magic.length) socket.destroy();
    });
    socket.on("error", reject);
    socket.on("close", () => {
      clearTimeout(timer);
      reject(new Error("hung up"));
    });
  });
}

/** A client's `version`: a node says nothing before it. */
function introduction({ magic, devnetName }: ProbeOptions["params"]): Uint8Array {
  const comment = devnetName === undefined ? "" : `devnet.${devnetName}/`;
  const payload = encodeMessage(
    {
      command: "version",
      payload: {
        protocolVersion: PROTOCOL_VERSION,
        services: 0n,
        time: BigInt(Math.floor(Date.now() / 1000)),
        addrRecv: NO_ADDRESS,
        sender: { addrFrom: NO_ADDRESS, nonce: randomBytes(8).readBigUInt64LE() },
        userAgent: `/Dashlight bridge/${comment}`,
        startHeight: 0,
        relay: false,
        mnAuthChallenge: new Uint8Array(32),
        isMasternode: false,
        rest: new Uint8Array(0),
      },
    },
    PROTOCOL_VERSION,
  );
  return encodeFrame(magic, "version", payload);
}
