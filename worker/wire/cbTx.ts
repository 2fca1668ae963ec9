import { DashlightError } from "../errors.ts";
import { type Codec, decode, fixedBytes } from "./codec.ts";
import type { Duffs, Hash256, Height } from "./hashes.ts";
import { type Transaction, TxType } from "./tx.ts";

/**
 * Coinbase payload: the two roots describe the state after this block, quorum commitments mined in it included.
 * Source: DIP-4, DIP-29; Core 23.1.2 evo/cbtx.h CCbTx
 */
export interface CbTx {
  /** 1 from DIP3, 2 from DIP8, 3 from V20 */
  readonly version: number;
  readonly height: Height;
  readonly merkleRootMNList: Hash256;
  /** From version 2 on. */
  readonly merkleRootQuorums: Hash256 | undefined;
  /** From version 3 on. */
  readonly chainLock: CbTxChainLock | undefined;
}

export interface CbTxChainLock {
  /** The signature locks block `height - bestCLHeightDiff - 1`. */
  readonly bestCLHeightDiff: number;
  /** 96 bytes, basic encoding; all zero when the miner knew none */
  readonly bestCLSignature: Uint8Array;
  readonly creditPoolBalance: Duffs;
}

const hash = fixedBytes(32);
const signature = fixedBytes(96);

export const cbTx: Codec<CbTx> = {
  minSize: 38,
  read(reader) {
    const version = reader.u16();
    if (version < 1 || version > 3) {
      throw new DashlightError({ code: "wire/unsupported-version", what: "cbTx", version });
    }
    return {
      version,
      height: reader.i32(),
      merkleRootMNList: hash.read(reader),
      merkleRootQuorums: version >= 2 ? hash.read(reader) : undefined,
      chainLock:
        version >= 3
          ? {
              bestCLHeightDiff: reader.compactSize(),
              bestCLSignature: signature.read(reader),
              creditPoolBalance: reader.i64(),
            }
          : undefined,
    };
  },
  write(writer, value) {
    writer.u16(value.version);
    writer.i32(value.height);
    hash.write(writer, value.merkleRootMNList);
    if (value.merkleRootQuorums) hash.write(writer, value.merkleRootQuorums);
    if (value.chainLock) {
      writer.compactSize(value.chainLock.bestCLHeightDiff);
      signature.write(writer, value.chainLock.bestCLSignature);
      writer.i64(value.chainLock.creditPoolBalance);
    }
  },
};

/**
 * @returns the coinbase payload of a type 5 transaction, or undefined for a transaction of another type
 *   (blocks before DIP3 have a plain coinbase)
 * @throws `wire/*` if the payload is not exactly one cbTx of a known version
 */
export function readCbTx(tx: Transaction): CbTx | undefined {
  return tx.version >= 3 && tx.type === TxType.coinbase ? decode(cbTx, tx.extraPayload) : undefined;
}
