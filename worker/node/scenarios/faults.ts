import type { NodeProfile } from "../../../bridge/simnet/faults/profile.ts";
import type { ErrorCode } from "../../errors.ts";
import type { Scenario } from "./scenario.ts";
import {
  bannedAlone,
  caughtAlone,
  mineAndFollow,
  syncsAlone,
  syncsFromAll,
  syncsFromStale,
  syncsThenHealed,
} from "./scripts.ts";

function all(profile: NodeProfile): NodeProfile[] {
  return [profile, profile, profile];
}

export const STALE_DEPTH = 20;
export const STALE: NodeProfile = { chain: { kind: "stale", depth: STALE_DEPTH } };
export const DRIP: NodeProfile = { line: { drip: { pieceBytes: 50, pauseMs: 2 } } };
export const WRONG_ORDER: NodeProfile = {
  messages: { swap: { share: 1, commands: ["mnlistdiff", "qrinfo"] } },
};

const lines: readonly Scenario[] = [
  {
    name: "latency",
    what: "Every answer takes 600 ms of the client's time, and up to 400 more.",
    isFast: true,
    profiles: all({ line: { latencyMs: 30, jitterMs: 20 } }),
    script: syncsFromAll,
  },
  {
    name: "latency-of-one",
    what: "One of three nodes takes 4 s for every answer.",
    isFast: true,
    profiles: [{ line: { latencyMs: 200 } }],
    script: syncsFromAll,
  },
  {
    name: "bandwidth",
    what: "Every node sends 100 kB a second of real time.",
    isFast: true,
    profiles: all({ line: { bytesPerSecond: 100_000 } }),
    script: syncsFromAll,
  },
  {
    name: "drip",
    what: "One of three nodes sends everything in tiny pieces.",
    isFast: true,
    profiles: [DRIP],
    script: syncsFromAll,
  },
  {
    name: "drip-all",
    what: "All nodes send everything in small pieces with pauses.",
    profiles: all({ line: { drip: { pieceBytes: 500, pauseMs: 2 } } }),
    script: syncsFromAll,
  },
  {
    name: "stall",
    what: "The line of one node goes quiet in the middle of the first big message, for good.",
    isFast: true,
    profiles: [{ line: { stall: { share: 1, commands: ["qrinfo", "mnlistdiff"] } } }],
    script: syncsFromAll,
  },
  {
    name: "stall-for-a-while",
    what: "Every line goes quiet at times, for 6 s of the client's time.",
    isFast: true,
    profiles: all({ line: { stall: { share: 0.3, forMs: 300 } } }),
    script: syncsThenHealed,
  },
  {
    name: "cut",
    what: "Every third answer of every node ends in a reset connection.",
    profiles: all({ line: { cut: { share: 0.33 } } }),
    script: syncsThenHealed,
  },
  {
    name: "cut-always",
    what: "One node resets the connection in every list message.",
    isFast: true,
    profiles: [{ line: { cut: { share: 1, commands: ["qrinfo", "mnlistdiff"] } } }],
    script: syncsFromAll,
  },
];

const doors: readonly Scenario[] = [
  {
    name: "refused",
    what: "Nobody listens at one of three addresses.",
    isFast: true,
    profiles: [{ door: { kind: "closed" } }],
    script: syncsFromAll,
  },
  {
    name: "refused-all",
    what: "Nobody listens anywhere: the client says so.",
    isFast: true,
    profiles: all({ door: { kind: "closed" } }),
    script: async (stage) => {
      stage.connect();
      await stage.until(({ problem }) => problem !== undefined, "a problem");
    },
    unsynced: { problem: "client/no-peers" },
  },
  {
    name: "refused-at-first",
    what: "Nobody listens for the first 20 s of the client's time.",
    isFast: true,
    profiles: all({ door: { kind: "closed", forMs: 1_000 } }),
    script: syncsFromAll,
  },
  {
    name: "resets",
    what: "One node accepts connections and resets them.",
    isFast: true,
    profiles: [{ door: { kind: "resets" } }],
    script: syncsFromAll,
  },
  {
    name: "restart-of-all-nodes",
    what: "All nodes go away for 10 s of the client's time in the middle of the sync.",
    isFast: true,
    script: async (stage) => {
      stage.connect();
      await stage.until(({ phase, isSynced }) => phase === "lists" || isSynced, "lists");
      for (const node of [0, 1, 2]) stage.net.hurt(node, { door: { kind: "restart", forMs: 500 } });
      await stage.synced();
    },
  },
  {
    name: "restart-after-sync",
    what: "All nodes go away after the sync, and blocks are mined meanwhile.",
    isFast: true,
    simnet: { chainLockDelayMs: 0 },
    script: async (stage) => {
      stage.connect();
      await stage.synced();
      for (const node of [0, 1, 2]) stage.net.hurt(node, { door: { kind: "restart", forMs: 500 } });
      await stage.net.mine(3);
    },
  },
];

const losses: readonly Scenario[] = [
  {
    name: "loss-30",
    what: "30 % of all answers never come.",
    isFast: true,
    profiles: all({ messages: { lose: { share: 0.3 } } }),
    script: syncsThenHealed,
  },
  {
    name: "loss-50",
    what: "Half of all answers never come: half of the requests fail.",
    profiles: all({ messages: { lose: { share: 0.5 } } }),
    script: syncsThenHealed,
  },
  {
    name: "loss-of-lists",
    what: "One node never sends a list.",
    isFast: true,
    profiles: [{ messages: { lose: { share: 1, commands: ["mnlistdiff", "qrinfo"] } } }],
    script: syncsFromAll,
  },
  {
    name: "lists-from-nobody",
    what: "No node sends any mnlistdiff: some quorums stay unknown, and the client neither hides that nor calls itself synced.",
    isFast: true,
    profiles: all({ messages: { lose: { share: 1, commands: ["mnlistdiff"] } } }),
    script: async (stage) => {
      stage.connect();
      await stage.until(({ cannotVerify }) => cannotVerify.length > 0, "named what is missing");
    },
    unsynced: { cannotVerify: "The masternode list at block", problem: "net/refused" },
  },
  {
    name: "wrong-order",
    what: "The only node's answers change places; all that it says is true.",
    isFast: true,
    profiles: [WRONG_ORDER],
    script: syncsAlone,
  },
];

/** A fault of node 0 that costs it points; the client meets it alone first. */
function punished(
  name: string,
  what: string,
  profile: NodeProfile,
  code: ErrorCode,
  script: Scenario["script"],
): Scenario {
  return { name, what, isFast: true, profiles: [profile], script, penalties: { 0: [code] } };
}

const messages: readonly Scenario[] = [
  punished(
    "duplicates",
    "The only node sends every list twice.",
    { messages: { duplicate: { share: 1, commands: ["mnlistdiff", "qrinfo"] } } },
    "net/unexpected-message",
    syncsAlone,
  ),
  punished(
    "late",
    "The only node sends its qrinfo behind the pong that should follow it: as if it refused, and then did not.",
    { messages: { late: { share: 1, commands: ["qrinfo"] } } },
    "net/unexpected-message",
    async (stage) => {
      stage.connect(0);
      // By then it was asked as often as it would be.
      await stage.until(({ cannotVerify }) => cannotVerify.length > 0, "named what is missing");
      stage.connect(1, 2);
    },
  ),
  punished(
    "unsolicited",
    "The only node sends lists, headers and a ChainLock that nobody asked for.",
    { unsolicited: { commands: ["mnlistdiff", "qrinfo", "headers", "clsig"] } },
    "net/unexpected-message",
    syncsAlone,
  ),
  punished(
    "overlong",
    "The only node's headers and inventories hold more than they may.",
    { messages: { overlong: { share: 1 } } },
    "wire/oversized",
    bannedAlone,
  ),
  punished(
    "checksum",
    "Every answer of the only node has a wrong checksum.",
    { frames: { badChecksum: { share: 1 } } },
    "wire/bad-checksum",
    bannedAlone,
  ),
  punished(
    "oversize",
    "The only node announces messages larger than any may be.",
    { frames: { oversize: { share: 1 } } },
    "wire/oversized",
    bannedAlone,
  ),
  punished(
    "garbage",
    "The only node sends random bytes between its messages.",
    { frames: { garbage: { share: 1 } } },
    "wire/bad-magic",
    bannedAlone,
  ),
  punished(
    "other-magic",
    "The only node's messages are of another network.",
    { frames: { otherMagic: { share: 1 } } },
    "wire/bad-magic",
    bannedAlone,
  ),
];

const chains: readonly Scenario[] = [
  {
    name: "stale-tip",
    what: "The only node stands still 20 blocks below; the others bring the rest.",
    isFast: true,
    profiles: [STALE],
    script: syncsFromStale(STALE_DEPTH),
  },
  {
    name: "private-fork",
    what: "The only node has three blocks of its own; the others have the chain with more work.",
    isFast: true,
    profiles: [{ chain: { kind: "fork", depth: 6, blocks: 3 } }],
    script: async (stage) => {
      stage.connect(0);
      const { height } = stage.net.tip;
      await stage.until(({ masternodes }) => masternodes?.height === height - 3, "the fork's list");
      stage.connect(1, 2);
      await stage.synced();
    },
  },
  {
    name: "header-spam",
    what: "The only node floods the client with headers of forks before it knows any chain, and answers as it should.",
    isFast: true,
    profiles: [{ headerSpam: { forks: 40, length: 10, fromGenesis: true } }],
    script: caughtAlone("net/header-flood"),
    penalties: { 0: ["net/header-flood"] },
  },
  {
    name: "header-spam-endless",
    what: "The only node knows nothing but headers of forks, and there is no end to them.",
    isFast: true,
    profiles: [{ headerSpam: { forks: 10, length: 20, fromGenesis: true, answers: true, isEndless: true } }],
    script: caughtAlone("net/header-flood"),
    penalties: { 0: ["net/header-flood"] },
  },
  {
    name: "header-spam-only",
    what: "A node that comes to a synced client answers with nothing but headers below the ChainLock.",
    isFast: true,
    profiles: [{ headerSpam: { forks: 10, length: 5, answers: true } }],
    script: async (stage) => {
      stage.connect(1, 2);
      await stage.synced();
      stage.connect(0);
      await stage.banned(0);
    },
    penalties: { 0: ["chain/conflicts-with-chainlock"] },
  },
  {
    name: "header-spam-after-sync",
    what: "A node floods a synced client with headers of forks below the ChainLock.",
    isFast: true,
    simnet: { chainLockDelayMs: 0 },
    profiles: [{ headerSpam: { forks: 40, length: 10 } }],
    script: async (stage) => {
      stage.connect(1, 2);
      await stage.synced();
      stage.connect(0);
      await stage.banned(0);
      await mineAndFollow(stage, 1);
    },
    penalties: { 0: ["chain/conflicts-with-chainlock"] },
  },
];

export const FAULTS: readonly Scenario[] = [...lines, ...doors, ...losses, ...messages, ...chains];
