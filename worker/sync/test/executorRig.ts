import { afterEach } from "vitest";
import type { DashlightError } from "../../errors.ts";
import { PeerPool } from "../../net/peerPool.ts";
import { TcpTransport } from "../../node/tcpTransport.ts";
import type { ReplayNode, ReplayNodeOptions } from "../../node/test/replayNode.ts";
import { startNode } from "../../node/test/replays.ts";
import { DEFAULT_TUNING, type SyncTuning } from "../../syncTuning.ts";
import { ManualClock } from "../../test/manualClock.ts";
import { seededRandom } from "../../test/seededRandom.ts";
import { until } from "../../test/until.ts";
import { type BlockHash, fromHashHex, type HashHex, toHashHex } from "../../wire/hashes.ts";
import { SyncAccount } from "../account.ts";
import type { Stray } from "../answerLedger.ts";
import type { SyncAnswer } from "../askPeer.ts";
import type { Pause } from "../circuitBreaker.ts";
import { Executor } from "../executor.ts";
import { EMPTY_PLAN, type MnListDiffRequest, type QrInfoRequest, type SyncRequest } from "../plan.ts";
import { requestKey } from "../requestHistory.ts";
import { RequestLog } from "../requestLog.ts";
import { diffRequest, qrInfoRequest } from "./requests.ts";

export const FOLDER = "regtest/cycle-a";

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

/** An executor over real connections to replayed nodes; what it applies is only noted. */
export class ExecutorRig {
  readonly clock = new ManualClock(1_800_000_000_000);
  readonly abort = new AbortController();
  readonly account = new SyncAccount();
  readonly doubted = new Set<string>();
  readonly nodes: readonly ReplayNode[];
  readonly pool: PeerPool;
  readonly log: RequestLog;
  readonly executor: Executor;
  /** What was applied, by `requestKey`, in order. */
  readonly applied: string[] = [];
  /** Index of the node and code of the error, in order. */
  readonly failures: string[] = [];
  readonly lies: string[] = [];
  readonly unanswered: string[] = [];
  readonly pauses: Pause[] = [];
  readonly strays: Stray[] = [];
  /** Heights of blocks that a reorganisation replaced. */
  readonly offChain = new Set<number>();
  done = 0;
  /** Stands in for the engine. */
  apply: (request: SyncRequest, answer: SyncAnswer) => Promise<void> = async () => undefined;

  private constructor(nodes: readonly ReplayNode[], tuning: SyncTuning) {
    const [first] = nodes;
    if (!first) throw new RangeError("no node");
    this.nodes = nodes;
    this.log = new RequestLog(() => this.clock.now());
    this.pool = new PeerPool({
      params: first.recording.params,
      transport: new TcpTransport(),
      clock: this.clock,
      random: seededRandom(),
      maxPeers: 8,
      startHeight: () => 0,
      onReady: () => this.executor.wake(),
      onMessage: ({ address }, message) => {
        if (message.command === "mnlistdiff" || message.command === "qrinfo")
          this.strays.push(this.executor.stray(address, message));
      },
      onPong: ({ address }, rttMs) => this.executor.health.monitor.pong(address, rttMs),
      onChange: () => this.executor?.wake(),
    });
    const nodeOf = (address: string) => this.nodes.findIndex((node) => node.address === address);
    this.executor = new Executor({
      ready: () => this.pool.ready,
      clock: this.clock,
      random: () => 0.999_999,
      tuning,
      account: this.account,
      log: this.log,
      doubted: this.doubted,
      signal: this.abort.signal,
      workBlockOf: (height) => first.recording.hashAt(height) as HashHex | undefined,
      heightOf: (block) => {
        const height = first.recording.heightOf(toHashHex(block));
        return height === undefined || this.offChain.has(height) ? undefined : height;
      },
      apply: async (request, answer) => {
        await this.apply(request, answer);
        this.applied.push(requestKey(request));
      },
      onFailure: (address, _request, { code }) => this.failures.push(`${nodeOf(address)} ${code}`),
      onLie: (address, error: DashlightError) => {
        this.lies.push(`${nodeOf(address)} ${error.code}`);
        this.pool.penalize(address, 100, error);
      },
      onUnanswered: ({ code }) => this.unanswered.push(code),
      // As the client does: whatever happens may let requests go out.
      onPause: (pause) => {
        this.pauses.push(pause);
        this.executor.wake();
      },
      onDone: () => {
        this.done++;
        this.executor.wake();
      },
    });
    cleanups.push(() => this.pool.close());
  }

  /** Peers are ready, in the order of their nodes. */
  static async start(
    nodes: readonly Partial<ReplayNodeOptions>[],
    tuning: Partial<SyncTuning> = {},
  ): Promise<ExecutorRig> {
    const started = await Promise.all(nodes.map((options) => startNode(options)));
    const rig = new ExecutorRig(started, { ...DEFAULT_TUNING, ...tuning });
    for (const [i, { address }] of rig.nodes.entries()) {
      rig.pool.addAddresses([address]);
      await until(() => rig.pool.ready.length === i + 1, "ready");
    }
    return rig;
  }

  /** @param bases - by request, the one it depends on */
  run(requests: readonly SyncRequest[], bases: readonly [SyncRequest, SyncRequest][] = []): Promise<boolean> {
    const ended = this.executor.execute({ ...EMPTY_PLAN, requests, dependencies: new Map(bases) });
    ended.catch(() => undefined);
    return ended;
  }

  node(index: number): ReplayNode {
    const node = this.nodes[index];
    if (!node) throw new RangeError(`no node ${index}`);
    return node;
  }

  /** How often each node got a command. */
  counts(command: string): number[] {
    return this.nodes.map((node) => node.count(command));
  }

  asked(): number {
    return this.nodes.reduce((sum, node) => sum + node.count("getmnlistd") + node.count("getqrinfo"), 0);
  }

  /** Waits until nodes got so many requests in all. */
  async untilAsked(times: number): Promise<void> {
    await until(
      () => this.asked() >= times,
      () => `asked ${times} times, only ${this.asked()}; ${this.failures.join(", ")}`,
    );
  }

  async untilFailed(times: number): Promise<void> {
    await until(
      () => this.failures.length >= times,
      () => `${times} failures, only ${this.failures.join(", ")}`,
    );
  }

  hash(height: number): BlockHash {
    return fromHashHex<BlockHash>(this.node(0).recording.hashAt(height) ?? "");
  }

  diff(baseHeight: number, height: number, more: Partial<MnListDiffRequest> = {}): MnListDiffRequest {
    const request = { baseBlockHash: this.hash(baseHeight), blockHash: this.hash(height) };
    return diffRequest(height, baseHeight, { request, ...more });
  }

  qrInfo(): QrInfoRequest {
    const request = { baseBlockHashes: [], blockRequestHash: this.hash(478), extraShare: true };
    return qrInfoRequest({ request });
  }

  /** States of all rows, in order. */
  states(): string[] {
    return this.log.rows.map(({ state }) => state);
  }
}
