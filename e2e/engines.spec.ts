import type { Page } from "@playwright/test";
import { expect, openSynced, test } from "./fixtures.ts";

/** Main-thread tasks above this are felt. Source: `design/product.md`, budgets */
const LONG_TASK_MS = 50;

/** Records what keeps the page's own thread busy, from its first script on. */
async function recordLongTasks(page: Page): Promise<() => Promise<number[]>> {
  await page.addInitScript(() => {
    const durations: number[] = [];
    Reflect.set(globalThis, "longTasks", durations);
    new PerformanceObserver((list) => {
      durations.push(...list.getEntries().map(({ duration }) => duration));
    }).observe({ type: "longtask", buffered: true });
  });
  return () => page.evaluate(() => Reflect.get(globalThis, "longTasks") as number[]);
}

// What a task takes is what the machine leaves it: one that our code makes long is long each time.
test.describe("the page's thread", () => {
  test.describe.configure({ retries: 3 });

  test("has no task that is felt while everything is synced and verified", async ({ page, network }) => {
    const readLongTasks = await recordLongTasks(page);
    await page.goto(network.url);
    // Starting the app itself is one task of its own: what is looked at is the sync.
    await expect(page.getByTestId("sync-status")).toBeVisible();
    const before = (await readLongTasks()).length;
    await expect(page.getByTestId("sync-status")).toHaveAttribute("data-kind", "synced");
    const during = (await readLongTasks()).slice(before);
    test.info().annotations.push({ type: "long tasks", description: JSON.stringify(during) });
    expect(during.filter((duration) => duration > LONG_TASK_MS)).toEqual([]);

    // What is recorded at all: a task that is long on purpose.
    await page.evaluate(() => {
      setTimeout(() => {
        const end = performance.now() + 120;
        while (performance.now() < end);
      });
    });
    await expect.poll(async () => (await readLongTasks()).length).toBeGreaterThan(before + during.length);
  });
});

test("signatures are checked in threads of their own", async ({ page, network, browser }) => {
  await openSynced(page, network.url);
  const session = await browser.newBrowserCDPSession();
  const { targetInfos } = await session.send("Target.getTargets", { filter: [{ type: "worker" }] });
  const threads = targetInfos.filter(({ title }) => title === "dashlight-pool-mcl");
  expect(threads.length).toBeGreaterThanOrEqual(2);
});

test("a bug in asynchronous code stops the engine for all to see, and it can be started again", async ({
  page,
  network,
}) => {
  await openSynced(page, network.url);
  const [engine] = page.workers();
  await engine?.evaluate(() => {
    void Promise.reject(new Error("a bug"));
  });
  const status = page.getByTestId("sync-status");
  await expect(status).toHaveAttribute("data-kind", "stopped");
  await page.getByRole("button", { name: "Restart" }).click();
  await expect(status).toHaveAttribute("data-kind", "synced");
});

test.describe("where WebAssembly is forbidden", () => {
  test.use({ bridgeOptions: { forbidsWebAssembly: true } });

  test("the same is verified, in JavaScript", async ({ page, network, consoleProblems }) => {
    test.setTimeout(180_000);
    await page.goto(network.url);
    await expect(page.getByTestId("sync-status")).toHaveAttribute("data-kind", "synced", {
      timeout: 150_000,
    });
    await expect(page.getByTestId("tip-height")).toHaveAttribute("value", String(network.simnet.tip.height));
    await page.getByRole("navigation").getByRole("link", { name: "Settings" }).click();
    const about = page.locator("dl", { hasText: "Signatures (BLS)" });
    await expect(about).toContainText("JavaScript (noble)");
    await expect(about.locator("div", { hasText: "X11" })).toContainText("JavaScript");
    expect(consoleProblems).toEqual([]);
  });
});
