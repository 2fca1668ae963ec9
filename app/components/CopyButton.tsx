import { useEffect, useState } from "react";
import { Icon } from "./Icon.tsx";

const SHOW_COPIED_MS = 1_600;

type CopyState = "idle" | "copied" | "refused";

const ANNOUNCEMENTS: Record<CopyState, string> = {
  idle: "",
  copied: "Copied",
  refused: "This browser does not allow copying here",
};

/** @param what - named in the button's label, as in "Copy block hash" */
export function CopyButton({ text, what }: { text: string; what: string }) {
  const [state, setState] = useState<CopyState>("idle");
  useEffect(() => {
    if (state === "idle") return;
    const timer = setTimeout(() => setState("idle"), SHOW_COPIED_MS);
    return () => clearTimeout(timer);
  }, [state]);

  function copy(): void {
    // Absent on pages without https, refused without the reader's permission.
    const copied = navigator.clipboard?.writeText(text) ?? Promise.reject(new Error("no clipboard"));
    copied.then(
      () => setState("copied"),
      () => setState("refused"),
    );
  }

  const icon = state === "copied" ? "check" : state === "refused" ? "cross" : "copy";
  return (
    <button
      type="button"
      className={`copy-button is-${state}`}
      aria-label={`Copy ${what}`}
      title={`Copy ${what}`}
      onClick={copy}
    >
      <Icon name={icon} size={16} />
      <span className="visually-hidden" role="status">
        {ANNOUNCEMENTS[state]}
      </span>
    </button>
  );
}
