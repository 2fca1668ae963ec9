import type { QuorumRow } from "../worker/api.ts";

export type QuorumStatusFilter = "all" | QuorumRow["status"];

export interface QuorumGroup {
  readonly llmqType: number;
  readonly name: string;
  readonly isNeeded: boolean;
  readonly rows: readonly QuorumRow[];
}

/**
 * @param llmqType - undefined for all types
 * @returns the matching quorums by type: needed types first, then by number, each in the order given; no empty groups
 */
export function groupQuorums(
  rows: readonly QuorumRow[],
  llmqType: number | undefined,
  status: QuorumStatusFilter,
): readonly QuorumGroup[] {
  const groups = new Map<number, QuorumRow[]>();
  for (const row of rows) {
    if (llmqType !== undefined && row.llmqType !== llmqType) continue;
    if (status !== "all" && row.status !== status) continue;
    const group = groups.get(row.llmqType);
    if (group === undefined) groups.set(row.llmqType, [row]);
    else group.push(row);
  }
  return [...groups.values()]
    .flatMap((group) => {
      const [first] = group;
      return first === undefined ? [] : { ...pickType(first), rows: group };
    })
    .sort((a, b) => Number(b.isNeeded) - Number(a.isNeeded) || a.llmqType - b.llmqType);
}

function pickType({ llmqType, name, isNeeded }: QuorumRow): Omit<QuorumGroup, "rows"> {
  return { llmqType, name, isNeeded };
}

export function countStatuses(rows: readonly QuorumRow[]): Record<QuorumStatusFilter, number> {
  const counts = { all: rows.length, verified: 0, unknown: 0, invalid: 0 };
  for (const row of rows) counts[row.status]++;
  return counts;
}

export function countSet(bits: readonly boolean[]): number {
  return bits.filter(Boolean).length;
}
