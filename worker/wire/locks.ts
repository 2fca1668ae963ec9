import { DashlightError } from "../errors.ts";
import { type Codec, type Decoded, encode, fixedBytes, hash256, i32, struct, u8, vector } from "./codec.ts";
import { type BlockHash, type Hash256, sha256d, type Txid } from "./hashes.ts";
import { outpoint } from "./tx.ts";

const signature = fixedBytes(96);

/** 132 bytes. Source: DIP-8; Core 23.1.2 chainlock/clsig.h */
export const chainLock = struct({
  height: i32,
  blockHash: hash256<BlockHash>(),
  /** basic scheme */
  sig: signature,
});
export type ChainLock = Decoded<typeof chainLock>;

const ISDLOCK_VERSION = 1;
const lockVersion: Codec<number> = {
  minSize: 1,
  read(reader) {
    const version = reader.u8();
    if (version !== ISDLOCK_VERSION) {
      throw new DashlightError({ code: "wire/unsupported-version", what: "isdlock", version });
    }
    return version;
  },
  write: (writer, version) => u8.write(writer, version),
};
const inputs = vector(outpoint, "inputs");

/** 162 + 36 n bytes. Source: DIP-22; Core 23.1.2 instantsend/lock.h */
export const instantLock = struct({
  version: lockVersion,
  /** Outpoints the transaction spends, in its order. */
  inputs,
  txid: hash256<Txid>(),
  /** Base block of the cycle in which the signing quorum was formed (since 70237; before, of the tip at signing). */
  cycleHash: hash256<BlockHash>(),
  sig: signature,
});
export type InstantLock = Decoded<typeof instantLock>;

const CLSIG_PREFIX = new TextEncoder().encode("\x05clsig");
const ISLOCK_PREFIX = new TextEncoder().encode("\x06islock");

/** SHA-256d("clsig" as var-string, height). Source: Core 23.1.2 chainlock/clsig.cpp GenSigRequestId */
export function computeChainLockRequestId(height: number): Hash256 {
  return sha256d(CLSIG_PREFIX, encode(i32, height));
}

/** SHA-256d("islock" as var-string, inputs). Source: Core 23.1.2 instantsend/lock.cpp GetRequestId */
export function computeInstantLockRequestId(lock: InstantLock): Hash256 {
  return sha256d(ISLOCK_PREFIX, encode(inputs, lock.inputs));
}
