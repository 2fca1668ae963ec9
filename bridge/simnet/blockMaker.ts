import type { LlmqParams, NetworkParams } from "../../worker/params/index.ts";
import type { CbTx } from "../../worker/wire/cbTx.ts";
import type { FinalCommitment } from "../../worker/wire/finalCommitment.ts";
import {
  type BlockHash,
  type Duffs,
  type Height,
  isZero,
  type QuorumHash,
  toHashHex,
  ZERO_HASH,
} from "../../worker/wire/hashes.ts";
import type { ChainLock } from "../../worker/wire/locks.ts";
import { computeMerkleRoot } from "../../worker/wire/merkle.ts";
import { computeTxid, type Transaction } from "../../worker/wire/tx.ts";
import type { X11 } from "../../worker/x11/index.ts";
import type { SimBlock } from "./block.ts";
import { applyBlock } from "./consensus/applyBlock.ts";
import { makeCoinbase } from "./consensus/coinbase.ts";
import { MasternodeList } from "./consensus/masternodes.ts";
import { mineHeader } from "./consensus/proofOfWork.ts";
import { type MinedCommitment, QuorumSets } from "./consensus/quorums.ts";
import type { Dice } from "./dice.ts";
import { type DkgSession, nullCommitment, runDkg } from "./dkg.ts";
import type { Draws } from "./draws.ts";
import type { Keyring } from "./keyring.ts";
import { POW_LIMIT_BITS, type SimLlmq } from "./params.ts";
import type { ListAfter, Scenario, SimEvent } from "./scenario.ts";
import { type Coin, DUFFS_PER_DASH, LEAST_COIN, type TransactionMaker, Wallet } from "./transactions.ts";

const NO_SIGNATURE = new Uint8Array(96);
const GENESIS_VERSION = 1;
/** Coins that block 1 gives out. No specific reasoning for 32. */
const FIRST_COINS = 32;
const BLOCK_REWARD = 2n * DUFFS_PER_DASH;
/** The wallet gets something now and then, more than collaterals and fees take from it for good. */
const SUPERBLOCK_INTERVAL = 12;
const SUPERBLOCK_REWARD = 8_000n * DUFFS_PER_DASH;
/** As miners signal, so that compressed headers have versions to tell apart. */
const HEADER_VERSIONS = [0x20000000, 0x20000000, 0x20001000, 0x30000000] as const;

export interface BlockMakerOptions {
  readonly params: NetworkParams;
  readonly llmqs: readonly SimLlmq[];
  readonly dice: Dice;
  readonly keyring: Keyring;
  readonly scenario: Scenario;
  readonly transactions: TransactionMaker;
  readonly draws: Draws;
  readonly x11: X11;
  readonly masternodes: number;
  /** Of the active chain. */
  readonly hashAt: (height: Height) => BlockHash;
  readonly listAfter: ListAfter;
}

export interface BlockRequest {
  readonly prev: SimBlock;
  /** seconds since 1970 */
  readonly time: number;
  /** Told apart blocks at the same height on different branches. */
  readonly branch: string;
  /** Payments to include; they spend coins of `prev.wallet` or of each other. */
  readonly payments: readonly Transaction[];
  /** The best lock the miner knows, of an ancestor of the new block. */
  readonly bestChainLock: ChainLock | undefined;
}

/** @returns the first block, with a hash of its own for every seed and time */
export function makeGenesis(time: number, text: string, x11: X11): SimBlock {
  const coinbase = makeCoinbase(
    new TextEncoder().encode(text),
    [{ value: 0n, scriptPubKey: Uint8Array.of(0x6a) }],
    undefined,
  );
  const txid = computeTxid(coinbase);
  const { header, bytes, hash } = mineHeader(
    {
      version: GENESIS_VERSION,
      prevBlockHash: ZERO_HASH as BlockHash,
      merkleRoot: txid,
      time,
      bits: POW_LIMIT_BITS,
    },
    x11,
  );
  return {
    height: 0,
    hash,
    header,
    headerBytes: bytes,
    transactions: [coinbase],
    txids: [txid],
    cbTx: undefined,
    list: new MasternodeList(),
    quorums: new QuorumSets(),
    wallet: new Wallet([]),
  };
}

/** Makes blocks as a miner of the network would: transactions, the state after them, roots, proof of work. */
export class BlockMaker {
  readonly #options: BlockMakerOptions;
  readonly #commitments = new Map<string, FinalCommitment | undefined>();

  constructor(options: BlockMakerOptions) {
    this.#options = options;
  }

  make(request: BlockRequest): SimBlock {
    const { params, dice, x11 } = this.#options;
    const { prev } = request;
    const height = prev.height + 1;
    const commitments = this.#commitmentsAt(height, prev);
    const { transactions, wallet } = this.#transactionsAt(height, request, commitments);
    const list = applyBlock(
      prev.list,
      { height, prevBlockHash: prev.hash, transactions },
      {
        minimumConfirmations: params.masternodeMinimumConfirmations,
        membersOf: (commitment) => this.#membersOf(commitments, commitment),
      },
    );
    const mined = commitments.filter(({ commitment }) => !isNull(commitment));
    const quorums = prev.quorums.with(mined, params.llmqs);
    const cbTx = makePayload(height, list, quorums, request.bestChainLock);
    const coinbase = this.#coinbase(height, request.branch, cbTx);
    const all: [Transaction, ...Transaction[]] = [coinbase, ...transactions];
    const txids = all.map(computeTxid);
    const { header, bytes, hash } = mineHeader(
      {
        version: dice.pick(HEADER_VERSIONS, "version", height) ?? HEADER_VERSIONS[0],
        prevBlockHash: prev.hash,
        merkleRoot: computeMerkleRoot(txids).root,
        time: request.time,
        bits: POW_LIMIT_BITS,
      },
      x11,
    );
    return {
      height,
      hash,
      header,
      headerBytes: bytes,
      transactions: all,
      txids,
      cbTx,
      list,
      quorums,
      wallet: walletCoins(coinbase, height).reduce((left, coin) => left.with(coin), wallet),
    };
  }

  #coinbase(height: Height, branch: string, cbTx: CbTx): Transaction {
    const { dice, masternodes, transactions } = this.#options;
    const scriptSig = new TextEncoder().encode(`simnet ${height}/${branch}`);
    const pay = (value: Duffs, label: string) => ({ value, scriptPubKey: transactions.script(label) });
    const outputs = [
      ...Array.from({ length: walletOutputs(height) }, (_, i) =>
        // The first coins are worth several times what all collaterals take.
        pay(
          height === 1 ? BigInt(masternodes) * 500n * DUFFS_PER_DASH : SUPERBLOCK_REWARD,
          `coin ${height} ${i}`,
        ),
      ),
      ...["miner", "masternode"].map((payee) =>
        pay(BLOCK_REWARD, `${payee} ${dice.below(1000, payee, height)}`),
      ),
    ];
    return makeCoinbase(scriptSig, outputs, cbTx);
  }

  #transactionsAt(
    height: Height,
    { prev, payments }: BlockRequest,
    commitments: readonly MinedCommitment[],
  ): { transactions: Transaction[]; wallet: Wallet } {
    const maker = this.#options.transactions;
    const transactions = commitments.map(({ commitment }) => maker.commitment(commitment, height));
    let wallet = prev.wallet;
    const include = (tx: Transaction) => {
      transactions.push(tx);
      wallet = wallet.after(tx);
    };
    for (const payment of payments) include(payment);
    if (height > 1) {
      for (const event of this.#options.scenario.eventsAt(height, this.#options.listAfter)) {
        include(this.#act(event, wallet, height));
      }
    }
    return { transactions, wallet };
  }

  #act(event: SimEvent, wallet: Wallet, height: Height): Transaction {
    const maker = this.#options.transactions;
    switch (event.kind) {
      case "register":
        return maker.register(wallet, event.ordinal, event.isEvo, event.isLegacy);
      case "return":
        return maker.registerAgain(wallet, event.masternode, height);
      case "leave":
        return maker.leave(event.masternode, height);
      default:
        return maker[event.kind](wallet.take(LEAST_COIN)[0], event.masternode, height);
    }
  }

  /** One for each quorum that is due and was not mined yet: the real one when it is ready, until then a null one. */
  #commitmentsAt(height: Height, prev: SimBlock): MinedCommitment[] {
    return this.#options.llmqs.flatMap((llmq) => {
      const offset = height % llmq.dkgInterval;
      if (offset < llmq.dkgMiningWindowStart || offset > llmq.dkgMiningWindowEnd) return [];
      const count = llmq.useRotation ? llmq.signingActiveQuorumCount : 1;
      return Array.from({ length: count }, (_, index) => height - offset + index)
        .filter((baseHeight) => baseHeight <= (llmq.lastBaseHeight ?? Number.POSITIVE_INFINITY))
        .filter((baseHeight) => !isMined(prev.quorums.ofType(llmq.type), this.#options.hashAt(baseHeight)))
        .map((baseHeight) => ({
          commitment: this.#commitment(llmq, baseHeight, offset - llmq.dkgMiningWindowStart),
          baseHeight,
          minedHeight: height,
        }));
    });
  }

  /** @param waited - blocks since the mining window opened */
  #commitment(simLlmq: SimLlmq, baseHeight: Height, waited: number): FinalCommitment {
    const llmq = this.#llmq(simLlmq.type);
    const quorumHash = this.#options.hashAt(baseHeight) as QuorumHash;
    const quorumIndex = llmq.useRotation ? baseHeight % llmq.dkgInterval : 0;
    const session = { llmq, baseHeight, quorumHash, quorumIndex };
    if (waited < this.#options.scenario.miningDelay(llmq, baseHeight)) return nullCommitment(session);
    return (
      this.#dkgOutcome({ ...session, members: this.#options.draws.members(llmq, baseHeight) }) ??
      nullCommitment(session)
    );
  }

  #dkgOutcome(session: DkgSession): FinalCommitment | undefined {
    const key = `${session.llmq.type} ${toHashHex(session.quorumHash)}`;
    if (!this.#commitments.has(key)) {
      const { scenario, keyring, dice } = this.#options;
      this.#commitments.set(key, runDkg(session, scenario, keyring, dice));
    }
    return this.#commitments.get(key);
  }

  #membersOf(commitments: readonly MinedCommitment[], commitment: FinalCommitment) {
    const mined = commitments.find(
      (each) =>
        each.commitment.llmqType === commitment.llmqType &&
        toHashHex(each.commitment.quorumHash) === toHashHex(commitment.quorumHash),
    );
    if (mined === undefined) return [];
    return this.#options.draws.members(this.#llmq(commitment.llmqType), mined.baseHeight);
  }

  #llmq(type: number): LlmqParams {
    const llmq = this.#options.params.llmqs.get(type);
    if (llmq === undefined) throw new Error(`no LLMQ type ${type}`);
    return llmq;
  }
}

function makePayload(
  height: Height,
  list: MasternodeList,
  quorums: QuorumSets,
  lock: ChainLock | undefined,
): CbTx {
  return {
    version: 3,
    height,
    merkleRootMNList: list.merkleRoot(),
    merkleRootQuorums: quorums.merkleRoot(),
    chainLock: {
      bestCLHeightDiff: lock === undefined ? 0 : height - lock.height - 1,
      bestCLSignature: lock?.sig ?? NO_SIGNATURE,
      creditPoolBalance: 0n,
    },
  };
}

function isNull(commitment: FinalCommitment): boolean {
  return isZero(commitment.quorumPublicKey);
}

function isMined(set: readonly MinedCommitment[], quorumHash: BlockHash): boolean {
  const id = toHashHex(quorumHash);
  return set.some(({ commitment }) => toHashHex(commitment.quorumHash) === id);
}

/** How many of a coinbase's outputs, the first ones, belong to the wallet. */
function walletOutputs(height: Height): number {
  if (height === 1) return FIRST_COINS;
  return height % SUPERBLOCK_INTERVAL === 0 ? 1 : 0;
}

function walletCoins(coinbase: Transaction, height: Height): Coin[] {
  const txid = computeTxid(coinbase);
  return coinbase.outputs
    .slice(0, walletOutputs(height))
    .map(({ value }, index) => ({ outpoint: { txid, index }, value }));
}
