import type { CSSProperties, PointerEvent } from "react";
import { REQUEST_STATES, requestName } from "../requestStates.ts";
import { type TimelineLane as Lane, nearestBar, type Tick, type TimelineBar } from "../syncTimeline.ts";

/** Height of a track by what stands in it: many requests may wait at once, few are on their way to one peer. */
const PEER_TRACK_PX = 22;
const QUEUE_TRACK_PX = 8;
const MOST_QUEUE_PX = 96;
/** Above and below the bars. */
const PADDING_PX = 5;

interface TimelineLaneProps {
  lane: Lane;
  ticks: readonly Tick[];
  selected: string | undefined;
  /** The one bar of the whole timeline that the tab key stops at. */
  entry: string | undefined;
  onSelect: (bar: TimelineBar) => void;
}

/** The requests of one peer, or those that wait, along the time. */
export function TimelineLane({ lane, ticks, selected, entry, onSelect }: TimelineLaneProps) {
  const isQueue = lane.address === undefined;
  const track = isQueue ? Math.min(QUEUE_TRACK_PX, MOST_QUEUE_PX / lane.tracks) : PEER_TRACK_PX;
  const height = Math.max(PEER_TRACK_PX, lane.tracks * track);

  function selectNearest(event: PointerEvent<SVGSVGElement>): void {
    const box = event.currentTarget.getBoundingClientRect();
    const at = (event.clientX - box.left) / box.width;
    const bar = nearestBar(lane, at, (event.clientY - box.top - PADDING_PX) / height);
    if (bar !== undefined) onSelect(bar);
  }

  return (
    <li className="lane" data-testid="lane" data-lane={lane.address ?? "queue"}>
      <span className="lane-name">{isQueue ? "Waiting" : <code>{lane.address}</code>}</span>
      <svg
        className="lane-bars"
        height={height + 2 * PADDING_PX}
        aria-label={isQueue ? "Waiting for a free node" : `Sent to ${lane.address}`}
        onPointerMove={selectNearest}
        onPointerDown={selectNearest}
      >
        {ticks.map(({ at }) => (
          <line key={at} className="lane-tick" x1={percent(at)} x2={percent(at)} y1="0" y2="100%" />
        ))}
        {lane.bars.map((bar) => (
          <Bar
            key={bar.key}
            bar={bar}
            y={PADDING_PX + bar.track * track}
            height={track - (isQueue ? 2 : 4)}
            isSelected={bar.key === selected}
            isEntry={bar.key === entry}
            onFocus={() => onSelect(bar)}
          />
        ))}
      </svg>
    </li>
  );
}

interface BarProps {
  bar: TimelineBar;
  y: number;
  height: number;
  isSelected: boolean;
  isEntry: boolean;
  onFocus: () => void;
}

function Bar({ bar, y, height, isSelected, isEntry, onFocus }: BarProps) {
  const { row, state } = bar;
  const { tone, label } = REQUEST_STATES[state];
  const classes = ["bar", `is-${state}`, `tone-${tone}`];
  if (row.isSpeculative) classes.push("is-speculative");
  if (isSelected) classes.push("is-selected");
  // A QRInfo stands out by its height.
  const isLow = row.kind === "mnlistdiff" && height > 12;
  return (
    // biome-ignore lint/a11y/noInteractiveElementToNoninteractiveRole: a picture of its own; arrow keys lead to it
    <rect
      className={classes.join(" ")}
      role="img"
      aria-label={`${requestName(row)}: ${label}`}
      tabIndex={isEntry ? 0 : -1}
      data-bar={bar.key}
      data-state={state}
      x={percent(bar.start)}
      y={isLow ? y + 3 : y}
      width={percent(bar.length)}
      height={isLow ? height - 6 : height}
      rx={Math.min(4, height / 2)}
      style={{ "--length": percent(bar.length) } as CSSProperties}
      onFocus={onFocus}
    />
  );
}

function percent(share: number): string {
  return `${(100 * share).toFixed(3)}%`;
}
