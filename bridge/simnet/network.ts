import type { Bls } from "../../worker/bls/index.ts";
import type { BlockHash, Height, Txid } from "../../worker/wire/hashes.ts";
import type { X11 } from "../../worker/x11/index.ts";
import { SimChain, type SimChainOptions } from "./chain.ts";
import { openChain } from "./chainCache.ts";
import { NetworkClock } from "./clock.ts";
import { Dice } from "./dice.ts";
import type { NodeProfile } from "./faults/profile.ts";
import { LiveNetwork, type LiveOptions } from "./liveNetwork.ts";
import { SimNode } from "./node.ts";
import { PRESETS, type SimnetPreset, type SimnetSize } from "./presets.ts";

const DEFAULT_NODES = 3;
/** The beginning of 2025. Any time will do that is past everywhere and the same for all: block hashes depend on it. */
const DEFAULT_START_TIME_SECONDS = 1_735_689_600;

export interface SimnetOptions extends LiveOptions {
  /** Everything that is left to chance follows from it. */
  readonly seed: number;
  /** 1 to 8 */
  readonly nodes?: number;
  /** `small` by default; the three sizes below go before it. */
  readonly preset?: SimnetPreset;
  readonly masternodes?: SimnetSize["masternodes"];
  readonly blocks?: SimnetSize["blocks"];
  /** Types 2, 3, 4 and 5 must be there, 5 must rotate. */
  readonly llmqs?: SimnetSize["llmqs"];
  /** Time of the last block of the past, by default the same for all networks: the seed then decides about everything. */
  readonly startTimeSeconds?: number;
  readonly magic?: SimChainOptions["magic"];
  /** Where the past is kept, for a quick start next time; see openChain(). */
  readonly cacheDir?: string;
  readonly host?: "127.0.0.1";
  /** One per node; free ones by default. */
  readonly ports?: readonly number[];
  /** By node: what is wrong with it from the start. */
  readonly profiles?: readonly (NodeProfile | undefined)[];
  readonly log?: (line: string) => void;
  readonly bls: Bls;
  readonly x11: X11;
}

export interface Simnet {
  /** JSON of a parameter file, for `paramsFromFile` */
  readonly params: unknown;
  /** HOST:PORT of each node */
  readonly addresses: string[];
  readonly tip: { readonly height: Height; readonly hash: BlockHash };
  /** For tests that look behind the messages. */
  readonly chain: SimChain;
  readonly nodes: readonly SimNode[];
  /** Mines blocks; each is announced, and ChainLocked after the delay unless it is stale or below a lock by then. */
  mine(count?: number): Promise<void>;
  /** Makes one payment, with its InstantSend lock if the quorum in charge exists, and announces both. */
  pay(): Txid;
  /** Signs the tip now, even while ChainLocks are stopped. @returns whether it has a ChainLock then */
  lockTip(): boolean;
  /** As lockTip, for any block: with successors, its lock comes late. Below the newest lock nothing happens. */
  lockBlock(height: Height): boolean;
  /** Stops and resumes the ChainLocks that come by themselves. */
  stopChainLocks(isStopped: boolean): void;
  /** Replaces the last blocks by one more, which wins by its work. @throws RangeError if one of them is ChainLocked */
  reorg(depth: number): Promise<void>;
  /**
   * A ChainLock comes for a branch that nobody had heard of. All nodes switch to it, whatever its work: the last `depth`
   * blocks are replaced by `blocks` others, the newest of them locked, also while ChainLocks are stopped.
   * @throws RangeError if a replaced block is ChainLocked, `blocks` is below one, or no quorum signs yet
   */
  lockOtherBranch(depth: number, blocks: number): Promise<void>;
  /** Sets the network's clock: nodes tell another time from then on, in new connections and new headers. */
  setClockOffset(seconds: number): void;
  /** Gives a node this profile in place of the one it has; undefined heals it. */
  hurt(nodeIndex: number, profile: NodeProfile | undefined): void;
  close(): Promise<void>;
}

function startChain(options: SimnetOptions): SimChain {
  const {
    seed,
    startTimeSeconds = DEFAULT_START_TIME_SECONDS,
    preset = "small",
    cacheDir,
    bls,
    x11,
  } = options;
  const size = PRESETS[preset];
  const chainOptions = {
    seed,
    startTimeSeconds,
    masternodes: options.masternodes ?? size.masternodes,
    blocks: options.blocks ?? size.blocks,
    llmqs: options.llmqs ?? size.llmqs,
    ...(options.magic === undefined ? {} : { magic: options.magic }),
    bls,
    x11,
  };
  return cacheDir === undefined ? new SimChain(chainOptions) : openChain(chainOptions, cacheDir);
}

/** Starts a simulated network on loopback TCP. Ready when it resolves. */
export async function createSimnet(options: SimnetOptions): Promise<Simnet> {
  const { seed, nodes = DEFAULT_NODES, ports = [], host = "127.0.0.1" } = options;
  if (!Number.isInteger(nodes) || nodes < 1 || nodes > 8) throw new RangeError(`${nodes} nodes, not 1 to 8`);
  const chain = startChain(options);
  const log = options.log ?? (() => {});
  const clock = new NetworkClock({
    startTimeSeconds: chain.startTimeSeconds,
    blockIntervalMs: options.blockIntervalMs ?? 0,
    now: options.now,
    offsetSeconds: options.clockOffsetSeconds ?? 0,
  });
  const simNodes = Array.from(
    { length: nodes },
    (_, i) =>
      new SimNode({
        chain,
        clock,
        dice: new Dice(`node ${seed} ${i}`),
        name: `node ${i}`,
        x11: options.x11,
        log: (line) => log(`node ${i}: ${line}`),
      }),
  );
  const addresses: string[] = [];
  for (const [i, node] of simNodes.entries()) addresses.push(await node.listen(host, ports[i] ?? 0));
  for (const [i, node] of simNodes.entries()) node.hurt(options.profiles?.[i]);
  const network = new LiveNetwork(chain, simNodes, clock, options, log);
  network.start();
  return {
    params: chain.paramsFile,
    addresses,
    get tip() {
      return { height: chain.tipHeight, hash: chain.tip.hash };
    },
    chain,
    nodes: simNodes,
    mine: async (count = 1) => {
      for (let i = 0; i < count; i++) network.mine();
    },
    pay: () => network.pay(),
    lockTip: () => network.lock(chain.tipHeight),
    lockBlock: (height) => network.lock(height),
    stopChainLocks: (isStopped) => network.stopChainLocks(isStopped),
    reorg: async (depth) => network.reorganise(depth),
    lockOtherBranch: async (depth, blocks) => network.lockOtherBranch(depth, blocks),
    setClockOffset: (seconds) => {
      clock.offsetSeconds = seconds;
    },
    hurt: (nodeIndex, profile) => {
      const node = simNodes[nodeIndex];
      if (node === undefined) throw new RangeError(`no node ${nodeIndex}`);
      node.hurt(profile);
      log(
        `node ${nodeIndex}: ${profile === undefined ? "healed" : `hurt: ${Object.keys(profile).join(", ")}`}`,
      );
    },
    close: async () => {
      network.stop();
      await Promise.all(simNodes.map((node) => node.close()));
    },
  };
}
