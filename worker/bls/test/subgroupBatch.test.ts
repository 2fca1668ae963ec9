import { PointG1 } from "@noble/bls12-381";
import * as mclWasm from "mcl-wasm";
import { afterEach, describe, expect, it, vi } from "vitest";
import { seededRandom } from "../../test/seededRandom.ts";
import { G1, type G1Point } from "../g1.ts";
import { createMclBls, createNobleBls } from "../index.ts";
import { secretKeyOf } from "./engines.ts";
import { encodeG1, G1_SMALL_ORDERS, torsionG1 } from "./torsion.ts";

/** What is looked at together; fewer are looked at one by one. */
const COUNT = 200;
const mcl = await createMclBls();
const g1 = await G1.load();
const good = Array.from({ length: COUNT }, (_, i) => mcl.publicKey(secretKeyOf(BigInt(i + 2)), "basic"));
const torsion = G1_SMALL_ORDERS.map((order) => torsionG1(order));
const [third] = torsion as [PointG1];

/** A multiple of the generator that is none of `good`, and something outside the subgroup. */
function shifted(by: PointG1, multiple = 12345n): Uint8Array {
  return encodeG1(PointG1.BASE.multiply(multiple).add(by));
}

/** @param bad - keys by where they stand among the good ones */
function mixed(bad: ReadonlyMap<number, Uint8Array>): Uint8Array[] {
  return good.map((key, i) => bad.get(i) ?? key);
}

function refused(keys: readonly Uint8Array[]): number[] {
  return [...g1.decode(keys).entries()].filter(([, point]) => !point).map(([i]) => i);
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe("many keys at once", () => {
  it("are points, the same ones as alone", () => {
    const coordinatesOf = (point: G1Point | undefined) => point && g1.toCoordinates(point);
    const alone = good.map((key) => coordinatesOf(g1.decode([key])[0]));
    expect(g1.decode(good).map(coordinatesOf)).toEqual(alone);
  });

  it.each(G1_SMALL_ORDERS.map((order, i) => [order, torsion[i] as PointG1] as const))(
    "with a point of order %d, or one that has it as a part: it alone is refused",
    (_, point) => {
      for (const at of [0, 1, 99, COUNT - 1]) {
        expect(refused(mixed(new Map([[at, encodeG1(point)]])))).toEqual([at]);
        expect(refused(mixed(new Map([[at, shifted(point)]])))).toEqual([at]);
      }
    },
  );

  it.each(G1_SMALL_ORDERS.map((order, i) => [order, torsion[i] as PointG1] as const))(
    "with two whose parts of order %d cancel each other out: both are refused",
    (_, point) => {
      for (const [a, b] of [
        [0, 1],
        [3, 150],
        [198, 199],
      ] as const) {
        const bad = [
          [a, shifted(point)],
          [b, shifted(point.negate(), 54321n)],
        ] as const;
        expect(refused(mixed(new Map(bad)))).toEqual([a, b]);
      }
    },
  );

  it("that are all the same, good or bad", () => {
    const bad = shifted(third);
    expect(refused(good.map(() => good[0] as Uint8Array))).toEqual([]);
    expect(refused(good.map(() => bad))).toEqual(good.map((_, i) => i));
    expect(refused(good.map((key, i) => (i % 3 ? bad : key)))).toEqual(
      good.flatMap((_, i) => (i % 3 ? [i] : [])),
    );
  });

  it("are judged in the same way if they are few, or more than go into one call", () => {
    const few = mixed(new Map([[7, shifted(third)]])).slice(0, 10);
    expect(refused(few)).toEqual([7]);
    expect(g1.decode([])).toEqual([]);
    const many = Array.from({ length: 9 }, () => good).flat();
    many[1700] = shifted(third);
    expect(refused(many)).toEqual([1700]);
  });

  it("agree with noble and mcl on whatever they are", () => {
    const noble = createNobleBls();
    mclWasm.verifyOrderG1(true);
    const isMclKey = (key: Uint8Array) => {
      try {
        new mclWasm.G1().deserialize(key);
        return true;
      } catch {
        return false;
      }
    };
    const random = seededRandom(8);
    const draw = (limit: number) => Math.floor(random() * limit);
    const keys = good.map((key) => {
      const kind = draw(8);
      const point = torsion[draw(torsion.length)] as PointG1;
      if (kind === 0) return shifted(point, BigInt(draw(1000) + 1));
      if (kind === 1) return encodeG1(draw(2) ? point : point.negate());
      // Half of all x have no y; those that have one are hardly ever in the subgroup.
      if (kind === 2) return key.map((byte, i) => (i > 40 ? draw(256) : byte));
      return key;
    });
    const verdicts = g1.decode(keys).map((point) => point !== undefined);
    expect(verdicts).toEqual(keys.map((bytes) => noble.isValidPublicKey({ bytes, scheme: "basic" })));
    expect(verdicts).toEqual(keys.map(isMclKey));
  });
});

describe("the digits", () => {
  /** Bytes that come instead of random ones, over and over. */
  function drawing(...bytes: number[]): void {
    let drawn = 0;
    vi.spyOn(crypto, "getRandomValues").mockImplementation((array) => {
      const target = array as unknown as Uint8Array;
      for (const i of target.keys()) target[i] = bytes[drawn++ % bytes.length] ?? 0;
      return array;
    });
  }
  const bad = mixed(new Map([[9, shifted(third)]]));

  it("come from the secure source, 16 bytes a key, drawn again where they are not below 243", () => {
    const draw = vi.spyOn(crypto, "getRandomValues");
    g1.decode(good);
    const sizes = draw.mock.calls.map(([array]) => array?.byteLength ?? 0);
    expect(sizes[0]).toBe(16 * COUNT);
    expect(sizes.length).toBeGreaterThan(1);
    vi.restoreAllMocks();
    drawing(243, 255, 242);
    expect(refused(bad)).toEqual([9]);
  });

  it("decide alone: where all are 0, the sums are the identity, and nothing is found", () => {
    drawing(121);
    expect(refused(bad)).toEqual([]);
  });

  it("are 80 of a key: each of them alone finds it", () => {
    for (let pass = 0; pass < 16; pass++) {
      for (const digit of [1, 3, 9, 27, 81]) {
        drawing(...Array.from({ length: 16 }, (_, i) => (i === pass ? 121 + digit : 121)));
        expect(refused(bad)).toEqual([9]);
      }
    }
  });

  it("may be all 0 in one pass, or make sums that cancel out", () => {
    drawing(...Array.from({ length: 15 }, () => 121), 122);
    expect(refused(good)).toEqual([]);
    expect(refused(bad)).toEqual([9]);
    const pairs = good.map((_, i) => encodeG1(i % 2 ? PointG1.BASE : PointG1.BASE.negate()));
    expect(refused(pairs)).toEqual([]);
  });
});
