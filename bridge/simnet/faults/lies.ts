import type { ErrorCode } from "../../../worker/errors.ts";
import type { Message } from "../../../worker/wire/message.ts";
import type { MnListDiff } from "../../../worker/wire/mnListDiff.ts";
import type { SimChain } from "../chain.ts";

/**
 * The check that must catch a lie: an error of the client's, `snapshot-contradicted` where a quorum is unknown first
 * and another peer's snapshot then refutes the liar's, or `unused` where the client must not care at all.
 */
export type CaughtBy = ErrorCode | "snapshot-contradicted" | "unused";

export interface Lie {
  /** @returns what is sent in place of `message` */
  readonly tell: (message: Message, chain: SimChain) => readonly Message[];
  readonly caughtBy: CaughtBy;
}

/** The proof of another coinbase: the last hash of the branch is not the block's. */
const falseMerkleBranch: Lie = {
  tell: changeDiffs((diff) => ({
    ...diff,
    merkleHashes: diff.merkleHashes.map((hash, i) =>
      i === diff.merkleHashes.length - 1 ? (flipBit(hash) as typeof hash) : hash,
    ),
  })),
  caughtBy: "engine/coinbase-proof-mismatch",
};

/** What a node may lie about. */
export const LIES = { falseMerkleBranch } as const satisfies Readonly<Record<string, Lie>>;

export type LieName = keyof typeof LIES;

/** @returns what is sent in place of `message` when all of `names` are told, one upon the other */
export function tell(names: readonly LieName[], message: Message, chain: SimChain): Message[] {
  return names.reduce<Message[]>(
    (messages, name) => messages.flatMap((each) => LIES[name].tell(each, chain)),
    [message],
  );
}

function changeDiffs(change: (diff: MnListDiff) => MnListDiff): Lie["tell"] {
  return (message) =>
    message.command === "mnlistdiff" ? [{ ...message, payload: change(message.payload) }] : [message];
}

function flipBit(bytes: Uint8Array): Uint8Array {
  return bytes.map((byte, i) => (i === 0 ? byte ^ 1 : byte));
}
