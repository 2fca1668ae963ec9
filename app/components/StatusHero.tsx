import type { ReactNode } from "react";
import type { Status } from "../status.ts";
import { Beacon } from "./Beacon.tsx";

interface StatusHeroProps {
  status: Status;
  /** 0 to 1, drawn as the gauge around the lamp. */
  fraction: number;
  /** Small facts under the sentence. */
  facts: ReactNode;
  /** What is going on, while it is. */
  children?: ReactNode;
}

/** The answer first: can I rely on what I see, and why. */
export function StatusHero({ status, fraction, facts, children }: StatusHeroProps) {
  return (
    <section className={`hero tone-${status.tone}`} aria-label="Status">
      <Beacon tone={status.tone} fraction={fraction} />
      <div className="hero-text">
        <h1 tabIndex={-1} data-testid="sync-status" data-kind={status.kind}>
          {status.headline}
        </h1>
        <p className="hero-detail">{status.detail}</p>
        <div className="hero-facts">{facts}</div>
        {children}
      </div>
    </section>
  );
}
