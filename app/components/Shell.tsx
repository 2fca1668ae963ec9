import type { ReactNode } from "react";
import { routeHref, type ScreenName } from "../route.ts";
import type { Status } from "../status.ts";
import type { Theme } from "../theme.ts";
import { Icon } from "./Icon.tsx";
import { Logo } from "./Logo.tsx";
import { ThemeButton } from "./ThemePicker.tsx";

export const SCREEN_TITLES: Record<ScreenName, string> = {
  overview: "Overview",
  sync: "Sync",
  masternodes: "Masternodes",
  quorums: "Quorums",
  peers: "Peers",
  settings: "Settings",
};

const LINKS: readonly { screen: ScreenName; href: string }[] = [
  { screen: "overview", href: routeHref({ screen: "overview" }) },
  { screen: "sync", href: routeHref({ screen: "sync" }) },
  { screen: "masternodes", href: routeHref({ screen: "masternodes", proTxHash: undefined }) },
  { screen: "quorums", href: routeHref({ screen: "quorums", quorum: undefined }) },
  { screen: "peers", href: routeHref({ screen: "peers" }) },
  { screen: "settings", href: routeHref({ screen: "settings" }) },
];

interface ShellProps {
  screen: ScreenName;
  status: Status;
  network: string | undefined;
  theme: Theme;
  onThemeChange: (theme: Theme) => void;
  children: ReactNode;
}

/** What is around every screen: name, navigation, the small lamp that tells the state from everywhere. */
export function Shell({ screen, status, network, theme, onThemeChange, children }: ShellProps) {
  return (
    <div className="shell">
      <button type="button" className="skip-link" onClick={skipToMain}>
        Skip to content
      </button>
      <div className="shell-side">
        <header className="shell-header">
          <a className="brand" href={routeHref({ screen: "overview" })} aria-label="Dashlight, overview">
            <Logo />
            <span>Dashlight</span>
          </a>
          <div className="shell-state">
            {network !== undefined && (
              <span className="network" data-testid="network-name">
                {network}
              </span>
            )}
            <ThemeButton theme={theme} onChange={onThemeChange} />
          </div>
          <a className={`shell-status tone-${status.tone}`} href={routeHref({ screen: "overview" })}>
            <span className={`lamp is-${status.tone}`} aria-hidden="true" />
            <span data-testid="shell-status" data-kind={status.kind}>
              {status.announcement}
            </span>
          </a>
        </header>
        <nav className="shell-nav" aria-label="Main">
          <ul>
            {LINKS.map((link) => (
              <li key={link.screen}>
                <a href={link.href} aria-current={link.screen === screen ? "page" : undefined}>
                  <Icon name={link.screen} size={22} />
                  <span>{SCREEN_TITLES[link.screen]}</span>
                </a>
              </li>
            ))}
          </ul>
        </nav>
      </div>
      <main id="main" tabIndex={-1}>
        {children}
      </main>
      <p className="visually-hidden" role="status">
        {status.announcement}
      </p>
    </div>
  );
}

/** A button, since an address behind `#` is a route here. */
function skipToMain(): void {
  document.getElementById("main")?.focus();
}
