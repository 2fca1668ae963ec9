import { type Codec, type Decoded, encode, hash256, i64, struct, u32, varBytes, vector } from "./codec.ts";
import { sha256d, type Txid } from "./hashes.ts";

/** Longest extra payload consensus allows (specialtx.h MAX_TX_EXTRA_PAYLOAD). */
const MAX_TX_EXTRA_PAYLOAD = 10_000;

export const TxType = {
  normal: 0,
  proRegTx: 1,
  proUpServTx: 2,
  proUpRegTx: 3,
  proUpRevTx: 4,
  coinbase: 5,
  quorumCommitment: 6,
  mnHardForkSignal: 7,
  assetLock: 8,
  assetUnlock: 9,
} as const;

export const outpoint = struct({ txid: hash256<Txid>(), index: u32 });
export type Outpoint = Decoded<typeof outpoint>;

export const txInput = struct({ prevOut: outpoint, scriptSig: varBytes(), sequence: u32 });
export const txOutput = struct({ /** duffs */ value: i64, scriptPubKey: varBytes() });
export type TxOutput = Decoded<typeof txOutput>;

export interface Transaction {
  readonly version: number;
  readonly type: number;
  readonly inputs: readonly Decoded<typeof txInput>[];
  readonly outputs: readonly TxOutput[];
  readonly lockTime: number;
  /** Empty unless version >= 3 and type != 0; only then is it on the wire. */
  readonly extraPayload: Uint8Array;
}

const inputs = vector(txInput, "inputs");
const outputs = vector(txOutput, "outputs");
const extraPayload = varBytes(MAX_TX_EXTRA_PAYLOAD);
const hasExtraPayload = (tx: { version: number; type: number }) =>
  tx.version >= 3 && tx.type !== TxType.normal;

/**
 * Transaction with the special payload of DIP-2. No segwit marker: an input count of zero is a real zero.
 * Source: DIP-2; Core 23.1.2 primitives/transaction.h
 */
export const transaction: Codec<Transaction> = {
  minSize: 10,
  read(reader) {
    const version = reader.u16();
    const type = reader.u16();
    const tx = {
      version,
      type,
      inputs: inputs.read(reader),
      outputs: outputs.read(reader),
      lockTime: reader.u32(),
    };
    return { ...tx, extraPayload: hasExtraPayload(tx) ? extraPayload.read(reader) : new Uint8Array(0) };
  },
  write(writer, tx) {
    writer.u16(tx.version);
    writer.u16(tx.type);
    inputs.write(writer, [...tx.inputs]);
    outputs.write(writer, [...tx.outputs]);
    writer.u32(tx.lockTime);
    if (hasExtraPayload(tx)) extraPayload.write(writer, tx.extraPayload);
  },
};

/** SHA-256d of the whole transaction, payload included. */
export function computeTxid(tx: Transaction): Txid {
  return sha256d<Txid>(encode(transaction, tx));
}
