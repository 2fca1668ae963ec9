import { THEMES, type Theme } from "../theme.ts";
import { FilterChips } from "./FilterChips.tsx";
import { Icon } from "./Icon.tsx";

const LABELS: Record<Theme, string> = { system: "As the device", light: "Light", dark: "Dark" };

interface ThemeProps {
  theme: Theme;
  onChange: (theme: Theme) => void;
}

/** All choices side by side, for the settings. */
export function ThemePicker({ theme, onChange }: ThemeProps) {
  const options = THEMES.map((value) => ({ value, label: LABELS[value] }));
  return <FilterChips label="Theme" options={options} value={theme} onChange={onChange} />;
}

/** One button that goes to the next choice. */
export function ThemeButton({ theme, onChange }: ThemeProps) {
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? "system";
  const label = `Theme: ${LABELS[theme].toLowerCase()}. Change to ${LABELS[next].toLowerCase()}`;
  return (
    <button
      type="button"
      className="icon-button"
      aria-label={label}
      title={label}
      onClick={() => onChange(next)}
    >
      <Icon name={theme} />
    </button>
  );
}
