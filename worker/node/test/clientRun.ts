import type { ClientSnapshot, PeerSnapshot } from "../../api.ts";
import { type Bls, createMclBls, type SignatureVerifier } from "../../bls/index.ts";
import { LightClient, type Persistence, type RestoredState } from "../../client.ts";
import { type NetworkParams, neededLlmqTypes } from "../../params/index.ts";
import { ManualClock } from "../../test/manualClock.ts";
import { seededRandom } from "../../test/seededRandom.ts";
import { until } from "../../test/until.ts";
import type { X11 } from "../../x11/index.ts";
import { loadX11 } from "../loadX11.ts";
import { TcpTransport } from "../tcpTransport.ts";
import type { ReplayNode } from "./replayNode.ts";

let engines: Promise<{ x11: X11; bls: Bls }> | undefined;

async function load(): Promise<{ x11: X11; bls: Bls }> {
  const [x11, bls] = await Promise.all([loadX11(), createMclBls()]);
  return { x11, bls };
}

export interface ClientRunOptions {
  readonly params?: Partial<NetworkParams>;
  readonly maxPeers?: number;
  readonly neededTypes?: readonly number[];
  readonly persistence?: Persistence;
  readonly restored?: RestoredState;
  /** Checks signatures instead of the engine. */
  readonly verifier?: SignatureVerifier;
  /** Connects to nobody yet. */
  readonly isOffline?: boolean;
}

/** A light client over real sockets, whose time stands still unless a test moves it. */
export class ClientRun {
  readonly client: LightClient;
  readonly clock: ManualClock;
  /** Progress at every change. */
  readonly fractions: number[] = [];

  private constructor(
    node: ReplayNode,
    { x11, bls }: { x11: X11; bls: Bls },
    { params: changes, maxPeers = 4, neededTypes, persistence, restored, verifier }: ClientRunOptions,
  ) {
    const { tipTime } = node.recording;
    const params = { ...node.recording.params, ...changes };
    this.clock = new ManualClock((tipTime + 60) * 1000);
    this.client = new LightClient(
      {
        params,
        transport: new TcpTransport(),
        clock: this.clock,
        random: seededRandom(),
        x11,
        bls,
        ...(verifier ? { verifier } : {}),
        persistence,
        neededTypes: neededTypes ?? neededLlmqTypes(params),
        maxPeers,
        onChange: () => this.fractions.push(this.snapshot.progress.fraction),
      },
      restored,
    );
  }

  /** @param nodes - the first one's recording tells the network and the time */
  static async start(nodes: readonly ReplayNode[], options: ClientRunOptions = {}): Promise<ClientRun> {
    engines ??= load();
    const [first] = nodes;
    if (!first) throw new RangeError("no node");
    const run = new ClientRun(first, await engines, options);
    if (!options.isOffline) run.connect(...nodes);
    return run;
  }

  connect(...nodes: readonly ReplayNode[]): void {
    this.client.connect(nodes.map(({ address }) => address));
  }

  peer(node: ReplayNode): PeerSnapshot | undefined {
    return this.snapshot.peers.find(({ address }) => address === node.address);
  }

  get snapshot(): ClientSnapshot {
    return this.client.snapshot(undefined);
  }

  /** Log lines. */
  get log(): string[] {
    return this.snapshot.log.map(({ message }) => message);
  }

  async synced(): Promise<void> {
    await this.until((snapshot) => snapshot.isSynced, "synced");
  }

  async until(condition: (snapshot: ClientSnapshot) => boolean, what: string): Promise<void> {
    const say = () => {
      const { phase, problem, cannotVerify } = this.snapshot;
      return `${what}; ${JSON.stringify({ phase, problem, cannotVerify })}\n${this.log.join("\n")}`;
    };
    await until(() => condition(this.snapshot), say);
  }
}
