import { useEffect, useMemo, useState } from "react";
import type { SyncRequestRow, SyncSnapshot } from "../../worker/api.ts";
import { reloadSync } from "../actions.ts";
import { Card } from "../components/Card.tsx";
import { EmptyState } from "../components/EmptyState.tsx";
import { FilterChips } from "../components/FilterChips.tsx";
import { PlanCard } from "../components/PlanCard.tsx";
import { RequestTable } from "../components/RequestTable.tsx";
import { RequestTimeline } from "../components/RequestTimeline.tsx";
import { ScreenHeader } from "../components/ScreenHeader.tsx";
import { SyncTotalsCard } from "../components/SyncTotalsCard.tsx";
import { thrownSentence } from "../errorSentences.ts";
import type { Loaded } from "../loader.ts";
import { useApp } from "../store.ts";
import { isPending, splitBursts } from "../syncTimeline.ts";
import { totalsOf } from "../syncTotals.ts";
import { useNow } from "../useNow.ts";

/** How often bars that grow are drawn anew; the others only when something happened. */
const GROWING_MS = 250;
const STILL_MS = 5_000;

/** What is asked for and why, of whom, and how long it takes. */
export function Sync() {
  const revision = useApp((state) => state.snapshot?.syncRevision);
  const sync = useApp((state) => state.sync);
  useEffect(() => {
    if (revision !== undefined) reloadSync();
  }, [revision]);
  return (
    <>
      <ScreenHeader title="Sync">
        The engine says what is missing, the plan turns that into few requests, and every answer is verified
        before it counts.
      </ScreenHeader>
      {sync.status === "ready" && sync.value.requests.length > 0 ? (
        <Activity sync={sync.value} />
      ) : (
        <NothingAsked sync={sync} />
      )}
    </>
  );
}

function NothingAsked({ sync }: { sync: Loaded<SyncSnapshot> }) {
  const isSynced = useApp((state) => state.snapshot?.isSynced ?? false);
  if (sync.status === "failed") {
    return (
      <EmptyState icon="alert" title="The requests could not be loaded">
        {thrownSentence(sync.error)}{" "}
        <button type="button" className="button" onClick={reloadSync}>
          Try again
        </button>
      </EmptyState>
    );
  }
  return isSynced ? (
    <EmptyState icon="check" title="Nothing had to be asked for">
      What was saved on this device was checked again and is complete. New blocks bring new requests.
    </EmptyState>
  ) : (
    <EmptyState icon="sync" title="Nothing asked for yet">
      Lists and quorums are asked for once the headers are here; then every request shows up.
    </EmptyState>
  );
}

type View = "timeline" | "table";
type Span = "largest" | "newest";

const VIEWS: readonly { value: View; label: string }[] = [
  { value: "timeline", label: "Timeline" },
  { value: "table", label: "Table" },
];

const SPANS: readonly { value: Span; label: string }[] = [
  { value: "largest", label: "Most requests" },
  { value: "newest", label: "Newest" },
];

function Activity({ sync }: { sync: SyncSnapshot }) {
  const progress = useApp((state) => state.snapshot?.progress);
  const isDone = useApp((state) => state.snapshot?.isSynced ?? false);
  const isGrowing = sync.requests.some(isPending);
  const clockMs = useNow(isGrowing ? GROWING_MS : STILL_MS);
  const nowMs = isGrowing ? Math.max(sync.nowMs, clockMs) : sync.nowMs;
  const [view, setView] = useState<View>("timeline");
  const [span, setSpan] = useState<Span>("largest");
  const bursts = useMemo(() => splitBursts(sync.requests, sync.nowMs), [sync]);
  const rows = chooseBurst(bursts, span);
  if (rows === undefined || progress === undefined) return null;
  return (
    <div className="sync-screen">
      <div className="cards">
        <SyncTotalsCard
          sync={sync}
          rows={rows}
          totals={totalsOf(rows, nowMs)}
          progress={progress}
          isDone={isDone}
          nowMs={nowMs}
        />
        <PlanCard sync={sync} />
      </div>
      <Card title={view === "timeline" ? "On a timeline" : "All requests"}>
        <div className="log-tools">
          <FilterChips label="View" options={VIEWS} value={view} onChange={setView} />
          {bursts.length > 1 && view === "timeline" && (
            <FilterChips label="Which requests" options={SPANS} value={span} onChange={setSpan} />
          )}
        </div>
        {view === "timeline" ? (
          <RequestTimeline rows={rows} concurrency={sync.concurrency} nowMs={nowMs} />
        ) : (
          <RequestTable rows={sync.requests} nowMs={nowMs} />
        )}
      </Card>
    </div>
  );
}

/** Requests that belong together: of the whole history of a day nothing could be seen. */
function chooseBurst(
  bursts: readonly (readonly SyncRequestRow[])[],
  span: Span,
): readonly SyncRequestRow[] | undefined {
  if (span === "newest") return bursts.at(-1);
  const most = Math.max(...bursts.map(({ length }) => length));
  return bursts.findLast(({ length }) => length === most);
}
