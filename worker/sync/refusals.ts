import type { SyncRequest } from "./plan.ts";

/** Refused: the node passed it over, so it cannot answer. Failed: no answer came, which may have been chance. */
export type Refusal = "refused" | "failed";

/**
 * Who could not answer what. A node does not say why it refuses and counts each refused request against us, so it is
 * not asked again until the chain changes.
 */
export class Refusals {
  /** By request, then by address. */
  readonly #known = new Map<string, Map<string, Refusal>>();
  #count = 0;

  /** How many were ever added. */
  get count(): number {
    return this.#count;
  }

  get hasFailures(): boolean {
    return [...this.#known.values()].some((byAddress) => [...byAddress.values()].includes("failed"));
  }

  add(request: SyncRequest, address: string, refusal: Refusal): void {
    const key = requestKey(request);
    const byAddress = this.#known.get(key) ?? new Map<string, Refusal>();
    this.#known.set(key, byAddress.set(address, refusal));
    this.#count++;
  }

  addressesOf(request: SyncRequest): string[] {
    return [...(this.#known.get(requestKey(request))?.keys() ?? [])];
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
    const keys = [...this.#known.keys()].filter((key) => key !== QRINFO_KEY);
    return keys.map(Number).sort((a, b) => a - b);
  }

  /** What failed can be asked again; what was refused not. */
  forgetFailures(): void {
    for (const [key, byAddress] of this.#known) {
      for (const [address, refusal] of byAddress) if (refusal === "failed") byAddress.delete(address);
      if (byAddress.size === 0) this.#known.delete(key);
    }
  }

  /** The chain changed. */
  clear(): void {
    this.#known.clear();
  }

  #isExhausted(key: string, addresses: readonly string[]): boolean {
    const byAddress = this.#known.get(key);
    return byAddress !== undefined && addresses.every((address) => byAddress.has(address));
  }
}

const QRINFO_KEY = "qrinfo";

function listKey(height: number): string {
  return String(height);
}

/** Names what a request brings: a list is the same whatever its base. */
export function requestKey(request: SyncRequest): string {
  return request.kind === "qrinfo" ? QRINFO_KEY : listKey(request.height);
}
