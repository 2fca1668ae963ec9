import { useState } from "react";
import type { ConcurrencySample, Progress, SyncRequestRow, SyncRun } from "../../worker/api.ts";
import type { SyncTotals } from "../syncTotals.ts";
import { Card } from "./Card.tsx";
import { FilterChips } from "./FilterChips.tsx";
import { RequestTable } from "./RequestTable.tsx";
import { RequestTimeline } from "./RequestTimeline.tsx";
import { RunFacts, RunState } from "./RunFacts.tsx";

type View = "timeline" | "table";

const VIEWS: readonly { value: View; label: string }[] = [
  { value: "timeline", label: "Timeline" },
  { value: "table", label: "Table" },
];

interface RequestsCardProps {
  run: SyncRun;
  /** At least one. */
  rows: readonly SyncRequestRow[];
  totals: SyncTotals;
  progress: Progress;
  concurrency: readonly ConcurrencySample[];
  nowMs: number;
}

/** How far a run is, and every request of it, as a picture or as text. */
export function RequestsCard({ run, rows, totals, progress, concurrency, nowMs }: RequestsCardProps) {
  const [view, setView] = useState<View>("timeline");
  return (
    <Card title="Requests" badge={<RunState run={run} totals={totals} />}>
      <RunFacts run={run} totals={totals} progress={progress} />
      <FilterChips label="View" options={VIEWS} value={view} onChange={setView} />
      {view === "timeline" ? (
        <RequestTimeline rows={rows} concurrency={concurrency} nowMs={nowMs} />
      ) : (
        <RequestTable rows={rows} nowMs={nowMs} />
      )}
    </Card>
  );
}
