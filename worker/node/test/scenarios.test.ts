import { describe, expect, it } from "vitest";
import type { MasternodeList } from "../../engine/masternodeList.ts";
import { makeQuorumEntry, type QuorumEntry } from "../../engine/quorumSet.ts";
import { newestList } from "../../engine/state.ts";
import { makeFinalCommitment } from "../../wire/finalCommitment.ts";
import { type BlockHash, type HashHex, ZERO_HASH } from "../../wire/hashes.ts";
import { CATALOGUE } from "../scenarios/catalogue.ts";
import { mildPenalties } from "../scenarios/judge.ts";
import type { Outcome } from "../scenarios/outcome.ts";
import { runScenario } from "../scenarios/runScenario.ts";
import { runTwice } from "../scenarios/runTwice.ts";
import type { Scenario } from "../scenarios/scenario.ts";

const FAST = CATALOGUE.filter(({ isFast }) => isFast);

/** A lie of each kind: of a list, a quorum, a snapshot, a lock and a whole answer. */
const TOLD_TWICE = [
  "lie-changed-entry",
  "lie-forged-commitment",
  "lie-invalid-snapshot",
  "lie-wrong-chain-lock",
  "lie-other-cycle",
];

function find(name: string): Scenario {
  const scenario = CATALOGUE.find((each) => each.name === name);
  if (!scenario) throw new RangeError(`no scenario ${name}`);
  return scenario;
}

describe("the catalogue", () => {
  it("has a name, a sentence and at least 40 entries of them", () => {
    expect(CATALOGUE.length).toBeGreaterThanOrEqual(40);
    expect(FAST.map(({ name }) => name)).toEqual(expect.arrayContaining(TOLD_TWICE));
    expect(new Set(CATALOGUE.map(({ name }) => name)).size).toBe(CATALOGUE.length);
    for (const { name, what } of CATALOGUE) {
      expect(name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
      expect(what).toMatch(/^[A-Z0-9].*\.$/);
    }
  });

  it.each(FAST.map(({ name }) => name))("%s", async (name) => {
    const play = TOLD_TWICE.includes(name) ? runTwice : runScenario;
    const { reasons, falseAccusations } = await play(find(name), 1);
    expect({ reasons, falseAccusations }).toEqual({ reasons: [], falseAccusations: [] });
  });
});

describe("the same seed", () => {
  // Some lies are told twice above; `npm run scenarios -- --twice` plays everything twice.
  it.each(["loss-30", "reorg-6", "duplicates"])("makes the same of %s again", async (name) => {
    expect(await runTwice(find(name), 2)).toMatchObject({ reasons: [], differs: [] });
  });

  it("is seen not to make the same where something else decides", async () => {
    let runs = 0;
    const script: Scenario["script"] = async (stage) => {
      stage.connect(0);
      await stage.synced();
      await stage.net.mine(runs++);
    };
    const { passed, reasons, differs } = await runTwice({ ...find("one-node"), script }, 1);
    expect(passed).toBe(false);
    expect(differs).toHaveLength(1);
    expect(differs?.[0]).toMatch(/^state, \{"tipHeight":374,.*\} and then \{"tipHeight":375,/);
    expect(reasons).toEqual([`another time it differs: ${differs?.[0]}`]);
  });

  it("makes another network than another seed", async () => {
    const [first, second] = [await runScenario(find("one-node"), 1), await runScenario(find("one-node"), 2)];
    expect(second.state.tipHash).not.toBe(first.state.tipHash);
  });
});

describe("the runner's own judgement", () => {
  const honest = find("one-node");

  it("finds a script that does not come to its end", async () => {
    const never: Scenario = {
      ...honest,
      unsynced: { problem: "client/no-peers", cannotVerify: "the moon" },
      script: async (stage) => stage.until(() => false, "the moon"),
    };
    const { passed, reasons, finished } = await runScenario(never, 1, { deadlineMs: 20 });
    expect({ passed, finished }).toEqual({ passed: false, finished: false });
    expect(reasons).toEqual([
      "never: the moon",
      "the problem shown is undefined, not client/no-peers",
      "it does not say that it cannot verify: the moon",
    ]);
  });

  it("finds a client that calls itself synced and must not", async () => {
    const { reasons } = await runScenario({ ...honest, unsynced: {} }, 1);
    expect(reasons).toEqual(["it calls itself synced"]);
  });

  it("finds penalties that are missing, and false accusations", async () => {
    const lying = find("duplicates");
    const { reasons } = await runScenario({ ...honest, penalties: { 0: ["wire/bad-magic"] } }, 1);
    expect(reasons).toEqual(["node 0 is penalised for nothing, not for wire/bad-magic"]);
    const accused = await runScenario({ ...lying, penalties: {} }, 1);
    expect(accused.falseAccusations).toEqual(["node 0: net/unexpected-message"]);
    expect(accused.reasons).toEqual(["node 0 is penalised for net/unexpected-message, not for nothing"]);
  });

  it("finds a liar that is not banned", () => {
    const penalties: Outcome["penalties"] = {
      "node 0": [{ points: 50, code: "engine/merkle-root-mismatch", isBan: false }],
      "node 1": [{ points: 20, code: "chain/conflicts-with-chainlock", isBan: false }],
      "node 2": [{ points: 100, code: "engine/merkle-root-mismatch", isBan: true }],
      "node 3": [{ points: 10, code: "chain/time-too-new", isBan: false }],
      "node 4": [{ points: 5, code: "net/unexpected-message", isBan: false }],
    };
    expect(mildPenalties(penalties)).toEqual([
      "node 0 loses 50 points for engine/merkle-root-mismatch and is not banned",
      "node 1 loses 20 points for chain/conflicts-with-chainlock and is not banned",
    ]);
  });

  it("finds what was believed for a moment only, also of a client that is not synced", async () => {
    const script: Scenario["script"] = async (stage) => {
      stage.connect(0);
      await stage.synced();
      const { engine } = stage.client;
      const list = newestList(engine) as MasternodeList;
      const [key, quorum] = [...list.quorums].find(([, { id }]) => engine.statuses.has(id)) ?? [];
      const { commitment } = quorum as QuorumEntry;
      const quorumPublicKey = new Uint8Array(48).fill(1);
      const forged = makeQuorumEntry(makeFinalCommitment({ ...commitment, quorumPublicKey }));
      const lists = [
        { ...list, tree: { ...list.tree, root: ZERO_HASH } },
        { ...list, quorums: new Map([...list.quorums, [key as string, forged]]) },
        { ...list, blockHash: ZERO_HASH as BlockHash },
        { ...list },
      ];
      const statuses = new Map([...engine.statuses, [forged.id, { status: "verified" as const }]]);
      stage.beliefs.lookAt({
        ...engine,
        lists: new Map(lists.map((each, i) => [String(i) as HashHex, each])),
        statuses,
      });
      const { height, hash } = stage.net.tip;
      stage.beliefs.lookAtLock({ height: height - 1, blockHash: hash, sig: new Uint8Array(96) });
      stage.net.stopChainLocks(true);
      await stage.net.mine();
      const unlocked = { height: height + 1, blockHash: stage.net.tip.hash, sig: new Uint8Array(96) };
      stage.beliefs.lookAtLock(unlocked);
      stage.beliefs.lookAtLock({ ...unlocked, height, blockHash: hash });
    };
    const { reasons, falseBeliefs } = await runScenario({ ...honest, script, unsynced: {} }, 1);
    expect(falseBeliefs).toEqual([
      expect.stringMatching(/^it believed a list at 374, block /),
      expect.stringMatching(/^it believed a list at 374, block /),
      expect.stringMatching(/^it believed the key of quorum \d+:/),
      `it believed a list at 374, block ${"0".repeat(64)}`,
      expect.stringMatching(/^it believed a ChainLock at 373 for /),
      expect.stringMatching(/^it believed a ChainLock at 375 for /),
    ]);
    expect(reasons).toEqual(expect.arrayContaining([...falseBeliefs]));
  });

  it("finds a fault that never struck, of doors too", async () => {
    const profiles = [undefined, { messages: { lose: { share: 1 } }, door: { kind: "resets" } }] as const;
    const { reasons, strikes } = await runScenario({ ...honest, profiles }, 1);
    expect(strikes).toEqual({ "node 1": { lose: 0, resets: 0 } });
    expect(reasons).toEqual([
      "node 1 was never hit by its fault: lose",
      "node 1 was never hit by its fault: resets",
    ]);
  });

  it("finds a state that is not the network's", async () => {
    const script: Scenario["script"] = async (stage) => {
      stage.connect(0);
      await stage.synced();
      stage.net.hurt(0, { door: { kind: "closed" } });
      for (const node of stage.net.nodes) node.disconnectAll();
      await stage.net.mine(5);
    };
    const { reasons, passed, isHonestState } = await runScenario({ ...honest, script }, 1, {
      deadlineMs: 3_000,
    });
    expect({ passed, isHonestState }).toEqual({ passed: false, isHonestState: false });
    expect(reasons.some((reason) => reason.startsWith("tipHeight is 374, not 379"))).toBe(true);
  });
});
