import { LIES, type LieName } from "../../../bridge/simnet/faults/lies.ts";
import type { ErrorCode } from "../../errors.ts";
import type { Scenario } from "./scenario.ts";
import { caughtAlone, syncsAlone } from "./scripts.ts";

/** Part of what is said about quorums whose snapshots nobody's signatures fit. */
const CONTRADICTED = "do not fit its signatures";

/** `falseMerkleBranch` is told in `lie-false-merkle-branch`. */
function scenarioName(lie: string): string {
  return `lie-${lie.replace(/[A-Z]+/g, (capitals) => `-${capitals.toLowerCase()}`)}`;
}

const contradictedAlone: Scenario["script"] = async (stage) => {
  stage.connect(0);
  const says = (sentences: readonly string[]) => sentences.some((each) => each.includes(CONTRADICTED));
  await stage.until(({ cannotVerify }) => says(cannotVerify), "contradicted");
  if (stage.snapshot.isSynced) throw new Error("synced in spite of a contradiction");
  if (stage.penalties.length > 0) throw new Error("somebody is accused before there is proof");
  stage.connect(1, 2);
};

const forgedPayment: Scenario["script"] = async (stage) => {
  stage.connect(0);
  await stage.synced();
  stage.net.pay();
  await stage.caught(0, "engine/bad-lock-signature");
  stage.connect(1, 2);
};

const told = (Object.keys(LIES) as LieName[]).map((lie): Scenario => {
  const { caughtBy }: { caughtBy: ErrorCode | "snapshot-contradicted" | "unused" } = LIES[lie];
  const base = { name: scenarioName(lie), isFast: true, profiles: [{ lies: [lie] }] };
  if (caughtBy === "unused") {
    const what = `The only node lies (${lie}) about what the client does not use; it syncs from it.`;
    return { ...base, what, script: syncsAlone };
  }
  if (caughtBy === "snapshot-contradicted") {
    const what = `The only node lies (${lie}); nothing is called invalid, and honest snapshots refute it.`;
    return { ...base, what, script: contradictedAlone, penalties: { 0: ["engine/snapshot-refuted"] } };
  }
  const what = `The only node lies (${lie}); ${caughtBy} catches it, and honest ones make the client sync.`;
  const script = lie === "forgedInstantLock" ? forgedPayment : caughtAlone(caughtBy);
  return { ...base, what, script, penalties: { 0: [caughtBy] } };
});

const everybody: readonly Scenario[] = [
  {
    name: "all-lie-about-roots",
    what: "All nodes forge coinbases; all are banned, and the client says why nothing is verified.",
    isFast: true,
    profiles: [{ lies: ["wrongRoots"] }, { lies: ["wrongRoots"] }, { lies: ["wrongRoots"] }],
    script: async (stage) => {
      stage.connect();
      for (const node of [0, 1, 2]) await stage.banned(node);
    },
    penalties: {
      0: ["engine/coinbase-proof-mismatch"],
      1: ["engine/coinbase-proof-mismatch"],
      2: ["engine/coinbase-proof-mismatch"],
    },
    unsynced: { problem: "engine/coinbase-proof-mismatch" },
  },
  {
    name: "all-lie-differently",
    what: "Each of three nodes lies about something else; each is caught by its own check.",
    isFast: true,
    profiles: [{ lies: ["falseMerkleBranch"] }, { lies: ["changedEntry"] }, { lies: ["forgedCommitment"] }],
    script: async (stage) => {
      for (const node of [0, 1, 2]) {
        stage.connect(node);
        await stage.banned(node);
      }
    },
    penalties: {
      0: ["engine/coinbase-proof-mismatch"],
      1: ["engine/merkle-root-mismatch"],
      2: ["engine/quorum-root-mismatch"],
    },
    unsynced: { problem: "engine/quorum-root-mismatch" },
  },
  {
    name: "all-lie-about-snapshots",
    what: "All nodes send the same false snapshots: nothing is invalid, nobody is accused, and it is never synced.",
    isFast: true,
    profiles: [{ lies: ["invalidSnapshot"] }, { lies: ["invalidSnapshot"] }, { lies: ["invalidSnapshot"] }],
    script: async (stage) => {
      stage.connect();
      const says = (sentences: readonly string[]) => sentences.some((each) => each.includes(CONTRADICTED));
      await stage.until(({ cannotVerify }) => says(cannotVerify), "contradicted");
    },
    unsynced: { cannotVerify: CONTRADICTED },
  },
  {
    name: "two-liars-one-honest",
    what: "Two liars come first, one after the other, and then an honest node.",
    isFast: true,
    profiles: [{ lies: ["changedEntry"] }, { lies: ["wrongRoots"] }],
    script: async (stage) => {
      stage.connect(0);
      await stage.banned(0);
      stage.connect(1);
      await stage.banned(1);
      stage.connect(2);
    },
    penalties: { 0: ["engine/merkle-root-mismatch"], 1: ["engine/coinbase-proof-mismatch"] },
  },
  {
    name: "liar-in-new-blocks",
    what: "A node that was honest starts to lie about lists once the client is synced and new blocks come.",
    isFast: true,
    simnet: { chainLockDelayMs: 0 },
    script: async (stage) => {
      stage.connect(0);
      await stage.synced();
      stage.net.hurt(0, { lies: ["changedEntry"] });
      // Not every block changes a masternode, and only those that do can be lied about.
      for (let i = 0; i < 40 && stage.penalties.length === 0; i++) {
        await stage.net.mine();
        const { height } = stage.net.tip;
        const isSettled = () => stage.penalties.length > 0 || stage.snapshot.masternodes?.height === height;
        await stage.until(isSettled, `block ${height} settled`);
      }
      await stage.banned(0);
      stage.connect(1, 2);
    },
    penalties: { 0: ["engine/merkle-root-mismatch"] },
  },
];

export const LIARS: readonly Scenario[] = [...told, ...everybody];
