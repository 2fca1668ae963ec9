/**
 * Every snapshot crosses the worker boundary as a fresh copy, so nothing in it is identical to what it was before.
 * @param before - what is shown now
 * @param after - plain data of the same kind
 * @returns `after`, with every part that equals the same part of `before` replaced by that very part, so that
 *   selectors and components see what did not change
 */
export function shareStructure<T>(before: T, after: T): T {
  if (Object.is(before, after)) return before;
  if (Array.isArray(before) && Array.isArray(after)) {
    const shared = after.map((value, index) => shareStructure(before[index], value));
    const isSame = before.length === shared.length && shared.every((value, i) => Object.is(value, before[i]));
    return (isSame ? before : shared) as T;
  }
  if (isRecord(before) && isRecord(after)) {
    const keys = Object.keys(after);
    const has = (key: string) => Object.hasOwn(before, key);
    const shared: Record<string, unknown> = Object.fromEntries(
      keys.map((key) => [key, shareStructure(has(key) ? before[key] : undefined, after[key])]),
    );
    const isSame =
      Object.keys(before).length === keys.length &&
      keys.every((key) => has(key) && Object.is(shared[key], before[key]));
    return (isSame ? before : shared) as T;
  }
  return after;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
