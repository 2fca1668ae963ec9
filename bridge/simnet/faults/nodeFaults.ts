import { equalBytes } from "../../../worker/wire/hashes.ts";
import { type ConcatenatedHeaders, compressHeaders } from "../../../worker/wire/headers.ts";
import { encodeMessage, type KnownMessage, type Message } from "../../../worker/wire/message.ts";
import type { X11 } from "../../../worker/x11/index.ts";
import type { Dice } from "../dice.ts";
import { Decisions } from "./decisions.ts";
import { mineFork } from "./headerSpam.ts";
import { LIES, type LieName } from "./lies.ts";
import type { NodeProfile } from "./profile.ts";
import { Strikes } from "./strikes.ts";
import type { Subject } from "./subject.ts";
import type { Truth } from "./truth.ts";
import { makeUnsolicited } from "./unsolicited.ts";

/** So many that hardly any comes twice. */
const ENDLESS_FORKS = 2 ** 31;

/** A node's profile at work: what it says instead of, and besides, what it should. */
export class NodeFaults {
  readonly strikes = new Strikes();
  readonly decisions: Decisions;
  #profile: NodeProfile = {};
  readonly #dice: Dice;
  readonly #x11: X11;

  constructor(dice: Dice, x11: X11) {
    this.decisions = new Decisions(dice, this.strikes);
    this.#dice = dice;
    this.#x11 = x11;
  }

  get profile(): NodeProfile {
    return this.#profile;
  }

  set profile(profile: NodeProfile) {
    this.#profile = profile;
    this.strikes.expect(profile);
  }

  /** @returns what is sent after the handshake, besides what belongs there */
  greet(truth: Truth): KnownMessage[] {
    const { headerSpam } = this.profile;
    const forks = Array.from({ length: headerSpam?.forks ?? 0 }, (_, fork) => this.#fork(fork, truth));
    if (forks.length > 0) this.strikes.add("headerSpam");
    const unsolicited = this.#unsolicited(truth);
    if (unsolicited.length > 0) this.strikes.add("unsolicited");
    return [
      ...unsolicited,
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
    if (fork) this.strikes.add("headerSpam");
    return fork ? [...unsolicited, { command: "headers", payload: fork }] : unsolicited;
  }

  /** @returns what is sent in a message's place */
  replace(message: Message, subject: Subject, truth: Truth): Message[] {
    const { chain, lies = [], tamper } = this.profile;
    if (chain !== undefined && subject.isAnswer) this.strikes.add("chain");
    const told = lies.reduce<Message[]>(
      (messages, lie) => messages.flatMap((each) => this.#tell(lie, each, truth)),
      [this.#spamInstead(message, subject, truth)],
    );
    return tamper === undefined ? told : told.flatMap((each) => tamper(each) ?? []);
  }

  #tell(lie: LieName, message: Message, truth: Truth): readonly Message[] {
    const told = LIES[lie].tell(message, truth);
    const encode = (each: Message) => encodeMessage(each, truth.protocolVersion);
    const [only, ...more] = told;
    const isTrue = only !== undefined && more.length === 0 && equalBytes(encode(only), encode(message));
    if (!isTrue) this.strikes.add(lie);
    return told;
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
    this.strikes.add("headerSpam");
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
