import type { Height, Txid } from "../../worker/wire/hashes.ts";
import type { ChainLock } from "../../worker/wire/locks.ts";
import type { SimBlock } from "./block.ts";
import type { SimChain } from "./chain.ts";
import type { NetworkClock } from "./clock.ts";
import { describeBlock, describeChainLock, describePayment, shortHash } from "./describe.ts";
import type { SimNode } from "./node.ts";

const DEFAULT_CHAIN_LOCK_DELAY_MS = 400;
const DEFAULT_PAYMENT_INTERVAL_MS = 5_000;

/** How a network goes on once it is started. */
export interface LiveOptions {
  /** Between live blocks; 0, the default: none but those of mine(). */
  readonly blockIntervalMs?: number;
  /**
   * From a live block to its ChainLock; 0: at once. By height where blocks differ: undefined leaves that one without,
   * and a delay above the interval makes the lock come when the block has successors.
   */
  readonly chainLockDelayMs?: number | ((height: Height) => number | undefined);
  /** Between payments, whatever the pace of blocks; 0: none but those of pay(). By default 0 without live blocks, else 5,000. */
  readonly paymentIntervalMs?: number;
  /**
   * The clock the network goes by, in seconds since 1970. By default time goes on with the blocks alone, the interval
   * or one second each, so that everything repeats.
   */
  readonly now?: () => number;
  /** How far the network's clock is ahead of that; below zero: behind. */
  readonly clockOffsetSeconds?: number;
}

/** What happens by itself while the network runs, and on demand: blocks, ChainLocks behind them, payments between. */
export class LiveNetwork {
  readonly clock: NetworkClock;
  readonly #chain: SimChain;
  readonly #nodes: readonly SimNode[];
  readonly #log: (line: string) => void;
  readonly #blockIntervalMs: number;
  readonly #paymentIntervalMs: number;
  readonly #chainLockDelayMs: (height: Height) => number | undefined;
  readonly #timers = new Set<NodeJS.Timeout>();
  #makesChainLocks = true;

  constructor(
    chain: SimChain,
    nodes: readonly SimNode[],
    clock: NetworkClock,
    options: LiveOptions,
    log: (line: string) => void,
  ) {
    const { blockIntervalMs = 0, chainLockDelayMs = DEFAULT_CHAIN_LOCK_DELAY_MS } = options;
    this.#chain = chain;
    this.#nodes = nodes;
    this.clock = clock;
    this.#log = log;
    this.#blockIntervalMs = blockIntervalMs;
    this.#paymentIntervalMs =
      options.paymentIntervalMs ?? (blockIntervalMs === 0 ? 0 : DEFAULT_PAYMENT_INTERVAL_MS);
    this.#chainLockDelayMs =
      typeof chainLockDelayMs === "function" ? chainLockDelayMs : () => chainLockDelayMs;
  }

  start(): void {
    this.#every(this.#blockIntervalMs, () => this.mine());
    this.#every(this.#paymentIntervalMs, () => this.pay());
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  mine(): void {
    const block = this.#nextBlock();
    this.#log(describeBlock(block, this.#chain.params));
    for (const node of this.#nodes) node.announceBlocks([block]);
    this.#lockInTime(block);
  }

  /** @returns whether the block has a ChainLock then, its own or that of one above */
  lock(height: Height): boolean {
    const lock = this.#chain.lock(height);
    if (lock !== undefined) this.#announceChainLock(lock);
    return (this.#chain.bestChainLock?.height ?? 0) >= height;
  }

  stopChainLocks(isStopped: boolean): void {
    if (this.#makesChainLocks === isStopped) this.#log(`ChainLocks ${isStopped ? "stop" : "go on"}`);
    this.#makesChainLocks = !isStopped;
  }

  pay(): Txid {
    const payment = this.#chain.pay();
    this.#log(describePayment(payment));
    for (const node of this.#nodes) node.announcePayment(payment);
    return payment.txid;
  }

  reorganise(depth: number): void {
    const blocks = this.#replaceBlocks(depth, depth + 1);
    for (const node of this.#nodes) node.announceBlocks(blocks);
    this.#lockInTime(this.#chain.tip);
  }

  /** As nodes do, the lock is relayed first, then enforced: what it stands for comes behind. */
  lockOtherBranch(depth: number, count: number): void {
    if (count < 1) throw new RangeError(`a branch of ${count} blocks`);
    if (this.#chain.bestChainLock === undefined) throw new RangeError("no quorum signs yet");
    const blocks = this.#replaceBlocks(depth, count);
    const lock = this.#chain.lockTip();
    if (lock === undefined) throw new Error("a quorum that signed before does not sign any more");
    this.#announceChainLock(lock);
    for (const node of this.#nodes) node.announceBlocks(blocks);
  }

  #nextBlock(): SimBlock {
    return this.#chain.mine(this.clock.tick() - this.#chain.tip.header.time);
  }

  #replaceBlocks(depth: number, count: number): [SimBlock, ...SimBlock[]] {
    this.#chain.unwind(depth);
    const forkHeight = this.#chain.tipHeight;
    const first = this.#nextBlock();
    const blocks: [SimBlock, ...SimBlock[]] = [first];
    while (blocks.length < count) blocks.push(this.#nextBlock());
    const { height, hash } = this.#chain.tip;
    this.#log(
      `reorganisation above ${forkHeight}: ${depth} out, ${count} in, tip ${height} ${shortHash(hash)}`,
    );
    return blocks;
  }

  /** Unless the block was replaced until then, or a newer one was locked. */
  #lockInTime(block: SimBlock): void {
    const delayMs = this.#chainLockDelayMs(block.height);
    if (delayMs === undefined) return;
    const lock = () => {
      const isActive = this.#chain.heightOf(block.hash) !== undefined;
      if (this.#makesChainLocks && isActive) this.lock(block.height);
    };
    if (delayMs === 0) lock();
    else this.#after(delayMs, lock);
  }

  #announceChainLock(lock: ChainLock): void {
    this.#log(describeChainLock(lock, this.#chain.tipHeight));
    for (const node of this.#nodes) node.announceChainLock(lock);
  }

  #every(intervalMs: number, run: () => void): void {
    if (intervalMs === 0) return;
    this.#after(intervalMs, () => {
      run();
      this.#every(intervalMs, run);
    });
  }

  #after(delayMs: number, run: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      run();
    }, delayMs);
    this.#timers.add(timer);
  }
}
