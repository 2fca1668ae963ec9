/** How values are written for people. Pure: the clock is an argument. */

const NUMBER = new Intl.NumberFormat("en");
/** Made once: making one takes longer than a hundred uses. */
const TIME = timeFormat(undefined);
const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** @returns e.g. "2,391,204" */
export function formatNumber(value: number): string {
  return NUMBER.format(value);
}

/** @returns the first and last `edge` digits, e.g. "00000000…9f3c21ab", or the whole if it is not longer */
export function shortHash(hash: string, edge = 8): string {
  return hash.length <= 2 * edge + 1 ? hash : `${hash.slice(0, edge)}…${hash.slice(-edge)}`;
}

/** @returns decimal units with three digits at most, e.g. "0 B", "12.4 kB", "3.1 MB" */
export function formatBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = Math.max(0, bytes);
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : 1;
  return `${value.toFixed(digits)} ${units[unit]}`;
}

/** @returns whole percent that reaches 100 only when all is done, e.g. "99 %" for 0.999 */
export function formatPercent(fraction: number): string {
  return `${Math.floor(Math.min(1, Math.max(0, fraction)) * 100)} %`;
}

/** @returns e.g. "just now", "2 minutes ago", "3 hours ago"; a time to come counts as now */
export function formatAgo(timeMs: number, nowMs: number): string {
  const ageMs = nowMs - timeMs;
  return ageMs < 10 * SECOND_MS ? "just now" : `${formatDuration(ageMs)} ago`;
}

/** @returns the largest unit that fits, e.g. "45 seconds", "1 minute", "3 hours", "12 days" */
export function formatDuration(durationMs: number): string {
  if (durationMs < MINUTE_MS) return plural(Math.max(1, Math.floor(durationMs / SECOND_MS)), "second");
  if (durationMs < HOUR_MS) return plural(Math.floor(durationMs / MINUTE_MS), "minute");
  if (durationMs < 2 * DAY_MS) return plural(Math.floor(durationMs / HOUR_MS), "hour");
  return plural(Math.floor(durationMs / DAY_MS), "day");
}

/** @returns a measured time with two or three digits, e.g. "0 ms", "84 ms", "1.8 s", "34 s", "2 min 5 s" */
export function formatSpan(spanMs: number): string {
  const ms = Math.max(0, Math.round(spanMs));
  if (ms < SECOND_MS) return `${ms} ms`;
  if (ms < 9_950) return `${(ms / SECOND_MS).toFixed(1)} s`;
  const seconds = Math.round(ms / SECOND_MS);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** @returns a mark on an axis with a mark every `stepMs`, all in one unit, e.g. "20 ms", "0.5 s", "30 s" */
export function formatOffset(offsetMs: number, stepMs: number): string {
  if (stepMs < SECOND_MS / 10) return `${Math.round(offsetMs)} ms`;
  return `${(offsetMs / SECOND_MS).toFixed(stepMs < SECOND_MS ? 1 : 0)} s`;
}

/** @returns time left, rounded so that it does not jump: "a few seconds", "about 40 seconds", "about 3 minutes" */
export function formatEta(etaMs: number): string {
  if (etaMs < 5 * SECOND_MS) return "a few seconds";
  if (etaMs < MINUTE_MS) return `about ${Math.ceil(etaMs / SECOND_MS / 5) * 5} seconds`;
  if (etaMs < 90 * MINUTE_MS) return `about ${plural(Math.round(etaMs / MINUTE_MS), "minute")}`;
  return `about ${plural(Math.round(etaMs / HOUR_MS), "hour")}`;
}

/** @returns date and time, in the reader's own zone unless named, e.g. "20 Nov 2025, 11:06:42" */
export function formatTime(timeMs: number, timeZone?: string): string {
  return (timeZone === undefined ? TIME : timeFormat(timeZone)).format(timeMs);
}

/** @returns time of day, in the reader's own zone unless named, e.g. "11:06:42" */
export function formatClock(timeMs: number, timeZone?: string): string {
  return formatTime(timeMs, timeZone).slice(-8);
}

function timeFormat(timeZone: string | undefined): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat("en-GB", {
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    timeZone,
  });
}

/** @returns e.g. "1 peer", "3 peers", "1,200 peers" */
export function plural(count: number, singular: string, pluralForm = `${singular}s`): string {
  return `${formatNumber(count)} ${count === 1 ? singular : pluralForm}`;
}
