import type { QuorumRow } from "../../worker/api.ts";
import { Chip, NotRechecked } from "./Chip.tsx";

interface QuorumChipProps {
  row: Pick<QuorumRow, "status" | "isNeeded">;
  /** Verified before, not in this run: said instead of verified. */
  isUnchecked: boolean;
}

export function QuorumChip({ row, isUnchecked }: QuorumChipProps) {
  switch (row.status) {
    case "verified":
      return isUnchecked ? <NotRechecked /> : <Chip tone="ok">Verified</Chip>;
    case "unknown":
      return row.isNeeded ? <Chip tone="warn">Unknown</Chip> : <Chip tone="off">Not checked</Chip>;
    case "invalid":
      return <Chip tone="danger">Invalid</Chip>;
  }
}
