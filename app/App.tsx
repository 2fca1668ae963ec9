import { memo, Suspense, useCallback, useEffect, useRef, useState } from "react";
import { ScreenBoundary } from "./components/ScreenBoundary.tsx";
import { ScreenHeader } from "./components/ScreenHeader.tsx";
import { SCREEN_TITLES, Shell } from "./components/Shell.tsx";
import { UpdatePrompt } from "./components/UpdatePrompt.tsx";
import { Masternodes, Peers, preloadScreens, Quorums, Settings, Sync } from "./lazyScreens.ts";
import type { Route } from "./route.ts";
import { Overview } from "./screens/Overview.tsx";
import { Problems } from "./screens/Problems.tsx";
import { useApp } from "./store.ts";
import { loadTheme, saveTheme, type Theme } from "./theme.ts";
import { useRoute } from "./useRoute.ts";
import { useStatus } from "./useStatus.ts";

/** The frame and the screen that the address names. */
export function App() {
  const route = useRoute();
  const status = useStatus();
  const network = useApp((state) => state.snapshot?.network);
  const update = useApp((state) => state.update);
  const [theme, setTheme] = useState(loadTheme);
  const changeTheme = useCallback((next: Theme) => {
    setTheme(next);
    saveTheme(next);
  }, []);
  useEffect(preloadScreens, []);
  return (
    <>
      <Shell
        screen={route.screen}
        status={status}
        network={network}
        theme={theme}
        onThemeChange={changeTheme}
      >
        <ScreenBoundary screen={route.screen}>
          <Suspense fallback={<ScreenHeader title={SCREEN_TITLES[route.screen]} />}>
            <Screen route={route} theme={theme} onThemeChange={changeTheme} />
          </Suspense>
        </ScreenBoundary>
      </Shell>
      {update !== undefined && <UpdatePrompt onReload={update} />}
    </>
  );
}

interface ScreenProps {
  route: Route;
  theme: Theme;
  onThemeChange: (theme: Theme) => void;
}

/**
 * The overview puts its answer above the problem; elsewhere the problem comes first.
 * The frame renders with every snapshot, a screen only when something it selects has changed.
 */
const Screen = memo(function Screen({ route, theme, onThemeChange }: ScreenProps) {
  useScreenChange(route);
  if (route.screen === "overview") return <Overview />;
  return (
    <>
      <Problems />
      {route.screen === "sync" && <Sync />}
      {route.screen === "masternodes" && <Masternodes proTxHash={route.proTxHash} />}
      {route.screen === "quorums" && <Quorums quorum={route.quorum} />}
      {route.screen === "peers" && <Peers />}
      {route.screen === "settings" && <Settings theme={theme} onThemeChange={onThemeChange} />}
    </>
  );
});

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
