import type { ErrorCode } from "../../../worker/errors.ts";
import { sha256d } from "../../../worker/wire/hashes.ts";
import type { ChainLock, InstantLock } from "../../../worker/wire/locks.ts";
import type { Message } from "../../../worker/wire/message.ts";
import type { MnListDiff } from "../../../worker/wire/mnListDiff.ts";
import type { QRInfo } from "../../../worker/wire/qrInfo.ts";
import { buildQRInfo } from "../consensus/buildQRInfo.ts";
import { rotatingLlmq } from "../params.ts";
import {
  addForgedQuorum,
  changeActiveMembers,
  changeFirstEntry,
  changeSkips,
  emptyActiveMembers,
  flipBit,
  forgeBranch,
  forgeRoots,
  mapDiffs,
  mapSnapshots,
  rotateKeys,
} from "./forge.ts";
import type { Truth } from "./truth.ts";

/**
 * The check that must catch a lie: an error of the client's, `snapshot-contradicted` where a quorum is unknown first
 * and another peer's snapshot then refutes the liar's, or `unused` where the client must not care at all.
 */
export type CaughtBy = ErrorCode | "snapshot-contradicted" | "unused";

export interface Lie {
  /** @returns what is sent in place of `message`; messages the lie is not about, or has no matter for, as they are */
  readonly tell: (message: Message, truth: Truth) => readonly Message[];
  readonly caughtBy: CaughtBy;
}

/** What a node may lie about. All earlier checks hold, so that it is the named one that catches the lie. */
export const LIES = {
  /** Every diff's proof leads to another merkle root than the header's. */
  falseMerkleBranch: { tell: inDiffs(forgeBranch), caughtBy: "engine/coinbase-proof-mismatch" },
  /** The coinbase commits to other roots; its proof is consistent, but of a block that does not exist. */
  wrongRoots: { tell: inDiffs(forgeRoots), caughtBy: "engine/coinbase-proof-mismatch" },
  /** One masternode of every diff is banned that is not, or the reverse. */
  changedEntry: { tell: inDiffs(changeFirstEntry), caughtBy: "engine/merkle-root-mismatch" },
  /** One new or changed masternode of every diff is left out. */
  droppedEntry: {
    tell: inDiffs((diff) => ({ ...diff, mnList: diff.mnList.slice(1) })),
    caughtBy: "engine/merkle-root-mismatch",
  },
  /** One masternode of every diff is there twice. */
  repeatedEntry: {
    tell: inDiffs((diff) => ({ ...diff, mnList: [...diff.mnList.slice(0, 1), ...diff.mnList] })),
    caughtBy: "engine/duplicate-entry",
  },
  /** Every diff deletes a masternode that never was. */
  inventedDeletion: {
    tell: inDiffs((diff) => ({ ...diff, deletedMNs: [...diff.deletedMNs, sha256d(diff.blockHash)] })),
    caughtBy: "engine/unknown-deletion",
  },
  /** A quorum that nobody made is in every diff. */
  forgedCommitment: { tell: inDiffs(addForgedQuorum), caughtBy: "engine/quorum-root-mismatch" },
  /** The new quorums of every diff that has several have each other's keys. */
  swappedQuorumKeys: {
    tell: inDiffs((diff) => ({ ...diff, newQuorums: rotateKeys(diff.newQuorums) })),
    caughtBy: "engine/quorum-root-mismatch",
  },
  /** Snapshots name other used masternodes, so that rotating quorums get other members. */
  invalidSnapshot: {
    tell: inQrInfo((qrInfo) => mapSnapshots(qrInfo, changeActiveMembers)),
    caughtBy: "snapshot-contradicted",
  },
  /** Snapshots skip others, so that rotating quorums get other members. */
  falseSkipList: {
    tell: inQrInfo((qrInfo) => mapSnapshots(qrInfo, changeSkips)),
    caughtBy: "snapshot-contradicted",
  },
  /** Snapshots are shorter than the lists they are about. */
  shortSnapshot: {
    tell: inQrInfo((qrInfo) => mapSnapshots(qrInfo, emptyActiveMembers)),
    caughtBy: "engine/malformed-snapshot",
  },
  /** A qrinfo as if the cycle before had been asked for. */
  otherCycle: { tell: tellOfOtherCycle, caughtBy: "engine/not-the-requested-cycle" },
  /** The last commitments of a qrinfo have each other's keys. Nothing proves them, so nothing may follow from them. */
  falseLastCommitments: {
    tell: inQrInfo((qrInfo) => ({
      ...qrInfo,
      lastCommitmentPerIndex: rotateKeys(qrInfo.lastCommitmentPerIndex),
    })),
    caughtBy: "unused",
  },
  /** The ChainLock signatures beside new quorums are others. Nothing proves them; coinbases do. */
  falseQuorumsCLSigs: {
    tell: inDiffs((diff) => ({
      ...diff,
      quorumsCLSigs: diff.quorumsCLSigs.map((each) => ({ ...each, signature: flipBit(each.signature) })),
    })),
    caughtBy: "unused",
  },
  /** A ChainLock with a signature over something else. */
  wrongChainLock: {
    tell: inChainLock((lock, truth) => [{ ...lock, sig: signatureOfSomethingElse(truth) ?? lock.sig }]),
    caughtBy: "engine/bad-lock-signature",
  },
  /** Two ChainLocks for one height: one for a block that does not exist, with the other's signature, then the true one. */
  twoChainLocks: {
    tell: inChainLock((lock) => [{ ...lock, blockHash: flipBit(lock.blockHash) }, lock]),
    caughtBy: "engine/bad-lock-signature",
  },
  /** A ChainLock for the right block, but one height above. */
  misplacedChainLock: {
    tell: inChainLock((lock) => [{ ...lock, height: lock.height + 1 }]),
    caughtBy: "engine/malformed-lock",
  },
  /** An InstantLock whose signature is another payment's: only a client that asks for such locks is told. */
  forgedInstantLock: {
    tell: inInstantLock((lock) => ({ ...lock, txid: flipBit(lock.txid) })),
    caughtBy: "engine/bad-lock-signature",
  },
} as const satisfies Readonly<Record<string, Lie>>;

export type LieName = keyof typeof LIES;

/** About every diff, alone or in a qrinfo. */
function inDiffs(change: (diff: MnListDiff, chain: Truth["chain"]) => MnListDiff): Lie["tell"] {
  return (message, { chain }) => {
    const forge = (diff: MnListDiff) => change(diff, chain);
    if (message.command === "mnlistdiff") return [{ ...message, payload: forge(message.payload) }];
    if (message.command === "qrinfo") return [{ ...message, payload: mapDiffs(message.payload, forge) }];
    return [message];
  };
}

function inQrInfo(change: (qrInfo: QRInfo) => QRInfo): Lie["tell"] {
  return (message) =>
    message.command === "qrinfo" ? [{ ...message, payload: change(message.payload) }] : [message];
}

function inChainLock(change: (lock: ChainLock, truth: Truth) => readonly ChainLock[]): Lie["tell"] {
  return (message, truth) =>
    message.command === "clsig"
      ? change(message.payload, truth).map((payload) => ({ ...message, payload }))
      : [message];
}

function inInstantLock(change: (lock: InstantLock) => InstantLock): Lie["tell"] {
  return (message) =>
    message.command === "isdlock" ? [{ ...message, payload: change(message.payload) }] : [message];
}

/** The list a qrinfo is about ends in the cycle before the requested one, so its block names that cycle. */
function tellOfOtherCycle(message: Message, { chain, protocolVersion }: Truth): Message[] {
  if (message.command !== "qrinfo") return [message];
  const { mnListDiffH, atHMinus4C } = message.payload;
  const payload = buildQRInfo(
    chain,
    {
      baseBlockHashes: [],
      blockRequestHash: mnListDiffH.blockHash,
      extraShare: atHMinus4C !== undefined,
    },
    protocolVersion,
    rotatingLlmq(chain.params),
  );
  return [payload === undefined ? message : { command: "qrinfo", payload }];
}

/** A signature that a quorum made, but of its own commitment. */
function signatureOfSomethingElse({ chain }: Truth): Uint8Array | undefined {
  return chain.quorumsAt(chain.tipHeight).all()[0]?.commitment.quorumSig;
}
