import type { LlmqParams } from "../../worker/params/index.ts";
import { type HashHex, type Height, isZero } from "../../worker/wire/hashes.ts";
import type { Masternode, MasternodeList } from "./consensus/masternodes.ts";
import type { Dice } from "./dice.ts";

/** Something an owner or operator does in a block. */
export type SimEvent =
  | {
      readonly kind: "register";
      readonly ordinal: number;
      readonly isEvo: boolean;
      readonly isLegacy: boolean;
    }
  | {
      readonly kind: "updateService" | "updateVoting" | "changeOperator" | "revoke" | "leave" | "return";
      /** As it is; one that returns, as it was before it left. */
      readonly masternode: Masternode;
    };

/** The list after a block of the active chain. */
export type ListAfter = (height: Height) => MasternodeList;

/** First block with registrations: the one before pays for them. */
const FIRST_REGISTRATION_HEIGHT = 2;
/** All founders are in the list, confirmed, below the first quorum's work block at 16. */
const FOUNDING_BLOCKS = 8;
/** From here on masternodes come, change and go one at a time. */
const CHANGES_FROM_HEIGHT = 30;
/** One masternode in so many is an Evo node. */
export const EVO_ONE_IN = 4;
/** Blocks between two events of a kind. Primes, so that all combinations come up. */
const EVERY = {
  register: 13,
  updateService: 23,
  updateVoting: 31,
  changeOperator: 53,
  revoke: 89,
  leave: 41,
  revive: 7,
} as const;
/** So many more than the founders there are at most: then one leaves instead of one coming. */
const MOST_NEWCOMERS = 20;
/** Who left is registered again, with the same keys and address but another collateral, after so many blocks. */
const BLOCKS_UNTIL_RETURN = 20;
/** Of those who leave one in so many returns. */
const RETURNS_ONE_IN = 2;
/** A banned operator needs this long to notice. */
const BLOCKS_UNTIL_REVIVED = 10;
/** One masternode in so many fails again and again; one in many more never works. */
const FLAKY_ONE_IN = 16;
const FLAKY_PERIOD_BLOCKS = 200;
const FLAKY_DOWN_BLOCKS = 90;
const DEAD_ONE_IN = 60;
/** Of plain quorums, one DKG in so many fails, never of two types at once. */
const PLAIN_FAILURE_ONE_IN = 7;
/** How many blocks into its window a commitment is mined. */
const MINING_DELAY_BLOCKS = 3;
/** Of the last blocks of history one in so many has no ChainLock. */
const UNLOCKED_ONE_IN = 6;
const RECENT_BLOCKS = 48;
/** Of the blocks before one in so many has one: a signature takes longer to make than the rest of a block. */
const DEEP_LOCKED_ONE_IN = 5;

/** What happens when. Depends on the seed, the height and the lists before alone. */
export class Scenario {
  readonly #dice: Dice;
  readonly #founders: number;

  /** @param masternodes - how many there are at least from {@link CHANGES_FROM_HEIGHT} on */
  constructor(dice: Dice, masternodes: number) {
    this.#dice = dice;
    // Some leave before others come.
    this.#founders = masternodes + 2;
  }

  /** What happens in a block. */
  eventsAt(height: Height, listAfter: ListAfter): SimEvent[] {
    if (height < CHANGES_FROM_HEIGHT) return this.#foundersAt(height);
    return [...this.#changesAt(height, listAfter(height - 1)), ...this.#returnsAt(height, listAfter)];
  }

  /** @param list - before the block */
  #changesAt(height: Height, list: MasternodeList): SimEvent[] {
    const events = [...this.#arrivalAt(height, list), ...this.#revivalAt(height, list)];
    const taken = new Set(events.flatMap((event) => ("masternode" in event ? [event.masternode.id] : [])));
    for (const kind of ["updateService", "updateVoting", "changeOperator", "revoke", "leave"] as const) {
      if (height % EVERY[kind] !== 0) continue;
      // Anyone may leave; the other things are done by those that are in order.
      const candidates = list.all.filter(
        ({ id, isValid }) => (isValid || kind === "leave") && !taken.has(id),
      );
      const masternode = this.#dice.pick(candidates, kind, height);
      if (masternode === undefined) continue;
      taken.add(masternode.id);
      events.push({ kind, masternode });
    }
    return events;
  }

  #foundersAt(height: Height): SimEvent[] {
    const perBlock = Math.ceil(this.#founders / FOUNDING_BLOCKS);
    const first = (height - FIRST_REGISTRATION_HEIGHT) * perBlock;
    if (first < 0) return [];
    const count = Math.min(perBlock, this.#founders - first);
    return Array.from({ length: Math.max(0, count) }, (_, i) => this.#newcomer(first + i));
  }

  #arrivalAt(height: Height, list: MasternodeList): SimEvent[] {
    if (height % EVERY.register !== 0) return [];
    if (list.all.length < this.#founders + MOST_NEWCOMERS) {
      return [this.#newcomer(this.#founders + height / EVERY.register)];
    }
    const masternode = this.#dice.pick(list.all, "make room", height);
    return masternode === undefined ? [] : [{ kind: "leave", masternode }];
  }

  #returnsAt(height: Height, listAfter: ListAfter): SimEvent[] {
    const leftAt = height - BLOCKS_UNTIL_RETURN;
    const mayReturn = leftAt >= CHANGES_FROM_HEIGHT && leftAt % EVERY.leave === 0;
    if (!mayReturn || this.#dice.below(RETURNS_ONE_IN, "return", leftAt) !== 0) return [];
    return this.#changesAt(leftAt, listAfter(leftAt - 1)).flatMap((event) =>
      // Whose key is revoked would have to come with another one.
      event.kind === "leave" && !isZero(event.masternode.pubKeyOperator)
        ? [{ kind: "return", masternode: event.masternode }]
        : [],
    );
  }

  /** Of those that are no Evo nodes two in three still come with a legacy key. */
  #newcomer(ordinal: number): SimEvent {
    const isEvo = ordinal % EVO_ONE_IN === 0;
    return { kind: "register", ordinal, isEvo, isLegacy: !isEvo && ordinal % 3 !== 0 };
  }

  /** The operator of the longest banned masternode that works again, and has a key, announces its address. */
  #revivalAt(height: Height, list: MasternodeList): SimEvent[] {
    if (height % EVERY.revive !== 0) return [];
    const banned = list.all
      .filter(
        ({ poSeBanHeight }) => poSeBanHeight !== undefined && poSeBanHeight <= height - BLOCKS_UNTIL_REVIVED,
      )
      .filter(({ id, pubKeyOperator }) => !isZero(pubKeyOperator) && this.isOnline(id, height))
      .sort((a, b) => (a.poSeBanHeight ?? 0) - (b.poSeBanHeight ?? 0));
    return banned.slice(0, 1).map((masternode) => ({ kind: "updateService", masternode }));
  }

  /** Whether a masternode takes part in DKGs; who does not is punished for it by consensus. */
  isOnline(id: HashHex, height: Height): boolean {
    if (this.#dice.below(DEAD_ONE_IN, "dead", id) === 0) return false;
    if (this.#dice.below(FLAKY_ONE_IN, "flaky", id) !== 0) return true;
    const phase = this.#dice.below(FLAKY_PERIOD_BLOCKS, "phase", id);
    return (height + phase) % FLAKY_PERIOD_BLOCKS >= FLAKY_DOWN_BLOCKS;
  }

  /**
   * Whether a DKG comes to nothing. Of three rotating cycles two in a row miss the same index, so that its quorum is
   * at times two cycles older than the others.
   */
  isDkgFailed(llmq: LlmqParams, baseHeight: Height): boolean {
    const cycle = Math.floor(baseHeight / llmq.dkgInterval);
    if (!llmq.useRotation) return (cycle - llmq.type) % PLAIN_FAILURE_ONE_IN === 1;
    const pair = Math.ceil(cycle / 3);
    const failingIndex = (pair * 3) % llmq.signingActiveQuorumCount;
    return cycle % 3 !== 1 && baseHeight % llmq.dkgInterval === failingIndex;
  }

  /** Blocks from the start of the mining window until the commitment is there. */
  miningDelay(llmq: LlmqParams, baseHeight: Height): number {
    return this.#dice.below(MINING_DELAY_BLOCKS, "delay", llmq.type, baseHeight);
  }

  /** Whether a valid member's signature arrived in time. */
  hasSigned(id: HashHex, llmqType: number, baseHeight: Height): boolean {
    return this.#dice.below(15, "signed", id, llmqType, baseHeight) !== 0;
  }

  /** Whether a block of the past got a ChainLock of its own. @param blocksAfter - that history has above it */
  isLockedInHistory(height: Height, blocksAfter: number): boolean {
    if (blocksAfter === 0) return true;
    const isRecent = blocksAfter < RECENT_BLOCKS;
    const throwOf = (oneIn: number) => this.#dice.below(oneIn, "lock", height) === 0;
    return isRecent ? !throwOf(UNLOCKED_ONE_IN) : throwOf(DEEP_LOCKED_ONE_IN);
  }

  /** Payments that a block of the past holds. */
  paymentsInHistory(height: Height): number {
    return height < CHANGES_FROM_HEIGHT ? 0 : this.#dice.below(3, "payments", height);
  }
}
