import { readdirSync } from "node:fs";
import { bytesToHex } from "@noble/hashes/utils.js";
import { expect } from "vitest";
import { convertPublicKey } from "../../../worker/bls/index.ts";
import { hasVectors, readVector, readVectorJson, vectorPath } from "../../../worker/test/vectors.ts";
import { readCbTx } from "../../../worker/wire/cbTx.ts";
import { decode } from "../../../worker/wire/codec.ts";
import {
  type BlockHash,
  compareBytes,
  fromHashHex,
  type HashHex,
  isZero,
  toHashHex,
} from "../../../worker/wire/hashes.ts";
import { computeMerkleRoot } from "../../../worker/wire/merkle.ts";
import { type MnListDiff, mnListDiff } from "../../../worker/wire/mnListDiff.ts";
import { type QRInfo, qrInfo } from "../../../worker/wire/qrInfo.ts";
import { computeEntryHash, isExtNetInfo, MnType, type SmlEntry } from "../../../worker/wire/smlEntry.ts";
import type { Candidate } from "../consensus/memberSelection.ts";

/** Recorded networks, with the quorums each has ever mined. */
export const SCENARIOS = [
  { id: "cycle-a", quorums: 42 },
  { id: "faults-b", quorums: 82 },
  { id: "few-masternodes-c", quorums: 66 },
  { id: "legacy-bls-d", quorums: 26 },
].filter(({ id }) => hasVectors(`regtest/${id}`));

/** The protocol version of the recordings used here. */
export const PROTOCOL_VERSION = 70240;

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
  readonly header: string;
  readonly txids: readonly HashHex[];
  readonly cbTx?: { readonly bestCLSignature?: string; readonly bestCLHeightDiff?: number };
}

export interface RecordedLlmq {
  readonly type: number;
  readonly size: number;
  readonly useRotation: boolean;
  readonly dkgInterval: number;
  readonly signingActiveQuorumCount: number;
}

export interface RecordedParams {
  readonly llmqs: readonly RecordedLlmq[];
  readonly llmqTypePlatform: number;
  readonly llmqTypeDIP0024InstantSend: number;
  readonly activationHeights: { readonly V19: number };
}

/** An entry of a recorded list, as draws want it. */
export interface RecordedMember extends Candidate {
  readonly entry: SmlEntry;
}

/** What a scenario's files say about blocks, lists and quorums; lists only if both roots of their block agree. */
export class RecordedState {
  readonly id: string;
  readonly params: RecordedParams;
  readonly quorums: readonly RecordedQuorum[];
  readonly chain: readonly RecordedBlock[];
  readonly #lists = new Map<number, readonly RecordedMember[]>();
  readonly #diffs = new Map<number, MnListDiff>();

  constructor(id: string) {
    this.id = id;
    this.params = readVectorJson(`regtest/${id}/params.json`);
    this.quorums = readVectorJson(`regtest/${id}/quorums.json`);
    this.chain = readVectorJson(`regtest/${id}/chain.json`);
    this.#replay();
  }

  llmq(type: number): RecordedLlmq {
    const llmq = this.params.llmqs.find((each) => each.type === type);
    if (llmq === undefined) throw new Error(`${this.id}: no type ${type}`);
    return llmq;
  }

  block(height: number): RecordedBlock {
    const block = this.chain[height];
    if (block === undefined) throw new Error(`${this.id}: no block ${height}`);
    return block;
  }

  hash(height: number): BlockHash {
    return fromHashHex<BlockHash>(this.block(height).hash);
  }

  heightOf(hash: BlockHash): number {
    if (isZero(hash)) return 0;
    const id = toHashHex(hash);
    const height = this.chain.findIndex((block) => block.hash === id);
    if (height < 0) throw new Error(`${this.id}: unknown block ${id}`);
    return height;
  }

  /** @param height - of a work block */
  list(height: number): readonly RecordedMember[] {
    const list = this.#lists.get(height);
    if (list === undefined) throw new Error(`${this.id}: no list at ${height}`);
    return list;
  }

  /** The proven coinbase's ChainLock signature. */
  chainLockSignature(height: number): Uint8Array | undefined {
    const diff = this.#diffs.get(height);
    if (diff === undefined) throw new Error(`${this.id}: no coinbase of ${height}`);
    const signature = readCbTx(diff.cbTx)?.chainLock?.bestCLSignature;
    return signature === undefined || isZero(signature) ? undefined : signature;
  }

  qrInfos(): { file: string; qrInfo: QRInfo; protocolVersion: number }[] {
    return readdirSync(vectorPath(`regtest/${this.id}/qrinfo`))
      .filter((file) => file.endsWith(".bin"))
      .map((file) => {
        const protocolVersion = Number(/@(\d+)/.exec(file)?.[1]);
        const bytes = readVector(`regtest/${this.id}/qrinfo/${file}`);
        return { file, qrInfo: decode(qrInfo(protocolVersion), bytes), protocolVersion };
      });
  }

  /** The chain of diffs that ends at every work block: zero-16, 16-40, 40-64 and so on. */
  #replay(): void {
    const files = readdirSync(vectorPath(`regtest/${this.id}/mnlistdiff`));
    let entries = new Map<HashHex, SmlEntry>();
    for (let target = 16, base = "zero"; files.includes(`${base}-${target}.bin`); target += 24) {
      const bytes = readVector(`regtest/${this.id}/mnlistdiff/${base}-${target}.bin`);
      const diff = decode(mnListDiff(PROTOCOL_VERSION), bytes);
      entries = applyEntries(entries, diff);
      this.#diffs.set(target, diff);
      this.#lists.set(target, [...entries.values()].map(toMember));
      base = `${target}`;
    }
  }
}

function applyEntries(base: ReadonlyMap<HashHex, SmlEntry>, diff: MnListDiff): Map<HashHex, SmlEntry> {
  const entries = new Map(base);
  for (const hash of diff.deletedMNs) entries.delete(toHashHex(hash));
  for (const entry of diff.mnList) entries.set(toHashHex(entry.proRegTxHash), entry);
  const sorted = [...entries.values()].sort((a, b) => compareBytes(a.proRegTxHash, b.proRegTxHash));
  expect(computeMerkleRoot(sorted.map(computeEntryHash)).root).toEqual(readCbTx(diff.cbTx)?.merkleRootMNList);
  return entries;
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
