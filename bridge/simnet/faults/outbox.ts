import type { Message } from "../../../worker/wire/message.ts";
import type { Decisions } from "./decisions.ts";
import { makeOverlong, OVERLONG_COMMANDS } from "./overlong.ts";
import type { MessageFaults } from "./profile.ts";
import type { Subject } from "./subject.ts";

/** How long an answer waits for another to change places with. No specific reason for this number. */
const SWAP_WAIT_MS = 200;

interface Outgoing {
  readonly message: Message;
  readonly subject: Subject;
}

/** Which messages of a session leave, how often and in which order. */
export class Outbox {
  readonly #faults: () => MessageFaults | undefined;
  readonly #decisions: Decisions;
  readonly #transmit: (message: Message, subject: Subject) => void;
  /** Wait for the next pong. */
  #late: Outgoing[] = [];
  /** An answer that waits for the next one, and the pongs behind it. */
  #held: Outgoing[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(
    faults: () => MessageFaults | undefined,
    decisions: Decisions,
    transmit: (message: Message, subject: Subject) => void,
  ) {
    this.#faults = faults;
    this.#decisions = decisions;
    this.#transmit = transmit;
  }

  send(message: Message, subject: Subject): void {
    const { lose, duplicate, late, swap, overlong } = this.#faults() ?? {};
    const isHit = this.#decisions.isHit.bind(this.#decisions);
    if (isHit("lose", lose, subject)) return;
    const sent = isHit("overlong", overlong && { commands: OVERLONG_COMMANDS, ...overlong }, subject)
      ? makeOverlong(message)
      : message;
    const outgoing = { message: sent, subject };
    const copies = isHit("duplicate", duplicate, subject) ? [outgoing, outgoing] : [outgoing];
    // Decided even where it comes to nothing, so that decisions to come do not depend on what is held.
    const isSwapped = this.#decisions.chooses("swap", swap, subject);
    if (isHit("late", late, subject)) this.#late.push(...copies);
    else if (this.#isHeld(subject, isSwapped)) this.#hold(copies);
    else this.#release(copies, subject);
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #isHeld({ command, isAnswer }: Subject, isSwapped: boolean): boolean {
    return this.#held.length > 0 ? command === "pong" : isAnswer && isSwapped;
  }

  #hold(copies: readonly Outgoing[]): void {
    this.#held.push(...copies);
    this.#timer ??= setTimeout(() => this.#releaseHeld(), SWAP_WAIT_MS).unref();
  }

  #release(copies: readonly Outgoing[], { isAnswer, command }: Subject): void {
    this.#transmitAll(copies);
    if (isAnswer && this.#held.length > 0) {
      this.#decisions.strikes.add("swap");
      this.#releaseHeld();
    }
    if (command === "pong") this.#releaseLate();
  }

  #releaseHeld(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const held = this.#held;
    this.#held = [];
    this.#transmitAll(held);
    if (held.some(({ subject }) => subject.command === "pong")) this.#releaseLate();
  }

  #releaseLate(): void {
    const late = this.#late;
    this.#late = [];
    this.#transmitAll(late);
  }

  #transmitAll(outgoing: readonly Outgoing[]): void {
    for (const { message, subject } of outgoing) this.#transmit(message, subject);
  }
}
