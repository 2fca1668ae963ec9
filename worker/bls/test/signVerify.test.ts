import { describe, expect, test } from "vitest";
import { hasVectors, readVectorJson } from "../../test/vectors.ts";
import { convertPublicKey, convertSignature } from "../index.ts";
import { ENGINES, flipBit, fromHex, isValid, key, SCHEMES, single, toHex } from "./engines.ts";

/** Outputs of Core's dashbls library. */
interface SignVerify {
  keys: { secretKey: string; publicKeyBasic: string; publicKeyLegacy: string }[];
  signatures: { secretKey: string; message: string; basic: string; legacy: string }[];
  hashToG2: { message: string; basic: string; legacyPointLegacyEncoding: string }[];
  encodingConversions: (
    | { type: "G1"; legacy: string; basic: string }
    | { type: "G2"; legacy: string; basicEncodingOfSamePoint: string }
  )[];
}

describe.runIf(hasVectors("bls")).each(ENGINES)("$engine, sign_verify.json", (bls) => {
  const vectors = readVectorJson<SignVerify>("bls/sign_verify.json");

  test.each(vectors.keys)("public key of $secretKey", ({ secretKey, publicKeyBasic, publicKeyLegacy }) => {
    expect(toHex(bls.publicKey(fromHex(secretKey), "basic"))).toBe(publicKeyBasic);
    expect(toHex(bls.publicKey(fromHex(secretKey), "legacy"))).toBe(publicKeyLegacy);
    expect(bls.isValidPublicKey(key(publicKeyBasic, "basic"))).toBe(true);
    expect(bls.isValidPublicKey(key(publicKeyLegacy, "legacy"))).toBe(true);
  });

  test.each(vectors.hashToG2)("hash to G2 of $message", ({ message, basic, legacyPointLegacyEncoding }) => {
    expect(toHex(bls.hashToG2(fromHex(message), "basic"))).toBe(basic);
    expect(toHex(bls.hashToG2(fromHex(message), "legacy"))).toBe(legacyPointLegacyEncoding);
  });

  test.each(vectors.signatures)("signature of $message by $secretKey", async (vector) => {
    const secretKey = fromHex(vector.secretKey);
    const message = fromHex(vector.message);
    for (const scheme of SCHEMES) {
      const signature = fromHex(vector[scheme]);
      const signer = single({ bytes: bls.publicKey(secretKey, scheme), scheme });
      expect(toHex(bls.sign(secretKey, message, scheme))).toBe(vector[scheme]);
      expect(await isValid(bls, scheme, message, signature, signer)).toBe(true);
      expect(await isValid(bls, scheme, flipBit(message, 0), signature, signer)).toBe(false);
      expect(await isValid(bls, scheme, message, flipBit(signature, 767), signer)).toBe(false);
    }
  });
});

describe.runIf(hasVectors("bls"))("encodings, sign_verify.json", () => {
  const { encodingConversions } = readVectorJson<SignVerify>("bls/sign_verify.json");

  test.each(encodingConversions)("$type $legacy", (vector) => {
    const legacy = fromHex(vector.legacy);
    if (vector.type === "G1") {
      expect(toHex(convertPublicKey({ bytes: legacy, scheme: "legacy" }, "basic"))).toBe(vector.basic);
      expect(toHex(convertPublicKey(key(vector.basic, "basic"), "legacy"))).toBe(vector.legacy);
    } else {
      const basic = vector.basicEncodingOfSamePoint;
      expect(toHex(convertSignature(legacy, "legacy", "basic"))).toBe(basic);
      expect(toHex(convertSignature(fromHex(basic), "basic", "legacy"))).toBe(vector.legacy);
    }
  });
});
