/** @returns path of a Chromium that is already here */
export function findChromium(): string | undefined;
/** Finds a Chromium or installs one. @returns path of the executable */
export function ensureChromium(): string;
