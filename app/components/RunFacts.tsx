import type { Progress, SyncRun } from "../../worker/api.ts";
import { formatBytes, formatClock, formatEta, formatNumber, formatSpan, plural } from "../format.ts";
import type { SyncTotals } from "../syncTotals.ts";
import { Chip } from "./Chip.tsx";

export function RunState({ run, totals }: { run: SyncRun; totals: SyncTotals }) {
  if (totals.pending > 0) return <Chip tone="busy">Under way</Chip>;
  return run.completedAtMs === undefined ? <Chip tone="warn">Waiting</Chip> : <Chip tone="ok">Done</Chip>;
}

interface RunFactsProps {
  run: SyncRun;
  totals: SyncTotals;
  progress: Progress;
}

/** How far a run is, or what it took. */
export function RunFacts({ run, totals, progress }: RunFactsProps) {
  const { qrInfos, mnListDiffs, completedAtMs } = run;
  return (
    <>
      <p className="figure is-text" data-testid="sync-outcome">
        {totals.pending > 0 ? (
          <UnderWay totals={totals} etaMs={progress.etaMs} />
        ) : completedAtMs === undefined ? (
          <Waiting totals={totals} />
        ) : (
          <Took totals={totals} />
        )}
      </p>
      <dl className="facts is-inline">
        <div>
          <dt>QRInfo</dt>
          <dd data-testid="qrinfo-count">
            {qrInfos.done} of {qrInfos.planned}
          </dd>
        </div>
        <div>
          <dt>Lists</dt>
          <dd data-testid="mnlistdiff-count">
            {mnListDiffs.done} of {mnListDiffs.planned}
          </dd>
        </div>
        <div>
          <dt>In vain</dt>
          <dd>{formatNumber(totals.inVain)}</dd>
        </div>
        <div>
          <dt>Received</dt>
          <dd>{formatBytes(totals.bytes)}</dd>
        </div>
        <div>
          <dt>On average</dt>
          <dd>{formatBytes(totals.bytesPerSecond)}/s</dd>
        </div>
      </dl>
    </>
  );
}

function UnderWay({ totals, etaMs }: { totals: SyncTotals; etaMs: number | undefined }) {
  return (
    <>
      {formatNumber(totals.pending)}{" "}
      <small>under way, {etaMs === undefined ? "time left not known yet" : `${formatEta(etaMs)} left`}</small>
    </>
  );
}

/** What came is being verified, or the next try is a while away. */
function Waiting({ totals: { answered, requests } }: { totals: SyncTotals }) {
  return (
    <>
      {formatNumber(answered)} <small>of {plural(requests, "request")} answered, none under way now</small>
    </>
  );
}

function Took({ totals: { startedAtMs, endedAtMs, requests } }: { totals: SyncTotals }) {
  return (
    <>
      {formatSpan(endedAtMs - startedAtMs)}{" "}
      <small>
        for {plural(requests, "request")}, done at {formatClock(endedAtMs)}
      </small>
    </>
  );
}
