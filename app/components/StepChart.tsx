import { type Step, stepArea, stepPath } from "../stepChart.ts";

interface StepChartProps {
  /** What is drawn, as one sentence. */
  label: string;
  steps: readonly Step[];
  /** Drawn as a dashed line. */
  limit?: readonly Step[];
  /** Value at the top. */
  most: number;
}

/** A value over time as an area; as wide as there is room, whatever it stands in. */
export function StepChart({ label, steps, limit, most }: StepChartProps) {
  return (
    <svg
      className="step-chart"
      viewBox="0 0 1000 100"
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      <path className="step-area" d={stepArea(steps, most)} />
      <path className="step-line" d={stepPath(steps, most)} />
      {limit !== undefined && <path className="step-limit" d={stepPath(limit, most)} />}
    </svg>
  );
}
