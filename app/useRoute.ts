import { useMemo, useSyncExternalStore } from "react";
import { parseRoute, type Route, routeHref } from "./route.ts";

/** @returns where the reader is; follows links, the back button and typed addresses */
export function useRoute(): Route {
  const hash = useSyncExternalStore(subscribe, () => window.location.hash);
  return useMemo(() => parseRoute(hash), [hash]);
}

function subscribe(onChange: () => void): () => void {
  window.addEventListener("hashchange", onChange);
  return () => window.removeEventListener("hashchange", onChange);
}

/** Goes there without a step for the back button, as when a detail is closed. */
export function replaceRoute(route: Route): void {
  window.location.replace(routeHref(route));
}
