import type { SyncRequestRow, SyncRequestState } from "../../worker/api.ts";
import { formatNumber } from "../format.ts";
import { REQUEST_STATES } from "../requestStates.ts";

const STATES = Object.keys(REQUEST_STATES) as SyncRequestState[];

/** What the colours and shapes of the bars mean, and how many there are of each. */
export function TimelineLegend({ rows }: { rows: readonly SyncRequestRow[] }) {
  const counts = STATES.map((state) => ({ state, count: rows.filter((row) => row.state === state).length }));
  const guesses = rows.filter(({ isSpeculative }) => isSpeculative).length;
  return (
    <ul className="legend">
      {counts
        .filter(({ count }) => count > 0)
        .map(({ state, count }) => (
          <li key={state}>
            <Swatch className={`is-${state} tone-${REQUEST_STATES[state].tone}`} />
            {REQUEST_STATES[state].label} <span className="filter-count">{formatNumber(count)}</span>
          </li>
        ))}
      {guesses > 0 && (
        <li>
          <Swatch className="is-answered is-speculative tone-off" />
          Guessed to be needed <span className="filter-count">{formatNumber(guesses)}</span>
        </li>
      )}
    </ul>
  );
}

function Swatch({ className }: { className: string }) {
  return (
    <svg width="18" height="14" aria-hidden="true">
      <rect className={`bar ${className}`} x="1" y="1" width="16" height="12" rx="4" />
    </svg>
  );
}
