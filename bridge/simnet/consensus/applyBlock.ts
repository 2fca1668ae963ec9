import { isBitSet } from "../../../worker/wire/codec.ts";
import type { FinalCommitment } from "../../../worker/wire/finalCommitment.ts";
import {
  type BlockHash,
  type HashHex,
  type Height,
  isZero,
  type ProTxHash,
  type Txid,
  toHashHex,
} from "../../../worker/wire/hashes.ts";
import { NO_SERVICE, type Service } from "../../../worker/wire/netInfo.ts";
import { isExtNetInfo, MnType, SmlEntryVersion } from "../../../worker/wire/smlEntry.ts";
import {
  type ProRegTx,
  type ProUpRegTx,
  type ProUpRevTx,
  type ProUpServTx,
  readSpecialPayload,
} from "../../../worker/wire/specialTx.ts";
import { computeTxid, type Transaction, TxType } from "../../../worker/wire/tx.ts";
import {
  type Masternode,
  type MasternodeList,
  type MasternodeListEditor,
  outpointKey,
  UNCONFIRMED,
} from "./masternodes.ts";

/** A block as far as it changes the list. */
export interface BlockChanges {
  readonly height: Height;
  readonly prevBlockHash: BlockHash;
  /** Without the coinbase. */
  readonly transactions: readonly Transaction[];
}

export interface ListRules {
  readonly minimumConfirmations: number;
  /** Members in order of the quorum a commitment belongs to. */
  readonly membersOf: (commitment: FinalCommitment) => readonly Masternode[];
}

/** Punishment for not taking part in a DKG, in percent of the penalty that bans. */
const POSE_PENALTY_PERCENT = 66;
/** Least penalty that bans; with more masternodes it is their number. */
const POSE_MIN_MAX_PENALTY = 100;

const NO_KEY = new Uint8Array(48);
const NO_KEY_ID = new Uint8Array(20);

/** An operator's fields after a revocation. Source: Core 23.1.2 evo/dmnstate.h ResetOperatorFields */
const NO_OPERATOR = {
  version: SmlEntryVersion.legacyBls,
  pubKeyOperator: NO_KEY,
  netInfo: NO_SERVICE,
  platformNodeID: NO_KEY_ID,
  platformHTTPPort: 0,
  revocationReason: 0,
};

/**
 * The list after a block: confirmations, penalties that fade, then the transactions in order, then collaterals spent.
 * Source: Core 23.1.2 evo/specialtxman.cpp RebuildListFromBlock
 */
export function applyBlock(before: MasternodeList, block: BlockChanges, rules: ListRules): MasternodeList {
  const list = before.edit();
  confirm(list, block, rules.minimumConfirmations);
  fadePenalties(list, before);
  for (const tx of block.transactions) applySpecial(list, tx, block.height, rules);
  removeSpentCollaterals(list, block.transactions);
  return list.freeze();
}

function confirm(list: MasternodeListEditor, block: BlockChanges, minimumConfirmations: number): void {
  for (const { id, registeredHeight } of list.unconfirmed()) {
    const isDue = block.height - 1 - registeredHeight >= minimumConfirmations;
    if (isDue) list.update(id, { confirmedHash: block.prevBlockHash });
  }
}

/** Of those not banned; a ban keeps its penalty until the masternode is revived. */
function fadePenalties(list: MasternodeListEditor, before: MasternodeList): void {
  for (const [id, penalty] of before.penalties) {
    if (list.get(id)?.isValid) list.setPenalty(id, penalty - 1);
  }
}

function applySpecial(list: MasternodeListEditor, tx: Transaction, height: Height, rules: ListRules): void {
  const special = readSpecialPayload(tx);
  switch (special?.type) {
    case TxType.proRegTx:
      register(list, special.payload, computeTxid(tx), height);
      break;
    case TxType.proUpServTx:
      updateService(list, special.payload);
      break;
    case TxType.proUpRegTx:
      updateRegistrar(list, special.payload, height);
      break;
    case TxType.proUpRevTx:
      revoke(list, special.payload, height);
      break;
    case TxType.quorumCommitment:
      punishAbsent(list, special.payload.commitment, height, rules);
      break;
  }
}

function asService(netInfo: ProRegTx["netInfo"]): Service {
  if (isExtNetInfo(netInfo)) throw new Error("extended addresses are not active on a simnet");
  return netInfo;
}

function register(list: MasternodeListEditor, payload: ProRegTx, txid: Txid, height: Height): void {
  const { collateralOutpoint } = payload;
  list.add({
    proRegTxHash: txid as Uint8Array as ProTxHash,
    isEvo: payload.type === MnType.evo,
    collateralOutpoint: isZero(collateralOutpoint.txid)
      ? { txid, index: collateralOutpoint.index }
      : collateralOutpoint,
    registeredHeight: height,
    version: payload.version,
    confirmedHash: UNCONFIRMED,
    netInfo: asService(payload.netInfo),
    keyIDOwner: payload.keyIDOwner,
    keyIDVoting: payload.keyIDVoting,
    pubKeyOperator: payload.pubKeyOperator,
    platformNodeID: payload.platform?.platformNodeID ?? NO_KEY_ID,
    platformHTTPPort: payload.platform?.platformHTTPPort ?? 0,
    poSeBanHeight: undefined,
    revocationReason: 0,
  });
}

/** Also revives, unless the operator's key is gone. */
function updateService(list: MasternodeListEditor, payload: ProUpServTx): void {
  const id = toHashHex(payload.proTxHash);
  const masternode = list.get(id);
  if (masternode === undefined || isZero(masternode.pubKeyOperator)) return;
  if (!masternode.isValid) list.setPenalty(id, 0);
  list.update(id, {
    netInfo: asService(payload.netInfo),
    ...(payload.platform === undefined
      ? {}
      : {
          platformNodeID: payload.platform.platformNodeID,
          platformHTTPPort: payload.platform.platformHTTPPort ?? 0,
        }),
    poSeBanHeight: undefined,
  });
}

/** A new operator key takes the address away and bans until the new operator announces one. */
function updateRegistrar(list: MasternodeListEditor, payload: ProUpRegTx, height: Height): void {
  const id = toHashHex(payload.proTxHash);
  const masternode = list.get(id);
  if (masternode === undefined) return;
  const { keyIDVoting, pubKeyOperator, version } = payload;
  if (toText(masternode.pubKeyOperator) === toText(pubKeyOperator)) {
    list.update(id, { keyIDVoting });
    return;
  }
  const poSeBanHeight = masternode.poSeBanHeight ?? height;
  list.update(id, { ...NO_OPERATOR, version, pubKeyOperator, keyIDVoting, poSeBanHeight });
}

function toText(bytes: Uint8Array): string {
  return bytes.join();
}

function revoke(list: MasternodeListEditor, payload: ProUpRevTx, height: Height): void {
  const id = toHashHex(payload.proTxHash);
  const poSeBanHeight = list.get(id)?.poSeBanHeight ?? height;
  list.update(id, { ...NO_OPERATOR, revocationReason: payload.reason, poSeBanHeight });
}

/** Members that the others found missing. Source: Core 23.1.2 evo/specialtxman.cpp HandleQuorumCommitment, PoSePunish */
function punishAbsent(
  list: MasternodeListEditor,
  commitment: FinalCommitment,
  height: Height,
  rules: ListRules,
): void {
  if (isZero(commitment.quorumPublicKey)) return;
  rules.membersOf(commitment).forEach(({ id }, i) => {
    if (!isBitSet(commitment.validMembers, i)) punish(list, id, height);
  });
}

function punish(list: MasternodeListEditor, id: HashHex, height: Height): void {
  const masternode = list.get(id);
  if (masternode === undefined) return;
  const maxPenalty = Math.max(POSE_MIN_MAX_PENALTY, list.size);
  const added = Math.floor((maxPenalty * POSE_PENALTY_PERCENT) / 100);
  const penalty = Math.min(maxPenalty, list.penalty(id) + added);
  list.setPenalty(id, penalty);
  if (penalty >= maxPenalty && masternode.isValid) list.update(id, { poSeBanHeight: height });
}

function removeSpentCollaterals(list: MasternodeListEditor, transactions: readonly Transaction[]): void {
  for (const { prevOut } of transactions.flatMap(({ inputs }) => inputs)) {
    const owner = list.ownerOf(outpointKey(prevOut));
    if (owner !== undefined) list.remove(owner);
  }
}
