import type { Simnet } from "../../../bridge/simnet/network.ts";
import type { ClientSnapshot } from "../../api.ts";
import type { Bls } from "../../bls/index.ts";
import { HeaderChain } from "../../chain/headerChain.ts";
import { type ClientCounts, LightClient, type RestoredState, type SavedStep } from "../../client.ts";
import type { ErrorCode } from "../../errors.ts";
import type { Penalty } from "../../net/peerPool.ts";
import { neededLlmqTypes, paramsFromFile } from "../../params/index.ts";
import type { X11 } from "../../x11/index.ts";
import { ScaledClock } from "../scaledClock.ts";
import { Beliefs } from "./beliefs.ts";
import { CountingTransport } from "./countingTransport.ts";
import { differences } from "./finalState.ts";

const POLL_MS = 5;
const DEFAULT_MAX_PEERS = 4;
/** The client's clock is so far ahead of the newest block, as it would be between two blocks. */
const SINCE_LAST_BLOCK_MS = 60_000;

export interface Engines {
  readonly bls: Bls;
  readonly x11: X11;
}

export interface StageOptions {
  readonly net: Simnet;
  readonly engines: Engines;
  readonly random: () => number;
  readonly startTimeSeconds: number;
  /** How much faster the client's clock runs than real time. */
  readonly speed: number;
  readonly maxPeers: number | undefined;
  /** Real time that all of the script may take. */
  readonly deadlineMs: number;
}

/** What a scenario's script has in hand: the network, and a client that it lets meet the nodes. */
export class Stage {
  readonly net: Simnet;
  readonly clock: ScaledClock;
  readonly beliefs: Beliefs;
  readonly #options: StageOptions;
  readonly #transport = new CountingTransport();
  readonly #endsAt: number;
  /** All that ran, the present one last. */
  readonly #clients: LightClient[] = [];
  #saved: SavedStep | undefined;
  #met: number[] = [];

  constructor(options: StageOptions) {
    this.net = options.net;
    this.beliefs = new Beliefs(options.net);
    this.#options = options;
    this.#endsAt = performance.now() + options.deadlineMs;
    this.clock = new ScaledClock(options.startTimeSeconds * 1000 + SINCE_LAST_BLOCK_MS, options.speed);
    this.#startClient(undefined);
  }

  get client(): LightClient {
    const client = this.#clients.at(-1);
    if (!client) throw new Error("no client");
    return client;
  }

  get snapshot(): ClientSnapshot {
    return this.client.snapshot(undefined);
  }

  /** Points taken off nodes by all clients of the run, oldest first. */
  get penalties(): Penalty[] {
    return this.#clients.flatMap(({ penalties }) => penalties);
  }

  /** How often the faults of each node struck, by index. */
  get strikes(): Readonly<Record<string, number>>[] {
    const { refused } = this.#transport;
    return this.net.nodes.map(({ strikes }, i) =>
      "closed" in strikes ? { ...strikes, closed: refused.get(this.address(i)) ?? 0 } : strikes,
    );
  }

  /** What all clients of the run cost together. */
  get counts(): ClientCounts {
    const [first, ...others] = this.#clients.map(({ counts }) => counts);
    if (!first) throw new Error("no client");
    const names = Object.keys(first) as (keyof ClientCounts)[];
    const sum = (name: keyof ClientCounts) =>
      others.reduce((total, counts) => total + counts[name], first[name]);
    return Object.fromEntries(names.map((name) => [name, sum(name)])) as unknown as ClientCounts;
  }

  /** Log lines of the present client. */
  get log(): string[] {
    return this.snapshot.log.map(({ message }) => message);
  }

  /** Lets the client meet nodes, by index; all of them if none is named. */
  connect(...nodes: readonly number[]): void {
    const met = nodes.length > 0 ? nodes : this.net.addresses.map((_, i) => i);
    this.#met.push(...met);
    this.client.connect(met.map((i) => this.address(i)));
  }

  address(node: number): string {
    const address = this.net.addresses[node];
    if (address === undefined) throw new RangeError(`no node ${node}`);
    return address;
  }

  /** Ends the client and starts another with what it had saved, in touch with the same nodes. */
  async restart(): Promise<void> {
    const saved = this.#saved;
    this.client.stop();
    const engine = saved && { ...saved.after, statuses: new Map() };
    this.#startClient(saved && engine && { chain: this.#reload(saved.chain), engine });
    await this.client.recheck(saved?.chainLock?.lock);
    const met = this.#met;
    this.#met = [];
    this.connect(...met);
  }

  /** Waits for a condition on the client. @throws Error when the scenario's time is over */
  async until(condition: (snapshot: ClientSnapshot) => boolean, what: string): Promise<void> {
    while (!condition(this.snapshot)) {
      if (performance.now() > this.#endsAt) throw new Error(`never: ${what}`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  /** Waits until the client is synced and knows exactly what the network's chain says. */
  async synced(): Promise<void> {
    await this.until(
      ({ isSynced }) => isSynced && differences(this.client, this.net.chain).length === 0,
      "synced to the honest state",
    );
  }

  /** Waits until a node was penalised for a code. */
  async caught(node: number, code: ErrorCode): Promise<void> {
    const address = this.address(node);
    await this.until(
      () => this.penalties.some((penalty) => penalty.address === address && penalty.code === code),
      `node ${node} caught by ${code}`,
    );
  }

  async banned(node: number): Promise<void> {
    const address = this.address(node);
    await this.until(
      ({ peers }) => peers.some((peer) => peer.address === address && peer.status === "banned"),
      `node ${node} banned`,
    );
  }

  async connected(...nodes: readonly number[]): Promise<void> {
    const addresses = nodes.map((i) => this.address(i));
    await this.until(
      ({ peers }) =>
        addresses.every((address) =>
          peers.some((peer) => peer.address === address && peer.status === "ready"),
        ),
      `connected to nodes ${nodes.join(", ")}`,
    );
  }

  /** Lets time go by on the client's clock, to see that nothing more happens. */
  async watch(ms: number): Promise<void> {
    const endMs = this.clock.now() + ms;
    // Keeps the clock ticking while the client waits for nothing.
    const timer = this.clock.setTimeout(() => undefined, ms);
    await this.until(() => this.clock.now() >= endMs, "some time later");
    this.clock.clearTimeout(timer);
  }

  close(): void {
    this.client.stop();
  }

  #startClient(restored: RestoredState | undefined): void {
    const { engines, random, maxPeers = DEFAULT_MAX_PEERS } = this.#options;
    const params = paramsFromFile(this.net.params);
    const client: LightClient = new LightClient(
      {
        params,
        transport: this.#transport,
        clock: this.clock,
        random,
        ...engines,
        persistence: {
          save: async (step) => {
            // Whatever it verifies it stores at once.
            if (step.chainLock) this.beliefs.lookAtLock(step.chainLock.lock);
            this.#saved = { ...step, ...(step.chainLock ? {} : this.#savedLock) };
          },
        },
        neededTypes: neededLlmqTypes(params),
        maxPeers,
        onChange: () => this.beliefs.lookAt(client.engine),
      },
      restored,
    );
    this.#clients.push(client);
  }

  /** A step names the lock only once there is one. */
  get #savedLock(): Pick<SavedStep, "chainLock"> {
    const lock = this.#saved?.chainLock;
    return lock ? { chainLock: lock } : {};
  }

  /** As from a database. */
  #reload(chain: HeaderChain): HeaderChain {
    const { x11 } = this.#options.engines;
    const headers = chain.rawHeaders(chain.firstHeight, chain.headersTip.height - chain.firstHeight + 1);
    return HeaderChain.restore(chain.params, (raw) => x11.hashHeaders(raw), chain.save(), [headers]);
  }
}
