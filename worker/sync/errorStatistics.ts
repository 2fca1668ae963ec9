import type { DashlightError, ErrorCode } from "../errors.ts";

/** Why a request was in vain. */
export type ErrorClass = "timeout" | "refused" | "network" | "invalid data" | "protocol";

/** Requests that the statistics are about. Source: `design/sync.md` 6 */
const WINDOW = 100;

const CLASS_OF_CODE: Partial<Record<ErrorCode, ErrorClass>> = {
  "net/timeout": "timeout",
  "net/refused": "refused",
  "net/unexpected-message": "protocol",
  "net/handshake-failed": "protocol",
  "engine/not-the-requested-cycle": "protocol",
  "engine/unknown-base": "protocol",
  "engine/unknown-block": "protocol",
};

export function classOf({ code }: DashlightError): ErrorClass {
  const named = CLASS_OF_CODE[code];
  if (named) return named;
  return /^(wire|engine|chain)\//.test(code) ? "invalid data" : "network";
}

/** How the last requests ended. */
export class ErrorStatistics {
  readonly #ends: (ErrorClass | "ok")[] = [];

  record(end: ErrorClass | "ok"): void {
    this.#ends.push(end);
    if (this.#ends.length > WINDOW) this.#ends.shift();
  }

  /** Requests looked at. */
  get total(): number {
    return this.#ends.length;
  }

  /** @returns of all requests looked at, 0 to 1; 0 before there are any */
  share(...classes: readonly (ErrorClass | "ok")[]): number {
    if (this.total === 0) return 0;
    return this.#ends.filter((end) => classes.includes(end)).length / this.total;
  }
}
