import { cbTx, readCbTx } from "../../../worker/wire/cbTx.ts";
import { encode, isBitSet, makeBitset } from "../../../worker/wire/codec.ts";
import { type FinalCommitment, makeFinalCommitment } from "../../../worker/wire/finalCommitment.ts";
import type { QuorumHash } from "../../../worker/wire/hashes.ts";
import { buildPartialMerkleTree } from "../../../worker/wire/merkle.ts";
import type { MnListDiff } from "../../../worker/wire/mnListDiff.ts";
import { type QRInfo, type QuorumSnapshot, SnapshotSkipMode } from "../../../worker/wire/qrInfo.ts";
import { makeSmlEntry } from "../../../worker/wire/smlEntry.ts";
import { computeTxid } from "../../../worker/wire/tx.ts";
import type { SimChain } from "../chain.ts";

/** @returns a copy whose first byte has another lowest bit */
export function flipBit<T extends Uint8Array>(bytes: T): T {
  const copy = bytes.slice();
  copy[0] = (copy[0] ?? 0) ^ 1;
  return copy as T;
}

/** The branch ends in a hash that is not the block's. */
export function forgeBranch(diff: MnListDiff): MnListDiff {
  const merkleHashes = [...diff.merkleHashes];
  const last = merkleHashes.pop();
  return last === undefined ? diff : { ...diff, merkleHashes: [...merkleHashes, flipBit(last)] };
}

/** Banned instead of valid, or the reverse. */
export function changeFirstEntry(diff: MnListDiff): MnListDiff {
  const [first, ...rest] = diff.mnList;
  return first === undefined
    ? diff
    : { ...diff, mnList: [makeSmlEntry({ ...first, isValid: !first.isValid }), ...rest] };
}

/**
 * A coinbase that commits to another list, with a merkle tree in which it is the block's coinbase indeed: only the
 * header knows better.
 */
export function forgeRoots(diff: MnListDiff, chain: SimChain): MnListDiff {
  const payload = readCbTx(diff.cbTx);
  const block = chain.blockByHash(diff.blockHash);
  if (payload === undefined || block === undefined) return diff;
  const forged = { ...payload, merkleRootMNList: flipBit(payload.merkleRootMNList) };
  const coinbase = { ...diff.cbTx, extraPayload: encode(cbTx, forged) };
  const txids = [computeTxid(coinbase), ...block.txids.slice(1)];
  return { ...diff, ...buildPartialMerkleTree(txids, 0), cbTx: coinbase };
}

/** A well-formed quorum that nobody made: that of a block on which none is based. */
export function addForgedQuorum(diff: MnListDiff, chain: SimChain): MnListDiff {
  const model = chain.quorumsAt(chain.tipHeight).ofType(chain.params.llmqTypeChainLocks)[0]?.commitment;
  if (model === undefined) return diff;
  const quorumHash = chain.hashAt(1) as Uint8Array as QuorumHash;
  return { ...diff, newQuorums: [...diff.newQuorums, makeFinalCommitment({ ...model, quorumHash })] };
}

/** Each has the key of the one before, the first that of the last. */
export function rotateKeys(commitments: readonly FinalCommitment[]): FinalCommitment[] {
  return commitments.map((commitment, i) => {
    const quorumPublicKey = commitments.at(i - 1)?.quorumPublicKey ?? commitment.quorumPublicKey;
    return makeFinalCommitment({ ...commitment, quorumPublicKey });
  });
}

/** The masternode with the best score moves from the used ones to the unused, or the reverse: every quarter shifts. */
export function changeActiveMembers(snapshot: QuorumSnapshot): QuorumSnapshot {
  const { activeQuorumMembers: bits } = snapshot;
  const flags = Array.from({ length: bits.length }, (_, i) => isBitSet(bits, i) !== (i === 0));
  return { ...snapshot, activeQuorumMembers: makeBitset(flags) };
}

/** The first place is skipped, or is not where it was: every quarter shifts. */
export function changeSkips(snapshot: QuorumSnapshot): QuorumSnapshot {
  const isFirstSkipped = snapshot.mnSkipList[0] === 0;
  return isFirstSkipped
    ? { ...snapshot, mnSkipListMode: SnapshotSkipMode.noSkipping, mnSkipList: [] }
    : { ...snapshot, mnSkipListMode: SnapshotSkipMode.skipFirst, mnSkipList: [0] };
}

/** Bits for fewer masternodes than the list has valid ones: for none. */
export function emptyActiveMembers(snapshot: QuorumSnapshot): QuorumSnapshot {
  return { ...snapshot, activeQuorumMembers: makeBitset([]) };
}

/** Every diff inside. */
export function mapDiffs(qrInfo: QRInfo, change: (diff: MnListDiff) => MnListDiff): QRInfo {
  const { atHMinus4C } = qrInfo;
  return {
    ...qrInfo,
    mnListDiffTip: change(qrInfo.mnListDiffTip),
    mnListDiffH: change(qrInfo.mnListDiffH),
    mnListDiffAtHMinusC: change(qrInfo.mnListDiffAtHMinusC),
    mnListDiffAtHMinus2C: change(qrInfo.mnListDiffAtHMinus2C),
    mnListDiffAtHMinus3C: change(qrInfo.mnListDiffAtHMinus3C),
    atHMinus4C: atHMinus4C && { ...atHMinus4C, mnListDiff: change(atHMinus4C.mnListDiff) },
    mnListDiffList: qrInfo.mnListDiffList.map(change),
  };
}

/** Every snapshot inside. */
export function mapSnapshots(qrInfo: QRInfo, change: (snapshot: QuorumSnapshot) => QuorumSnapshot): QRInfo {
  const { atHMinus4C } = qrInfo;
  return {
    ...qrInfo,
    quorumSnapshotAtHMinusC: change(qrInfo.quorumSnapshotAtHMinusC),
    quorumSnapshotAtHMinus2C: change(qrInfo.quorumSnapshotAtHMinus2C),
    quorumSnapshotAtHMinus3C: change(qrInfo.quorumSnapshotAtHMinus3C),
    atHMinus4C: atHMinus4C && { ...atHMinus4C, snapshot: change(atHMinus4C.snapshot) },
    quorumSnapshotList: qrInfo.quorumSnapshotList.map(change),
  };
}
