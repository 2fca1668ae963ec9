import {
  type Bls,
  type BlsScheme,
  createMclBls,
  createNobleBls,
  type EncodedPublicKey,
  type Signer,
} from "../index.ts";

export const ENGINES: readonly Bls[] = [await createMclBls(), createNobleBls()];
export const SCHEMES: readonly BlsScheme[] = ["basic", "legacy"];

export function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, "hex"));
}

export function toHex(bytes: Uint8Array | undefined): string | undefined {
  return bytes && Buffer.from(bytes).toString("hex");
}

/** @param hex - as Core prints a hash */
export function fromDisplay(hex: string): Uint8Array {
  return fromHex(hex).reverse();
}

export function key(hex: string, scheme: BlsScheme): EncodedPublicKey {
  return { bytes: fromHex(hex), scheme };
}

export function single(publicKey: EncodedPublicKey): Signer {
  return { kind: "single", publicKey };
}

export function flipBit(bytes: Uint8Array, bit: number): Uint8Array {
  return bytes.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
}

export async function isValid(
  bls: Bls,
  scheme: BlsScheme,
  message: Uint8Array,
  signature: Uint8Array,
  signer: Signer,
): Promise<boolean> {
  const [verdict] = await bls.verify([{ scheme, message, signature, signer }]);
  return verdict === true;
}
