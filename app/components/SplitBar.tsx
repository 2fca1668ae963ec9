import type { Tone } from "../status.ts";

export interface BarPart {
  readonly tone: Tone;
  readonly count: number;
}

/** Shares of a whole, drawn; the numbers stand beside it in words. */
export function SplitBar({ parts }: { parts: readonly BarPart[] }) {
  return (
    <span className="split-bar" aria-hidden="true">
      {parts
        .filter((part) => part.count > 0)
        .map((part) => (
          <span key={part.tone} className={`tone-${part.tone}`} style={{ flexGrow: part.count }} />
        ))}
    </span>
  );
}
