import { DashlightError, isDashlightError } from "../errors.ts";
import type { SyncAccount } from "./account.ts";
import { fetchAnswer, isBadAnswer, type SyncAnswer } from "./fetchAnswer.ts";
import type { PeerSlots } from "./peerSlots.ts";
import type { SyncRequest } from "./plan.ts";
import { type Refusals, requestKey } from "./refusals.ts";

export interface ExecutorOptions {
  readonly slots: PeerSlots;
  readonly refusals: Refusals;
  readonly account: SyncAccount;
  /** Addresses not to be asked for a qrinfo. */
  readonly doubted: ReadonlySet<string>;
  readonly signal: AbortSignal;
  /** Brings an answer into the engine. @throws `engine/*` when a proof refutes it */
  readonly apply: (request: SyncRequest, answer: SyncAnswer) => Promise<void>;
  readonly onFailure: (address: string, request: SyncRequest, error: DashlightError) => void;
  /** A proof refutes what a peer sent. */
  readonly onLie: (address: string, error: DashlightError) => void;
  /** Nobody is left to ask. */
  readonly onUnanswered: (error: DashlightError) => void;
  /** A request ended, one way or the other. */
  readonly onDone: () => void;
}

/**
 * Runs a plan: all requests side by side, their answers applied one after another in the plan's order, so that no
 * order of arrival can corrupt the engine. One failure never fails the rest.
 * Source: `design/sync.md` 5
 */
export class Executor {
  readonly #options: ExecutorOptions;

  constructor(options: ExecutorOptions) {
    this.#options = options;
  }

  /** @returns whether anything was applied @throws the reason of the signal */
  async execute(requests: readonly SyncRequest[]): Promise<boolean> {
    const { refusals, doubted, onDone } = this.#options;
    const asked = requests.map((request) => {
      const avoid = new Set(refusals.addressesOf(request));
      if (request.kind === "qrinfo") for (const address of doubted) avoid.add(address);
      const answer = this.#fetch(request, avoid);
      // Awaited below, in the plan's order; until then a failure is nobody's.
      answer.catch(() => undefined);
      return { request, avoid, answer };
    });
    let progress = false;
    for (const { request, avoid, answer } of asked) {
      if (await this.#applyOrAskAgain(request, avoid, answer)) progress = true;
      onDone();
    }
    return progress;
  }

  #fetch(request: SyncRequest, avoid: Set<string>): Promise<SyncAnswer> {
    const { slots, signal, refusals, account, onLie } = this.#options;
    return fetchAnswer(request, {
      slots,
      avoid,
      signal,
      onAsk: () => account.ask(request),
      onFailure: ({ address }, error) => {
        this.#fail(address, request, error);
        refusals.add(request, address, error.code === "net/refused" ? "refused" : "failed");
        if (isBadAnswer(error)) onLie(address, error);
      },
    });
  }

  /** An answer that a proof refutes ends its sender's part, and the request goes to somebody else. */
  async #applyOrAskAgain(
    request: SyncRequest,
    avoid: Set<string>,
    first: Promise<SyncAnswer>,
  ): Promise<boolean> {
    const { apply, refusals, account, onLie } = this.#options;
    for (let pending = first; ; pending = this.#fetch(request, avoid)) {
      const answer = await this.#await(pending);
      if (!answer) return false;
      const { address } = answer.peer;
      try {
        await apply(request, answer);
        account.succeed(requestKey(request));
        return true;
      } catch (error) {
        if (!(error instanceof DashlightError)) throw error;
        this.#fail(address, request, error);
        if (!isBadAnswer(error)) {
          // A diff whose base did not come is planned again on another one; any other answer of no use is a failure.
          const lacksBase = request.kind === "mnlistdiff" && isDashlightError(error, "engine/unknown-base");
          if (!lacksBase) refusals.add(request, address, "failed");
          return false;
        }
        onLie(address, error);
      }
    }
  }

  #fail(address: string, request: SyncRequest, error: DashlightError): void {
    this.#options.account.fail(requestKey(request));
    this.#options.onFailure(address, request, error);
  }

  /** @returns undefined when nobody is left to ask */
  async #await(pending: Promise<SyncAnswer>): Promise<SyncAnswer | undefined> {
    try {
      return await pending;
    } catch (error) {
      this.#options.signal.throwIfAborted();
      if (!(error instanceof DashlightError)) throw error;
      this.#options.onUnanswered(error);
      return undefined;
    }
  }
}
