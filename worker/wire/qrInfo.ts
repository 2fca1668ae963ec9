import { DashlightError } from "../errors.ts";
import {
  type Bitset,
  bitset,
  bool,
  type Codec,
  type Decoded,
  hash256,
  i32,
  type Reader,
  struct,
  vector,
  type Writer,
} from "./codec.ts";
import { type FinalCommitment, finalCommitment } from "./finalCommitment.ts";
import type { BlockHash } from "./hashes.ts";
import { MAX_MASTERNODES, MAX_QUORUMS, type MnListDiff, mnListDiff } from "./mnListDiff.ts";

export const getQRInfo = struct({
  /** Lists we hold, any order; the zero hash is not allowed. Empty: genesis. */
  baseBlockHashes: vector(hash256<BlockHash>(), "baseBlockHashes"),
  blockRequestHash: hash256<BlockHash>(),
  extraShare: bool,
});
export type GetQRInfo = Decoded<typeof getQRInfo>;

/** Modes of mnSkipList that Core builds; its reader gives empty quarters for any other. */
export const SnapshotSkipMode = { noSkipping: 0, skipFirst: 1 } as const;

/**
 * How a rotating cycle's new quarters were drawn.
 * Source: DIP-24; Core 23.1.2 llmq/snapshot.h CQuorumSnapshot
 */
export interface QuorumSnapshot {
  readonly mnSkipListMode: number;
  /** As long as the whole list at the work block; bit i is position i of the ranked valid and confirmed entries. */
  readonly activeQuorumMembers: Bitset;
  /** Signed; offsets are relative to the first entry. */
  readonly mnSkipList: readonly number[];
}

/** One bit per masternode. */
const memberBits: Codec<Bitset> = {
  minSize: bitset.minSize,
  read(reader) {
    const bits = bitset.read(reader);
    if (bits.length > MAX_MASTERNODES) {
      throw new DashlightError({
        code: "wire/oversized",
        what: "activeQuorumMembers",
        size: bits.length,
        limit: MAX_MASTERNODES,
      });
    }
    return bits;
  },
  write: bitset.write,
};

export const quorumSnapshot = struct({
  mnSkipListMode: i32,
  activeQuorumMembers: memberBits,
  mnSkipList: vector(i32, "mnSkipList", MAX_MASTERNODES),
}) as Codec<QuorumSnapshot>;

/**
 * Snapshots, lists and commitments around one rotating cycle H (height of the requested block, rounded down to the
 * cycle). Diffs end at the work blocks (8 below each cycle base), the tip diff at the node's own tip.
 * Source: DIP-24; Core 23.1.2 llmq/snapshot.h CQuorumRotationInfo
 */
export interface QRInfo {
  readonly quorumSnapshotAtHMinusC: QuorumSnapshot;
  readonly quorumSnapshotAtHMinus2C: QuorumSnapshot;
  readonly quorumSnapshotAtHMinus3C: QuorumSnapshot;
  readonly mnListDiffTip: MnListDiff;
  readonly mnListDiffH: MnListDiff;
  readonly mnListDiffAtHMinusC: MnListDiff;
  readonly mnListDiffAtHMinus2C: MnListDiff;
  readonly mnListDiffAtHMinus3C: MnListDiff;
  /** Present when it was asked for with extraShare. */
  readonly atHMinus4C: { readonly snapshot: QuorumSnapshot; readonly mnListDiff: MnListDiff } | undefined;
  /** Ascending by quorum index; indexes never mined are skipped. */
  readonly lastCommitmentPerIndex: readonly FinalCommitment[];
  /** Parallel to mnListDiffList: further cycles that those commitments need. */
  readonly quorumSnapshotList: readonly QuorumSnapshot[];
  readonly mnListDiffList: readonly MnListDiff[];
}

const commitments = vector(finalCommitment, "lastCommitmentPerIndex", MAX_QUORUMS);
/** Three cycles for each of at most 32 quorum indexes. */
const MAX_EXTRA_CYCLES = 96;
const snapshots = vector(quorumSnapshot, "quorumSnapshotList", MAX_EXTRA_CYCLES);

/** @param protocolVersion - the common version of the connection; it selects the encoding of the diffs inside */
export function qrInfo(protocolVersion: number): Codec<QRInfo> {
  const diff = mnListDiff(protocolVersion);
  const diffs = vector(diff, "mnListDiffList", MAX_EXTRA_CYCLES);
  return {
    minSize: 3 * quorumSnapshot.minSize + 5 * diff.minSize + 4,
    read(reader: Reader): QRInfo {
      return {
        quorumSnapshotAtHMinusC: quorumSnapshot.read(reader),
        quorumSnapshotAtHMinus2C: quorumSnapshot.read(reader),
        quorumSnapshotAtHMinus3C: quorumSnapshot.read(reader),
        mnListDiffTip: diff.read(reader),
        mnListDiffH: diff.read(reader),
        mnListDiffAtHMinusC: diff.read(reader),
        mnListDiffAtHMinus2C: diff.read(reader),
        mnListDiffAtHMinus3C: diff.read(reader),
        atHMinus4C: bool.read(reader)
          ? { snapshot: quorumSnapshot.read(reader), mnListDiff: diff.read(reader) }
          : undefined,
        lastCommitmentPerIndex: commitments.read(reader),
        quorumSnapshotList: snapshots.read(reader),
        mnListDiffList: diffs.read(reader),
      };
    },
    write(writer: Writer, value: QRInfo): void {
      quorumSnapshot.write(writer, value.quorumSnapshotAtHMinusC);
      quorumSnapshot.write(writer, value.quorumSnapshotAtHMinus2C);
      quorumSnapshot.write(writer, value.quorumSnapshotAtHMinus3C);
      diff.write(writer, value.mnListDiffTip);
      diff.write(writer, value.mnListDiffH);
      diff.write(writer, value.mnListDiffAtHMinusC);
      diff.write(writer, value.mnListDiffAtHMinus2C);
      diff.write(writer, value.mnListDiffAtHMinus3C);
      bool.write(writer, value.atHMinus4C !== undefined);
      if (value.atHMinus4C) {
        quorumSnapshot.write(writer, value.atHMinus4C.snapshot);
        diff.write(writer, value.atHMinus4C.mnListDiff);
      }
      commitments.write(writer, [...value.lastCommitmentPerIndex]);
      snapshots.write(writer, [...value.quorumSnapshotList]);
      diffs.write(writer, [...value.mnListDiffList]);
    },
  };
}
