import type { Phase, Progress } from "../../worker/api.ts";
import { formatBytes, formatEta, formatNumber, formatPercent } from "../format.ts";
import { routeHref } from "../route.ts";
import { Icon } from "./Icon.tsx";

const PHASE_NAMES: Record<Phase, string> = {
  starting: "Starting",
  connecting: "Connecting",
  headers: "Headers",
  lists: "Masternode lists",
  quorums: "Quorums",
  live: "Live",
};

interface SyncProgressProps {
  phase: Phase;
  progress: Progress;
  /** It does not go on now, so nobody knows how long it takes. */
  isWaiting: boolean;
}

/** How far the sync is: bar, phase, time left. */
export function SyncProgress({ phase, progress, isWaiting }: SyncProgressProps) {
  const { fraction, requestsDone, requestsTotal, bytesIn, etaMs } = progress;
  const label = `Sync, ${PHASE_NAMES[phase]}`;
  return (
    <div className="sync-progress" data-testid="sync-progress" data-phase={phase}>
      <progress max={1} value={fraction} aria-label={label}>
        {formatPercent(fraction)}
      </progress>
      <dl className="sync-facts">
        <div>
          <dt>Phase</dt>
          <dd>{PHASE_NAMES[phase]}</dd>
        </div>
        <div>
          <dt>Done</dt>
          <dd>{formatPercent(fraction)}</dd>
        </div>
        <div>
          <dt>Left</dt>
          <dd>{etaMs === undefined || isWaiting ? "not known yet" : formatEta(etaMs)}</dd>
        </div>
        {requestsTotal > 0 && (
          <div>
            <dt>Requests</dt>
            <dd>
              {formatNumber(requestsDone)} of {formatNumber(requestsTotal)}
            </dd>
          </div>
        )}
        <div>
          <dt>Received</dt>
          <dd>{formatBytes(bytesIn)}</dd>
        </div>
      </dl>
      <a className="card-more sync-more" href={routeHref({ screen: "sync" })}>
        Every request <Icon name="arrow" size={16} />
      </a>
    </div>
  );
}
