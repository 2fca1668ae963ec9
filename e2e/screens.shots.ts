import { expect, openSynced, test } from "./fixtures.ts";

const SIZES = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 860 } } as const;
const SCREENS = ["overview", "sync", "masternodes", "quorums", "peers", "settings"] as const;

/** Those that show nothing before their rows are there. */
const TABLES: readonly string[] = ["masternodes", "quorums", "peers"];

for (const [size, viewport] of Object.entries(SIZES)) {
  for (const colorScheme of ["dark", "light"] as const) {
    test.describe(`${size} ${colorScheme}`, () => {
      test.use({ viewport, colorScheme, simnetOptions: { masternodes: 240 } });

      test("all screens", async ({ page, network, consoleProblems }) => {
        await openSynced(page, network.url);
        await network.simnet.mine();
        await expect(page.getByTestId("chainlock-height")).toHaveAttribute(
          "value",
          String(network.simnet.tip.height),
        );
        for (const screen of SCREENS) {
          await page.goto(`${network.url}/#/${screen === "overview" ? "" : screen}`);
          await expect(page.getByRole("main").getByRole("heading").first()).toBeVisible();
          await page.waitForLoadState("networkidle");
          // What it shows is asked of the engine.
          if (screen === "sync") await expect(page.getByTestId("timeline")).toBeVisible();
          if (TABLES.includes(screen)) await expect(page.locator("main tbody tr").first()).toBeVisible();
          await page.screenshot({ path: `e2e/screenshots/${screen}-${size}-${colorScheme}.png` });
        }
        expect(consoleProblems).toEqual([]);
      });
    });
  }
}
