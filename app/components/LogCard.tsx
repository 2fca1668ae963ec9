import { useState } from "react";
import type { LogEntry } from "../../worker/api.ts";
import { formatTime } from "../format.ts";
import { Card } from "./Card.tsx";
import { FilterChips } from "./FilterChips.tsx";
import { Icon } from "./Icon.tsx";

type Level = "all" | LogEntry["level"];

const LEVELS: readonly { value: Level; label: string }[] = [
  { value: "all", label: "All" },
  { value: "info", label: "Info" },
  { value: "warning", label: "Warnings" },
  { value: "error", label: "Errors" },
];

/** What is looked at here; the download has all. */
const MOST_SHOWN = 200;

/** The decisions of the engine, newest first. */
export function LogCard({ log, onExport }: { log: readonly LogEntry[]; onExport: () => void }) {
  const [level, setLevel] = useState<Level>("all");
  const shown = log
    .filter((entry) => level === "all" || entry.level === level)
    .slice(-MOST_SHOWN)
    .reverse();
  return (
    <Card title="Log">
      <div className="log-tools">
        <FilterChips label="Level" options={LEVELS} value={level} onChange={setLevel} />
        <button type="button" className="button" onClick={onExport}>
          <Icon name="download" size={16} /> Download
        </button>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and must do so by keyboard too */}
      <section className="log" aria-label="Entries, newest first" tabIndex={0}>
        {shown.length === 0 ? (
          <p className="muted">Nothing to show.</p>
        ) : (
          <ol>{withKeys(shown).map(renderEntry)}</ol>
        )}
      </section>
    </Card>
  );
}

function renderEntry([key, entry]: readonly [string, LogEntry]) {
  return (
    <li key={key} className={`is-${entry.level}`}>
      <time dateTime={new Date(entry.timeMs).toISOString()}>{formatTime(entry.timeMs)}</time>
      {entry.level !== "info" && <strong>{entry.level}</strong>}
      <span>{entry.message}</span>
    </li>
  );
}

/** Entries have no number, and two may say the same at the same time. */
function withKeys(entries: readonly LogEntry[]): (readonly [string, LogEntry])[] {
  const seen = new Map<string, number>();
  return entries.map((entry) => {
    const text = `${entry.timeMs} ${entry.message}`;
    const count = seen.get(text) ?? 0;
    seen.set(text, count + 1);
    return [`${text} ${count}`, entry];
  });
}
