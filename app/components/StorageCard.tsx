import type { StorageUsage } from "../../worker/api.ts";
import { formatBytes, formatNumber } from "../format.ts";
import { Card } from "./Card.tsx";

interface StorageCardProps {
  /** Undefined until the engine has answered. */
  usage: StorageUsage | undefined;
  /** What became of the last reset, one sentence. */
  outcome: string;
  onReset: () => void;
}

/** What is kept on this device, and how to forget it. */
export function StorageCard({ usage, outcome, onReset }: StorageCardProps) {
  return (
    <Card title="Saved on this device">
      <dl className="facts is-inline">
        <div>
          <dt>Headers</dt>
          <dd>{usage === undefined ? "–" : formatNumber(usage.headers)}</dd>
        </div>
        <div>
          <dt>Lists</dt>
          <dd>{usage === undefined ? "–" : formatNumber(usage.lists)}</dd>
        </div>
        <div>
          <dt>Used</dt>
          <dd>{usage?.usedBytes === undefined ? "–" : formatBytes(usage.usedBytes)}</dd>
        </div>
        <div>
          <dt>Allowed by the browser</dt>
          <dd>{usage?.quotaBytes === undefined ? "–" : formatBytes(usage.quotaBytes)}</dd>
        </div>
      </dl>
      <p className="muted">What is saved is checked again at every start, and dropped if it fails.</p>
      <button type="button" className="button is-danger is-fitting" onClick={onReset}>
        Forget everything…
      </button>
      <p role="status">{outcome}</p>
    </Card>
  );
}
