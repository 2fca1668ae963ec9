import type { ErrorClass } from "./errorStatistics.ts";
import type { SyncRequest } from "./plan.ts";
import type { RequestPast } from "./recovery.ts";

interface Past extends RequestPast {
  readonly notBeforeMs: number;
  /** Those that failed it may be asked for it again. */
  readonly mayRepeat: boolean;
  readonly isGivenUp: boolean;
}

/** What became of requests so far, across plans: who failed them, and which are asked for no more. */
export class RequestHistory {
  /** By what the request brings. */
  readonly #pasts = new Map<string, Past>();

  of(request: SyncRequest): Past {
    return this.#pasts.get(requestKey(request)) ?? emptyPast(request);
  }

  /** Addresses not to be asked for it now. */
  avoidedBy(request: SyncRequest): string[] {
    const { mayRepeat, failures } = this.of(request);
    return mayRepeat ? [] : failures.map(({ address }) => address);
  }

  fail(request: SyncRequest, address: string, errorClass: ErrorClass): void {
    const failures = [...this.of(request).failures, { address, errorClass }];
    this.#change(request, { failures, mayRepeat: false });
  }

  backOff(request: SyncRequest, notBeforeMs: number): void {
    const backoffs = this.of(request).backoffs + 1;
    this.#change(request, { backoffs, notBeforeMs, mayRepeat: true });
  }

  goAlone(request: SyncRequest): void {
    this.#change(request, { wasAlone: true, mayRepeat: true });
  }

  giveUp(request: SyncRequest): void {
    this.#change(request, { isGivenUp: true });
  }

  succeed(request: SyncRequest): void {
    this.#pasts.delete(requestKey(request));
  }

  /** @returns whether the list at a height was given up, and none of `addresses` is left that was not asked */
  isListExhausted(height: number, addresses: readonly string[]): boolean {
    return this.#isExhausted(String(height), addresses);
  }

  isQrInfoExhausted(addresses: readonly string[]): boolean {
    return this.#isExhausted(QRINFO_KEY, addresses);
  }

  /** Heights whose list was given up, ascending. */
  get listHeights(): number[] {
    const keys = [...this.#pasts].flatMap(([key, past]) =>
      past.isGivenUp && key !== QRINFO_KEY ? [Number(key)] : [],
    );
    return keys.sort((a, b) => a - b);
  }

  get hasGivenUp(): boolean {
    return [...this.#pasts.values()].some(({ isGivenUp }) => isGivenUp);
  }

  /** What was given up is asked for as if it were new. */
  forgive(): void {
    for (const [key, { isGivenUp }] of this.#pasts) if (isGivenUp) this.#pasts.delete(key);
  }

  /** The chain changed. */
  clear(): void {
    this.#pasts.clear();
  }

  #change(request: SyncRequest, change: Partial<Past>): void {
    this.#pasts.set(requestKey(request), { ...this.of(request), ...change });
  }

  #isExhausted(key: string, addresses: readonly string[]): boolean {
    const past = this.#pasts.get(key);
    if (!past?.isGivenUp) return false;
    return addresses.every((address) => past.failures.some((failure) => failure.address === address));
  }
}

function emptyPast({ kind }: SyncRequest): Past {
  return {
    kind,
    failures: [],
    backoffs: 0,
    wasAlone: false,
    notBeforeMs: 0,
    mayRepeat: false,
    isGivenUp: false,
  };
}

const QRINFO_KEY = "qrinfo";

/** Names what a request brings: a list is the same whatever its base. */
export function requestKey(request: SyncRequest): string {
  return request.kind === "qrinfo" ? QRINFO_KEY : String(request.height);
}
