// CubeHash16/32-512: 16 rounds a block, 160 at the end.
// Source: Bernstein, "CubeHash specification (2.B.1)".
import { copyWords, padBlock, rotateLeft32, rotateLeft32x4 } from "./bytes";

const BLOCK_SIZE: usize = 32;
const ROUNDS = 16;
const FINAL_ROUNDS = 160;

/** The state after the initial rounds for 512 bits of output, 16 rounds and 32-byte blocks. */
const IV: usize = memory.data<u32>([
  0x2aea2a61, 0x50f494d4, 0x2d538b8b, 0x4167d83e, 0x3fee2313, 0xc701cf8c, 0xcc39968e, 0x50ac5695,
  0x4d42c787, 0xa647a8b3, 0x97cf0bef, 0x825b4537, 0xeef864d2, 0xf22090c4, 0xd0e5cd33, 0xa23911ae,
  0xfcd398d9, 0x148fe485, 0x1b017bef, 0xb6444532, 0x6a536159, 0x2ff5781c, 0x91fa7934, 0x0dbadea9,
  0xd65c8a2b, 0xa5a70e75, 0xb1c62456, 0xbc796576, 0x1921c8f7, 0xe7989af1, 0x7795d246, 0xd43e3b44,
], 16);

const state: usize = memory.data(128, 16);
const lastBlock: usize = memory.data(32, 16);

/** The rounds on vectors of four words: a0..a3 are words 0 to 15, b0..b3 words 16 to 31. */
function permuteVectors(rounds: i32): void {
  let a0 = v128.load(state);
  let a1 = v128.load(state, 16);
  let a2 = v128.load(state, 32);
  let a3 = v128.load(state, 48);
  let b0 = v128.load(state, 64);
  let b1 = v128.load(state, 80);
  let b2 = v128.load(state, 96);
  let b3 = v128.load(state, 112);

  for (; rounds > 0; rounds--) {
    b0 = i32x4.add(b0, a0);
    b1 = i32x4.add(b1, a1);
    b2 = i32x4.add(b2, a2);
    b3 = i32x4.add(b3, a3);
    const c0 = v128.xor(rotateLeft32x4(a2, 7), b0);
    const c1 = v128.xor(rotateLeft32x4(a3, 7), b1);
    const c2 = v128.xor(rotateLeft32x4(a0, 7), b2);
    const c3 = v128.xor(rotateLeft32x4(a1, 7), b3);
    b0 = i32x4.add(v128.shuffle<u32>(b0, b0, 2, 3, 0, 1), c0);
    b1 = i32x4.add(v128.shuffle<u32>(b1, b1, 2, 3, 0, 1), c1);
    b2 = i32x4.add(v128.shuffle<u32>(b2, b2, 2, 3, 0, 1), c2);
    b3 = i32x4.add(v128.shuffle<u32>(b3, b3, 2, 3, 0, 1), c3);
    a0 = v128.xor(rotateLeft32x4(c1, 11), b0);
    a1 = v128.xor(rotateLeft32x4(c0, 11), b1);
    a2 = v128.xor(rotateLeft32x4(c3, 11), b2);
    a3 = v128.xor(rotateLeft32x4(c2, 11), b3);
    b0 = v128.shuffle<u32>(b0, b0, 1, 0, 3, 2);
    b1 = v128.shuffle<u32>(b1, b1, 1, 0, 3, 2);
    b2 = v128.shuffle<u32>(b2, b2, 1, 0, 3, 2);
    b3 = v128.shuffle<u32>(b3, b3, 1, 0, 3, 2);
  }

  v128.store(state, a0);
  v128.store(state, a1, 16);
  v128.store(state, a2, 32);
  v128.store(state, a3, 48);
  v128.store(state, b0, 64);
  v128.store(state, b1, 80);
  v128.store(state, b2, 96);
  v128.store(state, b3, 112);
}

/** The same on single words, for JavaScript. `rounds` is even: the swaps of two rounds cancel out. */
function permuteWords(rounds: i32): void {
  let x0 = load<u32>(state);
  let x1 = load<u32>(state, 4);
  let x2 = load<u32>(state, 8);
  let x3 = load<u32>(state, 12);
  let x4 = load<u32>(state, 16);
  let x5 = load<u32>(state, 20);
  let x6 = load<u32>(state, 24);
  let x7 = load<u32>(state, 28);
  let x8 = load<u32>(state, 32);
  let x9 = load<u32>(state, 36);
  let x10 = load<u32>(state, 40);
  let x11 = load<u32>(state, 44);
  let x12 = load<u32>(state, 48);
  let x13 = load<u32>(state, 52);
  let x14 = load<u32>(state, 56);
  let x15 = load<u32>(state, 60);
  let x16 = load<u32>(state, 64);
  let x17 = load<u32>(state, 68);
  let x18 = load<u32>(state, 72);
  let x19 = load<u32>(state, 76);
  let x20 = load<u32>(state, 80);
  let x21 = load<u32>(state, 84);
  let x22 = load<u32>(state, 88);
  let x23 = load<u32>(state, 92);
  let x24 = load<u32>(state, 96);
  let x25 = load<u32>(state, 100);
  let x26 = load<u32>(state, 104);
  let x27 = load<u32>(state, 108);
  let x28 = load<u32>(state, 112);
  let x29 = load<u32>(state, 116);
  let x30 = load<u32>(state, 120);
  let x31 = load<u32>(state, 124);

  for (; rounds > 0; rounds -= 2) {
    x16 += x0;
    x17 += x1;
    x18 += x2;
    x19 += x3;
    x20 += x4;
    x21 += x5;
    x22 += x6;
    x23 += x7;
    x24 += x8;
    x25 += x9;
    x26 += x10;
    x27 += x11;
    x28 += x12;
    x29 += x13;
    x30 += x14;
    x31 += x15;
    x0 = rotateLeft32(x0, 7);
    x1 = rotateLeft32(x1, 7);
    x2 = rotateLeft32(x2, 7);
    x3 = rotateLeft32(x3, 7);
    x4 = rotateLeft32(x4, 7);
    x5 = rotateLeft32(x5, 7);
    x6 = rotateLeft32(x6, 7);
    x7 = rotateLeft32(x7, 7);
    x8 = rotateLeft32(x8, 7);
    x9 = rotateLeft32(x9, 7);
    x10 = rotateLeft32(x10, 7);
    x11 = rotateLeft32(x11, 7);
    x12 = rotateLeft32(x12, 7);
    x13 = rotateLeft32(x13, 7);
    x14 = rotateLeft32(x14, 7);
    x15 = rotateLeft32(x15, 7);
    x8 ^= x16;
    x9 ^= x17;
    x10 ^= x18;
    x11 ^= x19;
    x12 ^= x20;
    x13 ^= x21;
    x14 ^= x22;
    x15 ^= x23;
    x0 ^= x24;
    x1 ^= x25;
    x2 ^= x26;
    x3 ^= x27;
    x4 ^= x28;
    x5 ^= x29;
    x6 ^= x30;
    x7 ^= x31;
    x18 += x8;
    x19 += x9;
    x16 += x10;
    x17 += x11;
    x22 += x12;
    x23 += x13;
    x20 += x14;
    x21 += x15;
    x26 += x0;
    x27 += x1;
    x24 += x2;
    x25 += x3;
    x30 += x4;
    x31 += x5;
    x28 += x6;
    x29 += x7;
    x8 = rotateLeft32(x8, 11);
    x9 = rotateLeft32(x9, 11);
    x10 = rotateLeft32(x10, 11);
    x11 = rotateLeft32(x11, 11);
    x12 = rotateLeft32(x12, 11);
    x13 = rotateLeft32(x13, 11);
    x14 = rotateLeft32(x14, 11);
    x15 = rotateLeft32(x15, 11);
    x0 = rotateLeft32(x0, 11);
    x1 = rotateLeft32(x1, 11);
    x2 = rotateLeft32(x2, 11);
    x3 = rotateLeft32(x3, 11);
    x4 = rotateLeft32(x4, 11);
    x5 = rotateLeft32(x5, 11);
    x6 = rotateLeft32(x6, 11);
    x7 = rotateLeft32(x7, 11);
    x12 ^= x18;
    x13 ^= x19;
    x14 ^= x16;
    x15 ^= x17;
    x8 ^= x22;
    x9 ^= x23;
    x10 ^= x20;
    x11 ^= x21;
    x4 ^= x26;
    x5 ^= x27;
    x6 ^= x24;
    x7 ^= x25;
    x0 ^= x30;
    x1 ^= x31;
    x2 ^= x28;
    x3 ^= x29;

    x19 += x12;
    x18 += x13;
    x17 += x14;
    x16 += x15;
    x23 += x8;
    x22 += x9;
    x21 += x10;
    x20 += x11;
    x27 += x4;
    x26 += x5;
    x25 += x6;
    x24 += x7;
    x31 += x0;
    x30 += x1;
    x29 += x2;
    x28 += x3;
    x12 = rotateLeft32(x12, 7);
    x13 = rotateLeft32(x13, 7);
    x14 = rotateLeft32(x14, 7);
    x15 = rotateLeft32(x15, 7);
    x8 = rotateLeft32(x8, 7);
    x9 = rotateLeft32(x9, 7);
    x10 = rotateLeft32(x10, 7);
    x11 = rotateLeft32(x11, 7);
    x4 = rotateLeft32(x4, 7);
    x5 = rotateLeft32(x5, 7);
    x6 = rotateLeft32(x6, 7);
    x7 = rotateLeft32(x7, 7);
    x0 = rotateLeft32(x0, 7);
    x1 = rotateLeft32(x1, 7);
    x2 = rotateLeft32(x2, 7);
    x3 = rotateLeft32(x3, 7);
    x4 ^= x19;
    x5 ^= x18;
    x6 ^= x17;
    x7 ^= x16;
    x0 ^= x23;
    x1 ^= x22;
    x2 ^= x21;
    x3 ^= x20;
    x12 ^= x27;
    x13 ^= x26;
    x14 ^= x25;
    x15 ^= x24;
    x8 ^= x31;
    x9 ^= x30;
    x10 ^= x29;
    x11 ^= x28;
    x17 += x4;
    x16 += x5;
    x19 += x6;
    x18 += x7;
    x21 += x0;
    x20 += x1;
    x23 += x2;
    x22 += x3;
    x25 += x12;
    x24 += x13;
    x27 += x14;
    x26 += x15;
    x29 += x8;
    x28 += x9;
    x31 += x10;
    x30 += x11;
    x4 = rotateLeft32(x4, 11);
    x5 = rotateLeft32(x5, 11);
    x6 = rotateLeft32(x6, 11);
    x7 = rotateLeft32(x7, 11);
    x0 = rotateLeft32(x0, 11);
    x1 = rotateLeft32(x1, 11);
    x2 = rotateLeft32(x2, 11);
    x3 = rotateLeft32(x3, 11);
    x12 = rotateLeft32(x12, 11);
    x13 = rotateLeft32(x13, 11);
    x14 = rotateLeft32(x14, 11);
    x15 = rotateLeft32(x15, 11);
    x8 = rotateLeft32(x8, 11);
    x9 = rotateLeft32(x9, 11);
    x10 = rotateLeft32(x10, 11);
    x11 = rotateLeft32(x11, 11);
    x0 ^= x17;
    x1 ^= x16;
    x2 ^= x19;
    x3 ^= x18;
    x4 ^= x21;
    x5 ^= x20;
    x6 ^= x23;
    x7 ^= x22;
    x8 ^= x25;
    x9 ^= x24;
    x10 ^= x27;
    x11 ^= x26;
    x12 ^= x29;
    x13 ^= x28;
    x14 ^= x31;
    x15 ^= x30;
  }

  store<u32>(state, x0);
  store<u32>(state, x1, 4);
  store<u32>(state, x2, 8);
  store<u32>(state, x3, 12);
  store<u32>(state, x4, 16);
  store<u32>(state, x5, 20);
  store<u32>(state, x6, 24);
  store<u32>(state, x7, 28);
  store<u32>(state, x8, 32);
  store<u32>(state, x9, 36);
  store<u32>(state, x10, 40);
  store<u32>(state, x11, 44);
  store<u32>(state, x12, 48);
  store<u32>(state, x13, 52);
  store<u32>(state, x14, 56);
  store<u32>(state, x15, 60);
  store<u32>(state, x16, 64);
  store<u32>(state, x17, 68);
  store<u32>(state, x18, 72);
  store<u32>(state, x19, 76);
  store<u32>(state, x20, 80);
  store<u32>(state, x21, 84);
  store<u32>(state, x22, 88);
  store<u32>(state, x23, 92);
  store<u32>(state, x24, 96);
  store<u32>(state, x25, 100);
  store<u32>(state, x26, 104);
  store<u32>(state, x27, 108);
  store<u32>(state, x28, 112);
  store<u32>(state, x29, 116);
  store<u32>(state, x30, 120);
  store<u32>(state, x31, 124);
}

function permute(rounds: i32): void {
  if (ASC_FEATURE_SIMD) permuteVectors(rounds);
  else permuteWords(rounds);
}

function compress(block: usize): void {
  for (let i: usize = 0; i < BLOCK_SIZE; i += 8) store<u64>(state + i, load<u64>(state + i) ^ load<u64>(block + i));
  permute(ROUNDS);
}

export function cubehash512(input: usize, length: usize, output: usize): void {
  copyWords(state, IV, 128);
  let hashed: usize = 0;
  for (; hashed + BLOCK_SIZE <= length; hashed += BLOCK_SIZE) compress(input + hashed);
  padBlock(lastBlock, BLOCK_SIZE, input + hashed, length - hashed, 0x80);
  compress(lastBlock);

  store<u32>(state, load<u32>(state, 124) ^ 1, 124);
  permute(FINAL_ROUNDS);
  copyWords(output, state, 64);
}
