// The subgroup of order r of E, and points as they travel.
import {
  add, copy, FOUR, fromPlain, isLarger, isZero, multiply, readBytesBE, reduce, SLOT, square, squareRoot, subtract,
  toPlain,
} from "./fp";
import { addAffine, double, isInfinity, setInfinity } from "./jacobian";

const Y: usize = SLOT;

/** beta with phi(x, y) = (beta x, y), an endomorphism of E; in Montgomery form. */
const CUBE_ROOT_OF_UNITY: usize = memory.data<u32>([
  0x0a75929a, 0x0681b798, 0x022a3e9d, 0x0abc02bf, 0x04e5bb45, 0x055e6e7e, 0x04814117,
  0x06d04f1b, 0x0ae3387d, 0x054acb0c, 0x00a4c74b, 0x056138b5, 0x0b64e066, 0x000076f2,
], 16);
/** The square of the curve parameter z, 128 bits in two words. */
const Z_SQUARED_HIGH: u64 = 0xac45a4010001a402;
const Z_SQUARED_LOW: u64 = 0x0000000100000000;

const multiple: usize = memory.data(192, 16);
const left: usize = memory.data(64, 16);
const right: usize = memory.data(64, 16);
const plain: usize = memory.data(64, 16);

/** out = beta x, the x of phi(P). */
@inline
export function endomorphism(out: usize, x: usize): void {
  multiply(out, x, CUBE_ROOT_OF_UNITY);
}

/** phi(P) = -[z^2]P. @param p - affine, on the curve. Source: Scott, eprint 2021/1130 */
export function isInSubgroup(p: usize): bool {
  setInfinity(multiple);
  for (let i = 127; i >= 0; i--) {
    double(multiple);
    const word = i < 64 ? Z_SQUARED_LOW : Z_SQUARED_HIGH;
    if ((word >> (i & 63)) & 1) addAffine(multiple, p);
  }
  if (isInfinity(multiple)) return false;
  const z = multiple + 2 * SLOT;
  square(right, z);
  endomorphism(left, p);
  multiply(left, left, right);
  subtract(left, left, multiple);
  if (!isZero(left)) return false;
  multiply(right, right, z);
  multiply(right, right, p + Y);
  add(right, right, multiple + Y);
  return isZero(right);
}

/**
 * @param out - affine point
 * @param bytes - x, 48 bytes big-endian below p, without flags
 * @param isYLarger - which of the two y: the one above (p - 1) / 2
 * @returns false off the curve; the caller looks whether it is in the subgroup
 */
export function decode(out: usize, bytes: usize, isYLarger: bool): bool {
  readBytesBE(plain, bytes);
  fromPlain(out, plain);
  square(left, out);
  multiply(left, left, out);
  add(left, left, FOUR);
  reduce(left, left); // x^3 + 4
  squareRoot(out + Y, left);
  square(right, out + Y);
  subtract(right, right, left);
  if (!isZero(right)) return false;
  toPlain(plain, out + Y);
  if (isLarger(plain) != isYLarger) negate(out + Y, out + Y);
  return true;
}

/** out = -a. @param a - tidy. Gives tidy. */
export function negate(out: usize, a: usize): void {
  memory.fill(left, 0, SLOT);
  subtract(left, left, a);
  reduce(out, left);
}
