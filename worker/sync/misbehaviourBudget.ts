/** A node hangs up at a hundred points and forgets none. Source: `design/sync.md` 1 */
const MAX_POINTS_A_DAY = 9;
/** Of those, for what the same node refused before; the rest is left for other requests. */
const MAX_POINTS_BEFORE_REPEATS = 4;
const DAY_MS = 24 * 60 * 60 * 1000;

export type RequestKind = "qrinfo" | "mnlistdiff";

interface Point {
  readonly atMs: number;
  /** Key of the request that was refused. */
  readonly key: string;
}

/** A request as far as its refusal matters. */
export interface Refusable {
  /** Names what it brings. */
  readonly key: string;
  readonly kind: RequestKind;
  /** Of the requested block. */
  readonly height: number;
}

/**
 * What nodes may have held against us: each request that one passes over earns a point there. Counted by address, so
 * a new connection changes nothing.
 */
export class MisbehaviourBudget {
  /** By address, oldest first. */
  readonly #points = new Map<string, Point[]>();
  /** Highest block of an answer, by address and kind. */
  readonly #served = new Map<string, number>();

  /**
   * Whether a node may be asked once more.
   * @param key - of a request that it may have reason to refuse
   * @param onTheWay - requests that it has not answered yet: each may earn a point still
   */
  allows(address: string, key: string | undefined, onTheWay: number, nowMs: number): boolean {
    const points = this.#ofLastDay(address, nowMs);
    const isRepeat = points.some((point) => point.key === key);
    return points.length + onTheWay < (isRepeat ? MAX_POINTS_BEFORE_REPEATS : MAX_POINTS_A_DAY);
  }

  /**
   * A node passed a request over. One that served that height, or a higher one, has the blocks and does not refuse
   * them: there an answer got lost, which earns nothing.
   */
  refuse(address: string, { key, kind, height }: Refusable, nowMs: number): void {
    if ((this.#served.get(`${address} ${kind}`) ?? -1) >= height) return;
    this.#points.set(address, [...this.#ofLastDay(address, nowMs), { atMs: nowMs, key }]);
  }

  serve(address: string, { kind, height }: Refusable): void {
    const served = `${address} ${kind}`;
    this.#served.set(served, Math.max(height, this.#served.get(served) ?? -1));
  }

  /** The chain took another branch, which not every node may have. */
  forgetServed(): void {
    this.#served.clear();
  }

  #ofLastDay(address: string, nowMs: number): Point[] {
    return (this.#points.get(address) ?? []).filter(({ atMs }) => nowMs - atMs < DAY_MS);
  }
}
