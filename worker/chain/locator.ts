/** Longest locator a node accepts. Source: Core 23.1.2 net_processing.cpp MAX_LOCATOR_SZ */
export const MAX_LOCATOR_SIZE = 101;

const DENSE_ENTRIES = 10;

/**
 * The heights to name in `getheaders`: ten in a row from the tip down, then ever wider steps, at last the lowest one.
 * A node answers from the first that it has too, so a fork costs at most a doubling of what is asked again.
 */
export function locatorHeights(tipHeight: number, lowestHeight: number): number[] {
  const heights: number[] = [];
  let step = 1;
  for (let height = tipHeight; height > lowestHeight; height -= step) {
    heights.push(height);
    if (heights.length >= DENSE_ENTRIES) step *= 2;
  }
  return [...heights, lowestHeight];
}

/**
 * The heights to name to a node that had nothing above the first of `locatorHeights` it knew, which so is its tip: every
 * one lies below those, so that its answer ends in its tip. One that has nothing above the lowest shows nothing still.
 */
export function showingHeights(tipHeight: number, lowestHeight: number): number[] {
  const sparse = locatorHeights(tipHeight, lowestHeight).slice(DENSE_ENTRIES - 1);
  const below = sparse.map((height) => height - 1).filter((height) => height > lowestHeight);
  return [...below, lowestHeight];
}
