// Points of E: y^2 = x^3 + 4 over Fp as (X : Y : Z) with x = X / Z^2, y = Y / Z^3: three tidy elements in slots, Z is all
// zero limbs at infinity. Affine points are two tidy elements, (x, y).
import {
  add, copy, invert, isZero, multiply, ONE, reduce, SLOT, square, subtract, subtractSum,
} from "./fp";

const Y: usize = SLOT;
const Z: usize = 2 * SLOT;
export const JACOBIAN_BYTES: usize = 3 * SLOT;
export const AFFINE_BYTES: usize = 2 * SLOT;

const s0: usize = memory.data(64, 16);
const s1: usize = memory.data(64, 16);
const s2: usize = memory.data(64, 16);
const s3: usize = memory.data(64, 16);
const s4: usize = memory.data(64, 16);
const s5: usize = memory.data(64, 16);

@inline
export function setInfinity(p: usize): void {
  memory.fill(p, 0, JACOBIAN_BYTES);
}

export function isInfinity(p: usize): bool {
  let any: u64 = 0;
  for (let i: usize = 0; i < 56; i += 8) any |= load<u64>(p + i, 128);
  return any == 0;
}

@inline
function setAffine(p: usize, affine: usize): void {
  copy(p, affine);
  copy(p + Y, affine + Y);
  copy(p + Z, ONE);
}

/** p = 2p. Source: hyperelliptic.org EFD, shortw jacobian-0, dbl-2009-l with D as one product. */
export function double(p: usize): void {
  square(s0, p); // A = X^2
  square(s1, p + Y);
  add(s1, s1, s1); // 2B = 2Y^2
  add(s2, p, p);
  multiply(s2, s2, s1); // D = 4XB
  square(s1, s1); // 4C = 4B^2
  add(s3, s0, s0);
  add(s3, s3, s0); // E = 3A
  add(s4, p + Y, p + Y);
  multiply(p + Z, s4, p + Z); // Z' = 2YZ
  square(s4, s3);
  add(s5, s2, s2);
  subtractSum(s4, s4, s5);
  reduce(p, s4); // X' = E^2 - 2D
  subtract(s2, s2, p);
  multiply(s2, s3, s2);
  add(s1, s1, s1);
  subtractSum(s2, s2, s1);
  reduce(p + Y, s2); // Y' = E (D - X') - 8C
}

/** p = p + q. @param q - affine. Source: the same, madd-2004-hmv */
export function addAffine(p: usize, q: usize): void {
  if (isInfinity(p)) return setAffine(p, q);
  square(s0, p + Z); // Z^2
  multiply(s1, q, s0); // x2 Z^2
  multiply(s0, s0, p + Z); // Z^3
  multiply(s0, q + Y, s0); // y2 Z^3
  subtract(s1, s1, p); // H
  subtract(s0, s0, p + Y); // r
  if (isZero(s1)) return isZero(s0) ? double(p) : setInfinity(p);
  multiply(p + Z, p + Z, s1); // Z' = Z H
  square(s2, s1); // H^2
  multiply(s1, s1, s2); // H^3
  multiply(s2, s2, p); // X H^2
  square(s3, s0);
  subtract(s3, s3, s1);
  reduce(s3, s3);
  add(s4, s2, s2);
  subtractSum(s3, s3, s4);
  reduce(p, s3); // X' = r^2 - H^3 - 2 X H^2
  subtract(s2, s2, p);
  multiply(s2, s0, s2);
  multiply(s1, s1, p + Y);
  subtract(s2, s2, s1);
  reduce(p + Y, s2); // Y' = r (X H^2 - X') - Y H^3
}

/** @param out - the affine point, all zero at infinity, which is no point of the curve */
export function toAffine(out: usize, p: usize): void {
  if (isInfinity(p)) {
    memory.fill(out, 0, AFFINE_BYTES);
    return;
  }
  invert(s0, p + Z);
  square(s1, s0);
  multiply(out, p, s1);
  multiply(s1, s1, s0);
  multiply(out + Y, p + Y, s1);
}
