import { formatNumber } from "../format.ts";

export interface FilterOption<T extends string> {
  readonly value: T;
  readonly label: string;
  readonly count?: number;
}

interface FilterChipsProps<T extends string> {
  /** What the choice is about, for screen readers. */
  label: string;
  options: readonly FilterOption<T>[];
  value: T;
  onChange: (value: T) => void;
}

/** A row of buttons of which one is pressed. */
export function FilterChips<T extends string>({ label, options, value, onChange }: FilterChipsProps<T>) {
  return (
    <fieldset className="filter-chips">
      <legend className="visually-hidden">{label}</legend>
      {options.map((option) => (
        <button
          key={option.value}
          type="button"
          aria-pressed={option.value === value}
          onClick={() => onChange(option.value)}
        >
          {option.label}
          {option.count !== undefined && <span className="filter-count">{formatNumber(option.count)}</span>}
        </button>
      ))}
    </fieldset>
  );
}
