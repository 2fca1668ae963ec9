import { bytesToHex } from "@noble/hashes/utils.js";
import type { MasternodeRow, QuorumMember, QuorumRow, QuorumTypeSnapshot } from "./api.ts";
import { convertPublicKey } from "./bls/index.ts";
import type { EngineContext } from "./engine/context.ts";
import type { ListEntry, MasternodeList } from "./engine/masternodeList.ts";
import { memberResolver } from "./engine/quorumJobs.ts";
import type { QuorumEntry } from "./engine/quorumSet.ts";
import { type EngineState, statusOf, type UnknownReason } from "./engine/state.ts";
import { type Bitset, isBitSet } from "./wire/codec.ts";
import { isLegacyCommitment } from "./wire/finalCommitment.ts";
import { isZero, toHashHex } from "./wire/hashes.ts";
import type { NetInfoEntry, Service } from "./wire/netInfo.ts";
import { isExtNetInfo, MnType, type SmlEntry } from "./wire/smlEntry.ts";

/** Rows for the user interface, made of engine state. */
export function masternodeRows({ masternodes }: MasternodeList): MasternodeRow[] {
  return masternodes.map(toMasternodeRow).sort((a, b) => (a.proTxHash < b.proTxHash ? -1 : 1));
}

function toMasternodeRow({ entry, key }: ListEntry): MasternodeRow {
  return {
    proTxHash: key,
    confirmedHash: toHashHex(entry.confirmedHash),
    service: formatService(entry),
    isValid: entry.isValid,
    isEvo: entry.type === MnType.evo,
    pubKeyOperator: bytesToHex(entry.pubKeyOperator),
    keyIDVoting: bytesToHex(entry.keyIDVoting),
    version: entry.version,
    platformHTTPPort: entry.platformHTTPPort,
    platformNodeID: entry.platformNodeID && bytesToHex(entry.platformNodeID.slice().reverse()),
  };
}

/** @returns HOST:PORT, or undefined where the entry has no address */
export function formatService({ netInfo }: SmlEntry): string | undefined {
  if (!isExtNetInfo(netInfo)) return formatCService(netInfo);
  const core = netInfo.purposes.find(({ purpose }) => purpose === 0)?.entries[0];
  return core && formatNetInfoEntry(core);
}

const IPV4_PREFIX = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff);

function formatCService({ address, port }: Service): string | undefined {
  if (isZero(address)) return undefined;
  const isIPv4 = IPV4_PREFIX.every((byte, i) => address[i] === byte);
  return isIPv4 ? `${address.subarray(12).join(".")}:${port}` : `[${formatIPv6(address)}]:${port}`;
}

function formatNetInfoEntry(entry: NetInfoEntry): string | undefined {
  if (entry.kind === "invalid") return undefined;
  if (entry.kind === "domain") return `${new TextDecoder().decode(entry.domain)}:${entry.port}`;
  if (entry.address.length === 4) return `${entry.address.join(".")}:${entry.port}`;
  if (entry.address.length === 16) return `[${formatIPv6(entry.address)}]:${entry.port}`;
  return `${bytesToHex(entry.address)}:${entry.port}`;
}

/** Shortest text form: the longest run of zero groups becomes `::` (RFC 5952). */
function formatIPv6(address: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, i) =>
    (((address[2 * i] as number) << 8) | (address[2 * i + 1] as number)).toString(16),
  );
  let [start, length] = [0, 0];
  for (let i = 0; i < groups.length; i++) {
    let end = i;
    while (groups[end] === "0") end++;
    if (end - i > length) [start, length] = [i, end - i];
  }
  if (length < 2) return groups.join(":");
  return `${groups.slice(0, start).join(":")}::${groups.slice(start + length).join(":")}`;
}

export function quorumTypeRows(
  list: MasternodeList,
  state: EngineState,
  context: EngineContext,
  neededTypes: readonly number[],
): QuorumTypeSnapshot[] {
  const rows = new Map<number, QuorumTypeSnapshot>();
  for (const quorum of list.quorums.values()) {
    const { llmqType } = quorum.commitment;
    const row = rows.get(llmqType) ?? {
      llmqType,
      name: context.params.llmqs.get(llmqType)?.name ?? String(llmqType),
      isNeeded: neededTypes.includes(llmqType),
      total: 0,
      verified: 0,
      unknown: 0,
      invalid: 0,
    };
    const { status } = statusOf(state, quorum);
    rows.set(llmqType, { ...row, total: row.total + 1, [status]: row[status] + 1 });
  }
  return [...rows.values()].sort((a, b) => a.llmqType - b.llmqType);
}

export function quorumRows(
  list: MasternodeList,
  state: EngineState,
  context: EngineContext,
  neededTypes: readonly number[],
): QuorumRow[] {
  const rows = [...list.quorums.values()].map((quorum) => toQuorumRow(quorum, state, context, neededTypes));
  return rows.sort(
    (a, b) => a.llmqType - b.llmqType || (b.height ?? 0) - (a.height ?? 0) || b.quorumIndex - a.quorumIndex,
  );
}

function toQuorumRow(
  quorum: QuorumEntry,
  state: EngineState,
  { params, chain }: EngineContext,
  neededTypes: readonly number[],
): QuorumRow {
  const { commitment } = quorum;
  const llmq = params.llmqs.get(commitment.llmqType);
  const status = statusOf(state, quorum);
  const isNeeded = neededTypes.includes(commitment.llmqType);
  return {
    llmqType: commitment.llmqType,
    name: llmq?.name ?? String(commitment.llmqType),
    quorumHash: toHashHex(commitment.quorumHash),
    quorumIndex: commitment.quorumIndex,
    height: chain.heightOf(commitment.quorumHash),
    status: status.status,
    reason: explainStatus(status, isNeeded),
    quorumPublicKey: bytesToHex(commitment.quorumPublicKey),
    size: commitment.signers.length,
    signers: toFlags(commitment.signers),
    validMembers: toFlags(commitment.validMembers),
    isNeeded,
  };
}

function explainStatus(status: ReturnType<typeof statusOf>, isNeeded: boolean): string | undefined {
  if (status.status === "verified") return undefined;
  if (status.status === "invalid") {
    return status.reason === "quorum-signature"
      ? "The quorum's own signature is forged."
      : "Its members did not sign it.";
  }
  if (!isNeeded) return "Not checked: the network signs nothing with this type.";
  return explainUnknown(status.reason);
}

/** One sentence on what is missing. */
export function explainUnknown(reason: UnknownReason): string {
  switch (reason.code) {
    case "pending":
      return "Not checked yet.";
    case "base-block-unknown":
      return "It was formed below the first header this client has.";
    case "list-missing":
      return `The masternode list at block ${reason.height} is missing.`;
    case "snapshot-missing":
      return `The snapshot of the cycle at block ${reason.cycleHeight} is missing.`;
    case "snapshot-contradicted":
      return `The snapshots peers sent for the cycle at block ${reason.cycleHeight} do not fit its signatures.`;
  }
}

function toFlags(bits: Bitset): boolean[] {
  return Array.from({ length: bits.length }, (_, i) => isBitSet(bits, i));
}

/** @returns undefined while a list or snapshot is missing, or for a quorum the list does not have */
export function quorumMemberRows(
  quorum: QuorumEntry,
  state: EngineState,
  context: EngineContext,
): QuorumMember[] | undefined {
  const outcome = memberResolver(state, context)(quorum);
  if ("missing" in outcome) return undefined;
  const { signers, validMembers } = quorum.commitment;
  return outcome.members.map(({ entry, key }, i) => ({
    proTxHash: key,
    service: formatService(entry),
    isSigner: isBitSet(signers, i),
    isValidMember: isBitSet(validMembers, i),
  }));
}

/** @returns 48 bytes hex, basic encoding; undefined for a key that does not decode */
export function basicPublicKey({ commitment }: QuorumEntry): string | undefined {
  const { quorumPublicKey: bytes, version } = commitment;
  const scheme = isLegacyCommitment(version) ? "legacy" : "basic";
  const converted = convertPublicKey({ bytes, scheme }, "basic");
  return converted && bytesToHex(converted);
}
