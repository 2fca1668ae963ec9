import { bytesToHex } from "@noble/hashes/utils.js";
import type { FinalCommitment } from "../../wire/finalCommitment.ts";
import { type BlockHash, type HashHex, type ProTxHash, toHashHex } from "../../wire/hashes.ts";
import type { MnListDiff, QuorumId, QuorumsClSig } from "../../wire/mnListDiff.ts";
import type { SmlEntry } from "../../wire/smlEntry.ts";

/**
 * One diff that says what several in a row say. Whoever applies it proves it: both roots must come out as the last
 * block's coinbase has them.
 * @param steps - each based on the block before it ends at; the first one on `baseBlockHash`
 * @param isFromEmpty - whether the base is the empty list
 */
export function composeDiffs(
  steps: readonly MnListDiff[],
  baseBlockHash: BlockHash,
  isFromEmpty: boolean,
): MnListDiff {
  const last = steps.at(-1);
  if (!last) throw new RangeError("no diffs");
  const entries = new Map<HashHex, SmlEntry>();
  const deletedMNs = new Map<HashHex, ProTxHash>();
  const quorums = new Map<string, { commitment: FinalCommitment; clSig: string | undefined }>();
  const deletedQuorums = new Map<string, QuorumId>();
  for (const step of steps) {
    for (const hash of step.deletedMNs) {
      entries.delete(toHashHex(hash));
      deletedMNs.set(toHashHex(hash), hash);
    }
    for (const entry of step.mnList) {
      deletedMNs.delete(toHashHex(entry.proRegTxHash));
      entries.set(toHashHex(entry.proRegTxHash), entry);
    }
    for (const quorum of step.deletedQuorums) {
      if (!quorums.delete(keyOf(quorum))) deletedQuorums.set(keyOf(quorum), quorum);
    }
    const clSigs = signatureByIndex(step.quorumsCLSigs);
    step.newQuorums.forEach((commitment, i) => {
      quorums.set(keyOf(commitment), { commitment, clSig: clSigs.get(i) });
    });
  }
  const kept = [...quorums.values()];
  return {
    ...last,
    baseBlockHash,
    deletedMNs: isFromEmpty ? [] : [...deletedMNs.values()],
    mnList: [...entries.values()],
    deletedQuorums: [...deletedQuorums.values()],
    newQuorums: kept.map(({ commitment }) => commitment),
    quorumsCLSigs: groupBySignature(kept.map(({ clSig }) => clSig)),
  };
}

function keyOf({ llmqType, quorumHash }: QuorumId): string {
  return `${llmqType}:${toHashHex(quorumHash)}`;
}

function signatureByIndex(clSigs: readonly QuorumsClSig[]): Map<number, string> {
  return new Map(
    clSigs.flatMap(({ signature, indexes }) => indexes.map((i) => [i, bytesToHex(signature)] as const)),
  );
}

function groupBySignature(signatures: readonly (string | undefined)[]): QuorumsClSig[] {
  const groups = new Map<string, number[]>();
  signatures.forEach((signature, i) => {
    if (signature === undefined) return;
    groups.set(signature, [...(groups.get(signature) ?? []), i]);
  });
  return [...groups].map(([signature, indexes]) => ({
    signature: Uint8Array.from(Buffer.from(signature, "hex")),
    indexes,
  }));
}
