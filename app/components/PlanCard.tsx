import type { SyncRun } from "../../worker/api.ts";
import { asSentence } from "../errorSentences.ts";
import { plural } from "../format.ts";
import { Card } from "./Card.tsx";
import { Chip } from "./Chip.tsx";

/** Lines that stand here before the rest is folded away. */
const FIRST_LINES = 4;

/** What is asked for and why, in words. */
export function PlanCard({ run }: { run: SyncRun }) {
  const { strategy, rationale } = run;
  const more = rationale.slice(FIRST_LINES);
  return (
    <Card
      title="The plan"
      badge={
        <Chip tone={strategy.kind === "discovery" ? "ok" : "warn"}>
          {strategy.kind === "discovery" ? "Discovery" : "Lists alone"}
        </Chip>
      }
    >
      {strategy.kind === "fallback" && <p>{asSentence(strategy.reason)}</p>}
      <Lines lines={rationale.slice(0, FIRST_LINES)} />
      {more.length > 0 && (
        <details className="plan-more">
          <summary>{plural(more.length, "more line")}</summary>
          <Lines lines={more} />
        </details>
      )}
    </Card>
  );
}

function Lines({ lines }: { lines: readonly string[] }) {
  return (
    <ul className="plan-lines">
      {lines.map((line) => (
        <li key={line} data-testid="plan-line">
          {asSentence(line)}
        </li>
      ))}
    </ul>
  );
}
