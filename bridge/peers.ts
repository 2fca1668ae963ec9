/**
 * Where first peers come from: nodes the operator named, DNS seeds, and the addresses shipped with the node.
 */
import { Resolver } from "node:dns/promises";
import type { NetworkParams } from "../worker/params/index.ts";
import { isPublicAddress, parseAddress } from "./policy.ts";

export interface PeerSourceOptions {
  readonly params: NetworkParams;
  /** HOST:PORT, tried first and in this order. */
  readonly nodes: readonly string[];
  /** @returns the IP addresses of a host name; rejects if there are none */
  readonly resolve: (hostName: string) => Promise<readonly string[]>;
  /** In [0, 1), as Math.random. */
  readonly random: () => number;
  readonly log: (line: string) => void;
  readonly refreshMs?: number;
  /** How long the very first answer may wait for DNS. */
  readonly firstAnswerMs?: number;
}

export interface PeerSource {
  /** Best first: named nodes, then what DNS said last, then fixed seeds. */
  readonly peers: () => Promise<readonly string[]>;
  readonly close: () => void;
}

/** The seeds' crawlers look again every few minutes; no specific reasoning for half an hour. */
const REFRESH_MS = 30 * 60_000;
const FIRST_ANSWER_MS = 2_000;

/** Asks the DNS seeds now and then in the background. A seed that fails is logged once and asked again. */
export function createPeerSource(options: PeerSourceOptions): PeerSource {
  const { params, nodes, random, log, refreshMs = REFRESH_MS, firstAnswerMs = FIRST_ANSWER_MS } = options;
  const failing = new Set<string>();
  const fixed = shuffle(params.fixedSeeds, random);
  let fromDns: readonly string[] = [];

  async function askSeed(seed: string): Promise<readonly string[]> {
    const hostName = seedHostName(params, seed);
    try {
      const found = toAddresses(await options.resolve(hostName), params.defaultPort);
      failing.delete(seed);
      return found;
    } catch (error) {
      // Not the DNS's answer, but any failure: the fixed seeds stand in for it.
      if (!failing.has(seed)) log(`DNS seed ${hostName}: ${error instanceof Error ? error.message : error}`);
      failing.add(seed);
      return [];
    }
  }

  async function refresh(): Promise<void> {
    const found = await Promise.all(params.dnsSeeds.map(askSeed));
    const addresses = shuffle([...new Set(found.flat())], random);
    if (addresses.length > 0) fromDns = addresses;
  }

  const firstAnswer = Promise.race([refresh(), delay(firstAnswerMs)]);
  const timer = params.dnsSeeds.length === 0 ? undefined : setInterval(() => void refresh(), refreshMs);
  timer?.unref();
  return {
    peers: async () => {
      await firstAnswer;
      return [...new Set([...nodes, ...fromDns, ...fixed])];
    },
    close: () => clearInterval(timer),
  };
}

/** @returns IPv4 and IPv6 addresses. @throws the error of node:dns if there is none */
export async function resolveHostName(hostName: string): Promise<readonly string[]> {
  const resolver = new Resolver({ timeout: 2_000, tries: 2 });
  const answers = await Promise.allSettled([resolver.resolve4(hostName), resolver.resolve6(hostName)]);
  const ips = answers.flatMap((answer) => (answer.status === "fulfilled" ? answer.value : []));
  for (const answer of answers) if (ips.length === 0 && answer.status === "rejected") throw answer.reason;
  return ips;
}

/** Service bits as a prefix: `x1.` asks for NODE_NETWORK; testnet's seed knows only `x9.` (wire.md 1.2). */
function seedHostName({ name }: NetworkParams, seed: string): string {
  return `${name === "testnet" ? "x9" : "x1"}.${seed}`;
}

/** A seed may answer anything: what the relay would refuse is left out. */
function toAddresses(ips: readonly string[], port: number): string[] {
  return ips.flatMap((ip) => {
    const address = parseAddress(ip.includes(":") ? `[${ip}]:${port}` : `${ip}:${port}`);
    return address !== undefined && isPublicAddress(address) ? [address.text] : [];
  });
}

/** Fisher and Yates. */
export function shuffle<T>(items: readonly T[], random: () => number): T[] {
  const shuffled = [...items];
  for (let last = shuffled.length - 1; last > 0; last--) {
    const picked = Math.floor(random() * (last + 1));
    [shuffled[last], shuffled[picked]] = [shuffled[picked] as T, shuffled[last] as T];
  }
  return shuffled;
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms).unref());
}
