// Whether all of many points are in the subgroup, at a tenth of the price of looking at each.
//
// E has h r points, r the order of the subgroup, h the odd cofactor: every point is a point of the subgroup plus one of
// an order that divides h, its torsion part T, and is in the subgroup if T is 0. Sum the points with a random digit of
// {-1, 0, 1} each. If one of them has T other than 0: whatever the others' digits are, -T, 0 and T are different, as the
// order of T is odd, so at most one of its three digits makes the torsion part of the sum 0. SUMS such sums, of
// independent digits, are all in the subgroup with probability at most 3^-80, below 2^-126. The digits are drawn after
// the points came. Source: Bellare, Garay, Rabin, "Fast Batch Verification", 1998, section 3 (random subset test).
import { addMember, bucketSum, countMember, emptyBuckets, fillBuckets, layOutBuckets, placeBuckets } from "./buckets";
import { pendingBytes, startBatch } from "./affineBatch";
import { copy, SLOT } from "./fp";
import { AFFINE_BYTES } from "./jacobian";
import { isInSubgroup, negate } from "./subgroup";

const PASSES: usize = 16;
/** Digits of a pass, which one byte holds: the sum of (digit + 1) 3^i, below 3^5. */
const DIGITS: usize = 5;
const SUMS: usize = PASSES * DIGITS;
/** The byte of digits that are all 0; as far above it as below are the digits with opposite signs. */
const ZERO: i32 = 121;
/** Points with the same digits, or with opposite ones, which are subtracted. */
const BUCKETS: usize = PASSES * <usize>ZERO;
/** P, -P */
const SIGNED_BYTES: usize = 2 * AFFINE_BYTES;

// Where everything lies during a call.
let signedPoints: usize = 0;
let signedSums: usize = 0;
let buckets: usize = 0;
let pending: usize = 0;
let sumsAt: usize = 0;
let scratchEnd: usize = 0;

function layOut(scratch: usize, count: usize): void {
  const members = max(PASSES * count, BUCKETS * DIGITS);
  signedPoints = scratch;
  signedSums = signedPoints + count * SIGNED_BYTES;
  buckets = signedSums + BUCKETS * SIGNED_BYTES;
  pending = (layOutBuckets(buckets, BUCKETS, members) + 15) & ~15;
  sumsAt = pending + pendingBytes(members / 2);
  scratchEnd = sumsAt + members * AFFINE_BYTES;
}

/** Bytes that areInSubgroup() needs beyond its arguments. */
export function batchScratchBytes(count: usize): usize {
  layOut(0, count);
  return scratchEnd;
}

/**
 * @param points - affine
 * @param flags - a byte each: 0 for one that is not to be looked at
 * @param digits - PASSES bytes each, uniform below 243: nobody must foresee them
 * @param scratch - batchScratchBytes() of room, at a multiple of 16
 * @returns true if all are; false if one is not, but for a probability below 2^-126
 */
export function areInSubgroup(points: usize, flags: usize, count: usize, digits: usize, scratch: usize): bool {
  layOut(scratch, count);
  for (let i: usize = 0; i < count; i++) {
    if (load<u8>(flags + i)) makeSigned(signedPoints + i * SIGNED_BYTES, points + i * AFFINE_BYTES);
  }
  startBatch(pending, sumsAt);
  emptyBuckets();
  sortPoints(flags, count, digits, false);
  placeBuckets();
  sortPoints(flags, count, digits, true);
  fillBuckets();
  for (let b: usize = 0; b < BUCKETS; b++) makeSigned(signedSums + b * SIGNED_BYTES, bucketSum(b));
  // What was summed so far is copied: its memory is free.
  layOutBuckets(buckets, SUMS, BUCKETS * DIGITS);
  startBatch(pending, sumsAt);
  emptyBuckets();
  sortSums(false);
  placeBuckets();
  sortSums(true);
  fillBuckets();
  for (let i: usize = 0; i < SUMS; i++) {
    const sum = bucketSum(i);
    if (sum != 0 && !isInSubgroup(sum)) return false;
  }
  return true;
}

/** @param point - 0 at infinity, which becomes all zeros: no point of the curve */
function makeSigned(out: usize, point: usize): void {
  if (point == 0) {
    memory.fill(out, 0, SIGNED_BYTES);
    return;
  }
  copy(out, point);
  copy(out + SLOT, point + SLOT);
  copy(out + AFFINE_BYTES, point);
  negate(out + AFFINE_BYTES + SLOT, point + SLOT);
}

@inline
function put(bucket: usize, point: usize, isPlacing: bool): void {
  if (isPlacing) addMember(bucket, point);
  else countMember(bucket);
}

/** Each point by its digits. @param isPlacing - add to the buckets, else only count */
function sortPoints(flags: usize, count: usize, digits: usize, isPlacing: bool): void {
  for (let i: usize = 0; i < count; i++) {
    if (!load<u8>(flags + i)) continue;
    const point = signedPoints + i * SIGNED_BYTES;
    for (let pass: usize = 0; pass < PASSES; pass++) {
      const value = <i32>load<u8>(digits + i * PASSES + pass) - ZERO;
      if (value == 0) continue;
      const bucket = pass * <usize>ZERO + <usize>abs(value) - 1;
      put(bucket, value > 0 ? point : point + AFFINE_BYTES, isPlacing);
    }
  }
}

/** The sum of each bucket to the sums of its digits. @param isPlacing - add to them, else only count */
function sortSums(isPlacing: bool): void {
  for (let pass: usize = 0; pass < PASSES; pass++) {
    for (let value: i32 = 1; value <= ZERO; value++) {
      const sum = signedSums + (pass * <usize>ZERO + <usize>value - 1) * SIGNED_BYTES;
      if (isEmpty(sum)) continue;
      let rest = value + ZERO;
      for (let i: usize = 0; i < DIGITS; i++) {
        const digit = rest % 3 - 1;
        rest /= 3;
        if (digit != 0) put(pass * DIGITS + i, digit > 0 ? sum : sum + AFFINE_BYTES, isPlacing);
      }
    }
  }
}

/** No point of the curve has y = 0, and its y is tidy: not all zero limbs. */
function isEmpty(sum: usize): bool {
  let any: u64 = 0;
  for (let i: usize = 0; i < 56; i += 8) any |= load<u64>(sum + SLOT + i);
  return any == 0;
}
