import { afterEach, describe, expect, it, vi } from "vitest";
import { type PreparedCheck, verifyBatch } from "../batchVerify.ts";
import type { Curve } from "../curve.ts";
import { GROUP_ORDER, toBytesBE, toNumberBE } from "../encoding.ts";

const mod = (value: bigint) => ((value % GROUP_ORDER) + GROUP_ORDER) % GROUP_ORDER;
const sum = (values: readonly bigint[], scalars: readonly bigint[]) =>
  mod(values.reduce((total, value, i) => total + value * (scalars[i] ?? 0n), 0n));

/** The pairing with every point as its logarithm: the same equations, and each term of them can be seen. */
function logarithms() {
  const pairings: [bigint, bigint][] = [];
  const signatureScalars: (readonly bigint[])[] = [];
  const unused = () => {
    throw new Error("not used");
  };
  const curve: Curve<bigint, bigint, bigint> = {
    engine: "noble",
    decodeG1: unused,
    decodeG2: unused,
    encodeG1: unused,
    encodeG2: unused,
    exportG1: unused,
    importG1: unused,
    hashToG2: unused,
    multiplyGenerator: unused,
    sumG2: unused,
    multiplyG1: (sums) => sums.map(({ points, scalars }) => sum(points, scalars) || undefined),
    multiplyG2: (points, scalars) => {
      signatureScalars.push(scalars);
      return sum(points, scalars);
    },
    millerLoop: (p, q) => {
      pairings.push([p, q]);
      return mod(p * q);
    },
    millerLoopOfMinusGenerator: (q) => mod(-q),
    multiplyGT: (a, b) => mod(a + b),
    isOne: (product) => product === 0n,
  };
  return { curve, pairings, signatureScalars };
}

function checkOf(keys: readonly bigint[], message: bigint, signature: bigint): PreparedCheck<bigint, bigint> {
  const signer = { points: keys, scalars: keys.map(() => 1n) };
  return { signer, messageId: String(message), message, signature };
}

const good = Array.from({ length: 6 }, (_, i) => {
  const [key, message] = [BigInt(i + 3), BigInt(100 + (i >> 1))];
  return checkOf([key], message, key * message);
});
const cancelling = (signature: bigint) => checkOf([5n, GROUP_ORDER - 5n], 7n, signature);

afterEach(() => {
  vi.restoreAllMocks();
});

describe("keys whose sum is the identity", () => {
  it("have no pairing, and sign nothing", () => {
    const { curve, pairings } = logarithms();
    expect(verifyBatch(curve, [cancelling(35n)])).toEqual([false]);
    expect(pairings).toEqual([]);
  });

  it("beside good signatures: they alone are rejected", () => {
    const { curve, pairings } = logarithms();
    expect(verifyBatch(curve, [...good, cancelling(35n)])).toEqual([...good.map(() => true), false]);
    expect(pairings.some(([, message]) => message === 7n)).toBe(false);
  });
});

describe("the coefficients", () => {
  it("are 16 bytes of the secure source, drawn for each check, on its signature and its keys", () => {
    const { curve, pairings, signatureScalars } = logarithms();
    const draw = vi.spyOn(crypto, "getRandomValues");
    expect(verifyBatch(curve, good)).toEqual(good.map(() => true));
    const drawn = draw.mock.calls.map(([array]) => array as Uint8Array);
    expect(drawn.map(({ length }) => length)).toEqual(good.map(() => 16));
    const coefficients = drawn.map((bytes) => toNumberBE(bytes));
    expect(new Set(coefficients).size).toBe(good.length);
    expect(signatureScalars).toEqual([coefficients]);
    const weighed = good.map(({ signer }, i) => sum(signer.points, [coefficients[i] ?? 0n]));
    const keys = [0, 2, 4].map((i) => mod((weighed[i] ?? 0n) + (weighed[i + 1] ?? 0n)));
    expect(pairings).toEqual(keys.map((key, i) => [key, BigInt(100 + i)]));
  });

  it("are drawn anew for each batch, and never 0", () => {
    const { curve, signatureScalars } = logarithms();
    verifyBatch(curve, good);
    verifyBatch(curve, good);
    expect(signatureScalars[0]).not.toEqual(signatureScalars[1]);
    vi.spyOn(crypto, "getRandomValues").mockImplementation((array) => {
      (array as unknown as Uint8Array).set(toBytesBE(0n, 16));
      return array;
    });
    verifyBatch(curve, good);
    expect(signatureScalars[2]).toEqual(good.map(() => 1n));
  });

  it("stop errors that cancel each other out, whose sum alone would pass", () => {
    const { curve } = logarithms();
    const shifted = good.map((check, i) => {
      const shift = i === 1 ? 9n : i === 4 ? -9n : 0n;
      return { ...check, signature: mod(check.signature + shift) };
    });
    expect(verifyBatch(curve, shifted)).toEqual([true, false, true, true, false, true]);
  });
});
