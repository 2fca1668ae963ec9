import { afterEach, describe, expect, it } from "vitest";
import { type Bls, createMclBls, createNobleBls, type SignatureCheck } from "../../bls/index.ts";
import { nodePoolThreads } from "../../node/nodePoolThreads.ts";
import { makeQuorumSet } from "../../test/quorumSet.ts";
import { type StartThread, VerificationPool } from "../index.ts";
import type { PoolJob } from "../messages.ts";

const mcl = await createMclBls();
const noble = createNobleBls();
/** Enough keys and work for several jobs of both kinds. */
const batch = makeQuorumSet(mcl, [{ count: 12, members: 70 }], 150, 3);
const few = batch.slice(0, 4);

const pools: VerificationPool[] = [];
afterEach(() => {
  for (const pool of pools.splice(0)) pool.close();
});

/** An engine that must not be asked: what is looked at happens in threads. */
function unasked(bls: Bls): Bls {
  return { ...bls, verify: () => Promise.reject(new Error("the local engine was asked")) };
}

function open(
  local: Bls,
  size: number,
  start: StartThread = nodePoolThreads(local.engine),
): VerificationPool {
  const pool = new VerificationPool(local, size, start);
  pools.push(pool);
  return pool;
}

function forgedAt(checks: readonly SignatureCheck[], at: number): SignatureCheck[] {
  const other = checks[(at + 2) % checks.length] as SignatureCheck;
  return checks.map((check, i) => (i === at ? { ...check, signature: other.signature } : check));
}

/** Threads that end when they are given a job of which `isCrashing` says so. */
function crashing(isCrashing: (job: PoolJob) => boolean): StartThread {
  const start = nodePoolThreads("mcl");
  return (onMessage, onCrash) => {
    const thread = start(onMessage, onCrash);
    return {
      post: (request, transfer) =>
        isCrashing(request.job) ? thread.terminate() : thread.post(request, transfer),
      terminate: () => thread.terminate(),
    };
  };
}

describe("a pool of threads", () => {
  it.each([1, 2, 3])("%i of them judge as the engine does", async (size) => {
    const pool = open(unasked(mcl), size);
    expect(await pool.verify(batch)).toEqual(batch.map(() => true));
    for (const at of [0, 7, 12, batch.length - 1]) {
      expect(await pool.verify(forgedAt(batch, at))).toEqual(batch.map((_, i) => i !== at));
    }
    expect(await pool.verify([])).toEqual([]);
  });

  it("judges with noble", async () => {
    const pool = open(unasked(noble), 2);
    expect(await pool.verify(forgedAt(few, 1))).toEqual([true, false, true, true]);
  });

  it("judges what has no right size, and keys that are none", async () => {
    const pool = open(unasked(mcl), 2);
    const garbage = { bytes: new Uint8Array(48).fill(0xff), scheme: "basic" as const };
    const checks = batch.map((check, i): SignatureCheck => {
      if (i === 0) return { ...check, signature: new Uint8Array(95) };
      if (i === 2) return { ...check, message: new Uint8Array(31) };
      if (i === 4)
        return { ...check, signer: { kind: "single", publicKey: { ...garbage, bytes: new Uint8Array() } } };
      if (check.signer.kind === "single" || i > 6) return check;
      return { ...check, signer: { ...check.signer, publicKeys: [garbage, ...check.signer.publicKeys] } };
    });
    expect(await pool.verify(checks)).toEqual(checks.map((_, i) => i > 5));
  });

  it("does urgent work before what already waits", async () => {
    const pool = open(unasked(mcl), 1);
    const order: string[] = [];
    const note = (name: string) => () => void order.push(name);
    await Promise.all([
      pool.verify(batch).then(note("batch")),
      pool.verify(few).then(note("later")),
      pool.verify(few.slice(1, 2), { isUrgent: true }).then(note("urgent")),
    ]);
    expect(order[0]).toBe("urgent");
  });

  it("judges an urgent lock where it is asked while all threads are busy, and only then", async () => {
    let asked = 0;
    const verify = (checks: readonly SignatureCheck[]) => {
      asked++;
      return mcl.verify(checks);
    };
    const pool = open({ ...mcl, verify }, 1);
    const locks = [batch[0], forgedAt(batch, 2)[2]] as SignatureCheck[];
    const judgeLocks = (isUrgent: boolean) => pool.verify(locks, { isUrgent });
    expect([await judgeLocks(true), asked]).toEqual([[true, false], 1]);
    // Now the thread is there.
    expect([await judgeLocks(false), asked]).toEqual([[true, false], 1]);
    expect([await judgeLocks(true), asked]).toEqual([[true, false], 1]);
    let isDone = false;
    const given = pool.verify(batch).finally(() => {
      isDone = true;
    });
    expect([await judgeLocks(true), asked, isDone]).toEqual([[true, false], 2, false]);
    expect(await given).toEqual(batch.map(() => true));
    expect(asked).toBe(2);
  });

  it("forgets what nobody wants any more", async () => {
    const pool = open(unasked(mcl), 1);
    const controller = new AbortController();
    const given = pool.verify(batch, { signal: controller.signal });
    const reason = new Error("not wanted");
    controller.abort(reason);
    await expect(given).rejects.toBe(reason);
    await expect(pool.verify(few, { signal: controller.signal })).rejects.toBe(reason);
    expect(await pool.verify(few)).toEqual([true, true, true, true]);
  });
});

describe("threads that crash", () => {
  it.each([1, 2, 3])("%i times: their jobs run elsewhere", async (times) => {
    // Each job once: one that takes three threads with it is given back.
    const crashed = new Set<string>();
    const isCrashing = (job: PoolJob) => {
      const name = String(job.kind === "checks" ? job.packed.checks : job.kind === "keys" && job.keys);
      if (crashed.size === times || crashed.has(name)) return false;
      crashed.add(name);
      return true;
    };
    const pool = open(unasked(mcl), 2, crashing(isCrashing));
    expect(await pool.verify(forgedAt(batch, 5))).toEqual(batch.map((_, i) => i !== 5));
    expect(crashed.size).toBe(times);
  });

  it("always: the thread that asks does the work", async () => {
    let jobs = 0;
    const pool = open(
      mcl,
      2,
      crashing(() => ++jobs > 0),
    );
    expect(await pool.verify(forgedAt(few, 2))).toEqual([true, true, false, true]);
    expect(jobs).toBeGreaterThan(0);
    expect(await pool.verify(few)).toEqual([true, true, true, true]);
  });

  it("before they are there, as a script that cannot be loaded: the same", async () => {
    const pool = open(mcl, 2, nodePoolThreads("mcl", new URL("./missing.mjs", import.meta.url)));
    expect(await pool.verify(few)).toEqual([true, true, true, true]);
  });

  it("none is left once it is closed", async () => {
    const pool = open(mcl, 2);
    const given = pool.verify(few);
    pool.close();
    expect(await given).toEqual([true, true, true, true]);
    expect(await pool.verify(few)).toEqual([true, true, true, true]);
  });
});
