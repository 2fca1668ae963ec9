import { expect } from "vitest";
import { type Bls, createBls } from "../../../worker/bls/index.ts";
import {
  type LlmqParams,
  type NetworkParams,
  paramsFromFile,
  WORK_DIFF_DEPTH,
} from "../../../worker/params/index.ts";
import { type CbTx, readCbTx } from "../../../worker/wire/cbTx.ts";
import { countBits, isBitSet } from "../../../worker/wire/codec.ts";
import {
  computeCommitmentHash,
  computeCommitmentLeaf,
  type FinalCommitment,
} from "../../../worker/wire/finalCommitment.ts";
import {
  type BlockHash,
  compareBytes,
  type Hash256,
  type Height,
  isZero,
  sha256d,
  toHashHex,
} from "../../../worker/wire/hashes.ts";
import { readHeaders } from "../../../worker/wire/headers.ts";
import type { ChainLock } from "../../../worker/wire/locks.ts";
import { computeChainLockRequestId } from "../../../worker/wire/locks.ts";
import { computeMerkleRoot, extractMatches } from "../../../worker/wire/merkle.ts";
import type { MnListDiff } from "../../../worker/wire/mnListDiff.ts";
import { computeEntryHash, MnType, type SmlEntry } from "../../../worker/wire/smlEntry.ts";
import { computeTxid } from "../../../worker/wire/tx.ts";
import { type Candidate, computeModifier, selectPlainMembers } from "../consensus/memberSelection.ts";
import type { Simnet } from "../network.ts";
import type { TestPeer } from "./testPeer.ts";

/** What a client knows after applying a diff whose roots it checked. */
export interface KnownList {
  readonly entries: ReadonlyMap<string, SmlEntry>;
  readonly quorums: ReadonlyMap<string, FinalCommitment>;
  readonly cbTx: CbTx;
}

export interface KnownHeader {
  readonly hash: BlockHash;
  readonly merkleRoot: Hash256;
}

const EMPTY = { entries: new Map<string, SmlEntry>(), quorums: new Map<string, FinalCommitment>() };

/** A member as a client knows it: from a list it checked. */
export interface ListedMember extends Candidate {
  readonly entry: SmlEntry;
}

/** The checks of a light client, from received messages alone. */
export class LightVerifier {
  readonly params: NetworkParams;
  readonly #peer: TestPeer;
  readonly #headers: readonly KnownHeader[];
  readonly #lists = new Map<Height, KnownList>();
  readonly #bls: Promise<Bls> = createBls();

  /** @param headers - by height, from genesis */
  constructor(params: NetworkParams, peer: TestPeer, headers: readonly KnownHeader[]) {
    this.params = params;
    this.#peer = peer;
    this.#headers = headers;
  }

  header(height: Height): KnownHeader {
    const header = this.#headers[height];
    if (header === undefined) throw new Error(`no header ${height}`);
    return header;
  }

  heightOf(hash: BlockHash): Height {
    const id = toHashHex(hash);
    return this.#headers.findIndex((header) => toHashHex(header.hash) === id);
  }

  /** Asks for the diff from the newest lower list and checks it. */
  async list(height: Height): Promise<KnownList> {
    const known = this.#lists.get(height);
    if (known !== undefined) return known;
    const base = Math.max(0, ...[...this.#lists.keys()].filter((each) => each < height));
    const request = { baseBlockHash: this.header(base).hash, blockHash: this.header(height).hash };
    this.#peer.send({ command: "getmnlistd", payload: request });
    return this.apply(await this.#peer.next("mnlistdiff"));
  }

  /** @returns the list it ends at, after checking proof, height and both roots */
  apply(diff: MnListDiff): KnownList {
    const height = this.heightOf(diff.blockHash);
    const base = isZero(diff.baseBlockHash) ? 0 : this.heightOf(diff.baseBlockHash);
    const before = base === 0 ? EMPTY : this.#lists.get(base);
    if (before === undefined) throw new Error(`no list at ${base}`);
    const { root, matches } = extractMatches(diff);
    expect(root).toEqual(this.header(height).merkleRoot);
    expect(matches).toEqual([{ position: 0, hash: computeTxid(diff.cbTx) }]);
    const cbTx = readCbTx(diff.cbTx);
    if (cbTx === undefined) throw new Error(`block ${height} has no payload`);
    expect([cbTx.version, cbTx.height]).toEqual([3, height]);
    const list = { entries: applyEntries(before, diff), quorums: applyQuorums(before, diff), cbTx };
    expect(listRoot(list.entries)).toEqual(cbTx.merkleRootMNList);
    expect(quorumRoot(list.quorums)).toEqual(cbTx.merkleRootQuorums);
    this.#lists.set(height, list);
    return list;
  }

  async members(height: Height): Promise<ListedMember[]> {
    return [...(await this.list(height)).entries.values()].map(toMember);
  }

  async modifier(type: number, workHeight: Height): Promise<Hash256> {
    const signature = (await this.list(workHeight)).cbTx.chainLock?.bestCLSignature ?? new Uint8Array();
    return computeModifier(type, {
      height: workHeight,
      hash: this.header(workHeight).hash,
      chainLockSignature: isZero(signature) ? undefined : signature,
    });
  }

  async plainMembers(llmq: LlmqParams, commitment: FinalCommitment): Promise<ListedMember[]> {
    const work = this.heightOf(commitment.quorumHash) - WORK_DIFF_DEPTH;
    const isEvoOnly = llmq.type === this.params.llmqTypePlatform;
    return selectPlainMembers(
      await this.members(work),
      await this.modifier(llmq.type, work),
      llmq.size,
      isEvoOnly,
    );
  }

  /** Structure and both signatures. */
  async verifyCommitment(commitment: FinalCommitment, members: readonly ListedMember[]): Promise<void> {
    const llmq = this.params.llmqs.get(commitment.llmqType);
    if (llmq === undefined) throw new Error(`type ${commitment.llmqType}`);
    const { signers, validMembers, quorumPublicKey, quorumIndex } = commitment;
    const baseHeight = this.heightOf(commitment.quorumHash);
    expect(commitment.version).toBe(llmq.useRotation ? 4 : 3);
    expect(baseHeight % llmq.dkgInterval).toBe(quorumIndex);
    expect([signers.length, validMembers.length]).toEqual([llmq.size, llmq.size]);
    expect(countBits(signers)).toBeGreaterThanOrEqual(llmq.minSize);
    expect(countBits(validMembers)).toBeGreaterThanOrEqual(llmq.minSize);
    for (let i = members.length; i < llmq.size; i++) {
      expect([isBitSet(signers, i), isBitSet(validMembers, i)]).toEqual([false, false]);
    }
    const message = computeCommitmentHash(commitment);
    const publicKeys = members
      .filter((_, i) => isBitSet(signers, i))
      .map(({ entry }) => ({ bytes: entry.pubKeyOperator, scheme: schemeOf(entry) }));
    const verdicts = await (await this.#bls).verify([
      {
        scheme: "basic",
        message,
        signature: commitment.quorumSig,
        signer: { kind: "single", publicKey: { bytes: quorumPublicKey, scheme: "basic" } },
      },
      {
        scheme: "basic",
        message,
        signature: commitment.membersSig,
        signer: { kind: "secureAggregate", publicKeys },
      },
    ]);
    expect(verdicts, `type ${llmq.type} at ${baseHeight}`).toEqual([true, true]);
  }

  async isSignedBy(
    commitment: FinalCommitment,
    requestId: Hash256,
    msgHash: Hash256,
    signature: Uint8Array,
  ): Promise<boolean> {
    const { llmqType, quorumHash, quorumPublicKey } = commitment;
    const [verdict] = await (await this.#bls).verify([
      {
        scheme: "basic",
        message: sha256d(Uint8Array.of(llmqType), quorumHash, requestId, msgHash),
        signature,
        signer: { kind: "single", publicKey: { bytes: quorumPublicKey, scheme: "basic" } },
      },
    ]);
    return verdict === true;
  }

  /** By the quorum of the set at height - 8 whose hash with the request is smallest. */
  async isValidChainLock({ height, blockHash, sig }: ChainLock): Promise<boolean> {
    const type = this.params.llmqTypeChainLocks;
    const requestId = computeChainLockRequestId(height);
    const { quorums } = await this.list(height - 8);
    const score = ({ quorumHash }: FinalCommitment) => sha256d(Uint8Array.of(type), quorumHash, requestId);
    const [quorum] = [...quorums.values()]
      .filter(({ llmqType }) => llmqType === type)
      .sort((a, b) => compareBytes(score(a), score(b)));
    return quorum !== undefined && this.isSignedBy(quorum, requestId, blockHash, sig);
  }
}

function schemeOf(entry: SmlEntry): "legacy" | "basic" {
  return entry.version === 1 ? "legacy" : "basic";
}

function toMember(entry: SmlEntry): ListedMember {
  return {
    entry,
    proRegTxHash: entry.proRegTxHash,
    id: toHashHex(entry.proRegTxHash),
    confirmedHash: entry.confirmedHash,
    isValid: entry.isValid,
    isEvo: entry.type === MnType.evo,
    uniqueProperties: [],
  };
}

function applyEntries(before: Pick<KnownList, "entries">, diff: MnListDiff): Map<string, SmlEntry> {
  const entries = new Map(before.entries);
  for (const hash of diff.deletedMNs) expect(entries.delete(toHashHex(hash))).toBe(true);
  for (const entry of diff.mnList) entries.set(toHashHex(entry.proRegTxHash), entry);
  return entries;
}

function applyQuorums(before: Pick<KnownList, "quorums">, diff: MnListDiff): Map<string, FinalCommitment> {
  const quorums = new Map(before.quorums);
  const key = (type: number, hash: Hash256) => `${type} ${toHashHex(hash)}`;
  for (const { llmqType, quorumHash } of diff.deletedQuorums) {
    expect(quorums.delete(key(llmqType, quorumHash))).toBe(true);
  }
  for (const each of diff.newQuorums) quorums.set(key(each.llmqType, each.quorumHash), each);
  return quorums;
}

function listRoot(entries: ReadonlyMap<string, SmlEntry>): Hash256 {
  const sorted = [...entries.values()].sort((a, b) => compareBytes(a.proRegTxHash, b.proRegTxHash));
  return computeMerkleRoot(sorted.map(computeEntryHash)).root;
}

function quorumRoot(quorums: ReadonlyMap<string, FinalCommitment>): Hash256 {
  return computeMerkleRoot([...quorums.values()].map(computeCommitmentLeaf).sort(compareBytes)).root;
}

/** Asks for all headers of a short chain. */
export async function syncHeaders(simnet: Simnet, peer: TestPeer): Promise<LightVerifier> {
  const genesis = simnet.chain.block(0);
  const zero = new Uint8Array(32) as BlockHash;
  peer.send({ command: "getheaders", payload: { version: 70240, locator: [genesis.hash], hashStop: zero } });
  const headers = readHeaders(await peer.next("headers"));
  const following = [...headers.slice(1).map(({ prevBlockHash }) => prevBlockHash), simnet.tip.hash];
  return new LightVerifier(paramsFromFile(simnet.params), peer, [
    { hash: genesis.hash, merkleRoot: genesis.header.merkleRoot },
    ...headers.map(({ merkleRoot }, i) => ({ hash: following[i] as BlockHash, merkleRoot })),
  ]);
}
