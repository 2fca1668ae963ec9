import type { SyncRequestRow, SyncRun } from "../../worker/api.ts";
import { formatBytes, formatSpan } from "../format.ts";
import { requestName } from "../requestStates.ts";
import { receivedSamples, stepsOf } from "../stepChart.ts";
import { type SyncTotals, tookMs } from "../syncTotals.ts";
import { Card } from "./Card.tsx";
import { StepChart } from "./StepChart.tsx";

interface ReceivedCardProps {
  run: SyncRun;
  rows: readonly SyncRequestRow[];
  totals: SyncTotals;
  nowMs: number;
}

/** What came over the time, against what was expected, and what took longest. */
export function ReceivedCard({ run, rows, totals, nowMs }: ReceivedCardProps) {
  const { startedAtMs: fromMs, endedAtMs, bytes, slowest } = totals;
  const steps = stepsOf(receivedSamples(rows, fromMs), { fromMs, toMs: Math.max(fromMs + 1, endedAtMs) });
  return (
    <Card title="Received over the time">
      <StepChart
        label={`Bytes received over the time: ${formatBytes(bytes)} in the end`}
        steps={steps}
        most={Math.max(1, bytes)}
      />
      <p>
        {formatBytes(bytes)} in {formatSpan(endedAtMs - fromMs)}; the plan expected{" "}
        {formatBytes(run.estimatedBytes)} in {formatSpan(run.estimatedDurationMs)}.
      </p>
      {slowest !== undefined && (
        <p className="muted">
          What took longest: {requestName(slowest)}, {formatSpan(tookMs(slowest, nowMs) ?? 0)} at{" "}
          <code>{slowest.address}</code>.
        </p>
      )}
    </Card>
  );
}
