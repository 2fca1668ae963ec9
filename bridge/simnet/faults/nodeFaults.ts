import { type ConcatenatedHeaders, compressHeaders } from "../../../worker/wire/headers.ts";
import type { KnownMessage, Message } from "../../../worker/wire/message.ts";
import type { X11 } from "../../../worker/x11/index.ts";
import type { Dice } from "../dice.ts";
import { Decisions } from "./decisions.ts";
import { mineFork } from "./headerSpam.ts";
import { tell } from "./lies.ts";
import type { NodeProfile } from "./profile.ts";
import type { Subject } from "./subject.ts";
import type { Truth } from "./truth.ts";
import { makeUnsolicited } from "./unsolicited.ts";

/** So many that hardly any comes twice. */
const ENDLESS_FORKS = 2 ** 31;

/** A node's profile at work: what it says instead of, and besides, what it should. */
export class NodeFaults {
  profile: NodeProfile = {};
  readonly decisions: Decisions;
  readonly #dice: Dice;
  readonly #x11: X11;

  constructor(dice: Dice, x11: X11) {
    this.decisions = new Decisions(dice);
    this.#dice = dice;
    this.#x11 = x11;
  }

  /** @returns what is sent after the handshake, besides what belongs there */
  greet(truth: Truth): KnownMessage[] {
    const { headerSpam } = this.profile;
    const forks = Array.from({ length: headerSpam?.forks ?? 0 }, (_, fork) => this.#fork(fork, truth));
    return [
      ...this.#unsolicited(truth),
      ...forks.flatMap((payload) => (payload ? [{ command: "headers" as const, payload }] : [])),
    ];
  }

  /** @returns what is sent before a message */
  interrupt(subject: Subject, truth: Truth): KnownMessage[] {
    const hits = { share: this.profile.unsolicited?.share ?? 0 };
    const unsolicited = this.decisions.isHit("unsolicited", hits, subject) ? this.#unsolicited(truth) : [];
    const isSpammed =
      this.profile.headerSpam?.isEndless === true && (subject.isAnswer || subject.command === "pong");
    const fork = isSpammed ? this.#chooseFork(subject, truth) : undefined;
    return fork ? [...unsolicited, { command: "headers", payload: fork }] : unsolicited;
  }

  /** @returns what is sent in a message's place */
  replace(message: Message, subject: Subject, truth: Truth): Message[] {
    const { lies = [], tamper } = this.profile;
    const told = tell(lies, this.#spamInstead(message, subject, truth), truth);
    return tamper === undefined ? told : told.flatMap((each) => tamper(each) ?? []);
  }

  #unsolicited(truth: Truth): KnownMessage[] {
    const { commands = [] } = this.profile.unsolicited ?? {};
    return commands.flatMap((command) => makeUnsolicited(command, truth) ?? []);
  }

  #spamInstead(message: Message, subject: Subject, truth: Truth): Message {
    const { headerSpam } = this.profile;
    if (headerSpam?.answers !== true || !subject.isAnswer) return message;
    if (message.command !== "headers" && message.command !== "headers2") return message;
    const headers = this.#chooseFork(subject, truth);
    if (headers === undefined) return message;
    return message.command === "headers"
      ? { ...message, payload: headers }
      : { ...message, payload: compressHeaders(headers, "reply") };
  }

  #chooseFork(subject: Subject, truth: Truth): ConcatenatedHeaders | undefined {
    const { forks = 0, isEndless } = this.profile.headerSpam ?? {};
    const count = isEndless === true ? ENDLESS_FORKS : forks;
    return count === 0 ? undefined : this.#fork(this.decisions.below(count, "spam", subject), truth);
  }

  #fork(fork: number, { chain }: Truth): ConcatenatedHeaders | undefined {
    const { headerSpam } = this.profile;
    return headerSpam && mineFork(headerSpam, fork, chain, this.#dice, this.#x11);
  }
}
