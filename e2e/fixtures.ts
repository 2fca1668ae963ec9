import { resolve } from "node:path";
import { test as base, type ConsoleMessage, expect, type Page } from "@playwright/test";
import { type Bridge, type BridgeOptions, createBridge } from "../bridge/server.ts";
import { createSimnet, type Simnet, type SimnetOptions } from "../bridge/simnet/network.ts";
import { type Bls, createBls } from "../worker/bls/index.ts";
import { loadX11 } from "../worker/node/loadX11.ts";
import { paramsFromFile } from "../worker/params/index.ts";
import type { X11 } from "../worker/x11/index.ts";

/** A simulated network behind a bridge that serves the built app. */
export interface Network {
  readonly simnet: Simnet;
  readonly bridge: Bridge;
  readonly url: string;
}

interface Engines {
  readonly bls: Bls;
  readonly x11: X11;
}

interface TestFixtures {
  readonly network: Network;
  readonly simnetOptions: Partial<SimnetOptions>;
  readonly bridgeOptions: Partial<BridgeOptions>;
  /** Errors and warnings of the page's and its workers' consoles; a test that expects none fails on any. */
  readonly consoleProblems: string[];
}

export const test = base.extend<TestFixtures, { readonly engines: Engines }>({
  engines: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixtures a fixture needs from the pattern
    async ({}, use) => use({ bls: await createBls(), x11: await loadX11() }),
    { scope: "worker" },
  ],
  simnetOptions: [{}, { option: true }],
  bridgeOptions: [{}, { option: true }],
  network: async ({ engines, simnetOptions, bridgeOptions }, use) => {
    const simnet = await createSimnet({
      seed: 1,
      startTimeSeconds: Math.floor(Date.now() / 1000),
      blockIntervalMs: 0,
      ...engines,
      ...simnetOptions,
    });
    const bridge = await startBridge(simnet, 0, bridgeOptions);
    await use({ simnet, bridge, url: bridge.url });
    await bridge.close();
    await simnet.close();
  },
  consoleProblems: async ({ page }, use) => {
    const problems: string[] = [];
    page.on("console", (message: ConsoleMessage) => {
      if (["error", "warning"].includes(message.type()))
        problems.push(`${message.type()}: ${message.text()}`);
    });
    page.on("pageerror", (error) => problems.push(`uncaught: ${error.message}`));
    await use(problems);
  },
});

export function startBridge(
  simnet: Simnet,
  port: number,
  options: Partial<BridgeOptions> = {},
): Promise<Bridge> {
  return createBridge({
    params: paramsFromFile(simnet.params),
    paramsFile: simnet.params,
    peers: async () => simnet.addresses,
    namedAddresses: simnet.addresses,
    distDir: resolve(import.meta.dirname, "../dist"),
    port,
    ...options,
  });
}

export async function openSynced(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await expect(page.getByTestId("sync-status")).toHaveAttribute("data-kind", "synced");
}

export { expect };
