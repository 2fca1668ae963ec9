/** "system" follows the device; the others are the reader's own choice, kept in this browser. */
export type Theme = "system" | "light" | "dark";

export const THEMES: readonly Theme[] = ["system", "light", "dark"];

const KEY = "dashlight-theme";
const LIGHT_MEDIA = "(prefers-color-scheme: light)";

export function loadTheme(): Theme {
  try {
    const saved = localStorage.getItem(KEY);
    return THEMES.find((theme) => theme === saved) ?? "system";
  } catch (error) {
    if (isStorageRefused(error)) return "system";
    throw error;
  }
}

/** Shows the page in this theme, and remembers it where the browser allows that. */
export function saveTheme(theme: Theme): void {
  applyTheme(theme);
  try {
    localStorage.setItem(KEY, theme);
  } catch (error) {
    if (!isStorageRefused(error)) throw error;
  }
}

/** The style sheet follows `data-theme`, and the device where there is none. */
export function applyTheme(theme: Theme): void {
  const root = document.documentElement;
  if (theme === "system") delete root.dataset.theme;
  else root.dataset.theme = theme;
  for (const meta of document.querySelectorAll<HTMLMetaElement>('meta[name="theme-color"]')) {
    meta.dataset.media ??= meta.media;
    const isLight = meta.dataset.media === LIGHT_MEDIA;
    meta.media =
      theme === "system" ? meta.dataset.media : isLight === (theme === "light") ? "all" : "not all";
  }
}

/** Private windows and blocked site data make every access throw. */
function isStorageRefused(error: unknown): boolean {
  return error instanceof DOMException && ["SecurityError", "QuotaExceededError"].includes(error.name);
}
