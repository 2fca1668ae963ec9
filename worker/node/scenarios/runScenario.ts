import { fileURLToPath } from "node:url";
import { createSimnet } from "../../../bridge/simnet/network.ts";
import { createMclBls } from "../../bls/index.ts";
import { seededRandom } from "../../test/seededRandom.ts";
import { loadX11 } from "../loadX11.ts";
import { isSaid, judge } from "./judge.ts";
import type { Outcome } from "./outcome.ts";
import type { Scenario } from "./scenario.ts";
import { type Engines, Stage } from "./stage.ts";

/** Fixed, so that a seed always makes the same network. */
const START_TIME_SECONDS = 1_800_000_000;
/**
 * Ends 38 blocks into a rotating cycle as the default network does, but is made in half the time. Its ChainLocks come
 * with their blocks, so that what coinbases carry does not depend on how fast the client is.
 */
const SMALLER_NETWORK = { masternodes: 80, blocks: 374, chainLockDelayMs: 0 };
/** Chains made before, of the same seed by the same code. */
const CACHE_DIR = fileURLToPath(new URL("../../../.dashlight/scenarios", import.meta.url));
/** Of the client's time, after the script: what may still come of what happened. */
const AFTERMATH_MS = 4_000;

export interface RunOptions {
  /** How much faster the client's clock runs than real time: its timeouts and pauses are so much shorter. */
  readonly speed?: number;
  /** Real time that the script may take. */
  readonly deadlineMs?: number;
  readonly log?: (line: string) => void;
}

const DEFAULT_SPEED = 20;
const DEFAULT_DEADLINE_MS = 40_000;

let loaded: Promise<Engines> | undefined;

async function loadEngines(): Promise<Engines> {
  const [x11, bls] = await Promise.all([loadX11(), createMclBls()]);
  return { x11, bls };
}

/** Plays a scenario: a simulated network, a client, real sockets between them, all in this process. */
export async function runScenario(
  scenario: Scenario,
  seed: number,
  { speed = DEFAULT_SPEED, deadlineMs = DEFAULT_DEADLINE_MS, log }: RunOptions = {},
): Promise<Outcome> {
  loaded ??= loadEngines();
  const engines = await loaded;
  const startTimeSeconds = scenario.simnet?.startTimeSeconds ?? START_TIME_SECONDS;
  const net = await createSimnet({
    ...SMALLER_NETWORK,
    cacheDir: CACHE_DIR,
    ...scenario.simnet,
    ...engines,
    startTimeSeconds,
    seed,
    ...(scenario.profiles ? { profiles: scenario.profiles } : {}),
    ...(log ? { log } : {}),
  });
  const startedAt = performance.now();
  const { maxPeers } = scenario;
  const random = seededRandom(seed);
  const stage = new Stage({ net, engines, random, startTimeSeconds, speed, maxPeers, deadlineMs });
  try {
    const failure = await play(scenario, stage);
    const timeMs = Math.round(performance.now() - startedAt);
    for (const line of log ? stage.log : []) log?.(`client: ${line}`);
    return judge(scenario, seed, stage, failure, timeMs);
  } finally {
    stage.close();
    await net.close();
  }
}

/** @returns why the script did not come to its end */
async function play({ script, unsynced }: Scenario, stage: Stage): Promise<string | undefined> {
  try {
    await script(stage);
    if (!unsynced) await stage.synced();
    await stage.watch(AFTERMATH_MS);
    if (!unsynced) await stage.synced();
    // While something is asked for once more, it is not yet said to be missing.
    else await stage.until(({ cannotVerify }) => isSaid(unsynced, cannotVerify), "what cannot be verified");
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
