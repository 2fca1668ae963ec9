/** Dash's BLS over whichever engine does the arithmetic. Source: Core 23.1.2 bls/bls.cpp. */

import { DashlightError } from "../errors.ts";
import type { Curve } from "./curve.ts";
import {
  fromBasicPublicKey,
  fromBasicSignature,
  GROUP_ORDER,
  SCALAR_BYTES,
  toBasicPublicKey,
  toBasicSignature,
  toBytesBE,
  toHex,
  toNumberBE,
} from "./encoding.ts";
import { legacyHashToG2 } from "./legacyHash.ts";
import { PointCache } from "./pointCache.ts";
import { computeCoefficients } from "./secureAggregation.ts";
import type { Bls, BlsScheme, EncodedPublicKey, SignatureCheck, Signer } from "./types.ts";

/** Twice the masternodes of mainnet, about 4 MB of points. */
const PUBLIC_KEY_CACHE_ENTRIES = 8192;

/** Both signatures of a commitment are over one message. No specific reasoning for 32. */
const MESSAGE_CACHE_ENTRIES = 32;

/** A key on the curve, with the basic encoding it came from. */
interface DecodedKey<G1> {
  readonly basic: Uint8Array;
  readonly point: G1;
}

export function blsOverCurve<G1, G2>(curve: Curve<G1, G2>): Bls {
  const publicKeys = new PointCache<DecodedKey<G1>>(PUBLIC_KEY_CACHE_ENTRIES);
  /** Of those who sign here, by secret key: a simulated network's operators sign together again and again. */
  const ownPublicKeys = new PointCache<Uint8Array>(PUBLIC_KEY_CACHE_ENTRIES);
  const messagePoints = new PointCache<G2>(MESSAGE_CACHE_ENTRIES);

  function decodePublicKey(key: EncodedPublicKey): DecodedKey<G1> | undefined {
    const basic = toBasicPublicKey(key);
    if (!basic) return undefined;
    const id = toHex(basic);
    const known = publicKeys.get(id);
    if (known) return known;
    const point = curve.decodeG1(basic);
    if (point === undefined) return undefined;
    const decoded = { basic, point };
    publicKeys.set(id, decoded);
    return decoded;
  }

  function decodeSignature(signature: Uint8Array, scheme: BlsScheme): G2 | undefined {
    const basic = toBasicSignature(signature, scheme);
    return basic && curve.decodeG2(basic);
  }

  function hashToPoint(message: Uint8Array, scheme: BlsScheme): G2 {
    const id = `${scheme} ${toHex(message)}`;
    const known = messagePoints.get(id);
    if (known !== undefined) return known;
    const point = scheme === "basic" ? curve.hashToG2(message) : curve.decodeG2(legacyHashToG2(message));
    if (point === undefined) {
      throw new DashlightError({ code: "bls/impossible-point", where: `legacy hash, ${curve.engine}` });
    }
    messagePoints.set(id, point);
    return point;
  }

  function signerKey(signer: Signer, scheme: BlsScheme): G1 | undefined {
    if (signer.kind === "single") return decodePublicKey(signer.publicKey)?.point;
    const keys = allOrNothing(signer.publicKeys, decodePublicKey);
    if (!keys) return undefined;
    const { values, coefficients } = computeCoefficients(
      keys.map(({ basic, point }) => ({ encoded: fromBasicPublicKey(basic, scheme), value: point })),
    );
    return curve.multiplyG1(values, coefficients);
  }

  function verifyOne(check: SignatureCheck): boolean {
    const signature = decodeSignature(check.signature, check.scheme);
    if (signature === undefined) return false;
    const publicKey = signerKey(check.signer, check.scheme);
    if (publicKey === undefined) return false;
    return curve.isSignature(publicKey, hashToPoint(check.message, check.scheme), signature);
  }

  function signScalar(scalar: Uint8Array, message: Uint8Array, scheme: BlsScheme): Uint8Array {
    const point = curve.multiplyG2(hashToPoint(message, scheme), scalar);
    return fromBasicSignature(curve.encodeG2(point), scheme);
  }

  function publicKey(secretKey: Uint8Array, scheme: BlsScheme): Uint8Array {
    checkSecretKey(secretKey);
    const id = toHex(secretKey);
    const basic = ownPublicKeys.get(id) ?? curve.encodeG1(curve.multiplyGenerator(secretKey));
    ownPublicKeys.set(id, basic);
    return fromBasicPublicKey(basic, scheme);
  }

  return {
    engine: curve.engine,
    verify: async (checks) => checks.map(verifyOne),
    isValidPublicKey: (key) => decodePublicKey(key) !== undefined,
    isValidSignature: (signature, scheme) => decodeSignature(signature, scheme) !== undefined,
    publicKey,
    sign: (secretKey, message, scheme) => {
      checkSecretKey(secretKey);
      return signScalar(secretKey, message, scheme);
    },
    signSecureAggregate: (secretKeys, message, scheme) => {
      const keys = secretKeys.map((value) => ({ encoded: publicKey(value, scheme), value }));
      return signScalar(secureAggregateSecretKey(keys), message, scheme);
    },
    hashToG2: (message, scheme) => fromBasicSignature(curve.encodeG2(hashToPoint(message, scheme)), scheme),
    aggregatePublicKeys: (keys, to) => {
      const decoded = allOrNothing(keys, decodePublicKey);
      return decoded && fromBasicPublicKey(curve.encodeG1(curve.sumG1(decoded.map((key) => key.point))), to);
    },
    aggregateSignatures: (signatures, scheme) => {
      const points = allOrNothing(signatures, (signature) => decodeSignature(signature, scheme));
      return points && fromBasicSignature(curve.encodeG2(curve.sumG2(points)), scheme);
    },
  };
}

/** sum of t_i * key_i */
function secureAggregateSecretKey(
  keys: readonly { readonly encoded: Uint8Array; readonly value: Uint8Array }[],
): Uint8Array {
  const { values, coefficients } = computeCoefficients(keys);
  const products = values.map((key, i) => toNumberBE(key) * toNumberBE(coefficients[i] ?? key));
  const sum = products.reduce((total, product) => total + product, 0n) % GROUP_ORDER;
  return toBytesBE(sum, SCALAR_BYTES);
}

/** @returns every item decoded, or undefined if one of them does not decode or there are none */
function allOrNothing<T, U>(items: readonly T[], decode: (item: T) => U | undefined): U[] | undefined {
  const decoded: U[] = [];
  for (const item of items) {
    const value = decode(item);
    if (value === undefined) return undefined;
    decoded.push(value);
  }
  return decoded.length === 0 ? undefined : decoded;
}

function checkSecretKey(secretKey: Uint8Array): void {
  const value = secretKey.length === SCALAR_BYTES ? toNumberBE(secretKey) : 0n;
  if (value === 0n || value >= GROUP_ORDER) throw new DashlightError({ code: "bls/invalid-secret-key" });
}
