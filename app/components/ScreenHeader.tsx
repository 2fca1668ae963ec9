import type { ReactNode } from "react";

/** Name of a screen and what its rows rest on. */
export function ScreenHeader({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <header className="screen-header">
      <h1 tabIndex={-1}>{title}</h1>
      {children !== undefined && <p className="muted">{children}</p>}
    </header>
  );
}
