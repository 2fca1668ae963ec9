import { formatAgo, formatTime } from "../format.ts";

/** How long ago, with the exact time on hover. */
export function Age({ timeMs, nowMs }: { timeMs: number; nowMs: number }) {
  return (
    <time dateTime={new Date(timeMs).toISOString()} title={formatTime(timeMs)}>
      {formatAgo(timeMs, nowMs)}
    </time>
  );
}
