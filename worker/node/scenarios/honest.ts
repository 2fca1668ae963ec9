import type { NodeProfile } from "../../../bridge/simnet/faults/profile.ts";
import { toHashHex } from "../../wire/hashes.ts";
import type { Scenario } from "./scenario.ts";
import { mineAndFollow, syncsAlone, syncsFromAll } from "./scripts.ts";
import type { Stage } from "./stage.ts";

/** The block from which on simnet's next rotating cycle has all its commitments, and a little more. */
const BLOCKS_TO_NEXT_CYCLE = 40;
const BLOCKS_ONLY: NodeProfile = { relay: false };

function version(protocolVersion: number): NodeProfile {
  return { protocolVersion };
}

/** Nobody does anything wrong. */
const usual: readonly Scenario[] = [
  {
    name: "honest",
    what: "Three honest nodes; the client syncs and that is all.",
    isFast: true,
    script: syncsFromAll,
  },
  {
    name: "one-node",
    what: "One honest node is enough.",
    isFast: true,
    script: async (stage) => {
      stage.connect(0);
      await stage.synced();
    },
  },
  {
    name: "one-peer-at-a-time",
    what: "Three nodes, but a place for one peer only.",
    isFast: true,
    maxPeers: 1,
    script: syncsFromAll,
  },
  {
    name: "restart",
    what: "The client ends after the sync and starts again with what it had saved.",
    isFast: true,
    script: async (stage) => {
      stage.connect();
      await stage.synced();
      await stage.restart();
      await stage.synced();
    },
  },
  {
    name: "restart-behind",
    what: "The client was away for a dozen blocks.",
    isFast: true,
    simnet: { chainLockDelayMs: 0 },
    script: async (stage) => {
      stage.connect();
      await stage.synced();
      stage.client.stop();
      await stage.net.mine(12);
      await stage.restart();
    },
  },
  {
    name: "restart-while-syncing",
    what: "The client ends in the middle of its first sync.",
    isFast: true,
    script: async (stage) => {
      stage.connect();
      await stage.until(({ masternodes }) => masternodes !== undefined, "a first list");
      await stage.restart();
    },
  },
];

const live: readonly Scenario[] = [
  {
    name: "blocks-while-syncing",
    what: "Blocks come in every phase of the first sync.",
    isFast: true,
    script: async (stage) => {
      stage.connect();
      for (const phase of ["headers", "lists", "quorums"]) {
        await stage.until((snapshot) => snapshot.phase === phase || snapshot.isSynced, phase);
        await stage.net.mine();
      }
    },
  },
  {
    name: "blocks-live",
    what: "Ten blocks come one by one, each with its ChainLock.",
    isFast: true,
    simnet: { chainLockDelayMs: 0 },
    script: async (stage) => {
      stage.connect();
      await stage.synced();
      await mineAndFollow(stage, 10);
    },
  },
  {
    name: "blocks-at-once",
    what: "A dozen blocks come at once, more than are announced by their headers.",
    isFast: true,
    simnet: { chainLockDelayMs: 0 },
    script: async (stage) => {
      stage.connect();
      await stage.synced();
      await stage.net.mine(12);
    },
  },
  {
    name: "new-cycle",
    what: "A new rotating cycle comes block by block, and its quorums are mined.",
    simnet: { chainLockDelayMs: 0 },
    script: async (stage) => {
      stage.connect();
      await stage.synced();
      await mineAndFollow(stage, BLOCKS_TO_NEXT_CYCLE);
    },
  },
  {
    name: "new-cycle-at-once",
    what: "Two rotating cycles pass while all lines are down.",
    simnet: { chainLockDelayMs: 0 },
    script: async (stage) => {
      stage.connect();
      await stage.synced();
      for (const node of stage.net.nodes) node.disconnectAll();
      await stage.net.mine(2 * 48);
    },
  },
  {
    name: "network-clock-ahead",
    what: "The network's clock is an hour ahead of the client's.",
    isFast: true,
    simnet: { clockOffsetSeconds: 3_600, chainLockDelayMs: 0 },
    script: async (stage) => {
      stage.connect();
      await stage.synced();
      await mineAndFollow(stage, 3);
    },
  },
];

async function payAndSee(stage: Stage, payments: number): Promise<void> {
  const txids = new Set<string>();
  for (let i = 0; i < payments; i++) {
    const txid = toHashHex(stage.net.pay());
    txids.add(txid);
    await stage.until(
      ({ instantLocks }) => instantLocks.some((lock) => lock.txid === txid),
      `the lock of payment ${i}`,
    );
  }
}

const payments: readonly Scenario[] = [
  {
    name: "payments",
    what: "Thirty payments come one by one, each with an InstantSend lock that verifies.",
    isFast: true,
    script: async (stage) => {
      stage.connect();
      await stage.synced();
      await payAndSee(stage, 30);
    },
  },
  {
    name: "payments-at-once",
    what: "A burst of two hundred payments: the client stays in step with blocks, and some of the locks are seen.",
    simnet: { chainLockDelayMs: 0 },
    script: async (stage) => {
      stage.connect();
      await stage.synced();
      for (let i = 0; i < 200; i++) stage.net.pay();
      await stage.until(({ instantLocks }) => instantLocks.length === 16, "sixteen locks");
      await mineAndFollow(stage, 2);
    },
  },
  {
    name: "payments-while-syncing",
    what: "Locks come before their quorums are known; they are kept, and verified when they are.",
    isFast: true,
    script: async (stage) => {
      stage.connect();
      await stage.until(({ phase }) => phase === "headers" || phase === "lists", "under way");
      const txid = toHashHex(stage.net.pay());
      await stage.until(
        ({ instantLocks }) => instantLocks.some((lock) => lock.txid === txid),
        "the payment's lock",
      );
    },
  },
  {
    name: "payments-across-cycles",
    what: "Payments come in every part of a new cycle, signed by the old quorums and then by the new.",
    simnet: { chainLockDelayMs: 0 },
    script: async (stage) => {
      stage.connect();
      await stage.synced();
      for (let i = 0; i < 13; i++) {
        await mineAndFollow(stage, 4);
        await payAndSee(stage, 1);
      }
    },
  },
];

const versions: readonly Scenario[] = [
  {
    name: "version-70230",
    what: "All nodes speak protocol 70230.",
    isFast: true,
    profiles: [version(70230), version(70230), version(70230)],
    script: syncsFromAll,
  },
  {
    name: "version-70235",
    what: "All nodes speak protocol 70235.",
    isFast: true,
    profiles: [version(70235), version(70235), version(70235)],
    script: syncsFromAll,
  },
  {
    name: "versions-mixed",
    what: "Three nodes of three protocol versions.",
    isFast: true,
    profiles: [version(70230), version(70235), undefined],
    script: syncsFromAll,
  },
  {
    name: "version-too-old",
    what: "A node too old to be understood is left, without blame, for others.",
    isFast: true,
    profiles: [version(70228)],
    script: async (stage) => {
      stage.connect(0);
      await stage.until(({ peers }) => peers[0]?.status === "closed", "left");
      stage.connect(1, 2);
    },
  },
  {
    name: "blocks-only",
    what: "One of three nodes relays blocks only and must not be asked for a qrinfo.",
    isFast: true,
    profiles: [BLOCKS_ONLY],
    script: syncsFromAll,
  },
  {
    name: "blocks-only-alone",
    what: "A blocks-only node alone cannot give the snapshots; an honest one that comes later does.",
    isFast: true,
    profiles: [BLOCKS_ONLY],
    script: async (stage) => {
      stage.connect(0);
      await stage.until(({ cannotVerify }) => cannotVerify.length > 0, "named what is missing");
      if (stage.snapshot.isSynced) throw new Error("synced without snapshots");
      stage.connect(1, 2);
    },
  },
  {
    name: "blocks-only-all",
    what: "Blocks-only nodes alone: all but the rotating quorums, and the client says what is missing.",
    isFast: true,
    profiles: [BLOCKS_ONLY, BLOCKS_ONLY, BLOCKS_ONLY],
    script: async (stage) => {
      stage.connect();
      await stage.until(({ cannotVerify }) => cannotVerify.length > 0, "named what is missing");
    },
    unsynced: { cannotVerify: "no peer sends it" },
  },
  {
    name: "blocks-only-for-long",
    what: "Blocks-only nodes alone for 60 blocks: lists that nothing needs go all the same.",
    isFast: true,
    profiles: [BLOCKS_ONLY, BLOCKS_ONLY, BLOCKS_ONLY],
    script: async (stage) => {
      stage.connect();
      await stage.until(({ cannotVerify }) => cannotVerify.length > 0, "named what is missing");
      const held = stage.client.engine.lists.size;
      await mineAndFollow(stage, 60);
      const more = stage.client.engine.lists.size - held;
      // The last 24 stay, and those of the work blocks in between.
      if (more > 36) throw new Error(`60 blocks made ${more} lists more`);
    },
    unsynced: { cannotVerify: "no peer sends it" },
  },
  {
    name: "old-node-first",
    what: "A node of version 70230 alone is enough, and current ones that come later find nothing to correct.",
    isFast: true,
    profiles: [version(70230)],
    script: syncsAlone,
  },
];

export const HONEST: readonly Scenario[] = [...usual, ...live, ...payments, ...versions];
