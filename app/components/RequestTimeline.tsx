import { type KeyboardEvent, useMemo, useRef, useState } from "react";
import type { ConcurrencySample, SyncRequestRow } from "../../worker/api.ts";
import { formatOffset } from "../format.ts";
import { layoutTimeline, neighbour, type Tick, type TimelineBar } from "../syncTimeline.ts";
import { ConcurrencyLane } from "./ConcurrencyLane.tsx";
import { RequestDetail } from "./RequestDetail.tsx";
import { TimelineLane } from "./TimelineLane.tsx";
import { TimelineLegend } from "./TimelineLegend.tsx";

interface RequestTimelineProps {
  /** At least one. */
  rows: readonly SyncRequestRow[];
  concurrency: readonly ConcurrencySample[];
  nowMs: number;
}

/** Every request as a bar, a lane for each peer, and below them how many were on their way. */
export function RequestTimeline({ rows, concurrency, nowMs }: RequestTimelineProps) {
  const timeline = useMemo(() => layoutTimeline(rows, nowMs), [rows, nowMs]);
  const [selectedKey, setSelectedKey] = useState<string>();
  const lanes = useRef<HTMLOListElement>(null);
  const bars = timeline.lanes.flatMap((lane) => lane.bars);
  const selected = bars.find(({ key }) => key === selectedKey);
  const entry = selected ?? bars[0];

  function move(event: KeyboardEvent): void {
    if (entry === undefined) return;
    const next: TimelineBar = neighbour(timeline, entry, event.key);
    if (next === entry) return;
    event.preventDefault();
    lanes.current?.querySelector<SVGElement>(`[data-bar="${next.key}"]`)?.focus();
  }

  return (
    <div className="timeline" data-testid="timeline">
      <TimelineLegend rows={rows} />
      <ol className="lanes" ref={lanes} onKeyDown={move} aria-label="Timeline; arrow keys go from bar to bar">
        {timeline.lanes.map((lane) => (
          <TimelineLane
            key={lane.address ?? "queue"}
            lane={lane}
            ticks={timeline.ticks}
            selected={selectedKey}
            entry={entry?.key}
            onSelect={({ key }) => setSelectedKey(key)}
          />
        ))}
      </ol>
      <ConcurrencyLane samples={concurrency} span={timeline} />
      <Axis ticks={timeline.ticks} />
      <RequestDetail row={selected?.row} fromMs={timeline.fromMs} nowMs={nowMs} />
    </div>
  );
}

function Axis({ ticks }: { ticks: readonly Tick[] }) {
  return (
    <div className="axis" aria-hidden="true">
      {ticks.map(({ at, offsetMs }) => (
        <span key={offsetMs} style={{ left: `${100 * at}%` }}>
          {formatOffset(offsetMs, ticks[1]?.offsetMs ?? 0)}
        </span>
      ))}
    </div>
  );
}
