import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import type { Dice } from "../dice.ts";
import type { Hits } from "./profile.ts";
import type { Strikes } from "./strikes.ts";
import type { Subject } from "./subject.ts";

/** Parts of a share that can be told apart. No specific reason for this number. */
const RESOLUTION = 1_000_000;

/**
 * What is left to chance when a node misbehaves. A decision depends on the fault, the message's content and how often
 * that fault was decided about the same content before: timing and other messages change nothing.
 */
export class Decisions {
  readonly strikes: Strikes;
  readonly #dice: Dice;
  readonly #times = new Map<string, number>();

  constructor(dice: Dice, strikes: Strikes) {
    this.#dice = dice;
    this.strikes = strikes;
  }

  /** As {@link chooses}, for a fault that strikes then. */
  isHit(fault: string, hits: Hits | undefined, subject: Subject): boolean {
    const isHit = this.chooses(fault, hits, subject);
    if (isHit) this.strikes.add(fault);
    return isHit;
  }

  chooses(fault: string, hits: Hits | undefined, subject: Subject): boolean {
    if (hits === undefined) return false;
    const { share, commands } = hits;
    const isMeant = commands?.some((command) => command === subject.command) ?? subject.isAnswer;
    return isMeant && this.below(RESOLUTION, fault, subject) < share * RESOLUTION;
  }

  /** @returns an integer, 0 <= n < limit */
  below(limit: number, fault: string, { command, content }: Subject): number {
    const label = `${fault}/${command}/${bytesToHex(sha256(content()))}`;
    const times = this.#times.get(label) ?? 0;
    this.#times.set(label, times + 1);
    return this.#dice.below(limit, "fault", label, times);
  }
}
