/** A node hangs up at a hundred points and forgets none. Source: `design/sync.md` 1 */
const MAX_POINTS_A_DAY = 9;
const DAY_MS = 24 * 60 * 60 * 1000;

export type RequestKind = "qrinfo" | "mnlistdiff";

/**
 * What nodes may have held against us: each request that one passes over earns a point there. Counted by address, so
 * a new connection changes nothing.
 */
export class MisbehaviourBudget {
  /** When each point was earned, by address, ascending. */
  readonly #points = new Map<string, number[]>();
  /** Highest block of an answer, by address and kind. */
  readonly #served = new Map<string, number>();

  /**
   * Whether a node may be asked once more.
   * @param onTheWay - requests that it has not answered yet: each may earn a point still
   */
  allows(address: string, onTheWay: number, nowMs: number): boolean {
    return this.#ofLastDay(address, nowMs).length + onTheWay < MAX_POINTS_A_DAY;
  }

  /** When a node without budget may be asked again. */
  retryAtMs(address: string, nowMs: number): number {
    const [oldest] = this.#ofLastDay(address, nowMs);
    return oldest === undefined ? nowMs : oldest + DAY_MS;
  }

  /**
   * A node passed a request over. One that served that height, or a higher one, has the blocks and does not refuse
   * them: there an answer got lost, which earns nothing.
   * @param height - of the requested block
   */
  refuse(address: string, kind: RequestKind, height: number, nowMs: number): void {
    if ((this.#served.get(`${address} ${kind}`) ?? -1) >= height) return;
    this.#points.set(address, [...this.#ofLastDay(address, nowMs), nowMs]);
  }

  serve(address: string, kind: RequestKind, height: number): void {
    const key = `${address} ${kind}`;
    this.#served.set(key, Math.max(height, this.#served.get(key) ?? -1));
  }

  /** The chain took another branch, which not every node may have. */
  forgetServed(): void {
    this.#served.clear();
  }

  #ofLastDay(address: string, nowMs: number): number[] {
    return (this.#points.get(address) ?? []).filter((atMs) => nowMs - atMs < DAY_MS);
  }
}
