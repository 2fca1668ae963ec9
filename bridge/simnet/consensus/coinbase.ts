import type { CbTx } from "../../../worker/wire/cbTx.ts";
import { type Txid, ZERO_HASH } from "../../../worker/wire/hashes.ts";
import { encodeSpecialPayload } from "../../../worker/wire/specialTx.ts";
import { type Transaction, type TxOutput, TxType } from "../../../worker/wire/tx.ts";

const NO_INDEX = 0xffffffff;
const FINAL_SEQUENCE = 0xffffffff;

/** The first transaction of a block, with the roots it commits to; without payload that of genesis. */
export function makeCoinbase(
  scriptSig: Uint8Array,
  outputs: readonly TxOutput[],
  payload: CbTx | undefined,
): Transaction {
  return {
    version: payload === undefined ? 1 : 3,
    type: payload === undefined ? TxType.normal : TxType.coinbase,
    inputs: [{ prevOut: { txid: ZERO_HASH as Txid, index: NO_INDEX }, scriptSig, sequence: FINAL_SEQUENCE }],
    outputs,
    lockTime: 0,
    extraPayload:
      payload === undefined ? new Uint8Array() : encodeSpecialPayload({ type: TxType.coinbase, payload }),
  };
}
