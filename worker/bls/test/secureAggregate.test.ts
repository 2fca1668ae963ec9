/** Secure aggregation: Core's library, a mainnet commitment, and what must not verify. */

import { describe, expect, test } from "vitest";
import { hasVectors, readVectorJson } from "../../test/vectors.ts";
import { type BlsScheme, convertPublicKey, type EncodedPublicKey, type SignatureCheck } from "../index.ts";
import {
  ENGINES,
  flipBit,
  fromHex,
  isValid,
  key,
  message as messageOf,
  SCHEMES,
  secretKeyOf,
  secureAggregate,
  single,
  toHex,
} from "./engines.ts";

interface Aggregate {
  scheme: BlsScheme;
  message: string;
  publicKeys: string[];
  signatures: string[];
}

interface AggregateVectors {
  secureAggregation: (Aggregate & { secureAggregatedSignature: string; orderOfKeysMatters: boolean })[];
  aggregate: (Aggregate & { aggregatedPublicKey: string; aggregatedSignature: string })[];
  negative: {
    scheme: BlsScheme;
    what: string;
    message: string;
    publicKeys: string[];
    signature: string;
    expected: boolean;
  }[];
}

interface MainnetAggregate {
  scheme: BlsScheme;
  message: string;
  publicKeys: string[];
  signature: string;
  expected: boolean;
}

interface Keys {
  keys: { secretKey: string; publicKeyBasic: string; publicKeyLegacy: string }[];
}

function keysOf(hexes: readonly string[], scheme: BlsScheme): EncodedPublicKey[] {
  return hexes.map((hex) => key(hex, scheme));
}

/** Every second key in the other encoding, as a masternode list mixes them. */
function withMixedEncodings(keys: readonly EncodedPublicKey[]): EncodedPublicKey[] {
  return keys.map((publicKey, i) => (i % 2 === 0 ? publicKey : inOtherEncoding(publicKey)));
}

function inOtherEncoding(publicKey: EncodedPublicKey): EncodedPublicKey {
  const scheme = publicKey.scheme === "basic" ? "legacy" : "basic";
  const bytes = convertPublicKey(publicKey, scheme);
  if (!bytes) throw new Error("not a canonical key");
  return { bytes, scheme };
}

describe.each(ENGINES)("$engine, own keys", (bls) => {
  const secretKeys = [3n, 77n, 3n, 2n ** 200n].map(secretKeyOf);
  const message = messageOf(9);

  test.each(SCHEMES)("%s: any order, any encoding, repeated keys count each time", async (scheme) => {
    const signature = bls.signSecureAggregate(secretKeys, message, scheme);
    const keys = secretKeys.map((secretKey) => ({ bytes: bls.publicKey(secretKey, scheme), scheme }));
    const check = { scheme, message, signature };
    const isSignedBy = (signers: EncodedPublicKey[]) =>
      isValid(bls, { ...check, signer: secureAggregate(signers) });
    expect(await isSignedBy(keys)).toBe(true);
    expect(await isSignedBy(keys.toReversed())).toBe(true);
    expect(await isSignedBy(withMixedEncodings(keys))).toBe(true);
    expect(await isSignedBy(keys.slice(1))).toBe(false);
    expect(await isSignedBy([...keys, ...keys.slice(0, 1)])).toBe(false);
    expect(await isSignedBy([])).toBe(false);
  });

  test.each(SCHEMES)("%s: one bad key among good ones refuses the whole", async (scheme) => {
    const signature = bls.signSecureAggregate(secretKeys, message, scheme);
    const keys = secretKeys.map((secretKey) => ({ bytes: bls.publicKey(secretKey, scheme), scheme }));
    const bad = { bytes: new Uint8Array(48), scheme };
    const signer = secureAggregate([...keys, bad]);
    expect(await isValid(bls, { scheme, message, signature, signer })).toBe(false);
  });

  test("one signer still gets a coefficient", async () => {
    const [secretKey = secretKeyOf(1n)] = secretKeys;
    const publicKey = { bytes: bls.publicKey(secretKey, "basic"), scheme: "basic" } as const;
    const check = { scheme: "basic", message } as const;
    const plain = bls.sign(secretKey, message, "basic");
    const weighted = bls.signSecureAggregate([secretKey], message, "basic");
    const verdicts = await bls.verify([
      { ...check, signature: weighted, signer: secureAggregate([publicKey]) },
      { ...check, signature: plain, signer: secureAggregate([publicKey]) },
      { ...check, signature: weighted, signer: single(publicKey) },
      { ...check, signature: plain, signer: single(publicKey) },
    ]);
    expect(verdicts).toEqual([true, false, false, true]);
  });

  test("a rogue key passes a plain sum and fails a secure one", async () => {
    const victim = { bytes: bls.publicKey(secretKeyOf(5n), "basic"), scheme: "basic" } as const;
    const minusVictim = { bytes: flipBit(victim.bytes, 5), scheme: "basic" } as const;
    const own = { bytes: bls.publicKey(secretKeyOf(6n), "basic"), scheme: "basic" } as const;
    const rogue = { bytes: sumOf([own, minusVictim]), scheme: "basic" } as const;
    const signature = bls.sign(secretKeyOf(6n), message, "basic");
    const sum = { bytes: sumOf([victim, rogue]), scheme: "basic" } as const;
    const check = { scheme: "basic", message, signature } as const;
    expect(await isValid(bls, { ...check, signer: single(sum) })).toBe(true);
    expect(await isValid(bls, { ...check, signer: secureAggregate([victim, rogue]) })).toBe(false);
  });

  function sumOf(keys: readonly EncodedPublicKey[]): Uint8Array {
    const sum = bls.aggregatePublicKeys(keys, "basic");
    if (!sum) throw new Error("not valid keys");
    return sum;
  }
});

test("more keys than one multiplication of mcl takes", async () => {
  const [mcl] = ENGINES;
  if (mcl?.engine !== "mcl") throw new Error("mcl is the first engine");
  const secretKeys = Array.from({ length: 1500 }, (_, i) => secretKeyOf(BigInt(i + 1)));
  const keys = secretKeys.map((k) => ({ bytes: mcl.publicKey(k, "basic"), scheme: "basic" }) as const);
  const signature = mcl.signSecureAggregate(secretKeys, messageOf(1), "basic");
  const check = { scheme: "basic", message: messageOf(1), signature } as const;
  expect(await isValid(mcl, { ...check, signer: secureAggregate(keys) })).toBe(true);
  expect(await isValid(mcl, { ...check, signer: secureAggregate(keys.slice(1)) })).toBe(false);
});

if (hasVectors("bls")) {
  const { secureAggregation, aggregate, negative } = readVectorJson<AggregateVectors>("bls/aggregate.json");
  const { keys } = readVectorJson<Keys>("bls/sign_verify.json");

  function secretKeyFor(publicKey: string): Uint8Array {
    const entry = keys.find((k) => k.publicKeyBasic === publicKey || k.publicKeyLegacy === publicKey);
    if (!entry) throw new Error(`no secret key for ${publicKey}`);
    return fromHex(entry.secretKey);
  }

  describe.each(ENGINES)("$engine, aggregate.json", (bls) => {
    test.each(secureAggregation)("secure, $scheme, $publicKeys.length keys", async (vector) => {
      const { scheme, publicKeys, secureAggregatedSignature, orderOfKeysMatters } = vector;
      const signature = fromHex(secureAggregatedSignature);
      const signers = keysOf(publicKeys, scheme);
      const check = { scheme, message: fromHex(vector.message), signature };
      const secretKeys = publicKeys.map(secretKeyFor);
      expect(toHex(bls.signSecureAggregate(secretKeys, check.message, scheme))).toBe(
        secureAggregatedSignature,
      );
      expect(await isValid(bls, { ...check, signer: secureAggregate(signers) })).toBe(true);
      expect(await isValid(bls, { ...check, signer: secureAggregate(signers.toReversed()) })).toBe(
        !orderOfKeysMatters,
      );
      expect(await isValid(bls, { ...check, signer: secureAggregate(withMixedEncodings(signers)) })).toBe(
        true,
      );
      await expectBrothersRefused({ ...check, signer: secureAggregate(signers) });
    });

    async function expectBrothersRefused(check: SignatureCheck): Promise<void> {
      expect(await isValid(bls, { ...check, message: flipBit(check.message, 100) })).toBe(false);
      expect(await isValid(bls, { ...check, signature: flipBit(check.signature, 760) })).toBe(false);
      expect(await isValid(bls, { ...check, signature: check.signature.slice(1) })).toBe(false);
    }

    test.each([...secureAggregation, ...aggregate])(
      "parts, $scheme, $publicKeys.length keys",
      async (vector) => {
        const { scheme, publicKeys, signatures } = vector;
        const verdicts = await bls.verify(
          signatures.map((signature, i) => ({
            scheme,
            message: fromHex(vector.message),
            signature: fromHex(signature),
            signer: single(key(publicKeys[i] ?? "", scheme)),
          })),
        );
        expect(verdicts).toEqual(signatures.map(() => true));
      },
    );

    test.each(aggregate)("plain, $scheme, $publicKeys.length keys", async (vector) => {
      const { scheme, publicKeys, signatures, aggregatedPublicKey, aggregatedSignature } = vector;
      expect(toHex(bls.aggregatePublicKeys(keysOf(publicKeys, scheme), scheme))).toBe(aggregatedPublicKey);
      expect(toHex(bls.aggregateSignatures(signatures.map(fromHex), scheme))).toBe(aggregatedSignature);
      const signer = single(key(aggregatedPublicKey, scheme));
      const signature = fromHex(aggregatedSignature);
      const check = { scheme, message: fromHex(vector.message), signature, signer };
      expect(await isValid(bls, check)).toBe(true);
      await expectBrothersRefused(check);
    });

    test.each(negative)("$scheme, $publicKeys.length keys: $what", async (vector) => {
      const { scheme, publicKeys } = vector;
      const check = {
        scheme,
        message: fromHex(vector.message),
        signature: fromHex(vector.signature),
        signer: secureAggregate(keysOf(publicKeys, scheme)),
      };
      expect(await isValid(bls, check)).toBe(vector.expected);
    });

    test("mainnet_secure_aggregate.json", async () => {
      const vector = readVectorJson<MainnetAggregate>("bls/mainnet_secure_aggregate.json");
      const { scheme, publicKeys } = vector;
      const signers = keysOf(publicKeys, scheme);
      const check = { scheme, message: fromHex(vector.message), signature: fromHex(vector.signature) };
      expect(await isValid(bls, { ...check, signer: secureAggregate(signers) })).toBe(vector.expected);
      expect(await isValid(bls, { ...check, signer: secureAggregate(signers.toReversed()) })).toBe(true);
      expect(await isValid(bls, { ...check, signer: secureAggregate(signers.slice(1)) })).toBe(false);
      await expectBrothersRefused({ ...check, signer: secureAggregate(signers) });
    });
  });
}
