import type { StoredSnapshot } from "../../worker/api.ts";
import { plural } from "../format.ts";
import { Age } from "./Age.tsx";
import { Card } from "./Card.tsx";
import { Chip } from "./Chip.tsx";

const STORED_SENTENCES: Record<StoredSnapshot["status"], string> = {
  "checking-again": "It is being checked again like any node's answer.",
  checked: "It was checked again since this page was opened, and it held.",
  dropped: "It did not pass the check, so it was dropped and fetched again.",
};

const STORED_CHIPS: Record<StoredSnapshot["status"], { tone: "busy" | "ok" | "warn"; label: string }> = {
  "checking-again": { tone: "busy", label: "Checking again" },
  checked: { tone: "ok", label: "Checked" },
  dropped: { tone: "warn", label: "Dropped" },
};

export function StoredCard({ stored, nowMs }: { stored: StoredSnapshot; nowMs: number }) {
  const chip = STORED_CHIPS[stored.status];
  return (
    <Card title="Saved on this device" className="is-wide" badge={<Chip tone={chip.tone}>{chip.label}</Chip>}>
      <p className="figure is-text" data-testid="stored-age">
        <Age timeMs={stored.savedAtMs} nowMs={nowMs} />
      </p>
      <p className="muted">{STORED_SENTENCES[stored.status]}</p>
    </Card>
  );
}

export function CannotVerifyCard({ names }: { names: readonly string[] }) {
  return (
    <Card
      title="Cannot be verified"
      className="is-wide"
      badge={<Chip tone="warn">{plural(names.length, "quorum")}</Chip>}
    >
      <p className="muted">No node can give the missing proof, so these quorums are never used.</p>
      <ul className="plain-list" data-testid="cannot-verify">
        {names.map((name) => (
          <li key={name}>
            <code>{name}</code>
          </li>
        ))}
      </ul>
    </Card>
  );
}
