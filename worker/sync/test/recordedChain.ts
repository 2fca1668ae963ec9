import { type Bls, createMclBls } from "../../bls/index.ts";
import { applyDiff } from "../../engine/applyDiff.ts";
import type { EngineContext } from "../../engine/context.ts";
import { feedQrInfo } from "../../engine/feedQrInfo.ts";
import type { QuorumEntry } from "../../engine/quorumSet.ts";
import { EMPTY_ENGINE, type EngineState, newestList } from "../../engine/state.ts";
import { KnownChain } from "../../engine/test/knownChain.ts";
import { paramsFromFile } from "../../params/index.ts";
import { readVector, readVectorJson } from "../../test/vectors.ts";
import { decode } from "../../wire/codec.ts";
import { type ChainLock, chainLock } from "../../wire/locks.ts";
import { mnListDiff } from "../../wire/mnListDiff.ts";
import { type QRInfo, qrInfo } from "../../wire/qrInfo.ts";
import { judgeQuorums } from "../judge.ts";

const FOLDER = "regtest/cycle-a";
const PROTOCOL_VERSION = 70240;

/** The regtest capture cycle-a with its recorded messages, and real BLS. */
export class RecordedChain {
  readonly bls: Bls;
  readonly context: EngineContext;

  private constructor(bls: Bls) {
    this.bls = bls;
    this.context = {
      params: paramsFromFile(readVectorJson(`${FOLDER}/params.json`)),
      chain: new KnownChain().addChainFile(`${FOLDER}/chain.json`),
      isValidSignature: (signature) => bls.isValidSignature(signature, "basic"),
    };
  }

  static async load(): Promise<RecordedChain> {
    return new RecordedChain(await createMclBls());
  }

  readQrInfo(name: string): QRInfo {
    return decode(qrInfo(PROTOCOL_VERSION), readVector(`${FOLDER}/qrinfo/${name}.bin`));
  }

  readLock(height: number): ChainLock {
    return decode(chainLock, readVector(`${FOLDER}/clsig/${height}.bin`));
  }

  feed(state: EngineState, info: QRInfo): EngineState {
    return feedQrInfo(state, info, this.context).state;
  }

  /** The newest cycles' lists and snapshots, and the tip's list. */
  fedFromTip(): EngineState {
    return this.feed(EMPTY_ENGINE, this.readQrInfo("478x-bnone@70240"));
  }

  /** @param name - of a recorded mnlistdiff, without its ending */
  apply(state: EngineState, name: string): EngineState {
    const diff = decode(mnListDiff(PROTOCOL_VERSION), readVector(`${FOLDER}/mnlistdiff/${name}.bin`));
    return applyDiff(state, diff, this.context).state;
  }

  /** Lists of every block above 448 up to a height, on a state that holds the one at 448. */
  applyBlocks(state: EngineState, upTo: number): EngineState {
    let current = state;
    for (let height = 449; height <= upTo; height++) {
      current = this.apply(current, `steps/${height - 1}-${height}`);
    }
    return current;
  }

  judge(state: EngineState, quorums: Iterable<QuorumEntry>): Promise<EngineState> {
    return judgeQuorums(state, quorums, this.context, this.bls);
  }

  /** @returns the state with every quorum of its newest list judged, of all types */
  judgeNewest(state: EngineState): Promise<EngineState> {
    return this.judge(state, newestList(state)?.quorums.values() ?? []);
  }
}
