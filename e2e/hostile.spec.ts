import { expect, openSynced, test } from "./fixtures.ts";

test("peers that forge a masternode list are banned, and nothing of it is shown as verified", async ({
  page,
  network,
  consoleProblems,
}) => {
  network.simnet.addresses.forEach((_, node) => {
    network.simnet.hurt(node, { lies: ["changedEntry"] });
  });
  await page.goto(network.url);
  await expect(page.getByTestId("problem-text")).toContainText(/masternode list/i);
  await expect(page.getByTestId("sync-status")).not.toHaveAttribute("data-kind", "synced");
  await expect(page.getByTestId("masternode-count")).toHaveCount(0);
  await page.goto(`${network.url}/#/peers`);
  await expect(page.locator('[data-testid="peer"][data-status="banned"]')).toHaveCount(
    network.simnet.addresses.length,
  );
  expect(consoleProblems).toEqual([]);
});

test("one forging peer among honest ones is banned, and the tab syncs all the same", async ({
  page,
  network,
}) => {
  network.simnet.hurt(0, { lies: ["changedEntry"] });
  await openSynced(page, network.url);
  await expect(page.getByTestId("masternode-count")).toBeVisible();
});
