import { useEffect, useId, useRef } from "react";
import { DEFAULT_TUNING, TUNING_RANGES } from "../../worker/syncTuning.ts";
import { type TuningDraft, toTuningDraft } from "../tuningDraft.ts";
import { FieldHint, FormField } from "./FormField.tsx";

type NumberField = keyof typeof TUNING_RANGES;
type SwitchField = Exclude<keyof TuningDraft, NumberField>;

interface Text {
  readonly label: string;
  /** What it does to rounds, bytes and memory. */
  readonly hint: string;
}

const NUMBERS: readonly (Text & { readonly field: NumberField; readonly placeholder?: string })[] = [
  {
    field: "maxConcurrent",
    label: "Requests at the same time",
    placeholder: "auto",
    hint: "1 to 8; empty: two for each usable node, at most 8. Fewer wait in more waves and hold fewer answers in memory; the bytes stay the same.",
  },
  {
    field: "maxPerPeer",
    label: "Requests at the same time to one node",
    hint: "1 or 2. With 2 a node never waits for the next question; with 1 every answer costs a pause as long as the way there and back.",
  },
  {
    field: "qrInfoTimeoutMs",
    label: "Longest wait for a QRInfo, in milliseconds",
    hint: "1,000 to 300,000. Shorter leaves a slow node sooner, and may load the largest answers twice; longer lets a silent one hold up its round.",
  },
  {
    field: "mnListDiffTimeoutMs",
    label: "Longest wait for a list, in milliseconds",
    hint: "1,000 to 300,000. The same for a MnListDiff, which is smaller and comes sooner.",
  },
  {
    field: "maxQrInfoSpan",
    label: "Oldest cycle to ask a QRInfo for",
    placeholder: "any",
    hint: "In cycles below the newest, 0 to 10,000; empty: any. A low limit saves bytes and memory, and leaves old rotating quorums unknown, since their snapshots come in no other message.",
  },
];

const SWITCHES: readonly (Text & { readonly field: SwitchField })[] = [
  {
    field: "extraShare",
    label: "Ask each QRInfo for one cycle more",
    hint: "Some more bytes and one more list in memory, and often one round less.",
  },
  {
    field: "adaptiveConcurrency",
    label: "Send less at the same time while many requests fail",
    hint: "Slower on a bad network, with fewer bytes loaded in vain.",
  },
  {
    field: "isSequential",
    label: "One request after another",
    hint: "The slowest and the lightest on memory: each request is a round of its own. For watching what a node does.",
  },
];

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
        {NUMBERS.map(({ field, label, hint, placeholder }) => (
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
        {SWITCHES.map((item) => (
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

interface SwitchFieldProps extends Text {
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
