// Additions of affine points, many at once: one inversion for all of them, six products each.
// A point is named by its address; address 0 is the point at infinity.
import {
  add, copy, invert, isZero, multiply, ONE, reduce, SLOT, square, subtract, subtractSum,
} from "./fp";
import { AFFINE_BYTES } from "./jacobian";

const Y: usize = SLOT;

/** How a sum comes about. */
const KNOWN: u32 = 0;
const CHORD: u32 = 1;
const TANGENT: u32 = 2;

/** Bytes of one pending addition: addresses of both points and of the sum, and how; then x2 - x1 or 2y, and a product. */
const ENTRY_BYTES: usize = 16 + 2 * SLOT;

const slope: usize = memory.data(64, 16);
const scratch: usize = memory.data(64, 16);
const inverse: usize = memory.data(64, 16);
const product: usize = memory.data(64, 16);

let entries: usize = 0;
let count: usize = 0;
let nextPoint: usize = 0;

/**
 * @param pendingAt - room for the pending additions, ENTRY_BYTES each
 * @param pointsAt - room for every sum until the next call, AFFINE_BYTES each
 */
export function startBatch(pendingAt: usize, pointsAt: usize): void {
  entries = pendingAt;
  count = 0;
  nextPoint = pointsAt;
}

/** Bytes of room for so many pending additions. */
@inline
export function pendingBytes(additions: usize): usize {
  return additions * ENTRY_BYTES;
}

/** Asks for p + q. @returns its number, for sumOf() after runBatch() */
export function addLater(p: usize, q: usize): usize {
  const entry = entries + count * ENTRY_BYTES;
  const difference = entry + 16;
  let how = KNOWN;
  let sum: usize = 0;
  if (p == 0) sum = q;
  else if (q == 0) sum = p;
  else {
    how = CHORD;
    subtract(difference, q, p);
    if (isZero(difference)) {
      subtract(scratch, q + Y, p + Y);
      // Else they are each other's negative. No point has y = 0: the curve's order is odd.
      if (isZero(scratch)) {
        how = TANGENT;
        add(difference, p + Y, p + Y);
      } else how = KNOWN;
    }
  }
  if (how != KNOWN) {
    sum = nextPoint;
    nextPoint += AFFINE_BYTES;
  }
  store<u32>(entry, <u32>p);
  store<u32>(entry, <u32>q, 4);
  store<u32>(entry, <u32>sum, 8);
  store<u32>(entry, how, 12);
  return count++;
}

/** @returns address of a sum, 0 at infinity */
@inline
export function sumOf(number: usize): usize {
  return load<u32>(entries + number * ENTRY_BYTES, 8);
}

/** Computes all that was asked for; then a new batch may be asked for, whose sums go behind these. */
export function runBatch(): void {
  copy(product, ONE);
  for (let i: usize = 0; i < count; i++) {
    const entry = entries + i * ENTRY_BYTES;
    if (load<u32>(entry, 12) == KNOWN) continue;
    // Product of all before this one.
    copy(entry + 16 + SLOT, product);
    multiply(product, product, entry + 16);
  }
  invert(inverse, product);
  for (let i = count; i > 0; i--) {
    const entry = entries + (i - 1) * ENTRY_BYTES;
    const how = load<u32>(entry, 12);
    if (how == KNOWN) continue;
    multiply(slope, inverse, entry + 16 + SLOT);
    multiply(inverse, inverse, entry + 16);
    finish(load<u32>(entry), load<u32>(entry, 4), load<u32>(entry, 8), how);
  }
  count = 0;
}

/** @param slope - holds 1 / (x2 - x1), or 1 / 2y */
function finish(p: usize, q: usize, sum: usize, how: u32): void {
  if (how == CHORD) subtract(scratch, q + Y, p + Y);
  else {
    square(product, p);
    add(scratch, product, product);
    add(scratch, scratch, product);
  }
  multiply(slope, slope, scratch);
  square(scratch, slope);
  add(product, p, q);
  subtractSum(scratch, scratch, product);
  reduce(sum, scratch); // x3 = slope^2 - x1 - x2
  subtract(scratch, p, sum);
  multiply(scratch, scratch, slope);
  subtract(scratch, scratch, p + Y);
  reduce(sum + Y, scratch); // y3 = slope (x1 - x3) - y1
}
