import type { EngineContext } from "../engine/context.ts";
import { type EngineState, sortedLists } from "../engine/state.ts";
import { WORK_DIFF_DEPTH } from "../params/llmq.ts";
import { type BlockHash, fromHashHex, type Height } from "../wire/hashes.ts";
import type { GetMnListDiff } from "../wire/mnListDiff.ts";
import type { GetQRInfo } from "../wire/qrInfo.ts";
import type { Discovery } from "./discover.ts";

/** Most base hashes in one getqrinfo; more only make the request longer. */
const MAX_QRINFO_BASES = 16;

export interface QrInfoRequest {
  readonly kind: "qrinfo";
  readonly request: GetQRInfo;
  /** Work block that mnListDiffH of the answer must end at. */
  readonly workHeight: Height;
  readonly reason: string;
}

export interface MnListDiffRequest {
  readonly kind: "mnlistdiff";
  readonly request: GetMnListDiff;
  /** Zero: the empty list. */
  readonly baseHeight: Height;
  readonly height: Height;
  readonly reason: string;
}

export type SyncRequest = QrInfoRequest | MnListDiffRequest;

export interface SyncPlan {
  readonly qrInfoRequests: readonly QrInfoRequest[];
  /** Ascending by height: each one's base is held, or an earlier one's target. */
  readonly mnListDiffRequests: readonly MnListDiffRequest[];
  /** One line a decision, for the log. */
  readonly rationale: readonly string[];
}

const EMPTY_PLAN: SyncPlan = { qrInfoRequests: [], mnListDiffRequests: [], rationale: [] };

/**
 * Turns what is missing into requests. Pure.
 *
 * From an empty engine one qrinfo for the tip brings the lists and snapshots of the newest cycles and the tip's list.
 * After that a qrinfo is asked only for missing snapshots, and one mnlistdiff for each list that it does not bring,
 * based on the nearest lower list that is held or planned.
 * @param canAskQrInfo - false where no peer answers them: then lists come by mnlistdiff alone
 * Source: `design/sync.md` 3
 */
export function plan(
  discovery: Discovery,
  state: EngineState,
  context: EngineContext,
  tipHeight: Height,
  canAskQrInfo: boolean,
): SyncPlan {
  if (discovery.total === 0) return EMPTY_PLAN;
  const cycleLength = rotatingInterval(context);
  const held = sortedLists(state).map(({ height }) => height);
  if (held.length === 0 && cycleLength !== undefined && canAskQrInfo && hasCycles(tipHeight, cycleLength)) {
    const request = qrInfoFor(
      tipHeight,
      cycleLength,
      state,
      context,
      "nothing is held: the newest cycles at once",
    );
    if (request) return { qrInfoRequests: [request], mnListDiffRequests: [], rationale: [explain(request)] };
  }
  const qrInfoRequests = canAskQrInfo
    ? qrInfosForCycles(discovery, tipHeight, cycleLength, state, context)
    : [];
  const covered = new Set(qrInfoRequests.flatMap(({ workHeight }) => coverage(workHeight, cycleLength ?? 0)));
  const wanted = [
    ...discovery.missingLists.filter(({ height }) => !covered.has(height)),
    ...(discovery.tip ? [{ ...discovery.tip, neededBy: ["the tip"] }] : []),
  ];
  const mnListDiffRequests = diffsFor(wanted, held, context);
  return {
    qrInfoRequests,
    mnListDiffRequests,
    rationale: [...qrInfoRequests, ...mnListDiffRequests].map(explain),
  };
}

function rotatingInterval({ params }: EngineContext): number | undefined {
  const llmq = params.llmqs.get(params.llmqTypeInstantSend);
  return llmq?.useRotation ? llmq.dkgInterval : undefined;
}

/** A node answers only when the work block of h-4C (extraShare) lies on the chain. */
function hasCycles(tipHeight: Height, cycleLength: number): boolean {
  const cycleBase = tipHeight - (tipHeight % cycleLength);
  return cycleBase - 4 * cycleLength - WORK_DIFF_DEPTH > 0;
}

/** Work blocks whose lists an answer brings. */
function coverage(workHeight: Height, cycleLength: number): Height[] {
  return [0, 1, 2, 3, 4].map((k) => workHeight - k * cycleLength);
}

/** One request for the newest cycle that misses a snapshot; what it leaves open is discovered again. */
function qrInfosForCycles(
  { missingCycles }: Discovery,
  tipHeight: Height,
  cycleLength: number | undefined,
  state: EngineState,
  context: EngineContext,
): QrInfoRequest[] {
  const newest = missingCycles.at(-1);
  if (!newest || cycleLength === undefined) return [];
  // Snapshots of h-C down to h-4C come with a block of cycle h.
  const cycleBase = newest.cycleHeight + cycleLength;
  const isTipCycle = tipHeight - (tipHeight % cycleLength) === cycleBase;
  const reason = `${newest.reason} of cycle ${newest.cycleHeight}`;
  const request = qrInfoFor(isTipCycle ? tipHeight : cycleBase, cycleLength, state, context, reason);
  return request ? [request] : [];
}

function qrInfoFor(
  height: Height,
  cycleLength: number,
  state: EngineState,
  { chain }: EngineContext,
  reason: string,
): QrInfoRequest | undefined {
  const blockRequestHash = chain.hashAt(height);
  if (!blockRequestHash) return undefined;
  const workHeight = height - (height % cycleLength) - WORK_DIFF_DEPTH;
  const oldest = workHeight - 4 * cycleLength;
  const bases = sortedLists(state).filter((list) => chain.heightOf(list.blockHash) === list.height);
  // The newest list at or below the oldest work block, or the whole list is sent again.
  const lowest = bases.findLast((list) => list.height <= oldest);
  const higher = bases
    .filter((list) => list.height > oldest && list.height <= height)
    .slice(-MAX_QRINFO_BASES);
  const baseBlockHashes = [...(lowest ? [lowest] : []), ...higher].map(({ blockHash }) => blockHash);
  return {
    kind: "qrinfo",
    request: { baseBlockHashes, blockRequestHash, extraShare: true },
    workHeight,
    reason,
  };
}

interface WantedList {
  readonly height: Height;
  readonly blockHash: BlockHash;
  readonly neededBy: readonly string[];
}

/** Ascending, so that each is based on the one before it or on a held list still nearer. */
function diffsFor(
  wanted: readonly WantedList[],
  held: readonly Height[],
  { chain, params }: EngineContext,
): MnListDiffRequest[] {
  const known = [...held];
  const requests: MnListDiffRequest[] = [];
  for (const { height, blockHash, neededBy } of [...wanted].sort((a, b) => a.height - b.height)) {
    if (known.includes(height)) continue;
    const baseHeight = known
      .filter((lower) => lower < height)
      .reduce((best, lower) => Math.max(best, lower), 0);
    const base = baseHeight === 0 ? undefined : chain.hashAt(baseHeight);
    requests.push({
      kind: "mnlistdiff",
      request: { baseBlockHash: base ?? fromHashHex<BlockHash>(params.genesisHash), blockHash },
      baseHeight: base ? baseHeight : 0,
      height,
      reason: `needed by ${explainNeed(neededBy)}`,
    });
    known.push(height);
  }
  return requests;
}

/** @example "a quorum of type 4", "3 quorums", "the tip" */
function explainNeed(neededBy: readonly string[]): string {
  const [first = "nothing"] = neededBy;
  if (neededBy.length > 1) return `${neededBy.length} quorums`;
  const type = /^(\d+):/.exec(first)?.[1];
  return type === undefined ? first : `a quorum of type ${type}`;
}

export function explain(request: SyncRequest): string {
  return request.kind === "qrinfo"
    ? `QRInfo for the cycle at ${request.workHeight + WORK_DIFF_DEPTH}: ${request.reason}`
    : `MnListDiff ${request.baseHeight} to ${request.height}: ${request.reason}`;
}
