import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, openSynced, test } from "./fixtures.ts";

const DIST = resolve(import.meta.dirname, "../dist");
/** `design/product.md` allows 120 kB; less leaves room. */
const SHELL_LIMIT_BYTES = 105_000;
const FURTHER_SCREENS = ["Sync", "Masternodes", "Quorums", "Peers", "Settings"] as const;

test("what the first screen needs is small", () => {
  const named = readFileSync(join(DIST, "index.html"), "utf8").match(/assets\/[\w.-]+\.(js|css)/g) ?? [];
  const workbox = readdirSync(join(DIST, "assets")).filter((file) => file.startsWith("workbox-window"));
  const files = [...named, ...workbox.map((file) => `assets/${file}`)];
  const sizes = files.map((file) => gzipSync(readFileSync(join(DIST, file))).length);
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  test.info().annotations.push({ type: "app shell", description: `${bytes} bytes` });
  expect(files.length).toBeGreaterThanOrEqual(3);
  expect(bytes).toBeLessThan(SHELL_LIMIT_BYTES);
});

test("every screen opens offline, and has the focus", async ({ page, context, network, consoleProblems }) => {
  await openSynced(page, network.url);
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready;
  });
  expect(consoleProblems).toEqual([]);
  await context.setOffline(true);
  await page.goto(`${network.url}/#/sync`);
  await page.reload();
  await expect(page.getByRole("heading", { level: 1, name: "Sync" })).toBeVisible();
  for (const name of FURTHER_SCREENS.toReversed()) {
    await page.getByRole("navigation").getByRole("link", { name, exact: true }).click();
    await expect(page.getByRole("heading", { level: 1, name })).toBeFocused();
    await expect(page).toHaveTitle(`${name} · Dashlight`);
  }
});

test.describe("where the code of the further screens does not come", () => {
  test.use({ serviceWorkers: "block" });

  test("the frame stands, and the first screen opens all the same", async ({ page, network }) => {
    await page.route("**/assets/further-*", (route) => route.abort());
    await openSynced(page, network.url);
    const navigation = page.getByRole("navigation");
    await navigation.getByRole("link", { name: "Peers", exact: true }).click();
    await expect(page.getByText("This screen could not be shown")).toBeVisible();
    await navigation.getByRole("link", { name: "Overview" }).click();
    await expect(page.getByTestId("sync-status")).toHaveAttribute("data-kind", "synced");
  });
});
