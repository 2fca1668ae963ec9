// BLAKE-512: the final-round submission, 16 rounds, no salt.
// Source: Aumasson, Henzen, Meier, Phan, "SHA-3 proposal BLAKE", version 1.3.
import { clear, loadBigEndian64, padBlock, rotateLeft64, storeBigEndian64 } from "./bytes";

const BLOCK_SIZE: usize = 128;
const ROUNDS = 16;

const IV: usize = memory.data<u64>([
  0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
  0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
], 16);

/** The first digits of pi. */
const C: usize = memory.data<u64>([
  0x243f6a8885a308d3, 0x13198a2e03707344, 0xa4093822299f31d0, 0x082efa98ec4e6c89,
  0x452821e638d01377, 0xbe5466cf34e90c6c, 0xc0ac29b7c97c50dd, 0x3f84d5b5b5470917,
  0x9216d5d98979fb1b, 0xd1310ba698dfb5ac, 0x2ffd72dbd01adfb7, 0xb8e1afed6a267e96,
  0xba7c9045f12c7f99, 0x24a19947b3916cf7, 0x0801f2e2858efc16, 0x636920d871574e69,
], 16);

/** Order of the message words in each round; rounds 10 to 15 use rows 0 to 5 again. */
const SIGMA: usize = memory.data<u8>([
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
  14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3,
  11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4,
  7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8,
  9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13,
  2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9,
  12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11,
  13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10,
  6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5,
  10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0,
], 16);
const SIGMA_END: usize = SIGMA + 160;

const state: usize = memory.data(64, 16);
const message: usize = memory.data(128, 16);
const lastBlock: usize = memory.data(128, 16);

/** Message word `i` XOR constant `j`: the two of a pair in SIGMA, either way round. */
@inline
function keyedWord(i: usize, j: usize): u64 {
  return load<u64>(i << 3, message) ^ load<u64>(j << 3, C);
}

/** @param bits - message bits hashed up to and with this block, 0 if it holds none */
function compress(block: usize, bits: u64): void {
  for (let i: usize = 0; i < BLOCK_SIZE; i += 8) store<u64>(message + i, loadBigEndian64(block + i));

  let v0 = load<u64>(state);
  let v1 = load<u64>(state, 8);
  let v2 = load<u64>(state, 16);
  let v3 = load<u64>(state, 24);
  let v4 = load<u64>(state, 32);
  let v5 = load<u64>(state, 40);
  let v6 = load<u64>(state, 48);
  let v7 = load<u64>(state, 56);
  let v8 = load<u64>(C);
  let v9 = load<u64>(C, 8);
  let v10 = load<u64>(C, 16);
  let v11 = load<u64>(C, 24);
  let v12 = load<u64>(C, 32) ^ bits;
  let v13 = load<u64>(C, 40) ^ bits;
  let v14 = load<u64>(C, 48);
  let v15 = load<u64>(C, 56);

  let sigma = SIGMA;
  for (let round = 0; round < ROUNDS; round++) {
    // columns
    v0 += v4 + keyedWord(load<u8>(sigma, 0), load<u8>(sigma, 1));
    v12 = rotateLeft64(v12 ^ v0, 32);
    v8 += v12;
    v4 = rotateLeft64(v4 ^ v8, 39);
    v0 += v4 + keyedWord(load<u8>(sigma, 1), load<u8>(sigma, 0));
    v12 = rotateLeft64(v12 ^ v0, 48);
    v8 += v12;
    v4 = rotateLeft64(v4 ^ v8, 53);

    v1 += v5 + keyedWord(load<u8>(sigma, 2), load<u8>(sigma, 3));
    v13 = rotateLeft64(v13 ^ v1, 32);
    v9 += v13;
    v5 = rotateLeft64(v5 ^ v9, 39);
    v1 += v5 + keyedWord(load<u8>(sigma, 3), load<u8>(sigma, 2));
    v13 = rotateLeft64(v13 ^ v1, 48);
    v9 += v13;
    v5 = rotateLeft64(v5 ^ v9, 53);

    v2 += v6 + keyedWord(load<u8>(sigma, 4), load<u8>(sigma, 5));
    v14 = rotateLeft64(v14 ^ v2, 32);
    v10 += v14;
    v6 = rotateLeft64(v6 ^ v10, 39);
    v2 += v6 + keyedWord(load<u8>(sigma, 5), load<u8>(sigma, 4));
    v14 = rotateLeft64(v14 ^ v2, 48);
    v10 += v14;
    v6 = rotateLeft64(v6 ^ v10, 53);

    v3 += v7 + keyedWord(load<u8>(sigma, 6), load<u8>(sigma, 7));
    v15 = rotateLeft64(v15 ^ v3, 32);
    v11 += v15;
    v7 = rotateLeft64(v7 ^ v11, 39);
    v3 += v7 + keyedWord(load<u8>(sigma, 7), load<u8>(sigma, 6));
    v15 = rotateLeft64(v15 ^ v3, 48);
    v11 += v15;
    v7 = rotateLeft64(v7 ^ v11, 53);

    // diagonals
    v0 += v5 + keyedWord(load<u8>(sigma, 8), load<u8>(sigma, 9));
    v15 = rotateLeft64(v15 ^ v0, 32);
    v10 += v15;
    v5 = rotateLeft64(v5 ^ v10, 39);
    v0 += v5 + keyedWord(load<u8>(sigma, 9), load<u8>(sigma, 8));
    v15 = rotateLeft64(v15 ^ v0, 48);
    v10 += v15;
    v5 = rotateLeft64(v5 ^ v10, 53);

    v1 += v6 + keyedWord(load<u8>(sigma, 10), load<u8>(sigma, 11));
    v12 = rotateLeft64(v12 ^ v1, 32);
    v11 += v12;
    v6 = rotateLeft64(v6 ^ v11, 39);
    v1 += v6 + keyedWord(load<u8>(sigma, 11), load<u8>(sigma, 10));
    v12 = rotateLeft64(v12 ^ v1, 48);
    v11 += v12;
    v6 = rotateLeft64(v6 ^ v11, 53);

    v2 += v7 + keyedWord(load<u8>(sigma, 12), load<u8>(sigma, 13));
    v13 = rotateLeft64(v13 ^ v2, 32);
    v8 += v13;
    v7 = rotateLeft64(v7 ^ v8, 39);
    v2 += v7 + keyedWord(load<u8>(sigma, 13), load<u8>(sigma, 12));
    v13 = rotateLeft64(v13 ^ v2, 48);
    v8 += v13;
    v7 = rotateLeft64(v7 ^ v8, 53);

    v3 += v4 + keyedWord(load<u8>(sigma, 14), load<u8>(sigma, 15));
    v14 = rotateLeft64(v14 ^ v3, 32);
    v9 += v14;
    v4 = rotateLeft64(v4 ^ v9, 39);
    v3 += v4 + keyedWord(load<u8>(sigma, 15), load<u8>(sigma, 14));
    v14 = rotateLeft64(v14 ^ v3, 48);
    v9 += v14;
    v4 = rotateLeft64(v4 ^ v9, 53);

    sigma += 16;
    if (sigma == SIGMA_END) sigma = SIGMA;
  }

  store<u64>(state, load<u64>(state) ^ v0 ^ v8);
  store<u64>(state, load<u64>(state, 8) ^ v1 ^ v9, 8);
  store<u64>(state, load<u64>(state, 16) ^ v2 ^ v10, 16);
  store<u64>(state, load<u64>(state, 24) ^ v3 ^ v11, 24);
  store<u64>(state, load<u64>(state, 32) ^ v4 ^ v12, 32);
  store<u64>(state, load<u64>(state, 40) ^ v5 ^ v13, 40);
  store<u64>(state, load<u64>(state, 48) ^ v6 ^ v14, 48);
  store<u64>(state, load<u64>(state, 56) ^ v7 ^ v15, 56);
}

export function blake512(input: usize, length: usize, output: usize): void {
  for (let i: usize = 0; i < 64; i += 8) store<u64>(state + i, load<u64>(IV + i));
  const bits = <u64>length << 3;

  let hashed: usize = 0;
  for (; hashed + BLOCK_SIZE <= length; hashed += BLOCK_SIZE) {
    compress(input + hashed, <u64>(hashed + BLOCK_SIZE) << 3);
  }

  const tail = length - hashed;
  padBlock(lastBlock, BLOCK_SIZE, input + hashed, tail, 0x80);
  let counter: u64 = tail == 0 ? 0 : bits;
  if (tail > 111) {
    compress(lastBlock, counter);
    counter = 0;
    clear(lastBlock, BLOCK_SIZE);
  }
  store<u8>(lastBlock, load<u8>(lastBlock, 111) | 1, 111);
  storeBigEndian64(lastBlock + 120, bits);
  compress(lastBlock, counter);

  for (let i: usize = 0; i < 64; i += 8) storeBigEndian64(output + i, load<u64>(state + i));
}
