// The AES S-box and round, for SHAvite-3 and ECHO; Groestl takes the S-box. Source: FIPS 197.

/** 256 bytes. */
export const SBOX: usize = memory.data(256, 16);

/** Four tables of 256 words: SubBytes and MixColumns of one byte in row 0, 1, 2, 3 of a column. */
const TABLE_0: usize = memory.data(4096, 16);
const TABLE_1: usize = TABLE_0 + 1024;
const TABLE_2: usize = TABLE_0 + 2048;
const TABLE_3: usize = TABLE_0 + 3072;

/** A byte times x in GF(2^8) modulo x^8 + x^4 + x^3 + x + 1. */
@inline
export function timesX(byte: u32): u32 {
  return (byte << 1) ^ ((byte >> 7) * 0x11b);
}

/** Fills the tables; to be called once. They take 5 KB of memory instead of 5 KB of file. */
export function initAes(): void {
  // Walks the field by the generator 3 (`power`) and by its inverse (`inverse`), so that power * inverse = 1.
  let power: u32 = 1;
  let inverse: u32 = 1;
  do {
    power = power ^ timesX(power);
    inverse ^= inverse << 1;
    inverse ^= inverse << 2;
    inverse = (inverse ^ (inverse << 4)) & 0xff;
    if (inverse & 0x80) inverse ^= 0x09;
    const twice = inverse | (inverse << 8);
    const affine = inverse ^ (twice >> 7) ^ (twice >> 6) ^ (twice >> 5) ^ (twice >> 4);
    store<u8>(SBOX + power, <u8>(affine ^ 0x63));
  } while (power != 1);
  store<u8>(SBOX, 0x63);

  for (let i: usize = 0; i < 256; i++) {
    const s: u32 = load<u8>(SBOX + i);
    const s2 = timesX(s);
    const column = s2 | (s << 8) | (s << 16) | ((s2 ^ s) << 24);
    store<u32>(TABLE_0 + (i << 2), column);
    store<u32>(TABLE_1 + (i << 2), rotl<u32>(column, 8));
    store<u32>(TABLE_2 + (i << 2), rotl<u32>(column, 16));
    store<u32>(TABLE_3 + (i << 2), rotl<u32>(column, 24));
  }
}

/**
 * One column of an AES round without its key: SubBytes, ShiftRows, MixColumns.
 * Column i of a state (x0..x3), little-endian words, is aesColumn(xi, x(i+1), x(i+2), x(i+3)), indices modulo 4.
 */
@inline
export function aesColumn(row0: u32, row1: u32, row2: u32, row3: u32): u32 {
  // Shift, then mask: one operation less for each byte than to cut it out and multiply it by 4.
  return (
    load<u32>((row0 << 2) & 0x3fc, TABLE_0) ^
    load<u32>((row1 >> 6) & 0x3fc, TABLE_1) ^
    load<u32>((row2 >> 14) & 0x3fc, TABLE_2) ^
    load<u32>((row3 >> 22) & 0x3fc, TABLE_3)
  );
}
