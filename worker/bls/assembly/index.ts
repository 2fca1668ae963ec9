// The module's exports: points of G1. The caller lays out memory from `heap` up, at multiples of 16, and grows it.
import { toPlain, writeBytesBE } from "./fp";
import { AFFINE_BYTES } from "./jacobian";
import { decode, isInSubgroup } from "./subgroup";
import { areInSubgroup } from "./subgroupBatch";
export { batchScratchBytes } from "./subgroupBatch";
export { multiplyMany, scratchBytes } from "./multiScalar";

const COORDINATE_BYTES: usize = 48;
const plain: usize = memory.data(64, 16);

/** First address that is the caller's. */
export function heap(): usize {
  return (__heap_base + 15) & ~15;
}

/**
 * @param out - affine points of 128 bytes, in the module's own form
 * @param keys - compressed points of 48 bytes: x big-endian below p, without flags
 * @param signs - a byte each: 1 for the larger y. Becomes 1 for a point of the subgroup, 0 for none.
 * @param digits - as areInSubgroup() takes them; 0 where keys are too few to look at all of them together
 * @param scratch - as areInSubgroup() takes it
 */
export function decodeMany(
  out: usize, keys: usize, signs: usize, count: usize, digits: usize, scratch: usize,
): void {
  for (let i: usize = 0; i < count; i++) {
    const isPoint = decode(out + i * AFFINE_BYTES, keys + i * COORDINATE_BYTES, load<u8>(signs + i) != 0);
    store<u8>(signs + i, isPoint ? 1 : 0);
  }
  if (digits != 0 && areInSubgroup(out, signs, count, digits, scratch)) return;
  for (let i: usize = 0; i < count; i++) {
    if (load<u8>(signs + i) && !isInSubgroup(out + i * AFFINE_BYTES)) store<u8>(signs + i, 0);
  }
}

/** @param out - x and y, 48 bytes big-endian each. @param point - affine */
export function encode(out: usize, point: usize): void {
  toPlain(plain, point);
  writeBytesBE(out, plain);
  toPlain(plain, point + 64);
  writeBytesBE(out + COORDINATE_BYTES, plain);
}
