import { type BlockHash, equalBytes, type Height } from "../wire/hashes.ts";
import { ShownChains } from "./shownChains.ts";

/** A node hangs up at a hundred points and forgets none. Source: `design/sync.md` 1 */
const MAX_POINTS_A_DAY = 9;
/** Refusals remembered of each node; the oldest go. No specific reason for this number. */
const MAX_REFUSALS = 64;
const DAY_MS = 24 * 60 * 60 * 1000;

export type RequestKind = "qrinfo" | "mnlistdiff";

/** A request as far as its refusal matters. */
export interface Refusable {
  readonly kind: RequestKind;
  /** The highest one. */
  readonly target: BlockHash;
  /** All that it names, genesis left out. */
  readonly blocks: readonly BlockHash[];
}

/** What earned a point. */
interface Refusal {
  readonly atMs: number;
  readonly blocks: readonly BlockHash[];
}

/** As it is kept over a restart: a node does not forget either. */
export interface NodeRefusal extends Refusal {
  readonly address: string;
}

/**
 * What nodes may have held against us: each request that one passes over earns a point there. Counted by address, so
 * a new connection changes nothing. What a node refused it is not asked for again until it has shown that its chain
 * holds that block: then the answer may have got lost.
 * Source: `design/sync.md` 1
 */
export class MisbehaviourBudget {
  /** By address, oldest first. */
  readonly #refusals = new Map<string, readonly Refusal[]>();
  /** By address. */
  readonly #shown: ShownChains;
  /** By address and kind of the answers. */
  readonly #served: ShownChains;

  /** @param heightOf - of a block of our chain */
  constructor(heightOf: (block: BlockHash) => Height | undefined) {
    this.#shown = new ShownChains(heightOf);
    this.#served = new ShownChains(heightOf);
  }

  /**
   * Whether a node may be asked once more.
   * @param blocks - that it is asked about
   * @param onTheWay - requests that it has not answered yet: each may earn a point still
   */
  allows(address: string, blocks: readonly BlockHash[], onTheWay: number, nowMs: number): boolean {
    const refusals = this.#refusals.get(address) ?? [];
    const points = refusals.filter(({ atMs }) => isOfLastDay(atMs, nowMs)).length;
    const isRefused = (block: BlockHash) =>
      refusals.some((refusal) => refusal.blocks.some((refused) => equalBytes(refused, block)));
    const mayLack = blocks.some((block) => isRefused(block) && !this.#shown.has(address, block));
    return points + onTheWay < MAX_POINTS_A_DAY && !mayLack;
  }

  /**
   * A node passed a request over. One that gave an answer of that kind about the block, or a higher one, has what is
   * needed and does not refuse it: there an answer got lost, which earns nothing.
   */
  refuse(address: string, { kind, target, blocks }: Refusable, nowMs: number): void {
    if (this.#served.has(`${address} ${kind}`, target)) return;
    this.#add({ address, atMs: nowMs, blocks });
  }

  /** @returns what earned points in the last day, oldest first */
  refusals(nowMs: number): NodeRefusal[] {
    const all = [...this.#refusals].flatMap(([address, refusals]) =>
      refusals.map((refusal) => ({ address, ...refusal })),
    );
    return all.filter(({ atMs }) => isOfLastDay(atMs, nowMs)).sort((a, b) => a.atMs - b.atMs);
  }

  /** @param refusals - of an earlier run; what a clock that went wrong put into the future counts as from now */
  restore(refusals: readonly NodeRefusal[], nowMs: number): void {
    for (const refusal of refusals) this.#add({ ...refusal, atMs: Math.min(refusal.atMs, nowMs) });
  }

  #add({ address, ...refusal }: NodeRefusal): void {
    const refusals = [...(this.#refusals.get(address) ?? []), refusal];
    this.#refusals.set(address, refusals.slice(-MAX_REFUSALS));
  }

  serve(address: string, { kind, target }: Refusable): void {
    this.#served.show(`${address} ${kind}`, target);
    this.show(address, target);
  }

  /** A node sent the header of a block. */
  show(address: string, block: BlockHash): void {
    this.#shown.show(address, block);
  }

  /** How high a node's chain is, as far as it showed it. */
  shownHeight(address: string): Height {
    return this.#shown.heightOf(address);
  }
}

function isOfLastDay(atMs: number, nowMs: number): boolean {
  return nowMs - atMs < DAY_MS;
}
