import { WORK_DIFF_DEPTH } from "../../../worker/params/index.ts";
import {
  type BlockHash,
  compareBytes,
  equalBytes,
  type Height,
  isZero,
  type ProTxHash,
  sha256d,
  toHashHex,
  ZERO_HASH,
} from "../../../worker/wire/hashes.ts";
import { buildPartialMerkleTree } from "../../../worker/wire/merkle.ts";
import type { GetMnListDiff, MnListDiff, QuorumsClSig } from "../../../worker/wire/mnListDiff.ts";
import type { SmlEntry } from "../../../worker/wire/smlEntry.ts";
import type { ChainView } from "./chainView.ts";
import type { MinedCommitment } from "./quorums.ts";

const NO_SIGNATURE = new Uint8Array(96);

/**
 * The changes between two blocks of the active chain.
 * @returns undefined where a node refuses: a block that is not on its active chain, or a base above the target
 * Source: Core 23.1.2 evo/smldiff.cpp BuildSimplifiedMNListDiff
 */
export function buildMnListDiff(chain: ChainView, request: GetMnListDiff): MnListDiff | undefined {
  const baseHeight = isZero(request.baseBlockHash) ? 0 : chain.heightOf(request.baseBlockHash);
  const height = chain.heightOf(request.blockHash);
  if (baseHeight === undefined || height === undefined || baseHeight > height) return undefined;
  return {
    version: 1,
    baseBlockHash: request.baseBlockHash,
    blockHash: height < chain.dip3Height ? (ZERO_HASH as BlockHash) : request.blockHash,
    ...buildPartialMerkleTree(chain.txidsAt(height), 0),
    cbTx: chain.coinbaseAt(height),
    ...compareLists(chain.listAt(baseHeight), chain.listAt(height)),
    ...compareQuorums(chain, baseHeight, height),
  };
}

/** Walks two sorted lists side by side. The result is not sorted: Core's comes out of a hash map. */
function compareLists(
  base: readonly SmlEntry[],
  target: readonly SmlEntry[],
): Pick<MnListDiff, "deletedMNs" | "mnList"> {
  const deletedMNs: ProTxHash[] = [];
  const mnList: SmlEntry[] = [];
  let i = 0;
  let j = 0;
  while (i < base.length || j < target.length) {
    const before = base[i];
    const after = target[j];
    const order = compareEntries(before, after);
    if (order < 0 && before !== undefined) deletedMNs.push(before.proRegTxHash);
    if (order > 0 && after !== undefined) mnList.push(after);
    if (order === 0 && after !== undefined && !isSameEntry(before, after)) mnList.push(after);
    if (order <= 0) i++;
    if (order >= 0) j++;
  }
  return {
    deletedMNs: deletedMNs.sort(compareScattered),
    mnList: mnList.sort((a, b) => compareScattered(a.proRegTxHash, b.proRegTxHash)),
  };
}

/** @returns as compareBytes; the end of a list comes after all entries */
function compareEntries(a: SmlEntry | undefined, b: SmlEntry | undefined): number {
  if (a === undefined) return 1;
  if (b === undefined) return -1;
  return compareBytes(a.proRegTxHash, b.proRegTxHash);
}

function isSameEntry(a: SmlEntry | undefined, b: SmlEntry): boolean {
  return a === b || (a !== undefined && a.version === b.version && equalBytes(a.body, b.body));
}

/** Some fixed order that is neither that of the bytes nor that of their display. No specific reasoning for 7. */
function compareScattered(a: ProTxHash, b: ProTxHash): number {
  return compareBytes(a.subarray(7), b.subarray(7));
}

function compareQuorums(
  chain: ChainView,
  baseHeight: Height,
  height: Height,
): Pick<MnListDiff, "deletedQuorums" | "newQuorums" | "quorumsCLSigs"> {
  const base = chain.quorumsAt(baseHeight).all();
  const target = chain.quorumsAt(height).all();
  const baseIds = new Set(base.map(quorumId));
  const targetIds = new Set(target.map(quorumId));
  const added = target.filter((mined) => !baseIds.has(quorumId(mined)));
  return {
    deletedQuorums: base
      .filter((mined) => !targetIds.has(quorumId(mined)))
      .map(({ commitment }) => ({ llmqType: commitment.llmqType, quorumHash: commitment.quorumHash })),
    newQuorums: added.map(({ commitment }) => commitment),
    quorumsCLSigs: groupBySignature(chain, added),
  };
}

function quorumId({ commitment }: MinedCommitment): string {
  return `${commitment.llmqType} ${toHashHex(commitment.quorumHash)}`;
}

/**
 * The ChainLock signature in the coinbase of each new quorum's work block, zeros where it has none.
 * Ascending by SHA-256d of the signature.
 * Source: Core 23.1.2 evo/smldiff.cpp BuildQuorumChainlockInfo (V20 active)
 */
function groupBySignature(chain: ChainView, added: readonly MinedCommitment[]): QuorumsClSig[] {
  const groups = new Map<string, { signature: Uint8Array; indexes: number[] }>();
  added.forEach(({ commitment, baseHeight }, i) => {
    const workHeight = baseHeight - commitment.quorumIndex - WORK_DIFF_DEPTH;
    const signature = (workHeight >= 0 ? chain.chainLockSignatureAt(workHeight) : undefined) ?? NO_SIGNATURE;
    const key = toHashHex(sha256d(signature));
    const group = groups.get(key) ?? { signature, indexes: [] };
    group.indexes.push(i);
    groups.set(key, group);
  });
  return [...groups.values()].sort((a, b) => compareBytes(sha256d(a.signature), sha256d(b.signature)));
}
