/** What the page asked the engine for and keeps until it changes. */
export type Loaded<T> =
  | { readonly status: "idle" }
  | { readonly status: "loading" }
  | { readonly status: "ready"; readonly value: T }
  | { readonly status: "failed"; readonly error: unknown };

/**
 * Loads the same thing whenever it may have changed: one call at a time, and one more after it if it was asked for
 * meanwhile. A value stays until the next one or an error replaces it.
 * @param load - asks the engine
 * @param commit - called with every step that the reader should see
 * @param pauseMs - least time between two calls
 * @returns asks for a fresh value
 */
export function createLoader<T>(
  load: () => Promise<T>,
  commit: (loaded: Loaded<T>) => void,
  pauseMs: number,
): () => void {
  let isLoading = false;
  let isStale = false;
  let hasValue = false;

  async function run(): Promise<void> {
    isLoading = true;
    isStale = false;
    if (!hasValue) commit({ status: "loading" });
    try {
      const value = await load();
      hasValue = true;
      commit({ status: "ready", value });
    } catch (error) {
      hasValue = false;
      commit({ status: "failed", error });
    }
    setTimeout(() => {
      isLoading = false;
      if (isStale) run();
    }, pauseMs);
  }

  return () => {
    if (isLoading) isStale = true;
    else run();
  };
}
