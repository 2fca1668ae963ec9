import type { SyncRequest } from "./plan.ts";

/** Refused: the node passed it over, so it cannot answer. Failed: no answer came, which may have been chance. */
export type Refusal = "refused" | "failed";

/**
 * A node counts each refused request against us, and hangs up at a hundred. But an answer that got lost looks like a
 * refusal too, so some are asked for again before the chain changes. No specific reason for this number.
 */
const MAX_REFUSED_AGAIN = 3;

interface Known {
  readonly refusal: Refusal;
  /** Refusals so far. */
  readonly refused: number;
  /** May be asked again. */
  readonly isForgiven: boolean;
}

/** Who could not answer what, and is not asked again: for a while, or until the chain changes. */
export class Refusals {
  /** By request, then by address. */
  readonly #known = new Map<string, Map<string, Known>>();
  #count = 0;

  /** How many were ever added. */
  get count(): number {
    return this.#count;
  }

  /** Whether something may be asked for again after a pause. */
  get hasRetries(): boolean {
    return [...this.#known.values()].some((byAddress) => [...byAddress.values()].some(isRetryable));
  }

  add(request: SyncRequest, address: string, refusal: Refusal): void {
    const key = requestKey(request);
    const byAddress = this.#known.get(key) ?? new Map<string, Known>();
    const refused = (byAddress.get(address)?.refused ?? 0) + (refusal === "refused" ? 1 : 0);
    this.#known.set(key, byAddress.set(address, { refusal, refused, isForgiven: false }));
    this.#count++;
  }

  addressesOf(request: SyncRequest): string[] {
    const byAddress = this.#known.get(requestKey(request)) ?? new Map<string, Known>();
    return [...byAddress].flatMap(([address, { isForgiven }]) => (isForgiven ? [] : [address]));
  }

  /** @returns whether somebody was asked for the list at a height, and none of `addresses` is left to ask */
  isListExhausted(height: number, addresses: readonly string[]): boolean {
    return this.#isExhausted(listKey(height), addresses);
  }

  isQrInfoExhausted(addresses: readonly string[]): boolean {
    return this.#isExhausted(QRINFO_KEY, addresses);
  }

  /** Heights whose list was asked for in vain, ascending. */
  get listHeights(): number[] {
    const keys = [...this.#known].flatMap(([key, byAddress]) =>
      key !== QRINFO_KEY && [...byAddress.values()].some(({ isForgiven }) => !isForgiven) ? [key] : [],
    );
    return keys.map(Number).sort((a, b) => a - b);
  }

  /** A pause is over. */
  forgiveRetryable(): void {
    for (const byAddress of this.#known.values()) {
      for (const [address, known] of byAddress) {
        if (isRetryable(known)) byAddress.set(address, { ...known, isForgiven: true });
      }
    }
  }

  /** The chain changed. */
  clear(): void {
    this.#known.clear();
  }

  #isExhausted(key: string, addresses: readonly string[]): boolean {
    const byAddress = this.#known.get(key);
    if (byAddress === undefined || ![...byAddress.values()].some(({ isForgiven }) => !isForgiven))
      return false;
    return addresses.every((address) => byAddress.get(address)?.isForgiven === false);
  }
}

function isRetryable({ refusal, refused, isForgiven }: Known): boolean {
  return !isForgiven && (refusal === "failed" || refused <= MAX_REFUSED_AGAIN);
}

const QRINFO_KEY = "qrinfo";

function listKey(height: number): string {
  return String(height);
}

/** Names what a request brings: a list is the same whatever its base. */
export function requestKey(request: SyncRequest): string {
  return request.kind === "qrinfo" ? QRINFO_KEY : listKey(request.height);
}
