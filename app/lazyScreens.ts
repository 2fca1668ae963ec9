import { lazy } from "react";

const load = () => import("./screens/further.ts");

/** Loads the code of all further screens, so that it is there when one is opened, without a network too. */
export function preloadScreens(): void {
  // Without a network it fails, and is tried again when a screen is opened.
  load().catch(() => undefined);
}

export const Masternodes = lazy(async () => ({ default: (await load()).Masternodes }));
export const Peers = lazy(async () => ({ default: (await load()).Peers }));
export const Quorums = lazy(async () => ({ default: (await load()).Quorums }));
export const Settings = lazy(async () => ({ default: (await load()).Settings }));
export const Sync = lazy(async () => ({ default: (await load()).Sync }));
