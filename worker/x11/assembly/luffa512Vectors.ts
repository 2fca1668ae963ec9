// Luffa-512 on vectors: permutations 0 to 3 in the four lanes; the fifth stays apart, see luffa512.ts.
import { rotateLeft32x4 } from "./bytes";

/** Word w of permutations 0 to 3 at 16 w. */
const lanes: usize = memory.data(128, 16);

/**
 * Starts a hash.
 * @param words - permutations 0 to 3, 8 words each
 */
export function loadLanes(words: usize): void {
  for (let i: usize = 0; i < 32; i++) {
    store<u32>(lanes + (i << 2), load<u32>(words + ((i & 3) << 5) + ((i >> 2) << 2)));
  }
}

/** The XOR of the words at byte `offset` of permutations 0 to 3. */
export function sumOfLanes(offset: usize): u32 {
  return i32x4.extract_lane(sumLanes(v128.load(lanes + (offset << 2))), 0);
}

/** The XOR of all four words of `v`, four times. */
@inline
function sumLanes(v: v128): v128 {
  const pairs = v128.xor(v, v128.shuffle<u32>(v, v, 2, 3, 0, 1));
  return v128.xor(pairs, v128.shuffle<u32>(pairs, pairs, 1, 0, 3, 2));
}

/** Lanes 1, 2, 3 of `v`, then `word`. */
@inline
function shiftDown(v: v128, word: u32): v128 {
  return v128.shuffle<u32>(v, i32x4.splat(word), 1, 2, 3, 4);
}

/** `word`, then lanes 0, 1, 2 of `v`. */
@inline
function shiftUp(v: v128, word: u32): v128 {
  return v128.shuffle<u32>(v, i32x4.splat(word), 4, 0, 1, 2);
}

/** Word w of the message and of its doubles: what permutations 0 to 3 take. */
@inline
function fourWords(w0: u32, w1: u32, w2: u32, w3: u32): v128 {
  return i32x4.replace_lane(i32x4.replace_lane(i32x4.replace_lane(i32x4.splat(w0), 1, w1), 2, w2), 3, w3);
}

/** Rotates lane j left by j. A multiplication shifts each lane by its own amount, as no instruction does. */
@inline
function tweak(v: v128): v128 {
  const powers = i32x4(1, 2, 4, 8);
  const high = i32x4.shr_u(i32x4.mul(i32x4.shr_u(v, 28), powers), 4);
  return v128.or(i32x4.mul(v, powers), high);
}

/**
 * MI with word w of permutations 0 to 3 in the lanes of a vector (`lanes`), that of permutation 4 at `fifth`.
 * To double is to rename seven words and add the eighth to some: see double() of luffa512.ts.
 */
export function injectMessageLanes(block: usize, fifth: usize): void {
  let v0 = v128.load(lanes);
  let v1 = v128.load(lanes, 16);
  let v2 = v128.load(lanes, 32);
  let v3 = v128.load(lanes, 48);
  let v4 = v128.load(lanes, 64);
  let v5 = v128.load(lanes, 80);
  let v6 = v128.load(lanes, 96);
  let v7 = v128.load(lanes, 112);
  let s0 = load<u32>(fifth);
  let s1 = load<u32>(fifth, 4);
  let s2 = load<u32>(fifth, 8);
  let s3 = load<u32>(fifth, 12);
  let s4 = load<u32>(fifth, 16);
  let s5 = load<u32>(fifth, 20);
  let s6 = load<u32>(fifth, 24);
  let s7 = load<u32>(fifth, 28);

  // the double of the sum of all five
  const a0 = v128.xor(sumLanes(v0), i32x4.splat(s0));
  const a1 = v128.xor(sumLanes(v1), i32x4.splat(s1));
  const a2 = v128.xor(sumLanes(v2), i32x4.splat(s2));
  const a3 = v128.xor(sumLanes(v3), i32x4.splat(s3));
  const a4 = v128.xor(sumLanes(v4), i32x4.splat(s4));
  const a5 = v128.xor(sumLanes(v5), i32x4.splat(s5));
  const a6 = v128.xor(sumLanes(v6), i32x4.splat(s6));
  const a7 = v128.xor(sumLanes(v7), i32x4.splat(s7));
  const d0 = a7;
  const d1 = v128.xor(a0, a7);
  const d2 = a1;
  const d3 = v128.xor(a2, a7);
  const d4 = v128.xor(a3, a7);
  const d5 = a4;
  const d6 = a5;
  const d7 = a6;
  v0 = v128.xor(v0, d0);
  v1 = v128.xor(v1, d1);
  v2 = v128.xor(v2, d2);
  v3 = v128.xor(v3, d3);
  v4 = v128.xor(v4, d4);
  v5 = v128.xor(v5, d5);
  v6 = v128.xor(v6, d6);
  v7 = v128.xor(v7, d7);
  s0 ^= i32x4.extract_lane(d0, 0);
  s1 ^= i32x4.extract_lane(d1, 0);
  s2 ^= i32x4.extract_lane(d2, 0);
  s3 ^= i32x4.extract_lane(d3, 0);
  s4 ^= i32x4.extract_lane(d4, 0);
  s5 ^= i32x4.extract_lane(d5, 0);
  s6 ^= i32x4.extract_lane(d6, 0);
  s7 ^= i32x4.extract_lane(d7, 0);

  // the sweep that adds right neighbours
  const e0 = v128.xor(v7, shiftDown(v0, s0));
  const e1 = v128.xor(v128.xor(v0, v7), shiftDown(v1, s1));
  const e2 = v128.xor(v1, shiftDown(v2, s2));
  const e3 = v128.xor(v128.xor(v2, v7), shiftDown(v3, s3));
  const e4 = v128.xor(v128.xor(v3, v7), shiftDown(v4, s4));
  const e5 = v128.xor(v4, shiftDown(v5, s5));
  const e6 = v128.xor(v5, shiftDown(v6, s6));
  const e7 = v128.xor(v6, shiftDown(v7, s7));
  const f0 = s7 ^ i32x4.extract_lane(v0, 0);
  const f1 = s0 ^ s7 ^ i32x4.extract_lane(v1, 0);
  const f2 = s1 ^ i32x4.extract_lane(v2, 0);
  const f3 = s2 ^ s7 ^ i32x4.extract_lane(v3, 0);
  const f4 = s3 ^ s7 ^ i32x4.extract_lane(v4, 0);
  const f5 = s4 ^ i32x4.extract_lane(v5, 0);
  const f6 = s5 ^ i32x4.extract_lane(v6, 0);
  const f7 = s6 ^ i32x4.extract_lane(v7, 0);

  // the sweep that adds left neighbours
  v0 = v128.xor(e7, shiftUp(e0, f0));
  v1 = v128.xor(v128.xor(e0, e7), shiftUp(e1, f1));
  v2 = v128.xor(e1, shiftUp(e2, f2));
  v3 = v128.xor(v128.xor(e2, e7), shiftUp(e3, f3));
  v4 = v128.xor(v128.xor(e3, e7), shiftUp(e4, f4));
  v5 = v128.xor(e4, shiftUp(e5, f5));
  v6 = v128.xor(e5, shiftUp(e6, f6));
  v7 = v128.xor(e6, shiftUp(e7, f7));
  s0 = f7 ^ i32x4.extract_lane(e0, 3);
  s1 = f0 ^ f7 ^ i32x4.extract_lane(e1, 3);
  s2 = f1 ^ i32x4.extract_lane(e2, 3);
  s3 = f2 ^ f7 ^ i32x4.extract_lane(e3, 3);
  s4 = f3 ^ f7 ^ i32x4.extract_lane(e4, 3);
  s5 = f4 ^ i32x4.extract_lane(e5, 3);
  s6 = f5 ^ i32x4.extract_lane(e6, 3);
  s7 = f6 ^ i32x4.extract_lane(e7, 3);

  // the message, doubled once more for each permutation
  const m0 = bswap<u32>(load<u32>(block));
  const m1 = bswap<u32>(load<u32>(block, 4));
  const m2 = bswap<u32>(load<u32>(block, 8));
  const m3 = bswap<u32>(load<u32>(block, 12));
  const m4 = bswap<u32>(load<u32>(block, 16));
  const m5 = bswap<u32>(load<u32>(block, 20));
  const m6 = bswap<u32>(load<u32>(block, 24));
  const m7 = bswap<u32>(load<u32>(block, 28));
  const n0 = m7;
  const n1 = m0 ^ m7;
  const n2 = m1;
  const n3 = m2 ^ m7;
  const n4 = m3 ^ m7;
  const n5 = m4;
  const n6 = m5;
  const n7 = m6;
  const o0 = n7;
  const o1 = n0 ^ n7;
  const o2 = n1;
  const o3 = n2 ^ n7;
  const o4 = n3 ^ n7;
  const o5 = n4;
  const o6 = n5;
  const o7 = n6;
  const p0 = o7;
  const p1 = o0 ^ o7;
  const p2 = o1;
  const p3 = o2 ^ o7;
  const p4 = o3 ^ o7;
  const p5 = o4;
  const p6 = o5;
  const p7 = o6;
  const q0 = p7;
  const q1 = p0 ^ p7;
  const q2 = p1;
  const q3 = p2 ^ p7;
  const q4 = p3 ^ p7;
  const q5 = p4;
  const q6 = p5;
  const q7 = p6;
  v128.store(lanes, v128.xor(v0, fourWords(m0, n0, o0, p0)));
  v128.store(lanes, v128.xor(v1, fourWords(m1, n1, o1, p1)), 16);
  v128.store(lanes, v128.xor(v2, fourWords(m2, n2, o2, p2)), 32);
  v128.store(lanes, v128.xor(v3, fourWords(m3, n3, o3, p3)), 48);
  v128.store(lanes, v128.xor(v4, fourWords(m4, n4, o4, p4)), 64);
  v128.store(lanes, v128.xor(v5, fourWords(m5, n5, o5, p5)), 80);
  v128.store(lanes, v128.xor(v6, fourWords(m6, n6, o6, p6)), 96);
  v128.store(lanes, v128.xor(v7, fourWords(m7, n7, o7, p7)), 112);
  store<u32>(fifth, s0 ^ q0);
  store<u32>(fifth, s1 ^ q1, 4);
  store<u32>(fifth, s2 ^ q2, 8);
  store<u32>(fifth, s3 ^ q3, 12);
  store<u32>(fifth, s4 ^ q4, 16);
  store<u32>(fifth, s5 ^ q5, 20);
  store<u32>(fifth, s6 ^ q6, 24);
  store<u32>(fifth, s7 ^ q7, 28);
}

/**
 * Q_0 to Q_3, one in each lane.
 * @param constants - `size` bytes in steps of `stepSize`: a vector for word 0 and a vector for word 4, then others
 */
@inline
export function permuteLanes(constants: usize, stepSize: usize, size: usize): void {
  let a0 = v128.load(lanes);
  let a1 = v128.load(lanes, 16);
  let a2 = v128.load(lanes, 32);
  let a3 = v128.load(lanes, 48);
  let a4 = tweak(v128.load(lanes, 64));
  let a5 = tweak(v128.load(lanes, 80));
  let a6 = tweak(v128.load(lanes, 96));
  let a7 = tweak(v128.load(lanes, 112));

  let t: v128;
  for (let step = constants; step < constants + size; step += stepSize) {
    t = a0;
    a0 = v128.or(a0, a1);
    a2 = v128.xor(a2, a3);
    a1 = v128.not(a1);
    a0 = v128.xor(a0, a3);
    a3 = v128.and(a3, t);
    a1 = v128.xor(a1, a3);
    a3 = v128.xor(a3, a2);
    a2 = v128.and(a2, a0);
    a0 = v128.not(a0);
    a2 = v128.xor(a2, a1);
    a1 = v128.or(a1, a3);
    t = v128.xor(t, a1);
    a3 = v128.xor(a3, a2);
    a2 = v128.and(a2, a1);
    a1 = v128.xor(a1, a0);
    a0 = t;

    t = a5;
    a5 = v128.or(a5, a6);
    a7 = v128.xor(a7, a4);
    a6 = v128.not(a6);
    a5 = v128.xor(a5, a4);
    a4 = v128.and(a4, t);
    a6 = v128.xor(a6, a4);
    a4 = v128.xor(a4, a7);
    a7 = v128.and(a7, a5);
    a5 = v128.not(a5);
    a7 = v128.xor(a7, a6);
    a6 = v128.or(a6, a4);
    t = v128.xor(t, a6);
    a4 = v128.xor(a4, a7);
    a7 = v128.and(a7, a6);
    a6 = v128.xor(a6, a5);
    a5 = t;

    a4 = v128.xor(a4, a0);
    a0 = v128.xor(rotateLeft32x4(a0, 2), a4);
    a4 = v128.xor(rotateLeft32x4(a4, 14), a0);
    a0 = v128.xor(rotateLeft32x4(a0, 10), a4);
    a4 = rotateLeft32x4(a4, 1);
    a5 = v128.xor(a5, a1);
    a1 = v128.xor(rotateLeft32x4(a1, 2), a5);
    a5 = v128.xor(rotateLeft32x4(a5, 14), a1);
    a1 = v128.xor(rotateLeft32x4(a1, 10), a5);
    a5 = rotateLeft32x4(a5, 1);
    a6 = v128.xor(a6, a2);
    a2 = v128.xor(rotateLeft32x4(a2, 2), a6);
    a6 = v128.xor(rotateLeft32x4(a6, 14), a2);
    a2 = v128.xor(rotateLeft32x4(a2, 10), a6);
    a6 = rotateLeft32x4(a6, 1);
    a7 = v128.xor(a7, a3);
    a3 = v128.xor(rotateLeft32x4(a3, 2), a7);
    a7 = v128.xor(rotateLeft32x4(a7, 14), a3);
    a3 = v128.xor(rotateLeft32x4(a3, 10), a7);
    a7 = rotateLeft32x4(a7, 1);

    a0 = v128.xor(a0, v128.load(step));
    a4 = v128.xor(a4, v128.load(step, 16));
  }

  v128.store(lanes, a0);
  v128.store(lanes, a1, 16);
  v128.store(lanes, a2, 32);
  v128.store(lanes, a3, 48);
  v128.store(lanes, a4, 64);
  v128.store(lanes, a5, 80);
  v128.store(lanes, a6, 96);
  v128.store(lanes, a7, 112);
}
