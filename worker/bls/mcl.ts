/**
 * The fast engine: our own WebAssembly for G1 (g1.ts), mcl compiled to WebAssembly for G2 and pairings. mcl's state is
 * one per thread (the package keeps the module in a global), its points are plain copies, so they outlive any call.
 */

import * as mcl from "mcl-wasm";
import { DashlightError } from "../errors.ts";
import { blsOverCurve } from "./blsOverCurve.ts";
import type { Curve } from "./curve.ts";
import { formatBasic, isLargerCoordinate, SCALAR_BYTES, toBytesBE, toNumberBE } from "./encoding.ts";
import { G1, type G1Point } from "./g1.ts";
import { BASIC_TAG } from "./hashToField.ts";
import type { Bls } from "./types.ts";

const GENERATOR =
  "97f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb";

/** mcl copies its arguments to a stack of 1 MB; a point of G2 and its scalar take 320 bytes. */
const MAX_POINTS_PER_CALL = 512;

let initialization: Promise<void> | undefined;

/** @throws DashlightError bls/engine-unavailable where WebAssembly is missing or forbidden */
export async function createMclBls(): Promise<Bls> {
  initialization ??= initialize();
  const [g1] = await Promise.all([G1.load(), initialization]);
  return blsOverCurve(mclCurve(g1));
}

async function initialize(): Promise<void> {
  try {
    await mcl.init(mcl.BLS12_381);
  } catch (cause) {
    throw new DashlightError({ code: "bls/engine-unavailable", engine: "mcl" }, { cause });
  }
  mcl.setETHserialization(true);
  mcl.setMapToMode(mcl.IRTF);
  mcl.verifyOrderG2(true);
  setTag();
}

/** The C functions behind the package, as far as it has no method for them. */
interface MclModule {
  readonly HEAP8: Int8Array;
  _malloc(sizeBytes: number): number;
  _free(address: number): void;
  _mclBnG2_setDst(tag: number, sizeBytes: number): number;
}

/** The tag that messages are hashed under; mcl's own is another. */
function setTag(): void {
  const module = readModule();
  const at = module._malloc(BASIC_TAG.length);
  module.HEAP8.set(BASIC_TAG, at);
  const error = module._mclBnG2_setDst(at, BASIC_TAG.length);
  module._free(at);
  if (error !== 0) throw new DashlightError({ code: "bls/engine-unavailable", engine: "mcl" });
}

/** The package exports it without a type; as a CommonJS package it is its `default` that is up to date in Node. */
function readModule(): MclModule {
  const exported: object = "default" in mcl ? (mcl.default as object) : mcl;
  return Reflect.get(exported, "mod") as MclModule;
}

function mclCurve(g1: G1): Curve<G1Point, mcl.G2, mcl.GT> {
  const generator = mcl.deserializeHexStrToG1(GENERATOR);
  const minusGenerator = mcl.neg(generator);
  return {
    engine: "mcl",
    decodeG1: (basics) => g1.decode(basics),
    decodeG2,
    encodeG1: (point) => {
      const { x, y } = g1.toCoordinates(point);
      return formatBasic({ x: [toNumberBE(x)], isYLarger: isLargerCoordinate(toNumberBE(y)) });
    },
    encodeG2: (point) => point.serialize(),
    exportG1: (point) => point,
    // A copy: what came is a part of a whole job's bytes.
    importG1: (exported) => exported.slice(),
    hashToG2: (message) => mcl.hashAndMapToG2(message),
    multiplyG1: (sums) => g1.multiply(sums),
    multiplyGenerator: (scalar) => mcl.mul(generator, toFr(scalar)).serialize(),
    multiplyG2,
    sumG2: (points) => points.reduce((sum, point) => mcl.add(sum, point)),
    millerLoop: (p, q) => mcl.millerLoop(toMclG1(g1, p), q),
    millerLoopOfMinusGenerator: (q) => mcl.millerLoop(minusGenerator, q),
    multiplyGT: (a, b) => mcl.mul(a, b),
    isOne: (product) => mcl.finalExp(product).isOne(),
  };
}

/** mcl says "not a point of the subgroup" by throwing a plain Error, which is the only one it throws here. */
function decodeG2(basic: Uint8Array): mcl.G2 | undefined {
  const point = new mcl.G2();
  try {
    point.deserialize(basic);
    return point;
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) throw error;
    return undefined;
  }
}

function toMclG1(g1: G1, point: G1Point): mcl.G1 {
  const { x, y } = g1.toCoordinates(point);
  const result = new mcl.G1();
  result.setX(toFp(x));
  result.setY(toFp(y));
  const one = new mcl.Fp();
  one.setInt(1);
  result.setZ(one);
  return result;
}

function toFp(bytesBE: Uint8Array): mcl.Fp {
  const fp = new mcl.Fp();
  fp.setLittleEndian(bytesBE.toReversed());
  return fp;
}

function multiplyG2(points: readonly mcl.G2[], scalars: readonly bigint[]): mcl.G2 {
  let sum = new mcl.G2();
  for (let at = 0; at < points.length; at += MAX_POINTS_PER_CALL) {
    const end = at + MAX_POINTS_PER_CALL;
    sum = mcl.add(sum, mcl.mulVec(points.slice(at, end), scalars.slice(at, end).map(toFr)));
  }
  return sum;
}

function toFr(scalar: bigint): mcl.Fr {
  const fr = new mcl.Fr();
  fr.setBigEndianMod(toBytesBE(scalar, SCALAR_BYTES));
  return fr;
}
