/** Facts of Core's dashbls library: keys, hashes, signatures, encodings, and its own test vectors. */

import { describe, expect, test } from "vitest";
import { hasVectors, readVectorJson } from "../../test/vectors.ts";
import { type BlsScheme, convertPublicKey, convertSignature } from "../index.ts";
import { ENGINES, flipBit, fromDisplay, fromHex, isValid, key, SCHEMES, single, toHex } from "./engines.ts";

interface SignVerify {
  keys: { secretKey: string; publicKeyBasic: string; publicKeyLegacy: string }[];
  signatures: { secretKey: string; message: string; basic: string; legacy: string }[];
  hashToG2: { message: string; basic: string; legacyPointLegacyEncoding: string }[];
  encodingConversions: (
    | { type: "G1"; legacy: string; basic: string }
    | { type: "G2"; legacy: string; basicEncodingOfSamePoint: string }
  )[];
}

interface BasicUpstream {
  cases: { secretKey: string; publicKey: string; message: string; signature: string }[];
  aggregate: { signatures: string[]; aggregated: string };
}

interface LegacyThreshold {
  signHashDisplay: string;
  messageInternal: string;
  thresholdPublicKey: string;
  thresholdSignature: string;
  shares: { secretKeyShare: string; signatureShare: string }[];
}

interface PointValidity {
  points: { group: "G1" | "G2"; encoding: BlsScheme; hex: string; valid: boolean }[];
}

describe.each(ENGINES)("$engine, verification.md 18.4", (bls) => {
  const numbers = Uint8Array.from({ length: 32 }, (_, i) => i);
  const x0 =
    "1198646a15b04d3b895e5eda56abf193ad9bd3bbb91a420a6cbef2b6bb99b45b09fba3275df0979f6e5cae6760f932f9";
  const x1 =
    "12d0ff8e48667bc4d9be2664cba99426230de0be106e04b9e4730a53b312e15c667e89d681b338e22e471a8f2db59d0f";

  test("legacy hash: y.c1 is 10cb48..., the larger half, so the sign bit is set", () => {
    expect(toHex(bls.hashToG2(numbers, "legacy"))).toBe(`9${x0.slice(1)}${x1}`);
  });

  test("basic hash", () => {
    expect(toHex(bls.hashToG2(numbers, "basic"))).toBe(
      "aa1c4dba9f441edcf4f162fc67ecf4997e08a69fa951ec381ce267005b2247346d5362aea689dfaf9d01285d559b76fd" +
        "18cfc9b01da595991fb0f80fdbd7c41a476039eb35318ac76ad45021ffb5ca86d1ee71721b7b46d4c237b8862ed7145c",
    );
  });

  test("quorumSig of a mainnet commitment of 2022", async () => {
    const check = {
      scheme: "legacy",
      message: fromHex("983f1baf232380a834cd1893535d8872941c0b24c8927753a8247a9138c142a6"),
      signature: fromHex(
        "15dcdcfd36c45a7db2e430a43c8fb192e3bd1631a93acf514a8a4410ecdef132ea5e2fa01ed29c371df0533fa54172ef" +
          "1599f036885e6165e83fec4864b91ff8ee8dc2db7bdc2f2bafaae4bbc2b7f7e1d90cc0f82523fef98bfa933fc7d5971b",
      ),
      signer: single(
        key(
          "8e3b657d1cd297351f5fc4198fb088c5b40eeb0b4a3875c72a3889f7a29f1e9434888b84e35eecb5981aba861e217735",
          "legacy",
        ),
      ),
    } as const;
    expect(await isValid(bls, check)).toBe(true);
    expect(await isValid(bls, { ...check, message: flipBit(check.message, 255) })).toBe(false);
    expect(await isValid(bls, { ...check, signature: flipBit(check.signature, 7) })).toBe(false);
  });
});

describe.each(ENGINES)("$engine, secret keys", (bls) => {
  const order = "73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001";

  test.each([
    ["zero", "00".repeat(32)],
    ["the group order", order],
    ["all ones", "ff".repeat(32)],
    ["31 bytes", "01".repeat(31)],
    ["33 bytes", `00${"01".repeat(32)}`],
  ])("%s is refused", (_, hex) => {
    const invalid = expect.objectContaining({ code: "bls/invalid-secret-key" });
    expect(() => bls.publicKey(fromHex(hex), "basic")).toThrow(invalid);
    expect(() => bls.sign(fromHex(hex), new Uint8Array(32), "basic")).toThrow(invalid);
    expect(() => bls.signSecureAggregate([fromHex(hex)], new Uint8Array(32), "basic")).toThrow(invalid);
  });

  test("the largest is the negated generator", () => {
    const one = toHex(bls.publicKey(fromHex(`${"00".repeat(31)}01`), "legacy"));
    const minusOne = toHex(bls.publicKey(fromHex(order.replace(/1$/, "0")), "legacy"));
    expect(minusOne).toBe(`9${one?.slice(1)}`);
  });
});

if (hasVectors("bls")) {
  describe.each(ENGINES)("$engine, sign_verify.json", (bls) => {
    const vectors = readVectorJson<SignVerify>("bls/sign_verify.json");

    test.each(vectors.keys)("public key of $secretKey", ({ secretKey, publicKeyBasic, publicKeyLegacy }) => {
      expect(toHex(bls.publicKey(fromHex(secretKey), "basic"))).toBe(publicKeyBasic);
      expect(toHex(bls.publicKey(fromHex(secretKey), "legacy"))).toBe(publicKeyLegacy);
      expect(bls.isValidPublicKey(key(publicKeyBasic, "basic"))).toBe(true);
      expect(bls.isValidPublicKey(key(publicKeyLegacy, "legacy"))).toBe(true);
    });

    test.each(vectors.hashToG2)("hash of $message", ({ message, basic, legacyPointLegacyEncoding }) => {
      expect(toHex(bls.hashToG2(fromHex(message), "basic"))).toBe(basic);
      expect(toHex(bls.hashToG2(fromHex(message), "legacy"))).toBe(legacyPointLegacyEncoding);
    });

    test.each(vectors.signatures)("signature of $message by $secretKey", async (vector) => {
      const secretKey = fromHex(vector.secretKey);
      for (const scheme of SCHEMES) {
        const other = scheme === "basic" ? "legacy" : "basic";
        const check = {
          scheme,
          message: fromHex(vector.message),
          signature: fromHex(vector[scheme]),
          signer: single({ bytes: bls.publicKey(secretKey, other), scheme: other }),
        };
        expect(toHex(bls.sign(secretKey, check.message, scheme))).toBe(vector[scheme]);
        expect(await isValid(bls, check)).toBe(true);
        expect(await isValid(bls, { ...check, message: flipBit(check.message, 0) })).toBe(false);
        expect(await isValid(bls, { ...check, signature: flipBit(check.signature, 760) })).toBe(false);
        const samePoint = convertSignature(check.signature, scheme, other) ?? check.signature;
        expect(await isValid(bls, { ...check, scheme: other, signature: samePoint })).toBe(false);
      }
    });

    test("every other pair of key and signature is refused", async () => {
      const [first] = vectors.signatures;
      if (!first) throw new Error("no signatures");
      const { message, secretKey } = first;
      const others = vectors.keys.filter((other) => other.secretKey !== secretKey);
      const verdicts = await bls.verify(
        others.map(({ publicKeyBasic }) => ({
          scheme: "basic",
          message: fromHex(message),
          signature: fromHex(first.basic),
          signer: single(key(publicKeyBasic, "basic")),
        })),
      );
      expect(verdicts).toEqual(others.map(() => false));
    });
  });

  describe("conversions, sign_verify.json", () => {
    const { encodingConversions } = readVectorJson<SignVerify>("bls/sign_verify.json");

    test.each(encodingConversions)("$type $legacy", (vector) => {
      if (vector.type === "G1") {
        expect(toHex(convertPublicKey(key(vector.legacy, "legacy"), "basic"))).toBe(vector.basic);
        expect(toHex(convertPublicKey(key(vector.basic, "basic"), "legacy"))).toBe(vector.legacy);
      } else {
        const basic = vector.basicEncodingOfSamePoint;
        expect(toHex(convertSignature(fromHex(vector.legacy), "legacy", "basic"))).toBe(basic);
        expect(toHex(convertSignature(fromHex(basic), "basic", "legacy"))).toBe(vector.legacy);
      }
    });
  });

  describe.each(ENGINES)("$engine, upstream tests", (bls) => {
    const upstream = readVectorJson<BasicUpstream>("bls/basic_upstream.json");
    const threshold = readVectorJson<LegacyThreshold>("bls/legacy_threshold.json");
    const { points } = readVectorJson<PointValidity>("bls/point_validity.json");
    const message = fromHex(threshold.messageInternal);

    test.each(upstream.cases)("basic signature of $message", async (vector) => {
      const signature = bls.sign(fromHex(vector.secretKey), fromHex(vector.message), "basic");
      expect(toHex(bls.publicKey(fromHex(vector.secretKey), "basic"))).toBe(vector.publicKey);
      expect(toHex(signature)).toBe(vector.signature);
      const signer = single(key(vector.publicKey, "basic"));
      const check = { scheme: "basic", message: fromHex(vector.message), signature, signer } as const;
      expect(await isValid(bls, check)).toBe(true);
      expect(await isValid(bls, { ...check, message: fromHex("07080a") })).toBe(false);
    });

    test("basic plain aggregate", () => {
      const { signatures, aggregated } = upstream.aggregate;
      expect(toHex(bls.aggregateSignatures(signatures.map(fromHex), "basic"))).toBe(aggregated);
    });

    test("legacy threshold signature", async () => {
      expect(toHex(fromDisplay(threshold.signHashDisplay))).toBe(threshold.messageInternal);
      const signer = single(key(threshold.thresholdPublicKey, "legacy"));
      const check = {
        scheme: "legacy",
        message,
        signature: fromHex(threshold.thresholdSignature),
        signer,
      } as const;
      expect(await isValid(bls, check)).toBe(true);
      expect(await isValid(bls, { ...check, message: message.toReversed() })).toBe(false);
    });

    test.each(threshold.shares)(
      "legacy share $signatureShare",
      async ({ secretKeyShare, signatureShare }) => {
        expect(toHex(bls.sign(fromHex(secretKeyShare), message, "legacy"))).toBe(signatureShare);
        const share = { bytes: bls.publicKey(fromHex(secretKeyShare), "legacy"), scheme: "legacy" } as const;
        const check = { scheme: "legacy", message, signature: fromHex(signatureShare) } as const;
        expect(await isValid(bls, { ...check, signer: single(share) })).toBe(true);
        const whole = key(threshold.thresholdPublicKey, "legacy");
        expect(await isValid(bls, { ...check, signer: single(whole) })).toBe(false);
      },
    );

    test.each(points)("$group $encoding $hex is valid: $valid", ({ group, encoding, hex, valid }) => {
      const isPoint =
        group === "G1"
          ? bls.isValidPublicKey(key(hex, encoding))
          : bls.isValidSignature(fromHex(hex), encoding);
      expect(isPoint).toBe(valid);
    });
  });
}
