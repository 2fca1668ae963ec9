import { existsSync } from "node:fs";
import { expect, it } from "vitest";
import { readVector, readVectorJson, vectorPath } from "../../../worker/test/vectors.ts";
import { block } from "../../../worker/wire/block.ts";
import { readCbTx } from "../../../worker/wire/cbTx.ts";
import { decode, encode } from "../../../worker/wire/codec.ts";
import { quorumCommitmentPayload } from "../../../worker/wire/finalCommitment.ts";
import { fromHashHex, type HashHex, type Height, type Txid, toHashHex } from "../../../worker/wire/hashes.ts";
import { isExtNetInfo } from "../../../worker/wire/smlEntry.ts";
import { type Transaction, TxType } from "../../../worker/wire/tx.ts";
import { applyBlock } from "../consensus/applyBlock.ts";
import { MasternodeList, makeMasternode } from "../consensus/masternodes.ts";
import { describeScenarios, type RecordedMember, RecordedState } from "./recordedState.ts";

/** What `protx list registered` said at a work block. */
interface RecordedProTx {
  readonly type: "Regular" | "Evo";
  readonly proTxHash: HashHex;
  readonly collateralHash: HashHex;
  readonly collateralIndex: number;
  readonly state: {
    readonly registeredHeight: Height;
    readonly PoSePenalty: number;
    readonly PoSeBanHeight: Height;
    readonly revocationReason: number;
  };
}
/** By height; older ones name the valid masternodes only. */
type RecordedLists = Readonly<Record<string, { readonly registered?: readonly RecordedProTx[] }>>;

/** A recorded list with all that consensus keeps beside it. */
function recordedList(state: RecordedState, lists: RecordedLists, height: Height): MasternodeList {
  const registered = new Map(lists[height]?.registered?.map((each) => [each.proTxHash, each]));
  const masternodes = state
    .membersAt(height)
    .map((member) => toMasternode(member, registered.get(member.id)));
  const penalties = [...registered.values()]
    .map(({ proTxHash, state: { PoSePenalty } }) => [proTxHash, PoSePenalty] as const)
    .filter(([, penalty]) => penalty > 0);
  return new MasternodeList(masternodes, new Map(penalties));
}

function toMasternode({ entry, isEvo }: RecordedMember, proTx: RecordedProTx | undefined) {
  if (proTx === undefined || isExtNetInfo(entry.netInfo)) throw new Error("not in the registered list");
  const { collateralHash, collateralIndex, state } = proTx;
  return makeMasternode({
    proRegTxHash: entry.proRegTxHash,
    isEvo: isEvo || proTx.type === "Evo",
    collateralOutpoint: { txid: fromHashHex<Txid>(collateralHash), index: collateralIndex },
    registeredHeight: state.registeredHeight,
    version: entry.version,
    confirmedHash: entry.confirmedHash,
    netInfo: entry.netInfo,
    keyIDOwner: new Uint8Array(20),
    keyIDVoting: entry.keyIDVoting,
    pubKeyOperator: entry.pubKeyOperator,
    platformNodeID: entry.platformNodeID ?? new Uint8Array(20),
    platformHTTPPort: entry.platformHTTPPort ?? 0,
    poSeBanHeight: state.PoSeBanHeight < 0 ? undefined : state.PoSeBanHeight,
    revocationReason: state.revocationReason,
  });
}

/** The block's transactions as recorded, else the commitments it is known to hold. */
function transactionsOf(state: RecordedState, height: Height): Transaction[] {
  const file = `regtest/${state.id}/blocks/${height}.bin`;
  if (existsSync(vectorPath(file))) return decode(block, readVector(file)).transactions.slice(1);
  return state.minedAt(height).map(({ commitment }) => ({
    version: 3,
    type: TxType.quorumCommitment,
    inputs: [],
    outputs: [],
    lockTime: 0,
    extraPayload: encode(quorumCommitmentPayload, { version: 1, height, commitment }),
  }));
}

/** Whether some masternode transaction in (from, to] was not recorded. */
function isIncomplete(state: RecordedState, from: Height, to: Height): boolean {
  return state.chain.slice(from + 1, to + 1).some(({ height, txTypes }) => {
    const isSpecial = txTypes?.some((type) => type >= TxType.proRegTx && type <= TxType.proUpRevTx) ?? false;
    return isSpecial && !existsSync(vectorPath(`regtest/${state.id}/blocks/${height}.bin`));
  });
}

describeScenarios(({ id }) => {
  const state = new RecordedState(id);
  const lists = readVectorJson<RecordedLists>(`regtest/${id}/protx_lists.json`);
  const rules = {
    minimumConfirmations: state.params.masternodeMinimumConfirmations,
    membersOf: (commitment: { llmqType: number; quorumHash: Uint8Array }) =>
      state.membersOf(commitment.llmqType, toHashHex(commitment.quorumHash)),
  };

  it("applies the blocks between two recorded lists, penalties and bans included", () => {
    const heights = Object.keys(lists)
      .filter((height) => lists[height]?.registered !== undefined)
      .map(Number);
    let compared = 0;
    let banned = 0;
    for (const [i, to] of heights.entries()) {
      const from = heights[i - 1];
      if (from === undefined || isIncomplete(state, from, to)) continue;
      const before = recordedList(state, lists, from);
      const expected = recordedList(state, lists, to);
      let list = before;
      for (let height = from + 1; height <= to; height++) {
        const transactions = transactionsOf(state, height);
        list = applyBlock(list, { height, prevBlockHash: state.hashAt(height - 1), transactions }, rules);
      }
      expect(list.merkleRoot(), `${from}-${to}`).toEqual(readCbTx(state.coinbaseAt(to))?.merkleRootMNList);
      expect(penaltiesOf(list), `${from}-${to}`).toEqual(penaltiesOf(expected));
      const wasValid = new Set(before.all.flatMap(({ id: each, isValid }) => (isValid ? [each] : [])));
      banned += expected.all.filter(({ id: each, isValid }) => !isValid && wasValid.has(each)).length;
      compared++;
    }
    expect({ compared, banned }).toEqual(expectations[id]);
  });
});

const expectations: Record<string, { compared: number; banned: number }> = {
  "cycle-a": { compared: 6, banned: 0 },
  "faults-b": { compared: 5, banned: 1 },
  "few-masternodes-c": { compared: 6, banned: 0 },
  "legacy-bls-d": { compared: 6, banned: 0 },
};

function penaltiesOf(list: MasternodeList): [HashHex, number][] {
  return [...list.penalties].sort(([a], [b]) => (a < b ? -1 : 1));
}
