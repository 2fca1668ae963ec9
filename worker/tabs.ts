import type { ClientSnapshot } from "./api.ts";
import { DashlightError, type ErrorFacts } from "./errors.ts";

/** Questions a follower passes on to the tab that leads. */
export type Question =
  | "masternodes"
  | "quorums"
  | "quorumMembers"
  | "quorumPublicKey"
  | "syncActivity"
  | "resumeSync"
  | "reset"
  | "restart";

type TabMessage =
  | { readonly kind: "snapshot"; readonly snapshot: ClientSnapshot }
  | { readonly kind: "who-leads" }
  | {
      readonly kind: "question";
      readonly id: string;
      readonly question: Question;
      readonly values: unknown[];
    }
  | { readonly kind: "answer"; readonly id: string; readonly value: unknown }
  | { readonly kind: "failure"; readonly id: string; readonly facts: ErrorFacts | undefined };

/** How long a leader may take to answer; it may be busy verifying. */
const ANSWER_TIMEOUT_MS = 15_000;

export interface TabsOptions {
  /** Names the network's database: its tabs are one group. */
  readonly name: string;
  /** This tab leads from now on, until `close`. */
  readonly onLead: () => void;
  /** While another tab leads: what it sees. */
  readonly onSnapshot: (snapshot: ClientSnapshot) => void;
  /** Answers for the tabs that follow. */
  readonly answer: (question: Question, values: unknown[]) => Promise<unknown>;
}

/**
 * Tabs of one browser: one of them leads, holds the database and the connections, and the others follow it. When the
 * leader closes, the browser hands its lock to the next.
 */
export class Tabs {
  readonly #options: TabsOptions;
  readonly #channel: BroadcastChannel;
  readonly #asked = new Map<
    string,
    { resolve: (value: unknown) => void; reject: (error: unknown) => void }
  >();
  readonly #abort = new AbortController();
  #stepDown: () => void = () => undefined;
  #isLeader = false;
  #snapshot: ClientSnapshot | undefined;

  constructor(options: TabsOptions) {
    this.#options = options;
    this.#channel = new BroadcastChannel(options.name);
    this.#channel.addEventListener("message", ({ data }: MessageEvent<TabMessage>) => this.#receive(data));
    this.#tell({ kind: "who-leads" });
    void this.#waitToLead();
  }

  get isLeader(): boolean {
    return this.#isLeader;
  }

  /** The leader's state, for all that follow. */
  publish(snapshot: ClientSnapshot): void {
    this.#snapshot = snapshot;
    if (this.#isLeader) this.#tell({ kind: "snapshot", snapshot });
  }

  /** @throws what the leader throws; `client/not-running` when none answers */
  ask(question: Question, values: unknown[]): Promise<unknown> {
    const id = crypto.randomUUID();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#asked.delete(id);
        reject(new DashlightError({ code: "client/not-running" }));
      }, ANSWER_TIMEOUT_MS);
      const settle =
        <T>(done: (value: T) => void) =>
        (value: T) => {
          clearTimeout(timer);
          done(value);
        };
      this.#asked.set(id, { resolve: settle(resolve), reject: settle(reject) });
      this.#tell({ kind: "question", id, question, values });
    });
  }

  close(): void {
    this.#abort.abort();
    this.#stepDown();
    this.#channel.close();
  }

  async #waitToLead(): Promise<void> {
    const lead = () =>
      new Promise<void>((stepDown) => {
        // The browser may grant the lock just before `close` withdraws the request.
        if (this.#abort.signal.aborted) return stepDown();
        this.#stepDown = stepDown;
        this.#isLeader = true;
        this.#options.onLead();
      });
    try {
      await navigator.locks.request(this.#options.name, { signal: this.#abort.signal }, lead);
    } catch (error) {
      if (!this.#abort.signal.aborted) throw error;
    }
  }

  #tell(message: TabMessage): void {
    if (!this.#abort.signal.aborted) this.#channel.postMessage(message);
  }

  #receive(message: TabMessage): void {
    switch (message.kind) {
      case "snapshot":
        if (!this.#isLeader) this.#options.onSnapshot(message.snapshot);
        return;
      case "who-leads":
        if (this.#isLeader && this.#snapshot) this.publish(this.#snapshot);
        return;
      case "question":
        if (this.#isLeader) void this.#answer(message.id, message.question, message.values);
        return;
      case "answer":
        this.#take(message.id)?.resolve(message.value);
        return;
      case "failure":
        this.#take(message.id)?.reject(new DashlightError(message.facts ?? { code: "client/not-running" }));
    }
  }

  async #answer(id: string, question: Question, values: unknown[]): Promise<void> {
    try {
      this.#tell({ kind: "answer", id, value: await this.#options.answer(question, values) });
    } catch (error) {
      this.#tell({ kind: "failure", id, facts: error instanceof DashlightError ? error.facts : undefined });
      if (!(error instanceof DashlightError)) throw error;
    }
  }

  #take(id: string) {
    const asked = this.#asked.get(id);
    this.#asked.delete(id);
    return asked;
  }
}
