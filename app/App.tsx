import { type ReactNode, useEffect, useRef, useState } from "react";
import { SCREEN_TITLES, Shell } from "./components/Shell.tsx";
import { UpdatePrompt } from "./components/UpdatePrompt.tsx";
import type { Route } from "./route.ts";
import { Overview } from "./screens/Overview.tsx";
import { describeStatus, type Status } from "./status.ts";
import { useApp } from "./store.ts";
import { loadTheme, saveTheme } from "./theme.ts";
import { useNow } from "./useNow.ts";
import { useRoute } from "./useRoute.ts";

/** The frame and the screen that the address names. */
export function App() {
  const route = useRoute();
  const status = useStatus();
  const network = useApp((state) => state.snapshot?.network);
  const update = useApp((state) => state.update);
  const [theme, setTheme] = useState(loadTheme);
  useScreenChange(route);
  function changeTheme(next: typeof theme): void {
    setTheme(next);
    saveTheme(next);
  }
  return (
    <>
      <Shell
        screen={route.screen}
        status={status}
        network={network}
        theme={theme}
        onThemeChange={changeTheme}
      >
        {renderScreen(route, status)}
      </Shell>
      {update !== undefined && <UpdatePrompt onReload={update} />}
    </>
  );
}

function renderScreen(route: Route, status: Status): ReactNode {
  switch (route.screen) {
    default:
      return <Overview status={status} />;
  }
}

function useStatus(): Status {
  const engine = useApp((state) => state.engine);
  const snapshot = useApp((state) => state.snapshot);
  const lastVerifiedMs = useApp((state) => state.lastVerifiedMs);
  const isOnline = useApp((state) => state.isOnline);
  const nowMs = useNow();
  return describeStatus({ engine, snapshot, lastVerifiedMs, isOnline }, nowMs);
}

/** A new screen starts at its top, has its name in the window's title, and the focus on its heading. */
function useScreenChange({ screen }: Route): void {
  const shown = useRef(screen);
  useEffect(() => {
    document.title = screen === "overview" ? "Dashlight" : `${SCREEN_TITLES[screen]} · Dashlight`;
    if (shown.current === screen) return;
    shown.current = screen;
    window.scrollTo(0, 0);
    document.querySelector<HTMLElement>("main h1")?.focus({ preventScroll: true });
  }, [screen]);
}
