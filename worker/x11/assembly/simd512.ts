// SIMD-512 with the round-2 tweaks.
// Source: Leurent, Bouillaguet, Fouque, "SIMD Is a Message Digest", 2009.
import { clear, copyWords, padBlock, rotateLeft32 } from "./bytes";

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

/** 41^(b c) modulo 257 at 16 b + c: the twiddle factors between the two passes of the transform. */
const twiddles: usize = memory.data(1024, 16);
/** What is added to the transform: 41^-i in the blocks, 41^-i + 41^-3i in the closing one. */
const blockOffsets: usize = memory.data(1024, 16);
const closingOffsets: usize = memory.data(1024, 16);

const state: usize = memory.data(128, 16);
/** A, B, C, D of 8 words each. */
const work: usize = memory.data(128, 16);
const columns: usize = memory.data(1024, 16);
const transform: usize = memory.data(1024, 16);
/** 32 places of 8 words. */
const expanded: usize = memory.data(1024, 16);
const closingExpanded: usize = memory.data(1024, 16);
const lastBlock: usize = memory.data(128, 16);

/** The message length `closingExpanded` was made for: in a chain of hashes it is always the same. */
let closingLength: usize = -1;

/** Fills the tables; to be called once. */
export function initSimd(): void {
  const powers = expanded;
  let power: u32 = 1;
  for (let i: usize = 0; i < 256; i++) {
    store<u32>(powers + (i << 2), power);
    power = (power * 41) % 257;
  }
  for (let i: usize = 0; i < 256; i++) {
    const b = i >> 4;
    const c = i & 15;
    store<u32>(twiddles + (i << 2), load<u32>(powers + ((b * c) << 2)));
    const inverse = load<u32>(powers + (((255 * i) & 255) << 2));
    store<u32>(blockOffsets + (i << 2), inverse);
    store<u32>(closingOffsets + (i << 2), (inverse + load<u32>(powers + (((253 * i) & 255) << 2))) % 257);
  }
}

/** Congruent modulo 257, since 2^16 = 1; from 32 bits to 17. */
@inline
function foldWords(x: i32): i32 {
  return (x & 0xffff) + (x >> 16);
}

/** Congruent modulo 257, since 2^8 = -1; from 17 bits to about 9, and from there into 0..257. */
@inline
function foldBytes(x: i32): i32 {
  return (x & 0xff) - (x >> 8);
}

/** An 8-point transform with root 4 of the words at `source`, `stride` bytes apart, to `target`, 8 bytes apart. */
@inline
function transform8(
  x0: i32, x1: i32, x2: i32, x3: i32, x4: i32, x5: i32, x6: i32, x7: i32, target: usize,
): void {
  const e0 = x0 + x4;
  const e1 = x0 - x4;
  const e2 = x2 + x6;
  const e3 = (x2 - x6) << 4;
  const o0 = x1 + x5;
  const o1 = x1 - x5;
  const o2 = x3 + x7;
  const o3 = (x3 - x7) << 4;
  const even0 = e0 + e2;
  const even1 = e1 + e3;
  const even2 = e0 - e2;
  const even3 = e1 - e3;
  const odd0 = o0 + o2;
  const odd1 = (o1 + o3) << 2;
  const odd2 = (o0 - o2) << 4;
  const odd3 = (o1 - o3) << 6;
  store<i32>(target, even0 + odd0);
  store<i32>(target, even1 + odd1, 8);
  store<i32>(target, even2 + odd2, 16);
  store<i32>(target, even3 + odd3, 24);
  store<i32>(target, even0 - odd0, 32);
  store<i32>(target, even1 - odd1, 40);
  store<i32>(target, even2 - odd2, 48);
  store<i32>(target, even3 - odd3, 56);
}

/**
 * First pass, input column b: sums x[16 a + b] 2^(a c) over the 8 rows a, for c from 0 to 15. Even c are an 8-point
 * transform of x, odd c one of x[a] 2^a. Then reduces and multiplies by the twiddle factors.
 */
@inline
function transformColumn(block: usize, b: usize): void {
  const p = block + b;
  const x0 = <i32>load<u8>(p);
  const x1 = <i32>load<u8>(p, 16);
  const x2 = <i32>load<u8>(p, 32);
  const x3 = <i32>load<u8>(p, 48);
  const x4 = <i32>load<u8>(p, 64);
  const x5 = <i32>load<u8>(p, 80);
  const x6 = <i32>load<u8>(p, 96);
  const x7 = <i32>load<u8>(p, 112);
  const target = columns + (b << 6);
  transform8(x0, x1, x2, x3, x4, x5, x6, x7, target);
  transform8(x0, x1 << 1, x2 << 2, x3 << 3, x4 << 4, x5 << 5, x6 << 6, x7 << 7, target + 4);
  for (let i: usize = 0; i < 64; i += 4) {
    const reduced = foldBytes(foldWords(load<i32>(target + i)));
    store<i32>(target + i, foldBytes(reduced * load<i32>(twiddles + (b << 6) + i)));
  }
}

/** Second pass, row c: q[c + 16 d] is the sum of column[b][c] 2^(b d), two 8-point transforms and a butterfly. */
@inline
function transformRow(c: usize, offsets: usize): void {
  const p = columns + (c << 2);
  const halves = expanded;
  transform8(
    load<i32>(p), load<i32>(p, 128), load<i32>(p, 256), load<i32>(p, 384),
    load<i32>(p, 512), load<i32>(p, 640), load<i32>(p, 768), load<i32>(p, 896), halves,
  );
  transform8(
    load<i32>(p, 64), load<i32>(p, 192), load<i32>(p, 320), load<i32>(p, 448),
    load<i32>(p, 576), load<i32>(p, 704), load<i32>(p, 832), load<i32>(p, 960), halves + 4,
  );
  for (let d: usize = 0; d < 8; d++) {
    const even = load<i32>(halves + (d << 3));
    const odd = load<i32>(halves + (d << 3), 4) << <i32>d;
    const at = (c << 2) + (d << 6);
    store<i32>(transform + at, normalize(even + odd + load<i32>(offsets + at)));
    store<i32>(transform + at, normalize(even - odd + load<i32>(offsets + at, 512)), 512);
  }
}

/** The representative modulo 257 from -128 to 128. */
@inline
function normalize(x: i32): i32 {
  const y = foldBytes(foldBytes(foldWords(x)));
  return y <= 128 ? y : y - 257;
}

/** Two transform values, each times `factor` modulo 2^16, as one word. */
@inline
function pack(low: usize, high: usize, factor: i32): u32 {
  return ((load<i32>(low) * factor) & 0xffff) | ((load<i32>(high) * factor) << 16);
}

/** Message expansion: the 256-point transform over Z/257, paired and multiplied into 32 places of 8 words. */
function expand(block: usize, offsets: usize, target: usize): void {
  for (let b: usize = 0; b < 16; b++) transformColumn(block, b);
  for (let c: usize = 0; c < 16; c++) transformRow(c, offsets);

  for (let i: usize = 0; i < 512; i += 4) store<u32>(target + i, pack(transform + (i << 1), transform + (i << 1) + 4, 185));
  for (let i: usize = 0; i < 256; i += 4) {
    const even = transform + (i << 1);
    store<u32>(target + i, pack(even, even + 512, 233), 512);
    store<u32>(target + i, pack(even + 4, even + 516, 233), 768);
  }
}

/** One step on all lanes. The caller rotates the roles of the four words, which stay in place. */
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

function compress(block: usize, message: usize): void {
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
