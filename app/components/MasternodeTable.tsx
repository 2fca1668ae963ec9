import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { useLayoutEffect, useRef, useState } from "react";
import type { MasternodeRow } from "../../worker/api.ts";
import { shortHash } from "../format.ts";
import { masternodeHref } from "../route.ts";
import { useMediaQuery } from "../useMediaQuery.ts";
import { Chip } from "./Chip.tsx";

/** Heights of the two layouts in the style sheet. */
const ROW_HEIGHT_PX = 52;
const NARROW_ROW_HEIGHT_PX = 72;
const NARROW = "(max-width: 699px)";
/** Rows kept above and below the window, so that fast scrolling shows no gaps. */
const OVERSCAN_ROWS = 12;

/** Thousands of rows, of which only those in the window exist. It scrolls with the page. */
export function MasternodeTable({ rows }: { rows: readonly MasternodeRow[] }) {
  const isNarrow = useMediaQuery(NARROW);
  const body = useRef<HTMLTableSectionElement>(null);
  const [bodyTopPx, setBodyTopPx] = useState(0);
  const rowHeight = isNarrow ? NARROW_ROW_HEIGHT_PX : ROW_HEIGHT_PX;
  const virtualizer = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => rowHeight,
    overscan: OVERSCAN_ROWS,
    scrollMargin: bodyTopPx,
    // Scrolling renders in batches: React warns of a synchronous render inside its own.
    useFlushSync: false,
  });
  useLayoutEffect(() => {
    if (body.current === null) return;
    setBodyTopPx(Math.round(body.current.getBoundingClientRect().top + window.scrollY));
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: sizes are measured again when the layout changes
  useLayoutEffect(() => virtualizer.measure(), [rowHeight]);
  return (
    <table className="grid-table masternode-table" aria-rowcount={rows.length + 1}>
      <thead>
        <tr aria-rowindex={1}>
          <th scope="col">ProTx hash</th>
          <th scope="col">Address</th>
          <th scope="col">Type</th>
          <th scope="col">Status</th>
        </tr>
      </thead>
      <tbody ref={body} style={{ height: virtualizer.getTotalSize() }}>
        {virtualizer.getVirtualItems().map((item) => {
          const row = rows[item.index];
          return (
            row !== undefined && (
              <Row key={row.proTxHash} row={row} index={item.index} topPx={item.start - bodyTopPx} />
            )
          );
        })}
      </tbody>
    </table>
  );
}

function Row({ row, index, topPx }: { row: MasternodeRow; index: number; topPx: number }) {
  return (
    <tr aria-rowindex={index + 2} style={{ transform: `translateY(${topPx}px)` }}>
      <td className="cell-hash">
        <a className="row-link" href={masternodeHref(row.proTxHash)}>
          <code>{shortHash(row.proTxHash, 10)}</code>
        </a>
      </td>
      <td className="cell-address">{row.service ?? <span className="muted">No address</span>}</td>
      <td className="cell-type">{row.isEvo ? "Evo" : "Regular"}</td>
      <td className="cell-status">
        <MasternodeChip isValid={row.isValid} />
      </td>
    </tr>
  );
}

export function MasternodeChip({ isValid }: { isValid: boolean }) {
  return isValid ? (
    <Chip tone="ok">Enabled</Chip>
  ) : (
    <Chip tone="danger" icon="cross">
      Banned
    </Chip>
  );
}
