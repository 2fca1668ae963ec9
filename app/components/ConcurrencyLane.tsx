import type { ConcurrencySample } from "../../worker/api.ts";
import { plural } from "../format.ts";
import { stepsOf, type TimeSpan } from "../stepChart.ts";
import { StepChart } from "./StepChart.tsx";

interface ConcurrencyLaneProps {
  samples: readonly ConcurrencySample[];
  span: TimeSpan;
}

/** How many requests were on their way, against how many may be; in time with the lanes above it. */
export function ConcurrencyLane({ samples, span }: ConcurrencyLaneProps) {
  const inFlight = stepsOf(
    samples.map((sample) => ({ atMs: sample.atMs, value: sample.inFlight })),
    span,
  );
  const limit = stepsOf(
    samples.map((sample) => ({ atMs: sample.atMs, value: sample.limit })),
    span,
  );
  const allowed = limit.at(-1)?.value;
  if (allowed === undefined) return null;
  const most = Math.max(...inFlight.map(({ value }) => value));
  return (
    <div className="lane">
      <span className="lane-name">
        On their way{" "}
        <small>
          {most} at most, {allowed} allowed
        </small>
      </span>
      <StepChart
        label={`At most ${plural(most, "request")} on their way at the same time; ${allowed} allowed`}
        steps={inFlight}
        limit={limit}
        most={Math.max(1, most, ...limit.map(({ value }) => value))}
      />
    </div>
  );
}
