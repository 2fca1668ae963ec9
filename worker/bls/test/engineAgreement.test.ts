/** The two engines give the same bytes and the same verdicts, whatever they are fed. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { GROUP_ORDER } from "../encoding.ts";
import type { Bls, BlsScheme, EncodedPublicKey, SignatureCheck } from "../index.ts";
import { ENGINES, flipBit, SCHEMES, secretKeyOf, secureAggregate, single } from "./engines.ts";

const scheme = fc.constantFrom(...SCHEMES);
const message = fc.uint8Array({ minLength: 32, maxLength: 32 });
const secretKey = fc.bigInt({ min: 1n, max: GROUP_ORDER - 1n }).map(secretKeyOf);
/** Random, but with the flags and the leading bits of a point, so that half of them are on the curve. */
const garbage = (size: number) =>
  fc
    .tuple(fc.uint8Array({ minLength: size, maxLength: size }), fc.constantFrom(0x00, 0x80, 0xa0))
    .map(([bytes, flags]) => bytes.map((byte, i) => shaped(byte, i, flags)));

function shaped(byte: number, i: number, flags: number): number {
  if (i === 0) return (byte & 0x0f) | flags;
  return i === 48 ? byte & 0x0f : byte;
}

/** @returns the answer both give */
function agreed<T>(ask: (bls: Bls) => T): T {
  const [first, ...others] = ENGINES.map(ask);
  if (first === undefined) throw new Error("no engines");
  for (const other of others) expect(other).toEqual(first);
  return first;
}

async function agreedVerdicts(checks: SignatureCheck[]): Promise<boolean[]> {
  const [first = [], ...others] = await Promise.all(ENGINES.map((bls) => bls.verify(checks)));
  for (const other of others) expect(other).toEqual(first);
  return first;
}

describe("noble and mcl agree", () => {
  test("on keys, hashes and signatures", () => {
    fc.assert(
      fc.property(secretKey, message, scheme, (secret, msg, inScheme) => {
        agreed((bls) => bls.publicKey(secret, inScheme));
        agreed((bls) => bls.hashToG2(msg, inScheme));
        agreed((bls) => bls.sign(secret, msg, inScheme));
      }),
      { numRuns: 25 },
    );
  });

  test("on a signature and on one with a flipped bit", async () => {
    await fc.assert(
      fc.asyncProperty(secretKey, message, scheme, fc.nat(767), async (secret, msg, inScheme, bit) => {
        const signature = agreed((bls) => bls.sign(secret, msg, inScheme));
        const signer = single({ bytes: agreed((bls) => bls.publicKey(secret, inScheme)), scheme: inScheme });
        const check = { scheme: inScheme, message: msg, signature, signer };
        const verdicts = await agreedVerdicts([check, { ...check, signature: flipBit(signature, bit) }]);
        expect(verdicts).toEqual([true, false]);
      }),
      { numRuns: 15 },
    );
  });

  test("on secure aggregates of mixed and repeated keys, with and without a garbage key", async () => {
    const signers = fc.array(fc.tuple(secretKey, scheme), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(
        signers,
        fc.boolean(),
        garbage(48),
        message,
        scheme,
        async (few, twice, bad, msg, inScheme) => {
          const all = twice ? [...few, ...few] : few;
          const secrets = all.map(([secret]) => secret);
          const signature = agreed((bls) => bls.signSecureAggregate(secrets, msg, inScheme));
          const keys = all.map(([secret, encoding]) => encodedKey(secret, encoding));
          const check = { scheme: inScheme, message: msg, signature };
          const verdicts = await agreedVerdicts([
            { ...check, signer: secureAggregate(keys) },
            { ...check, signer: secureAggregate([...keys, { bytes: bad, scheme: inScheme }]) },
          ]);
          expect(verdicts).toEqual([true, false]);
        },
      ),
      { numRuns: 12 },
    );
  });

  test("that random points, on the curve or not, are not in the subgroup", () => {
    fc.assert(
      fc.property(garbage(48), garbage(96), scheme, (bytes, signature, inScheme) => {
        expect(agreed((bls) => bls.isValidPublicKey({ bytes, scheme: inScheme }))).toBe(false);
        expect(agreed((bls) => bls.isValidSignature(signature, inScheme))).toBe(false);
      }),
      { numRuns: 200 },
    );
  });

  test("on plain sums", () => {
    fc.assert(
      fc.property(
        fc.array(secretKey, { minLength: 1, maxLength: 5 }),
        message,
        scheme,
        (secrets, msg, inScheme) => {
          const keys = secrets.map((secret) => encodedKey(secret, inScheme));
          const signatures = secrets.map((secret) => ENGINES[0]?.sign(secret, msg, inScheme) ?? msg);
          agreed((bls) => bls.aggregatePublicKeys(keys, inScheme));
          agreed((bls) => bls.aggregateSignatures(signatures, inScheme));
        },
      ),
      { numRuns: 10 },
    );
  });
});

function encodedKey(secret: Uint8Array, encoding: BlsScheme): EncodedPublicKey {
  return { bytes: agreed((bls) => bls.publicKey(secret, encoding)), scheme: encoding };
}
