import { type ReactNode, useId } from "react";
import { Icon } from "./Icon.tsx";

interface CardProps {
  title: string;
  children: ReactNode;
  /** Where to see more. */
  more?: { readonly href: string; readonly label: string };
  /** Beside the title. */
  badge?: ReactNode;
  className?: string;
}

/** A section of a screen with a heading of its own. */
export function Card({ title, children, more, badge, className = "" }: CardProps) {
  const id = useId();
  return (
    <section className={`card ${className}`} aria-labelledby={id}>
      <header className="card-header">
        <h2 id={id}>{title}</h2>
        {badge}
      </header>
      {children}
      {more !== undefined && (
        <a className="card-more" href={more.href}>
          {more.label} <Icon name="arrow" size={16} />
        </a>
      )}
    </section>
  );
}
