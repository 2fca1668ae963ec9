import { type LlmqParams, WORK_DIFF_DEPTH } from "../../../worker/params/index.ts";
import type { BlockHash, Height } from "../../../worker/wire/hashes.ts";
import type { MnListDiff } from "../../../worker/wire/mnListDiff.ts";
import type { GetQRInfo, QRInfo, QuorumSnapshot } from "../../../worker/wire/qrInfo.ts";
import { buildMnListDiff } from "./buildMnListDiff.ts";
import type { ChainView } from "./chainView.ts";

/** From this common version on the diffs inside build on each other (Core 23.1.2 version.h). */
const EFFICIENT_QRINFO_VERSION = 70236;

/** A cycle's snapshot, and the diff that ends at its work block. */
interface CycleAnswer {
  readonly snapshot: QuorumSnapshot;
  readonly mnListDiff: MnListDiff;
}

/**
 * Snapshots, lists and commitments around the cycle of the requested block.
 * @param llmq - the rotating type
 * @param protocolVersion - the common version of the connection; it decides the bases of the diffs
 * @returns undefined where a node refuses: see the throwing places below
 * Source: Core 23.1.2 llmq/snapshot.cpp BuildQuorumRotationInfo
 */
export function buildQRInfo(
  chain: ChainView,
  request: GetQRInfo,
  protocolVersion: number,
  llmq: LlmqParams,
): QRInfo | undefined {
  try {
    return new RotationAnswer(chain, request, protocolVersion, llmq).build();
  } catch (error) {
    if (error === REFUSED) return undefined;
    throw error;
  }
}

const REFUSED = Symbol("a node does not answer this");

function orRefuse<T>(value: T | undefined): T {
  if (value === undefined) throw REFUSED;
  return value;
}

class RotationAnswer {
  readonly #chain: ChainView;
  readonly #request: GetQRInfo;
  readonly #llmq: LlmqParams;
  readonly #isEfficient: boolean;
  /** Heights a diff may build on. */
  readonly #bases: Height[];

  constructor(chain: ChainView, request: GetQRInfo, protocolVersion: number, llmq: LlmqParams) {
    this.#chain = chain;
    this.#request = request;
    this.#llmq = llmq;
    this.#isEfficient = protocolVersion >= EFFICIENT_QRINFO_VERSION;
    // Stale bases and the zero hash are refused: neither is on the active chain.
    this.#bases = request.baseBlockHashes.map((hash) => orRefuse(chain.heightOf(hash)));
  }

  /** Diffs are built oldest first, the order in which they may build on each other. */
  build(): QRInfo {
    const { extraShare } = this.#request;
    const interval = this.#llmq.dkgInterval;
    // Only the height of the requested block counts: a stale one is as good.
    const requested = orRefuse(this.#chain.knownHeightOf(this.#request.blockRequestHash));
    if (requested > this.#chain.tipHeight) throw REFUSED;
    const cycle = requested - (requested % interval);
    const last = this.#chain.quorumsAt(requested).ofType(this.#llmq.type);
    const named = [1, 2, 3, ...(extraShare ? [4] : [])].map((back) => cycle - back * interval);
    const further = this.#furtherCycles(
      last.map(({ baseHeight }) => baseHeight - (baseHeight % interval)),
      named,
    );
    const extra = further.map((height) => this.#answerCycle(height));
    const at4C = extraShare ? this.#answerCycle(cycle - 4 * interval) : undefined;
    const at3C = this.#answerCycle(cycle - 3 * interval);
    const at2C = this.#answerCycle(cycle - 2 * interval);
    const atC = this.#answerCycle(cycle - interval);
    const mnListDiffH = this.#diffTo(cycle - WORK_DIFF_DEPTH);
    return {
      quorumSnapshotAtHMinusC: atC.snapshot,
      quorumSnapshotAtHMinus2C: at2C.snapshot,
      quorumSnapshotAtHMinus3C: at3C.snapshot,
      mnListDiffTip: this.#tipDiff(),
      mnListDiffH,
      mnListDiffAtHMinusC: atC.mnListDiff,
      mnListDiffAtHMinus2C: at2C.mnListDiff,
      mnListDiffAtHMinus3C: at3C.mnListDiff,
      atHMinus4C: at4C,
      lastCommitmentPerIndex: last.map(({ commitment }) => commitment),
      quorumSnapshotList: extra.map(({ snapshot }) => snapshot),
      mnListDiffList: extra.map(({ mnListDiff }) => mnListDiff),
    };
  }

  /** Cycles that the members of the last commitments came from, beyond those the message names anyway. */
  #furtherCycles(commitmentCycles: readonly Height[], named: readonly Height[]): Height[] {
    const needed = new Set(
      commitmentCycles.flatMap((cycle) => [1, 2, 3].map((back) => cycle - back * this.#llmq.dkgInterval)),
    );
    return [...needed].filter((cycle) => !named.includes(cycle)).sort((a, b) => a - b);
  }

  /** Refused without a stored snapshot: before rotation began, or when too few masternodes were there. */
  #answerCycle(cycleHeight: Height): CycleAnswer {
    if (cycleHeight < 0) throw REFUSED;
    return {
      snapshot: orRefuse(this.#chain.snapshotAt(cycleHeight)),
      mnListDiff: this.#diffTo(cycleHeight - WORK_DIFF_DEPTH),
    };
  }

  #diffTo(height: Height): MnListDiff {
    if (height < 0) throw REFUSED;
    const below = this.#bases.filter((base) => base <= height);
    const diff = this.#diff(below.length === 0 ? 0 : Math.max(...below), height);
    if (this.#isEfficient) this.#bases.push(height);
    return diff;
  }

  /** Legacy: on the highest base the client sent, whatever its height. */
  #tipDiff(): MnListDiff {
    const tip = this.#chain.tipHeight;
    return this.#diff(Math.max(0, ...this.#bases), tip);
  }

  #diff(baseHeight: Height, height: Height): MnListDiff {
    const hashes: [BlockHash, BlockHash] = [this.#chain.hashAt(baseHeight), this.#chain.hashAt(height)];
    return orRefuse(buildMnListDiff(this.#chain, { baseBlockHash: hashes[0], blockHash: hashes[1] }));
  }
}
