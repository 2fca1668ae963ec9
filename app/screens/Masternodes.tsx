import { useDeferredValue, useEffect, useMemo, useState } from "react";
import type { MasternodeRow } from "../../worker/api.ts";
import { reloadMasternodes } from "../actions.ts";
import { EmptyState } from "../components/EmptyState.tsx";
import { FilterChips } from "../components/FilterChips.tsx";
import { MasternodeDetail } from "../components/MasternodeDetail.tsx";
import { MasternodeTable } from "../components/MasternodeTable.tsx";
import { ScreenHeader } from "../components/ScreenHeader.tsx";
import { SearchField } from "../components/SearchField.tsx";
import { Sheet } from "../components/Sheet.tsx";
import { formatNumber, plural } from "../format.ts";
import { countMasternodes, filterMasternodes, type MasternodeKind } from "../masternodeFilter.ts";
import { masternodesKey, useApp } from "../store.ts";
import { replaceRoute } from "../useRoute.ts";
import { ListBasis, RowsPending } from "./Rows.tsx";

const KINDS: readonly { value: MasternodeKind; label: string }[] = [
  { value: "all", label: "All" },
  { value: "enabled", label: "Enabled" },
  { value: "banned", label: "Banned" },
  { value: "evo", label: "Evo" },
  { value: "regular", label: "Regular" },
];

/** Everyone in the newest proven list. */
export function Masternodes({ proTxHash }: { proTxHash: string | undefined }) {
  const key = useApp(masternodesKey);
  const rows = useApp((state) => state.masternodes);
  useEffect(() => {
    if (key !== undefined) reloadMasternodes();
  }, [key]);
  return (
    <>
      <ScreenHeader title="Masternodes">
        <ListBasis />
      </ScreenHeader>
      {rows.status === "ready" && rows.value.length > 0 ? (
        <MasternodeList rows={rows.value} proTxHash={proTxHash} />
      ) : (
        <RowsPending rows={rows} icon="masternodes" what="masternodes" onRetry={reloadMasternodes} />
      )}
    </>
  );
}

function MasternodeList({
  rows,
  proTxHash,
}: {
  rows: readonly MasternodeRow[];
  proTxHash: string | undefined;
}) {
  const [kind, setKind] = useState<MasternodeKind>("all");
  const [query, setQuery] = useState("");
  const typed = useDeferredValue(query);
  const counts = useMemo(() => countMasternodes(rows), [rows]);
  const shown = useMemo(() => filterMasternodes(rows, kind, typed), [rows, kind, typed]);
  return (
    <>
      <search className="toolbar">
        <SearchField label="Search by ProTx hash or address" value={query} onChange={setQuery} />
        <FilterChips
          label="Show"
          options={KINDS.map((option) => ({ ...option, count: counts[option.value] }))}
          value={kind}
          onChange={setKind}
        />
      </search>
      <p className="result-count" role="status" data-testid="masternode-results">
        {shown.length === rows.length
          ? plural(rows.length, "masternode")
          : `${formatNumber(shown.length)} of ${plural(rows.length, "masternode")}`}
      </p>
      {shown.length > 0 ? (
        <MasternodeTable rows={shown} />
      ) : (
        <EmptyState icon="search" title="Nothing matches">
          Try a part of the address, or fewer digits of the hash.
        </EmptyState>
      )}
      {proTxHash !== undefined && <Detail row={rows.find((row) => row.proTxHash === proTxHash)} />}
    </>
  );
}

function Detail({ row }: { row: MasternodeRow | undefined }) {
  return (
    <Sheet title="Masternode" onClose={() => replaceRoute({ screen: "masternodes", proTxHash: undefined })}>
      {row === undefined ? (
        <p>The newest proven list holds no masternode with this hash.</p>
      ) : (
        <MasternodeDetail row={row} />
      )}
    </Sheet>
  );
}
