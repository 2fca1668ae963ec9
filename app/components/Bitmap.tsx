import { formatNumber } from "../format.ts";
import { countSet } from "../quorumGroups.ts";

const CELL = 10;
const DOT = 8;
/** So many fit side by side on a phone. */
const ONE_LINE = 16;

interface BitmapProps {
  /** What a filled square means, as in "signed". */
  label: string;
  bits: readonly boolean[];
}

/** One square a member, in member order. */
export function Bitmap({ label, bits }: BitmapProps) {
  const columns = bits.length <= ONE_LINE ? bits.length : Math.ceil(Math.sqrt(bits.length * 2));
  const rows = Math.ceil(bits.length / columns);
  const text = `${formatNumber(countSet(bits))} of ${formatNumber(bits.length)} ${label}`;
  return (
    <figure className="bitmap">
      <figcaption>{text}</figcaption>
      <svg
        viewBox={`0 0 ${columns * CELL} ${rows * CELL}`}
        style={{ maxWidth: columns * 16 }}
        aria-hidden="true"
      >
        <path className="bitmap-unset" d={squares(bits, false, columns)} />
        <path className="bitmap-set" d={squares(bits, true, columns)} />
      </svg>
    </figure>
  );
}

/** One path for all squares of one kind: 400 elements less. */
function squares(bits: readonly boolean[], wanted: boolean, columns: number): string {
  return bits
    .map((bit, index) => {
      if (bit !== wanted) return "";
      const x = (index % columns) * CELL + 1;
      const y = Math.floor(index / columns) * CELL + 1;
      return `M${x} ${y}h${DOT}v${DOT}h-${DOT}z`;
    })
    .join("");
}
