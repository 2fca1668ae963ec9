// Groestl-512, the final-round submission ("tweaked").
// Source: Gauravaram, Knudsen, Matusiewicz, Mendel, Rechberger, Schlaeffer, Thomsen, "Groestl - a SHA-3 candidate", 2011.
// A state is 16 columns of 8 bytes; a column is a little-endian word, row 0 its lowest byte.
import { SBOX, timesX } from "./aes";
import { clear, padBlock } from "./bytes";

const BLOCK_SIZE: usize = 128;
const ROUNDS: u64 = 14;

/** Eight tables of 256 columns: SubBytes and MixBytes of one byte in row 0 to 7. */
const TABLES: usize = memory.data(8 * 2048, 16);

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

/** Where byte `row` of `word` stands in its table. */
@inline
function entry(word: u64, row: u64): usize {
  return <usize>((word >> (row << 3)) & 0xff) << 3;
}

/** SubBytes, ShiftBytes and MixBytes for one column: row i comes from column ai. */
@inline
function column(a0: u64, a1: u64, a2: u64, a3: u64, a4: u64, a5: u64, a6: u64, a7: u64): u64 {
  return (
    load<u64>(entry(a0, 0), TABLES) ^
    load<u64>(entry(a1, 1), TABLES + 2048) ^
    load<u64>(entry(a2, 2), TABLES + 4096) ^
    load<u64>(entry(a3, 3), TABLES + 6144) ^
    load<u64>(entry(a4, 4), TABLES + 8192) ^
    load<u64>(entry(a5, 5), TABLES + 10240) ^
    load<u64>(entry(a6, 6), TABLES + 12288) ^
    load<u64>(entry(a7, 7), TABLES + 14336)
  );
}

/** P of Groestl-512, in place. */
function permuteP(block: usize): void {
  let a0 = load<u64>(block);
  let a1 = load<u64>(block, 8);
  let a2 = load<u64>(block, 16);
  let a3 = load<u64>(block, 24);
  let a4 = load<u64>(block, 32);
  let a5 = load<u64>(block, 40);
  let a6 = load<u64>(block, 48);
  let a7 = load<u64>(block, 56);
  let a8 = load<u64>(block, 64);
  let a9 = load<u64>(block, 72);
  let a10 = load<u64>(block, 80);
  let a11 = load<u64>(block, 88);
  let a12 = load<u64>(block, 96);
  let a13 = load<u64>(block, 104);
  let a14 = load<u64>(block, 112);
  let a15 = load<u64>(block, 120);

  for (let round: u64 = 0; round < ROUNDS; round++) {
    a0 ^= round;
    a1 ^= round ^ 0x10;
    a2 ^= round ^ 0x20;
    a3 ^= round ^ 0x30;
    a4 ^= round ^ 0x40;
    a5 ^= round ^ 0x50;
    a6 ^= round ^ 0x60;
    a7 ^= round ^ 0x70;
    a8 ^= round ^ 0x80;
    a9 ^= round ^ 0x90;
    a10 ^= round ^ 0xa0;
    a11 ^= round ^ 0xb0;
    a12 ^= round ^ 0xc0;
    a13 ^= round ^ 0xd0;
    a14 ^= round ^ 0xe0;
    a15 ^= round ^ 0xf0;

    const b0 = column(a0, a1, a2, a3, a4, a5, a6, a11);
    const b1 = column(a1, a2, a3, a4, a5, a6, a7, a12);
    const b2 = column(a2, a3, a4, a5, a6, a7, a8, a13);
    const b3 = column(a3, a4, a5, a6, a7, a8, a9, a14);
    const b4 = column(a4, a5, a6, a7, a8, a9, a10, a15);
    const b5 = column(a5, a6, a7, a8, a9, a10, a11, a0);
    const b6 = column(a6, a7, a8, a9, a10, a11, a12, a1);
    const b7 = column(a7, a8, a9, a10, a11, a12, a13, a2);
    const b8 = column(a8, a9, a10, a11, a12, a13, a14, a3);
    const b9 = column(a9, a10, a11, a12, a13, a14, a15, a4);
    const b10 = column(a10, a11, a12, a13, a14, a15, a0, a5);
    const b11 = column(a11, a12, a13, a14, a15, a0, a1, a6);
    const b12 = column(a12, a13, a14, a15, a0, a1, a2, a7);
    const b13 = column(a13, a14, a15, a0, a1, a2, a3, a8);
    const b14 = column(a14, a15, a0, a1, a2, a3, a4, a9);
    const b15 = column(a15, a0, a1, a2, a3, a4, a5, a10);

    a0 = b0;
    a1 = b1;
    a2 = b2;
    a3 = b3;
    a4 = b4;
    a5 = b5;
    a6 = b6;
    a7 = b7;
    a8 = b8;
    a9 = b9;
    a10 = b10;
    a11 = b11;
    a12 = b12;
    a13 = b13;
    a14 = b14;
    a15 = b15;
  }

  store<u64>(block, a0, 0);
  store<u64>(block, a1, 8);
  store<u64>(block, a2, 16);
  store<u64>(block, a3, 24);
  store<u64>(block, a4, 32);
  store<u64>(block, a5, 40);
  store<u64>(block, a6, 48);
  store<u64>(block, a7, 56);
  store<u64>(block, a8, 64);
  store<u64>(block, a9, 72);
  store<u64>(block, a10, 80);
  store<u64>(block, a11, 88);
  store<u64>(block, a12, 96);
  store<u64>(block, a13, 104);
  store<u64>(block, a14, 112);
  store<u64>(block, a15, 120);
}

/** Q of Groestl-512, in place. */
function permuteQ(block: usize): void {
  let a0 = load<u64>(block);
  let a1 = load<u64>(block, 8);
  let a2 = load<u64>(block, 16);
  let a3 = load<u64>(block, 24);
  let a4 = load<u64>(block, 32);
  let a5 = load<u64>(block, 40);
  let a6 = load<u64>(block, 48);
  let a7 = load<u64>(block, 56);
  let a8 = load<u64>(block, 64);
  let a9 = load<u64>(block, 72);
  let a10 = load<u64>(block, 80);
  let a11 = load<u64>(block, 88);
  let a12 = load<u64>(block, 96);
  let a13 = load<u64>(block, 104);
  let a14 = load<u64>(block, 112);
  let a15 = load<u64>(block, 120);

  for (let round: u64 = 0; round < ROUNDS; round++) {
    a0 ^= ~(round << 56);
    a1 ^= ~((round ^ 0x10) << 56);
    a2 ^= ~((round ^ 0x20) << 56);
    a3 ^= ~((round ^ 0x30) << 56);
    a4 ^= ~((round ^ 0x40) << 56);
    a5 ^= ~((round ^ 0x50) << 56);
    a6 ^= ~((round ^ 0x60) << 56);
    a7 ^= ~((round ^ 0x70) << 56);
    a8 ^= ~((round ^ 0x80) << 56);
    a9 ^= ~((round ^ 0x90) << 56);
    a10 ^= ~((round ^ 0xa0) << 56);
    a11 ^= ~((round ^ 0xb0) << 56);
    a12 ^= ~((round ^ 0xc0) << 56);
    a13 ^= ~((round ^ 0xd0) << 56);
    a14 ^= ~((round ^ 0xe0) << 56);
    a15 ^= ~((round ^ 0xf0) << 56);

    const b0 = column(a1, a3, a5, a11, a0, a2, a4, a6);
    const b1 = column(a2, a4, a6, a12, a1, a3, a5, a7);
    const b2 = column(a3, a5, a7, a13, a2, a4, a6, a8);
    const b3 = column(a4, a6, a8, a14, a3, a5, a7, a9);
    const b4 = column(a5, a7, a9, a15, a4, a6, a8, a10);
    const b5 = column(a6, a8, a10, a0, a5, a7, a9, a11);
    const b6 = column(a7, a9, a11, a1, a6, a8, a10, a12);
    const b7 = column(a8, a10, a12, a2, a7, a9, a11, a13);
    const b8 = column(a9, a11, a13, a3, a8, a10, a12, a14);
    const b9 = column(a10, a12, a14, a4, a9, a11, a13, a15);
    const b10 = column(a11, a13, a15, a5, a10, a12, a14, a0);
    const b11 = column(a12, a14, a0, a6, a11, a13, a15, a1);
    const b12 = column(a13, a15, a1, a7, a12, a14, a0, a2);
    const b13 = column(a14, a0, a2, a8, a13, a15, a1, a3);
    const b14 = column(a15, a1, a3, a9, a14, a0, a2, a4);
    const b15 = column(a0, a2, a4, a10, a15, a1, a3, a5);

    a0 = b0;
    a1 = b1;
    a2 = b2;
    a3 = b3;
    a4 = b4;
    a5 = b5;
    a6 = b6;
    a7 = b7;
    a8 = b8;
    a9 = b9;
    a10 = b10;
    a11 = b11;
    a12 = b12;
    a13 = b13;
    a14 = b14;
    a15 = b15;
  }

  store<u64>(block, a0, 0);
  store<u64>(block, a1, 8);
  store<u64>(block, a2, 16);
  store<u64>(block, a3, 24);
  store<u64>(block, a4, 32);
  store<u64>(block, a5, 40);
  store<u64>(block, a6, 48);
  store<u64>(block, a7, 56);
  store<u64>(block, a8, 64);
  store<u64>(block, a9, 72);
  store<u64>(block, a10, 80);
  store<u64>(block, a11, 88);
  store<u64>(block, a12, 96);
  store<u64>(block, a13, 104);
  store<u64>(block, a14, 112);
  store<u64>(block, a15, 120);
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
