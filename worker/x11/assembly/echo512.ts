// ECHO-512 without salt.
// Source: Benadjila, Billet, Gilbert, Macario-Rat, Peyrin, Robshaw, Seurin, "SHA-3 Proposal: ECHO", version 2.0.
// The state is 4 by 4 words of 128 bits, stored column by column: word i is at byte 16 i.
import { aesColumn } from "./aes";
import { clear, padBlock } from "./bytes";

const BLOCK_SIZE: usize = 128;
const ROUNDS = 10;

const chain: usize = memory.data(128, 16);
const work: usize = memory.data(256, 16);
/** `work` after the two AES rounds and BigShiftRows. */
const shifted: usize = memory.data(256, 16);
const lastBlock: usize = memory.data(128, 16);

/** Two AES rounds, the first with the 128-bit number `key` as its key, the second without. */
@inline
function substitute(source: usize, target: usize, key: u64): void {
  const x0 = load<u32>(source);
  const x1 = load<u32>(source, 4);
  const x2 = load<u32>(source, 8);
  const x3 = load<u32>(source, 12);
  const y0 = aesColumn(x0, x1, x2, x3) ^ <u32>key;
  const y1 = aesColumn(x1, x2, x3, x0) ^ <u32>(key >> 32);
  const y2 = aesColumn(x2, x3, x0, x1);
  const y3 = aesColumn(x3, x0, x1, x2);
  store<u32>(target, aesColumn(y0, y1, y2, y3));
  store<u32>(target, aesColumn(y1, y2, y3, y0), 4);
  store<u32>(target, aesColumn(y2, y3, y0, y1), 8);
  store<u32>(target, aesColumn(y3, y0, y1, y2), 12);
}

/** Eight bytes, each times x in the AES field. */
@inline
function timesX8(bytes: u64): u64 {
  const high = bytes & 0x8080808080808080;
  return ((bytes ^ high) << 1) ^ ((high - (high >> 7)) & 0x1b1b1b1b1b1b1b1b);
}

/** Sixteen bytes, each times x. */
@inline
function timesX16(bytes: v128): v128 {
  const reduction = v128.and(i8x16.lt_s(bytes, i8x16.splat(0)), i8x16.splat(0x1b));
  return v128.xor(i8x16.add(bytes, bytes), reduction);
}

/** MixColumns of AES across the four words of a column, byte by byte. */
@inline
function mixColumnVectors(column: usize): void {
  const a = v128.load(shifted + column);
  const b = v128.load(shifted + column, 16);
  const c = v128.load(shifted + column, 32);
  const d = v128.load(shifted + column, 48);
  const ab = v128.xor(a, b);
  const cd = v128.xor(c, d);
  const abx = timesX16(ab);
  const bcx = timesX16(v128.xor(b, c));
  const cdx = timesX16(cd);
  v128.store(work + column, v128.xor(v128.xor(abx, b), cd));
  v128.store(work + column, v128.xor(v128.xor(bcx, a), cd), 16);
  v128.store(work + column, v128.xor(v128.xor(cdx, ab), d), 32);
  v128.store(work + column, v128.xor(v128.xor(v128.xor(abx, bcx), v128.xor(cdx, ab)), c), 48);
}

/** The same on halves of words, for JavaScript. */
@inline
function mixColumnWords(column: usize): void {
  for (let i = column; i < column + 16; i += 8) {
    const a = load<u64>(shifted + i);
    const b = load<u64>(shifted + i, 16);
    const c = load<u64>(shifted + i, 32);
    const d = load<u64>(shifted + i, 48);
    const ab = a ^ b;
    const cd = c ^ d;
    const abx = timesX8(ab);
    const bcx = timesX8(b ^ c);
    const cdx = timesX8(cd);
    store<u64>(work + i, abx ^ b ^ cd);
    store<u64>(work + i, bcx ^ a ^ cd, 16);
    store<u64>(work + i, cdx ^ ab ^ d, 32);
    store<u64>(work + i, abx ^ bcx ^ cdx ^ ab ^ c, 48);
  }
}

@inline
function mixColumn(column: usize): void {
  if (ASC_FEATURE_SIMD) mixColumnVectors(column);
  else mixColumnWords(column);
}

/** @param bits - message bits hashed up to and with this block, 0 if it holds none: where the keys start */
function compress(block: usize, bits: u64): void {
  for (let i: usize = 0; i < BLOCK_SIZE; i += 8) {
    store<u64>(work + i, load<u64>(chain + i));
    store<u64>(work + i, load<u64>(block + i), 128);
  }

  let key = bits;
  for (let round = 0; round < ROUNDS; round++) {
    // BigShiftRows: word (row, column) comes from column + row.
    for (let i: usize = 0; i < 256; i += 16) {
      const row = i & 48;
      substitute(work + i, shifted + ((i - (row << 2)) & 255), key);
      key++;
    }
    for (let column: usize = 0; column < 256; column += 64) mixColumn(column);
  }

  for (let i: usize = 0; i < BLOCK_SIZE; i += 8) {
    const word = load<u64>(chain + i) ^ load<u64>(block + i) ^ load<u64>(work + i) ^ load<u64>(work + i, 128);
    store<u64>(chain + i, word);
  }
}

export function echo512(input: usize, length: usize, output: usize): void {
  // Each of the eight chaining words starts as the digest size.
  for (let i: usize = 0; i < BLOCK_SIZE; i += 16) {
    store<u64>(chain + i, 512);
    store<u64>(chain + i, 0, 8);
  }
  const bits = <u64>length << 3;

  let hashed: usize = 0;
  for (; hashed + BLOCK_SIZE <= length; hashed += BLOCK_SIZE) {
    compress(input + hashed, <u64>(hashed + BLOCK_SIZE) << 3);
  }

  const tail = length - hashed;
  let counter: u64 = tail == 0 ? 0 : bits;
  padBlock(lastBlock, BLOCK_SIZE, input + hashed, tail, 0x80);
  if (tail > 109) {
    compress(lastBlock, counter);
    counter = 0;
    clear(lastBlock, BLOCK_SIZE);
  }
  store<u16>(lastBlock, 512, 110);
  store<u64>(lastBlock, bits, 112);
  compress(lastBlock, counter);
  for (let i: usize = 0; i < 64; i += 8) store<u64>(output + i, load<u64>(chain + i));
}
