import type { LogEntry, LogFacts, Phase, Problem } from "./api.ts";
import type { Bls } from "./bls/index.ts";
import { HeaderChain } from "./chain/headerChain.ts";
import type { EngineContext } from "./engine/context.ts";
import { EMPTY_ENGINE, type EngineState } from "./engine/state.ts";
import type { DashlightError } from "./errors.ts";
import type { Clock } from "./net/transport.ts";
import type { NetworkParams } from "./params/index.ts";
import { ChainLocks } from "./sync/chainLocks.ts";
import type { NodeRefusal } from "./sync/misbehaviourBudget.ts";
import type { X11 } from "./x11/index.ts";

/** What the client keeps when it is closed; `ClientPersistence` of the worker, nothing in the terminal. */
export interface Persistence {
  /** After every accepted step. Never throws: a full disk is a problem to show, not a reason to stop. */
  save(step: SavedStep): Promise<void>;
}

/** What one accepted step changed. */
export interface SavedStep {
  readonly chain: HeaderChain;
  /** Lowest height whose header changed. */
  readonly headersFrom?: number;
  readonly before: EngineState;
  readonly after: EngineState;
  readonly chainLock?: ChainLocks["newest"];
  /** Requests that nodes passed over in the last day, all of them. */
  readonly refusals?: readonly NodeRefusal[];
}

/** What an earlier run left, already proven again. */
export interface RestoredState {
  readonly chain: HeaderChain;
  readonly engine: EngineState;
  readonly refusals?: readonly NodeRefusal[];
}

export interface ClientStateOptions {
  readonly params: NetworkParams;
  readonly clock: Clock;
  readonly x11: X11;
  readonly bls: Bls;
  readonly persistence: Persistence | undefined;
  readonly neededTypes: readonly number[];
  /** The observable state changed. */
  readonly onChange: () => void;
}

const MAX_LOG_ENTRIES = 300;

/** What the client knows and shows. All its parts share it; it decides nothing. */
export class ClientState {
  readonly chain: HeaderChain;
  readonly context: EngineContext;
  readonly locks = new ChainLocks();
  readonly neededTypes: readonly number[];
  readonly clock: Clock;
  /** What only the memory holds may be set here; what must outlast the tab goes through commit(). */
  engine: EngineState;
  /** As long as headers are missing, nobody knows which lists are. */
  hasHeaders = false;
  readonly #options: ClientStateOptions;
  readonly #log: LogEntry[] = [];
  #phase: Phase = "connecting";
  #problem: Problem | undefined;

  constructor(options: ClientStateOptions, restored: RestoredState | undefined) {
    const { params, clock, x11, bls, neededTypes } = options;
    this.#options = options;
    this.clock = clock;
    this.neededTypes = neededTypes;
    this.engine = restored?.engine ?? EMPTY_ENGINE;
    const chain = restored?.chain ?? HeaderChain.start(params, (headers) => x11.hashHeaders(headers));
    this.chain = chain;
    this.context = {
      params,
      chain: {
        heightOf: (hash) => chain.heightOf(hash),
        hashAt: (height) => chain.hashAt(height),
        merkleRootAt: (height) => chain.headerAt(height)?.merkleRoot,
      },
      isValidSignature: (signature) => bls.isValidSignature(signature, "basic"),
    };
  }

  get phase(): Phase {
    return this.#phase;
  }

  setPhase(phase: Phase): void {
    if (this.#phase === phase) return;
    this.#phase = phase;
    this.changed();
  }

  get problem(): Problem | undefined {
    return this.#problem;
  }

  /** Shows a problem until the next progress. */
  setProblem(error: DashlightError | undefined): void {
    this.#problem = error && { code: error.code, message: error.message, sinceMs: this.clock.now() };
    this.changed();
  }

  /** Oldest first, bounded. */
  get log(): readonly LogEntry[] {
    return this.#log.slice(-MAX_LOG_ENTRIES);
  }

  /** Adds one decision or event to the log. */
  note(level: LogEntry["level"], message: string, facts: LogFacts = {}): void {
    this.#log.push({ timeMs: this.clock.now(), level, message, facts });
    if (this.#log.length > 2 * MAX_LOG_ENTRIES) this.#log.splice(0, MAX_LOG_ENTRIES);
    this.changed();
  }

  changed(): void {
    this.#options.onChange();
  }

  /** The newest verified ChainLock, as far as our chain goes: one of another branch says nothing about ours. */
  get finalHeight(): number | undefined {
    const lock = this.locks.newest?.lock;
    return lock && this.chain.heightOf(lock.blockHash) === lock.height ? lock.height : undefined;
  }

  /** Goes over to another engine, and makes that and what else changed durable. */
  async commit(after: EngineState, step: Pick<SavedStep, "headersFrom" | "refusals"> = {}): Promise<void> {
    const before = this.engine;
    this.engine = after;
    const chainLock = this.locks.newest;
    const lock = chainLock ? { chainLock } : {};
    await this.#options.persistence?.save({ chain: this.chain, before, after, ...step, ...lock });
  }
}
