import { formatNumber } from "../format.ts";

/** A number as people read it, with the plain one for machines beside it. */
export function Amount({ value, testId }: { value: number; testId?: string }) {
  return (
    <data value={value} data-testid={testId}>
      {formatNumber(value)}
    </data>
  );
}
