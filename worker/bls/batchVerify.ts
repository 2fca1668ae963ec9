/**
 * Many signatures at the price of few: all of them are checked in one equation of random multiples,
 * e(-generator, sum of r_i * signature_i) * product over messages of e(sum of r_i * key_i, message) == 1.
 * A forged one passes only if it was made for coefficients that are drawn after it came: below 2^-120, over all the
 * subsets that are looked at. Source: Bellare, Garay, Rabin, "Fast Batch Verification", 1998, section 3.
 */

import type { Curve, WeightedPoints } from "./curve.ts";
import { toNumberBE } from "./encoding.ts";

const COEFFICIENT_BYTES = 16;

/** A check whose keys, message and signature are points already. */
export interface PreparedCheck<G1, G2> {
  /** The key it is checked against is their sum. */
  readonly signer: WeightedPoints<G1>;
  /** Equal for equal messages. */
  readonly messageId: string;
  readonly message: G2;
  readonly signature: G2;
}

interface WeighedCheck<G1, G2> extends PreparedCheck<G1, G2> {
  readonly index: number;
  readonly coefficient: bigint;
}

/** The checks of one message, which share a pairing. */
interface Group<G1, G2, GT> {
  readonly checks: readonly WeighedCheck<G1, G2>[];
  /** Of the sum of the keys with the message; undefined where that sum is the identity, whose pairing is 1. */
  readonly pairing: GT | undefined;
}

/** @returns one verdict per check, in order */
export function verifyBatch<G1, G2, GT>(
  curve: Curve<G1, G2, GT>,
  checks: readonly PreparedCheck<G1, G2>[],
): boolean[] {
  const verdicts = checks.map(() => false);
  const weighed = checks.map((check, index) => {
    // One alone needs no weight.
    const coefficient = checks.length === 1 ? 1n : drawCoefficient();
    return { ...check, index, coefficient };
  });

  function judge(groups: readonly Group<G1, G2, GT>[], isKnownBad: boolean): void {
    const [first] = groups;
    if (!first) return;
    if (!isKnownBad && isEquationTrue(curve, groups)) {
      for (const { index } of groups.flatMap((group) => group.checks)) verdicts[index] = true;
    } else if (groups.length > 1) {
      const middle = groups.length >> 1;
      const isLeftGood = judgeHalf(groups.slice(0, middle));
      judge(groups.slice(middle), isLeftGood);
    } else if (first.checks.length > 1) {
      for (const check of first.checks) judge(makeGroups(curve, [[check]]), false);
    }
  }

  /** @returns whether all of it is good, so that what is bad is in the other half */
  function judgeHalf(groups: readonly Group<G1, G2, GT>[]): boolean {
    judge(groups, false);
    return groups.every((group) => group.checks.every(({ index }) => verdicts[index]));
  }

  const byMessage = new Map<string, WeighedCheck<G1, G2>[]>();
  for (const check of weighed) {
    byMessage.set(check.messageId, [...(byMessage.get(check.messageId) ?? []), check]);
  }
  judge(makeGroups(curve, [...byMessage.values()]), false);
  return verdicts;
}

function makeGroups<G1, G2, GT>(
  curve: Curve<G1, G2, GT>,
  checksByMessage: readonly (readonly WeighedCheck<G1, G2>[])[],
): Group<G1, G2, GT>[] {
  const keys = curve.multiplyG1(
    checksByMessage.map((checks) => ({
      points: checks.flatMap(({ signer }) => signer.points),
      scalars: checks.flatMap(({ signer, coefficient }) => signer.scalars.map((one) => one * coefficient)),
    })),
  );
  return checksByMessage.map((checks, i) => {
    const key = keys[i];
    const message = checks[0]?.message;
    const pairing = key !== undefined && message !== undefined ? curve.millerLoop(key, message) : undefined;
    return { checks, pairing };
  });
}

function isEquationTrue<G1, G2, GT>(curve: Curve<G1, G2, GT>, groups: readonly Group<G1, G2, GT>[]): boolean {
  const checks = groups.flatMap((group) => group.checks);
  const signature = curve.multiplyG2(
    checks.map((check) => check.signature),
    checks.map(({ coefficient }) => coefficient),
  );
  const product = groups.reduce(
    (sofar, { pairing }) => (pairing === undefined ? sofar : curve.multiplyGT(sofar, pairing)),
    curve.millerLoopOfMinusGenerator(signature),
  );
  return curve.isOne(product);
}

/** 128 bits nobody can foresee; never 0. */
function drawCoefficient(): bigint {
  return toNumberBE(crypto.getRandomValues(new Uint8Array(COEFFICIENT_BYTES))) || 1n;
}
