import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { type NetworkParams, paramsFromFile } from "../../params/index.ts";
import { readVector, readVectorJson, vectorPath } from "../../test/vectors.ts";
import { decode, encode } from "../../wire/codec.ts";
import { type BlockHash, fromHashHex, type HashHex, isZero, sha256d, toHashHex } from "../../wire/hashes.ts";
import { HEADER_SIZE } from "../../wire/header.ts";
import { getMnListDiff, type MnListDiff, mnListDiff } from "../../wire/mnListDiff.ts";
import { type GetQRInfo, getQRInfo, qrInfo } from "../../wire/qrInfo.ts";
import { composeDiffs } from "./composeDiffs.ts";

/** Protocol version under which the answers were recorded. */
const PROTOCOL_VERSION = 70240;

export interface RecordedMessage {
  readonly command: string;
  readonly payload: Uint8Array;
}

interface ManifestMessage {
  readonly file: string;
  readonly message: string;
  readonly protocolVersion: number;
  readonly request?: { readonly message: string; readonly payload: string };
  /** Of a mnlistdiff; null: the zero hash. */
  readonly baseHeight?: number | null;
  readonly height?: number;
}

/** A recorded mnlistdiff, between two heights. */
interface DiffStep {
  readonly from: number;
  readonly to: number;
  readonly payload: Uint8Array;
}

interface Manifest {
  readonly tip: { readonly height: number; readonly hash: string };
  readonly bestChainLock: { readonly height: number; readonly hex: string };
  readonly messages: readonly ManifestMessage[];
}

interface RecordedBlock {
  readonly height: number;
  readonly hash: string;
  readonly time: number;
  readonly header: string;
}

/** What a node of a regtest capture said, ready to be said again. */
export class Recording {
  readonly scenario: string;
  readonly params: NetworkParams;
  readonly paramsPath: string;
  readonly tip: { readonly height: number; readonly hash: string };
  /** Seconds since 1970 at which the recorded chain ends. */
  readonly tipTime: number;
  readonly bestChainLock: { readonly height: number; readonly payload: Uint8Array };
  /** The node's side of a handshake, in its order. */
  readonly handshake: readonly RecordedMessage[];
  readonly #blocks: readonly RecordedBlock[];
  readonly #heights: ReadonlyMap<HashHex, number>;
  readonly #answers = new Map<string, RecordedMessage>();
  readonly #steps: DiffStep[] = [];
  readonly #chainLocks = new Map<HashHex, Uint8Array>();

  constructor(scenario: string) {
    const folder = `regtest/${scenario}`;
    const manifest = readVectorJson<Manifest>(`${folder}/manifest.json`);
    this.scenario = scenario;
    this.paramsPath = vectorPath(`${folder}/params.json`);
    this.params = paramsFromFile(readVectorJson(`${folder}/params.json`));
    this.tip = manifest.tip;
    const { bestChainLock } = manifest;
    this.bestChainLock = { height: bestChainLock.height, payload: hexToBytes(bestChainLock.hex) };
    this.#blocks = readVectorJson<RecordedBlock[]>(`${folder}/chain.json`);
    this.#heights = new Map(this.#blocks.map((block) => [block.hash as HashHex, block.height]));
    this.tipTime = Math.max(...this.#blocks.map(({ time }) => time));
    const handshake: RecordedMessage[] = [];
    for (const { file, message, protocolVersion, request, baseHeight, height } of manifest.messages) {
      if (protocolVersion !== PROTOCOL_VERSION) continue;
      const read = () => ({ command: message, payload: readVector(`${folder}/${file}`) });
      if (message === "mnlistdiff" && height !== undefined) {
        this.#steps.push({ from: baseHeight ?? 0, to: height, payload: read().payload });
      }
      if (request) this.#answers.set(`${request.message}:${request.payload}`, read());
      else if (message === "clsig") this.#addChainLock(read().payload);
      else if (file.startsWith("handshake/70240-s0-r1/")) handshake.push(read());
    }
    this.handshake = handshake;
    this.#addChainLock(this.bestChainLock.payload);
  }

  /** @returns undefined for a request that was not recorded, nor can be put together from recorded diffs */
  answer(command: string, payload: Uint8Array): RecordedMessage | undefined {
    const recorded = this.#answers.get(`${command}:${bytesToHex(payload)}`);
    if (recorded) return recorded;
    if (command === "getqrinfo") return this.composeQrInfo(decode(getQRInfo, payload));
    const { baseBlockHash, blockHash } = decode(getMnListDiff, payload);
    const diff = this.#composeDiff(baseBlockHash, blockHash);
    return diff && { command: "mnlistdiff", payload: encode(mnListDiff(PROTOCOL_VERSION), diff) };
  }

  heightOf(hash: HashHex): number | undefined {
    return this.#heights.get(hash);
  }

  hashAt(height: number): string | undefined {
    return this.#blocks[height]?.hash;
  }

  /** @returns headers from one height up to another, both included, 80 bytes each */
  headers(from: number, to: number): Uint8Array {
    const blocks = this.#blocks.slice(from, to + 1);
    const joined = new Uint8Array(blocks.length * HEADER_SIZE);
    blocks.forEach(({ header }, i) => {
      joined.set(hexToBytes(header), i * HEADER_SIZE);
    });
    return joined;
  }

  /** @param hash - of the lock, as an inv names it, display order */
  chainLock(hash: HashHex): Uint8Array | undefined {
    return this.#chainLocks.get(hash);
  }

  #composeDiff(baseBlockHash: BlockHash, blockHash: BlockHash): MnListDiff | undefined {
    const from = isZero(baseBlockHash) ? 0 : this.heightOf(toHashHex(baseBlockHash));
    const to = this.heightOf(toHashHex(blockHash));
    if (from === undefined || to === undefined) return undefined;
    const codec = mnListDiff(PROTOCOL_VERSION);
    if (from === to) return this.#emptyDiff(baseBlockHash, to);
    const steps = this.#findSteps(from, to);
    const diffs = steps?.map((step) => decode(codec, step.payload));
    return diffs && composeDiffs(diffs, baseBlockHash, from === 0);
  }

  /** Of a block to itself: its coinbase with the proof, no changes. */
  #emptyDiff(blockHash: BlockHash, height: number): MnListDiff | undefined {
    const ending = this.#steps.find(({ to }) => to === height);
    if (!ending) return undefined;
    const diff = decode(mnListDiff(PROTOCOL_VERSION), ending.payload);
    const none = { deletedMNs: [], mnList: [], deletedQuorums: [], newQuorums: [], quorumsCLSigs: [] };
    return { ...diff, baseBlockHash: blockHash, ...none };
  }

  /**
   * The answer recorded without bases, with its diffs on the bases that a node would choose: each on the highest one
   * at or below its block, among those of the request and the diffs before it. Source: `protocol/wire.md` 7.4
   */
  composeQrInfo({ baseBlockHashes, blockRequestHash, extraShare }: GetQRInfo): RecordedMessage | undefined {
    const plain = encode(getQRInfo, { baseBlockHashes: [], blockRequestHash, extraShare });
    const recorded = this.#answers.get(`getqrinfo:${bytesToHex(plain)}`);
    if (!recorded) return undefined;
    const codec = qrInfo(PROTOCOL_VERSION);
    const answer = decode(codec, recorded.payload);
    const bases = baseBlockHashes.map((hash) => this.#heightOf(hash));
    const rebase = (diff: MnListDiff, isKnown = true): MnListDiff => {
      const height = this.#heightOf(diff.blockHash);
      const base = Math.max(0, ...bases.filter((known) => known <= height));
      if (isKnown) bases.push(height);
      const composed = this.#composeDiff(fromHashHex(this.hashAt(base) ?? ""), diff.blockHash);
      if (!composed) throw new RangeError(`no recorded diffs lead from ${base} to ${height}`);
      return composed;
    };
    // Oldest first: each becomes a base of the next.
    const mnListDiffList = answer.mnListDiffList.map((diff) => rebase(diff));
    const { atHMinus4C } = answer;
    const oldest = atHMinus4C && { ...atHMinus4C, mnListDiff: rebase(atHMinus4C.mnListDiff) };
    const mnListDiffAtHMinus3C = rebase(answer.mnListDiffAtHMinus3C);
    const mnListDiffAtHMinus2C = rebase(answer.mnListDiffAtHMinus2C);
    const mnListDiffAtHMinusC = rebase(answer.mnListDiffAtHMinusC);
    const mnListDiffH = rebase(answer.mnListDiffH);
    const mnListDiffTip = rebase(answer.mnListDiffTip, false);
    const diffs = {
      mnListDiffList,
      atHMinus4C: oldest,
      mnListDiffAtHMinus3C,
      mnListDiffAtHMinus2C,
      mnListDiffAtHMinusC,
      mnListDiffH,
      mnListDiffTip,
    };
    return { command: "qrinfo", payload: encode(codec, { ...answer, ...diffs }) };
  }

  #heightOf(hash: BlockHash): number {
    return this.heightOf(toHashHex(hash)) ?? 0;
  }

  /** Fewest recorded diffs that lead from one height to another. */
  #findSteps(from: number, to: number): DiffStep[] | undefined {
    const reached = new Map<number, DiffStep[]>([[from, []]]);
    // A map walked while it grows: breadth first.
    for (const [height, path] of reached) {
      if (height === to && path.length > 0) return path;
      for (const step of this.#steps) {
        const isUseful = step.from === height && step.to > height && step.to <= to;
        if (isUseful && !reached.has(step.to)) reached.set(step.to, [...path, step]);
      }
    }
    return undefined;
  }

  #addChainLock(payload: Uint8Array): void {
    this.#chainLocks.set(toHashHex(sha256d(payload)), payload);
  }
}

const recordings = new Map<string, Recording>();

/** Each scenario is read once. */
export function loadRecording(scenario: string): Recording {
  const known = recordings.get(scenario) ?? new Recording(scenario);
  recordings.set(scenario, known);
  return known;
}
