import { useId } from "react";
import type { QuorumRow } from "../../worker/api.ts";
import { formatNumber, plural, shortHash } from "../format.ts";
import { countSet, countStatuses, type QuorumGroup } from "../quorumGroups.ts";
import { quorumHref } from "../route.ts";
import { Chip } from "./Chip.tsx";
import { QuorumChip } from "./QuorumChip.tsx";

/** All shown quorums of one type. */
export function QuorumTable({ group, isUnchecked }: { group: QuorumGroup; isUnchecked: boolean }) {
  const id = useId();
  const { verified } = countStatuses(group.rows);
  return (
    <section className="quorum-group" aria-labelledby={id} data-testid={`quorum-group-${group.llmqType}`}>
      <header>
        <h2 id={id}>{group.name}</h2>
        <span className="muted">
          type {group.llmqType}, {plural(group.rows.length, "quorum")}, {formatNumber(verified)} verified
          {isUnchecked && " before"}
        </span>
        {group.isNeeded && (
          <Chip tone="busy" icon="check">
            Needed
          </Chip>
        )}
      </header>
      <table className="grid-table quorum-table">
        <thead>
          <tr>
            <th scope="col">Index</th>
            <th scope="col">Height</th>
            <th scope="col">Quorum hash</th>
            <th scope="col">Signed by</th>
            <th scope="col">Status</th>
          </tr>
        </thead>
        <tbody>
          {group.rows.map((row) => (
            <Row key={row.quorumHash} row={row} isUnchecked={isUnchecked} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Row({ row, isUnchecked }: { row: QuorumRow; isUnchecked: boolean }) {
  return (
    <tr>
      <td className="cell-index">{row.quorumIndex}</td>
      <td className="cell-height">{row.height === undefined ? "–" : formatNumber(row.height)}</td>
      <td className="cell-hash">
        <a className="row-link" href={quorumHref(row.llmqType, row.quorumHash)}>
          <code>{shortHash(row.quorumHash)}</code>
        </a>
      </td>
      <td className="cell-signers">
        {formatNumber(countSet(row.signers))} of {formatNumber(row.size)}
      </td>
      <td className="cell-status">
        <QuorumChip row={row} isUnchecked={isUnchecked} />
        {row.reason !== undefined && row.isNeeded && <p className="row-reason">{row.reason}</p>}
      </td>
    </tr>
  );
}
