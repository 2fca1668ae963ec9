import { expect, openSynced, startBridge, test } from "./fixtures.ts";

test("a reload resumes from what is stored, without downloading it again", async ({
  page,
  network,
  consoleProblems,
}) => {
  await openSynced(page, network.url);
  const cold = await bytesIn(page);
  await page.reload();
  await expect(page.getByTestId("tip-height")).toHaveAttribute("value", String(network.simnet.tip.height));
  await expect(page.getByTestId("sync-status")).toHaveAttribute("data-kind", "synced");
  const warm = await bytesIn(page);
  expect(cold).toBeGreaterThan(10_000);
  expect(warm).toBeLessThan(cold / 4);

  await network.simnet.mine();
  await expect(page.getByTestId("tip-height")).toHaveAttribute("value", String(network.simnet.tip.height));
  expect(consoleProblems).toEqual([]);
});

test("offline it opens with the last verified state and its age, and goes on when the line is back", async ({
  page,
  context,
  network,
}) => {
  await openSynced(page, network.url);
  const height = await page.getByTestId("tip-height").getAttribute("value");
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready;
  });
  await context.setOffline(true);
  await page.reload();
  await expect(page.getByTestId("tip-height")).toHaveAttribute("value", height ?? "");
  await expect(page.getByTestId("sync-status")).not.toHaveAttribute("data-kind", "synced");
  await expect(page.getByTestId("stored-age").first()).toBeVisible();

  await network.simnet.mine();
  await context.setOffline(false);
  await expect(page.getByTestId("tip-height")).toHaveAttribute("value", String(network.simnet.tip.height));
  await expect(page.getByTestId("sync-status")).toHaveAttribute("data-kind", "synced");
});

test("without its bridge it says so, and goes on when the bridge is back", async ({ page, network }) => {
  await openSynced(page, network.url);
  const { port } = network.bridge;
  await network.bridge.close();
  await expect(page.getByTestId("problem-text")).toBeVisible();
  await expect(page.getByTestId("sync-status")).not.toHaveAttribute("data-kind", "synced");
  const again = await startBridge(network.simnet, port);
  try {
    await expect(page.getByTestId("sync-status")).toHaveAttribute("data-kind", "synced");
  } finally {
    await again.close();
  }
});

test("a second tab follows the first and takes over when it closes", async ({ page, context, network }) => {
  await openSynced(page, network.url);
  const second = await context.newPage();
  await openSynced(second, network.url);
  await network.simnet.mine();
  await expect(second.getByTestId("tip-height")).toHaveAttribute("value", String(network.simnet.tip.height));
  await second.goto(`${network.url}/#/masternodes`);
  await expect(second.getByTestId("masternode-results")).toContainText("masternodes");

  await page.close();
  await network.simnet.mine();
  await second.goto(`${network.url}/#/`);
  await expect(second.getByTestId("tip-height")).toHaveAttribute("value", String(network.simnet.tip.height));
  await expect(second.getByTestId("sync-status")).toHaveAttribute("data-kind", "synced");
});

test("settings saved in a tab that follows reach the one that leads", async ({ page, context, network }) => {
  await openSynced(page, network.url);
  const second = await context.newPage();
  await openSynced(second, network.url);
  await second.goto(`${network.url}/#/settings`);
  await second.getByLabel("Nodes at the same time").fill("2");
  await second.getByRole("button", { name: "Save", exact: true }).click();
  for (const tab of [page, second]) {
    await tab.goto(`${network.url}/#/peers`);
    await expect(tab.locator('[data-testid="peer"][data-status="ready"]')).toHaveCount(2);
  }
});

test("forgetting everything syncs again from nothing", async ({ page, network }) => {
  await openSynced(page, network.url);
  await page.goto(`${network.url}/#/settings`);
  await page.getByRole("button", { name: /^Forget everything/ }).click();
  await page
    .getByRole("dialog")
    .getByRole("button", { name: /^Forget everything/ })
    .click();
  await page.goto(`${network.url}/#/`);
  await expect(page.getByTestId("sync-status")).toHaveAttribute("data-kind", "synced");
  expect(await bytesIn(page)).toBeGreaterThan(10_000);
});

/** Bytes all peers sent in this visit. */
async function bytesIn(page: import("@playwright/test").Page): Promise<number> {
  const { hash } = new URL(page.url());
  await page.evaluate(() => {
    location.hash = "#/peers";
  });
  const cells = page.locator('[data-testid="peer"] data[data-testid="peer-bytes-in"]');
  await expect(cells.first()).toBeVisible();
  const values = await cells.evaluateAll((found) =>
    found.map((cell) => Number((cell as HTMLDataElement).value)),
  );
  await page.evaluate((before) => {
    location.hash = before || "#/";
  }, hash);
  return values.reduce((sum, value) => sum + value, 0);
}
