import type { SyncPriority, SyncRequestRow } from "../../worker/api.ts";
import { asSentence } from "../errorSentences.ts";
import { formatBytes, formatSpan } from "../format.ts";
import { REQUEST_STATES, requestName } from "../requestStates.ts";
import { tookMs, waitedMs } from "../syncTotals.ts";
import { Chip } from "./Chip.tsx";
import { RequestError } from "./RequestError.tsx";

const PRIORITIES: Record<SyncPriority, string> = {
  critical: "First of all",
  high: "High",
  normal: "Normal",
  low: "Low",
};

interface RequestDetailProps {
  /** Undefined while none is pointed at. */
  row: SyncRequestRow | undefined;
  /** Where the timeline begins. */
  fromMs: number;
  nowMs: number;
}

/** What the bar that is pointed at stands for. */
export function RequestDetail({ row, fromMs, nowMs }: RequestDetailProps) {
  if (row === undefined) {
    return (
      <p className="request-detail muted">
        Point at a bar, or go from one to the next with the arrow keys, to see what it was. While nothing is
        on its way, what came is being verified in this tab, or the next try waits.
      </p>
    );
  }
  const { tone, label } = REQUEST_STATES[row.state];
  const took = tookMs(row, nowMs);
  return (
    <div className="request-detail" data-testid="request-detail">
      <p className="request-title">
        <strong>{requestName(row)}</strong>
        <Chip tone={tone}>{label}</Chip>
      </p>
      <p className="muted">
        {asSentence(row.reason)}
        {row.isSpeculative && " Nobody has said yet that it is needed."}
      </p>
      <dl className="facts is-inline">
        <Fact name="Node">{row.address === undefined ? "none yet" : <code>{row.address}</code>}</Fact>
        <Fact name="Asked for at">{formatSpan(row.queuedAtMs - fromMs)}</Fact>
        <Fact name="Waited">{formatSpan(waitedMs(row, nowMs))}</Fact>
        <Fact name="Took">{took === undefined ? "–" : formatSpan(took)}</Fact>
        <Fact name="Size">{row.bytes === undefined ? "–" : formatBytes(row.bytes)}</Fact>
        <Fact name="Priority">{PRIORITIES[row.priority]}</Fact>
      </dl>
      {row.error !== undefined && <RequestError error={row.error} />}
    </div>
  );
}

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
