/**
 * One sync in a process of its own, so that its memory is its own. The parent holds the network.
 */
import { availableParallelism } from "node:os";
import type { SyncRequestRow } from "../api.ts";
import { createBls } from "../bls/index.ts";
import { HeaderChain } from "../chain/headerChain.ts";
import { LightClient, type RestoredState } from "../client.ts";
import type { EngineContext } from "../engine/context.ts";
import { EMPTY_ENGINE, type EngineState, newestList } from "../engine/state.ts";
import { Peer } from "../net/peer.ts";
import { SYSTEM_CLOCK } from "../net/transport.ts";
import { loadX11 } from "../node/loadX11.ts";
import { nodePoolThreads } from "../node/nodePoolThreads.ts";
import { TcpTransport } from "../node/tcpTransport.ts";
import { neededLlmqTypes, paramsFromFile } from "../params/index.ts";
import { linkHeadersIn, poolSize, VerificationPool } from "../pool/index.ts";
import { discover } from "../sync/discover.ts";
import { HeaderSync } from "../sync/headerSync.ts";
import type { SyncTuning } from "../syncTuning.ts";
import { makeQuorumSet } from "../test/quorumSet.ts";
import { toHashHex } from "../wire/hashes.ts";
import { measureProgress, type ProgressSample, ProgressSampler } from "./progressTruth.ts";
import { syncSequentially } from "./sequentialSync.ts";

export interface SyncJob {
  readonly paramsFile: unknown;
  readonly addresses: readonly string[];
  readonly strategy: "planned" | "sequential";
  /** Syncs first to what the nodes have now, and says `ready`; goes on when it is told to. */
  readonly startsOld: boolean;
  readonly tuning: SyncTuning;
}

/** Of the measured part, from the last header on. */
export interface SyncResult {
  readonly requests: number;
  /** Of them for lists that rotating quorums are drawn from, and for snapshots. */
  readonly rotatingRequests: number;
  readonly rounds: number;
  /** Until everything is verified. */
  readonly ms: number;
  /** Until the last list or snapshot was applied. */
  readonly fetchMs: number;
  readonly bytes: number;
  /** Of answers that only a guess asked for, and that no quorum needs. */
  readonly unusedBytes: number;
  /** At most; undefined where an old state was made in the same process before, which is most of it. */
  readonly megabytes: number | undefined;
  /** How far the shown progress was from the truth, in percent points; nothing is shown by the sequential sync. */
  readonly progressOff: { readonly largest: number; readonly mean: number };
}

const MAX_PEERS = 4;
const THREADS = poolSize(availableParallelism());

const [x11, bls] = await Promise.all([loadX11(), createBls()]);
/** As in the browser, where the threads are there long before the last header is. */
const verifier = await openPool();

process.once("message", (job: SyncJob) => void run(job));

async function openPool(): Promise<VerificationPool> {
  const pool = new VerificationPool(bls, THREADS, nodePoolThreads(bls.engine));
  const checks = makeQuorumSet(bls, [{ count: 1, members: 1 }], 1, 1);
  await Promise.all(Array.from({ length: THREADS }, () => pool.verify(checks)));
  return pool;
}

async function run(job: SyncJob): Promise<void> {
  let restored: RestoredState | undefined;
  if (job.startsOld) {
    restored = (await syncPlanned(job, undefined)).state;
    process.send?.("ready");
    await new Promise((resolve) => process.once("message", resolve));
  }
  const result =
    job.strategy === "planned"
      ? (await syncPlanned(job, restored)).result
      : await runSequential(job, restored);
  process.send?.(result, () => process.exit(0));
}

async function syncPlanned(
  { paramsFile, addresses, tuning, startsOld }: SyncJob,
  restored: RestoredState | undefined,
): Promise<{ state: RestoredState; result: SyncResult }> {
  const params = paramsFromFile(paramsFile);
  let state = restored;
  let startedAt = 0;
  let bytesBefore = 0;
  let lastListAt = 0;
  let sampler: ProgressSampler | undefined;
  const client = await new Promise<LightClient>((resolve) => {
    const started = new LightClient(
      {
        params,
        transport: new TcpTransport(),
        clock: SYSTEM_CLOCK,
        random: Math.random,
        x11,
        bls,
        verifier,
        persistence: {
          save: async ({ chain, after }) => {
            if (state?.engine.lists.size !== after.lists.size) lastListAt = performance.now();
            state = { chain, engine: after };
          },
        },
        neededTypes: neededLlmqTypes(params),
        maxPeers: MAX_PEERS,
        tuning,
        onChange: () => {
          sampler?.changed();
          const { rounds, bytesIn } = started.counts;
          if (rounds === 0) return;
          if (startedAt === 0) {
            startedAt = performance.now();
            bytesBefore = bytesIn;
          }
          if (started.isSynced) resolve(started);
        },
      },
      restored,
    );
    sampler = new ProgressSampler(SYSTEM_CLOCK, () => readProgress(started));
    started.connect(addresses);
  });
  const ms = performance.now() - startedAt;
  const samples = sampler?.finish() ?? [];
  const { qrinfo, mnlistdiff, rounds, bytesIn } = client.counts;
  const { requests } = client.syncActivity;
  client.stop();
  const lists = requests.filter(({ kind }) => kind === "mnlistdiff").map(listHeight);
  const result = {
    requests: qrinfo + mnlistdiff,
    rotatingRequests: qrinfo + countRotating(lists, client.engine, client.context),
    rounds,
    ms,
    fetchMs: lastListAt - startedAt,
    bytes: bytesIn - bytesBefore,
    unusedBytes: countUnused(client),
    megabytes: mostMemory(startsOld),
    progressOff: measureProgress(samples),
  };
  if (!state) throw new Error("nothing was saved");
  return { state: { ...state, engine: client.engine }, result };
}

function readProgress(client: LightClient): ProgressSample {
  const { progress, tip } = client.snapshot(undefined);
  const { lists, statuses } = client.engine;
  const verified = [...statuses.values()].filter(({ status }) => status === "verified");
  return { fraction: progress.fraction, work: [tip?.height ?? 0, lists.size, verified.length] };
}

function mostMemory(startsOld: boolean): number | undefined {
  return startsOld ? undefined : process.resourceUsage().maxRSS / 1000;
}

/**
 * One list has to come whole: where that of a guess did, in vain, what it cost is the next list's difference to it.
 * @returns bytes of answers that a guess asked for, and that no quorum of the tip's list is drawn from
 */
function countUnused({ engine, context, neededTypes, syncActivity }: LightClient): number {
  const needed = listsDrawnFrom(engine, context, neededTypes);
  const guessed = syncActivity.requests.filter(({ isSpeculative }) => isSpeculative);
  const unused = guessed.filter((row) => !needed.has(listHeight(row)));
  const costly = unused.map((row) => (row.label.startsWith("0 ") ? nextOn(row, syncActivity.requests) : row));
  return costly.reduce((sum, row) => sum + (row?.bytes ?? 0), 0);
}

/** @returns the first request for a list that builds on another's */
function nextOn(row: SyncRequestRow, rows: readonly SyncRequestRow[]): SyncRequestRow | undefined {
  return rows.find(({ label }) => label.startsWith(`${listHeight(row)} `));
}

/** @returns how many of these lists rotating quorums of the tip's list are drawn from */
function countRotating(heights: readonly number[], engine: EngineState, context: EngineContext): number {
  const needed = listsDrawnFrom(engine, context, [context.params.llmqTypeInstantSend]);
  return heights.filter((height) => needed.has(height)).length;
}

/** @returns heights of the lists that the quorums of the newest list are drawn from */
function listsDrawnFrom(
  engine: EngineState,
  context: EngineContext,
  neededTypes: readonly number[],
): ReadonlySet<number> {
  const newest = newestList(engine);
  const alone = { ...EMPTY_ENGINE, lists: new Map(newest && [[toHashHex(newest.blockHash), newest]]) };
  const { missingLists } = discover(alone, context, {
    neededTypes,
    tipHeight: newest?.height ?? 0,
    quorumSetHeights: [],
    awaitedQuorums: [],
  });
  return new Set(missingLists.map(({ height }) => height));
}

/** @param label - "1120 to 1144" */
function listHeight({ label }: Pick<SyncRequestRow, "label">): number {
  return Number(label.split(" ").at(-1));
}

async function runSequential(
  { paramsFile, addresses: [address = ""], startsOld }: SyncJob,
  restored: RestoredState | undefined,
): Promise<SyncResult> {
  const params = paramsFromFile(paramsFile);
  const chain = restored?.chain ?? HeaderChain.start(params, (headers) => x11.hashHeaders(headers));
  const peer = new Peer({
    address,
    params,
    transport: new TcpTransport(),
    clock: SYSTEM_CLOCK,
    randomNonce: () => BigInt(Math.floor(Math.random() * 2 ** 48)),
    startHeight: chain.tip.height,
    onMessage: () => {},
    onClose: () => {},
    onBadMessage: () => {},
  });
  await peer.connect();
  const headers = new HeaderSync(chain, linkHeadersIn(undefined, x11), SYSTEM_CLOCK, async () => {});
  await headers.sync(peer, new AbortController().signal);
  const startedAt = performance.now();
  const bytesBefore = peer.bytesIn;
  const context = {
    params,
    chain: {
      heightOf: chain.heightOf.bind(chain),
      hashAt: chain.hashAt.bind(chain),
      merkleRootAt: (height: number) => chain.headerAt(height)?.merkleRoot,
    },
    isValidSignature: (signature: Uint8Array) => bls.isValidSignature(signature, "basic"),
  };
  const { engine, lists, qrInfos, fetchedAt } = await syncSequentially(
    peer,
    chain,
    restored?.engine ?? EMPTY_ENGINE,
    context,
    verifier,
  );
  const ms = performance.now() - startedAt;
  const bytes = peer.bytesIn - bytesBefore;
  peer.close("done");
  const requests = lists.length + qrInfos;
  return {
    requests,
    rotatingRequests: qrInfos + countRotating(lists, engine, context),
    rounds: requests,
    ms,
    fetchMs: fetchedAt - startedAt,
    bytes,
    unusedBytes: 0,
    megabytes: mostMemory(startsOld),
    progressOff: { largest: 0, mean: 0 },
  };
}
