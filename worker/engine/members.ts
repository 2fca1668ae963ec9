import type { LlmqParams } from "../params/llmq.ts";
import { WORK_DIFF_DEPTH } from "../params/llmq.ts";
import { encode, i32 } from "../wire/codec.ts";
import { type BlockHash, type Hash256, type Height, isZero, sha256, sha256d } from "../wire/hashes.ts";
import { MnType } from "../wire/smlEntry.ts";
import { type EngineContext, isActiveAfter, isActiveAt } from "./context.ts";
import type { ListEntry, MasternodeList, Sml } from "./masternodeList.ts";
import { type EngineState, listAtHeight } from "./state.ts";

/** Members in order, or exactly which list is missing. */
export type MembersOutcome =
  | { readonly members: readonly ListEntry[] }
  | { readonly missing: { readonly code: "list-missing"; readonly height: Height } };

/**
 * Modifier of a draw whose list is the one at `workBlock`, from V20 on.
 * SHA-256d(type, i32 height, signature) with the ChainLock signature of the work block's own coinbase; without a
 * valid one SHA-256d(type, block hash), never a hash of zeros.
 * Source: DIP-29; Core 23.1.2 llmq/utils.cpp GetHashModifier
 */
export function computeHashModifier(
  llmqType: number,
  workBlock: MasternodeList,
  context: EngineContext,
): Hash256 {
  const { v20 } = context.params.activation;
  const signature = isActiveAt(workBlock.height, v20) ? workBlock.cbTx.chainLock?.bestCLSignature : undefined;
  if (signature && !isZero(signature) && context.isValidSignature(signature)) {
    return sha256d(Uint8Array.of(llmqType), encode(i32, workBlock.height), signature);
  }
  return computeBlockHashModifier(llmqType, workBlock.blockHash);
}

/** Modifier before V20 and without a ChainLock: SHA-256d(type, block hash). */
export function computeBlockHashModifier(llmqType: number, blockHash: BlockHash): Hash256 {
  return sha256d(Uint8Array.of(llmqType), blockHash);
}

/**
 * Orders entries by descending score SHA-256(SHA-256(proRegTxHash, confirmedHash), modifier), each a single
 * SHA-256, the digest read as a little-endian number. Entries that are banned or unconfirmed are dropped.
 * Source: DIP-24; Core 23.1.2 llmq/utils.cpp calculateQuorumScore
 */
export function rankEntries(entries: Iterable<ListEntry>, modifier: Hash256): ListEntry[] {
  const scored: { entry: ListEntry; score: Uint8Array }[] = [];
  for (const entry of entries) {
    if (!entry.isEligible) continue;
    scored.push({ entry, score: sha256(entry.confirmedProTxHash, modifier) });
  }
  return scored.sort((a, b) => compareLittleEndian(b.score, a.score)).map(({ entry }) => entry);
}

/** Compares 32 bytes as little-endian numbers: from the last byte down. */
function compareLittleEndian(a: Uint8Array, b: Uint8Array): number {
  for (let i = 31; i >= 0; i--) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) return difference;
  }
  return 0;
}

/**
 * Height of the list a non-rotating quorum is drawn from: 8 below its base from V20 on, its own base before.
 * Source: Core 23.1.2 llmq/utils.cpp ComputeQuorumMembers
 */
export function memberListHeight(baseHeight: Height, v20: Height): Height {
  return isActiveAfter(baseHeight, v20) ? baseHeight - WORK_DIFF_DEPTH : baseHeight;
}

/**
 * Members of a non-rotating quorum, in order.
 * @param baseHeight - height of the quorum's base block, whose hash is quorumHash
 */
export function selectMembers(
  state: EngineState,
  llmq: LlmqParams,
  baseHeight: Height,
  context: EngineContext,
): MembersOutcome {
  const { activation } = context.params;
  const height = memberListHeight(baseHeight, activation.v20);
  const list = listAtHeight(state, context.chain, height);
  const baseHash = context.chain.hashAt(baseHeight);
  if (!list || !baseHash) return { missing: { code: "list-missing", height } };
  // Between V20-1 and V20+6 the list is already the work block's while the modifier still is the base block's hash.
  const usesWorkBlock = isActiveAfter(baseHeight - WORK_DIFF_DEPTH, activation.v20);
  const modifier = usesWorkBlock
    ? computeHashModifier(llmq.type, list, context)
    : computeBlockHashModifier(llmq.type, baseHash);
  const candidates = isEvoOnly(llmq, baseHeight, context) ? evoEntries(list.masternodes) : list.masternodes;
  return { members: rankEntries(candidates, modifier).slice(0, llmq.size) };
}

/** Follows the network's Platform type, not the LLMQ type: mainnet's type 4 is Evo-only, testnet's is not. */
function isEvoOnly(llmq: LlmqParams, baseHeight: Height, { params }: EngineContext): boolean {
  return llmq.type === params.llmqTypePlatform && isActiveAfter(baseHeight, params.activation.v19);
}

function evoEntries(sml: Sml): Sml {
  return sml.filter(({ entry }) => entry.type === MnType.evo);
}
