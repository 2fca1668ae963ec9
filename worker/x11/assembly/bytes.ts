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

/** Engines compile this to one rotation; wasm2js would call a function for `rotl` by a variable amount. */
@inline
export function rotateLeft32(word: u32, bits: u32): u32 {
  return (word << bits) | (word >> (32 - bits));
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
