import { useState } from "react";
import type { ConcurrencySample, SyncRequestRow } from "../../worker/api.ts";
import { Card } from "./Card.tsx";
import { FilterChips } from "./FilterChips.tsx";
import { RequestTable } from "./RequestTable.tsx";
import { RequestTimeline } from "./RequestTimeline.tsx";

type View = "timeline" | "table";

const VIEWS: readonly { value: View; label: string }[] = [
  { value: "timeline", label: "Timeline" },
  { value: "table", label: "Table" },
];

interface RequestsCardProps {
  /** At least one. */
  rows: readonly SyncRequestRow[];
  concurrency: readonly ConcurrencySample[];
  nowMs: number;
}

/** Every request, as a picture or as text. */
export function RequestsCard({ rows, concurrency, nowMs }: RequestsCardProps) {
  const [view, setView] = useState<View>("timeline");
  return (
    <Card title="One by one">
      <FilterChips label="View" options={VIEWS} value={view} onChange={setView} />
      {view === "timeline" ? (
        <RequestTimeline rows={rows} concurrency={concurrency} nowMs={nowMs} />
      ) : (
        <RequestTable rows={rows} nowMs={nowMs} />
      )}
    </Card>
  );
}
