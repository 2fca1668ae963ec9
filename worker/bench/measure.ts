/** One line of the benchmark's table. */
export interface BenchRow {
  readonly what: string;
  /** Our figure with its unit. */
  readonly ours: number;
  readonly unit: string;
  /** Whom we are compared with, and its figure in the same unit and run. */
  readonly opponent?: { readonly name: string; readonly figure: number };
  /** How often better than the opponent; above 1 is better, whatever the unit. */
  readonly ratio?: number;
  /** What `design/product.md` asks for, in the same unit. */
  readonly budget?: { readonly relation: ">=" | "<="; readonly figure: number };
  readonly met?: boolean;
}

/** @returns milliseconds a call takes: the median of several runs of at least `minMs` together */
export async function medianMs(run: () => unknown, minMs = 400, minRuns = 5): Promise<number> {
  await run();
  const times: number[] = [];
  for (let total = 0; total < minMs || times.length < minRuns; ) {
    const start = performance.now();
    await run();
    const elapsed = performance.now() - start;
    times.push(elapsed);
    total += elapsed;
  }
  times.sort((a, b) => a - b);
  return times[Math.floor(times.length / 2)] as number;
}

export function makeRow(
  row: Omit<BenchRow, "met" | "ratio"> & { readonly isHigherBetter: boolean },
): BenchRow {
  const { isHigherBetter, opponent, budget, ours } = row;
  const ratio = opponent && (isHigherBetter ? ours / opponent.figure : opponent.figure / ours);
  const met = budget && (budget.relation === ">=" ? ours >= budget.figure : ours <= budget.figure);
  return {
    what: row.what,
    ours,
    unit: row.unit,
    ...(opponent ? { opponent } : {}),
    ...(ratio === undefined ? {} : { ratio }),
    ...(budget ? { budget } : {}),
    ...(met === undefined ? {} : { met }),
  };
}

export function formatTable(rows: readonly BenchRow[]): string {
  const cells = rows.map(({ what, ours, unit, opponent, ratio, budget, met }) => [
    what,
    `${formatNumber(ours)} ${unit}`,
    opponent ? `${formatNumber(opponent.figure)} ${unit} (${opponent.name})` : "",
    ratio === undefined ? "" : `${ratio.toFixed(1)}x`,
    budget ? `${budget.relation} ${formatNumber(budget.figure)}` : "",
    met === undefined ? "" : met ? "yes" : "NO",
  ]);
  const lines = [["what", "ours", "opponent", "ratio", "budget", "met"], ...cells];
  const widths = [0, 1, 2, 3, 4, 5].map((i) => Math.max(...lines.map((line) => (line[i] ?? "").length)));
  const format = (line: string[]) => `| ${line.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(" | ")} |`;
  const [head, ...rest] = lines.map(format) as [string, ...string[]];
  return [head, `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`, ...rest].join("\n");
}

function formatNumber(value: number): string {
  if (value >= 1000) return Math.round(value).toLocaleString("en-US");
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
