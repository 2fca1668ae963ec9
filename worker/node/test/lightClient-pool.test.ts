import { afterEach, describe, expect, it } from "vitest";
import { type Bls, createMclBls, type SignatureVerifier } from "../../bls/index.ts";
import { VerificationPool } from "../../pool/index.ts";
import { hasVectors } from "../../test/vectors.ts";
import { nodePoolThreads } from "../nodePoolThreads.ts";
import type { ClientRun } from "./clientRun.ts";
import { startClient, startNode } from "./replays.ts";

const SCENARIOS = ["cycle-a", "few-masternodes-c"].filter((scenario) => hasVectors(`regtest/${scenario}`));

const pools: VerificationPool[] = [];
afterEach(() => {
  for (const pool of pools.splice(0)) pool.close();
});

function openPool(bls: Bls): VerificationPool {
  const pool = new VerificationPool(bls, 2, nodePoolThreads(bls.engine));
  pools.push(pool);
  return pool;
}

describe.each(SCENARIOS)("%s with a pool", (scenario) => {
  it("is verified as without one", async () => {
    const node = await startNode({ scenario });
    const alone = await startClient([node]);
    await alone.synced();
    const pooled = await startClient([node], { verifier: openPool(await createMclBls()) });
    await pooled.synced();
    const { quorums, masternodes, chainLock, cannotVerify, problem } = alone.snapshot;
    expect(pooled.snapshot).toMatchObject({ quorums, masternodes, chainLock, cannotVerify, problem });
    expect([...pooled.client.engine.statuses]).toEqual([...alone.client.engine.statuses]);
  });

  it("stops while signatures are checked, without a word", async () => {
    const node = await startNode({ scenario });
    const bls = await createMclBls();
    const local: Bls = { ...bls, verify: () => Promise.reject(new Error("nobody waits for this")) };
    const pool = openPool(local);
    let run: ClientRun | undefined;
    const stopped = new Promise<void>((resolve) => {
      const verifier: SignatureVerifier = {
        verify: (checks, options) => {
          const verdicts = pool.verify(checks, options);
          run?.client.stop();
          pool.close();
          resolve();
          return verdicts;
        },
      };
      void startClient([node], { verifier, isOffline: true }).then((started) => {
        run = started;
        run.connect(node);
      });
    });
    await stopped;
    // Whatever is left over comes now, and would fail the run.
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(run?.snapshot.isSynced).toBe(false);
  });
});

// There the tip's list has the quorum set that its ChainLock was signed with, and is not the last one to come.
describe.runIf(hasVectors("regtest/few-masternodes-c"))("few-masternodes-c with a pool", () => {
  it("judges quorums before the last list is there", async () => {
    const node = await startNode({ scenario: "few-masternodes-c" });
    const pool = openPool(await createMclBls());
    /** Lists held at the first batch of several signatures. */
    let listsAtFirst: number | undefined;
    let phaseAtFirst: string | undefined;
    let run: ClientRun | undefined;
    const verifier: SignatureVerifier = {
      verify: (checks, options) => {
        if (checks.length > 1) {
          listsAtFirst ??= run?.client.engine.lists.size;
          phaseAtFirst ??= run?.snapshot.phase;
        }
        return pool.verify(checks, options);
      },
    };
    run = await startClient([node], { verifier, isOffline: true });
    run.connect(node);
    await run.synced();
    expect(phaseAtFirst).toBe("lists");
    expect(listsAtFirst).toBeGreaterThan(0);
    expect(listsAtFirst).toBeLessThan(run.client.engine.lists.size);
  });

  it("checks the ChainLock before it judges the other quorums", async () => {
    const node = await startNode({ scenario: "few-masternodes-c" });
    const bls = await createMclBls();
    /** How many signatures each batch has, and whether there was a verified ChainLock before it. */
    const batches: [number, boolean][] = [];
    let run: ClientRun | undefined;
    const verifier: SignatureVerifier = {
      verify: (checks) => {
        batches.push([checks.length, run?.snapshot.chainLock !== undefined]);
        return bls.verify(checks);
      },
    };
    run = await startClient([node], { verifier, isOffline: true });
    run.connect(node);
    await run.synced();
    // Both signatures of one commitment, then the lock's own.
    expect(batches.slice(0, 2)).toEqual([
      [2, false],
      [1, false],
    ]);
    const others = batches.slice(2).filter(([size]) => size > 1);
    expect(others.length).toBeGreaterThan(0);
    expect(others.every(([, isLocked]) => isLocked)).toBe(true);
  });
});
