import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { networkParams, type PowParams } from "../../params/index.ts";
import { computeDarkGravityWave } from "../darkGravityWave.ts";
import { computeRequiredBits, isRequiredDifficulty } from "../difficulty.ts";
import { computeKimotoGravityWell } from "../kimotoGravityWell.ts";
import { decodeTarget, encodeCompact } from "../target.ts";
import { evenSamples, memoryBranch, type Sample } from "./memoryBranch.ts";

const MAINNET = networkParams("mainnet").pow;
const TESTNET = networkParams("testnet").pow;
const DEVNET = networkParams("devnet").pow;
const REGTEST = networkParams("regtest").pow;

// Core src/test/pow_tests.cpp get_next_work: mainnet 123433 to 123456, time:bits
const SAMPLES = `
  1408728124:1b104be1 1408728332:1b10e09e 1408728479:1b11a33c 1408728495:1b121cf3 1408728608:1b11951e
  1408728744:1b11abac 1408728756:1b118d9c 1408728950:1b1123f9 1408729116:1b1141bf 1408729179:1b110764
  1408729305:1b107556 1408729474:1b104297 1408729576:1b1063d0 1408729587:1b10e878 1408729647:1b0dfaff
  1408729678:1b0c9ab8 1408730179:1b0c03d6 1408730862:1b0dd168 1408730914:1b10b864 1408731242:1b0fed89
  1408731256:1b113ff1 1408732229:1b10460b 1408732257:1b13b83f 1408732489:1b1418d4`
  .trim()
  .split(/\s+/)
  .map((sample) => {
    const [time, bits] = sample.split(":");
    return { time: Number(time), bits: Number.parseInt(bits ?? "", 16) };
  });
const BRANCH = memoryBranch(123456, SAMPLES);

/** Core 23.1.2 pow.cpp DarkGravityWave, in integers of 256 bits. */
function stepByStep(samples: readonly Sample[], { powLimit }: PowParams): number {
  const targets = samples.map(({ bits }) => decodeTarget(bits)).reverse();
  const average = targets.reduce(
    (sum, target, i) => BigInt.asUintN(256, sum * BigInt(i + 1) + target) / BigInt(i + 2),
  );
  const span = (samples[23] as Sample).time - (samples[0] as Sample).time;
  const clamped = BigInt(Math.min(Math.max(span, 1_200), 10_800));
  const target = BigInt.asUintN(256, average * clamped) / 3_600n;
  return encodeCompact(target < powLimit ? target : powLimit);
}

describe("Dark Gravity Wave", () => {
  test("Core's vector", () => {
    expect(computeRequiredBits(BRANCH, 1408732505, MAINNET)).toBe(0x1b1441de);
  });

  test.each([
    ["in time", 1408732505, 0x1b1441de],
    ["just over 10 minutes late", 1408733090, 0x1c00c8f8],
    ["20 minutes late", 1408733689, 0x1c00c8f8],
    ["just over 2 hours late", 1408739690, 0x207fffff],
  ])("min-difficulty network: %s", (_, time, bits) => {
    expect(computeRequiredBits(BRANCH, time, DEVNET)).toBe(bits);
    expect(computeRequiredBits(BRANCH, time, MAINNET)).toBe(0x1b1441de);
  });

  test("the exceptions begin one second after their gap", () => {
    const newest = 1408732489;
    expect(computeRequiredBits(BRANCH, newest + 600, DEVNET)).toBe(0x1b1441de);
    expect(computeRequiredBits(BRANCH, newest + 601, DEVNET)).toBe(0x1c00c8f8);
    expect(computeRequiredBits(BRANCH, newest + 7200, DEVNET)).toBe(0x1c00c8f8);
    expect(computeRequiredBits(BRANCH, newest + 7201, DEVNET)).toBe(0x207fffff);
  });

  test("ten times an easy target is clamped to the limit", () => {
    const easy = memoryBranch(5000, evenSamples(24, 150, 0x1e0fff00));
    expect(computeRequiredBits(easy, 1_400_000_000 + 23 * 150 + 601, TESTNET)).toBe(0x1e0fffff);
  });

  test("needs 24 headers, unless genesis is among them", () => {
    expect(computeDarkGravityWave(memoryBranch(123456, SAMPLES.slice(1)), MAINNET)).toBeUndefined();
    expect(computeDarkGravityWave(memoryBranch(23, SAMPLES), MAINNET)).toBe(0x1e0fffff);
    expect(computeDarkGravityWave(memoryBranch(24, SAMPLES), MAINNET)).toBe(0x1b1441de);
  });

  test.each([
    ["never harder than a third", 1, 1200],
    ["never easier than three times", 100_000, 10800],
    ["times out of order", -5, 1200],
  ])("%s", (_, spacing, span) => {
    const branch = memoryBranch(50_000, evenSamples(24, spacing, 0x1b104be1));
    const target = (decodeTarget(0x1b104be1) * BigInt(span)) / 3600n;
    expect(computeDarkGravityWave(branch, MAINNET)).toBe(encodeCompact(target));
  });

  test("is what Core's steps give, for targets of any size and any times", () => {
    const mantissa = fc.oneof(
      fc.integer({ min: 0x8000, max: 0x7fffff }),
      fc.integer({ min: 1, max: 9 }),
      fc.constantFrom(0x8000, 0x10000, 0x7fffff),
    );
    const sample = (minSize: number) => fc.record({ size: fc.integer({ min: minSize, max: 0 }), mantissa });
    const row = fc.oneof(
      ...[-2, -1, 0].map((minSize) => fc.array(sample(minSize), { minLength: 24, maxLength: 24 })),
      // All alike, so that divisions leave no rest.
      sample(0).map((same) => Array.from({ length: 24 }, () => same)),
    );
    const span = fc.oneof(fc.integer({ min: 0, max: 20_000 }), fc.constantFrom(1_200, 3_600, 7_200));
    fc.assert(
      fc.property(
        row,
        fc.integer({ min: 4, max: 32 }),
        span,
        fc.constantFrom(MAINNET, { ...MAINNET, powLimit: 2n ** 150n }),
        (row, max, span, pow) => {
          const samples = row.map(({ size, mantissa }, i) => ({
            time: i === 23 ? 1_400_000_000 + span : 1_400_000_000,
            bits: ((max + size) << 24) | mantissa,
          }));
          const branch = memoryBranch(50_000, samples);
          expect(computeDarkGravityWave(branch, pow)).toBe(stepByStep(samples, pow));
        },
      ),
      { seed: 1, numRuns: 8_000 },
    );
  });

  test("loses what the steps cut off, though it would come out even", () => {
    const samples = evenSamples(24, 0, 0x19123456);
    (samples[10] as Sample).bits++;
    (samples[11] as Sample).bits--;
    (samples[23] as Sample).time += 3_600;
    expect(stepByStep(samples, MAINNET)).toBe(0x19123455);
    expect(computeDarkGravityWave(memoryBranch(50_000, samples), MAINNET)).toBe(0x19123455);
  });

  test("near 2^255 the products wrap around", () => {
    // 7fffff << 232 at every block. k=2 gives 3t mod 2^256 = 2^255 - 3*2^232, so a third of that; and so on.
    const t = 0x7fffffn << 232n;
    let average = t;
    let wrapped = false;
    for (let k = 2n; k <= 24n; k++) {
      const product = average * k + t;
      wrapped ||= product >= 2n ** 256n;
      average = (product % 2n ** 256n) / (k + 1n);
    }
    const expected = ((average * 3450n) % 2n ** 256n) / 3600n;
    expect(wrapped).toBe(true);
    expect(average < t / 2n).toBe(true);
    const branch = memoryBranch(5000, evenSamples(24, 150, 0x207fffff));
    expect(computeDarkGravityWave(branch, DEVNET)).toBe(encodeCompact(expected));
  });

  test("constant targets far below 2^255 change with the timespan only", () => {
    fc.assert(
      fc.property(fc.integer({ min: 53, max: 469 }), fc.integer({ min: 0x008000, max: 0x7fffff }), (s, m) => {
        const bits = (0x1b << 24) | m;
        const expected = (decodeTarget(bits) * BigInt(23 * s)) / 3600n;
        expect(computeDarkGravityWave(memoryBranch(50_000, evenSamples(24, s, bits)), MAINNET)).toBe(
          encodeCompact(expected),
        );
      }),
    );
  });
});

describe("Kimoto Gravity Well", () => {
  test("below 14 blocks the limit", () => {
    expect(computeKimotoGravityWell(memoryBranch(13, evenSamples(14, 150, 0x1d00ffff)), MAINNET)).toBe(
      0x1e0fffff,
    );
    expect(computeKimotoGravityWell(memoryBranch(0, evenSamples(1, 150, 0x1d00ffff)), MAINNET)).toBe(
      0x1e0fffff,
    );
  });

  test("even blocks in time keep the target; the window may reach the first block but not below the known ones", () => {
    const whole = memoryBranch(4032, evenSamples(4033, 150, 0x1c00ffff));
    const bits = computeKimotoGravityWell(whole, MAINNET) ?? 0;
    const ratio = Number(decodeTarget(bits)) / Number(decodeTarget(0x1c00ffff));
    expect(ratio).toBeGreaterThan(0.99);
    expect(ratio).toBeLessThanOrEqual(1);
    expect(
      computeKimotoGravityWell(memoryBranch(20_000, evenSamples(4031, 150, 0x1c00ffff)), MAINNET),
    ).toBeUndefined();
    expect(computeKimotoGravityWell(memoryBranch(20_000, evenSamples(4032, 150, 0x1c00ffff)), MAINNET)).toBe(
      bits,
    );
  });

  test("a fast stretch stops at 14 blocks and makes the target smaller, a slow one larger up to the limit", () => {
    const target = decodeTarget(0x1c00ffff);
    const fast = computeKimotoGravityWell(memoryBranch(20_000, evenSamples(14, 15, 0x1c00ffff)), MAINNET);
    expect(fast).toBe(encodeCompact((target * BigInt(13 * 15)) / BigInt(14 * 150)));
    const slow = computeKimotoGravityWell(memoryBranch(20_000, evenSamples(14, 1500, 0x1c00ffff)), MAINNET);
    expect(slow).toBe(encodeCompact((target * BigInt(13 * 1500)) / BigInt(14 * 150)));
    expect(
      computeKimotoGravityWell(memoryBranch(20_000, evenSamples(14, 150_000, 0x1e0fffff)), MAINNET),
    ).toBe(0x1e0fffff);
  });

  test("times that stand still count as a ratio of one", () => {
    expect(computeKimotoGravityWell(memoryBranch(100, evenSamples(101, 0, 0x1c00ffff)), MAINNET)).toBe(
      0x1c00ffff,
    );
  });

  test("the average is cut off towards the older value", () => {
    const samples = evenSamples(15, 15, 0x1c00ffff).map((s, i) => ({
      ...s,
      bits: i % 2 ? 0x1c00ffff : 0x1c00fff0,
    }));
    let average = 0n;
    [...samples]
      .reverse()
      .slice(0, 14)
      .forEach(({ bits }, i) => {
        const t = decodeTarget(bits);
        const n = BigInt(i + 1);
        average = t >= average ? average + (t - average) / n : average - (average - t) / n;
      });
    expect(computeKimotoGravityWell(memoryBranch(14, samples), MAINNET)).toBe(
      encodeCompact((average * BigInt(13 * 15)) / BigInt(14 * 150)),
    );
  });

  test("is mainnet's rule from 15200 to 34139", () => {
    const samples = evenSamples(4032, 150, 0x1c00ffff);
    const kgw = computeKimotoGravityWell(memoryBranch(20_000, samples), MAINNET);
    const dgw = computeDarkGravityWave(memoryBranch(20_000, samples), MAINNET);
    expect(kgw).not.toBe(dgw);
    const at = (height: number) => computeRequiredBits(memoryBranch(height - 1, samples), 0, MAINNET);
    expect([at(15_199), at(15_200), at(34_139), at(34_140)]).toEqual([0x1c00ffff, kgw, kgw, dgw]);
  });
});

describe("Bitcoin's rule", () => {
  const bits = 0x1d00ffff;
  const target = decodeTarget(bits);
  const boundary = 576 * 3 - 1; // parent of the first block of an interval

  test.each([
    ["in time", 150, (target * 575n * 150n) / 86400n],
    ["four times too fast at most", 1, target / 4n],
    ["four times too slow at most", 6000, target * 4n],
  ])("changes once in 576 blocks: %s", (_, spacing, expected) => {
    const branch = memoryBranch(boundary, evenSamples(576, spacing, bits));
    expect(computeRequiredBits(branch, 0, MAINNET)).toBe(encodeCompact(expected));
    expect(computeRequiredBits(memoryBranch(boundary - 1, evenSamples(576, spacing, bits)), 0, MAINNET)).toBe(
      bits,
    );
  });

  test("never above the limit, and unknown if the first block of the interval is", () => {
    const slow = memoryBranch(boundary, evenSamples(576, 600, 0x1e0ffff0));
    expect(computeRequiredBits(slow, 0, MAINNET)).toBe(0x1e0fffff);
    expect(
      computeRequiredBits(memoryBranch(boundary, evenSamples(575, 150, bits)), 0, MAINNET),
    ).toBeUndefined();
  });

  test("no-retarget networks keep the parent's", () => {
    expect(computeRequiredBits(memoryBranch(575, evenSamples(576, 1, 0x207fffff)), 0, REGTEST)).toBe(
      0x207fffff,
    );
  });

  test("test networks: 300 seconds late is easy, and after it the last hard target counts", () => {
    const samples = evenSamples(20, 150, bits);
    const newest = samples.at(-1)?.time ?? 0;
    const hard = memoryBranch(1020, samples);
    expect(computeRequiredBits(hard, newest + 300, TESTNET)).toBe(bits);
    expect(computeRequiredBits(hard, newest + 301, TESTNET)).toBe(0x1e0fffff);
    const afterEasy = memoryBranch(
      1020,
      samples.map((s, i) => ({ ...s, bits: i < 15 ? bits : 0x1e0fffff })),
    );
    expect(computeRequiredBits(afterEasy, newest + 1, TESTNET)).toBe(bits);
  });

  test("test networks: the walk back stops at an interval's first block, at genesis, and where headers end", () => {
    const easy = (height: number, count: number) => memoryBranch(height, evenSamples(count, 150, 0x1e0fffff));
    const time = evenSamples(1, 0, 0)[0]?.time ?? 0;
    expect(computeRequiredBits(easy(580, 5), time, TESTNET)).toBe(0x1e0fffff);
    expect(computeRequiredBits(easy(580, 4), time, TESTNET)).toBeUndefined();
    expect(computeRequiredBits(easy(3, 4), time, TESTNET)).toBe(0x1e0fffff);
  });
});

describe("other rules", () => {
  test("a devnet may begin with blocks of the least difficulty", () => {
    const pow: PowParams = { ...DEVNET, minDifficultyBlocks: 1000 };
    const at = (height: number) =>
      computeRequiredBits(memoryBranch(height, evenSamples(2, 1, 0x1d00ffff)), 0, pow);
    expect([at(999), at(1000)]).toEqual([0x207fffff, 0x1d00ffff]);
  });

  test("no-retarget networks have the limit above the KGW height", () => {
    const branch = memoryBranch(15_199, evenSamples(1, 150, 0x1d00ffff));
    expect(computeRequiredBits(branch, 0, REGTEST)).toBe(0x207fffff);
  });

  test("mainnet may be off by half up to 68589", () => {
    const allowed = (bits: number, height: number) => isRequiredDifficulty(bits, 0x1c00ffff, height, MAINNET);
    expect(allowed(0x1c00ffff, 68_590)).toBe(true);
    expect(allowed(0x1c00fffe, 68_590)).toBe(false);
    expect(allowed(0x1c00fffe, 68_589)).toBe(true);
    expect(allowed(0x1c008001, 68_589)).toBe(true); // nearly twice as hard: 0.9999 / 2 of it too much
    expect(allowed(0x1c007ffe, 68_589)).toBe(false);
    expect(allowed(0x1c017ffd, 68_589)).toBe(true); // 2/3 of the difficulty: half of it missing
    expect(allowed(0x1c018000, 68_589)).toBe(false);
    expect(allowed(0x1d00ffff, 68_589)).toBe(false);
    expect(isRequiredDifficulty(0x1e0fffff, 0x1e0ffff0, 5, MAINNET)).toBe(true);
    expect(isRequiredDifficulty(0x1e0fffff, 0x1e0ffff0, 5, TESTNET)).toBe(false);
  });
});
