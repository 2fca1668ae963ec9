import { useEffect, useMemo, useState } from "react";
import type { SyncRun, SyncSnapshot } from "../../worker/api.ts";
import { reloadSync } from "../actions.ts";
import { EmptyState } from "../components/EmptyState.tsx";
import { FilterChips } from "../components/FilterChips.tsx";
import { PlanCard } from "../components/PlanCard.tsx";
import { ReceivedCard } from "../components/ReceivedCard.tsx";
import { RequestsCard } from "../components/RequestsCard.tsx";
import { ScreenHeader } from "../components/ScreenHeader.tsx";
import { TuningCard } from "../components/TuningCard.tsx";
import { thrownSentence } from "../errorSentences.ts";
import type { Loaded } from "../loader.ts";
import { useApp } from "../store.ts";
import { chooseRun, type RunChoice, rowsOf } from "../syncRuns.ts";
import { isPending } from "../syncTimeline.ts";
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
      <div className="sync-screen">
        {sync.status === "ready" && sync.value.runs.length > 0 ? (
          <Activity sync={sync.value} />
        ) : (
          <NothingAsked sync={sync} />
        )}
        {sync.status === "ready" && <TuningCard tuning={sync.value.tuning} />}
      </div>
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

const RUNS: readonly { value: RunChoice; label: string }[] = [
  { value: "largest", label: "Largest run" },
  { value: "newest", label: "Newest run" },
];

function Activity({ sync }: { sync: SyncSnapshot }) {
  const [choice, setChoice] = useState<RunChoice>("largest");
  const run = chooseRun(sync.runs, choice);
  return (
    <>
      {sync.runs.length > 1 && (
        <FilterChips label="Which run" options={RUNS} value={choice} onChange={setChoice} />
      )}
      {run !== undefined && <Run sync={sync} run={run} />}
    </>
  );
}

function Run({ sync, run }: { sync: SyncSnapshot; run: SyncRun }) {
  const progress = useApp((state) => state.snapshot?.progress);
  const rows = useMemo(() => rowsOf(sync, run), [sync, run]);
  const isGrowing = rows.some(isPending);
  const clockMs = useNow(isGrowing ? GROWING_MS : STILL_MS);
  const nowMs = isGrowing ? Math.max(sync.nowMs, clockMs) : sync.nowMs;
  if (progress === undefined || rows.length === 0) return <PlanCard run={run} />;
  const shown = { run, rows, totals: totalsOf(rows, nowMs), nowMs };
  return (
    <>
      <RequestsCard {...shown} progress={progress} concurrency={sync.concurrency} />
      <div className="cards">
        <PlanCard run={run} />
        <ReceivedCard {...shown} />
      </div>
    </>
  );
}
