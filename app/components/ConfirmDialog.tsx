import type { ReactNode } from "react";
import { Sheet } from "./Sheet.tsx";

interface ConfirmDialogProps {
  title: string;
  children: ReactNode;
  /** What the button does, as a verb. */
  action: string;
  onConfirm: () => void;
  onCancel: () => void;
}

/** Asks before something that cannot be undone. */
export function ConfirmDialog({ title, children, action, onConfirm, onCancel }: ConfirmDialogProps) {
  return (
    <Sheet title={title} place="center" onClose={onCancel}>
      <div>{children}</div>
      <div className="dialog-actions">
        <button type="button" className="button" onClick={onCancel}>
          Cancel
        </button>
        <button type="button" className="button is-danger" onClick={onConfirm}>
          {action}
        </button>
      </div>
    </Sheet>
  );
}
