import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { describe, expect } from "vitest";
import { convertPublicKey } from "../../../worker/bls/index.ts";
import { type LlmqParams, type NetworkParams, paramsFromFile } from "../../../worker/params/index.ts";
import { hasVectors, readVector, readVectorJson } from "../../../worker/test/vectors.ts";
import { readCbTx } from "../../../worker/wire/cbTx.ts";
import { decode } from "../../../worker/wire/codec.ts";
import { makeFinalCommitment } from "../../../worker/wire/finalCommitment.ts";
import {
  type BlockHash,
  compareBytes,
  fromHashHex,
  type HashHex,
  type Height,
  isZero,
  type QuorumHash,
  type Txid,
  toHashHex,
} from "../../../worker/wire/hashes.ts";
import { computeMerkleRoot } from "../../../worker/wire/merkle.ts";
import { type MnListDiff, mnListDiff } from "../../../worker/wire/mnListDiff.ts";
import { type QRInfo, type QuorumSnapshot, qrInfo } from "../../../worker/wire/qrInfo.ts";
import { computeEntryHash, isExtNetInfo, MnType, type SmlEntry } from "../../../worker/wire/smlEntry.ts";
import { computeTxid, type Transaction } from "../../../worker/wire/tx.ts";
import type { ChainView } from "../consensus/chainView.ts";
import type { Masternode } from "../consensus/masternodes.ts";
import type { Candidate } from "../consensus/memberSelection.ts";
import { type MinedCommitment, QuorumSets } from "../consensus/quorums.ts";

interface RecordedScenario {
  readonly id: string;
  /** Ever mined. */
  readonly quorums: number;
}

const SCENARIOS: readonly RecordedScenario[] = [
  { id: "cycle-a", quorums: 42 },
  { id: "faults-b", quorums: 82 },
  { id: "few-masternodes-c", quorums: 66 },
  { id: "legacy-bls-d", quorums: 26 },
].filter(({ id }) => hasVectors(`regtest/${id}`));

/** A suite for each recorded network that is here. */
export function describeScenarios(run: (scenario: RecordedScenario) => void): void {
  describe.runIf(SCENARIOS.length > 0)("recorded network", () => {
    for (const scenario of SCENARIOS) describe(scenario.id, () => run(scenario));
  });
}

export interface RecordedQuorum {
  readonly llmqType: number;
  readonly quorumHash: HashHex;
  readonly quorumHeight: number;
  readonly quorumIndex: number;
  readonly minedHeight: number;
  readonly members: readonly { readonly proTxHash: HashHex; readonly pubKeyOperator: string }[];
}

interface RecordedBlock {
  readonly height: number;
  readonly hash: HashHex;
  readonly coinbaseTxid: HashHex;
  readonly nTx?: number;
  readonly txids?: readonly HashHex[];
  readonly txTypes?: readonly number[];
}

interface RecordedCommitment {
  readonly minedHeight: number;
  readonly null: boolean;
  readonly version: number;
  readonly llmqType: number;
  readonly quorumHash: HashHex;
  readonly quorumIndex: number;
  readonly signers: string;
  readonly validMembers: string;
  readonly quorumPublicKey: string;
  readonly quorumVvecHash: HashHex;
  readonly quorumSig: string;
  readonly membersSig: string;
}

/** An entry of a recorded list, as draws want it. */
export interface RecordedMember extends Candidate {
  readonly entry: SmlEntry;
}

/** One recorded answer and the request behind it. */
interface RecordedMessage<Expected = unknown> {
  readonly file: string;
  readonly message: string;
  readonly protocolVersion: number;
  readonly request: { readonly payload: string };
  readonly expect: Expected;
}

/**
 * What a scenario's files say about blocks, lists and quorums, as a node had it: a chain view to build messages from.
 * Lists are those of the recorded diffs, taken only if the root of their block agrees.
 */
export class RecordedState implements ChainView {
  readonly id: string;
  readonly params: NetworkParams;
  readonly quorums: readonly RecordedQuorum[];
  readonly chain: readonly RecordedBlock[];
  readonly tipHeight: Height;
  readonly dip3Height: Height;
  readonly #heights: ReadonlyMap<HashHex, Height>;
  readonly #lists = new Map<Height, readonly SmlEntry[]>([[0, []]]);
  readonly #coinbases = new Map<Height, Transaction>();
  readonly #mined: readonly (readonly MinedCommitment[])[];
  readonly #quorumSets: readonly QuorumSets[];

  constructor(id: string) {
    this.id = id;
    this.params = paramsFromFile(readVectorJson(`regtest/${id}/params.json`));
    this.quorums = readVectorJson(`regtest/${id}/quorums.json`);
    this.chain = readVectorJson(`regtest/${id}/chain.json`);
    this.tipHeight = this.chain.length - 1;
    this.dip3Height = this.params.activation.dip0003;
    this.#heights = new Map(this.chain.map((block) => [block.hash, block.height]));
    this.#replay();
    this.#mined = this.#readCommitments();
    let sets = new QuorumSets();
    this.#quorumSets = this.#mined.map((mined) => {
      sets = sets.with(mined, this.params.llmqs);
      return sets;
    });
  }

  llmq(type: number): LlmqParams {
    const llmq = this.params.llmqs.get(type);
    if (llmq === undefined) throw new Error(`${this.id}: no type ${type}`);
    return llmq;
  }

  hashAt(height: Height): BlockHash {
    return fromHashHex<BlockHash>(this.#block(height).hash);
  }

  heightOf(hash: BlockHash): Height | undefined {
    return this.#heights.get(toHashHex(hash));
  }

  knownHeightOf(hash: BlockHash): Height | undefined {
    return this.heightOf(hash);
  }

  recordedCoinbase(height: Height): Transaction | undefined {
    return this.#coinbases.get(height);
  }

  coinbaseAt(height: Height): Transaction {
    return found(this.#coinbases.get(height), `${this.id}: coinbase of ${height}`);
  }

  /** Empty where the capture kept none of a block's several txids. */
  txidsAt(height: Height): readonly Txid[] {
    const { txids, coinbaseTxid, nTx } = this.#block(height);
    const ids = txids ?? (nTx === 1 || height === 0 ? [coinbaseTxid] : []);
    return ids.map((txid) => fromHashHex<Txid>(txid));
  }

  listAt(height: Height): readonly SmlEntry[] {
    return found(this.#lists.get(height), `${this.id}: list at ${height}`);
  }

  /** Commitments of the block, without null ones. */
  minedAt(height: Height): readonly MinedCommitment[] {
    return this.#mined[height] ?? [];
  }

  /** Members of a quorum as the node named them, as they were in the list of its work block. */
  membersOf(llmqType: number, quorumHash: HashHex): Masternode[] {
    const quorum = this.quorums.find((each) => each.llmqType === llmqType && each.quorumHash === quorumHash);
    return (quorum?.members ?? []).map(({ proTxHash }) => ({ id: proTxHash }) as Masternode);
  }

  hasList(hash: BlockHash): boolean {
    const height = isZero(hash) ? 0 : this.heightOf(hash);
    return height !== undefined && this.#lists.has(height);
  }

  membersAt(height: Height): readonly RecordedMember[] {
    return this.listAt(height).map(toMember);
  }

  chainLockSignatureAt(height: Height): Uint8Array | undefined {
    const signature = readCbTx(this.coinbaseAt(height))?.chainLock?.bestCLSignature;
    return signature === undefined || isZero(signature) ? undefined : signature;
  }

  quorumsAt(height: Height): QuorumSets {
    return found(this.#quorumSets[height], `${this.id}: quorums at ${height}`);
  }

  /** Draws are tested against the recorded snapshots on their own. */
  snapshotAt(cycleHeight: Height): QuorumSnapshot | undefined {
    return this.#snapshots.get(cycleHeight);
  }

  readonly #snapshots = new Map<Height, QuorumSnapshot>();
  setSnapshot(cycleHeight: Height, snapshot: QuorumSnapshot | undefined): void {
    if (snapshot !== undefined) this.#snapshots.set(cycleHeight, snapshot);
  }

  messages<Expected>(command: string): RecordedMessage<Expected>[] {
    const manifest = readVectorJson<{ messages: RecordedMessage<Expected>[] }>(
      `regtest/${this.id}/manifest.json`,
    );
    return manifest.messages.filter(({ message }) => message === command);
  }

  read(file: string): Uint8Array {
    return readVector(`regtest/${this.id}/${file}`);
  }

  qrInfos(): { file: string; qrInfo: QRInfo }[] {
    return this.messages("qrinfo").map(({ file, protocolVersion }) => ({
      file,
      qrInfo: decode(qrInfo(protocolVersion), this.read(file)),
    }));
  }

  #block(height: Height): RecordedBlock {
    return found(this.chain[height], `${this.id}: block ${height}`);
  }

  /** Applies diffs, those inside qrinfos too, until no further base is known: some step from a list nobody asked for. */
  #replay(): void {
    let waiting = [
      ...this.messages("mnlistdiff").map(({ file, protocolVersion }) =>
        decode(mnListDiff(protocolVersion), this.read(file)),
      ),
      ...this.qrInfos().flatMap(({ qrInfo: info }) => embeddedDiffs(info)),
    ];
    for (let before = -1; before !== waiting.length; ) {
      before = waiting.length;
      waiting = waiting.filter((diff) => !this.#apply(diff));
    }
  }

  /** @returns whether the list it ends at is known now */
  #apply(diff: MnListDiff): boolean {
    const base = this.#lists.get(isZero(diff.baseBlockHash) ? 0 : (this.heightOf(diff.baseBlockHash) ?? -1));
    if (base === undefined) return false;
    const height = this.heightOf(diff.blockHash);
    if (height === undefined) {
      // Blocks before DIP3 have no name in their diff; their coinbase says which one it is.
      const txid = toHashHex(computeTxid(diff.cbTx));
      const old = found(
        this.chain.find(({ coinbaseTxid }) => coinbaseTxid === txid),
        `${this.id}: block of ${txid}`,
      );
      this.#coinbases.set(old.height, diff.cbTx);
      this.#lists.set(old.height, []);
      return true;
    }
    const list = applyEntries(base, diff);
    expect(computeMerkleRoot(list.map(computeEntryHash)).root).toEqual(readCbTx(diff.cbTx)?.merkleRootMNList);
    this.#lists.set(height, list);
    this.#coinbases.set(height, diff.cbTx);
    return true;
  }

  /** @returns by height */
  #readCommitments(): MinedCommitment[][] {
    const commitments = readVectorJson<RecordedCommitment[]>(`regtest/${this.id}/commitments.json`);
    return this.chain.map(({ height }) =>
      commitments
        .filter((each) => !each.null && each.minedHeight === height)
        .map((each) => this.#toMined(each)),
    );
  }

  #toMined(recorded: RecordedCommitment): MinedCommitment {
    const quorumHash = fromHashHex<QuorumHash>(recorded.quorumHash);
    const { size } = this.llmq(recorded.llmqType);
    const bits = (hex: string) => ({ length: size, bytes: hexToBytes(hex) });
    return {
      commitment: makeFinalCommitment({
        version: recorded.version,
        llmqType: recorded.llmqType,
        quorumHash,
        quorumIndex: recorded.quorumIndex,
        signers: bits(recorded.signers),
        validMembers: bits(recorded.validMembers),
        quorumPublicKey: hexToBytes(recorded.quorumPublicKey),
        quorumVvecHash: fromHashHex(recorded.quorumVvecHash),
        quorumSig: hexToBytes(recorded.quorumSig),
        membersSig: hexToBytes(recorded.membersSig),
      }),
      baseHeight: found(this.heightOf(quorumHash), `${this.id}: ${recorded.quorumHash}`),
      minedHeight: recorded.minedHeight,
    };
  }
}

export function embeddedDiffs(info: QRInfo): MnListDiff[] {
  return [
    ...info.mnListDiffList,
    ...(info.atHMinus4C ? [info.atHMinus4C.mnListDiff] : []),
    info.mnListDiffAtHMinus3C,
    info.mnListDiffAtHMinus2C,
    info.mnListDiffAtHMinusC,
    info.mnListDiffH,
    info.mnListDiffTip,
  ];
}

function found<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`not recorded: ${what}`);
  return value;
}

/** @returns the list, ascending */
function applyEntries(base: readonly SmlEntry[], diff: MnListDiff): SmlEntry[] {
  const entries = new Map(base.map((entry) => [toHashHex(entry.proRegTxHash), entry]));
  for (const hash of diff.deletedMNs) entries.delete(toHashHex(hash));
  for (const entry of diff.mnList) entries.set(toHashHex(entry.proRegTxHash), entry);
  return [...entries.values()].sort((a, b) => compareBytes(a.proRegTxHash, b.proRegTxHash));
}

function toMember(entry: SmlEntry): RecordedMember {
  return {
    entry,
    proRegTxHash: entry.proRegTxHash,
    id: toHashHex(entry.proRegTxHash),
    confirmedHash: entry.confirmedHash,
    isValid: entry.isValid,
    isEvo: entry.type === MnType.evo,
    uniqueProperties: uniqueProperties(entry),
  };
}

/** As much of it as the simplified list shows. */
function uniqueProperties({ netInfo, pubKeyOperator, platformNodeID, version }: SmlEntry): string[] {
  if (isExtNetInfo(netInfo)) throw new Error("extended addresses are not in these recordings");
  const key = basicKey(pubKeyOperator, version);
  return [
    ...(isZero(netInfo.address) ? [] : [`address ${bytesToHex(netInfo.address)} ${netInfo.port}`]),
    ...(key === undefined ? [] : [`operator ${key}`]),
    ...(platformNodeID === undefined ? [] : [`node ${bytesToHex(platformNodeID)}`]),
  ];
}

/** @returns the operator's key in basic encoding, whatever the entry's version */
function basicKey(pubKeyOperator: Uint8Array, version: number): string | undefined {
  if (isZero(pubKeyOperator)) return undefined;
  const scheme = version === 1 ? "legacy" : "basic";
  const key = convertPublicKey({ bytes: pubKeyOperator, scheme }, "basic");
  return key && bytesToHex(key);
}
