import type { MasternodeRow } from "../worker/api.ts";

export type MasternodeKind = "all" | "enabled" | "banned" | "evo" | "regular";

const KINDS: Record<MasternodeKind, (row: MasternodeRow) => boolean> = {
  all: () => true,
  enabled: (row) => row.isValid,
  banned: (row) => !row.isValid,
  evo: (row) => row.isEvo,
  regular: (row) => !row.isEvo,
};

/**
 * @param query - part of a proTxHash or an address, in any case; empty matches all
 * @returns the rows of that kind that match, in the same order
 */
export function filterMasternodes(
  rows: readonly MasternodeRow[],
  kind: MasternodeKind,
  query: string,
): readonly MasternodeRow[] {
  const text = query.trim().toLowerCase();
  const isOfKind = KINDS[kind];
  return rows.filter((row) => isOfKind(row) && (text === "" || matches(row, text)));
}

function matches(row: MasternodeRow, text: string): boolean {
  return row.proTxHash.includes(text) || (row.service?.toLowerCase().includes(text) ?? false);
}

/** @returns how many rows each kind has */
export function countMasternodes(rows: readonly MasternodeRow[]): Record<MasternodeKind, number> {
  const enabled = rows.filter(KINDS.enabled).length;
  const evo = rows.filter(KINDS.evo).length;
  return { all: rows.length, enabled, banned: rows.length - enabled, evo, regular: rows.length - evo };
}
