import type { Progress, SyncRequestRow, SyncRun } from "../../worker/api.ts";
import { formatBytes, formatClock, formatEta, formatNumber, formatSpan, plural } from "../format.ts";
import { requestName } from "../requestStates.ts";
import { receivedSamples, stepsOf } from "../stepChart.ts";
import { type SyncTotals, tookMs, totalsOf } from "../syncTotals.ts";
import { Card } from "./Card.tsx";
import { Chip } from "./Chip.tsx";
import { StepChart } from "./StepChart.tsx";

interface SyncTotalsCardProps {
  run: SyncRun;
  /** Its requests, at least one. */
  rows: readonly SyncRequestRow[];
  progress: Progress;
  nowMs: number;
}

/** How far it is, what it cost, and what took longest. */
export function SyncTotalsCard({ run, rows, progress, nowMs }: SyncTotalsCardProps) {
  const { qrInfos, mnListDiffs } = run;
  const totals = totalsOf(rows, nowMs);
  const isBusy = totals.pending > 0;
  return (
    <Card title="Requests" badge={<StateChip isBusy={isBusy} isDone={run.completedAtMs !== undefined} />}>
      <p className="figure is-text" data-testid="sync-outcome">
        {isBusy ? (
          <>
            {formatNumber(totals.pending)}{" "}
            <small>
              under way, {progress.etaMs === undefined ? "time left not known yet" : leftOf(progress.etaMs)}
            </small>
          </>
        ) : (
          <>
            {formatSpan(totals.endedAtMs - totals.startedAtMs)}{" "}
            <small>
              for {plural(totals.requests, "request")}, done at {formatClock(totals.endedAtMs)}
            </small>
          </>
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
      <Received rows={rows} totals={totals} />
      <Slowest totals={totals} nowMs={nowMs} />
    </Card>
  );
}

function StateChip({ isBusy, isDone }: { isBusy: boolean; isDone: boolean }) {
  if (isBusy) return <Chip tone="busy">Under way</Chip>;
  return isDone ? <Chip tone="ok">Done</Chip> : <Chip tone="warn">Waiting</Chip>;
}

function leftOf(etaMs: number): string {
  return `${formatEta(etaMs)} left`;
}

function Received({ rows, totals }: { rows: readonly SyncRequestRow[]; totals: SyncTotals }) {
  const { startedAtMs: fromMs, endedAtMs, bytes } = totals;
  if (bytes === 0) return null;
  const steps = stepsOf(receivedSamples(rows, fromMs), { fromMs, toMs: Math.max(fromMs + 1, endedAtMs) });
  return (
    <figure className="received">
      <StepChart
        label={`Bytes received over the time: ${formatBytes(bytes)} in the end`}
        steps={steps}
        most={bytes}
      />
      <figcaption>Received over the time</figcaption>
    </figure>
  );
}

function Slowest({ totals: { slowest }, nowMs }: { totals: SyncTotals; nowMs: number }) {
  if (slowest === undefined) return null;
  return (
    <p className="muted">
      What took longest: {requestName(slowest)}, {formatSpan(tookMs(slowest, nowMs) ?? 0)} at{" "}
      <code>{slowest.address}</code>.
    </p>
  );
}
