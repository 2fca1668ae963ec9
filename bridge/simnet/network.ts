import type { Bls } from "../../worker/bls/index.ts";
import { type BlockHash, type Height, type Txid, toHashHex } from "../../worker/wire/hashes.ts";
import type { X11 } from "../../worker/x11/index.ts";
import { SimChain } from "./chain.ts";
import { Dice } from "./dice.ts";
import type { NodeProfile } from "./faults/profile.ts";
import { SimNode } from "./node.ts";
import type { SimLlmq } from "./params.ts";

const DEFAULT_NODES = 3;
const DEFAULT_MASTERNODES = 120;
/** Ends 38 blocks into a rotating cycle, with its commitments mined; eight cycles with full quorums are below it. */
const DEFAULT_BLOCKS = 470;
const DEFAULT_CHAIN_LOCK_DELAY_MS = 400;
const DEFAULT_PAYMENTS_PER_BLOCK = 2;
/** Seconds between blocks that are mined by hand while no live interval is set. */
const MANUAL_SPACING_SECONDS = 1;

export interface SimnetOptions {
  /** Everything that is left to chance follows from it and the start time. */
  readonly seed: number;
  /** 2 to 4 */
  readonly nodes?: number;
  /** At least so many, at any height above the first few. */
  readonly masternodes?: number;
  /** Blocks of the past, mined at once. */
  readonly blocks?: number;
  /** Now: the time of the last block of the past. */
  readonly startTimeSeconds: number;
  /** Between live blocks; 0, the default: none but those of mine(). */
  readonly blockIntervalMs?: number;
  /** From a live block to its ChainLock; 0: at once. */
  readonly chainLockDelayMs?: number;
  /** Locked payments announced between two live blocks. */
  readonly paymentsPerBlock?: number;
  readonly host?: "127.0.0.1";
  /** One per node; free ones by default. */
  readonly ports?: readonly number[];
  /** Other sizes and intervals than SIM_LLMQS; types 2, 3, 4 and 5 must be there, 5 must rotate. */
  readonly llmqs?: readonly SimLlmq[];
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
  /** Mines blocks; each is announced, and ChainLocked after the delay unless a newer one came first. */
  mine(count?: number): Promise<void>;
  /** Makes one payment, with its InstantSend lock, and announces both. */
  pay(): Txid;
  /** Signs the tip now, whatever the delay. @returns whether it has a ChainLock then */
  lockTip(): boolean;
  /** Stops and resumes making ChainLocks. */
  stopChainLocks(isStopped: boolean): void;
  /** Replaces the last blocks by one more. @throws RangeError if one of them is ChainLocked */
  reorg(depth: number): Promise<void>;
  /** Gives a node this profile in place of the one it has; undefined heals it. */
  hurt(nodeIndex: number, profile: NodeProfile | undefined): void;
  close(): Promise<void>;
}

/** Starts a simulated network on loopback TCP. Ready when it resolves. */
export async function createSimnet(options: SimnetOptions): Promise<Simnet> {
  const { seed, startTimeSeconds, nodes = DEFAULT_NODES, ports = [], host = "127.0.0.1" } = options;
  if (!Number.isInteger(nodes) || nodes < 2 || nodes > 4) throw new RangeError(`${nodes} nodes, not 2 to 4`);
  const chain = new SimChain({
    seed,
    startTimeSeconds,
    masternodes: options.masternodes ?? DEFAULT_MASTERNODES,
    blocks: options.blocks ?? DEFAULT_BLOCKS,
    ...(options.llmqs === undefined ? {} : { llmqs: options.llmqs }),
    bls: options.bls,
    x11: options.x11,
  });
  const log = options.log ?? (() => {});
  const simNodes = Array.from(
    { length: nodes },
    (_, i) =>
      new SimNode({
        chain,
        dice: new Dice(`node ${seed} ${i}`),
        name: `node ${i}`,
        x11: options.x11,
        log: (line) => log(`node ${i}: ${line}`),
      }),
  );
  const addresses: string[] = [];
  for (const [i, node] of simNodes.entries()) addresses.push(await node.listen(host, ports[i] ?? 0));
  for (const [i, node] of simNodes.entries()) node.hurt(options.profiles?.[i]);
  const network = new LiveNetwork(chain, simNodes, options, log);
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
      for (let i = 0; i < count; i++) network.mineBlock();
    },
    pay: () => network.pay(),
    lockTip: () => network.lockTip(),
    stopChainLocks: (isStopped) => network.stopChainLocks(isStopped),
    reorg: async (depth) => network.reorganise(depth),
    hurt: (nodeIndex, profile) => {
      const node = simNodes[nodeIndex];
      if (node === undefined) throw new RangeError(`no node ${nodeIndex}`);
      node.hurt(profile);
    },
    close: async () => {
      network.stop();
      await Promise.all(simNodes.map((node) => node.close()));
    },
  };
}

/** What happens by itself while the network runs: blocks, ChainLocks behind them, payments between them. */
class LiveNetwork {
  readonly #chain: SimChain;
  readonly #nodes: readonly SimNode[];
  readonly #log: (line: string) => void;
  readonly #blockIntervalMs: number;
  readonly #chainLockDelayMs: number;
  readonly #paymentsPerBlock: number;
  readonly #timers = new Set<NodeJS.Timeout>();
  #makesChainLocks = true;

  constructor(
    chain: SimChain,
    nodes: readonly SimNode[],
    options: SimnetOptions,
    log: (line: string) => void,
  ) {
    this.#chain = chain;
    this.#nodes = nodes;
    this.#log = log;
    this.#blockIntervalMs = options.blockIntervalMs ?? 0;
    this.#chainLockDelayMs = options.chainLockDelayMs ?? DEFAULT_CHAIN_LOCK_DELAY_MS;
    this.#paymentsPerBlock = options.paymentsPerBlock ?? DEFAULT_PAYMENTS_PER_BLOCK;
  }

  start(): void {
    if (this.#blockIntervalMs === 0) return;
    const pause = this.#blockIntervalMs / (this.#paymentsPerBlock + 1);
    for (let i = 1; i <= this.#paymentsPerBlock; i++) this.#after(i * pause, () => this.pay());
    this.#after(this.#blockIntervalMs, () => {
      this.mineBlock();
      this.start();
    });
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  mineBlock(): void {
    const block = this.#chain.mine(this.#spacingSeconds());
    this.#log(`block ${block.height} ${toHashHex(block.hash)}`);
    for (const node of this.#nodes) node.announceBlocks([block]);
    if (this.#chainLockDelayMs === 0) this.lockTip();
    else {
      this.#after(this.#chainLockDelayMs, () => {
        if (this.#chain.tip === block) this.lockTip();
      });
    }
  }

  lockTip(): boolean {
    const lock = this.#makesChainLocks ? this.#chain.lockTip() : undefined;
    if (lock !== undefined) for (const node of this.#nodes) node.announceChainLock(lock);
    return this.#chain.bestChainLock?.height === this.#chain.tipHeight;
  }

  stopChainLocks(isStopped: boolean): void {
    this.#makesChainLocks = !isStopped;
  }

  pay(): Txid {
    const payment = this.#chain.pay();
    for (const node of this.#nodes) node.announcePayment(payment);
    return payment.txid;
  }

  reorganise(depth: number): void {
    const blocks = this.#chain.reorganise(depth, this.#spacingSeconds());
    for (const node of this.#nodes) node.announceBlocks(blocks);
  }

  #spacingSeconds(): number {
    return Math.max(MANUAL_SPACING_SECONDS, Math.round(this.#blockIntervalMs / 1000));
  }

  #after(delayMs: number, run: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      run();
    }, delayMs);
    this.#timers.add(timer);
  }
}
