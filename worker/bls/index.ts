import { isDashlightError } from "../errors.ts";
import { createNobleBls } from "./noble.ts";
import type { Bls } from "./types.ts";

export {
  convertPublicKey,
  convertSignature,
  PUBLIC_KEY_BYTES,
  SIGNATURE_BYTES,
  toBinaryString,
} from "./encoding.ts";
export { createNobleBls } from "./noble.ts";
export type {
  Bls,
  BlsScheme,
  EncodedPublicKey,
  ExportedKey,
  SignatureCheck,
  SignatureVerifier,
  Signer,
  VerifyOptions,
} from "./types.ts";

/** @throws DashlightError bls/engine-unavailable where WebAssembly is missing or forbidden */
export async function createMclBls(): Promise<Bls> {
  // Loaded when wanted: the package is 600 kB, most of it the WebAssembly module as base64.
  const mcl = await import("./mcl.ts");
  return mcl.createMclBls();
}

/**
 * @param prefer - an engine that must run; without it mcl where WebAssembly runs, else noble
 * @throws DashlightError bls/engine-unavailable only if "mcl" was asked for and cannot run
 */
export async function createBls(prefer?: Bls["engine"]): Promise<Bls> {
  if (prefer === "noble") return createNobleBls();
  try {
    return await createMclBls();
  } catch (error) {
    if (prefer === "mcl" || !isDashlightError(error, "bls/engine-unavailable")) throw error;
    return createNobleBls();
  }
}
