// Groestl-512, the final-round submission ("tweaked").
// Source: Gauravaram, Knudsen, Matusiewicz, Mendel, Rechberger, Schlaeffer, Thomsen, "Groestl - a SHA-3 candidate", 2011.
// A state is 16 columns of 8 bytes; a column is a little-endian word, row 0 its lowest byte.
import { SBOX, timesX } from "./aes";
import { clear, padBlock } from "./bytes";

const BLOCK_SIZE: usize = 128;
const ROUNDS: u64 = 14;

/** Eight tables of 256 columns: SubBytes and MixBytes of one byte in row 0 to 7. */
const TABLES: usize = memory.data(8 * 2048, 16);

/** The columns before even and odd rounds, each stored twice in a row. */
const even: usize = memory.data(256, 16);
const odd: usize = memory.data(256, 16);

const state: usize = memory.data(128, 16);
const mixed: usize = memory.data(128, 16);
const message: usize = memory.data(128, 16);
const lastBlock: usize = memory.data(128, 16);

/** Fills the tables; to be called once, after initAes. MixBytes multiplies by circ(2, 2, 3, 4, 5, 3, 5, 7). */
export function initGroestl(): void {
  for (let i: usize = 0; i < 256; i++) {
    const s: u32 = load<u8>(SBOX + i);
    const s2 = timesX(s);
    const s3 = s2 ^ s;
    const s4 = timesX(s2);
    const s5 = s4 ^ s;
    const s7 = s4 ^ s3;
    const low = s2 | (s7 << 8) | (s5 << 16) | (s3 << 24);
    const high = s5 | (s4 << 8) | (s3 << 16) | (s2 << 24);
    const column = <u64>low | (<u64>high << 32);
    for (let row: usize = 0; row < 8; row++) {
      store<u64>(TABLES + (row << 11) + (i << 3), rotl<u64>(column, <u64>row << 3));
    }
  }
}

/** Stores column `i`, and once more after the last one: so row j finds the column it comes from without a modulus. */
@inline
function putColumn(columns: usize, i: usize, column: u64): void {
  const p = columns + (i << 3);
  store<u64>(p, column);
  store<u64>(p, column, 128);
}

/** What AddRoundConstant of P adds to column `i` before `round`. */
@inline
function constantP(i: usize, round: u64): u64 {
  return (<u64>i << 4) ^ round;
}

@inline
function constantQ(i: usize, round: u64): u64 {
  return ~(((<u64>i << 4) ^ round) << 56);
}

/** P of Groestl-512, in place. A round ends by adding the constant of the next one. */
function permuteP(block: usize): void {
  for (let i: usize = 0; i < 16; i++) putColumn(even, i, load<u64>(block + (i << 3)) ^ constantP(i, 0));
  for (let round: u64 = 1; round <= ROUNDS; round += 2) {
    permutePRound(even, odd, round);
    permutePRound(odd, even, round + 1);
  }
  for (let i: usize = 0; i < 16; i++) store<u64>(block + (i << 3), load<u64>(even + (i << 3)) ^ constantP(i, ROUNDS));
}

/** Column p of the next state. */
@inline
function columnP(p: usize): u64 {
  return (
    load<u64>(<usize>load<u8>(p) << 3, TABLES) ^
    load<u64>(<usize>load<u8>(p, 9) << 3, TABLES + 2048) ^
    load<u64>(<usize>load<u8>(p, 18) << 3, TABLES + 4096) ^
    load<u64>(<usize>load<u8>(p, 27) << 3, TABLES + 6144) ^
    load<u64>(<usize>load<u8>(p, 36) << 3, TABLES + 8192) ^
    load<u64>(<usize>load<u8>(p, 45) << 3, TABLES + 10240) ^
    load<u64>(<usize>load<u8>(p, 54) << 3, TABLES + 12288) ^
    load<u64>(<usize>load<u8>(p, 95) << 3, TABLES + 14336)
  );
}

@inline
function permutePRound(from: usize, to: usize, next: u64): void {
  for (let i: usize = 0; i < 16; i += 2) {
    const p = from + (i << 3);
    putColumn(to, i, columnP(p) ^ constantP(i, next));
    putColumn(to, i + 1, columnP(p + 8) ^ constantP(i + 1, next));
  }
}

/** Q of Groestl-512, in place. */
function permuteQ(block: usize): void {
  for (let i: usize = 0; i < 16; i++) putColumn(even, i, load<u64>(block + (i << 3)) ^ constantQ(i, 0));
  for (let round: u64 = 1; round <= ROUNDS; round += 2) {
    permuteQRound(even, odd, round);
    permuteQRound(odd, even, round + 1);
  }
  for (let i: usize = 0; i < 16; i++) store<u64>(block + (i << 3), load<u64>(even + (i << 3)) ^ constantQ(i, ROUNDS));
}

/** Column p of the next state. */
@inline
function columnQ(p: usize): u64 {
  return (
    load<u64>(<usize>load<u8>(p, 8) << 3, TABLES) ^
    load<u64>(<usize>load<u8>(p, 25) << 3, TABLES + 2048) ^
    load<u64>(<usize>load<u8>(p, 42) << 3, TABLES + 4096) ^
    load<u64>(<usize>load<u8>(p, 91) << 3, TABLES + 6144) ^
    load<u64>(<usize>load<u8>(p, 4) << 3, TABLES + 8192) ^
    load<u64>(<usize>load<u8>(p, 21) << 3, TABLES + 10240) ^
    load<u64>(<usize>load<u8>(p, 38) << 3, TABLES + 12288) ^
    load<u64>(<usize>load<u8>(p, 55) << 3, TABLES + 14336)
  );
}

@inline
function permuteQRound(from: usize, to: usize, next: u64): void {
  for (let i: usize = 0; i < 16; i += 2) {
    const p = from + (i << 3);
    putColumn(to, i, columnQ(p) ^ constantQ(i, next));
    putColumn(to, i + 1, columnQ(p + 8) ^ constantQ(i + 1, next));
  }
}

/** state = P(state + block) + Q(block) + state, where + is XOR. */
function compress(block: usize): void {
  for (let i: usize = 0; i < BLOCK_SIZE; i += 8) {
    const word = load<u64>(block + i);
    store<u64>(message + i, word);
    store<u64>(mixed + i, load<u64>(state + i) ^ word);
  }
  permuteP(mixed);
  permuteQ(message);
  for (let i: usize = 0; i < BLOCK_SIZE; i += 8) {
    store<u64>(state + i, load<u64>(state + i) ^ load<u64>(mixed + i) ^ load<u64>(message + i));
  }
}

export function groestl512(input: usize, length: usize, output: usize): void {
  clear(state, BLOCK_SIZE);
  store<u64>(state, bswap<u64>(512), 120);

  let hashed: usize = 0;
  for (; hashed + BLOCK_SIZE <= length; hashed += BLOCK_SIZE) compress(input + hashed);

  const tail = length - hashed;
  let blocks = <u64>(hashed / BLOCK_SIZE) + 1;
  padBlock(lastBlock, BLOCK_SIZE, input + hashed, tail, 0x80);
  if (tail > 119) {
    compress(lastBlock);
    clear(lastBlock, BLOCK_SIZE);
    blocks++;
  }
  store<u64>(lastBlock, bswap<u64>(blocks), 120);
  compress(lastBlock);

  for (let i: usize = 0; i < BLOCK_SIZE; i += 8) store<u64>(mixed + i, load<u64>(state + i));
  permuteP(mixed);
  for (let i: usize = 0; i < 64; i += 8) {
    store<u64>(output + i, load<u64>(state + 64 + i) ^ load<u64>(mixed + 64 + i));
  }
}
