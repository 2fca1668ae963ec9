// Sums of many points, bucket by bucket: members are counted, then added in the same order, then summed in pairs.
import { addLater, runBatch, sumOf } from "./affineBatch";

let bucketCount: usize = 0;
/** Of each bucket: the number of its first member, and how many it has. */
let starts: usize = 0;
let sizes: usize = 0;
/** Addresses of points, bucket after bucket. */
let members: usize = 0;

/** @returns where their memory ends, which begins at `at` */
export function layOutBuckets(at: usize, buckets: usize, allMembers: usize): usize {
  bucketCount = buckets;
  starts = at;
  sizes = starts + buckets * 4;
  members = sizes + buckets * 4;
  return members + allMembers * 4;
}

export function emptyBuckets(): void {
  memory.fill(sizes, 0, bucketCount * 4);
}

@inline
export function countMember(bucket: usize): void {
  store<u32>(sizes + bucket * 4, load<u32>(sizes + bucket * 4) + 1);
}

/** All members are counted: from now on they are added. */
export function placeBuckets(): void {
  let start: u32 = 0;
  for (let b: usize = 0; b < bucketCount; b++) {
    store<u32>(starts + b * 4, start);
    start += load<u32>(sizes + b * 4);
  }
  emptyBuckets();
}

@inline
export function addMember(bucket: usize, point: usize): void {
  const place = load<u32>(starts + bucket * 4) + load<u32>(sizes + bucket * 4);
  store<u32>(members + place * 4, <u32>point);
  countMember(bucket);
}

/** Adds up each bucket, in rounds of pairs over all of them; the sum becomes its first and only member. */
export function fillBuckets(): void {
  for (let isAgain = true; isAgain; ) {
    isAgain = false;
    for (let b: usize = 0; b < bucketCount; b++) {
      const first = members + load<u32>(starts + b * 4) * 4;
      const size = <usize>load<u32>(sizes + b * 4);
      for (let i: usize = 0; i + 1 < size; i += 2) addLater(load<u32>(first + i * 4), load<u32>(first + i * 4, 4));
      if (size > 2) isAgain = true;
    }
    runBatch();
    let number: usize = 0;
    for (let b: usize = 0; b < bucketCount; b++) {
      const first = members + load<u32>(starts + b * 4) * 4;
      const size = <usize>load<u32>(sizes + b * 4);
      const pairs = size >> 1;
      for (let i: usize = 0; i < pairs; i++) store<u32>(first + i * 4, <u32>sumOf(number++));
      if (size & 1) store<u32>(first + pairs * 4, load<u32>(first + (size - 1) * 4));
      store<u32>(sizes + b * 4, <u32>(pairs + (size & 1)));
    }
  }
}

/** @returns address of a bucket's sum after fillBuckets(), 0 at infinity */
export function bucketSum(bucket: usize): usize {
  const isEmpty = load<u32>(sizes + bucket * 4) == 0;
  return isEmpty ? 0 : load<u32>(members + load<u32>(starts + bucket * 4) * 4);
}
