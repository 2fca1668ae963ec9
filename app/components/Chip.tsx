import type { ReactNode } from "react";
import type { Tone } from "../status.ts";
import { Icon, type IconName } from "./Icon.tsx";

const ICONS: Record<Tone, IconName | undefined> = {
  ok: "check",
  busy: undefined,
  warn: "clock",
  danger: "alert",
  off: undefined,
};

interface ChipProps {
  tone: Tone;
  children: ReactNode;
  /** Instead of the tone's own. */
  icon?: IconName;
  testId?: string;
}

/** One word of state, with the colour of its tone. */
export function Chip({ tone, children, icon = ICONS[tone], testId }: ChipProps) {
  return (
    <span className={`chip tone-${tone}`} data-testid={testId}>
      {icon === undefined ? <span className="chip-dot" aria-hidden="true" /> : <Icon name={icon} size={14} />}
      {children}
    </span>
  );
}

/** Said of what was verified before, but not in this run of the engine. */
export function NotRechecked() {
  return <Chip tone="warn">Not rechecked</Chip>;
}
