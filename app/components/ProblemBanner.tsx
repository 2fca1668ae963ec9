import type { ReactNode } from "react";
import { Icon } from "./Icon.tsx";

interface ProblemBannerProps {
  tone: "warn" | "danger";
  /** One clear sentence. */
  sentence: ReactNode;
  /** Since when, what is tried next. */
  note?: ReactNode;
  /** The engine's own words, for a report. */
  details?: string;
  action?: { readonly label: string; readonly onClick: () => void };
}

/** Something is wrong: what, since when, and what can be done. */
export function ProblemBanner({ tone, sentence, note, details, action }: ProblemBannerProps) {
  return (
    <section className={`banner tone-${tone}`} aria-label="Problem">
      <Icon name="alert" size={22} />
      <div className="banner-text">
        {/* Only the sentence is announced: what stands below it changes with the clock. */}
        <p role="alert" data-testid="problem-text">
          {sentence}
        </p>
        {note !== undefined && <p className="banner-note">{note}</p>}
        {details !== undefined && (
          <details>
            <summary>Details</summary>
            <code>{details}</code>
          </details>
        )}
      </div>
      {action !== undefined && (
        <button type="button" className="button" onClick={action.onClick}>
          <Icon name="retry" size={16} /> {action.label}
        </button>
      )}
    </section>
  );
}
