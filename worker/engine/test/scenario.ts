import { DashlightError, type ErrorCode } from "../../errors.ts";
import { paramsFromFile } from "../../params/index.ts";
import type { NetworkParams } from "../../params/types.ts";
import { readVector, readVectorJson } from "../../test/vectors.ts";
import { decode } from "../../wire/codec.ts";
import { type HashHex, type Height, toHashHex } from "../../wire/hashes.ts";
import { type MnListDiff, mnListDiff } from "../../wire/mnListDiff.ts";
import { type QRInfo, qrInfo } from "../../wire/qrInfo.ts";
import { applyDiff } from "../applyDiff.ts";
import type { EngineContext } from "../context.ts";
import type { MasternodeList } from "../masternodeList.ts";
import { EMPTY_ENGINE, type EngineState } from "../state.ts";
import { KnownChain } from "./knownChain.ts";

export const SCENARIO_NAMES = ["cycle-a", "faults-b", "few-masternodes-c", "legacy-bls-d"];

/** One recorded message of a regtest capture's manifest. */
export interface CapturedMessage {
  readonly file: string;
  readonly message: string;
  readonly protocolVersion: number;
  readonly height: Height;
  readonly hash: string;
  readonly request?: { readonly baseBlockHashes?: readonly string[] };
  readonly expect: {
    readonly merkleRootMNList: string | null;
    readonly merkleRootQuorums: string | null;
    readonly mnListCount: number;
    readonly deletedMNs: number;
    readonly newQuorums: number;
    readonly deletedQuorums: number;
    readonly requestId: string;
    readonly cycleHeight: Height;
    readonly signedByQuorum: string;
  };
}

export interface ChainBlock {
  readonly height: Height;
  readonly hash: string;
  readonly cbTx?: { readonly merkleRootMNList: string; readonly merkleRootQuorums: string };
}

/** What `commitments.json` says of a mined commitment; keys and signatures as on the wire. */
export interface MinedCommitment {
  readonly minedHeight: Height;
  readonly null: boolean;
  readonly version: number;
  readonly llmqType: number;
  readonly quorumHash: string;
  readonly quorumIndex: number;
  readonly signers: string;
  readonly validMembers: string;
  readonly quorumPublicKey: string;
  readonly quorumVvecHash: string;
  readonly quorumSig: string;
  readonly membersSig: string;
}

/** A regtest capture: parameters, headers and messages of real nodes. */
export class Scenario {
  readonly folder: string;
  readonly params: NetworkParams;
  readonly chain: KnownChain;
  readonly tipHeight: Height;
  readonly #messages: readonly CapturedMessage[];

  constructor(name: string) {
    this.folder = `regtest/${name}`;
    const manifest = this.json<{ messages: CapturedMessage[]; tip: { height: Height } }>("manifest.json");
    this.#messages = manifest.messages;
    this.tipHeight = manifest.tip.height;
    this.params = paramsFromFile(this.json("params.json"));
    this.chain = new KnownChain().addChainFile(`${this.folder}/chain.json`);
  }

  json<T>(file: string): T {
    return readVectorJson<T>(`${this.folder}/${file}`);
  }

  bytes(file: string): Uint8Array {
    return readVector(`${this.folder}/${file}`);
  }

  ofKind(kind: "mnlistdiff" | "qrinfo" | "clsig" | "isdlock"): CapturedMessage[] {
    return this.#messages.filter(({ message }) => message === kind);
  }

  diff({ file, protocolVersion }: Pick<CapturedMessage, "file" | "protocolVersion">): MnListDiff {
    return decode(mnListDiff(protocolVersion), this.bytes(file));
  }

  qrInfo({ file, protocolVersion }: Pick<CapturedMessage, "file" | "protocolVersion">): QRInfo {
    return decode(qrInfo(protocolVersion), this.bytes(file));
  }
}

/** What applying all recorded diffs of a scenario gave, in whatever order their bases allow. */
export interface AppliedDiffs {
  readonly state: EngineState;
  readonly applied: readonly { readonly captured: CapturedMessage; readonly list: MasternodeList }[];
  /** `file: code`, in the order of the manifest. */
  readonly refused: readonly string[];
}

export function applyAllDiffs(scenario: Scenario, context: EngineContext): AppliedDiffs {
  let state = EMPTY_ENGINE;
  const applied: { captured: CapturedMessage; list: MasternodeList }[] = [];
  const refusals = new Map<CapturedMessage, ErrorCode>();
  const captures = scenario.ofKind("mnlistdiff");
  let waiting = captures;
  for (let progress = true; progress; ) {
    progress = false;
    for (const captured of waiting) {
      try {
        const step = applyDiff(state, scenario.diff(captured), context);
        state = step.state;
        applied.push({ captured, list: step.list });
        refusals.delete(captured);
        progress = true;
      } catch (error) {
        if (!(error instanceof DashlightError)) throw error;
        refusals.set(captured, error.code);
      }
    }
    waiting = waiting.filter((captured) => refusals.get(captured) === "engine/unknown-base");
  }
  const refused = captures.flatMap((captured) => {
    const code = refusals.get(captured);
    return code === undefined ? [] : [`${captured.file}: ${code}`];
  });
  return { state, applied, refused };
}

/** Lists of a state by height. */
export function listsByHeight(state: EngineState): Map<Height, MasternodeList> {
  return new Map([...state.lists.values()].map((list) => [list.height, list]));
}

/** The part of a state that holds lists at the given heights only. */
export function onlyListsAt(state: EngineState, heights: ReadonlySet<Height | undefined>): EngineState {
  const lists = new Map<HashHex, MasternodeList>();
  for (const list of state.lists.values()) {
    if (heights.has(list.height)) lists.set(toHashHex(list.blockHash), list);
  }
  return { ...EMPTY_ENGINE, lists };
}
