/** What the pool and its threads say to each other. */

import type { Bls } from "../bls/index.ts";
import type { PackedChecks } from "./packing.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Work for one thread. */
export type PoolJob =
  /** Decode keys; the result is what packExportedKeys() makes of them. */
  | { readonly kind: "keys"; readonly keys: Bytes }
  /** Check signatures whose keys are decoded; the result has a byte per check, 1 for valid. */
  | {
      readonly kind: "checks";
      readonly packed: PackedChecks;
      readonly exported: Bytes;
      readonly exportedCount: number;
    }
  /** Link headers, see linkHeaders(); the result is all of them, 80 bytes each, then all hashes. */
  | { readonly kind: "x11"; readonly headers: Bytes; readonly bitFields: Bytes };

export interface PoolRequest {
  readonly id: number;
  readonly job: PoolJob;
}

/** First of all that the engine is there; then one result per request. */
export type PoolMessage =
  | { readonly kind: "ready" }
  | { readonly kind: "result"; readonly id: number; readonly bytes: Bytes };

/** Points travel between threads in a form of the engine's own, so all of them run the same one. */
export type PoolEngine = Bls["engine"];
