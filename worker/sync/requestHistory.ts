import type { DashlightError } from "../errors.ts";
import type { Height } from "../wire/hashes.ts";
import { classOf } from "./errorStatistics.ts";
import type { Refusable } from "./misbehaviourBudget.ts";
import type { SyncRequest } from "./plan.ts";
import type { RequestPast } from "./recovery.ts";

interface Past extends RequestPast {
  readonly notBeforeMs: number;
  /** Those that failed it may be asked for it again. */
  readonly mayRepeat: boolean;
  readonly isGivenUp: boolean;
  /** Addresses that could not be asked when it was given up. */
  readonly unaskable: readonly string[];
  /** What went wrong last, even if everything else is forgotten. */
  readonly lastError: DashlightError | undefined;
}

/** Requests remembered; the oldest go. No specific reason for this number. */
const MAX_REMEMBERED = 512;

/** What became of requests so far, across plans: who failed them, and which are asked for no more. */
export class RequestHistory {
  /** By what the request brings. */
  readonly #pasts = new Map<string, Past>();

  of(request: SyncRequest): Past {
    return this.#pasts.get(requestKey(request)) ?? emptyPast(request.kind);
  }

  /** Addresses not to be asked for it now. */
  avoidedBy(request: SyncRequest): string[] {
    const { mayRepeat, failures } = this.of(request);
    return mayRepeat ? [] : failures.map(({ address }) => address);
  }

  fail(request: SyncRequest, address: string, error: DashlightError): void {
    const failures = [...this.of(request).failures, { address, errorClass: classOf(error) }];
    this.#change(request, { failures, mayRepeat: false, lastError: error });
  }

  backOff(request: SyncRequest, notBeforeMs: number): void {
    const backoffs = this.of(request).backoffs + 1;
    this.#change(request, { backoffs, notBeforeMs, mayRepeat: true });
  }

  goSmaller(request: SyncRequest): void {
    this.#change(request, { wasSmaller: true, mayRepeat: true });
  }

  goAlone(request: SyncRequest): void {
    this.#change(request, { wasAlone: true, mayRepeat: true });
  }

  /** @param unaskable - addresses that could not be asked for it */
  giveUp(request: SyncRequest, unaskable: readonly string[] = []): void {
    this.#change(request, { isGivenUp: true, unaskable });
  }

  succeed(request: SyncRequest): void {
    this.#pasts.delete(requestKey(request));
  }

  /** @returns whether it was given up, and none of `addresses`, which may be asked, has come since */
  isExhausted(key: string, addresses: readonly string[]): boolean {
    const past = this.#pasts.get(key);
    if (!past?.isGivenUp) return false;
    const known = [...past.unaskable, ...past.failures.map(({ address }) => address)];
    return addresses.every((address) => known.includes(address));
  }

  /** Heights whose list was given up, ascending. */
  get listHeights(): number[] {
    const keys = [...this.#pasts].flatMap(([key, past]) =>
      past.isGivenUp && past.kind === "mnlistdiff" ? [Number(key)] : [],
    );
    return keys.sort((a, b) => a - b);
  }

  /** Keys of the qrinfos that were given up. */
  get cycleKeys(): string[] {
    return [...this.#pasts].flatMap(([key, past]) => (past.isGivenUp && past.kind === "qrinfo" ? [key] : []));
  }

  get hasGivenUp(): boolean {
    return [...this.#pasts.values()].some(({ isGivenUp }) => isGivenUp);
  }

  /** What was given up is asked for as if it were new. */
  forgive(): void {
    for (const [key, past] of this.#pasts) if (past.isGivenUp) this.#forget(key, past);
  }

  /** The chain changed. */
  clear(): void {
    for (const [key, past] of this.#pasts) this.#forget(key, past);
  }

  #forget(key: string, { kind, lastError }: Past): void {
    this.#pasts.set(key, { ...emptyPast(kind), lastError });
  }

  #change(request: SyncRequest, change: Partial<Past>): void {
    this.#pasts.set(requestKey(request), { ...this.of(request), ...change });
    const [oldest] = this.#pasts.keys();
    if (this.#pasts.size > MAX_REMEMBERED && oldest !== undefined) this.#pasts.delete(oldest);
  }
}

function emptyPast(kind: SyncRequest["kind"]): Past {
  return {
    kind,
    failures: [],
    backoffs: 0,
    wasSmaller: false,
    wasAlone: false,
    notBeforeMs: 0,
    mayRepeat: false,
    isGivenUp: false,
    unaskable: [],
    lastError: undefined,
  };
}

/** Names what a request brings: a list is the same whatever its base, and a qrinfo with or without the fourth cycle. */
export function requestKey(request: SyncRequest): string {
  return request.kind === "qrinfo" ? cycleKey(request.workHeight) : String(request.height);
}

/** @param workHeight - of the newest cycle that a qrinfo is about */
export function cycleKey(workHeight: Height): string {
  return `qrinfo ${workHeight}`;
}

export function refusable(request: SyncRequest): Refusable {
  if (request.kind === "qrinfo") {
    const { blockRequestHash: target, baseBlockHashes } = request.request;
    return { kind: "qrinfo", target, blocks: [...baseBlockHashes, target] };
  }
  const { blockHash: target, baseBlockHash } = request.request;
  return {
    kind: "mnlistdiff",
    target,
    blocks: request.baseHeight === 0 ? [target] : [baseBlockHash, target],
  };
}
