import { useEffect, useMemo, useState } from "react";
import type { QuorumMember, QuorumRow } from "../../worker/api.ts";
import { reloadQuorums, requestQuorumMembers } from "../actions.ts";
import { EmptyState } from "../components/EmptyState.tsx";
import { FilterChips } from "../components/FilterChips.tsx";
import { QuorumDetail } from "../components/QuorumDetail.tsx";
import { QuorumTable } from "../components/QuorumTable.tsx";
import { ScreenHeader } from "../components/ScreenHeader.tsx";
import { Sheet } from "../components/Sheet.tsx";
import type { Loaded } from "../loader.ts";
import { countStatuses, groupQuorums, type QuorumStatusFilter } from "../quorumGroups.ts";
import type { QuorumId } from "../route.ts";
import { isUnchecked, quorumsKey, useApp } from "../store.ts";
import { replaceRoute } from "../useRoute.ts";
import { ListBasis, RowsPending } from "./Rows.tsx";

const STATUSES: readonly { value: QuorumStatusFilter; label: string }[] = [
  { value: "all", label: "All" },
  { value: "verified", label: "Verified" },
  { value: "unknown", label: "Unknown" },
  { value: "invalid", label: "Invalid" },
];

/** The quorums of the newest proven list, by type. */
export function Quorums({ quorum }: { quorum: QuorumId | undefined }) {
  const key = useApp(quorumsKey);
  const rows = useApp((state) => state.quorums);
  useEffect(() => {
    if (key !== undefined) reloadQuorums();
  }, [key]);
  return (
    <>
      <ScreenHeader title="Quorums">
        <ListBasis />
      </ScreenHeader>
      {rows.status === "ready" && rows.value.length > 0 ? (
        <QuorumLists rows={rows.value} quorum={quorum} />
      ) : (
        <RowsPending rows={rows} icon="quorums" what="quorums" onRetry={reloadQuorums} />
      )}
    </>
  );
}

function QuorumLists({ rows, quorum }: { rows: readonly QuorumRow[]; quorum: QuorumId | undefined }) {
  const unchecked = useApp(isUnchecked);
  const [type, setType] = useState("all");
  const [status, setStatus] = useState<QuorumStatusFilter>("all");
  const llmqType = type === "all" ? undefined : Number(type);
  const all = useMemo(() => groupQuorums(rows, undefined, "all"), [rows]);
  const groups = useMemo(() => groupQuorums(rows, llmqType, status), [rows, llmqType, status]);
  const counts = useMemo(() => countStatuses(rows), [rows]);
  const types = all.map((group) => ({ value: String(group.llmqType), label: group.name }));
  return (
    <>
      <search className="toolbar">
        <FilterChips
          label="Type"
          options={[{ value: "all", label: "All types" }, ...types]}
          value={type}
          onChange={setType}
        />
        <FilterChips
          label="Status"
          options={STATUSES.map((option) => ({ ...option, count: counts[option.value] }))}
          value={status}
          onChange={setStatus}
        />
      </search>
      {groups.map((group) => (
        <QuorumTable key={group.llmqType} group={group} isUnchecked={unchecked} />
      ))}
      {groups.length === 0 && (
        <EmptyState icon="search" title="Nothing matches">
          No quorum of this type has this status.
        </EmptyState>
      )}
      {quorum !== undefined && <Detail rows={rows} quorum={quorum} />}
    </>
  );
}

function Detail({ rows, quorum }: { rows: readonly QuorumRow[]; quorum: QuorumId }) {
  const { llmqType, quorumHash } = quorum;
  const unchecked = useApp(isUnchecked);
  const row = rows.find((one) => one.llmqType === llmqType && one.quorumHash === quorumHash);
  const members = useMembers(llmqType, quorumHash, row?.status);
  return (
    <Sheet title="Quorum" onClose={() => replaceRoute({ screen: "quorums", quorum: undefined })}>
      {row === undefined ? (
        <p>The newest proven list holds no quorum with this hash.</p>
      ) : (
        <QuorumDetail row={row} isUnchecked={unchecked} members={members} />
      )}
    </Sheet>
  );
}

/** @param status - members may become known when it changes, so they are asked for again */
function useMembers(llmqType: number, quorumHash: string, status: QuorumRow["status"] | undefined) {
  const [members, setMembers] = useState<Loaded<readonly QuorumMember[] | undefined>>({ status: "idle" });
  useEffect(() => {
    if (status === undefined) return;
    let isWanted = true;
    requestQuorumMembers(llmqType, quorumHash)
      .then((value) => ({ status: "ready" as const, value }))
      .catch((error: unknown) => ({ status: "failed" as const, error }))
      .then((loaded) => isWanted && setMembers(loaded));
    return () => {
      isWanted = false;
    };
  }, [llmqType, quorumHash, status]);
  return members;
}
