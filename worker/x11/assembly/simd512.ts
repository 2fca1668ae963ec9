// SIMD-512 with the round-2 tweaks.
// Source: Leurent, Bouillaguet, Fouque, "SIMD Is a Message Digest", 2009.
import { clear, copyWords, padBlock, rotateLeft32, rotateLeft32x4 } from "./bytes";
import { blockOffsets, closingOffsets, expand } from "./simd512Expansion";

const BLOCK_SIZE: usize = 128;

const IV: usize = memory.data<u32>([
  0x0ba16b95, 0x72f999ad, 0x9fecc2ae, 0xba3264fc, 0x5e894929, 0x8e9f30e5, 0x2f1daa37, 0xf0f2c558,
  0xac506643, 0xa90635a5, 0xe25b878b, 0xaab7878f, 0x88817f7a, 0x0a02892b, 0x559a7550, 0x598f657e,
  0x7eef60a1, 0x6b70e3e8, 0x9c1714d1, 0xb958e2a8, 0xab02675e, 0xed1c014f, 0xcd8d65bb, 0xfdb7a257,
  0x09254899, 0xd699c7bc, 0x9019b6dc, 0x2b9022e4, 0x8fa14956, 0x21bf9bd3, 0xb94d0943, 0x6ffddc22,
], 16);

/** Order in which the 32 steps take the expanded words, 8 words (32 bytes) a place. */
const STEP_WORDS: usize = memory.data<u8>([
  4, 6, 0, 2, 7, 5, 3, 1, 15, 11, 12, 8, 9, 13, 10, 14,
  17, 18, 23, 20, 22, 21, 16, 19, 30, 24, 25, 31, 27, 29, 28, 26,
], 16);

/** The four rotations of each round. */
const ROTATIONS: usize = memory.data<u8>([
  3, 23, 17, 27, 28, 19, 22, 7, 29, 9, 15, 5, 4, 13, 10, 25,
], 16);

/** Step i adds lane n of the rotated A to lane n XOR this, at i modulo 7. */
const LANE_SWAPS: usize = memory.data<u8>([1, 6, 2, 3, 5, 7, 4], 8);

const state: usize = memory.data(128, 16);
/** A, B, C, D of 8 words each. */
const work: usize = memory.data(128, 16);
/** 32 places of 8 words. */
const expanded: usize = memory.data(1024, 16);
const closingExpanded: usize = memory.data(1024, 16);
const lastBlock: usize = memory.data(128, 16);

/** The message length `closingExpanded` was made for: in a chain of hashes it is always the same. */
let closingLength: usize = -1;

/** Lane n of the result is lane n XOR 1, 2, 3 of `v`. A swap by 4 or more also exchanges the two vectors of a word. */
@inline
function swap1(v: v128): v128 {
  return v128.shuffle<u32>(v, v, 1, 0, 3, 2);
}
@inline
function swap2(v: v128): v128 {
  return v128.shuffle<u32>(v, v, 2, 3, 0, 1);
}
@inline
function swap3(v: v128): v128 {
  return v128.shuffle<u32>(v, v, 3, 2, 1, 0);
}

@inline
function choose(x: v128, y: v128, z: v128): v128 {
  return v128.xor(v128.and(v128.xor(y, z), x), z);
}

@inline
function majority(x: v128, y: v128, z: v128): v128 {
  return v128.or(v128.and(x, y), v128.and(v128.or(x, y), z));
}

/** The new value of half of D in a step. */
@inline
function advance(d: v128, f: v128, message: v128, bits: i32, swapped: v128): v128 {
  return i32x4.add(rotateLeft32x4(i32x4.add(i32x4.add(d, message), f), bits), swapped);
}

/**
 * The 36 steps on vectors: A to D are two each. The roles of A, B, C, D rotate by a place a step, as their names do
 * here. A step by rotations r and s rotates A by r and makes D the new A.
 */
function compressVectors(block: usize, message: usize): void {
  let a0 = v128.xor(v128.load(state), v128.load(block));
  let a1 = v128.xor(v128.load(state, 16), v128.load(block, 16));
  let b0 = v128.xor(v128.load(state, 32), v128.load(block, 32));
  let b1 = v128.xor(v128.load(state, 48), v128.load(block, 48));
  let c0 = v128.xor(v128.load(state, 64), v128.load(block, 64));
  let c1 = v128.xor(v128.load(state, 80), v128.load(block, 80));
  let d0 = v128.xor(v128.load(state, 96), v128.load(block, 96));
  let d1 = v128.xor(v128.load(state, 112), v128.load(block, 112));

  // round 0
  d0 = advance(d0, choose(a0, b0, c0), v128.load(message, 128), 23, swap1(rotateLeft32x4(a0, 3)));
  d1 = advance(d1, choose(a1, b1, c1), v128.load(message, 144), 23, swap1(rotateLeft32x4(a1, 3)));
  a0 = rotateLeft32x4(a0, 3);
  a1 = rotateLeft32x4(a1, 3);
  c0 = advance(c0, choose(d0, a0, b0), v128.load(message, 192), 17, swap2(rotateLeft32x4(d1, 23)));
  c1 = advance(c1, choose(d1, a1, b1), v128.load(message, 208), 17, swap2(rotateLeft32x4(d0, 23)));
  d0 = rotateLeft32x4(d0, 23);
  d1 = rotateLeft32x4(d1, 23);
  b0 = advance(b0, choose(c0, d0, a0), v128.load(message), 27, swap2(rotateLeft32x4(c0, 17)));
  b1 = advance(b1, choose(c1, d1, a1), v128.load(message, 16), 27, swap2(rotateLeft32x4(c1, 17)));
  c0 = rotateLeft32x4(c0, 17);
  c1 = rotateLeft32x4(c1, 17);
  a0 = advance(a0, choose(b0, c0, d0), v128.load(message, 64), 3, swap3(rotateLeft32x4(b0, 27)));
  a1 = advance(a1, choose(b1, c1, d1), v128.load(message, 80), 3, swap3(rotateLeft32x4(b1, 27)));
  b0 = rotateLeft32x4(b0, 27);
  b1 = rotateLeft32x4(b1, 27);
  d0 = advance(d0, majority(a0, b0, c0), v128.load(message, 224), 23, swap1(rotateLeft32x4(a1, 3)));
  d1 = advance(d1, majority(a1, b1, c1), v128.load(message, 240), 23, swap1(rotateLeft32x4(a0, 3)));
  a0 = rotateLeft32x4(a0, 3);
  a1 = rotateLeft32x4(a1, 3);
  c0 = advance(c0, majority(d0, a0, b0), v128.load(message, 160), 17, swap3(rotateLeft32x4(d1, 23)));
  c1 = advance(c1, majority(d1, a1, b1), v128.load(message, 176), 17, swap3(rotateLeft32x4(d0, 23)));
  d0 = rotateLeft32x4(d0, 23);
  d1 = rotateLeft32x4(d1, 23);
  b0 = advance(b0, majority(c0, d0, a0), v128.load(message, 96), 27, rotateLeft32x4(c1, 17));
  b1 = advance(b1, majority(c1, d1, a1), v128.load(message, 112), 27, rotateLeft32x4(c0, 17));
  c0 = rotateLeft32x4(c0, 17);
  c1 = rotateLeft32x4(c1, 17);
  a0 = advance(a0, majority(b0, c0, d0), v128.load(message, 32), 3, swap1(rotateLeft32x4(b0, 27)));
  a1 = advance(a1, majority(b1, c1, d1), v128.load(message, 48), 3, swap1(rotateLeft32x4(b1, 27)));
  b0 = rotateLeft32x4(b0, 27);
  b1 = rotateLeft32x4(b1, 27);

  // round 1
  d0 = advance(d0, choose(a0, b0, c0), v128.load(message, 480), 19, swap2(rotateLeft32x4(a1, 28)));
  d1 = advance(d1, choose(a1, b1, c1), v128.load(message, 496), 19, swap2(rotateLeft32x4(a0, 28)));
  a0 = rotateLeft32x4(a0, 28);
  a1 = rotateLeft32x4(a1, 28);
  c0 = advance(c0, choose(d0, a0, b0), v128.load(message, 352), 22, swap2(rotateLeft32x4(d0, 19)));
  c1 = advance(c1, choose(d1, a1, b1), v128.load(message, 368), 22, swap2(rotateLeft32x4(d1, 19)));
  d0 = rotateLeft32x4(d0, 19);
  d1 = rotateLeft32x4(d1, 19);
  b0 = advance(b0, choose(c0, d0, a0), v128.load(message, 384), 7, swap3(rotateLeft32x4(c0, 22)));
  b1 = advance(b1, choose(c1, d1, a1), v128.load(message, 400), 7, swap3(rotateLeft32x4(c1, 22)));
  c0 = rotateLeft32x4(c0, 22);
  c1 = rotateLeft32x4(c1, 22);
  a0 = advance(a0, choose(b0, c0, d0), v128.load(message, 256), 28, swap1(rotateLeft32x4(b1, 7)));
  a1 = advance(a1, choose(b1, c1, d1), v128.load(message, 272), 28, swap1(rotateLeft32x4(b0, 7)));
  b0 = rotateLeft32x4(b0, 7);
  b1 = rotateLeft32x4(b1, 7);
  d0 = advance(d0, majority(a0, b0, c0), v128.load(message, 288), 19, swap3(rotateLeft32x4(a1, 28)));
  d1 = advance(d1, majority(a1, b1, c1), v128.load(message, 304), 19, swap3(rotateLeft32x4(a0, 28)));
  a0 = rotateLeft32x4(a0, 28);
  a1 = rotateLeft32x4(a1, 28);
  c0 = advance(c0, majority(d0, a0, b0), v128.load(message, 416), 22, rotateLeft32x4(d1, 19));
  c1 = advance(c1, majority(d1, a1, b1), v128.load(message, 432), 22, rotateLeft32x4(d0, 19));
  d0 = rotateLeft32x4(d0, 19);
  d1 = rotateLeft32x4(d1, 19);
  b0 = advance(b0, majority(c0, d0, a0), v128.load(message, 320), 7, swap1(rotateLeft32x4(c0, 22)));
  b1 = advance(b1, majority(c1, d1, a1), v128.load(message, 336), 7, swap1(rotateLeft32x4(c1, 22)));
  c0 = rotateLeft32x4(c0, 22);
  c1 = rotateLeft32x4(c1, 22);
  a0 = advance(a0, majority(b0, c0, d0), v128.load(message, 448), 28, swap2(rotateLeft32x4(b1, 7)));
  a1 = advance(a1, majority(b1, c1, d1), v128.load(message, 464), 28, swap2(rotateLeft32x4(b0, 7)));
  b0 = rotateLeft32x4(b0, 7);
  b1 = rotateLeft32x4(b1, 7);

  // round 2
  d0 = advance(d0, choose(a0, b0, c0), v128.load(message, 544), 9, swap2(rotateLeft32x4(a0, 29)));
  d1 = advance(d1, choose(a1, b1, c1), v128.load(message, 560), 9, swap2(rotateLeft32x4(a1, 29)));
  a0 = rotateLeft32x4(a0, 29);
  a1 = rotateLeft32x4(a1, 29);
  c0 = advance(c0, choose(d0, a0, b0), v128.load(message, 576), 15, swap3(rotateLeft32x4(d0, 9)));
  c1 = advance(c1, choose(d1, a1, b1), v128.load(message, 592), 15, swap3(rotateLeft32x4(d1, 9)));
  d0 = rotateLeft32x4(d0, 9);
  d1 = rotateLeft32x4(d1, 9);
  b0 = advance(b0, choose(c0, d0, a0), v128.load(message, 736), 5, swap1(rotateLeft32x4(c1, 15)));
  b1 = advance(b1, choose(c1, d1, a1), v128.load(message, 752), 5, swap1(rotateLeft32x4(c0, 15)));
  c0 = rotateLeft32x4(c0, 15);
  c1 = rotateLeft32x4(c1, 15);
  a0 = advance(a0, choose(b0, c0, d0), v128.load(message, 640), 29, swap3(rotateLeft32x4(b1, 5)));
  a1 = advance(a1, choose(b1, c1, d1), v128.load(message, 656), 29, swap3(rotateLeft32x4(b0, 5)));
  b0 = rotateLeft32x4(b0, 5);
  b1 = rotateLeft32x4(b1, 5);
  d0 = advance(d0, majority(a0, b0, c0), v128.load(message, 704), 9, rotateLeft32x4(a1, 29));
  d1 = advance(d1, majority(a1, b1, c1), v128.load(message, 720), 9, rotateLeft32x4(a0, 29));
  a0 = rotateLeft32x4(a0, 29);
  a1 = rotateLeft32x4(a1, 29);
  c0 = advance(c0, majority(d0, a0, b0), v128.load(message, 672), 15, swap1(rotateLeft32x4(d0, 9)));
  c1 = advance(c1, majority(d1, a1, b1), v128.load(message, 688), 15, swap1(rotateLeft32x4(d1, 9)));
  d0 = rotateLeft32x4(d0, 9);
  d1 = rotateLeft32x4(d1, 9);
  b0 = advance(b0, majority(c0, d0, a0), v128.load(message, 512), 5, swap2(rotateLeft32x4(c1, 15)));
  b1 = advance(b1, majority(c1, d1, a1), v128.load(message, 528), 5, swap2(rotateLeft32x4(c0, 15)));
  c0 = rotateLeft32x4(c0, 15);
  c1 = rotateLeft32x4(c1, 15);
  a0 = advance(a0, majority(b0, c0, d0), v128.load(message, 608), 29, swap2(rotateLeft32x4(b0, 5)));
  a1 = advance(a1, majority(b1, c1, d1), v128.load(message, 624), 29, swap2(rotateLeft32x4(b1, 5)));
  b0 = rotateLeft32x4(b0, 5);
  b1 = rotateLeft32x4(b1, 5);

  // round 3
  d0 = advance(d0, choose(a0, b0, c0), v128.load(message, 960), 13, swap3(rotateLeft32x4(a0, 4)));
  d1 = advance(d1, choose(a1, b1, c1), v128.load(message, 976), 13, swap3(rotateLeft32x4(a1, 4)));
  a0 = rotateLeft32x4(a0, 4);
  a1 = rotateLeft32x4(a1, 4);
  c0 = advance(c0, choose(d0, a0, b0), v128.load(message, 768), 10, swap1(rotateLeft32x4(d1, 13)));
  c1 = advance(c1, choose(d1, a1, b1), v128.load(message, 784), 10, swap1(rotateLeft32x4(d0, 13)));
  d0 = rotateLeft32x4(d0, 13);
  d1 = rotateLeft32x4(d1, 13);
  b0 = advance(b0, choose(c0, d0, a0), v128.load(message, 800), 25, swap3(rotateLeft32x4(c1, 10)));
  b1 = advance(b1, choose(c1, d1, a1), v128.load(message, 816), 25, swap3(rotateLeft32x4(c0, 10)));
  c0 = rotateLeft32x4(c0, 10);
  c1 = rotateLeft32x4(c1, 10);
  a0 = advance(a0, choose(b0, c0, d0), v128.load(message, 992), 4, rotateLeft32x4(b1, 25));
  a1 = advance(a1, choose(b1, c1, d1), v128.load(message, 1008), 4, rotateLeft32x4(b0, 25));
  b0 = rotateLeft32x4(b0, 25);
  b1 = rotateLeft32x4(b1, 25);
  d0 = advance(d0, majority(a0, b0, c0), v128.load(message, 864), 13, swap1(rotateLeft32x4(a0, 4)));
  d1 = advance(d1, majority(a1, b1, c1), v128.load(message, 880), 13, swap1(rotateLeft32x4(a1, 4)));
  a0 = rotateLeft32x4(a0, 4);
  a1 = rotateLeft32x4(a1, 4);
  c0 = advance(c0, majority(d0, a0, b0), v128.load(message, 928), 10, swap2(rotateLeft32x4(d1, 13)));
  c1 = advance(c1, majority(d1, a1, b1), v128.load(message, 944), 10, swap2(rotateLeft32x4(d0, 13)));
  d0 = rotateLeft32x4(d0, 13);
  d1 = rotateLeft32x4(d1, 13);
  b0 = advance(b0, majority(c0, d0, a0), v128.load(message, 896), 25, swap2(rotateLeft32x4(c0, 10)));
  b1 = advance(b1, majority(c1, d1, a1), v128.load(message, 912), 25, swap2(rotateLeft32x4(c1, 10)));
  c0 = rotateLeft32x4(c0, 10);
  c1 = rotateLeft32x4(c1, 10);
  a0 = advance(a0, majority(b0, c0, d0), v128.load(message, 832), 4, swap3(rotateLeft32x4(b0, 25)));
  a1 = advance(a1, majority(b1, c1, d1), v128.load(message, 848), 4, swap3(rotateLeft32x4(b1, 25)));
  b0 = rotateLeft32x4(b0, 25);
  b1 = rotateLeft32x4(b1, 25);

  // feed-forward: four more steps, with the old state for a message
  d0 = advance(d0, choose(a0, b0, c0), v128.load(state), 13, swap1(rotateLeft32x4(a1, 4)));
  d1 = advance(d1, choose(a1, b1, c1), v128.load(state, 16), 13, swap1(rotateLeft32x4(a0, 4)));
  a0 = rotateLeft32x4(a0, 4);
  a1 = rotateLeft32x4(a1, 4);
  c0 = advance(c0, choose(d0, a0, b0), v128.load(state, 32), 10, swap3(rotateLeft32x4(d1, 13)));
  c1 = advance(c1, choose(d1, a1, b1), v128.load(state, 48), 10, swap3(rotateLeft32x4(d0, 13)));
  d0 = rotateLeft32x4(d0, 13);
  d1 = rotateLeft32x4(d1, 13);
  b0 = advance(b0, choose(c0, d0, a0), v128.load(state, 64), 25, rotateLeft32x4(c1, 10));
  b1 = advance(b1, choose(c1, d1, a1), v128.load(state, 80), 25, rotateLeft32x4(c0, 10));
  c0 = rotateLeft32x4(c0, 10);
  c1 = rotateLeft32x4(c1, 10);
  a0 = advance(a0, choose(b0, c0, d0), v128.load(state, 96), 4, swap1(rotateLeft32x4(b0, 25)));
  a1 = advance(a1, choose(b1, c1, d1), v128.load(state, 112), 4, swap1(rotateLeft32x4(b1, 25)));
  b0 = rotateLeft32x4(b0, 25);
  b1 = rotateLeft32x4(b1, 25);

  v128.store(state, a0);
  v128.store(state, a1, 16);
  v128.store(state, b0, 32);
  v128.store(state, b1, 48);
  v128.store(state, c0, 64);
  v128.store(state, c1, 80);
  v128.store(state, d0, 96);
  v128.store(state, d1, 112);
}

/** One step on all lanes, for JavaScript. The caller rotates the roles of the four words, which stay in place. */
@inline
function step(
  message: usize, a: usize, b: usize, c: usize, d: usize, laneSwap: usize, r: u32, s: u32, majority: bool,
): void {
  for (let n: usize = 0; n < 32; n += 4) {
    const x = load<u32>(work + a + n);
    const y = load<u32>(work + b + n);
    const z = load<u32>(work + c + n);
    const f = majority ? (x & y) | ((x | y) & z) : ((y ^ z) & x) ^ z;
    store<u32>(work + d + n, rotateLeft32(load<u32>(work + d + n) + load<u32>(message + n) + f, s));
    store<u32>(work + a + n, rotateLeft32(x, r));
  }
  for (let n: usize = 0; n < 32; n += 4) {
    store<u32>(work + d + n, load<u32>(work + d + n) + load<u32>(work + a + (n ^ (laneSwap << 2))));
  }
}

function compressWords(block: usize, message: usize): void {
  for (let i: usize = 0; i < 128; i += 8) store<u64>(work + i, load<u64>(state + i) ^ load<u64>(block + i));

  let a: usize = 0;
  for (let i: usize = 0; i < 32; i++) {
    const round = i >> 3;
    const rotations = ROTATIONS + (round << 2);
    const laneSwap = <usize>load<u8>(LANE_SWAPS + ((round + (i & 7)) % 7));
    step(
      message + (<usize>load<u8>(STEP_WORDS + i) << 5), a, (a + 32) & 127, (a + 64) & 127, (a + 96) & 127,
      laneSwap, load<u8>(rotations + (i & 3)), load<u8>(rotations + ((i + 1) & 3)), (i & 4) != 0,
    );
    a = (a + 96) & 127;
  }

  // Feed-forward: four more steps, with the old state for a message.
  for (let i: usize = 0; i < 4; i++) {
    const laneSwap = <usize>load<u8>(LANE_SWAPS + ((4 + i) % 7));
    step(
      state + (i << 5), a, (a + 32) & 127, (a + 64) & 127, (a + 96) & 127,
      laneSwap, load<u8>(ROTATIONS + 12 + i), load<u8>(ROTATIONS + 12 + ((i + 1) & 3)), false,
    );
    a = (a + 96) & 127;
  }
  copyWords(state, work, 128);
}

function compress(block: usize, message: usize): void {
  if (ASC_FEATURE_SIMD) compressVectors(block, message);
  else compressWords(block, message);
}

function compressBlock(block: usize): void {
  expand(block, blockOffsets, expanded);
  compress(block, expanded);
}

export function simd512(input: usize, length: usize, output: usize): void {
  copyWords(state, IV, 128);
  let hashed: usize = 0;
  for (; hashed + BLOCK_SIZE <= length; hashed += BLOCK_SIZE) compressBlock(input + hashed);
  const tail = length - hashed;
  if (tail != 0) {
    padBlock(lastBlock, BLOCK_SIZE, input + hashed, tail, 0);
    compressBlock(lastBlock);
  }

  clear(lastBlock, BLOCK_SIZE);
  store<u64>(lastBlock, <u64>length << 3);
  if (closingLength != length) {
    expand(lastBlock, closingOffsets, closingExpanded);
    closingLength = length;
  }
  compress(lastBlock, closingExpanded);
  copyWords(output, state, 64);
}
