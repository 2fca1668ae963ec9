import type { Message } from "../worker/wire/message.ts";
import type { MnListDiff } from "../worker/wire/mnListDiff.ts";
import { expect, openSynced, test } from "./fixtures.ts";

/** Another masternode list than the one the coinbase commits to: one bit of one entry. */
function forgeList(diff: MnListDiff): MnListDiff {
  const [first, ...rest] = diff.mnList;
  if (!first) return diff;
  return { ...diff, mnList: [{ ...first, isValid: !first.isValid }, ...rest] };
}

function forge(message: Message): Message {
  if (message.command === "mnlistdiff") return { ...message, payload: forgeList(message.payload) };
  if (message.command !== "qrinfo") return message;
  const { payload } = message;
  return {
    ...message,
    payload: {
      ...payload,
      mnListDiffAtHMinus3C: forgeList(payload.mnListDiffAtHMinus3C),
      atHMinus4C: payload.atHMinus4C && {
        ...payload.atHMinus4C,
        mnListDiff: forgeList(payload.atHMinus4C.mnListDiff),
      },
    },
  };
}

test("peers that forge a masternode list are banned, and nothing of it is shown as verified", async ({
  page,
  network,
  consoleProblems,
}) => {
  network.simnet.addresses.forEach((_, node) => {
    network.simnet.hurt(node, { tamper: forge });
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
  network.simnet.hurt(0, { tamper: forge });
  await openSynced(page, network.url);
  await expect(page.getByTestId("masternode-count")).toBeVisible();
});
