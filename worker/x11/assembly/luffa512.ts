// Luffa-512 version 2: five permutations of 256 bits, width 5.
// Source: De Canniere, Sato, Watanabe, "Hash Function Luffa: Specification 2.0.1".
import { clear, copyWords, padBlock, rotateLeft32 } from "./bytes";
import { injectMessageLanes, loadLanes, permuteLanes, sumOfLanes } from "./luffa512Vectors";

const BLOCK_SIZE: usize = 32;
const WIDTH: usize = 5;

const IV: usize = memory.data<u32>([
  0x6d251e69, 0x44b051e0, 0x4eaa6fb4, 0xdbf78465,
  0x6e292011, 0x90152df4, 0xee058139, 0xdef610bb,
  0xc3b44b95, 0xd9d2f256, 0x70eee9a0, 0xde099fa3,
  0x5d9b0557, 0x8fc944b3, 0xcf1ccf0e, 0x746cd581,
  0xf7efc89d, 0x5dba5781, 0x04016ce5, 0xad659c05,
  0x0306194f, 0x666d1836, 0x24aa230a, 0x8b264ae7,
  0x858075d5, 0x36d79cce, 0xe571f7d7, 0x204b1f67,
  0x35870c6a, 0x57e9e923, 0x14bcb808, 0x7cde72ce,
  0x6c68e9be, 0x5ec41e22, 0xc825b7c7, 0xaffb4363,
  0xf5df3999, 0x0fc688f1, 0xb07224cc, 0x03e86cea,
], 16);

/**
 * Eight steps of 64 bytes: the constants for word 0 of permutations 0 to 3, those for word 4, then both of permutation 4
 * at the same distance.
 */
const CONSTANTS: usize = memory.data<u32>([
  0x303994a6, 0xb6de10ed, 0xfc20d9d2, 0xb213afa5,
  0xe0337818, 0x01685f3d, 0xe25e72c1, 0xe028c9bf,
  0xf0d2e9e3, 0, 0, 0, 0x5090d577, 0, 0, 0,
  0xc0e65299, 0x70f47aae, 0x34552e25, 0xc84ebe95,
  0x441ba90d, 0x05a17cf4, 0xe623bb72, 0x44756f91,
  0xac11d7fa, 0, 0, 0, 0x2d1925ab, 0, 0, 0,
  0x6cc33a12, 0x0707a3d4, 0x7ad8818f, 0x4e608a22,
  0x7f34d442, 0xbd09caca, 0x5c58a4a4, 0x7e8fce32,
  0x1bcb66f2, 0, 0, 0, 0xb46496ac, 0, 0, 0,
  0xdc56983e, 0x1c1e8f51, 0x8438764a, 0x56d858fe,
  0x9389217f, 0xf4272b28, 0x1e38e2e7, 0x956548be,
  0x6f2d9bc9, 0, 0, 0, 0xd1925ab0, 0, 0, 0,
  0x1e00108f, 0x707a3d45, 0xbb6de032, 0x343b138f,
  0xe5a8bce6, 0x144ae5cc, 0x78e38b9d, 0xfe191be2,
  0x78602649, 0, 0, 0, 0x29131ab6, 0, 0, 0,
  0x7800423d, 0xaeb28562, 0xedb780c8, 0xd0ec4e3d,
  0x5274baf4, 0xfaa7ae2b, 0x27586719, 0x3cb226e5,
  0x8edae952, 0, 0, 0, 0x0fc053c3, 0, 0, 0,
  0x8f5b7882, 0xbaca1589, 0xd9847356, 0x2ceb4882,
  0x26889ba7, 0x2e48f1c1, 0x36eda57f, 0x5944a28e,
  0x3b6ba548, 0, 0, 0, 0x3f014f0c, 0, 0, 0,
  0x96e1db12, 0x40a46f3e, 0xa2c78434, 0xb3ad2208,
  0x9a226e9d, 0xb923c704, 0x703aace7, 0xa1c4c355,
  0xedae9520, 0, 0, 0, 0xfc053c31, 0, 0, 0,
], 16);
const STEP_SIZE: usize = 64;
const CONSTANTS_SIZE: usize = 512;

/** Five words of 256 bits, each 8 u32. On vectors only the last is up to date, the others are in their lanes. */
const state: usize = memory.data(160, 16);
const fifth: usize = state + 128;
const message: usize = memory.data(32, 16);
const sum: usize = memory.data(32, 16);
const first: usize = memory.data(32, 16);
const lastBlock: usize = memory.data(32, 16);

/** target = source times x in the ring of the message injection; they may be the same. */
function double(target: usize, source: usize): void {
  const top = load<u32>(source, 28);
  store<u32>(target, load<u32>(source, 24), 28);
  store<u32>(target, load<u32>(source, 20), 24);
  store<u32>(target, load<u32>(source, 16), 20);
  store<u32>(target, load<u32>(source, 12) ^ top, 16);
  store<u32>(target, load<u32>(source, 8) ^ top, 12);
  store<u32>(target, load<u32>(source, 4), 8);
  store<u32>(target, load<u32>(source) ^ top, 4);
  store<u32>(target, top);
}

/** target ^= source, 256 bits. */
function add(target: usize, source: usize): void {
  for (let i: usize = 0; i < 32; i += 8) store<u64>(target + i, load<u64>(target + i) ^ load<u64>(source + i));
}

/** MI: mixes the five words and adds the message, doubled once more for each. */
function injectMessage(): void {
  copyWords(sum, state, 32);
  for (let i: usize = 1; i < WIDTH; i++) add(sum, state + (i << 5));
  double(sum, sum);
  for (let i: usize = 0; i < WIDTH; i++) add(state + (i << 5), sum);

  // Two sweeps round the ring: word i becomes its double plus its right, then its left neighbour.
  copyWords(first, state, 32);
  for (let i: usize = 0; i < WIDTH; i++) {
    const word = state + (i << 5);
    double(word, word);
    add(word, i == 4 ? first : word + 32);
  }
  copyWords(first, state + 128, 32);
  for (let i: usize = WIDTH - 1; i < WIDTH; i--) {
    const word = state + (i << 5);
    double(word, word);
    add(word, i == 0 ? first : word - 32);
  }

  for (let i: usize = 0; i < WIDTH; i++) {
    add(state + (i << 5), message);
    double(message, message);
  }
}

/** Q_j on the word at `word`, with its tweak (rotation of the upper half by j). */
function permute(word: usize, constants: usize, tweak: u32): void {
  let a0 = load<u32>(word);
  let a1 = load<u32>(word, 4);
  let a2 = load<u32>(word, 8);
  let a3 = load<u32>(word, 12);
  let a4 = rotateLeft32(load<u32>(word, 16), tweak);
  let a5 = rotateLeft32(load<u32>(word, 20), tweak);
  let a6 = rotateLeft32(load<u32>(word, 24), tweak);
  let a7 = rotateLeft32(load<u32>(word, 28), tweak);

  let t: u32;
  for (let step = constants; step < constants + CONSTANTS_SIZE; step += STEP_SIZE) {
    // SubCrumb on both halves
    t = a0;
    a0 |= a1;
    a2 ^= a3;
    a1 = ~a1;
    a0 ^= a3;
    a3 &= t;
    a1 ^= a3;
    a3 ^= a2;
    a2 &= a0;
    a0 = ~a0;
    a2 ^= a1;
    a1 |= a3;
    t ^= a1;
    a3 ^= a2;
    a2 &= a1;
    a1 ^= a0;
    a0 = t;

    t = a5;
    a5 |= a6;
    a7 ^= a4;
    a6 = ~a6;
    a5 ^= a4;
    a4 &= t;
    a6 ^= a4;
    a4 ^= a7;
    a7 &= a5;
    a5 = ~a5;
    a7 ^= a6;
    a6 |= a4;
    t ^= a6;
    a4 ^= a7;
    a7 &= a6;
    a6 ^= a5;
    a5 = t;

    // MixWord
    a4 ^= a0;
    a0 = rotateLeft32(a0, 2) ^ a4;
    a4 = rotateLeft32(a4, 14) ^ a0;
    a0 = rotateLeft32(a0, 10) ^ a4;
    a4 = rotateLeft32(a4, 1);
    a5 ^= a1;
    a1 = rotateLeft32(a1, 2) ^ a5;
    a5 = rotateLeft32(a5, 14) ^ a1;
    a1 = rotateLeft32(a1, 10) ^ a5;
    a5 = rotateLeft32(a5, 1);
    a6 ^= a2;
    a2 = rotateLeft32(a2, 2) ^ a6;
    a6 = rotateLeft32(a6, 14) ^ a2;
    a2 = rotateLeft32(a2, 10) ^ a6;
    a6 = rotateLeft32(a6, 1);
    a7 ^= a3;
    a3 = rotateLeft32(a3, 2) ^ a7;
    a7 = rotateLeft32(a7, 14) ^ a3;
    a3 = rotateLeft32(a3, 10) ^ a7;
    a7 = rotateLeft32(a7, 1);

    a0 ^= load<u32>(step);
    a4 ^= load<u32>(step, 16);
  }

  store<u32>(word, a0);
  store<u32>(word, a1, 4);
  store<u32>(word, a2, 8);
  store<u32>(word, a3, 12);
  store<u32>(word, a4, 16);
  store<u32>(word, a5, 20);
  store<u32>(word, a6, 24);
  store<u32>(word, a7, 28);
}

function compressWords(block: usize): void {
  for (let i: usize = 0; i < BLOCK_SIZE; i += 4) store<u32>(message + i, bswap<u32>(load<u32>(block + i)));
  injectMessage();
  for (let i: usize = 0; i < WIDTH; i++) permute(state + (i << 5), CONSTANTS + ((i & 3) << 2) + ((i >> 2) << 5), <u32>i);
}

function compress(block: usize): void {
  if (ASC_FEATURE_SIMD) {
    injectMessageLanes(block, fifth);
    permuteLanes(CONSTANTS, STEP_SIZE, CONSTANTS_SIZE);
    permute(fifth, CONSTANTS + 32, 4);
  } else {
    compressWords(block);
  }
}

/** Half a digest: the XOR of the five words, big-endian. */
function squeeze(output: usize): void {
  for (let i: usize = 0; i < 32; i += 4) {
    let word: u32;
    if (ASC_FEATURE_SIMD) {
      word = sumOfLanes(i);
    } else {
      word = load<u32>(state + i) ^ load<u32>(state + i, 32) ^ load<u32>(state + i, 64) ^ load<u32>(state + i, 96);
    }
    store<u32>(output + i, bswap<u32>(word ^ load<u32>(state + i, 128)));
  }
}

export function luffa512(input: usize, length: usize, output: usize): void {
  copyWords(state, IV, 160);
  if (ASC_FEATURE_SIMD) loadLanes(state);
  let hashed: usize = 0;
  for (; hashed + BLOCK_SIZE <= length; hashed += BLOCK_SIZE) compress(input + hashed);
  padBlock(lastBlock, BLOCK_SIZE, input + hashed, length - hashed, 0x80);
  compress(lastBlock);

  // Two blank rounds, each giving half of the digest.
  clear(lastBlock, BLOCK_SIZE);
  compress(lastBlock);
  squeeze(output);
  compress(lastBlock);
  squeeze(output + 32);
}
