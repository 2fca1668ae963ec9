import { type ReactNode, useEffect, useRef, useState } from "react";
import { SCREEN_TITLES, Shell } from "./components/Shell.tsx";
import { UpdatePrompt } from "./components/UpdatePrompt.tsx";
import type { Route } from "./route.ts";
import { Masternodes } from "./screens/Masternodes.tsx";
import { Overview } from "./screens/Overview.tsx";
import { Peers } from "./screens/Peers.tsx";
import { Problems } from "./screens/Problems.tsx";
import { Quorums } from "./screens/Quorums.tsx";
import { Settings } from "./screens/Settings.tsx";
import { describeStatus, type Status } from "./status.ts";
import { useApp } from "./store.ts";
import { loadTheme, saveTheme, type Theme } from "./theme.ts";
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
  function changeTheme(next: Theme): void {
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
        {renderScreen(route, status, theme, changeTheme)}
      </Shell>
      {update !== undefined && <UpdatePrompt onReload={update} />}
    </>
  );
}

/** The overview puts its answer above the problem; elsewhere the problem comes first. */
function renderScreen(
  route: Route,
  status: Status,
  theme: Theme,
  onThemeChange: (theme: Theme) => void,
): ReactNode {
  if (route.screen === "overview") return <Overview status={status} />;
  return (
    <>
      <Problems />
      {route.screen === "masternodes" && <Masternodes proTxHash={route.proTxHash} />}
      {route.screen === "quorums" && <Quorums quorum={route.quorum} />}
      {route.screen === "peers" && <Peers />}
      {route.screen === "settings" && <Settings theme={theme} onThemeChange={onThemeChange} />}
    </>
  );
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
