import type { ReactNode } from "react";
import { Icon, type IconName } from "./Icon.tsx";

/** What stands where rows would be. */
export function EmptyState({
  icon,
  title,
  children,
}: {
  icon: IconName;
  title: string;
  children: ReactNode;
}) {
  return (
    <div className="empty-state">
      <Icon name={icon} size={32} />
      <p className="empty-title">{title}</p>
      <p>{children}</p>
    </div>
  );
}
