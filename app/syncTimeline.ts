import type { SyncRequestRow, SyncRequestState } from "../worker/api.ts";

/** Where requests stand in time, as shares of the time that is shown. Pure: the clock is an argument. */
export interface Timeline {
  readonly fromMs: number;
  readonly toMs: number;
  /** The queue first, then each peer in the order they were first asked. */
  readonly lanes: readonly TimelineLane[];
  readonly ticks: readonly Tick[];
}

export interface TimelineLane {
  /** Undefined: the queue, where requests wait for a free peer. */
  readonly address: string | undefined;
  /** Bars that overlap in time stand above each other in so many tracks; at least one. */
  readonly tracks: number;
  /** By their start. */
  readonly bars: readonly TimelineBar[];
}

export interface TimelineBar {
  /** A request that waited and was sent has a bar in two lanes. */
  readonly key: string;
  readonly row: SyncRequestRow;
  /** In the queue whatever was sent later counts as queued. */
  readonly state: SyncRequestState;
  /** 0 to 1. */
  readonly start: number;
  /** 0 to 1. */
  readonly length: number;
  readonly track: number;
}

export interface Tick {
  /** 0 to 1. */
  readonly at: number;
  readonly offsetMs: number;
}

/** Labels that fit below each other's lanes on a phone. */
const MOST_TICKS = 6;
/** Share of the width that the shortest bar takes, so that it can be seen. */
const SHORTEST_BAR = 0.004;

export function isPending({ state }: SyncRequestRow): boolean {
  return state === "queued" || state === "inFlight";
}

/** @returns when nothing more happened to a request; now while something still may */
export function endOf(row: SyncRequestRow, nowMs: number): number {
  return row.endedAtMs ?? (isPending(row) ? nowMs : (row.sentAtMs ?? row.queuedAtMs));
}

/** @param rows - at least one */
export function layoutTimeline(rows: readonly SyncRequestRow[], nowMs: number): Timeline {
  const fromMs = Math.min(...rows.map(({ queuedAtMs }) => queuedAtMs));
  const toMs = Math.max(fromMs + 1, ...rows.map((row) => endOf(row, nowMs)));
  const share = (timeMs: number) => Math.min(1, Math.max(0, (timeMs - fromMs) / (toMs - fromMs)));
  const place = (row: SyncRequestRow, isWaiting: boolean, from: number, to: number): Placed => ({
    key: `${row.id}-${isWaiting ? "waiting" : "sent"}`,
    row,
    state: isWaiting && row.sentAtMs !== undefined ? "queued" : row.state,
    start: share(from),
    length: share(to) - share(from),
  });
  const waiting = rows
    .map((row) => place(row, true, row.queuedAtMs, row.sentAtMs ?? endOf(row, nowMs)))
    .filter(({ length, row }) => length > 0 || row.sentAtMs === undefined);
  const peers = new Map<string, Placed[]>();
  for (const row of rows.toSorted((a, b) => a.id - b.id)) {
    if (row.sentAtMs === undefined || row.address === undefined) continue;
    const bars = peers.get(row.address) ?? [];
    bars.push(place(row, false, row.sentAtMs, endOf(row, nowMs)));
    peers.set(row.address, bars);
  }
  const lanes = [...peers].map(([address, bars]) => ({ address, ...stack(bars) }));
  return {
    fromMs,
    toMs,
    lanes: [{ address: undefined, ...stack(waiting) }, ...lanes],
    ticks: makeTicks(toMs - fromMs),
  };
}

type Placed = Omit<TimelineBar, "track">;

/** Each bar goes to the first track that is free at its start. */
function stack(placed: readonly Placed[]): Pick<TimelineLane, "tracks" | "bars"> {
  const ends: number[] = [];
  const bars = placed
    .toSorted((a, b) => a.start - b.start || a.row.id - b.row.id)
    .map((bar) => {
      const free = ends.findIndex((end) => end <= bar.start);
      const track = free === -1 ? ends.length : free;
      ends[track] = bar.start + Math.max(SHORTEST_BAR, bar.length);
      return { ...bar, track };
    });
  return { tracks: Math.max(1, ends.length), bars };
}

/** @returns round times from zero on, few enough for a phone */
function makeTicks(durationMs: number): Tick[] {
  const rough = durationMs / MOST_TICKS;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough) ?? rough;
  const count = Math.floor(durationMs / step) + 1;
  return Array.from({ length: count }, (_, i) => ({ at: (i * step) / durationMs, offsetMs: i * step }));
}

/** @returns the bar of a lane whose time is nearest, the later of two equals; undefined where there is none */
export function nearestBar(
  { bars, tracks }: TimelineLane,
  at: number,
  height: number,
): TimelineBar | undefined {
  const distance = ({ start, length, track }: TimelineBar) => {
    const beside = Math.max(0, start - at, at - (start + length));
    const above = Math.abs((track + 0.5) / tracks - height);
    return beside * tracks * 4 + above;
  };
  return bars.reduce<TimelineBar | undefined>(
    (best, bar) => (best !== undefined && distance(best) < distance(bar) ? best : bar),
    undefined,
  );
}

/** @returns where an arrow key leads from a bar; the bar itself at an end */
export function neighbour({ lanes }: Timeline, from: TimelineBar, key: string): TimelineBar {
  const filled = lanes.filter(({ bars }) => bars.length > 0);
  const row = filled.findIndex(({ bars }) => bars.some((bar) => bar.key === from.key));
  const bars = filled[row]?.bars ?? [];
  const index = bars.findIndex((bar) => bar.key === from.key);
  const beside = (lane: TimelineLane | undefined) => lane && nearestBar(lane, from.start, 0.5);
  const next: Record<string, TimelineBar | undefined> = {
    ArrowRight: bars[index + 1],
    ArrowLeft: bars[index - 1],
    ArrowDown: beside(filled[row + 1]),
    ArrowUp: beside(filled[row - 1]),
    Home: bars[0],
    End: bars.at(-1),
  };
  return next[key] ?? from;
}
