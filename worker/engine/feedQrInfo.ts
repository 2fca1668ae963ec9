import { DashlightError } from "../errors.ts";
import { WORK_DIFF_DEPTH } from "../params/llmq.ts";
import { type BlockHash, type HashHex, toHashHex } from "../wire/hashes.ts";
import type { MnListDiff } from "../wire/mnListDiff.ts";
import type { QRInfo, QuorumSnapshot } from "../wire/qrInfo.ts";
import { applyDiff, isEmptyBase } from "./applyDiff.ts";
import type { EngineContext } from "./context.ts";
import type { MasternodeList } from "./masternodeList.ts";
import { makeQuorumEntry } from "./quorumSet.ts";
import { type EngineState, isContradicted, listAtBlock, requireHeight } from "./state.ts";

export interface FedQrInfo {
  readonly state: EngineState;
  /** Lists of the cycles' work blocks, in the order they were applied. */
  readonly lists: readonly MasternodeList[];
  /** The tip diff is a step of its own: its base or header may be missing while the cycles are fine. */
  readonly tip:
    | { readonly status: "applied"; readonly list: MasternodeList }
    | { readonly status: "deferred"; readonly error: DashlightError }
    | { readonly status: "refused"; readonly error: DashlightError };
}

/**
 * Applies a qrinfo: the cycle diffs in an order their bases allow, then the snapshots; all or nothing. Then the tip
 * diff, if its base and header are known. Nothing is judged by signatures here (`quorumJobs`).
 * @throws `engine/*` when a cycle diff or a snapshot is refused; `state` itself never changes
 * Source: DIP-24; Core 23.1.2 llmq/snapshot.cpp, `protocol/wire.md` 7
 */
export function feedQrInfo(state: EngineState, qrInfo: QRInfo, context: EngineContext): FedQrInfo {
  checkCycle(qrInfo, context);
  const pairs = snapshotsWithDiffs(qrInfo);
  const applied = applyInBaseOrder(state, [...pairs.map(({ diff }) => diff), qrInfo.mnListDiffH], context);

  const snapshots = new Map(applied.state.snapshots);
  for (const { snapshot, diff } of pairs) {
    checkSnapshot(snapshot, applied.state, diff.blockHash);
    snapshots.set(toHashHex(diff.blockHash), snapshot);
  }
  const announced = qrInfo.lastCommitmentPerIndex.map(makeQuorumEntry);
  const fed: EngineState = {
    ...applied.state,
    snapshots,
    announcedQuorums: new Map(announced.map((quorum) => [quorum.id, quorum])),
    statuses: forgetContradictions(applied.state),
  };
  return { lists: applied.lists, ...applyTip(fed, qrInfo.mnListDiffTip, context) };
}

/** The diffs must end at the work blocks of h, h-C, h-2C and h-3C (and h-4C), whatever was requested. */
function checkCycle(qrInfo: QRInfo, context: EngineContext): void {
  const { params, chain } = context;
  const cycleLength = params.llmqs.get(params.llmqTypeInstantSend)?.dkgInterval ?? 1;
  const workHeight = requireHeight(chain, qrInfo.mnListDiffH.blockHash);
  const diffs = [
    qrInfo.mnListDiffH,
    qrInfo.mnListDiffAtHMinusC,
    qrInfo.mnListDiffAtHMinus2C,
    qrInfo.mnListDiffAtHMinus3C,
    ...(qrInfo.atHMinus4C ? [qrInfo.atHMinus4C.mnListDiff] : []),
  ];
  diffs.forEach((diff, k) => {
    const height = requireHeight(chain, diff.blockHash);
    const isRight = height === workHeight - k * cycleLength && (height + WORK_DIFF_DEPTH) % cycleLength === 0;
    if (!isRight) throw wrongCycle(`work block ${workHeight - k * cycleLength}`, `${height}`);
  });
  if (qrInfo.quorumSnapshotList.length !== qrInfo.mnListDiffList.length) {
    throw wrongCycle(`${qrInfo.mnListDiffList.length} snapshots`, `${qrInfo.quorumSnapshotList.length}`);
  }
  for (const diff of qrInfo.mnListDiffList) {
    const height = requireHeight(chain, diff.blockHash);
    if ((height + WORK_DIFF_DEPTH) % cycleLength !== 0) throw wrongCycle("a work block", `${height}`);
  }
}

function wrongCycle(expected: string, received: string): DashlightError {
  return new DashlightError({ code: "engine/not-the-requested-cycle", expected, received });
}

interface SnapshotWithDiff {
  readonly snapshot: QuorumSnapshot;
  readonly diff: MnListDiff;
}

function snapshotsWithDiffs(qrInfo: QRInfo): SnapshotWithDiff[] {
  const further = qrInfo.mnListDiffList.map((diff, i) => ({
    diff,
    snapshot: qrInfo.quorumSnapshotList[i] as QuorumSnapshot,
  }));
  const oldest = qrInfo.atHMinus4C;
  return [
    ...further,
    ...(oldest ? [{ snapshot: oldest.snapshot, diff: oldest.mnListDiff }] : []),
    { snapshot: qrInfo.quorumSnapshotAtHMinus3C, diff: qrInfo.mnListDiffAtHMinus3C },
    { snapshot: qrInfo.quorumSnapshotAtHMinus2C, diff: qrInfo.mnListDiffAtHMinus2C },
    { snapshot: qrInfo.quorumSnapshotAtHMinusC, diff: qrInfo.mnListDiffAtHMinusC },
  ];
}

/** Oldest first, as a node from 70236 on chains them; a diff waits until its base is there. */
function applyInBaseOrder(
  state: EngineState,
  diffs: readonly MnListDiff[],
  context: EngineContext,
): { state: EngineState; lists: MasternodeList[] } {
  const lists: MasternodeList[] = [];
  let waiting = diffs;
  let current = state;
  while (waiting.length > 0) {
    const hasBase = (base: BlockHash) =>
      isEmptyBase(base, context.params) || listAtBlock(current, base) !== undefined;
    const next = waiting.find((diff) => hasBase(diff.baseBlockHash)) ?? (waiting[0] as MnListDiff);
    const applied = applyDiff(current, next, context);
    current = applied.state;
    lists.push(applied.list);
    waiting = waiting.filter((diff) => diff !== next);
  }
  return { state: current, lists };
}

/** Core would read out of bounds where the bitset is shorter than the ranked list; here it is refused. */
function checkSnapshot(snapshot: QuorumSnapshot, state: EngineState, workBlock: BlockHash): void {
  const list = listAtBlock(state, workBlock);
  const eligible = list?.masternodes.filter((entry) => entry.isEligible).length ?? 0;
  if (snapshot.activeQuorumMembers.length >= eligible) return;
  const facts = { height: list?.height ?? 0, what: "activeQuorumMembers shorter than the ranked list" };
  throw new DashlightError({ code: "engine/malformed-snapshot", ...facts });
}

/** New snapshots may verify what the old ones could not. */
function forgetContradictions({ statuses }: EngineState): EngineState["statuses"] {
  return new Map([...statuses].filter(([, status]) => !isContradicted(status)));
}

const DEFERRING: ReadonlySet<string> = new Set(["engine/unknown-base", "engine/unknown-block"]);

function applyTip(
  state: EngineState,
  diff: MnListDiff,
  context: EngineContext,
): { state: EngineState; tip: FedQrInfo["tip"] } {
  try {
    const applied = applyDiff(state, diff, context);
    return { state: applied.state, tip: { status: "applied", list: applied.list } };
  } catch (error) {
    if (!(error instanceof DashlightError)) throw error;
    return { state, tip: { status: DEFERRING.has(error.code) ? "deferred" : "refused", error } };
  }
}

/** Work blocks whose snapshots a message brings, newest first; for logs. */
export function coveredWorkBlocks(qrInfo: QRInfo): HashHex[] {
  return [
    qrInfo.mnListDiffH,
    ...snapshotsWithDiffs(qrInfo)
      .map(({ diff }) => diff)
      .reverse(),
  ].map((diff) => toHashHex(diff.blockHash));
}
