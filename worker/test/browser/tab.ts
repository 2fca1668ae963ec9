import * as Comlink from "comlink";
import { vi } from "vitest";
import type { LightClientApi } from "../../api.ts";
import { installErrorTransfer } from "../../transfer.ts";
import { Watch } from "./services.ts";

installErrorTransfer();

/** The real worker, as a tab has it, and everything it has shown. */
export class Tab extends Watch {
  readonly client: Comlink.Remote<LightClientApi>;
  readonly #worker: Worker;

  private constructor() {
    super();
    this.#worker = new Worker(new URL("../../index.ts", import.meta.url), { type: "module" });
    this.client = Comlink.wrap<LightClientApi>(this.#worker);
    void this.client.subscribe(Comlink.proxy((snapshot) => this.see(snapshot)));
  }

  static open(bridgeUrl: string): Tab {
    const tab = new Tab();
    open.add(tab);
    void tab.client.start({ bridgeUrl });
    return tab;
  }

  /**
   * Ends it in the middle of whatever it does. Nothing of it runs any more when this resolves.
   * @param databaseName - which it holds while it leads
   */
  async kill(databaseName: string): Promise<void> {
    this.#worker.terminate();
    open.delete(this);
    await vi.waitFor(
      async () => {
        const { held = [], pending = [] } = await navigator.locks.query();
        if ([...held, ...pending].some(({ name }) => name === databaseName)) throw new Error("still held");
      },
      { interval: 2, timeout: 5_000 },
    );
  }
}

const open = new Set<Tab>();

/** Those that a failed test left. */
export async function killAll(databaseName: string): Promise<void> {
  for (const tab of open) await tab.kill(databaseName);
}
