import { type ReactNode, useId, useLayoutEffect, useRef } from "react";
import { Icon } from "./Icon.tsx";

interface SheetProps {
  title: string;
  onClose: () => void;
  children: ReactNode;
  /** "side": details beside the rows; "center": a question. */
  place?: "side" | "center";
}

/** A dialog over the page. The browser keeps the focus in it and gives it back afterwards. */
export function Sheet({ title, onClose, children, place = "side" }: SheetProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  // Before the element is gone: closing it is what gives the focus back.
  useLayoutEffect(() => {
    const element = dialog.current;
    if (element === null || element.open) return;
    element.showModal();
    return () => element.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      className={`sheet is-${place}`}
      aria-labelledby={titleId}
      closedby="any"
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      <header className="sheet-header">
        <h2 id={titleId}>{title}</h2>
        <button type="button" className="icon-button" aria-label="Close" onClick={onClose}>
          <Icon name="cross" />
        </button>
      </header>
      <div className="sheet-body">{children}</div>
    </dialog>
  );
}
