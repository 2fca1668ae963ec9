import type { Tone } from "../status.ts";

const RADIUS = 54;
/** The gauge leaves a quarter open at the bottom, as a speedometer does. */
const ARC = 2 * Math.PI * RADIUS * 0.75;

/** The big lamp: its colour is the answer, its gauge the progress. The words beside it say the same. */
export function Beacon({ tone, fraction }: { tone: Tone; fraction: number }) {
  const filled = ARC * Math.min(1, Math.max(0, fraction));
  return (
    <svg className={`beacon tone-${tone}`} viewBox="0 0 128 128" aria-hidden="true">
      <circle className="beacon-halo" cx="64" cy="66" r="40" />
      <g transform="rotate(135 64 64)" fill="none">
        <circle className="beacon-track" cx="64" cy="64" r={RADIUS} strokeDasharray={`${ARC} 999`} />
        {filled > 0 && (
          <circle className="beacon-fill" cx="64" cy="64" r={RADIUS} strokeDasharray={`${filled} 999`} />
        )}
      </g>
      <path className="beacon-lamp" d="M44 81V70a20 20 0 0 1 40 0v11z" />
      <rect className="beacon-base" x="38" y="85" width="52" height="8.5" rx="4.25" />
      <path
        className="beacon-rays"
        d="M33.5 69.5H27M42 48.5l-4.6-4.6M64 39.5V33M86 48.5l4.6-4.6M94.5 69.5h6.5"
      />
      <path className="beacon-sign" d={SIGNS[tone]} />
    </svg>
  );
}

/** What stands inside the lamp, so that colour is not the only sign. */
const SIGNS: Record<Tone, string> = {
  ok: "M55.5 70.5l6 6L73 65",
  busy: "M56 71h.01M64 71h.01M72 71h.01",
  warn: "M64 62v8M64 75.5h.01",
  danger: "M58 64.5l12 12M70 64.5l-12 12",
  off: "M57 71h14",
};
