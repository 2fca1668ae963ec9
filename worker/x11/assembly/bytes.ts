// What the hash functions share: byte order, block padding, rotations by a variable amount.

/** The 8 bytes at `pointer` as a big-endian word. */
@inline
export function loadBigEndian64(pointer: usize): u64 {
  return bswap<u64>(load<u64>(pointer));
}

@inline
export function storeBigEndian64(pointer: usize, word: u64): void {
  store<u64>(pointer, bswap<u64>(word));
}

// Two builds (buildAssembly.mjs), measured on one core of an EPYC 9004. The one with vectors is for WebAssembly: 100,000 hashes
// a second, 60,000 without vectors. The one without becomes JavaScript, where wasm2js would put a function call for each
// rotation: 20,000 hashes a second, 12,000 with the calls.

@inline
export function rotateLeft32(word: u32, bits: u32): u32 {
  if (ASC_FEATURE_SIMD) return rotl<u32>(word, bits);
  else return (word << bits) | (word >> (32 - bits));
}

@inline
export function rotateLeft64(word: u64, bits: u64): u64 {
  if (ASC_FEATURE_SIMD) return rotl<u64>(word, bits);
  else return (word << bits) | (word >> (64 - bits));
}

/** Each of the four words rotated left. */
@inline
export function rotateLeft32x4(words: v128, bits: i32): v128 {
  return v128.or(i32x4.shl(words, bits), i32x4.shr_u(words, 32 - bits));
}

/**
 * Starts a closing block: the bytes after the last full block, `marker`, then zeros.
 * Words and not memory.copy, whose call costs more than the few words moved here.
 * @param blockSize - a multiple of 8, above `tailLength`
 */
export function padBlock(block: usize, blockSize: usize, tail: usize, tailLength: usize, marker: u8): void {
  let offset: usize = 0;
  for (; offset + 8 <= tailLength; offset += 8) store<u64>(block + offset, load<u64>(tail + offset));
  for (let i = offset; i < blockSize; i += 8) store<u64>(block + i, 0);
  for (; offset < tailLength; offset++) store<u8>(block + offset, load<u8>(tail + offset));
  store<u8>(block + offset, marker);
}

/** @param size - a multiple of 8 */
export function clear(pointer: usize, size: usize): void {
  for (let i: usize = 0; i < size; i += 8) store<u64>(pointer + i, 0);
}

/** @param size - a multiple of 8 */
export function copyWords(target: usize, source: usize, size: usize): void {
  for (let i: usize = 0; i < size; i += 8) store<u64>(target + i, load<u64>(source + i));
}
