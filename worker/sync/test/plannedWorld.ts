import { SimChain, type SimChainOptions } from "../../../bridge/simnet/chain.ts";
import { buildMnListDiff } from "../../../bridge/simnet/consensus/buildMnListDiff.ts";
import { buildQRInfo } from "../../../bridge/simnet/consensus/buildQRInfo.ts";
import type { ChainView } from "../../../bridge/simnet/consensus/chainView.ts";
import { rotatingLlmq } from "../../../bridge/simnet/params.ts";
import { PRESETS } from "../../../bridge/simnet/presets.ts";
import { createBls } from "../../bls/index.ts";
import { applyDiff } from "../../engine/applyDiff.ts";
import type { EngineContext } from "../../engine/context.ts";
import { feedQrInfo } from "../../engine/feedQrInfo.ts";
import type { EngineState } from "../../engine/state.ts";
import { DashlightError } from "../../errors.ts";
import { loadX11 } from "../../node/loadX11.ts";
import { neededLlmqTypes } from "../../params/index.ts";
import type { Height } from "../../wire/hashes.ts";
import { PROTOCOL_VERSION } from "../../wire/version.ts";
import { type Discovery, discover } from "../discover.ts";
import { type PlanOptions, plan, type SyncPlan, type SyncRequest } from "../plan.ts";

/** A simulated chain whose nodes answer at once, for plans that are tried without any network. */
export class PlannedWorld {
  readonly chain: SimChain;
  readonly context: EngineContext;
  readonly neededTypes: readonly number[];

  constructor(chain: SimChain, context: EngineContext) {
    this.chain = chain;
    this.context = context;
    this.neededTypes = neededLlmqTypes(chain.params);
  }

  static async make(seed = 1, more: Partial<SimChainOptions> = {}): Promise<PlannedWorld> {
    const [bls, x11] = [await createBls(), await loadX11()];
    const usual = { startTimeSeconds: 1_800_000_000, ...PRESETS.small, bls, x11 };
    const chain = new SimChain({ seed, ...usual, ...more });
    return new PlannedWorld(chain, {
      params: chain.params,
      chain: {
        heightOf: (hash) => chain.heightOf(hash),
        hashAt: (height) => (height < 0 || height > chain.tipHeight ? undefined : chain.hashAt(height)),
        merkleRootAt: (height) => chain.block(height).header.merkleRoot,
      },
      isValidSignature: (signature) => bls.isValidSignature(signature, "basic"),
    });
  }

  discover(state: EngineState, tipHeight: Height = this.chain.tipHeight): Discovery {
    const { neededTypes } = this;
    return discover(state, this.at(tipHeight), {
      neededTypes,
      tipHeight,
      quorumSetHeights: [],
      awaitedQuorums: [],
    });
  }

  plan(state: EngineState, options: Partial<PlanOptions> = {}): SyncPlan {
    const tipHeight = options.tipHeight ?? this.chain.tipHeight;
    const { neededTypes } = this;
    return plan(this.discover(state, tipHeight), state, this.at(tipHeight), {
      tipHeight,
      neededTypes,
      canAskQrInfo: true,
      ...options,
    });
  }

  /** The chain as it was when that block was its tip. */
  at(tipHeight: Height): EngineContext {
    const { chain } = this.context;
    return {
      ...this.context,
      chain: {
        ...chain,
        heightOf: (hash) => {
          const height = chain.heightOf(hash);
          return height !== undefined && height <= tipHeight ? height : undefined;
        },
        hashAt: (height) => (height <= tipHeight ? chain.hashAt(height) : undefined),
      },
    };
  }

  /** What a node at that tip would answer, applied. @throws `engine/unknown-base` while what it builds on is not held */
  answer(state: EngineState, request: SyncRequest, tipHeight = this.chain.tipHeight): EngineState {
    if (request.kind === "mnlistdiff") {
      const diff = buildMnListDiff(this.chain, request.request);
      if (!diff) throw new Error(`refused: ${request.reason}`);
      return applyDiff(state, diff, this.context).state;
    }
    const qrInfo = buildQRInfo(
      this.#viewAt(tipHeight),
      request.request,
      PROTOCOL_VERSION,
      rotatingLlmq(this.chain.params),
    );
    if (!qrInfo) throw new Error(`refused: ${request.reason}`);
    const { state: fed, tip } = feedQrInfo(state, qrInfo, this.context);
    if (tip.status === "refused") throw tip.error;
    return fed;
  }

  /** Applies in some order that dependencies allow. @param pick - which of those that can be applied is next */
  answerAll(
    state: EngineState,
    { requests, dependencies }: SyncPlan,
    pick: (count: number) => number = () => 0,
    tipHeight = this.chain.tipHeight,
  ): EngineState {
    let current = state;
    const waiting = new Set(requests);
    while (waiting.size > 0) {
      const ready = [...waiting].filter((request) => {
        const needed = dependencies.get(request);
        return needed === undefined || !waiting.has(needed);
      });
      const next = ready[pick(ready.length)];
      if (!next) throw new DashlightError({ code: "client/no-peers" });
      current = this.answer(current, next, tipHeight);
      waiting.delete(next);
    }
    return current;
  }

  /** What a node knows that stands still at that tip. */
  #viewAt(tipHeight: Height): ChainView {
    const { chain } = this;
    return {
      tipHeight,
      dip3Height: chain.dip3Height,
      heightOf: (hash) => chain.heightOf(hash),
      knownHeightOf: (hash) => chain.knownHeightOf(hash),
      hashAt: (height) => chain.hashAt(height),
      coinbaseAt: (height) => chain.coinbaseAt(height),
      txidsAt: (height) => chain.txidsAt(height),
      chainLockSignatureAt: (height) => chain.chainLockSignatureAt(height),
      listAt: (height) => chain.listAt(height),
      quorumsAt: (height) => chain.quorumsAt(height),
      snapshotAt: (cycleHeight) => chain.snapshotAt(cycleHeight),
    };
  }
}
