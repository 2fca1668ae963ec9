import { useId } from "react";
import { toggleType } from "../settingsDraft.ts";
import { FieldHint } from "./FormField.tsx";

export interface TypeOption {
  readonly llmqType: number;
  readonly name: string;
  readonly isNeededByDefault: boolean;
}

interface NeededTypesFieldProps {
  options: readonly TypeOption[];
  /** Undefined: those the network signs with. */
  value: readonly number[] | undefined;
  error: string | undefined;
  onChange: (value: readonly number[] | undefined) => void;
}

/** Which quorums must verify: the network's own choice, or a choice of one's own. */
export function NeededTypesField({ options, value, error, onChange }: NeededTypesFieldProps) {
  const hintId = useId();
  const own = options.filter((option) => option.isNeededByDefault).map((option) => option.llmqType);
  return (
    <fieldset className="field" aria-describedby={hintId} aria-invalid={error !== undefined}>
      <legend>Quorums that must verify</legend>
      <label className="check">
        <input
          type="checkbox"
          checked={value === undefined}
          disabled={options.length === 0}
          onChange={(event) => onChange(event.target.checked ? undefined : own)}
        />
        <span>Those the network signs with</span>
      </label>
      {value !== undefined && (
        <div className="check-group">
          {options.map(({ llmqType, name }) => (
            <label className="check" key={llmqType}>
              <input
                type="checkbox"
                checked={value.includes(llmqType)}
                onChange={() => onChange(toggleType(value, llmqType))}
              />
              <span>
                {name} <small className="muted">type {llmqType}</small>
              </span>
            </label>
          ))}
        </div>
      )}
      <FieldHint
        id={hintId}
        error={error}
        hint={
          options.length === 0
            ? "The types to choose from are known once a list is proven."
            : "Types that do not have to verify are carried along, and their keys are never used."
        }
      />
    </fieldset>
  );
}
