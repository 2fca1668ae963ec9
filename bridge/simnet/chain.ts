import type { Bls } from "../../worker/bls/index.ts";
import type { LlmqParams, NetworkParams } from "../../worker/params/index.ts";
import {
  type BlockHash,
  type HashHex,
  type Height,
  isZero,
  type Txid,
  toHashHex,
} from "../../worker/wire/hashes.ts";
import {
  type ChainLock,
  computeChainLockRequestId,
  computeInstantLockRequestId,
  type InstantLock,
} from "../../worker/wire/locks.ts";
import type { QuorumSnapshot } from "../../worker/wire/qrInfo.ts";
import type { SmlEntry } from "../../worker/wire/smlEntry.ts";
import { computeTxid, type Transaction, TxType } from "../../worker/wire/tx.ts";
import type { X11 } from "../../worker/x11/index.ts";
import type { SimBlock } from "./block.ts";
import { BlockMaker, makeGenesis } from "./blockMaker.ts";
import type { ChainView } from "./consensus/chainView.ts";
import type { QuorumSets } from "./consensus/quorums.ts";
import { computeSignHash, selectPlainQuorum, selectRotatingQuorum, signingSet } from "./consensus/signing.ts";
import { Dice } from "./dice.ts";
import { type DrawSource, Draws } from "./draws.ts";
import { Keyring } from "./keyring.ts";
import {
  makeParamsFile,
  readParams,
  rotatingLlmq,
  SIMNET_MAGIC,
  type SimLlmq,
  TARGET_SPACING_SECONDS,
} from "./params.ts";
import type { Past } from "./savedChain.ts";
import { Scenario } from "./scenario.ts";
import { LEAST_COIN, TransactionMaker, type Wallet } from "./transactions.ts";

/** Payments join coins only while there are more than so many. */
const KEPT_COINS = 16;
/** Blocks whose median time the next one has to be above (Core 23.1.2 chain.h nMedianTimeSpan). */
const MEDIAN_TIME_SPAN = 11;

export interface SimChainOptions {
  readonly seed: number;
  readonly masternodes: number;
  /** Blocks of the past, above genesis. */
  readonly blocks: number;
  /** Time of the last of them; they lie 150 s apart. */
  readonly startTimeSeconds: number;
  readonly llmqs: readonly SimLlmq[];
  /** 8 hex digits. Networks that go on in different ways from one past are told apart by it. */
  readonly magic?: string;
  readonly bls: Bls;
  readonly x11: X11;
}

/** A payment nobody has mined yet, with its lock if a quorum could sign one. */
export interface PendingPayment {
  readonly tx: Transaction;
  readonly txid: Txid;
  readonly lock: InstantLock | undefined;
  /** What the next one can spend. */
  readonly wallet: Wallet;
}

/** A chain of a simulated network. Everything in it follows from the options and the calls made. */
export class SimChain implements ChainView {
  /** What a client is configured with. */
  readonly paramsFile: unknown;
  readonly params: NetworkParams;
  readonly dip3Height: Height;
  /** When the past that was mined at once ended, in seconds since 1970. */
  readonly startTimeSeconds: number;
  readonly #options: SimChainOptions;
  readonly #label: string;
  readonly #dice: Dice;
  readonly #keyring: Keyring;
  readonly #scenario: Scenario;
  readonly #transactions: TransactionMaker;
  readonly #draws: Draws;
  readonly #maker: BlockMaker;
  readonly #blocks: SimBlock[];
  readonly #heights = new Map<HashHex, Height>();
  readonly #stale = new Map<HashHex, SimBlock>();
  readonly #locks = new Map<HashHex, InstantLock>();
  #pending: PendingPayment[] = [];
  #bestChainLock: ChainLock | undefined;
  #branch = 0;
  #payments = 0;

  /**
   * @param past - of another chain with these options, to go on from; without it the past is mined from genesis on
   * @param label - tells the blocks to come apart from those of other chains that go on from there
   */
  constructor(options: SimChainOptions, past?: Past, label = "") {
    const { seed, masternodes, blocks, bls, x11, llmqs, startTimeSeconds } = options;
    this.#options = options;
    this.startTimeSeconds = startTimeSeconds;
    this.#label = label;
    this.#dice = new Dice(`simnet ${seed}`);
    const genesisTime = startTimeSeconds - blocks * TARGET_SPACING_SECONDS;
    const genesis = past?.blocks[0] ?? makeGenesis(genesisTime, `simnet, seed ${seed}`, x11);
    this.paramsFile = makeParamsFile(genesis.headerBytes, genesis.hash, llmqs, options.magic ?? SIMNET_MAGIC);
    this.params = readParams(this.paramsFile);
    this.dip3Height = this.params.activation.dip0003;
    this.#keyring = new Keyring(bls, this.#dice, past?.operatorKeys);
    this.#scenario = new Scenario(this.#dice, masternodes);
    this.#transactions = new TransactionMaker(this.#dice, this.#keyring);
    this.#blocks = [...(past?.blocks ?? [genesis])];
    for (const { hash, height } of this.#blocks) this.#heights.set(toHashHex(hash), height);
    const source: DrawSource = {
      listAfter: (height) => this.block(height).list,
      workBlock: (height) => ({
        height,
        hash: this.hashAt(height),
        chainLockSignature: this.chainLockSignatureAt(height),
      }),
    };
    this.#draws = new Draws(this.params, source, past?.snapshots);
    this.#maker = new BlockMaker({
      params: this.params,
      llmqs,
      dice: this.#dice,
      keyring: this.#keyring,
      scenario: this.#scenario,
      transactions: this.#transactions,
      draws: this.#draws,
      x11,
      masternodes,
      hashAt: (height) => this.hashAt(height),
      listAfter: (height) => this.block(height).list,
    });
    this.#bestChainLock = past?.bestChainLock;
    this.#payments = past?.payments ?? 0;
    if (past === undefined) this.#mineHistory(blocks);
  }

  /** What another chain can go on from. */
  get past(): Past {
    return {
      blocks: this.#blocks,
      bestChainLock: this.#bestChainLock,
      snapshots: this.#draws.snapshots,
      operatorKeys: this.#keyring.operatorKeys,
      payments: this.#payments,
    };
  }

  /**
   * A chain of its own that shares this one's blocks up to a height, and nothing that happens later on either.
   * @param label - tells its blocks apart from those of other forks at the same height
   */
  fork(height: Height, label: string): SimChain {
    const bestChainLock = this.#minedChainLock(this.block(height));
    const blocks = this.#blocks.slice(0, height + 1);
    return new SimChain(this.#options, { ...this.past, blocks, bestChainLock }, label);
  }

  get tip(): SimBlock {
    return this.block(this.#blocks.length - 1);
  }

  get tipHeight(): Height {
    return this.#blocks.length - 1;
  }

  /** The newest lock; a node keeps no other. */
  get bestChainLock(): ChainLock | undefined {
    return this.#bestChainLock;
  }

  get pending(): readonly PendingPayment[] {
    return this.#pending;
  }

  /** Locks of payments that no ChainLock covers yet. */
  get instantLocks(): Iterable<InstantLock> {
    return this.#locks.values();
  }

  block(height: Height): SimBlock {
    const block = this.#blocks[height];
    if (block === undefined) throw new RangeError(`no block at ${height}`);
    return block;
  }

  /** @returns a block of the active chain or one that was replaced */
  blockByHash(hash: BlockHash): SimBlock | undefined {
    const height = this.heightOf(hash);
    return height === undefined ? this.#stale.get(toHashHex(hash)) : this.#blocks[height];
  }

  heightOf(hash: BlockHash): Height | undefined {
    return this.#heights.get(toHashHex(hash));
  }

  knownHeightOf(hash: BlockHash): Height | undefined {
    return this.blockByHash(hash)?.height;
  }

  hashAt(height: Height): BlockHash {
    return this.block(height).hash;
  }

  coinbaseAt(height: Height): Transaction {
    return this.block(height).transactions[0];
  }

  txidsAt(height: Height): readonly Txid[] {
    return this.block(height).txids;
  }

  chainLockSignatureAt(height: Height): Uint8Array | undefined {
    const signature = this.block(height).cbTx?.chainLock?.bestCLSignature;
    return signature === undefined || isZero(signature) ? undefined : signature;
  }

  listAt(height: Height): readonly SmlEntry[] {
    return this.block(height).list.entries;
  }

  quorumsAt(height: Height): QuorumSets {
    return this.block(height).quorums;
  }

  /** Drawn when the cycle's base is there, not before. */
  snapshotAt(cycleHeight: Height): QuorumSnapshot | undefined {
    if (cycleHeight > this.tipHeight) return undefined;
    return this.#draws.snapshot(rotatingLlmq(this.params), cycleHeight);
  }

  llmq(type: number): LlmqParams {
    const llmq = this.params.llmqs.get(type);
    if (llmq === undefined) throw new RangeError(`no LLMQ type ${type}`);
    return llmq;
  }

  /**
   * Mines the next block, with all pending payments in it.
   * @param spacingSeconds - from the tip's time to the block's; below zero too, down to what consensus allows
   */
  mine(spacingSeconds: number): SimBlock {
    const prev = this.tip;
    const payments = this.#pending.map(({ tx }) => tx);
    this.#pending = [];
    const block = this.#maker.make({
      prev,
      time: Math.max(prev.header.time + spacingSeconds, this.#medianTimePast() + 1),
      branch: `${this.#label}${this.#branch}`,
      payments,
      bestChainLock: this.#bestChainLock,
    });
    this.#blocks.push(block);
    this.#heights.set(toHashHex(block.hash), block.height);
    return block;
  }

  /** As {@link lock}, of the tip. */
  lockTip(): ChainLock | undefined {
    return this.lock(this.tipHeight);
  }

  /**
   * Signs a block of the active chain, and so all below it. Locks of payments in these are forgotten, as nodes do.
   * @returns undefined if that block or one above has a lock already, or no quorum is there to sign
   */
  lock(height: Height): ChainLock | undefined {
    const { hash: blockHash } = this.block(height);
    if (this.#bestChainLock !== undefined && this.#bestChainLock.height >= height) return undefined;
    const type = this.params.llmqTypeChainLocks;
    const set = signingSet((at) => this.quorumsAt(at), height, type);
    const requestId = computeChainLockRequestId(height);
    const quorum = selectPlainQuorum(set, type, requestId);
    if (quorum === undefined) return undefined;
    const { secretKey } = this.#keyring.quorumKey(type, quorum.commitment.quorumHash);
    const sig = this.#keyring.bls.sign(secretKey, computeSignHash(quorum, requestId, blockHash), "basic");
    this.#bestChainLock = { height, blockHash, sig };
    this.#forgetInstantLocks(height);
    return this.#bestChainLock;
  }

  /** A payment enters the pool, locked if the quorum in charge exists. */
  pay(): PendingPayment {
    const wallet = this.#spendable;
    const label = `payment ${this.#payments++}`;
    const inputs = wallet.coins.length > KEPT_COINS ? 1 + this.#dice.below(2, "inputs", label) : 1;
    const coins = wallet.take(LEAST_COIN, inputs);
    const tx = this.#transactions.payment(coins, label);
    const txid = computeTxid(tx);
    const payment = { tx, txid, lock: this.#lockPayment(tx, txid), wallet: wallet.after(tx) };
    this.#pending.push(payment);
    if (payment.lock !== undefined) this.#locks.set(toHashHex(txid), payment.lock);
    return payment;
  }

  get #spendable(): Wallet {
    return this.#pending.at(-1)?.wallet ?? this.tip.wallet;
  }

  /**
   * Goes back: the last blocks are stale from now on, and what is mined next competes with them. Their payments are
   * mined again where their coins still exist.
   * @param depth - how many, at least one
   * @throws RangeError if a ChainLock covers one of them
   */
  unwind(depth: number): void {
    const forkHeight = this.tipHeight - depth;
    const lockedHeight = this.#bestChainLock?.height ?? 0;
    if (depth < 1 || forkHeight < lockedHeight) {
      throw new RangeError(`cannot replace ${depth} blocks: the chain is locked at ${lockedHeight}`);
    }
    const replaced = this.#blocks.splice(forkHeight + 1);
    for (const block of replaced) {
      this.#heights.delete(toHashHex(block.hash));
      this.#stale.set(toHashHex(block.hash), block);
    }
    this.#branch++;
    this.#returnPayments(replaced);
  }

  #returnPayments(replaced: readonly SimBlock[]): void {
    const payments = replaced.flatMap(({ transactions }) =>
      transactions.slice(1).filter(({ type }) => type === TxType.normal),
    );
    const returned: PendingPayment[] = [];
    let wallet = this.tip.wallet;
    const waiting = this.#pending.map(({ tx }) => tx);
    for (const tx of [...payments, ...waiting]) {
      const left = wallet;
      if (!tx.inputs.every(({ prevOut }) => left.has(prevOut))) continue;
      const txid = computeTxid(tx);
      wallet = wallet.after(tx);
      returned.push({ tx, txid, lock: this.#locks.get(toHashHex(txid)), wallet });
    }
    this.#pending = returned;
  }

  /** Those of what the block at that height and its ancestors hold, and of what nothing holds any more. */
  #forgetInstantLocks(lockedHeight: Height): void {
    const waiting = this.#pending.map(({ txid }) => txid);
    const above = this.#blocks.slice(lockedHeight + 1).flatMap(({ txids }) => txids);
    const kept = new Set([...waiting, ...above].map(toHashHex));
    for (const txid of this.#locks.keys()) if (!kept.has(txid)) this.#locks.delete(txid);
  }

  #medianTimePast(): number {
    const times = this.#blocks.slice(-MEDIAN_TIME_SPAN).map(({ header }) => header.time);
    return times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;
  }

  #lockPayment(tx: Transaction, txid: Txid): InstantLock | undefined {
    const llmq = rotatingLlmq(this.params);
    const unsigned: InstantLock = {
      version: 1,
      inputs: tx.inputs.map(({ prevOut }) => prevOut),
      txid,
      cycleHash: this.hashAt(0),
      sig: new Uint8Array(96),
    };
    const requestId = computeInstantLockRequestId(unsigned);
    const set = signingSet((at) => this.quorumsAt(at), this.tipHeight, llmq.type);
    const quorum = selectRotatingQuorum(set, llmq, requestId);
    if (quorum === undefined) return undefined;
    const cycleHeight = quorum.baseHeight - quorum.commitment.quorumIndex;
    const { secretKey } = this.#keyring.quorumKey(llmq.type, quorum.commitment.quorumHash);
    const sig = this.#keyring.bls.sign(secretKey, computeSignHash(quorum, requestId, txid), "basic");
    return { ...unsigned, cycleHash: this.hashAt(cycleHeight), sig };
  }

  /** The lock in the tip's coinbase: the best its miner knew. */
  #minedChainLock(block: SimBlock): ChainLock | undefined {
    const sig = this.chainLockSignatureAt(block.height);
    if (sig === undefined) return undefined;
    const height = block.height - (block.cbTx?.chainLock?.bestCLHeightDiff ?? 0) - 1;
    return { height, blockHash: this.hashAt(height), sig };
  }

  #mineHistory(blocks: number): void {
    for (let height = 1; height <= blocks; height++) {
      for (let i = this.#scenario.paymentsInHistory(height); i > 0; i--) this.#payUnlocked();
      this.mine(TARGET_SPACING_SECONDS);
      if (this.#scenario.isLockedInHistory(height, blocks - height)) this.lockTip();
    }
  }

  /** Nobody asks for the lock of a payment that was mined long ago. */
  #payUnlocked(): void {
    const wallet = this.#spendable;
    const tx = this.#transactions.payment(wallet.take(LEAST_COIN), `old payment ${this.#payments++}`);
    this.#pending.push({ tx, txid: computeTxid(tx), lock: undefined, wallet: wallet.after(tx) });
  }
}
