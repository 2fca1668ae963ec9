import { useEffect, useId, useRef } from "react";
import { DEFAULT_TUNING, TUNING_RANGES } from "../../worker/syncTuning.ts";
import { type TuningDraft, toTuningDraft } from "../tuningDraft.ts";
import { TUNING_NUMBERS, TUNING_SWITCHES, type TuningText } from "../tuningTexts.ts";
import { FieldHint, FormField } from "./FormField.tsx";

interface TuningFieldsProps {
  value: TuningDraft;
  /** @returns why the engine refused a field; undefined while it did not */
  errorOf: (field: string) => string | undefined;
  onChange: (value: TuningDraft) => void;
}

/** How the sync asks; folded away, since nobody has to look at it. */
export function TuningFields({ value, errorOf, onChange }: TuningFieldsProps) {
  const details = useRef<HTMLDetailsElement>(null);
  const isRefused = Object.keys(value).some((field) => errorOf(field) !== undefined);
  useEffect(() => {
    if (isRefused && details.current) details.current.open = true;
  }, [isRefused]);
  return (
    <details className="disclosure" ref={details}>
      <summary>Sync tuning</summary>
      <div className="disclosure-body">
        <p className="muted">How the sync asks. What is believed does not depend on it.</p>
        {TUNING_NUMBERS.map(({ field, label, hint, placeholder }) => (
          <FormField key={field} label={label} hint={hint} error={errorOf(field)}>
            {(input) => (
              <input
                {...input}
                {...TUNING_RANGES[field]}
                type="number"
                inputMode="numeric"
                placeholder={placeholder}
                value={value[field]}
                onChange={(event) => onChange({ ...value, [field]: event.target.value })}
              />
            )}
          </FormField>
        ))}
        {TUNING_SWITCHES.map((item) => (
          <SwitchField
            key={item.field}
            {...item}
            error={errorOf(item.field)}
            checked={value[item.field]}
            onChange={(checked) => onChange({ ...value, [item.field]: checked })}
          />
        ))}
        <button
          type="button"
          className="button is-fitting"
          onClick={() => onChange(toTuningDraft(DEFAULT_TUNING))}
        >
          Back to the defaults
        </button>
      </div>
    </details>
  );
}

interface SwitchFieldProps extends TuningText {
  error: string | undefined;
  checked: boolean;
  onChange: (checked: boolean) => void;
}

function SwitchField({ label, hint, error, checked, onChange }: SwitchFieldProps) {
  const hintId = useId();
  return (
    <div className="field">
      <label className="check">
        <input
          type="checkbox"
          checked={checked}
          aria-describedby={hintId}
          aria-invalid={error !== undefined}
          onChange={(event) => onChange(event.target.checked)}
        />
        <span>{label}</span>
      </label>
      <FieldHint id={hintId} hint={hint} error={error} />
    </div>
  );
}
