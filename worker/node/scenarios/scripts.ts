import type { ErrorCode } from "../../errors.ts";
import type { Scenario } from "./scenario.ts";
import type { Stage } from "./stage.ts";

type Script = Scenario["script"];

/** All nodes are there from the start. */
export const syncsFromAll: Script = async (stage) => {
  stage.connect();
  await stage.synced();
};

/** Mines one block after another, each followed before the next. */
export async function mineAndFollow(stage: Stage, blocks: number): Promise<void> {
  for (let i = 0; i < blocks; i++) {
    await stage.net.mine();
    const { height } = stage.net.tip;
    await stage.until(({ masternodes }) => masternodes?.height === height, `the list at ${height}`);
  }
}

/** Node 0 alone first, until it is caught; then the honest others come. */
export function caughtAlone(code: ErrorCode): Script {
  return async (stage) => {
    stage.connect(0);
    await stage.caught(0, code);
    stage.connect(1, 2);
  };
}

/** Node 0 alone first, until it has no points left; then the honest others come. */
export const bannedAlone: Script = async (stage) => {
  stage.connect(0);
  await stage.banned(0);
  stage.connect(1, 2);
};

/** Node 0 alone first, which is enough to sync; then the honest others come. */
export const syncsAlone: Script = async (stage) => {
  stage.connect(0);
  await stage.synced();
  stage.connect(1, 2);
  await stage.connected(1, 2);
};

/** Node 0 alone first, until the list of its tip is there, so many blocks below the network's; then the others come. */
export function syncsFromStale(depth: number): Script {
  return async (stage) => {
    stage.connect(0);
    const height = stage.net.tip.height - depth;
    await stage.until(({ masternodes }) => masternodes?.height === height, "the stale tip's list");
    stage.connect(1, 2);
    await stage.synced();
  };
}

/** All nodes fail at times. Once the client is synced the lines get well, and one more block comes with its lock. */
export const syncsThenHealed: Script = async (stage) => {
  stage.connect();
  await stage.until(({ isSynced }) => isSynced, "synced");
  for (const node of stage.net.nodes.keys()) stage.net.hurt(node, undefined);
  // Whoever was being asked when the fault was there may have hung up: all of them must hear of the block.
  await stage.until(({ peers }) => peers.some(({ status }) => status === "ready"), "a peer");
  await stage.net.mine();
};
