import type { ClientSnapshot } from "../../api.ts";
import { LightClientService } from "../../service.ts";
import { ClientStore, DEFAULT_SETTINGS, SettingsStore } from "../../store/index.ts";

const DEADLINE_MS = 15_000;

/** Everything a client has shown. */
export class Watch {
  readonly seen: ClientSnapshot[] = [];
  #wake: () => void = () => undefined;

  see(snapshot: ClientSnapshot): void {
    this.seen.push(snapshot);
    this.#wake();
  }

  /** Forgets what was seen, so that a wait is for something new. */
  forget(): void {
    this.seen.length = 0;
  }

  /** @returns the first snapshot since `forget` for which the condition holds, as soon as there is one */
  async when(what: string, condition: (snapshot: ClientSnapshot) => boolean): Promise<ClientSnapshot> {
    const endsAt = performance.now() + DEADLINE_MS;
    for (;;) {
      const found = this.seen.find(condition);
      if (found) return found;
      const leftMs = endsAt - performance.now();
      if (leftMs <= 0) throw new Error(`never: ${what}; last ${JSON.stringify(this.seen.at(-1))}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  synced(): Promise<ClientSnapshot> {
    return this.when("synced", ({ isSynced }) => isSynced);
  }
}

/** A service, and everything it has shown since it was made. */
export class WatchedService extends Watch {
  readonly service = new LightClientService(location.origin);
  /** Stops watching. */
  unsubscribe: () => void = () => undefined;

  static async start(bridgeUrl: string): Promise<WatchedService> {
    const watched = await WatchedService.make();
    await watched.service.start({ bridgeUrl });
    return watched;
  }

  /** Watched, but not started. */
  static async make(): Promise<WatchedService> {
    const watched = new WatchedService();
    running.add(watched);
    watched.unsubscribe = await watched.service.subscribe((snapshot) => watched.see(snapshot));
    return watched;
  }

  stop(): void {
    this.service.stop();
    running.delete(this);
  }
}

const running = new Set<WatchedService>();

/** As if nobody had been here before. */
export async function forgetEverything(): Promise<void> {
  for (const service of running) service.stop();
  for (const name of await ClientStore.list()) await ClientStore.delete(name);
  const settings = await SettingsStore.open();
  await settings.save(DEFAULT_SETTINGS);
  settings.close();
}
