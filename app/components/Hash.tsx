import { shortHash } from "../format.ts";
import { CopyButton } from "./CopyButton.tsx";

interface HashProps {
  value: string;
  /** What it is, as in "block hash". */
  what: string;
  /** Where it leads inside the app. */
  href?: string;
  edge?: number;
}

/** A hash, shortened, with a button that copies all of it. */
export function Hash({ value, what, href, edge = 8 }: HashProps) {
  const short = shortHash(value, edge);
  return (
    <span className="hash">
      {href === undefined ? (
        <code title={value}>{short}</code>
      ) : (
        <a href={href} title={value}>
          <code>{short}</code>
        </a>
      )}
      <CopyButton text={value} what={what} />
    </span>
  );
}
