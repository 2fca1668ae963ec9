import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";
import { expect, it } from "vitest";
import { seededRandom } from "../../test/seededRandom.ts";
import { FIELD_ORDER as P } from "../encoding.ts";

type Binary = (out: number, a: number, b: number) => void;

/** Exports of assembly/fp.ts, compiled by itself. */
interface FpModule {
  readonly memory: WebAssembly.Memory;
  readonly add: Binary;
  readonly subtract: Binary;
  readonly subtractSum: Binary;
  readonly multiply: Binary;
  square(out: number, a: number): void;
  reduce(out: number, a: number): void;
  isZero(a: number): number;
}

const LIMBS = 14;
const BITS = 28n;
const R = 1n << (BITS * BigInt(LIMBS));
const TIDY = { limb: 1 << 28, times: 2n };
/** A sum of two tidy elements. */
const SUM = { limb: 2 ** 29, times: 4n };
const WIDE = { limb: 2 ** 30, times: 32n };
const REDUCIBLE = { limb: 2 ** 31, times: 64n };

const fp = await compile();
/** In the second page, which the module leaves alone. */
const [A, B, OUT] = [65_536, 65_600, 65_664];
const random = seededRandom(3);

async function compile(): Promise<FpModule> {
  let wasm: Uint8Array | undefined;
  const baseDir = fileURLToPath(new URL("../assembly/", import.meta.url));
  const options = ["-O3", "--noAssert", "--runtime", "stub", "--initialMemory", "2"];
  const { error } = await asc.main(["fp.ts", "--baseDir", baseDir, "--outFile", "fp.wasm", ...options], {
    writeFile: (_, contents) => {
      wasm = contents as Uint8Array;
    },
  });
  if (error || !wasm) throw error ?? new Error("no module");
  const { instance } = await WebAssembly.instantiate(Uint8Array.from(wasm));
  return instance.exports as unknown as FpModule;
}

function limbsAt(address: number): number[] {
  return [...new Uint32Array(fp.memory.buffer, address, LIMBS)];
}

function numberOf(limbs: readonly number[]): bigint {
  return limbs.reduce((sum, limb, i) => sum + (BigInt(limb) << (BITS * BigInt(i))), 0n);
}

function put(address: number, limbs: readonly number[]): void {
  new Uint32Array(fp.memory.buffer, address, LIMBS).set(limbs);
}

/** Limbs at their limits, and a value as near below its limit as they let it be. */
function extreme({ limb, times }: typeof TIDY): number[] {
  const kinds = [() => limb - 1, () => 0, () => 1, () => Math.floor(random() * limb)];
  const kind = Math.floor(random() * 6);
  const low = Array.from({ length: LIMBS - 1 }, () => {
    const draw = kinds[kind < 3 ? 0 : Math.floor(random() * kinds.length)] as () => number;
    return draw();
  });
  const most = (times * P - 1n - numberOf(low)) >> (BITS * BigInt(LIMBS - 1));
  const top = kind % 2 ? Math.floor(random() * Number(most)) : Number(most);
  return [...low, top];
}

function expectTidy(value: bigint): void {
  const limbs = limbsAt(OUT);
  expect(limbs.every((limb) => limb < TIDY.limb)).toBe(true);
  expect(numberOf(limbs) < 2n * P).toBe(true);
  expect(numberOf(limbs) % P).toBe(((value % P) + P) % P);
}

function expectWide(value: bigint): void {
  const limbs = limbsAt(OUT);
  expect(limbs.every((limb) => limb < WIDE.limb)).toBe(true);
  expect(numberOf(limbs) < WIDE.times * P).toBe(true);
  expect(numberOf(limbs) % P).toBe(((value % P) + P) % P);
}

const CASES = Array.from({ length: 400 });

it("multiplies and squares what is as wide as it may be", () => {
  const inverse = inverseOf(R);
  for (const _ of CASES) {
    const [a, b] = [extreme(WIDE), extreme(WIDE)];
    put(A, a);
    put(B, b);
    fp.multiply(OUT, A, B);
    expectTidy(numberOf(a) * numberOf(b) * inverse);
    fp.square(OUT, A);
    expectTidy(numberOf(a) ** 2n * inverse);
  }
});

it("reduces what is as large as it may be", () => {
  for (const _ of CASES) {
    const a = extreme(REDUCIBLE);
    put(A, a);
    fp.reduce(OUT, A);
    expectTidy(numberOf(a));
  }
});

it("adds and subtracts at the limits, and gives what a product may take", () => {
  for (const _ of CASES) {
    const [tidy, other, sum] = [extreme(TIDY), extreme(TIDY), extreme(SUM)];
    put(A, tidy);
    put(B, other);
    fp.add(OUT, A, B);
    expectWide(numberOf(tidy) + numberOf(other));
    put(A, sum);
    fp.subtract(OUT, A, B);
    expectWide(numberOf(sum) - numberOf(other));
    // The sum of two tidy elements is what they are, limb by limb.
    put(
      B,
      tidy.map((limb, i) => limb + (other[i] ?? 0)),
    );
    put(A, other);
    fp.subtractSum(OUT, A, B);
    expectWide(-numberOf(tidy));
  }
});

it("knows the multiples of p from their neighbours", () => {
  for (let times = 0n; times < WIDE.times; times++) {
    for (const offset of [-1n, 0n, 1n]) {
      const value = times * P + offset;
      if (value < 0n) continue;
      const limbs = Array.from({ length: LIMBS }, (_, i) => {
        const rest = value >> (BITS * BigInt(i));
        return Number(i === LIMBS - 1 ? rest : BigInt.asUintN(Number(BITS), rest));
      });
      put(A, limbs);
      expect(fp.isZero(A) !== 0).toBe(offset === 0n);
    }
  }
});

/** By Fermat. */
function inverseOf(value: bigint): bigint {
  let [result, power] = [1n, value % P];
  for (let rest = P - 2n; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * power) % P;
    power = (power * power) % P;
  }
  return result;
}
