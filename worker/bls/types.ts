/**
 * The BLS contract: what the rest of Dashlight may ask, whichever engine answers.
 * Curve BLS12-381, public keys in G1, signatures in G2. Byte strings are in wire order.
 */

/** Point encoding and hash to curve. "legacy" is what Dash used before V19. */
export type BlsScheme = "basic" | "legacy";

/** 48 bytes. The two encodings cannot be told apart by looking: the scheme comes from a version field. */
export interface EncodedPublicKey {
  readonly bytes: Uint8Array;
  readonly scheme: BlsScheme;
}

/** Whose signature it should be. */
export type Signer =
  | { readonly kind: "single"; readonly publicKey: EncodedPublicKey }
  /**
   * Many signers of one message, aggregated with coefficients that defeat rogue keys (a quorum commitment's
   * `membersSig`). In any order, each key in its own encoding, a repeated key as often as it repeats.
   */
  | { readonly kind: "secureAggregate"; readonly publicKeys: readonly EncodedPublicKey[] };

export interface SignatureCheck {
  /** Encoding of `signature`, hash to curve, and encoding under which aggregated keys are sorted and hashed. */
  readonly scheme: BlsScheme;
  /** 32 bytes; hashed to the curve as they are */
  readonly message: Uint8Array;
  /** 96 bytes */
  readonly signature: Uint8Array;
  readonly signer: Signer;
}

export interface VerifyOptions {
  /** Before everything that is not: somebody waits for this one. */
  readonly isUrgent?: boolean;
  /** Nobody wants the verdicts any more. */
  readonly signal?: AbortSignal;
}

/** Who checks signatures: an engine, or a pool of them. */
export interface SignatureVerifier {
  /** Checks all together, so many at once cost less each. @returns one verdict per check, in order */
  verify(checks: readonly SignatureCheck[], options?: VerifyOptions): Promise<boolean[]>;
}

/** A decoded key on its way to the same engine in another thread. */
export interface ExportedKey {
  /** 48 bytes, the key in basic encoding */
  readonly basic: Uint8Array;
  /** The point in the engine's own form. */
  readonly exported: Uint8Array;
}

/**
 * Bad points never throw: a key or signature that is badly encoded, off the curve, outside the subgroup or
 * the identity is simply not valid, and neither is anything signed with it.
 */
export interface Bls extends SignatureVerifier {
  readonly engine: "noble" | "mcl";

  /** Decodes keys. @returns for each what learnPublicKeys() takes, or undefined if it is not valid */
  exportPublicKeys(keys: readonly EncodedPublicKey[]): (ExportedKey | undefined)[];
  /** Takes over what the same engine decoded elsewhere, and checks nothing. */
  learnPublicKeys(keys: readonly ExportedKey[]): void;
  isValidPublicKey(key: EncodedPublicKey): boolean;
  isValidSignature(signature: Uint8Array, scheme: BlsScheme): boolean;

  /**
   * @param secretKey - 32 bytes, big-endian, 0 < key < group order
   * @returns 48 bytes
   * @throws DashlightError bls/invalid-secret-key
   */
  publicKey(secretKey: Uint8Array, scheme: BlsScheme): Uint8Array;
  /**
   * @returns 96 bytes
   * @throws DashlightError bls/invalid-secret-key
   */
  sign(secretKey: Uint8Array, message: Uint8Array, scheme: BlsScheme): Uint8Array;
  /**
   * What all the holders together would make: (sum of coefficient * key) * H(message), one multiplication in G2.
   * @returns 96 bytes, valid for the signer kind "secureAggregate" with the public keys of `secretKeys`
   * @throws DashlightError bls/invalid-secret-key
   */
  signSecureAggregate(secretKeys: readonly Uint8Array[], message: Uint8Array, scheme: BlsScheme): Uint8Array;

  /** @returns the point that is signed for `message`, 96 bytes */
  hashToG2(message: Uint8Array, scheme: BlsScheme): Uint8Array;
  /** Plain sum. @returns 48 bytes in `to`, or undefined if one of the keys is not valid */
  aggregatePublicKeys(keys: readonly EncodedPublicKey[], to: BlsScheme): Uint8Array | undefined;
  /** Plain sum. @returns 96 bytes in `scheme`, or undefined if one of the signatures is not valid */
  aggregateSignatures(signatures: readonly Uint8Array[], scheme: BlsScheme): Uint8Array | undefined;
}
