import type { SyncRequestRow } from "../../worker/api.ts";
import { formatBytes, formatNumber, formatSpan } from "../format.ts";
import { REQUEST_STATES, requestName } from "../requestStates.ts";
import { tookMs, waitedMs } from "../syncTotals.ts";
import { Chip } from "./Chip.tsx";
import { RequestError } from "./RequestError.tsx";

/** What is looked at here. */
const MOST_SHOWN = 200;

/** The same requests as text, newest first. */
export function RequestTable({ rows, nowMs }: { rows: readonly SyncRequestRow[]; nowMs: number }) {
  const shown = rows.toSorted((a, b) => b.id - a.id).slice(0, MOST_SHOWN);
  return (
    <>
      {rows.length > shown.length && (
        <p className="muted">
          The newest {formatNumber(shown.length)} of {formatNumber(rows.length)}.
        </p>
      )}
      <table className="grid-table request-table" data-testid="request-table">
        <caption className="visually-hidden">Requests, newest first</caption>
        <thead>
          <tr>
            <th scope="col">Request</th>
            <th scope="col">State</th>
            <th scope="col">Node</th>
            <th scope="col">Waited</th>
            <th scope="col">Took</th>
            <th scope="col">Size</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((row) => (
            <Row key={row.id} row={row} nowMs={nowMs} />
          ))}
        </tbody>
      </table>
    </>
  );
}

function Row({ row, nowMs }: { row: SyncRequestRow; nowMs: number }) {
  const { tone, label } = REQUEST_STATES[row.state];
  const took = tookMs(row, nowMs);
  return (
    <tr data-testid="request" data-state={row.state} data-kind={row.kind}>
      <td className="cell-request">
        {requestName(row)}
        <p className="row-reason">{row.reason}</p>
        {row.error !== undefined && <RequestError error={row.error} />}
      </td>
      <td className="cell-state">
        <Chip tone={tone}>{label}</Chip>
      </td>
      <td className="cell-node" data-label="Node">
        {row.address === undefined ? "–" : <code>{row.address}</code>}
      </td>
      <td data-label="Waited">{formatSpan(waitedMs(row, nowMs))}</td>
      <td data-label="Took">{took === undefined ? "–" : formatSpan(took)}</td>
      <td data-label="Size">{row.bytes === undefined ? "–" : formatBytes(row.bytes)}</td>
    </tr>
  );
}
