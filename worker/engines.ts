import { type Bls, createBls, type SignatureVerifier } from "./bls/index.ts";
import { loadX11 } from "./loadX11.ts";
import { type LinkHeaders, linkHeadersIn, VerificationPool } from "./pool/index.ts";
import { poolThreads } from "./poolThreads.ts";
import type { X11 } from "./x11/index.ts";

/** What computes: both have a form for browsers that refuse WebAssembly. */
export interface Engines {
  readonly x11: X11;
  readonly bls: Bls;
  /** Checks signatures in threads of their own, where there are any. */
  readonly verifier: SignatureVerifier;
  /** Hashes headers in the same threads. */
  readonly linkHeaders: LinkHeaders;
  /** Ends the threads. */
  close(): void;
}

export async function loadEngines(): Promise<Engines> {
  const [x11, bls] = await Promise.all([loadX11(), createBls()]);
  const threads = poolThreads(bls.engine);
  const pool = threads && new VerificationPool(bls, threads.size, threads.start);
  return {
    x11,
    bls,
    verifier: pool ?? bls,
    linkHeaders: linkHeadersIn(pool?.queue, x11),
    close: () => pool?.close(),
  };
}
