import type { Page } from "@playwright/test";
import { expect, openSynced, test } from "./fixtures.ts";

async function openSyncScreen(page: Page): Promise<void> {
  await page.getByRole("navigation").getByRole("link", { name: "Sync", exact: true }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Sync" })).toBeVisible();
}

test("the Sync screen shows the plan, and every request on a timeline and as text", async ({
  page,
  network,
  consoleProblems,
}) => {
  await openSynced(page, network.url);
  await openSyncScreen(page);
  await expect(page.getByTestId("sync-outcome")).toContainText("done at");
  await expect(page.getByTestId("plan-line").filter({ hasText: "QRInfo" }).first()).toBeVisible();
  await expect(page.getByTestId("plan-line").filter({ hasText: "MnListDiff" }).first()).toBeAttached();
  await expect(page.getByTestId("tuning-values")).toContainText(
    "Longest wait for a QRInfo, in milliseconds30,000",
  );
  await expect(page.getByTestId("qrinfo-count")).toHaveText(/^(\d+) of \1$/);

  // A node that connected late may not have been needed: it has no lane then.
  const lanes = page.locator('[data-testid="lane"]:not([data-lane="queue"])');
  await expect(lanes.first()).toBeVisible();
  for (const lane of await lanes.all()) {
    expect(network.simnet.addresses).toContain(await lane.getAttribute("data-lane"));
    await expect(lane.locator('[data-state="answered"]').first()).toBeVisible();
  }

  await page.locator('[data-bar][tabindex="0"]').focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("End");
  await expect(page.getByTestId("request-detail")).toContainText("Answered");
  await expect(page.locator("[data-bar]:focus")).toHaveCount(1);

  const bars = await page.locator('[data-bar$="-sent"]').count();
  await page.getByRole("button", { name: "Table" }).click();
  await expect(page.getByTestId("request")).toHaveCount(bars);
  await expect(page.getByRole("table", { name: "Requests, newest first" })).toContainText("QRInfo, cycle");
  expect(consoleProblems).toEqual([]);
});

test("a request for a new block shows up live", async ({ page, network }) => {
  await openSynced(page, network.url);
  await openSyncScreen(page);
  const { height } = network.simnet.tip;
  await network.simnet.mine();
  await page.getByRole("button", { name: "Newest" }).click();
  await page.getByRole("button", { name: "Table" }).click();
  await expect(page.getByTestId("request").first()).toContainText(`${height} to ${height + 1}`);
  await expect(page.getByTestId("request").first()).toHaveAttribute("data-state", "answered");
});

test("the sync is tuned in the settings, within its limits", async ({ page, network, consoleProblems }) => {
  await openSynced(page, network.url);
  await page.goto(`${network.url}/#/settings`);
  await page.getByText("Sync tuning").click();
  const field = page.getByLabel("Requests at the same time", { exact: true });
  await field.fill("99");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Must be a whole number, 1 to 8.")).toBeVisible();
  await expect(field).toHaveAttribute("aria-invalid", "true");
  await expect(field).toBeFocused();

  await field.fill("1");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Saved.")).toBeVisible();
  await openSyncScreen(page);
  await expect(page.getByTestId("shell-status")).toHaveAttribute("data-kind", "synced");
  await network.simnet.mine();
  await expect(page.getByTestId("tuning-values")).toContainText("Requests at the same time1 usually auto");

  await page.reload();
  await page.goto(`${network.url}/#/settings`);
  await page.getByText("Sync tuning").click();
  await expect(field).toHaveValue("1");
  await page.getByRole("button", { name: "Back to the defaults" }).click();
  await expect(field).toHaveValue("");
  expect(consoleProblems).toEqual([]);
});
