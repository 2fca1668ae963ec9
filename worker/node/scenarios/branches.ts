import type { Scenario } from "./scenario.ts";
import { mineAndFollow } from "./scripts.ts";
import type { Stage } from "./stage.ts";

/** Blocks without ChainLocks, which alone can be replaced. */
async function mineUnlocked(stage: Stage, blocks: number): Promise<void> {
  stage.net.stopChainLocks(true);
  await stage.net.mine(blocks);
}

async function lockTip(stage: Stage): Promise<void> {
  if (!stage.net.lockTip()) throw new Error("the tip cannot be locked");
}

function afterSync(depth: number): Scenario["script"] {
  return async (stage) => {
    stage.connect();
    await stage.synced();
    await mineUnlocked(stage, depth + 1);
    await stage.synced();
    await stage.net.reorg(depth);
    await stage.synced();
    await lockTip(stage);
  };
}

const reorganisations: readonly Scenario[] = [
  {
    name: "reorg-before-sync",
    what: "The last blocks were replaced before the client came.",
    isFast: true,
    script: async (stage) => {
      await mineUnlocked(stage, 4);
      await stage.net.reorg(3);
      stage.connect();
      await stage.synced();
      await lockTip(stage);
    },
  },
  {
    name: "reorg-1",
    what: "The last block is replaced after the sync.",
    isFast: true,
    script: afterSync(1),
  },
  {
    name: "reorg-6",
    what: "The last six blocks, a work block among them, are replaced after the sync.",
    isFast: true,
    script: afterSync(6),
  },
  {
    name: "reorg-30",
    what: "Thirty blocks, the base of a new cycle among them, are replaced after the sync.",
    script: afterSync(30),
  },
  {
    name: "reorg-while-syncing",
    what: "Blocks are replaced while the first lists are on their way.",
    isFast: true,
    script: async (stage) => {
      await mineUnlocked(stage, 3);
      stage.connect();
      await stage.until(({ phase, isSynced }) => phase === "lists" || isSynced, "lists");
      await stage.net.reorg(2);
      await stage.synced();
      await lockTip(stage);
    },
  },
  {
    name: "reorg-again-and-again",
    what: "Five reorganisations in a row, faster than lists come.",
    isFast: true,
    script: async (stage) => {
      stage.connect();
      await stage.synced();
      await mineUnlocked(stage, 2);
      for (let i = 0; i < 5; i++) await stage.net.reorg(2);
      await stage.synced();
      await lockTip(stage);
    },
  },
  {
    name: "reorg-while-away",
    what: "The client's last blocks are replaced while it is not running.",
    isFast: true,
    script: async (stage) => {
      stage.connect();
      await stage.synced();
      await mineUnlocked(stage, 3);
      await stage.synced();
      stage.client.stop();
      await stage.net.reorg(3);
      await stage.restart();
      await stage.synced();
      await lockTip(stage);
    },
  },
];

const chainLocks: readonly Scenario[] = [
  {
    name: "chainlocks-missing",
    what: "No ChainLocks for a while: the client follows, and shows the last one that there is.",
    isFast: true,
    script: async (stage) => {
      stage.connect();
      await stage.synced();
      stage.net.stopChainLocks(true);
      await mineAndFollow(stage, 6);
    },
  },
  {
    name: "chainlocks-missing-at-start",
    what: "The newest blocks have no ChainLock when the client comes.",
    isFast: true,
    script: async (stage) => {
      await mineUnlocked(stage, 5);
      stage.connect();
      await stage.synced();
    },
  },
  {
    name: "chainlock-late",
    what: "The ChainLock of a block comes when it has successors already.",
    isFast: true,
    script: async (stage) => {
      stage.connect();
      await stage.synced();
      stage.net.stopChainLocks(true);
      await mineAndFollow(stage, 4);
      if (!stage.net.lockBlock(stage.net.tip.height - 2)) throw new Error("not locked");
    },
  },
  {
    name: "chainlock-for-losing-branch",
    what: "A ChainLock names a shorter branch that nobody had heard of: it wins.",
    isFast: true,
    script: async (stage) => {
      stage.connect();
      await stage.synced();
      await mineUnlocked(stage, 4);
      await stage.synced();
      await stage.net.lockOtherBranch(4, 2);
    },
  },
  {
    name: "chainlock-for-losing-branch-while-syncing",
    what: "The same while the first lists are on their way.",
    isFast: true,
    script: async (stage) => {
      await mineUnlocked(stage, 4);
      stage.connect();
      await stage.until(({ phase, isSynced }) => phase === "lists" || isSynced, "lists");
      await stage.net.lockOtherBranch(4, 2);
    },
  },
  {
    name: "chainlock-ends-reorgs",
    what: "Two reorganisations, then a ChainLock, then blocks upon it.",
    isFast: true,
    script: async (stage) => {
      stage.connect();
      await stage.synced();
      await mineUnlocked(stage, 2);
      await stage.net.reorg(1);
      await stage.net.reorg(2);
      await lockTip(stage);
      await stage.synced();
      stage.net.stopChainLocks(false);
      await mineAndFollow(stage, 2);
    },
  },
];

export const BRANCHES: readonly Scenario[] = [...reorganisations, ...chainLocks];
