import {
  type Bls,
  type BlsScheme,
  createMclBls,
  createNobleBls,
  type EncodedPublicKey,
  type SignatureCheck,
  type Signer,
} from "../index.ts";

/** Every fact is asked of both. */
export const ENGINES: readonly Bls[] = [await createMclBls(), createNobleBls()];
export const SCHEMES: readonly BlsScheme[] = ["basic", "legacy"];

export async function isValid(bls: Bls, check: SignatureCheck): Promise<boolean> {
  const [verdict] = await bls.verify([check]);
  return verdict === true;
}

export function key(hex: string, scheme: BlsScheme): EncodedPublicKey {
  return { bytes: fromHex(hex), scheme };
}

export function single(publicKey: EncodedPublicKey): Signer {
  return { kind: "single", publicKey };
}

export function secureAggregate(publicKeys: readonly EncodedPublicKey[]): Signer {
  return { kind: "secureAggregate", publicKeys };
}

export function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, "hex"));
}

/** @param hex - as Core prints a hash */
export function fromDisplay(hex: string): Uint8Array {
  return fromHex(hex).reverse();
}

export function toHex(bytes: Uint8Array | undefined): string | undefined {
  return bytes && Buffer.from(bytes).toString("hex");
}

export function flipBit(bytes: Uint8Array, bit: number): Uint8Array {
  return bytes.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
}

export function secretKeyOf(value: bigint): Uint8Array {
  return fromHex(value.toString(16).padStart(64, "0"));
}

export function message(fill: number): Uint8Array {
  return new Uint8Array(32).fill(fill);
}
