import { DashlightError } from "../errors.ts";
import type { NetworkParams } from "../params/types.ts";
import { type CbTx, readCbTx } from "../wire/cbTx.ts";
import {
  type BlockHash,
  equalBytes,
  fromHashHex,
  type HashHex,
  type Height,
  isZero,
  toHashHex,
  ZERO_HASH,
} from "../wire/hashes.ts";
import { extractMatches, type MerkleTree } from "../wire/merkle.ts";
import type { MnListDiff } from "../wire/mnListDiff.ts";
import type { SmlEntry } from "../wire/smlEntry.ts";
import { computeTxid, type Transaction } from "../wire/tx.ts";
import { checkCommitment } from "./checkCommitment.ts";
import { type EngineContext, isActiveAt } from "./context.ts";
import {
  type CoinbaseProof,
  compareEntries,
  computeTree,
  findEntry,
  ListEntry,
  type MasternodeList,
  mergeEntries,
  type Sml,
} from "./masternodeList.ts";
import {
  computeQuorumsRoot,
  makeQuorumEntry,
  type QuorumEntry,
  type QuorumSet,
  quorumKey,
} from "./quorumSet.ts";
import { type EngineState, listAtBlock, nearestList, requireHeight } from "./state.ts";

interface Base {
  readonly height: Height;
  readonly masternodes: Sml;
  readonly quorums: QuorumSet;
}

const EMPTY_BASE: Base = { height: 0, masternodes: [], quorums: new Map() };

/**
 * Applies a mnlistdiff to the list at its base and proves the result: coinbase against the verified header, both
 * roots against the coinbase.
 * @returns the new state and list; `state` itself never changes
 * @throws `engine/*` naming the first check that fails, in the order of `protocol/verification.md` 4.3
 * Source: DIP-4; Core 23.1.2 evo/smldiff.cpp, evo/cbtx.cpp
 */
export function applyDiff(
  state: EngineState,
  diff: MnListDiff,
  context: EngineContext,
): { state: EngineState; list: MasternodeList } {
  const blockHash = toHashHex(diff.blockHash);
  requireCbTx(diff.cbTx, diff.blockHash);
  const base = requireBase(state, diff.baseBlockHash, context);
  const height = requireHeight(context.chain, diff.blockHash);
  if (height < base.height) {
    throw new DashlightError({
      code: "engine/base-above-block",
      baseHeight: base.height,
      blockHeight: height,
    });
  }
  const { cbTx, header } = proveCoinbase(diff, diff.blockHash, height, context);
  const near = nearestList(state, height);
  const masternodes = applyMasternodes(base.masternodes, near?.masternodes ?? [], diff, blockHash);
  const tree = proveMasternodes(masternodes, near, cbTx, blockHash);
  const quorums = applyQuorums(base.quorums, diff, cbTx, blockHash);
  checkQuorums(quorums, diff, height, context);

  const { totalTransactions, merkleHashes, merkleFlags } = diff;
  const proof: CoinbaseProof = { cbTx: diff.cbTx, totalTransactions, merkleHashes, merkleFlags };
  const list = { blockHash: diff.blockHash, height, header, cbTx, proof, masternodes, tree, quorums };
  return { state: { ...state, lists: new Map(state.lists).set(blockHash, list) }, list };
}

/** Zero and the genesis hash both mean the empty list. */
export function isEmptyBase(baseBlockHash: BlockHash, params: NetworkParams): boolean {
  return isZero(baseBlockHash) || equalBytes(baseBlockHash, fromHashHex(params.genesisHash));
}

function requireBase(state: EngineState, baseBlockHash: BlockHash, context: EngineContext): Base {
  if (isEmptyBase(baseBlockHash, context.params)) return EMPTY_BASE;
  const list = listAtBlock(state, baseBlockHash);
  if (!list) {
    throw new DashlightError({ code: "engine/unknown-base", baseBlockHash: toHashHex(baseBlockHash) });
  }
  return list;
}

/** Blocks below DIP3 have a plain coinbase, and such an answer a zero block hash: no list can be proven by it. */
function requireCbTx(coinbase: Transaction, blockHash: BlockHash): CbTx {
  const cbTx = readCbTx(coinbase);
  if (cbTx && !isZero(blockHash)) return cbTx;
  throw new DashlightError({ code: "engine/no-coinbase-payload", blockHash: toHashHex(blockHash) });
}

/**
 * Proves a coinbase against the header of its block, and its payload against the block's height.
 * @returns whether the header was there to prove it against
 */
export function proveCoinbase(
  proof: CoinbaseProof,
  blockHash: BlockHash,
  height: Height,
  context: EngineContext,
): { cbTx: CbTx; header: MasternodeList["header"] } {
  const hash = toHashHex(blockHash);
  const cbTx = requireCbTx(proof.cbTx, blockHash);
  const { root, matches } = extractMatches(proof);
  const match = matches[0];
  if (matches.length !== 1 || !match || match.position !== 0) {
    throw new DashlightError({ code: "engine/coinbase-not-first", blockHash: hash, matches: matches.length });
  }
  const txid = computeTxid(proof.cbTx);
  if (!equalBytes(match.hash, txid)) throw coinbaseMismatch(hash, toHashHex(match.hash), toHashHex(txid));
  const merkleRoot = context.chain.merkleRootAt(height);
  if (merkleRoot && !equalBytes(root, merkleRoot)) {
    throw coinbaseMismatch(hash, toHashHex(merkleRoot), toHashHex(root));
  }
  checkCbTx(cbTx, height, hash, context.params);
  return { cbTx, header: merkleRoot ? "verified" : "unknown" };
}

function coinbaseMismatch(blockHash: HashHex, expected: HashHex, computed: HashHex): DashlightError {
  return new DashlightError({ code: "engine/coinbase-proof-mismatch", blockHash, expected, computed });
}

/** Exactly 3 from V20, exactly 2 from DIP8 to V20, 1 or 2 between DIP3 and DIP8 (Core evo/specialtxman.cpp). */
function checkCbTx(cbTx: CbTx, height: Height, blockHash: HashHex, { activation }: NetworkParams): void {
  if (cbTx.height !== height) {
    const facts = { blockHash, expected: height, received: cbTx.height };
    throw new DashlightError({ code: "engine/wrong-coinbase-height", ...facts });
  }
  const expected = isActiveAt(height, activation.v20) ? 3 : isActiveAt(height, activation.dip0008) ? 2 : 1;
  const isRight = expected === 1 ? cbTx.version <= 2 : cbTx.version === expected;
  if (!isRight) {
    const facts = { blockHash, expected, received: cbTx.version };
    throw new DashlightError({ code: "engine/wrong-coinbase-version", ...facts });
  }
}

/** @param known - entries that need not be made and hashed again if the diff brings them */
function applyMasternodes(base: Sml, known: Sml, diff: MnListDiff, blockHash: HashHex): Sml {
  const deleted = new Set<ListEntry>();
  for (const proTxHash of diff.deletedMNs) {
    const entry = findEntry(base, proTxHash);
    if (!entry) throw unknownDeletion(blockHash, "deletedMNs", toHashHex(proTxHash));
    if (deleted.has(entry)) throw duplicate(blockHash, "deletedMNs", entry.key);
    deleted.add(entry);
  }
  const changed = diff.mnList.map((entry) => findSame(known, entry) ?? new ListEntry(entry));
  changed.sort(compareEntries);
  requireUnique(changed, deleted, blockHash);
  return mergeEntries(base, deleted, changed);
}

/** @param changed - ascending. No keys are made for it: they would take a tenth of a full diff's time. */
function requireUnique(changed: Sml, deleted: Iterable<ListEntry>, blockHash: HashHex): void {
  changed.forEach((entry, i) => {
    const before = changed[i - 1];
    if (before && compareEntries(before, entry) === 0) throw duplicate(blockHash, "mnList", entry.key);
  });
  for (const { entry, key } of deleted) {
    if (findEntry(changed, entry.proRegTxHash)) throw duplicate(blockHash, "mnList", key);
  }
}

/** The same in all that was received, its version too, which no hash covers. */
function findSame(known: Sml, { proRegTxHash, version, body }: SmlEntry): ListEntry | undefined {
  const found = findEntry(known, proRegTxHash);
  const isSame = found?.entry.version === version && equalBytes(found.entry.body, body);
  return isSame ? found : undefined;
}

/**
 * @param near - a list that shares entries with this one: what it hashed is not hashed again
 * @throws `engine/merkle-root-mismatch`, `engine/mutated-merkle-tree`
 */
export function proveMasternodes(
  masternodes: Sml,
  near: MasternodeList | undefined,
  cbTx: CbTx,
  blockHash: HashHex,
): MerkleTree {
  const tree = computeTree(masternodes, near);
  if (!equalBytes(tree.root, cbTx.merkleRootMNList)) {
    const facts = { blockHash, expected: toHashHex(cbTx.merkleRootMNList), computed: toHashHex(tree.root) };
    throw new DashlightError({ code: "engine/merkle-root-mismatch", ...facts });
  }
  if (tree.mutated)
    throw new DashlightError({ code: "engine/mutated-merkle-tree", blockHash, what: "mnList" });
  return tree;
}

function applyQuorums(base: QuorumSet, diff: MnListDiff, cbTx: CbTx, blockHash: HashHex): QuorumSet {
  const quorums = new Map<string, QuorumEntry>(base);
  const deleted = new Set<string>();
  for (const { llmqType, quorumHash } of diff.deletedQuorums) {
    const key = quorumKey(llmqType, quorumHash);
    if (!quorums.delete(key)) {
      throw deleted.has(key)
        ? duplicate(blockHash, "deletedQuorums", key)
        : unknownDeletion(blockHash, "deletedQuorums", key);
    }
    deleted.add(key);
  }
  for (const commitment of diff.newQuorums) {
    const key = quorumKey(commitment.llmqType, commitment.quorumHash);
    if (quorums.has(key) || deleted.has(key)) throw duplicate(blockHash, "newQuorums", key);
    quorums.set(key, makeQuorumEntry(commitment));
  }
  checkQuorumsRoot(quorums, cbTx, blockHash);
  return quorums;
}

/** @throws `engine/quorum-root-mismatch`, `engine/mutated-merkle-tree` */
export function checkQuorumsRoot(quorums: QuorumSet, cbTx: CbTx, blockHash: HashHex): void {
  const { root, mutated } = computeQuorumsRoot(quorums);
  const expected = cbTx.merkleRootQuorums ?? (quorums.size === 0 ? ZERO_HASH : undefined);
  if (!expected || !equalBytes(root, expected)) {
    const facts = { blockHash, expected: toHashHex(expected ?? ZERO_HASH), computed: toHashHex(root) };
    throw new DashlightError({ code: "engine/quorum-root-mismatch", ...facts });
  }
  if (mutated)
    throw new DashlightError({ code: "engine/mutated-merkle-tree", blockHash, what: "newQuorums" });
}

/** What holds of every quorum set a full node accepts: configured types, counts, well-formed commitments. */
function checkQuorums(quorums: QuorumSet, diff: MnListDiff, height: Height, context: EngineContext): void {
  const blockHash = toHashHex(diff.blockHash);
  const counts = new Map<number, number>();
  for (const { commitment } of quorums.values()) {
    const { llmqType } = commitment;
    counts.set(llmqType, (counts.get(llmqType) ?? 0) + 1);
  }
  for (const [llmqType, count] of counts) {
    const llmq = context.params.llmqs.get(llmqType);
    if (!llmq) throw new DashlightError({ code: "engine/unknown-quorum-type", blockHash, llmqType });
    const limit = llmq.signingActiveQuorumCount;
    if (count > limit) {
      throw new DashlightError({ code: "engine/too-many-quorums", blockHash, llmqType, count, limit });
    }
  }
  for (const commitment of diff.newQuorums) checkCommitment(commitment, height, context);
}

function duplicate(blockHash: HashHex, what: string, hash: string): DashlightError {
  return new DashlightError({ code: "engine/duplicate-entry", blockHash, what, hash });
}

function unknownDeletion(blockHash: HashHex, what: string, hash: string): DashlightError {
  return new DashlightError({ code: "engine/unknown-deletion", blockHash, what, hash });
}
