/** Dash's BLS over whichever engine does the arithmetic. Source: Core 23.1.2 bls/bls.cpp. */

import { DashlightError } from "../errors.ts";
import { type PreparedCheck, verifyBatch } from "./batchVerify.ts";
import type { Curve, WeightedPoints } from "./curve.ts";
import {
  formatIdentity,
  fromBasicPublicKey,
  fromBasicSignature,
  GROUP_ORDER,
  PUBLIC_KEY_BYTES,
  SCALAR_BYTES,
  toBasicPublicKey,
  toBasicSignature,
  toBinaryString,
  toHex,
  toNumberBE,
} from "./encoding.ts";
import { legacyHashToG2 } from "./legacyHash.ts";
import { PointCache } from "./pointCache.ts";
import { computeCoefficients } from "./secureAggregation.ts";
import type { Bls, BlsScheme, EncodedPublicKey, ExportedKey, SignatureCheck, Signer } from "./types.ts";

/** Twice the masternodes of mainnet, about 4 MB of points. */
const PUBLIC_KEY_CACHE_ENTRIES = 8192;

/** A lock is checked against one quorum after another. No specific reasoning for 128. */
const MESSAGE_CACHE_ENTRIES = 128;

/** A key on the curve, with the basic encoding it came from. */
interface DecodedKey<G1> {
  readonly basic: Uint8Array;
  readonly point: G1;
}

export function blsOverCurve<G1, G2, GT>(curve: Curve<G1, G2, GT>): Bls {
  const publicKeys = new PointCache<DecodedKey<G1>>(PUBLIC_KEY_CACHE_ENTRIES);
  /** Of those who sign here, by secret key: a simulated network's operators sign together again and again. */
  const ownPublicKeys = new PointCache<Uint8Array>(PUBLIC_KEY_CACHE_ENTRIES);
  const messagePoints = new PointCache<G2>(MESSAGE_CACHE_ENTRIES);

  /** @returns for each key what it is, or undefined if it is not valid; those not seen before are decoded together */
  function decodePublicKeys(keys: readonly EncodedPublicKey[]): (DecodedKey<G1> | undefined)[] {
    // By object: the members of many quorums are the same keys.
    const ids = new Map<EncodedPublicKey, string>();
    const unseen = new Map<string, Uint8Array>();
    for (const key of new Set(keys)) {
      const basic = toBasicPublicKey(key);
      const id = basic ? toBinaryString(basic) : "";
      ids.set(key, id);
      if (basic && !publicKeys.has(id)) unseen.set(id, basic);
    }
    // What is asked for now is found even if the cache drops it.
    const fresh = new Map<string, DecodedKey<G1>>();
    const points = curve.decodeG1([...unseen.values()]);
    for (const [i, [id, basic]] of [...unseen].entries()) {
      const point = points[i];
      if (point !== undefined) fresh.set(id, { basic, point });
    }
    const decoded = new Map([...ids].map(([key, id]) => [key, fresh.get(id) ?? publicKeys.get(id)]));
    for (const [id, key] of fresh) publicKeys.set(id, key);
    return keys.map((key) => decoded.get(key));
  }

  function learnPublicKeys(keys: readonly ExportedKey[]): void {
    for (const { basic, exported } of keys) {
      const id = toBinaryString(basic);
      // Copied, else one key of them keeps the bytes of all in memory.
      if (!publicKeys.has(id)) publicKeys.set(id, { basic: basic.slice(), point: curve.importG1(exported) });
    }
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

  /** @returns undefined if one of the keys is not valid, or there are none */
  function weighSigner(
    { kind }: Signer,
    decoded: readonly (DecodedKey<G1> | undefined)[],
    scheme: BlsScheme,
  ): WeightedPoints<G1> | undefined {
    const keys = allOrNothing(decoded);
    if (!keys) return undefined;
    if (kind === "single") return { points: keys.map(({ point }) => point), scalars: [1n] };
    const { values, coefficients } = computeCoefficients(
      keys.map(({ basic, point }) => ({ encoded: fromBasicPublicKey(basic, scheme), value: point })),
    );
    return { points: values, scalars: coefficients };
  }

  function prepare(
    { scheme, message, signature, signer }: SignatureCheck,
    keys: readonly (DecodedKey<G1> | undefined)[],
  ): PreparedCheck<G1, G2> | undefined {
    const point = decodeSignature(signature, scheme);
    const weighed = point === undefined ? undefined : weighSigner(signer, keys, scheme);
    if (point === undefined || !weighed) return undefined;
    const messageId = `${scheme} ${toHex(message)}`;
    return { signer: weighed, messageId, message: hashToPoint(message, scheme), signature: point };
  }

  async function verify(checks: readonly SignatureCheck[]): Promise<boolean[]> {
    const keys = decodePublicKeys(checks.flatMap(({ signer }) => publicKeysOf(signer)));
    let at = 0;
    const prepared = checks.map((check) => {
      const first = at;
      at += publicKeysOf(check.signer).length;
      return prepare(check, keys.slice(first, at));
    });
    const verdicts = verifyBatch(
      curve,
      prepared.filter((check) => check !== undefined),
    ).values();
    return prepared.map((check) => check !== undefined && verdicts.next().value === true);
  }

  function signScalar(scalar: bigint, message: Uint8Array, scheme: BlsScheme): Uint8Array {
    const point = curve.multiplyG2([hashToPoint(message, scheme)], [scalar]);
    return fromBasicSignature(curve.encodeG2(point), scheme);
  }

  function publicKey(secretKey: Uint8Array, scheme: BlsScheme): Uint8Array {
    checkSecretKey(secretKey);
    const id = toHex(secretKey);
    const basic = ownPublicKeys.get(id) ?? curve.multiplyGenerator(toNumberBE(secretKey));
    ownPublicKeys.set(id, basic);
    return fromBasicPublicKey(basic, scheme);
  }

  return {
    engine: curve.engine,
    verify,
    exportPublicKeys: (keys) =>
      decodePublicKeys(keys).map((key) => key && { basic: key.basic, exported: curve.exportG1(key.point) }),
    learnPublicKeys,
    isValidPublicKey: (key) => decodePublicKeys([key])[0] !== undefined,
    isValidSignature: (signature, scheme) => decodeSignature(signature, scheme) !== undefined,
    publicKey,
    sign: (secretKey, message, scheme) => {
      checkSecretKey(secretKey);
      return signScalar(toNumberBE(secretKey), message, scheme);
    },
    signSecureAggregate: (secretKeys, message, scheme) => {
      const keys = secretKeys.map((value) => ({ encoded: publicKey(value, scheme), value }));
      return signScalar(secureAggregateSecretKey(keys), message, scheme);
    },
    hashToG2: (message, scheme) => fromBasicSignature(curve.encodeG2(hashToPoint(message, scheme)), scheme),
    aggregatePublicKeys: (keys, to) => {
      const points = allOrNothing(decodePublicKeys(keys))?.map(({ point }) => point);
      if (!points) return undefined;
      const [sum] = curve.multiplyG1([{ points, scalars: points.map(() => 1n) }]);
      return sum === undefined
        ? formatIdentity(PUBLIC_KEY_BYTES)
        : fromBasicPublicKey(curve.encodeG1(sum), to);
    },
    aggregateSignatures: (signatures, scheme) => {
      const points = allOrNothing(signatures.map((signature) => decodeSignature(signature, scheme)));
      return points && fromBasicSignature(curve.encodeG2(curve.sumG2(points)), scheme);
    },
  };
}

/** sum of t_i * key_i */
function secureAggregateSecretKey(
  keys: readonly { readonly encoded: Uint8Array; readonly value: Uint8Array }[],
): bigint {
  const { values, coefficients } = computeCoefficients(keys);
  const products = values.map((key, i) => toNumberBE(key) * (coefficients[i] ?? 0n));
  return products.reduce((total, product) => total + product, 0n) % GROUP_ORDER;
}

/** @returns one key, or those of all who signed together */
export function publicKeysOf(signer: Signer): readonly EncodedPublicKey[] {
  return signer.kind === "single" ? [signer.publicKey] : signer.publicKeys;
}

/** @returns all items, or undefined if one of them is missing or there are none */
function allOrNothing<T>(items: readonly (T | undefined)[]): T[] | undefined {
  const all = items.filter((item) => item !== undefined);
  return all.length === 0 || all.length < items.length ? undefined : all;
}

function checkSecretKey(secretKey: Uint8Array): void {
  const value = secretKey.length === SCALAR_BYTES ? toNumberBE(secretKey) : 0n;
  if (value === 0n || value >= GROUP_ORDER) throw new DashlightError({ code: "bls/invalid-secret-key" });
}
