import { type Bls, createBls, type SignatureVerifier } from "./bls/index.ts";
import { DashlightError, isDashlightError } from "./errors.ts";
import { VerificationPool } from "./pool/index.ts";
import { poolThreads } from "./poolThreads.ts";
import { createX11, createX11Fallback, type X11 } from "./x11/index.ts";

/** What computes: both have a form for browsers that refuse WebAssembly. */
export interface Engines {
  readonly x11: X11;
  readonly bls: Bls;
  /** Checks signatures in threads of their own, where there are any. */
  readonly verifier: SignatureVerifier;
  /** Ends the threads. */
  close(): void;
}

export async function loadEngines(): Promise<Engines> {
  const [x11, bls] = await Promise.all([loadX11(), createBls()]);
  const threads = poolThreads(bls.engine);
  const pool = threads && new VerificationPool(bls, threads.size, threads.start);
  return { x11, bls, verifier: pool ?? bls, close: () => pool?.close() };
}
async function fetchX11(): Promise<ArrayBuffer> {
  try {
    const response = await fetch(new URL("./x11/build/x11.wasm", import.meta.url));
    return await response.arrayBuffer();
  } catch (cause) {
    throw new DashlightError({ code: "x11/bad-module", reason: "cannot be fetched" }, { cause });
  }
}

/** The module is a file of its own, which the page's origin serves. */
async function loadX11(): Promise<X11> {
  try {
    return await createX11(await fetchX11());
  } catch (error) {
    if (!isDashlightError(error, "x11/bad-module")) throw error;
    // Built, not written: the bundler copies it as a file beside the others, and it has no declarations.
    const fallback = new URL("./x11/build/x11.fallback.js", import.meta.url);
    return createX11Fallback(() => import(/* @vite-ignore */ fallback.href));
  }
}
