import { registerSW } from "virtual:pwa-register";

/**
 * Lets the app start without a network. Does nothing in development.
 * @param onUpdate - called when a new version waits, with what installs it and reloads
 */
export function registerServiceWorker(onUpdate: (install: () => void) => void): void {
  const activate = registerSW({
    onNeedRefresh: () => onUpdate(install),
    onRegisterError: (error: unknown) => console.error("The service worker was not registered", error),
  });

  /** The plugin reloads by itself only where the page was opened with a service worker, so not on a first visit. */
  function install(): void {
    navigator.serviceWorker.addEventListener("controllerchange", () => window.location.reload(), {
      once: true,
    });
    activate();
  }
}
