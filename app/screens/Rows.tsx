import { Amount } from "../components/Amount.tsx";
import { EmptyState } from "../components/EmptyState.tsx";
import type { IconName } from "../components/Icon.tsx";
import { thrownSentence } from "../errorSentences.ts";
import type { Loaded } from "../loader.ts";
import { isUnchecked, useApp } from "../store.ts";

/** What the rows of a screen rest on, one sentence. */
export function ListBasis() {
  const height = useApp((state) => state.snapshot?.masternodes?.height);
  const unchecked = useApp(isUnchecked);
  if (height === undefined) return "From the newest list that its block proves.";
  return (
    <>
      From the list that block <Amount value={height} testId="list-height" /> commits to
      {unchecked ? "; it was proven before, and is not checked again yet." : ", proven here."}
    </>
  );
}

interface RowsPendingProps {
  rows: Loaded<readonly unknown[]>;
  icon: IconName;
  /** The rows' name in the plural. */
  what: string;
  onRetry: () => void;
}

/** What stands on a screen that has no rows yet. */
export function RowsPending({ rows, icon, what, onRetry }: RowsPendingProps) {
  if (rows.status === "failed") {
    return (
      <EmptyState icon="alert" title={`The ${what} could not be loaded`}>
        {thrownSentence(rows.error)}{" "}
        <button type="button" className="button" onClick={onRetry}>
          Try again
        </button>
      </EmptyState>
    );
  }
  return (
    <EmptyState icon={icon} title={rows.status === "loading" ? `Loading ${what}…` : `No ${what} yet`}>
      They appear as soon as a list is proven.
    </EmptyState>
  );
}
