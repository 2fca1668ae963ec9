import { makeBitset } from "../../wire/codec.ts";
import { type FinalCommitment, makeFinalCommitment } from "../../wire/finalCommitment.ts";
import { type BlockHash, fromHashHex, type ProTxHash, type QuorumHash } from "../../wire/hashes.ts";
import { MnType, makeSmlEntry, type SmlEntry, type SmlEntryFields } from "../../wire/smlEntry.ts";
import { madeHash } from "./madeLists.ts";

/** A valid, confirmed masternode, told apart from others by a number. */
export function madeEntry(id: number, change: Partial<SmlEntryFields> = {}): SmlEntry {
  return makeSmlEntry({
    version: 2,
    proRegTxHash: fromHashHex<ProTxHash>(scatteredHash(id)),
    confirmedHash: fromHashHex<BlockHash>(madeHash(1000 + id)),
    netInfo: { address: new Uint8Array(16).fill(id & 0xff), port: 19999 },
    pubKeyOperator: new Uint8Array(48).fill(id & 0xff),
    keyIDVoting: new Uint8Array(20),
    isValid: true,
    type: MnType.regular,
    platformHTTPPort: undefined,
    platformNodeID: undefined,
    ...change,
  });
}

/** Hashes that do not ascend with their number, in wire order as little as in display order. */
function scatteredHash(id: number): string {
  const word = Math.imul(id + 1, 0x9e3779b1) >>> 0;
  const other = Math.imul(id + 7, 0x85ebca6b) >>> 0;
  return `${word.toString(16).padStart(8, "0")}${"00".repeat(24)}${other.toString(16).padStart(8, "0")}`;
}

/** A commitment of three members whose base block no chain knows. */
export function madeCommitment(llmqType: number, id: number): FinalCommitment {
  const all = makeBitset([true, true, true]);
  return makeFinalCommitment({
    version: 3,
    llmqType,
    quorumHash: fromHashHex<QuorumHash>(madeHash(id, 9)),
    quorumIndex: 0,
    signers: all,
    validMembers: all,
    quorumPublicKey: new Uint8Array(48).fill(id & 0xff),
    quorumVvecHash: new Uint8Array(32).fill(1),
    quorumSig: new Uint8Array(96),
    membersSig: new Uint8Array(96),
  });
}
