import { type ReactNode, useId } from "react";

interface FormFieldProps {
  label: string;
  hint: string;
  /** Why the engine refused the value; undefined while it did not. */
  error: string | undefined;
  /** Gets what joins the input to its label, hint and error. */
  children: (input: { id: string; "aria-describedby": string; "aria-invalid": boolean }) => ReactNode;
}

/** A labelled input with its hint, and its error where it happened. */
export function FormField({ label, hint, error, children }: FormFieldProps) {
  const id = useId();
  const hintId = `${id}-hint`;
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children({ id, "aria-describedby": hintId, "aria-invalid": error !== undefined })}
      <FieldHint id={hintId} hint={hint} error={error} />
    </div>
  );
}

export function FieldHint({ id, hint, error }: { id: string; hint: string; error: string | undefined }) {
  return (
    <div id={id}>
      {error !== undefined && <p className="field-error">{error}</p>}
      <p className="field-hint">{hint}</p>
    </div>
  );
}
