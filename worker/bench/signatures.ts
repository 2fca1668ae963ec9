import * as mcl from "mcl-wasm";
import { toNumberBE } from "../bls/encoding.ts";
import { G1 } from "../bls/g1.ts";
import {
  type Bls,
  createMclBls,
  createNobleBls,
  type EncodedPublicKey,
  type SignatureCheck,
} from "../bls/index.ts";
import { quorumJobs } from "../engine/quorumJobs.ts";
import { type StartThread, VerificationPool } from "../pool/index.ts";
import { MAINNET_OPERATORS, MAINNET_QUORUMS, makeQuorumSet } from "../test/quorumSet.ts";
import { seededRandom } from "../test/seededRandom.ts";
import { hasVectors } from "../test/vectors.ts";
import { MainnetLists } from "./mainnetLists.ts";
import { type BenchRow, makeRow, medianMs } from "./measure.ts";

const RUNS = 5;
/** Dash Core 23.1.2 with its BLS library, one thread, on the machine this project was planned on. */
const CORE_SET_MS = 3_200;
const CORE_AGGREGATE_MS: Readonly<Record<number, number>> = { 60: 25, 100: 41, 400: 161 };
const CORE = "Dash Core, one by one, stated";

/** @param startThread - for the pool: a thread with mcl */
export async function benchSignatures(startThread: StartThread): Promise<BenchRow[]> {
  const maker = await createMclBls();
  const set = makeQuorumSet(maker, MAINNET_QUORUMS, MAINNET_OPERATORS, 1);
  return [
    ...(await benchKeys(keysOf(set))),
    ...(await benchAggregates(maker)),
    ...(hasVectors("mainnet/qrinfo") ? await benchRecorded(startThread) : []),
    ...(await benchSet(set, startThread)),
    await benchForged(set, startThread),
  ];
}

function keysOf(checks: readonly SignatureCheck[]): EncodedPublicKey[] {
  return checks.flatMap(({ signer }) => (signer.kind === "single" ? [] : signer.publicKeys));
}

function row(what: string, ours: number, more: Partial<Parameters<typeof makeRow>[0]> = {}): BenchRow {
  return makeRow({ what, ours, unit: "ms", isHigherBetter: false, ...more });
}

/** Decoding operator keys, and adding up multiples of them, against mcl-wasm in the same run. */
async function benchKeys(keys: readonly EncodedPublicKey[]): Promise<BenchRow[]> {
  const g1 = await G1.load();
  const basics = keys.slice(0, 400).map(({ bytes }) => bytes);
  const points = g1.decode(basics).filter((point) => point !== undefined);
  mcl.verifyOrderG1(true);
  const decodeByMcl = () =>
    basics.map((basic) => {
      const point = new mcl.G1();
      point.deserialize(basic);
      return point;
    });
  const theirs = decodeByMcl();
  const random = seededRandom(2);
  const bytes = points.map(() => Uint8Array.from({ length: 32 }, () => Math.floor(random() * 256)));
  const scalars = bytes.map((one) => toNumberBE(one));
  const frs = bytes.map((one) => {
    const fr = new mcl.Fr();
    fr.setBigEndianMod(one);
    return fr;
  });
  const rows = [
    row("decode a public key", (await medianMs(() => g1.decode(basics))) / basics.length, {
      opponent: { name: "mcl-wasm", figure: (await medianMs(decodeByMcl)) / basics.length },
    }),
  ];
  for (const count of [50, 60, 100, 400]) {
    const sum = { points: points.slice(0, count), scalars: scalars.slice(0, count) };
    const ours = await medianMs(() => g1.multiply([sum]));
    const figure = await medianMs(() => mcl.mulVec(theirs.slice(0, count), frs.slice(0, count)));
    rows.push(row(`weighted sum of ${count} keys`, ours, { opponent: { name: "mcl-wasm", figure } }));
  }
  return rows;
}

/** One check at a time, with decoded keys. */
async function benchAggregates(bls: Bls): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const members of [50, 60, 100, 400]) {
    const [, check] = makeQuorumSet(bls, [{ count: 1, members }], members, 3) as [unknown, SignatureCheck];
    const ours = await medianMs(() => verifyAll(bls, [check]));
    const figure = CORE_AGGREGATE_MS[members];
    const opponent = figure === undefined ? {} : { opponent: { name: CORE, figure } };
    rows.push(row(`verify one aggregate signature of ${members}`, ours, opponent));
  }
  return rows;
}

/** What a recorded answer of mainnet is enough for. */
async function benchRecorded(startThread: StartThread): Promise<BenchRow[]> {
  const lists = new MainnetLists();
  lists.feedQrInfo();
  const listed = [...lists.state.lists.values()].flatMap((list) => [...list.quorums.values()]);
  const quorums = [...listed, ...lists.state.announcedQuorums.values()];
  const unique = new Map(quorums.map((quorum) => [quorum.id, quorum]));
  const { jobs } = quorumJobs(lists.state, unique.values(), lists.context);
  const checks = jobs.flatMap(({ quorumSig, membersSig }) => [quorumSig, membersSig]);
  if (jobs.length < 39) throw new Error(`only ${jobs.length} quorums`);
  const what = `verify the ${jobs.length} quorums of a recorded mainnet qrinfo`;
  const times = await timeAll(checks, startThread);
  return [
    row(`${what}, no worker`, times.alone),
    row(`${what}, 1 worker`, times.oneWorker),
    row(`${what}, 2 workers`, times.twoWorkers),
    row(`${what}, noble only`, times.noble),
  ];
}

async function benchSet(set: readonly SignatureCheck[], startThread: StartThread): Promise<BenchRow[]> {
  const what = `verify all ${set.length / 2} quorums mainnet signs with`;
  const times = await timeAll(set, startThread);
  const opponent = { name: CORE, figure: CORE_SET_MS };
  return [
    row(`${what}, no worker`, times.alone, { opponent }),
    row(`${what}, 1 worker`, times.oneWorker, { opponent }),
    row(`${what}, 2 workers`, times.twoWorkers, { opponent, budget: { relation: "<=", figure: 1_000 } }),
    row(`${what}, noble only`, times.noble),
    row("2 workers against noble only", times.noble / times.twoWorkers, {
      unit: "x",
      isHigherBetter: true,
      budget: { relation: ">=", figure: 10 },
    }),
  ];
}

/** What one that is forged costs more than none, in the middle of all that are good; with keys that are known. */
async function benchForged(set: readonly SignatureCheck[], startThread: StartThread): Promise<BenchRow> {
  const at = set.length / 2;
  const signature = set[0]?.signature as Uint8Array;
  const forged = set.map((check, i) => (i === at ? { ...check, signature } : check));
  const pool = await openPool(2, startThread);
  const timeOf = async (checks: readonly SignatureCheck[], bad: number | undefined) => {
    const start = performance.now();
    const verdicts = await pool.verify(checks);
    if (verdicts.some((isValid, i) => isValid === (i === bad))) throw new Error("a wrong verdict");
    return performance.now() - start;
  };
  const times: Record<"good" | "forged", number[]> = { good: [], forged: [] };
  await verifyAll(pool, set);
  // In turn, since the difference is small.
  for (let i = 0; i < RUNS; i++) {
    times.good.push(await timeOf(set, undefined));
    times.forged.push(await timeOf(forged, at));
  }
  pool.close();
  const what = `one forged commitment among ${set.length / 2}, 2 workers: all with it, less all without`;
  return row(what, median(times.forged) - median(times.good));
}

async function timeAll(checks: readonly SignatureCheck[], startThread: StartThread) {
  const inPool = (size: number) =>
    medianOfFresh(
      () => openPool(size, startThread),
      (pool) => verifyAll(pool, checks),
      (pool) => pool.close(),
    );
  const alone = await medianOfFresh(createMclBls, (bls) => verifyAll(bls, checks));
  const [oneWorker, twoWorkers] = [await inPool(1), await inPool(2)];
  const start = performance.now();
  await verifyAll(createNobleBls(), checks);
  return { alone, oneWorker, twoWorkers, noble: performance.now() - start };
}

/** @returns a pool whose threads are all there and have verified something, of other keys than those that are timed */
async function openPool(size: number, startThread: StartThread): Promise<VerificationPool> {
  let ready = 0;
  let settle = () => {};
  const allReady = new Promise<void>((resolve) => {
    settle = resolve;
  });
  const start: StartThread = (onMessage, onCrash) =>
    startThread((message) => {
      onMessage(message);
      if (message.kind === "ready" && ++ready === size) settle();
    }, onCrash);
  const bls = await createMclBls();
  const pool = new VerificationPool(bls, size, start);
  await allReady;
  const others = makeQuorumSet(bls, [{ count: 1, members: 100 }], 100, 4);
  await Promise.all(Array.from({ length: size }, () => verifyAll(pool, others)));
  return pool;
}

async function verifyAll(
  verifier: { verify(checks: readonly SignatureCheck[]): Promise<boolean[]> },
  checks: readonly SignatureCheck[],
): Promise<void> {
  const verdicts = await verifier.verify(checks);
  if (!verdicts.every(Boolean)) throw new Error("a good signature was refused");
}

/** @returns milliseconds of a run on something new, that knows no key yet: the median */
async function medianOfFresh<T>(
  open: () => Promise<T>,
  run: (fresh: T) => Promise<void>,
  close: (fresh: T) => void = () => undefined,
): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < RUNS; i++) {
    const fresh = await open();
    const start = performance.now();
    await run(fresh);
    times.push(performance.now() - start);
    close(fresh);
  }
  return median(times);
}

function median(times: number[]): number {
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)] as number;
}
