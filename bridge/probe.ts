/**
 * Tells the operator whether nodes can be reached at all, which the page cannot know before it has tried them.
 */
import { once } from "node:events";
import { connect } from "node:net";
import { parseAddress } from "./policy.ts";

export interface ProbeOptions {
  readonly peers: () => Promise<readonly string[]>;
  /** Gets one line when no node can be reached, and one when that is over. */
  readonly log: (line: string) => void;
  /** As it stands in the lines. */
  readonly networkName: string;
  readonly connectTimeoutMs?: number;
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

/** Connects to a few peers over and over, and hangs up at once. */
export function startProbe(options: ProbeOptions): Probe {
  const { peers, log, networkName, connectTimeoutMs = 5_000, retryMs = 30_000 } = options;
  const { recheckMs = 10 * 60_000, peersPerRound = 8 } = options;
  const abort = new AbortController();
  let start = 0;
  let isReachable = true;
  let timer: NodeJS.Timeout | undefined;

  async function probe(): Promise<void> {
    const round = takeRound(await peers(), start, peersPerRound);
    start += round.length;
    const found = await canReachAny(round, connectTimeoutMs, abort.signal);
    if (abort.signal.aborted) return;
    if (found !== isReachable) log(found ? reachable(networkName) : unreachable(networkName, retryMs));
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
  timeoutMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  const decided = new AbortController();
  const either = AbortSignal.any([signal, decided.signal]);
  try {
    await Promise.any(peers.map((peer) => tryConnect(peer, timeoutMs, either)));
    return true;
  } catch (error) {
    if (error instanceof AggregateError) return false; // every one failed
    throw error;
  } finally {
    decided.abort();
  }
}

/** Rejects if no TCP connection comes about in time; `signal` ends the one that does. */
async function tryConnect(peer: string, timeoutMs: number, signal: AbortSignal): Promise<void> {
  const address = parseAddress(peer);
  if (address === undefined) throw new Error(`not HOST:PORT: ${peer}`);
  const socket = connect({ host: address.host, port: address.port, signal, timeout: timeoutMs });
  socket.on("timeout", () => socket.destroy(new Error("timeout")));
  try {
    await once(socket, "connect");
  } finally {
    socket.on("error", () => socket.destroy()); // what comes now, an abort at the latest, changes nothing
  }
}
