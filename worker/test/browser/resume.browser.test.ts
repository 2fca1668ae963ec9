import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { commands } from "vitest/browser";
import { ClientStore } from "../../store/index.ts";
import { keysOf } from "../../store/test/databases.ts";
import { seededRandom } from "../seededRandom.ts";
import type { ListRequest, StartedNetwork } from "./networkCommands.ts";
import { forgetEverything } from "./services.ts";
import { type SyncedState, stateOnceSynced } from "./syncedState.ts";
import { killAll, Tab } from "./tab.ts";

/** Answers take so long that some are on their way at most moments, and longer than it takes to store one. */
const LATENCY_MS = 60;
const DATABASES = 10;
const KILLS_PER_DATABASE = 5;
/** What a kill may lose: `maxConcurrent` at its most, which counts what came and is not stored yet. */
const MAX_LOST = 8;

let network: StartedNetwork;
/** What a client shows that nobody disturbed, what it asked for, and how long it took. */
let expected: SyncedState;
let usualRequests: number;
let usualMs: number;
let databaseName: string;

beforeAll(async () => {
  await forgetEverything();
  network = await commands.startNetwork(location.origin, 1, "long");
  await commands.slowDown(network.url, LATENCY_MS);
  const startedAt = performance.now();
  const tab = Tab.open(network.url);
  expected = await stateOnceSynced(tab, tab.client);
  usualMs = performance.now() - startedAt;
  usualRequests = (await commands.takeListRequests(network.url)).length;
  databaseName = (await ClientStore.list())[0] ?? "";
  await tab.kill(databaseName);
});
afterAll(() => commands.stopNetwork(network.url));
beforeEach(forgetEverything);
afterEach(async () => {
  await killAll(databaseName);
  await forgetEverything();
});

/** What a database holds of what can be asked for. */
interface Stored {
  readonly lists: ReadonlySet<IDBValidKey>;
  readonly snapshots: ReadonlySet<IDBValidKey>;
}

async function readStored(): Promise<Stored> {
  if (!(await ClientStore.list()).includes(databaseName)) return { lists: new Set(), snapshots: new Set() };
  const [lists, snapshots] = await Promise.all([
    keysOf(databaseName, "lists"),
    keysOf(databaseName, "snapshots"),
  ]);
  return { lists: new Set(lists), snapshots: new Set(snapshots) };
}

function isStored({ kind, blocks }: ListRequest, { lists, snapshots }: Stored): boolean {
  const hasSnapshots = kind === "mnlistdiff" || blocks.slice(1).every((block) => snapshots.has(block));
  return hasSnapshots && blocks.every((block) => lists.has(block));
}

function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}

describe("killed once it is synced", () => {
  it("asks for no list at all", async () => {
    const tab = Tab.open(network.url);
    await stateOnceSynced(tab, tab.client);
    await tab.kill(databaseName);
    await commands.takeListRequests(network.url);
    const again = Tab.open(network.url);
    expect(await stateOnceSynced(again, again.client)).toEqual(expected);
    expect(await commands.takeListRequests(network.url)).toEqual([]);
  });
});

describe("killed in the middle of its work", () => {
  const random = seededRandom(7);
  /** By kill: requests of the run it ended that had to be made again. */
  const repeated: number[] = [];

  /** A third of the kills come after a while, the others soon after some requests, so that they hit a whole sync. */
  async function waitForSomeMoment(): Promise<void> {
    if (random() < 1 / 3) return pause(random() * usualMs);
    const count = 1 + Math.floor((random() * usualRequests) / 3);
    await commands.awaitListRequests(network.url, count, usualMs / 3);
    await pause(random() * 2 * LATENCY_MS);
  }

  it.each(Array.from({ length: DATABASES }, (_, i) => i))(
    "goes on from what is stored: database %i",
    async () => {
      const firstKill = repeated.length;
      /** By block: the last run that asked for its list. */
      const askedIn = new Map<string, number>();
      let stored = await readStored();
      const checkRequests = async (run: number) => {
        const requests = await commands.takeListRequests(network.url);
        for (const request of requests)
          expect(isStored(request, stored), JSON.stringify(request)).toBe(false);
        for (const { blocks } of requests) {
          const before = Math.max(...blocks.map((block) => askedIn.get(block) ?? -1));
          if (before >= 0) repeated[before] = (repeated[before] ?? 0) + 1;
        }
        for (const { blocks } of requests) for (const block of blocks) askedIn.set(block, run);
      };

      for (let kill = firstKill; kill < firstKill + KILLS_PER_DATABASE; kill++) {
        const tab = Tab.open(network.url);
        await waitForSomeMoment();
        await tab.kill(databaseName);
        repeated[kill] = 0;
        await checkRequests(kill);
        stored = await readStored();
      }
      const tab = Tab.open(network.url);
      expect(await stateOnceSynced(tab, tab.client)).toEqual(expected);
      expect(tab.seen.filter(({ problem }) => problem)).toEqual([]);
      expect(tab.seen.flatMap(({ log }) => log).filter(({ level }) => level !== "info")).toEqual([]);
      await tab.kill(databaseName);
      await checkRequests(firstKill + KILLS_PER_DATABASE);
      for (const count of repeated.slice(firstKill)) expect(count).toBeLessThanOrEqual(MAX_LOST);
    },
  );

  it("lost something at some kills, or they would show nothing", () => {
    expect(repeated.length).toBe(DATABASES * KILLS_PER_DATABASE);
    expect(repeated.filter((count) => count > 0).length).toBeGreaterThan(0);
  });
});
