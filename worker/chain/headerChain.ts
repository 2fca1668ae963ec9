import { type ChainErrorFacts, DashlightError } from "../errors.ts";
import type { HeaderAnchor, NetworkParams } from "../params/index.ts";
import { decode } from "../wire/codec.ts";
import { type BlockHash, equalBytes, fromHashHex, type Hash256, toHashHex } from "../wire/hashes.ts";
import { type BlockHeader, blockHeader, HEADER_SIZE } from "../wire/header.ts";
import { BestChain, type ChainBlock } from "./bestChain.ts";
import { computeDevnetGenesis } from "./devnetGenesis.ts";
import { Finality } from "./finality.ts";
import { Change, HeaderTree, type Reorg } from "./headerTree.ts";
import { locatorHeights, showingHeights } from "./locator.ts";
import { loadBestChain, reverifyHeaders, type SavedChain } from "./savedChain.ts";

/** X11 of n headers: n times 80 bytes in, n times 32 bytes out, wire order. */
export type HashHeaders = (headers: Uint8Array) => Uint8Array;

export interface AcceptResult {
  /** Headers, from the first, that are valid and held now, on the best chain or beside it. */
  readonly accepted: number;
  /** Those among them that were not held before. */
  readonly added: number;
  /** Lowest height of the best chain whose header is another now: from here up it must be saved again. */
  readonly changedFrom: number | undefined;
  /** Verified blocks that left the best chain. */
  readonly reorg: Reorg | undefined;
  readonly tip: ChainBlock;
  /** What is wrong with the header after the accepted ones. */
  readonly error: DashlightError<ChainErrorFacts> | undefined;
}

export type ChainLockResult =
  | { readonly status: "locked"; readonly reorg: Reorg | undefined; readonly changedFrom: number | undefined }
  /** The block is not known yet: enforced when its header comes. */
  | { readonly status: "held" }
  | { readonly status: "ignored"; readonly reason: "not-newer" | "below-start" | "wrong-height" };

/**
 * The header chain: checks headers, chooses the best chain by work, and obeys checkpoints and ChainLocks. Pure: the
 * clock and X11 are arguments, and the same headers in the same order give the same chain.
 *
 * A chain that starts at the network's checkpoint below the anchor is *linking* until its headers reach the anchor's
 * hash: till then they prove nothing, and the chain answers as if it had only the checkpoint (`tip`, `hashAt`, ...).
 */
export class HeaderChain {
  readonly params: NetworkParams;
  readonly #hashHeaders: HashHeaders;
  readonly #tree: HeaderTree;
  readonly #best: BestChain;
  /** What the headers must reach, as long as they have not. */
  #anchor: HeaderAnchor | undefined;
  /** Work of the blocks below the first header. */
  #baseWork = 0n;
  #heldLock: ChainBlock | undefined;

  private constructor(params: NetworkParams, hashHeaders: HashHeaders, best: BestChain) {
    this.params = params;
    this.#hashHeaders = hashHeaders;
    this.#best = best;
    const isDevnet = params.devnetName !== undefined;
    const devnetGenesis = isDevnet ? toHashHex(computeDevnetGenesis(params, hashHeaders).hash) : undefined;
    this.#tree = new HeaderTree(params, best, new Finality(params, best, devnetGenesis));
    this.#anchor = isBase(best.base, params.anchor) ? params.anchor : undefined;
    if (this.#anchor !== undefined && best.height >= this.#anchor.block.height) this.#link(this.#anchor);
  }

  /** Starts where the network's parameters say: at the checkpoint below the anchor, without one at genesis. */
  static start(params: NetworkParams, hashHeaders: HashHeaders): HeaderChain {
    const from = params.anchor?.headersFrom;
    if (from === undefined) return HeaderChain.fromGenesis(params, hashHeaders);
    return HeaderChain.fromBlock(params, hashHeaders, { height: from.height, hash: fromHashHex(from.hash) });
  }

  /** @throws `params/invalid-file` if the genesis header does not have the genesis hash */
  static fromGenesis(params: NetworkParams, hashHeaders: HashHeaders): HeaderChain {
    const hash = hashHeaders(params.genesisHeader) as BlockHash;
    if (toHashHex(hash) !== params.genesisHash) {
      const reason = `the genesis header hashes to ${toHashHex(hash)}`;
      throw new DashlightError({ code: "params/invalid-file", field: "genesisHash", reason });
    }
    const best = new BestChain(undefined);
    best.push(params.genesisHeader, hash);
    return new HeaderChain(params, hashHeaders, best);
  }

  /**
   * Starts above a block the caller trusts, or takes as given: work counts from there, and the first 24 headers are
   * checked for linkage and proof of work only.
   */
  static fromBlock(params: NetworkParams, hashHeaders: HashHeaders, base: ChainBlock): HeaderChain {
    return new HeaderChain(params, hashHeaders, new BestChain(base));
  }

  /**
   * Takes a chain up where `save` and `rawHeaders` left it. Stored data is trusted here beyond its ends, known blocks
   * and the lock; `reverify` checks every header again and is meant to follow in slices.
   * @param chunks - n times 80 bytes each, all headers in ascending order
   * @throws `store/corrupt`
   */
  static restore(
    params: NetworkParams,
    hashHeaders: HashHeaders,
    saved: SavedChain,
    chunks: Iterable<Uint8Array>,
  ): HeaderChain {
    const chain = new HeaderChain(params, hashHeaders, loadBestChain(params, hashHeaders, saved, chunks));
    if (saved.lock !== undefined) chain.#tree.finality.setLock(saved.lock);
    return chain;
  }

  /** The best verified block. */
  get tip(): ChainBlock {
    return this.#blockAt(this.#verifiedHeight);
  }

  /** The best block, verified or still linking: what progress shows and where the next headers attach. */
  get headersTip(): ChainBlock {
    return this.#blockAt(this.#best.height);
  }

  /** Lowest height with a header. */
  get firstHeight(): number {
    return this.#best.firstHeight;
  }

  /** Whether the headers reached the anchor, if the chain started below one. */
  get isLinked(): boolean {
    return this.#anchor === undefined;
  }

  /** Work of the verified chain; without what lies below the start, unless an anchor names that. */
  get chainWork(): bigint {
    return this.#baseWork + this.#best.workAt(this.#verifiedHeight);
  }

  /** Below this a client does not call itself synced. */
  get hasMinimumWork(): boolean {
    return this.isLinked && this.chainWork >= this.params.minimumChainWork;
  }

  /** The highest block that a ChainLock made final. */
  get lock(): ChainBlock | undefined {
    return this.#tree.finality.lock;
  }

  /** @returns a copy, wire order; undefined where the verified chain has no block */
  hashAt(height: number): BlockHash | undefined {
    if (height > this.#verifiedHeight) return undefined;
    return this.#best.hashAt(height)?.slice() as BlockHash | undefined;
  }

  headerAt(height: number): BlockHeader | undefined {
    if (height < this.firstHeight || height > this.#verifiedHeight) return undefined;
    return decode(blockHeader, this.#best.headerAt(height).slice());
  }

  /** @returns a copy, wire order */
  merkleRootAt(height: number): Hash256 | undefined {
    if (height < this.firstHeight || height > this.#verifiedHeight) return undefined;
    return this.#best.headerAt(height).slice(36, 68);
  }

  /** @returns the height of a block of the verified chain */
  heightOf(blockHash: Uint8Array): number | undefined {
    const height = this.#best.heightOf(blockHash);
    return height !== undefined && height <= this.#verifiedHeight ? height : undefined;
  }

  isOnBestChain(blockHash: Uint8Array): boolean {
    return this.heightOf(blockHash) !== undefined;
  }

  /** @returns whether the header is held, verified or not, on the best chain or beside it */
  isKnown(blockHash: Uint8Array): boolean {
    return this.#tree.heightOf(blockHash) !== undefined;
  }

  /** @returns block hashes for `getheaders`, newest first, at most 101 */
  locator(): BlockHash[] {
    return this.#locator(locatorHeights);
  }

  /** @returns the same for a node that answered that with nothing: its answer shows where its chain ends */
  showingLocator(): BlockHash[] {
    return this.#locator(showingHeights);
  }

  /**
   * Takes headers in, each of them built on the one before or on any header held. Stops at the first that breaks a
   * rule; what came before it stays.
   * @param headers - n times 80 bytes
   * @param nowSeconds - the clock, seconds since 1970
   * @param hashes - their X11, n times 32 bytes, if it was computed elsewhere (in a worker): taken as true
   * @throws `wire/invalid-value` if the length is no multiple of 80
   */
  acceptHeaders(headers: Uint8Array, nowSeconds: number, hashes?: Uint8Array): AcceptResult {
    const count = countHeaders(headers);
    const allHashes = hashes ?? this.#hashHeaders(headers);
    if (allHashes.length !== count * 32)
      throw new RangeError(`${allHashes.length} bytes for ${count} hashes`);
    const wasLinked = this.isLinked;
    const change = new Change();
    let facts: ChainErrorFacts | undefined;
    let accepted = 0;
    for (; accepted < count; accepted++) {
      const header = headers.subarray(accepted * HEADER_SIZE, (accepted + 1) * HEADER_SIZE);
      const hash = allHashes.subarray(accepted * 32, (accepted + 1) * 32) as BlockHash;
      facts = this.#tree.accept(header, hash, nowSeconds, change);
      if (facts !== undefined) break;
      this.#settle(hash, change);
    }
    return {
      accepted,
      added: change.added,
      changedFrom: change.changedFrom,
      reorg: wasLinked ? change.reorg : undefined,
      tip: this.tip,
      error: facts && new DashlightError(facts),
    };
  }

  /**
   * Makes a block and all below it final, on whatever branch it lies.
   * @param height - as in the ChainLock @param blockHash - wire order; the ChainLock's signature is verified
   * Source: Core 23.1.2 chainlock/handler.cpp EnforceBestChainLock; chainlock/chainlock.cpp
   */
  applyChainLock(height: number, blockHash: BlockHash): ChainLockResult {
    const newest = this.#heldLock ?? this.lock;
    if (newest !== undefined && height <= newest.height) return { status: "ignored", reason: "not-newer" };
    if (height < this.#best.firstHeight - 1) return { status: "ignored", reason: "below-start" };
    this.#heldLock = { height, hash: blockHash.slice() as BlockHash };
    return this.#enforceLock(this.#heldLock, new Change());
  }

  /** What `restore` needs beside the headers. */
  save(): SavedChain {
    return { base: this.#best.base, tip: this.headersTip, lock: this.lock };
  }

  /** @returns up to `count` headers from `fromHeight` up, 80 bytes each, also those still linking */
  rawHeaders(fromHeight: number, count: number): Uint8Array {
    const end = Math.min(fromHeight + count, this.#best.height + 1);
    const raw = new Uint8Array(Math.max(0, end - fromHeight) * HEADER_SIZE);
    for (let height = fromHeight; height < end; height++) {
      raw.set(this.#best.headerAt(height), (height - fromHeight) * HEADER_SIZE);
    }
    return raw;
  }

  /**
   * Checks restored headers again, all rules but the clock's.
   * @returns the height to go on from; above the tip when all is checked
   * @throws `store/corrupt` with the broken rule as its cause
   */
  reverify(fromHeight: number, count: number): number {
    const from = Math.max(fromHeight, this.firstHeight);
    return reverifyHeaders(this.params, this.#best, this.#hashHeaders(this.rawHeaders(from, count)), from);
  }

  #locator(heights: typeof locatorHeights): BlockHash[] {
    const lowest = this.#best.base?.height ?? 0;
    return heights(this.#best.height, lowest).map((height) => this.#blockAt(height).hash);
  }

  get #verifiedHeight(): number {
    return this.#anchor === undefined ? this.#best.height : this.#anchor.headersFrom.height;
  }

  #blockAt(height: number): ChainBlock {
    return { height, hash: this.#best.hashAt(height)?.slice() as BlockHash };
  }

  /** A header came in: the anchor, or the block of a lock that waits? */
  #settle(hash: BlockHash, change: Change): void {
    const anchor = this.#anchor;
    if (anchor !== undefined && toHashHex(hash) === anchor.block.hash) {
      this.#tree.makeFinal({ height: anchor.block.height, hash }, change);
      this.#link(anchor);
      if (this.#heldLock !== undefined) this.#enforceLock(this.#heldLock, change);
    } else if (this.#heldLock !== undefined && equalBytes(hash, this.#heldLock.hash)) {
      this.#enforceLock(this.#heldLock, change);
    }
  }

  /** The anchor is on the best chain: from now on all of it is verified, and its whole work is known. */
  #link(anchor: HeaderAnchor): void {
    this.#anchor = undefined;
    this.#baseWork = anchor.chainWork - this.#best.workAt(anchor.block.height);
  }

  #enforceLock(lock: ChainBlock, change: Change): ChainLockResult {
    const height = this.#tree.heightOf(lock.hash);
    if (height === undefined || !this.isLinked) return { status: "held" };
    this.#heldLock = undefined;
    if (height !== lock.height) return { status: "ignored", reason: "wrong-height" };
    this.#tree.makeFinal(lock, change);
    this.#tree.finality.setLock(lock);
    return { status: "locked", reorg: change.reorg, changedFrom: change.changedFrom };
  }
}

function isBase(base: ChainBlock | undefined, anchor: HeaderAnchor | undefined): boolean {
  return (
    base !== undefined &&
    base.height === anchor?.headersFrom.height &&
    toHashHex(base.hash) === anchor.headersFrom.hash
  );
}

/** @throws `wire/invalid-value` */
function countHeaders(headers: Uint8Array): number {
  if (headers.length % HEADER_SIZE !== 0) {
    throw new DashlightError({
      code: "wire/invalid-value",
      what: "headers",
      value: `${headers.length} bytes`,
    });
  }
  return headers.length / HEADER_SIZE;
}
