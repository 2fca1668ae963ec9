/**
 * Targets of the proof of work, as 256-bit integers and in their compact form `bits`.
 * Source: Core 23.1.2 arith_uint256.cpp SetCompact, GetCompact; chain.cpp GetBlockProof; pow.cpp CheckProofOfWork
 */

const MAX_UINT256 = 2n ** 256n - 1n;

export interface CompactTarget {
  /** Unsigned and cut to 256 bits; means nothing when negative or overflow is set. */
  readonly target: bigint;
  readonly negative: boolean;
  readonly overflow: boolean;
}

/** @param bits - u32: a size in bytes, then a sign bit and 23 bits of mantissa */
export function decodeCompact(bits: number): CompactTarget {
  const size = bits >>> 24;
  const mantissa = bits & 0x007fffff;
  const word = size <= 3 ? mantissa >>> (8 * (3 - size)) : mantissa;
  const overflow = word !== 0 && (size > 34 || (word > 0xff && size > 33) || (word > 0xffff && size > 32));
  return {
    target: size <= 3 ? BigInt(word) : BigInt.asUintN(256, BigInt(word) << BigInt(8 * (size - 3))),
    negative: word !== 0 && (bits & 0x00800000) !== 0,
    overflow,
  };
}

/** @returns u32; digits beyond the three leading bytes are cut off, so the target may come back smaller */
export function encodeCompact(target: bigint): number {
  let size = target === 0n ? 0 : Math.ceil(target.toString(16).length / 2);
  let mantissa = Number(size <= 3 ? target << BigInt(8 * (3 - size)) : target >> BigInt(8 * (size - 3)));
  if ((mantissa & 0x00800000) !== 0) {
    mantissa >>>= 8;
    size++;
  }
  return ((size << 24) | mantissa) >>> 0;
}

/** The target of a header whose `bits` were already checked. */
export function decodeTarget(bits: number): bigint {
  return decodeCompact(bits).target;
}

/**
 * @param blockHash - 32 bytes, wire order
 * @returns whether `bits` name a target the network allows and the hash reaches it. Without the limit anybody
 *   could make headers for nothing.
 */
export function isProofOfWork(blockHash: Uint8Array, bits: number, powLimit: bigint): boolean {
  const { target, negative, overflow } = decodeCompact(bits);
  if (negative || overflow || target === 0n || target > powLimit) return false;
  return readUint256(blockHash) <= target;
}

/** @returns the hashes expected until one reaches the target: floor(2^256 / (target + 1)) */
export function computeWork(target: bigint): bigint {
  return (MAX_UINT256 - target) / (target + 1n) + 1n;
}

/** @returns the 32 bytes read as a little-endian integer */
function readUint256(bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, 32);
  let value = 0n;
  for (let offset = 24; offset >= 0; offset -= 8) value = (value << 64n) | view.getBigUint64(offset, true);
  return value;
}
