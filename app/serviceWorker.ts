import { registerSW } from "virtual:pwa-register";

/**
 * Lets the app start without a network. Does nothing in development.
 * @param onUpdate - called when a new version waits, with what installs it and reloads
 */
export function registerServiceWorker(onUpdate: (install: () => void) => void): void {
  const install = registerSW({
    onNeedRefresh: () => onUpdate(() => install(true)),
    onRegisterError: (error: unknown) => console.error("The service worker was not registered", error),
  });
}
