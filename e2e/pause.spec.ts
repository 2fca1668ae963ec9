import { expect, openSynced, test } from "./fixtures.ts";

/** A sync that stops itself goes on by itself after 30 s: by hand it has to be sooner. */
const SOONER_MS = 15_000;

test("a sync that stopped itself goes on by hand, from a tab that only follows", async ({
  page,
  context,
  network: { simnet, url },
  consoleProblems,
}) => {
  await openSynced(page, url);
  await page.goto(`${url}/#/settings`);
  await page.getByText("Sync tuning").click();
  await page.getByLabel("Longest wait for a QRInfo, in milliseconds").fill("1000");
  await page.getByLabel("Longest wait for a list, in milliseconds").fill("1000");
  await page.getByLabel("Send less at the same time while many requests fail").uncheck();
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.getByText("Saved.")).toBeVisible();

  simnet.addresses.forEach((_, node) => {
    simnet.hurt(node, { messages: { lose: { share: 1, commands: ["mnlistdiff", "qrinfo", "pong"] } } });
  });
  await page.getByRole("button", { name: /^Forget everything/ }).click();
  await page
    .getByRole("dialog")
    .getByRole("button", { name: /^Forget everything/ })
    .click();
  const follower = await context.newPage();
  await follower.goto(`${url}/#/sync`);
  for (const tab of [page, follower])
    await expect(tab.getByTestId("problem-text")).toContainText("Hardly anything is answered");
  await expect(follower.getByTestId("sync-outcome")).toContainText(/^0 of \d+ requests answered/);
  await follower.getByRole("button", { name: "Table" }).click();
  const inVain = follower.locator('[data-testid="request"][data-state="retried"]').first();
  await expect(inVain).toContainText("A node took too long to answer. Others are asked. net/timeout");
  await expect(inVain).not.toContainText("timeoutMs");

  simnet.addresses.forEach((_, node) => {
    simnet.hurt(node, undefined);
  });
  await follower.getByRole("button", { name: "Try again now" }).click();
  for (const tab of [page, follower]) {
    await tab.goto(`${url}/#/`);
    const status = tab.getByTestId("sync-status");
    await expect(status).toHaveAttribute("data-kind", "synced", { timeout: SOONER_MS });
    await expect(tab.getByTestId("problem-text")).toHaveCount(0);
  }
  expect(consoleProblems).toEqual([]);
});
