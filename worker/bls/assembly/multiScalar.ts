// Sums of scalars times points, many sums at once, by buckets (Pippenger) on affine points.
//
// A scalar k is handed over as k = k0 + k1 z^2 with both halves below 2^128: [k]P = [k0]P - [k1]phi(P), so a sum of n
// points becomes one of 2n with scalars of half the length. Digits are signed: -2^(w-1) to 2^(w-1).
import { addAffine, AFFINE_BYTES, double, setInfinity, toAffine } from "./jacobian";
import { addLater, pendingBytes, runBatch, startBatch, sumOf } from "./affineBatch";
import { addMember, bucketSum, countMember, emptyBuckets, fillBuckets, layOutBuckets, placeBuckets } from "./buckets";
import { copy, SLOT } from "./fp";
import { endomorphism, negate } from "./subgroup";

const Y: usize = SLOT;
const HALF_BYTES: usize = 16;
const SCALAR_BYTES: usize = 2 * HALF_BYTES;
/** P, -P, -phi(P), phi(P) */
const VARIANTS: usize = 4;
const VARIANT_BYTES: usize = VARIANTS * AFFINE_BYTES;

const total: usize = memory.data(192, 16);

/** @returns the 64 bits of a half scalar from `bit` up, zeros above its end */
@inline
function bitsFrom(scalar: usize, bit: u32): u32 {
  const low = load<u64>(scalar);
  const high = load<u64>(scalar, 8);
  if (bit >= 128) return 0;
  if (bit >= 64) return <u32>(high >> (bit - 64));
  return <u32>(bit == 0 ? low : (low >> bit) | (high << (64 - bit)));
}

/** Bytes that multiplyMany() needs beyond its arguments. */
export function scratchBytes(sums: usize, points: usize, windowBits: u32): usize {
  layOut(0, sums, points, windowBits);
  return scratchEnd;
}

@inline
function windowsOf(windowBits: u32): usize {
  // The last carry needs a bit of its own.
  return (128 + windowBits) / windowBits;
}

// Where everything lies during a call.
let windows: usize = 0;
let bucketsPerWindow: usize = 0;
/** The four variants of every point. */
let variants: usize = 0;
/** Of each window of each sum: address of the sum of the buckets so far, and of the sum of those sums. */
let running: usize = 0;
let weighed: usize = 0;
let scratchEnd: usize = 0;

function layOut(scratch: usize, sums: usize, points: usize, windowBits: u32): void {
  windows = windowsOf(windowBits);
  bucketsPerWindow = 1 << (windowBits - 1);
  const rows = sums * windows;
  const bucketCount = rows * bucketsPerWindow;
  const digits = 2 * points * windows;
  variants = scratch;
  running = layOutBuckets(variants + points * VARIANT_BYTES, bucketCount, digits);
  weighed = running + rows * 4;
  const pending = (weighed + rows * 4 + 15) & ~15;
  const sumsAt = pending + pendingBytes(max(digits / 2, 2 * rows));
  scratchEnd = sumsAt + (digits + 2 * bucketCount + rows) * AFFINE_BYTES;
  startBatch(pending, sumsAt);
}

/**
 * @param out - one affine point a sum, all zero at infinity
 * @param sums - how many
 * @param lengths - u32 each, how many points belong to each sum
 * @param points - affine, in the subgroup, those of one sum after those of the other
 * @param pointCount - of all sums
 * @param scalars - as many, 32 bytes each: k0, k1, little-endian
 * @param windowBits - 2 to 12
 * @param scratch - scratchBytes() of room, at a multiple of 16
 */
export function multiplyMany(
  out: usize, sums: usize, lengths: usize, points: usize, pointCount: usize, scalars: usize, windowBits: u32,
  scratch: usize,
): void {
  layOut(scratch, sums, pointCount, windowBits);
  for (let i: usize = 0; i < pointCount; i++) makeVariants(variants + i * VARIANT_BYTES, points + i * AFFINE_BYTES);
  emptyBuckets();
  sortDigits(lengths, sums, scalars, windowBits, false);
  placeBuckets();
  sortDigits(lengths, sums, scalars, windowBits, true);
  fillBuckets();
  weighBuckets(sums * windows);
  for (let i: usize = 0; i < sums; i++) {
    joinWindows(out + i * AFFINE_BYTES, weighed + i * windows * 4, windowBits);
  }
}

function makeVariants(out: usize, point: usize): void {
  copy(out, point);
  copy(out + Y, point + Y);
  copy(out + AFFINE_BYTES, point);
  negate(out + AFFINE_BYTES + Y, point + Y);
  endomorphism(out + 2 * AFFINE_BYTES, point);
  copy(out + 2 * AFFINE_BYTES + Y, out + AFFINE_BYTES + Y);
  copy(out + 3 * AFFINE_BYTES, out + 2 * AFFINE_BYTES);
  copy(out + 3 * AFFINE_BYTES + Y, point + Y);
}

/** Goes through all digits. @param isPlacing - put addresses into buckets, else only count them */
function sortDigits(lengths: usize, sums: usize, scalars: usize, windowBits: u32, isPlacing: bool): void {
  const half: u32 = 1 << (windowBits - 1);
  const mask: u32 = (1 << windowBits) - 1;
  let scalar = scalars;
  let variant = variants;
  for (let sum: usize = 0; sum < sums; sum++) {
    const firstBucket = sum * windows * bucketsPerWindow;
    for (let i = load<u32>(lengths + sum * 4); i > 0; i--) {
      for (let h: usize = 0; h < 2; h++) {
        let carry: u32 = 0;
        for (let w: usize = 0; w < windows; w++) {
          const digit = (bitsFrom(scalar + h * HALF_BYTES, <u32>w * windowBits) & mask) + carry;
          const isNegative = digit > half;
          carry = isNegative ? 1 : 0;
          const size = isNegative ? mask + 1 - digit : digit;
          if (size == 0) continue;
          const bucket = firstBucket + w * bucketsPerWindow + size - 1;
          if (isPlacing) addMember(bucket, variant + (2 * h + (isNegative ? 1 : 0)) * AFFINE_BYTES);
          else countMember(bucket);
        }
      }
      scalar += SCALAR_BYTES;
      variant += VARIANT_BYTES;
    }
  }
}

/** The sum of i times bucket i for each window, side by side, by additions only. */
function weighBuckets(rows: usize): void {
  memory.fill(running, 0, rows * 4);
  memory.fill(weighed, 0, rows * 4);
  for (let i = bucketsPerWindow; i > 0; i--) {
    for (let row: usize = 0; row < rows; row++) {
      const sum = bucketSum(row * bucketsPerWindow + i - 1);
      addLater(load<u32>(weighed + row * 4), load<u32>(running + row * 4));
      addLater(load<u32>(running + row * 4), sum);
    }
    runBatch();
    for (let row: usize = 0; row < rows; row++) {
      store<u32>(weighed + row * 4, <u32>sumOf(2 * row));
      store<u32>(running + row * 4, <u32>sumOf(2 * row + 1));
    }
  }
  for (let row: usize = 0; row < rows; row++) addLater(load<u32>(weighed + row * 4), load<u32>(running + row * 4));
  runBatch();
  for (let row: usize = 0; row < rows; row++) store<u32>(weighed + row * 4, <u32>sumOf(row));
}

function joinWindows(out: usize, sumsOfWindows: usize, windowBits: u32): void {
  setInfinity(total);
  for (let w = windows; w > 0; w--) {
    for (let i: u32 = 0; i < windowBits; i++) double(total);
    const sum = <usize>load<u32>(sumsOfWindows + (w - 1) * 4);
    if (sum != 0) addAffine(total, sum);
  }
  toAffine(out, total);
}
