/**
 * Waits for a condition, never for a time: looks again and again until it holds.
 * @param what - named when it never does
 */
export async function until(
  condition: () => boolean,
  what: string | (() => string),
  deadlineMs = 30_000,
): Promise<void> {
  const endsAt = performance.now() + deadlineMs;
  while (!condition()) {
    if (performance.now() > endsAt) throw new Error(`never: ${typeof what === "string" ? what : what()}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
