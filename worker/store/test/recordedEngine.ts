import { commands } from "vitest/browser";
import { applyDiff } from "../../engine/applyDiff.ts";
import type { ChainView, EngineContext } from "../../engine/context.ts";
import { feedQrInfo } from "../../engine/feedQrInfo.ts";
import type { MasternodeList } from "../../engine/masternodeList.ts";
import { EMPTY_ENGINE, type EngineState } from "../../engine/state.ts";
import { paramsFromFile } from "../../params/index.ts";
import { type Codec, decode } from "../../wire/codec.ts";
import { type BlockHash, fromHashHex, type Hash256, type HashHex, toHashHex } from "../../wire/hashes.ts";
import { blockHeader } from "../../wire/header.ts";
import { type ChainLock, chainLock } from "../../wire/locks.ts";
import { mnListDiff } from "../../wire/mnListDiff.ts";
import { qrInfo } from "../../wire/qrInfo.ts";
import type { StoreStep } from "../index.ts";

const FOLDER = "regtest/cycle-a";
const PROTOCOL_VERSION = 70240;

/** The verified chain of a capture, as the engine sees it. */
class RecordedChain implements ChainView {
  readonly #blocks: { hash: BlockHash; header: Uint8Array }[];
  readonly #heights: Map<HashHex, number>;

  constructor(blocks: readonly { hash: string; header: string }[]) {
    this.#blocks = blocks.map(({ hash, header }) => ({ hash: fromHashHex(hash), header: fromHex(header) }));
    this.#heights = new Map(this.#blocks.map(({ hash }, height) => [toHashHex(hash), height]));
  }

  heightOf(blockHash: BlockHash): number | undefined {
    return this.#heights.get(toHashHex(blockHash));
  }

  hashAt(height: number): BlockHash | undefined {
    return this.#blocks[height]?.hash;
  }

  merkleRootAt(height: number): Hash256 | undefined {
    const block = this.#blocks[height];
    return block && decode(blockHeader, block.header).merkleRoot;
  }

  /** 80 bytes each. */
  get headers(): Uint8Array[] {
    return this.#blocks.map(({ header }) => header);
  }
}

/** What a client holds after real nodes' answers: lists, snapshots and announced quorums of one regtest network. */
export interface RecordedEngine {
  readonly context: EngineContext;
  readonly chain: RecordedChain;
  /** Two full lists and those of a qrinfo, with what they share. */
  readonly state: EngineState;
  readonly chainLock: ChainLock;
}

/** Read through the test runner: a test in a browser has no files. */
export async function loadRecordedEngine(): Promise<RecordedEngine> {
  const params = parseJson(await read("params.json"));
  const blocks = parseJson(await read("chain.json")) as { hash: string; header: string }[];
  const chain = new RecordedChain(blocks);
  const context = { params: paramsFromFile(params), chain, isValidSignature: () => true };
  let state = EMPTY_ENGINE;
  for (const file of ["mnlistdiff/zero-448.bin", "mnlistdiff/448-478.bin"]) {
    state = applyDiff(state, await readMessage(mnListDiff(PROTOCOL_VERSION), file), context).state;
  }
  const rotation = await readMessage(qrInfo(PROTOCOL_VERSION), "qrinfo/478x-bnone@70240.bin");
  state = feedQrInfo(state, rotation, context).state;
  return { context, chain, state, chainLock: await readMessage(chainLock, "clsig/456.bin") };
}

export function listsOf(state: EngineState): MasternodeList[] {
  return [...state.lists.values()].sort((a, b) => a.height - b.height);
}

/** Everything of a state as one step. */
export function stepOf(state: EngineState): StoreStep {
  const announced = [...state.announcedQuorums.values()];
  return { addLists: listsOf(state), snapshots: state.snapshots, announced };
}

async function readMessage<T>(codec: Codec<T>, file: string): Promise<T> {
  return decode(codec, await read(file));
}

async function read(file: string): Promise<Uint8Array> {
  const base64 = await commands.readVectorBase64(`${FOLDER}/${file}`);
  return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
}

function parseJson(bytes: Uint8Array): unknown {
  return JSON.parse(new TextDecoder().decode(bytes));
}

function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16));
}
