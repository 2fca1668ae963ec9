/**
 * The fast engine: mcl compiled to WebAssembly. Its state is one per thread (the package keeps the module in
 * a global), its points are plain copies, so they outlive any call.
 */

import * as mcl from "mcl-wasm";
import { DashlightError } from "../errors.ts";
import { blsOverCurve } from "./blsOverCurve.ts";
import type { Curve } from "./curve.ts";
import { type Fp2Tuple, hashToField } from "./hashToField.ts";
import type { Bls } from "./types.ts";

const GENERATOR =
  "97f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb";

/** mcl copies its arguments to a stack of 1 MB; a point and its scalar take 176 bytes. */
const MAX_POINTS_PER_CALL = 1024;

let initialization: Promise<void> | undefined;

/** @throws DashlightError bls/engine-unavailable where WebAssembly is missing or forbidden */
export async function createMclBls(): Promise<Bls> {
  initialization ??= initialize();
  await initialization;
  return blsOverCurve(mclCurve(mcl.deserializeHexStrToG1(GENERATOR)));
}

async function initialize(): Promise<void> {
  try {
    await mcl.init(mcl.BLS12_381);
  } catch (cause) {
    throw new DashlightError({ code: "bls/engine-unavailable", engine: "mcl" }, { cause });
  }
  mcl.setETHserialization(true);
  mcl.setMapToMode(mcl.IRTF);
  mcl.verifyOrderG1(true);
  mcl.verifyOrderG2(true);
}

function mclCurve(generator: mcl.G1): Curve<mcl.G1, mcl.G2> {
  const minusGenerator = mcl.neg(generator);
  return {
    engine: "mcl",
    decodeG1: (basic) => deserialized(new mcl.G1(), basic),
    decodeG2: (basic) => deserialized(new mcl.G2(), basic),
    encodeG1: (point) => point.serialize(),
    encodeG2: (point) => point.serialize(),
    hashToG2,
    multiplyG1,
    multiplyGenerator: (scalar) => mcl.mul(generator, toFr(scalar)),
    multiplyG2: (point, scalar) => mcl.mul(point, toFr(scalar)),
    sumG1: (points) => points.reduce((sum, point) => mcl.add(sum, point)),
    sumG2: (points) => points.reduce((sum, point) => mcl.add(sum, point)),
    isSignature: (publicKey, hash, signature) => {
      const product = mcl.mul(mcl.millerLoop(minusGenerator, signature), mcl.millerLoop(publicKey, hash));
      return mcl.finalExp(product).isOne();
    },
  };
}

/** mcl says "not a point of the subgroup" by throwing a plain Error, which is the only one it throws here. */
function deserialized<T extends mcl.G1 | mcl.G2>(point: T, basic: Uint8Array): T | undefined {
  try {
    point.deserialize(basic);
    return point;
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) throw error;
    return undefined;
  }
}

/** mcl clears the cofactor of each map by itself; the sum is the same as if it were cleared once. */
function hashToG2(message: Uint8Array): mcl.G2 {
  const [u0, u1] = hashToField(message);
  return mcl.add(toFp2(u0).mapToG2(), toFp2(u1).mapToG2());
}

function multiplyG1(points: readonly mcl.G1[], scalars: readonly Uint8Array[]): mcl.G1 {
  let sum = new mcl.G1();
  for (let at = 0; at < points.length; at += MAX_POINTS_PER_CALL) {
    const end = at + MAX_POINTS_PER_CALL;
    sum = mcl.add(sum, mcl.mulVec(points.slice(at, end), scalars.slice(at, end).map(toFr)));
  }
  return sum;
}

function toFr(scalar: Uint8Array): mcl.Fr {
  const fr = new mcl.Fr();
  fr.setBigEndianMod(scalar);
  return fr;
}

function toFp2([c0, c1]: Fp2Tuple): mcl.Fp2 {
  const fp2 = new mcl.Fp2();
  fp2.setStr(`${c0.toString(16)} ${c1.toString(16)}`, 16);
  return fp2;
}
