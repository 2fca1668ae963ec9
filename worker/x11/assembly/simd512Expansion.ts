// Message expansion of SIMD-512: a transform over Z/257 and multiplications, 128 bytes to 32 places of 8 words.
// Source: Leurent, Bouillaguet, Fouque, "SIMD Is a Message Digest", 2009, section 1.3.
// The 256-point transform q[j] = sum x[i] 41^(i j) goes in two passes of 16 points: with i = 16 a + b and j = c + 16 d,
// 41^(i j) = 2^(a c) 41^(b c) 2^(b d), since 41^16 = 2 modulo 257. So only the twiddle factors in the middle are not
// powers of two, and words of 32 bits hold all sums without reductions between the butterflies.

/** 41^(b c) modulo 257 at 16 b + c: the twiddle factors between the two passes of the transform. */
const twiddles: usize = memory.data(1024, 16);
/** What is added to the transform: 41^-i in the blocks, 41^-i + 41^-3i in the closing one. */
export const blockOffsets: usize = memory.data(1024, 16);
export const closingOffsets: usize = memory.data(1024, 16);

/** Of vectors only: 2^(a c) and 2^((a + 1) c) modulo 257 as a pair of i16, at a / 2 rows of 16 c. */
const rootPairs: usize = memory.data(256, 16);
/** Of vectors only: two rows of the block as pairs of i16, later half a transform. */
const pairs: usize = memory.data(256, 16);

/** After the first pass: 16 words for each b. */
const columns: usize = memory.data(1024, 16);
/** The transform: 256 i32, or on vectors at last 256 i16. */
const transform: usize = memory.data(1024, 16);
/** Scratch of the second pass. */
const halves: usize = memory.data(64, 16);

/** Fills the tables; to be called once. */
export function initSimd(): void {
  const powers = columns;
  let power: u32 = 1;
  for (let i: usize = 0; i < 256; i++) {
    store<u32>(powers + (i << 2), power);
    power = (power * 41) % 257;
  }
  for (let i: usize = 0; i < 128; i++) {
    const exponent = (i >> 4) * (i & 15);
    const root = 1 << <i32>(exponent & 7);
    store<i16>(rootPairs + ((i >> 5) << 6) + ((i & 15) << 2) + ((i >> 3) & 2), exponent & 8 ? -root : root);
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

/** An 8-point transform with root 4, its results 8 bytes apart from `target`. */
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

/** The expansion on single words, for JavaScript. */
function expandWords(block: usize, offsets: usize, target: usize): void {
  for (let b: usize = 0; b < 16; b++) transformColumn(block, b);
  for (let c: usize = 0; c < 16; c++) transformRow(c, offsets);

  for (let i: usize = 0; i < 512; i += 4) store<u32>(target + i, pack(transform + (i << 1), transform + (i << 1) + 4, 185));
  for (let i: usize = 0; i < 256; i += 4) {
    const even = transform + (i << 1);
    store<u32>(target + i, pack(even, even + 512, 233), 512);
    store<u32>(target + i, pack(even + 4, even + 516, 233), 768);
  }
}

/** Lanes congruent modulo 257, as foldWords and foldBytes. */
@inline
function foldWordLanes(x: v128): v128 {
  return i32x4.add(v128.and(x, i32x4.splat(0xffff)), i32x4.shr_s(x, 16));
}
@inline
function foldByteLanes(x: v128): v128 {
  return i32x4.sub(v128.and(x, i32x4.splat(0xff)), i32x4.shr_s(x, 8));
}

/** foldBytes and the choice of the representative from -128 to 128, on eight i16. */
@inline
function normalizeLanes(x: v128): v128 {
  const y = i16x8.sub(v128.and(x, i16x8.splat(0xff)), i16x8.shr_s(x, 8));
  return i16x8.sub(y, v128.and(i16x8.gt_s(y, i16x8.splat(128)), i16x8.splat(257)));
}

/** Rows `row` and `row + 1` of the block as 16 pairs of i16, to `target`. */
@inline
function pairRows(block: usize, row: usize, target: usize): void {
  const x = v128.load(block + (row << 4));
  const y = v128.load(block + (row << 4), 16);
  const low = v128.shuffle<u8>(x, y, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  const high = v128.shuffle<u8>(x, y, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
  v128.store(target, i16x8.extend_low_i8x16_u(low));
  v128.store(target, i16x8.extend_high_i8x16_u(low), 16);
  v128.store(target, i16x8.extend_low_i8x16_u(high), 32);
  v128.store(target, i16x8.extend_high_i8x16_u(high), 48);
}

/** First pass on vectors of four c: sums of products by the powers of two, since 2^(a c) = +-2^k with k < 8. */
@inline
function transformColumns(block: usize): void {
  for (let row: usize = 0; row < 8; row += 2) pairRows(block, row, pairs + (row << 5));

  for (let c: usize = 0; c < 64; c += 16) {
    const k0 = v128.load(rootPairs + c);
    const k1 = v128.load(rootPairs + c, 64);
    const k2 = v128.load(rootPairs + c, 128);
    const k3 = v128.load(rootPairs + c, 192);
    for (let b: usize = 0; b < 16; b++) {
      const p = pairs + (b << 2);
      const sum = i32x4.add(
        i32x4.add(
          i32x4.dot_i16x8_s(v128.load_splat<u32>(p), k0),
          i32x4.dot_i16x8_s(v128.load_splat<u32>(p, 64), k1),
        ),
        i32x4.add(
          i32x4.dot_i16x8_s(v128.load_splat<u32>(p, 128), k2),
          i32x4.dot_i16x8_s(v128.load_splat<u32>(p, 192), k3),
        ),
      );
      const at = (b << 6) + c;
      const twisted = i32x4.mul(foldByteLanes(sum), v128.load(twiddles + at));
      v128.store(columns + at, foldByteLanes(twisted));
    }
  }
}

/** transform8 on vectors: inputs 128 bytes apart from `source`, outputs 16 bytes apart from `target`. */
@inline
function transform8Lanes(source: usize, target: usize): void {
  const x0 = v128.load(source);
  const x1 = v128.load(source, 128);
  const x2 = v128.load(source, 256);
  const x3 = v128.load(source, 384);
  const x4 = v128.load(source, 512);
  const x5 = v128.load(source, 640);
  const x6 = v128.load(source, 768);
  const x7 = v128.load(source, 896);
  const e0 = i32x4.add(x0, x4);
  const e1 = i32x4.sub(x0, x4);
  const e2 = i32x4.add(x2, x6);
  const e3 = i32x4.shl(i32x4.sub(x2, x6), 4);
  const o0 = i32x4.add(x1, x5);
  const o1 = i32x4.sub(x1, x5);
  const o2 = i32x4.add(x3, x7);
  const o3 = i32x4.shl(i32x4.sub(x3, x7), 4);
  const even0 = i32x4.add(e0, e2);
  const even1 = i32x4.add(e1, e3);
  const even2 = i32x4.sub(e0, e2);
  const even3 = i32x4.sub(e1, e3);
  const odd0 = i32x4.add(o0, o2);
  const odd1 = i32x4.shl(i32x4.add(o1, o3), 2);
  const odd2 = i32x4.shl(i32x4.sub(o0, o2), 4);
  const odd3 = i32x4.shl(i32x4.sub(o1, o3), 6);
  v128.store(target, i32x4.add(even0, odd0));
  v128.store(target, i32x4.add(even1, odd1), 16);
  v128.store(target, i32x4.add(even2, odd2), 32);
  v128.store(target, i32x4.add(even3, odd3), 48);
  v128.store(target, i32x4.sub(even0, odd0), 64);
  v128.store(target, i32x4.sub(even1, odd1), 80);
  v128.store(target, i32x4.sub(even2, odd2), 96);
  v128.store(target, i32x4.sub(even3, odd3), 112);
}

/** Second pass on vectors of four c, reduced to less than 10 bits. */
@inline
function transformRows(offsets: usize): void {
  for (let c: usize = 0; c < 64; c += 16) {
    transform8Lanes(columns + c, pairs);
    transform8Lanes(columns + c + 64, pairs + 128);
    for (let d: i32 = 0; d < 8; d++) {
      const even = v128.load(pairs + (d << 4));
      const odd = i32x4.shl(v128.load(pairs + (d << 4), 128), d);
      const at = c + (d << 6);
      const low = i32x4.add(i32x4.add(even, odd), v128.load(offsets + at));
      const high = i32x4.add(i32x4.sub(even, odd), v128.load(offsets + at, 512));
      v128.store(transform + at, foldByteLanes(foldWordLanes(low)));
      v128.store(transform + at, foldByteLanes(foldWordLanes(high)), 512);
    }
  }
}

/** The expansion on vectors. As i16, a pair of neighbours in the transform is a word of the message already. */
function expandVectors(block: usize, offsets: usize, target: usize): void {
  transformColumns(block);
  transformRows(offsets);
  for (let i: usize = 0; i < 512; i += 16) {
    const p = transform + (i << 1);
    const q = normalizeLanes(i16x8.narrow_i32x4_s(v128.load(p), v128.load(p, 16)));
    v128.store(transform + i, q);
    v128.store(target + i, i16x8.mul(q, i16x8.splat(185)));
  }
  for (let i: usize = 0; i < 256; i += 16) {
    const x = v128.load(transform + i);
    const y = v128.load(transform + i, 256);
    const even = v128.or(v128.and(x, i32x4.splat(0xffff)), i32x4.shl(y, 16));
    const odd = v128.or(i32x4.shr_u(x, 16), v128.and(y, i32x4.splat(0xffff0000)));
    v128.store(target + i, i16x8.mul(even, i16x8.splat(233)), 512);
    v128.store(target + i, i16x8.mul(odd, i16x8.splat(233)), 768);
  }
}

/**
 * @param offsets - blockOffsets or closingOffsets
 * @param target - 1024 bytes: 32 places of 8 words, in the order of the transform and not of the steps
 */
export function expand(block: usize, offsets: usize, target: usize): void {
  if (ASC_FEATURE_SIMD) expandVectors(block, offsets, target);
  else expandWords(block, offsets, target);
}
