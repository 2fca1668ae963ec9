/** The chain a header is checked on top of, as far as it is known: what the contextual rules read of it. */
export interface HeaderBranch {
  /** Height of the block below the header to check. */
  readonly height: number;
  /** Lowest height with a known header; 0 when the chain is known from genesis. */
  readonly firstHeight: number;
  /** @returns seconds since 1970; `height` within firstHeight..height */
  timeAt(height: number): number;
  /** @returns the compact target; `height` within firstHeight..height */
  bitsAt(height: number): number;
}
