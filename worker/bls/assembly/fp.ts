// The base field of BLS12-381, p = 0x1a0111ea...aaab (381 bits).
//
// An element is 14 limbs of 28 bits, little-endian, each in a u32: 56 bytes, in slots of 64. Values are in Montgomery
// form with R = 2^392. Reduction is lazy: 392 bits hold 2^11 * p, so sums and differences keep their carries, and only
// products and reduce() give tidy elements. Every operation says what it takes and gives:
//
//   tidy     limbs below 2^28, value below 2p (a product, or what came out of reduce)
//   wide     limbs below 2^30, value below 32p (what a product may take)
//
// Nothing here is secret, so nothing takes constant time.

/** Bytes from one element to the next. */
export const SLOT: usize = 64;
const BYTES: usize = 56;
const MASK: u64 = 0xfffffff;
/** -p^-1 and p^-1 modulo 2^28. */
const NEGATIVE_INVERSE: u64 = 0xffcfffd;
const INVERSE: u32 = 0x30003;

const P0: u64 = 0xfffaaab;
const P1: u64 = 0xfefffff;
const P2: u64 = 0x3ffffb9;
const P3: u64 = 0xfffeb15;
const P4: u64 = 0x6241eab;
const P5: u64 = 0xa0f6b0f;
const P6: u64 = 0xf6730d2;
const P7: u64 = 0xf38512b;
const P8: u64 = 0x4774b84;
const P9: u64 = 0x4bacd76;
const P10: u64 = 0xba7b643;
const P11: u64 = 0xe69a4b1;
const P12: u64 = 0x1ea397f;
const P13: u64 = 0x1a011;

const P: usize = memory.data<u32>([
  0x0fffaaab, 0x0fefffff, 0x03ffffb9, 0x0fffeb15, 0x06241eab, 0x0a0f6b0f, 0x0f6730d2,
  0x0f38512b, 0x04774b84, 0x04bacd76, 0x0ba7b643, 0x0e69a4b1, 0x01ea397f, 0x0001a011,
], 16);
/** (p + 1) / 2 */
const HALF: usize = memory.data<u32>([
  0x0fffd556, 0x0ff7ffff, 0x09ffffdc, 0x0ffff58a, 0x0b120f55, 0x0507b587, 0x0fb39869,
  0x079c2895, 0x023ba5c2, 0x0a5d66bb, 0x0dd3db21, 0x0f34d258, 0x08f51cbf, 0x0000d008,
], 16);
/** 4p with every limb but the last above 2^28, so that a tidy element can be taken from it limb by limb. */
const FOUR_P: usize = memory.data<u32>([
  0x1ffeaaac, 0x1fbffffe, 0x1ffffee6, 0x1fffac53, 0x18907aae, 0x183dac3c, 0x1d9cc349,
  0x1ce144ae, 0x11dd2e12, 0x12eb35d8, 0x1e9ed90c, 0x19a692c5, 0x17a8e5fe, 0x00068043,
], 16);
/** 8p with every limb but the last above 2^29, for the sum of two tidy elements. */
const EIGHT_P: usize = memory.data<u32>([
  0x2ffd5558, 0x2f7ffffd, 0x2ffffdcd, 0x2fff58a7, 0x2120f55d, 0x207b5879, 0x2b398693,
  0x29c2895d, 0x23ba5c25, 0x25d66bb0, 0x2d3db218, 0x234d258b, 0x2f51cbfd, 0x000d0086,
], 16);
/** R, R^2 and 4R modulo p. */
export const ONE: usize = memory.data<u32>([
  0x0347fcb8, 0x0d800000, 0x0002b119, 0x00cde6d2, 0x0c7212e0, 0x083a2090, 0x0037669f,
  0x0da0f73e, 0x09b09b42, 0x01297bb0, 0x0515d98f, 0x0012ca7c, 0x0659fcfa, 0x0000577a,
], 16);
const R_SQUARED: usize = memory.data<u32>([
  0x010370ed, 0x06d1c345, 0x0e243d62, 0x0ec45c53, 0x03b1d65a, 0x0093317d, 0x0b4f36a0,
  0x05d74088, 0x0c10ea72, 0x0865d118, 0x07320a75, 0x0fd5cd50, 0x0cc8a759, 0x0000c8d4,
], 16);
export const FOUR: usize = memory.data<u32>([
  0x0d1ff2e0, 0x06000000, 0x000ac467, 0x03379b48, 0x01c84b80, 0x00e88243, 0x00dd9a7e,
  0x0683dcf8, 0x06c26d0b, 0x04a5eec2, 0x0457663c, 0x004b29f1, 0x0967f3e8, 0x00015de9,
], 16);
/** 1, not in Montgomery form: multiplying by it leaves the form. */
const PLAIN_ONE: usize = memory.data<u32>([1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], 16);

const EXPONENT_BYTES: usize = 48;
/** (p + 1) / 4 and p - 2, big-endian. */
const SQUARE_ROOT_EXPONENT: usize = memory.data<u8>([
  0x06, 0x80, 0x44, 0x7a, 0x8e, 0x5f, 0xf9, 0xa6, 0x92, 0xc6, 0xe9, 0xed, 0x90, 0xd2, 0xeb, 0x35,
  0xd9, 0x1d, 0xd2, 0xe1, 0x3c, 0xe1, 0x44, 0xaf, 0xd9, 0xcc, 0x34, 0xa8, 0x3d, 0xac, 0x3d, 0x89,
  0x07, 0xaa, 0xff, 0xff, 0xac, 0x54, 0xff, 0xff, 0xee, 0x7f, 0xbf, 0xff, 0xff, 0xff, 0xea, 0xab,
]);
const INVERSION_EXPONENT: usize = memory.data<u8>([
  0x1a, 0x01, 0x11, 0xea, 0x39, 0x7f, 0xe6, 0x9a, 0x4b, 0x1b, 0xa7, 0xb6, 0x43, 0x4b, 0xac, 0xd7,
  0x64, 0x77, 0x4b, 0x84, 0xf3, 0x85, 0x12, 0xbf, 0x67, 0x30, 0xd2, 0xa0, 0xf6, 0xb0, 0xf6, 0x24,
  0x1e, 0xab, 0xff, 0xfe, 0xb1, 0x53, 0xff, 0xff, 0xb9, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xaa, 0xa9,
]);

const powers: usize = memory.data(16 * 64, 16);
const untied: usize = memory.data(64, 16);

@inline
export function copy(out: usize, a: usize): void {
  memory.copy(out, a, BYTES);
}

/** Limb by limb: tidy and tidy give limbs below 2^29 and a value below 4p. */
@inline
export function add(out: usize, a: usize, b: usize): void {
  // Two limbs at a time: none overflows its 32 bits.
  for (let i: usize = 0; i < BYTES; i += 8) store<u64>(out + i, load<u64>(a + i) + load<u64>(b + i));
}

@inline
function subtractFrom(multiple: usize, out: usize, a: usize, b: usize): void {
  for (let i: usize = 0; i < BYTES; i += 8) {
    store<u64>(out + i, load<u64>(a + i) + (load<u64>(multiple + i) - load<u64>(b + i)));
  }
}

/** a - b + 4p. @param a - limbs below 2^29. @param b - tidy. Gives wide. */
@inline
export function subtract(out: usize, a: usize, b: usize): void {
  subtractFrom(FOUR_P, out, a, b);
}

/** a - b + 8p. @param a - tidy. @param b - sum of two tidy elements. Gives wide. */
@inline
export function subtractSum(out: usize, a: usize, b: usize): void {
  subtractFrom(EIGHT_P, out, a, b);
}

/** @param a - limbs below 2^31, value below 64p. Gives tidy. */
export function reduce(out: usize, a: usize): void {
  // At most one too few, as p is a little more than P13 * 2^364.
  const times = <i64>((load<u32>(a, 52) + (load<u32>(a, 48) >> 28)) / (<u32>P13 + 1));
  let carry: i64 = 0;
  for (let i: usize = 0; i < BYTES - 4; i += 4) {
    carry += <i64>load<u32>(a + i) - times * <i64>load<u32>(P + i);
    store<u32>(out + i, <u32>carry & <u32>MASK);
    carry >>= 28;
  }
  store<u32>(out, <u32>(carry + <i64>load<u32>(a, 52) - times * <i64>P13), 52);
}

/**
 * a * b / R modulo p, column by column; each column's m makes its lowest 28 bits 0. A column adds 14 products of at most
 * 60 bits and 14 of 56: no carries within it. @param a - wide. @param b - wide. Gives tidy.
 */
export function multiply(out: usize, a: usize, b: usize): void {
  const a0 = <u64>load<u32>(a);
  const a1 = <u64>load<u32>(a, 4);
  const a2 = <u64>load<u32>(a, 8);
  const a3 = <u64>load<u32>(a, 12);
  const a4 = <u64>load<u32>(a, 16);
  const a5 = <u64>load<u32>(a, 20);
  const a6 = <u64>load<u32>(a, 24);
  const a7 = <u64>load<u32>(a, 28);
  const a8 = <u64>load<u32>(a, 32);
  const a9 = <u64>load<u32>(a, 36);
  const a10 = <u64>load<u32>(a, 40);
  const a11 = <u64>load<u32>(a, 44);
  const a12 = <u64>load<u32>(a, 48);
  const a13 = <u64>load<u32>(a, 52);
  const b0 = <u64>load<u32>(b);
  const b1 = <u64>load<u32>(b, 4);
  const b2 = <u64>load<u32>(b, 8);
  const b3 = <u64>load<u32>(b, 12);
  const b4 = <u64>load<u32>(b, 16);
  const b5 = <u64>load<u32>(b, 20);
  const b6 = <u64>load<u32>(b, 24);
  const b7 = <u64>load<u32>(b, 28);
  const b8 = <u64>load<u32>(b, 32);
  const b9 = <u64>load<u32>(b, 36);
  const b10 = <u64>load<u32>(b, 40);
  const b11 = <u64>load<u32>(b, 44);
  const b12 = <u64>load<u32>(b, 48);
  const b13 = <u64>load<u32>(b, 52);
  let u: u64 = a0 * b0;
  const m0 = (u * NEGATIVE_INVERSE) & MASK;
  u += m0 * P0;
  u = (u >> 28) + a0 * b1 + a1 * b0 + (m0 * P1);
  const m1 = (u * NEGATIVE_INVERSE) & MASK;
  u += m1 * P0;
  u = (u >> 28) + a0 * b2 + a1 * b1 + a2 * b0 + (m0 * P2 + m1 * P1);
  const m2 = (u * NEGATIVE_INVERSE) & MASK;
  u += m2 * P0;
  u = (u >> 28) + a0 * b3 + a1 * b2 + a2 * b1 + a3 * b0 + (m0 * P3 + m1 * P2 + m2 * P1);
  const m3 = (u * NEGATIVE_INVERSE) & MASK;
  u += m3 * P0;
  u = (u >> 28) + a0 * b4 + a1 * b3 + a2 * b2 + a3 * b1 + a4 * b0 + (m0 * P4 + m1 * P3 + m2 * P2 + m3 * P1);
  const m4 = (u * NEGATIVE_INVERSE) & MASK;
  u += m4 * P0;
  u = (u >> 28) + a0 * b5 + a1 * b4 + a2 * b3 + a3 * b2 + a4 * b1 + a5 * b0 + (m0 * P5 + m1 * P4 + m2 * P3
    + m3 * P2 + m4 * P1);
  const m5 = (u * NEGATIVE_INVERSE) & MASK;
  u += m5 * P0;
  u = (u >> 28) + a0 * b6 + a1 * b5 + a2 * b4 + a3 * b3 + a4 * b2 + a5 * b1 + a6 * b0 + (m0 * P6 + m1 * P5
    + m2 * P4 + m3 * P3 + m4 * P2 + m5 * P1);
  const m6 = (u * NEGATIVE_INVERSE) & MASK;
  u += m6 * P0;
  u = (u >> 28) + a0 * b7 + a1 * b6 + a2 * b5 + a3 * b4 + a4 * b3 + a5 * b2 + a6 * b1 + a7 * b0 + (m0 * P7
    + m1 * P6 + m2 * P5 + m3 * P4 + m4 * P3 + m5 * P2 + m6 * P1);
  const m7 = (u * NEGATIVE_INVERSE) & MASK;
  u += m7 * P0;
  u = (u >> 28) + a0 * b8 + a1 * b7 + a2 * b6 + a3 * b5 + a4 * b4 + a5 * b3 + a6 * b2 + a7 * b1 + a8 * b0
    + (m0 * P8 + m1 * P7 + m2 * P6 + m3 * P5 + m4 * P4 + m5 * P3 + m6 * P2 + m7 * P1);
  const m8 = (u * NEGATIVE_INVERSE) & MASK;
  u += m8 * P0;
  u = (u >> 28) + a0 * b9 + a1 * b8 + a2 * b7 + a3 * b6 + a4 * b5 + a5 * b4 + a6 * b3 + a7 * b2 + a8 * b1
    + a9 * b0 + (m0 * P9 + m1 * P8 + m2 * P7 + m3 * P6 + m4 * P5 + m5 * P4 + m6 * P3 + m7 * P2 + m8 * P1);
  const m9 = (u * NEGATIVE_INVERSE) & MASK;
  u += m9 * P0;
  u = (u >> 28) + a0 * b10 + a1 * b9 + a2 * b8 + a3 * b7 + a4 * b6 + a5 * b5 + a6 * b4 + a7 * b3 + a8 * b2
    + a9 * b1 + a10 * b0 + (m0 * P10 + m1 * P9 + m2 * P8 + m3 * P7 + m4 * P6 + m5 * P5 + m6 * P4 + m7 * P3
    + m8 * P2 + m9 * P1);
  const m10 = (u * NEGATIVE_INVERSE) & MASK;
  u += m10 * P0;
  u = (u >> 28) + a0 * b11 + a1 * b10 + a2 * b9 + a3 * b8 + a4 * b7 + a5 * b6 + a6 * b5 + a7 * b4 + a8 * b3
    + a9 * b2 + a10 * b1 + a11 * b0 + (m0 * P11 + m1 * P10 + m2 * P9 + m3 * P8 + m4 * P7 + m5 * P6 + m6 * P5
    + m7 * P4 + m8 * P3 + m9 * P2 + m10 * P1);
  const m11 = (u * NEGATIVE_INVERSE) & MASK;
  u += m11 * P0;
  u = (u >> 28) + a0 * b12 + a1 * b11 + a2 * b10 + a3 * b9 + a4 * b8 + a5 * b7 + a6 * b6 + a7 * b5 + a8 * b4
    + a9 * b3 + a10 * b2 + a11 * b1 + a12 * b0 + (m0 * P12 + m1 * P11 + m2 * P10 + m3 * P9 + m4 * P8 + m5 * P7
    + m6 * P6 + m7 * P5 + m8 * P4 + m9 * P3 + m10 * P2 + m11 * P1);
  const m12 = (u * NEGATIVE_INVERSE) & MASK;
  u += m12 * P0;
  u = (u >> 28) + a0 * b13 + a1 * b12 + a2 * b11 + a3 * b10 + a4 * b9 + a5 * b8 + a6 * b7 + a7 * b6 + a8 * b5
    + a9 * b4 + a10 * b3 + a11 * b2 + a12 * b1 + a13 * b0 + (m0 * P13 + m1 * P12 + m2 * P11 + m3 * P10 + m4 * P9
    + m5 * P8 + m6 * P7 + m7 * P6 + m8 * P5 + m9 * P4 + m10 * P3 + m11 * P2 + m12 * P1);
  const m13 = (u * NEGATIVE_INVERSE) & MASK;
  u += m13 * P0;
  u = (u >> 28) + a1 * b13 + a2 * b12 + a3 * b11 + a4 * b10 + a5 * b9 + a6 * b8 + a7 * b7 + a8 * b6 + a9 * b5
    + a10 * b4 + a11 * b3 + a12 * b2 + a13 * b1 + (m1 * P13 + m2 * P12 + m3 * P11 + m4 * P10 + m5 * P9 + m6 * P8
    + m7 * P7 + m8 * P6 + m9 * P5 + m10 * P4 + m11 * P3 + m12 * P2 + m13 * P1);
  store<u32>(out, <u32>(u & MASK));
  u = (u >> 28) + a2 * b13 + a3 * b12 + a4 * b11 + a5 * b10 + a6 * b9 + a7 * b8 + a8 * b7 + a9 * b6 + a10 * b5
    + a11 * b4 + a12 * b3 + a13 * b2 + (m2 * P13 + m3 * P12 + m4 * P11 + m5 * P10 + m6 * P9 + m7 * P8 + m8 * P7
    + m9 * P6 + m10 * P5 + m11 * P4 + m12 * P3 + m13 * P2);
  store<u32>(out, <u32>(u & MASK), 4);
  u = (u >> 28) + a3 * b13 + a4 * b12 + a5 * b11 + a6 * b10 + a7 * b9 + a8 * b8 + a9 * b7 + a10 * b6 + a11 * b5
    + a12 * b4 + a13 * b3 + (m3 * P13 + m4 * P12 + m5 * P11 + m6 * P10 + m7 * P9 + m8 * P8 + m9 * P7 + m10 * P6
    + m11 * P5 + m12 * P4 + m13 * P3);
  store<u32>(out, <u32>(u & MASK), 8);
  u = (u >> 28) + a4 * b13 + a5 * b12 + a6 * b11 + a7 * b10 + a8 * b9 + a9 * b8 + a10 * b7 + a11 * b6 + a12 * b5
    + a13 * b4 + (m4 * P13 + m5 * P12 + m6 * P11 + m7 * P10 + m8 * P9 + m9 * P8 + m10 * P7 + m11 * P6 + m12 * P5
    + m13 * P4);
  store<u32>(out, <u32>(u & MASK), 12);
  u = (u >> 28) + a5 * b13 + a6 * b12 + a7 * b11 + a8 * b10 + a9 * b9 + a10 * b8 + a11 * b7 + a12 * b6
    + a13 * b5 + (m5 * P13 + m6 * P12 + m7 * P11 + m8 * P10 + m9 * P9 + m10 * P8 + m11 * P7 + m12 * P6
    + m13 * P5);
  store<u32>(out, <u32>(u & MASK), 16);
  u = (u >> 28) + a6 * b13 + a7 * b12 + a8 * b11 + a9 * b10 + a10 * b9 + a11 * b8 + a12 * b7 + a13 * b6
    + (m6 * P13 + m7 * P12 + m8 * P11 + m9 * P10 + m10 * P9 + m11 * P8 + m12 * P7 + m13 * P6);
  store<u32>(out, <u32>(u & MASK), 20);
  u = (u >> 28) + a7 * b13 + a8 * b12 + a9 * b11 + a10 * b10 + a11 * b9 + a12 * b8 + a13 * b7 + (m7 * P13
    + m8 * P12 + m9 * P11 + m10 * P10 + m11 * P9 + m12 * P8 + m13 * P7);
  store<u32>(out, <u32>(u & MASK), 24);
  u = (u >> 28) + a8 * b13 + a9 * b12 + a10 * b11 + a11 * b10 + a12 * b9 + a13 * b8 + (m8 * P13 + m9 * P12
    + m10 * P11 + m11 * P10 + m12 * P9 + m13 * P8);
  store<u32>(out, <u32>(u & MASK), 28);
  u = (u >> 28) + a9 * b13 + a10 * b12 + a11 * b11 + a12 * b10 + a13 * b9 + (m9 * P13 + m10 * P12 + m11 * P11
    + m12 * P10 + m13 * P9);
  store<u32>(out, <u32>(u & MASK), 32);
  u = (u >> 28) + a10 * b13 + a11 * b12 + a12 * b11 + a13 * b10 + (m10 * P13 + m11 * P12 + m12 * P11
    + m13 * P10);
  store<u32>(out, <u32>(u & MASK), 36);
  u = (u >> 28) + a11 * b13 + a12 * b12 + a13 * b11 + (m11 * P13 + m12 * P12 + m13 * P11);
  store<u32>(out, <u32>(u & MASK), 40);
  u = (u >> 28) + a12 * b13 + a13 * b12 + (m12 * P13 + m13 * P12);
  store<u32>(out, <u32>(u & MASK), 44);
  u = (u >> 28) + a13 * b13 + (m13 * P13);
  store<u32>(out, <u32>(u & MASK), 48);
  store<u32>(out, <u32>(u >> 28), 52);
}

/** a * a / R modulo p, in the same way. @param a - wide. Gives tidy. */
export function square(out: usize, a: usize): void {
  const a0 = <u64>load<u32>(a);
  const a1 = <u64>load<u32>(a, 4);
  const a2 = <u64>load<u32>(a, 8);
  const a3 = <u64>load<u32>(a, 12);
  const a4 = <u64>load<u32>(a, 16);
  const a5 = <u64>load<u32>(a, 20);
  const a6 = <u64>load<u32>(a, 24);
  const a7 = <u64>load<u32>(a, 28);
  const a8 = <u64>load<u32>(a, 32);
  const a9 = <u64>load<u32>(a, 36);
  const a10 = <u64>load<u32>(a, 40);
  const a11 = <u64>load<u32>(a, 44);
  const a12 = <u64>load<u32>(a, 48);
  const a13 = <u64>load<u32>(a, 52);
  let u: u64 = a0 * a0;
  const m0 = (u * NEGATIVE_INVERSE) & MASK;
  u += m0 * P0;
  u = (u >> 28) + 2 * (a0 * a1) + (m0 * P1);
  const m1 = (u * NEGATIVE_INVERSE) & MASK;
  u += m1 * P0;
  u = (u >> 28) + 2 * (a0 * a2) + a1 * a1 + (m0 * P2 + m1 * P1);
  const m2 = (u * NEGATIVE_INVERSE) & MASK;
  u += m2 * P0;
  u = (u >> 28) + 2 * (a0 * a3 + a1 * a2) + (m0 * P3 + m1 * P2 + m2 * P1);
  const m3 = (u * NEGATIVE_INVERSE) & MASK;
  u += m3 * P0;
  u = (u >> 28) + 2 * (a0 * a4 + a1 * a3) + a2 * a2 + (m0 * P4 + m1 * P3 + m2 * P2 + m3 * P1);
  const m4 = (u * NEGATIVE_INVERSE) & MASK;
  u += m4 * P0;
  u = (u >> 28) + 2 * (a0 * a5 + a1 * a4 + a2 * a3) + (m0 * P5 + m1 * P4 + m2 * P3 + m3 * P2 + m4 * P1);
  const m5 = (u * NEGATIVE_INVERSE) & MASK;
  u += m5 * P0;
  u = (u >> 28) + 2 * (a0 * a6 + a1 * a5 + a2 * a4) + a3 * a3 + (m0 * P6 + m1 * P5 + m2 * P4 + m3 * P3 + m4 * P2
    + m5 * P1);
  const m6 = (u * NEGATIVE_INVERSE) & MASK;
  u += m6 * P0;
  u = (u >> 28) + 2 * (a0 * a7 + a1 * a6 + a2 * a5 + a3 * a4) + (m0 * P7 + m1 * P6 + m2 * P5 + m3 * P4 + m4 * P3
    + m5 * P2 + m6 * P1);
  const m7 = (u * NEGATIVE_INVERSE) & MASK;
  u += m7 * P0;
  u = (u >> 28) + 2 * (a0 * a8 + a1 * a7 + a2 * a6 + a3 * a5) + a4 * a4 + (m0 * P8 + m1 * P7 + m2 * P6 + m3 * P5
    + m4 * P4 + m5 * P3 + m6 * P2 + m7 * P1);
  const m8 = (u * NEGATIVE_INVERSE) & MASK;
  u += m8 * P0;
  u = (u >> 28) + 2 * (a0 * a9 + a1 * a8 + a2 * a7 + a3 * a6 + a4 * a5) + (m0 * P9 + m1 * P8 + m2 * P7 + m3 * P6
    + m4 * P5 + m5 * P4 + m6 * P3 + m7 * P2 + m8 * P1);
  const m9 = (u * NEGATIVE_INVERSE) & MASK;
  u += m9 * P0;
  u = (u >> 28) + 2 * (a0 * a10 + a1 * a9 + a2 * a8 + a3 * a7 + a4 * a6) + a5 * a5 + (m0 * P10 + m1 * P9
    + m2 * P8 + m3 * P7 + m4 * P6 + m5 * P5 + m6 * P4 + m7 * P3 + m8 * P2 + m9 * P1);
  const m10 = (u * NEGATIVE_INVERSE) & MASK;
  u += m10 * P0;
  u = (u >> 28) + 2 * (a0 * a11 + a1 * a10 + a2 * a9 + a3 * a8 + a4 * a7 + a5 * a6) + (m0 * P11 + m1 * P10
    + m2 * P9 + m3 * P8 + m4 * P7 + m5 * P6 + m6 * P5 + m7 * P4 + m8 * P3 + m9 * P2 + m10 * P1);
  const m11 = (u * NEGATIVE_INVERSE) & MASK;
  u += m11 * P0;
  u = (u >> 28) + 2 * (a0 * a12 + a1 * a11 + a2 * a10 + a3 * a9 + a4 * a8 + a5 * a7) + a6 * a6 + (m0 * P12
    + m1 * P11 + m2 * P10 + m3 * P9 + m4 * P8 + m5 * P7 + m6 * P6 + m7 * P5 + m8 * P4 + m9 * P3 + m10 * P2
    + m11 * P1);
  const m12 = (u * NEGATIVE_INVERSE) & MASK;
  u += m12 * P0;
  u = (u >> 28) + 2 * (a0 * a13 + a1 * a12 + a2 * a11 + a3 * a10 + a4 * a9 + a5 * a8 + a6 * a7) + (m0 * P13
    + m1 * P12 + m2 * P11 + m3 * P10 + m4 * P9 + m5 * P8 + m6 * P7 + m7 * P6 + m8 * P5 + m9 * P4 + m10 * P3
    + m11 * P2 + m12 * P1);
  const m13 = (u * NEGATIVE_INVERSE) & MASK;
  u += m13 * P0;
  u = (u >> 28) + 2 * (a1 * a13 + a2 * a12 + a3 * a11 + a4 * a10 + a5 * a9 + a6 * a8) + a7 * a7 + (m1 * P13
    + m2 * P12 + m3 * P11 + m4 * P10 + m5 * P9 + m6 * P8 + m7 * P7 + m8 * P6 + m9 * P5 + m10 * P4 + m11 * P3
    + m12 * P2 + m13 * P1);
  store<u32>(out, <u32>(u & MASK));
  u = (u >> 28) + 2 * (a2 * a13 + a3 * a12 + a4 * a11 + a5 * a10 + a6 * a9 + a7 * a8) + (m2 * P13 + m3 * P12
    + m4 * P11 + m5 * P10 + m6 * P9 + m7 * P8 + m8 * P7 + m9 * P6 + m10 * P5 + m11 * P4 + m12 * P3 + m13 * P2);
  store<u32>(out, <u32>(u & MASK), 4);
  u = (u >> 28) + 2 * (a3 * a13 + a4 * a12 + a5 * a11 + a6 * a10 + a7 * a9) + a8 * a8 + (m3 * P13 + m4 * P12
    + m5 * P11 + m6 * P10 + m7 * P9 + m8 * P8 + m9 * P7 + m10 * P6 + m11 * P5 + m12 * P4 + m13 * P3);
  store<u32>(out, <u32>(u & MASK), 8);
  u = (u >> 28) + 2 * (a4 * a13 + a5 * a12 + a6 * a11 + a7 * a10 + a8 * a9) + (m4 * P13 + m5 * P12 + m6 * P11
    + m7 * P10 + m8 * P9 + m9 * P8 + m10 * P7 + m11 * P6 + m12 * P5 + m13 * P4);
  store<u32>(out, <u32>(u & MASK), 12);
  u = (u >> 28) + 2 * (a5 * a13 + a6 * a12 + a7 * a11 + a8 * a10) + a9 * a9 + (m5 * P13 + m6 * P12 + m7 * P11
    + m8 * P10 + m9 * P9 + m10 * P8 + m11 * P7 + m12 * P6 + m13 * P5);
  store<u32>(out, <u32>(u & MASK), 16);
  u = (u >> 28) + 2 * (a6 * a13 + a7 * a12 + a8 * a11 + a9 * a10) + (m6 * P13 + m7 * P12 + m8 * P11 + m9 * P10
    + m10 * P9 + m11 * P8 + m12 * P7 + m13 * P6);
  store<u32>(out, <u32>(u & MASK), 20);
  u = (u >> 28) + 2 * (a7 * a13 + a8 * a12 + a9 * a11) + a10 * a10 + (m7 * P13 + m8 * P12 + m9 * P11 + m10 * P10
    + m11 * P9 + m12 * P8 + m13 * P7);
  store<u32>(out, <u32>(u & MASK), 24);
  u = (u >> 28) + 2 * (a8 * a13 + a9 * a12 + a10 * a11) + (m8 * P13 + m9 * P12 + m10 * P11 + m11 * P10
    + m12 * P9 + m13 * P8);
  store<u32>(out, <u32>(u & MASK), 28);
  u = (u >> 28) + 2 * (a9 * a13 + a10 * a12) + a11 * a11 + (m9 * P13 + m10 * P12 + m11 * P11 + m12 * P10
    + m13 * P9);
  store<u32>(out, <u32>(u & MASK), 32);
  u = (u >> 28) + 2 * (a10 * a13 + a11 * a12) + (m10 * P13 + m11 * P12 + m12 * P11 + m13 * P10);
  store<u32>(out, <u32>(u & MASK), 36);
  u = (u >> 28) + 2 * (a11 * a13) + a12 * a12 + (m11 * P13 + m12 * P12 + m13 * P11);
  store<u32>(out, <u32>(u & MASK), 40);
  u = (u >> 28) + 2 * (a12 * a13) + (m12 * P13 + m13 * P12);
  store<u32>(out, <u32>(u & MASK), 44);
  u = (u >> 28) + a13 * a13 + (m13 * P13);
  store<u32>(out, <u32>(u & MASK), 48);
  store<u32>(out, <u32>(u >> 28), 52);
}

/** @param a - wide. @returns whether its value is a multiple of p */
export function isZero(a: usize): bool {
  // The lowest limb tells which multiple it would be; one that is not small is none.
  if (((load<u32>(a) * INVERSE) & <u32>MASK) >= 64) return false;
  reduce(untied, a);
  let any: u32 = 0;
  let unlike: u32 = 0;
  for (let i: usize = 0; i < BYTES; i += 4) {
    const limb = load<u32>(untied + i);
    any |= limb;
    unlike |= limb ^ load<u32>(P + i);
  }
  return any == 0 || unlike == 0;
}

/** @param a - tidy, in Montgomery form. @param out - the number itself, below p: limbs below 2^28 */
export function toPlain(out: usize, a: usize): void {
  // At most p, and p only for 0.
  multiply(out, a, PLAIN_ONE);
  if (!isBelow(out, P)) memory.fill(out, 0, BYTES);
}

/** @param a - a number below p, limbs below 2^28. @param out - tidy, in Montgomery form */
export function fromPlain(out: usize, a: usize): void {
  multiply(out, a, R_SQUARED);
}

/** @param a, b - plain numbers, limbs below 2^28 */
function isBelow(a: usize, b: usize): bool {
  for (let i: usize = BYTES; i > 0; i -= 4) {
    const x = load<u32>(a + i - 4);
    const y = load<u32>(b + i - 4);
    if (x != y) return x < y;
  }
  return false;
}

/** @param a - a plain number below p. @returns whether it is above (p - 1) / 2 */
export function isLarger(a: usize): bool {
  return !isBelow(a, HALF);
}

/** @param a - tidy. @param out - tidy, elsewhere. @param exponent - 48 bytes, big-endian */
function power(out: usize, a: usize, exponent: usize): void {
  copy(powers, ONE);
  for (let i: usize = 1; i < 16; i++) multiply(powers + i * SLOT, powers + (i - 1) * SLOT, a);
  copy(out, ONE);
  for (let i: usize = 0; i < 2 * EXPONENT_BYTES; i++) {
    const byte = load<u8>(exponent + (i >> 1));
    const digit = <usize>(i & 1 ? byte & 15 : byte >> 4);
    for (let j = 0; j < 4; j++) square(out, out);
    if (digit) multiply(out, out, powers + digit * SLOT);
  }
}

/** The inverse, or 0 of 0. @param a - tidy. @param out - tidy, elsewhere */
export function invert(out: usize, a: usize): void {
  power(out, a, INVERSION_EXPONENT);
}

/** A root of `a` if it is a square: the caller looks. @param a - tidy. @param out - tidy, elsewhere */
export function squareRoot(out: usize, a: usize): void {
  power(out, a, SQUARE_ROOT_EXPONENT);
}

/** @param bytes - 48, big-endian, below p. @param out - plain number, limbs below 2^28 */
export function readBytesBE(out: usize, bytes: usize): void {
  let bits: u64 = 0;
  let count: u64 = 0;
  let at = out;
  for (let i: usize = 48; i > 0; i--) {
    bits |= <u64>load<u8>(bytes + i - 1) << count;
    count += 8;
    if (count >= 28) {
      store<u32>(at, <u32>(bits & MASK));
      at += 4;
      bits >>= 28;
      count -= 28;
    }
  }
  store<u32>(at, <u32>bits);
}

/** @param a - plain number, limbs below 2^28. @param out - 48 bytes, big-endian */
export function writeBytesBE(out: usize, a: usize): void {
  let bits: u64 = 0;
  let count: u64 = 0;
  let at = a;
  for (let i: usize = 48; i > 0; i--) {
    if (count < 8 && at < a + BYTES) {
      bits |= <u64>load<u32>(at) << count;
      count += 28;
      at += 4;
    }
    store<u8>(out + i - 1, <u8>bits);
    bits >>= 8;
    count -= 8;
  }
}
