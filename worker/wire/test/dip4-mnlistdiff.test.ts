import { existsSync } from "node:fs";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { describe, expect, it } from "vitest";
import { hasVectors, readVectorJson, vectorPath } from "../../test/vectors.ts";
import { readCbTx } from "../cbTx.ts";
import { decode } from "../codec.ts";
import { FrameDecoder } from "../frame.ts";
import { toHashHex } from "../hashes.ts";
import { extractMatches, MAX_TRANSACTIONS } from "../merkle.ts";
import { MAX_MASTERNODES, MAX_QUORUMS, type MnListDiff, mnListDiff } from "../mnListDiff.ts";
import { isExtNetInfo, type SmlEntry } from "../smlEntry.ts";
import { computeTxid } from "../tx.ts";
import {
  addressKeyId,
  codeOf,
  countBy,
  decodeBothWays,
  factsOf,
  fileRecordings,
  llmqName,
  REGTEST_SCENARIOS,
  type Recording,
  readRecording,
  regtestRecordings,
  reversedHex,
  serviceText,
} from "./recordings.ts";

interface CbTxFacts {
  version: number;
  height: number;
  merkleRootMNList: string;
  merkleRootQuorums?: string;
  bestCLHeightDiff?: number;
  bestCLSignature?: string;
  creditPoolBalance?: number;
}

/** What the manifests of main and test network say about one diff; `afterApply` is the engine's to prove. */
interface DiffFacts {
  nVersion: number;
  baseBlockHash: string;
  blockHash: string;
  blockHeight: number;
  totalTransactions: number;
  headerMerkleRootFromProof: string;
  cbTxId: string;
  cbTx: CbTxFacts;
  deletedMNs: number;
  mnListEntries: number;
  mnEntriesByVersion: Record<string, number>;
  evoEntries: number;
  invalidEntries: number;
  deletedQuorums: number;
  newQuorums: number;
  newQuorumsByType: Record<string, number>;
  quorumCommitmentVersions: Record<string, number>;
  quorumsCLSigs: number;
}

function cbTxFacts(diff: MnListDiff): CbTxFacts | undefined {
  const payload = readCbTx(diff.cbTx);
  if (payload === undefined) return undefined;
  const { version, height, chainLock } = payload;
  return {
    version,
    height,
    merkleRootMNList: toHashHex(payload.merkleRootMNList),
    ...(payload.merkleRootQuorums && { merkleRootQuorums: toHashHex(payload.merkleRootQuorums) }),
    ...(chainLock && {
      bestCLHeightDiff: chainLock.bestCLHeightDiff,
      bestCLSignature: bytesToHex(chainLock.bestCLSignature),
      creditPoolBalance: Number(chainLock.creditPoolBalance),
    }),
  };
}

function decodedFacts(diff: MnListDiff): DiffFacts {
  const proof = extractMatches(diff);
  expect(proof.matches.map(({ position, hash }) => [position, toHashHex(hash)])).toEqual([
    [0, toHashHex(computeTxid(diff.cbTx))],
  ]);
  const cbTx = cbTxFacts(diff);
  if (cbTx === undefined) throw new Error("no coinbase payload");
  return {
    nVersion: diff.version,
    baseBlockHash: toHashHex(diff.baseBlockHash),
    blockHash: toHashHex(diff.blockHash),
    blockHeight: cbTx.height,
    totalTransactions: diff.totalTransactions,
    headerMerkleRootFromProof: toHashHex(proof.root),
    cbTxId: toHashHex(computeTxid(diff.cbTx)),
    cbTx,
    deletedMNs: diff.deletedMNs.length,
    mnListEntries: diff.mnList.length,
    mnEntriesByVersion: countBy(diff.mnList, (entry) => entry.version),
    evoEntries: diff.mnList.filter((entry) => entry.type === 1).length,
    invalidEntries: diff.mnList.filter((entry) => !entry.isValid).length,
    deletedQuorums: diff.deletedQuorums.length,
    newQuorums: diff.newQuorums.length,
    newQuorumsByType: countBy(diff.newQuorums, llmqName),
    quorumCommitmentVersions: countBy(diff.newQuorums, (commitment) => commitment.version),
    quorumsCLSigs: diff.quorumsCLSigs.length,
  };
}

/** From V20 on (coinbase payload of version 3) each index of newQuorums belongs to exactly one signature. */
function expectIndexesPartition(diff: MnListDiff, label: string): void {
  const indexes = diff.quorumsCLSigs.flatMap((group) => group.indexes).sort((a, b) => a - b);
  const isV20 = readCbTx(diff.cbTx)?.version === 3;
  expect(indexes, label).toEqual(isV20 ? diff.newQuorums.map((_, i) => i) : []);
}

for (const folder of ["mainnet/mnlistdiff", "testnet/mnlistdiff"]) {
  if (!hasVectors(folder)) continue;
  describe(folder, () => {
    it.each(fileRecordings<DiffFacts>(folder))("$file decodes to the facts of the manifest", (entry) => {
      const recorded = readRecording(folder, entry);
      const payload = entry.framed ? unframe(recorded) : recorded;
      const diff = decodeBothWays("mnlistdiff", payload, entry.protocolVersion, entry.file);
      const { nVersion, ...expected } = entry.expected;
      const { nVersion: version, ...facts } = decodedFacts(diff);
      expect(version).toBe(nVersion ?? 1);
      expect(expected).toMatchObject(facts);
      if (entry.protocolVersion >= 70230) expectIndexesPartition(diff, entry.file);
    });
  });
}

function unframe(bytes: Uint8Array): Uint8Array {
  const [frame] = new FrameDecoder(bytes.subarray(0, 4)).push(bytes);
  if (frame?.kind !== "message") throw new Error("no message");
  return frame.payload;
}

interface RegtestFacts {
  cbTxid: string;
  merkleRootMNList: string | null;
  merkleRootQuorums: string | null;
  mnListCount: number;
  deletedMNs: number;
  newQuorums: number;
  deletedQuorums: number;
  clsigCount: number;
  nVersion: number;
  baseBlockHash?: string;
  blockHash?: string;
  quirk?: string;
}

interface RegtestDiff extends Recording<RegtestFacts> {
  readonly height: number;
  readonly request: {
    readonly message: string;
    readonly payload: string;
    readonly baseBlockHash: string;
    readonly blockHash: string;
  };
}

interface ChainBlock {
  header: string;
  hash: string;
  /** not recorded for genesis, which has one */
  txids?: string[];
}

/** `protx diff` of the same node. */
interface RpcDiff {
  mnList: {
    nVersion: number;
    nType: number;
    proRegTxHash: string;
    confirmedHash: string;
    service: string;
    pubKeyOperator: string;
    votingAddress: string;
    isValid: boolean;
    platformHTTPPort?: number;
    platformNodeID?: string;
  }[];
  deletedMNs: string[];
  deletedQuorums: { llmqType: number; quorumHash: string }[];
  newQuorums: {
    version: number;
    llmqType: number;
    quorumHash: string;
    quorumIndex: number;
    signers: string;
    signersCount: number;
    validMembers: string;
    validMembersCount: number;
    quorumPublicKey: string;
    quorumVvecHash: string;
    quorumSig: string;
    membersSig: string;
  }[];
  quorumsCLSigs: Record<string, number[]>[];
  cbTx: string;
  cbTxMerkleTree: string;
}

function toRpcEntry(entry: SmlEntry): RpcDiff["mnList"][number] {
  if (isExtNetInfo(entry.netInfo)) throw new Error("extended addresses");
  return {
    nVersion: entry.version,
    nType: entry.type,
    proRegTxHash: toHashHex(entry.proRegTxHash),
    confirmedHash: toHashHex(entry.confirmedHash),
    service: serviceText(entry.netInfo),
    pubKeyOperator: bytesToHex(entry.pubKeyOperator),
    votingAddress: bytesToHex(entry.keyIDVoting),
    isValid: entry.isValid,
    ...(entry.platformHTTPPort !== undefined && { platformHTTPPort: entry.platformHTTPPort }),
    ...(entry.platformNodeID && { platformNodeID: reversedHex(entry.platformNodeID) }),
  };
}

function expectSameAsRpc(diff: MnListDiff, rpc: RpcDiff, label: string): void {
  const entries = rpc.mnList.map((entry) => ({ ...entry, votingAddress: addressKeyId(entry.votingAddress) }));
  expect(entries, label).toMatchObject(diff.mnList.map(toRpcEntry));
  expect(diff.deletedMNs.map(toHashHex), label).toEqual(rpc.deletedMNs);
  expect(
    diff.deletedQuorums.map(({ llmqType, quorumHash }) => ({ llmqType, quorumHash: toHashHex(quorumHash) })),
    label,
  ).toEqual(rpc.deletedQuorums);
  expect(
    diff.newQuorums.map((commitment) => ({
      version: commitment.version,
      llmqType: commitment.llmqType,
      quorumHash: toHashHex(commitment.quorumHash),
      quorumIndex: commitment.quorumIndex,
      signers: bytesToHex(commitment.signers.bytes),
      validMembers: bytesToHex(commitment.validMembers.bytes),
      quorumPublicKey: bytesToHex(commitment.quorumPublicKey),
      quorumVvecHash: toHashHex(commitment.quorumVvecHash),
      quorumSig: bytesToHex(commitment.quorumSig),
      membersSig: bytesToHex(commitment.membersSig),
    })),
    label,
  ).toEqual(rpc.newQuorums.map(({ signersCount: _, validMembersCount: __, ...rest }) => rest));
  expect(
    diff.quorumsCLSigs.map(({ signature, indexes }) => ({ [bytesToHex(signature)]: indexes })),
    label,
  ).toEqual(rpc.quorumsCLSigs);
}

for (const scenario of REGTEST_SCENARIOS) {
  describe(`${scenario}: mnlistdiff`, () => {
    const recordings = regtestRecordings<RegtestFacts>(scenario, "mnlistdiff") as RegtestDiff[];
    const chain = readVectorJson<ChainBlock[]>(`${scenario}/chain.json`);

    it("decodes to the facts of the manifest and encodes to the same bytes, at its protocol version", () => {
      expect(recordings.length).toBeGreaterThan(70);
      for (const entry of recordings) {
        const { protocolVersion, file } = entry;
        const diff = decodeBothWays("mnlistdiff", readRecording(scenario, entry), protocolVersion, file);
        const { quirk, ...expected } = entry.expect;
        const cbTx = readCbTx(diff.cbTx);
        expect(
          {
            baseBlockHash: toHashHex(diff.baseBlockHash),
            blockHash: toHashHex(diff.blockHash),
            cbTxid: toHashHex(computeTxid(diff.cbTx)),
            merkleRootMNList: cbTx ? toHashHex(cbTx.merkleRootMNList) : null,
            merkleRootQuorums: cbTx?.merkleRootQuorums ? toHashHex(cbTx.merkleRootQuorums) : null,
            mnListCount: diff.mnList.length,
            deletedMNs: diff.deletedMNs.length,
            newQuorums: diff.newQuorums.length,
            deletedQuorums: diff.deletedQuorums.length,
            clsigCount: diff.quorumsCLSigs.length,
            nVersion: diff.version,
          },
          file,
        ).toEqual({
          baseBlockHash: entry.request.baseBlockHash,
          blockHash: entry.request.blockHash,
          ...expected,
        });
        if (quirk === undefined) expect(cbTx?.height, file).toBe(entry.height);
        else expect(cbTx, file).toBeUndefined();
        expectIndexesPartition(diff, file);
      }
    });

    it("proves its coinbase to the merkle root of the header", () => {
      for (const entry of recordings) {
        const diff = decode(mnListDiff(entry.protocolVersion), readRecording(scenario, entry));
        const { root, matches } = extractMatches(diff);
        const block = chain[entry.height];
        if (block === undefined) throw new Error(entry.file);
        expect(bytesToHex(root), entry.file).toBe(block.header.slice(72, 136));
        expect(matches, entry.file).toEqual([{ position: 0, hash: computeTxid(diff.cbTx) }]);
        expect(diff.totalTransactions, entry.file).toBe(block.txids?.length ?? 1);
      }
    });

    it("has the values that protx diff of the same node shows", () => {
      let compared = 0;
      for (const entry of recordings) {
        const rpcFile = `${scenario}/${entry.file.replace(/\.bin$/, ".json")}`;
        if (!existsSync(vectorPath(rpcFile))) continue;
        const diff = decode(mnListDiff(entry.protocolVersion), readRecording(scenario, entry));
        expectSameAsRpc(diff, readVectorJson<RpcDiff>(rpcFile), entry.file);
        compared++;
      }
      expect(compared).toBeGreaterThan(10);
    });

    it("was asked for by a getmnlistd that decodes to its two hashes", () => {
      for (const { request, protocolVersion, file } of recordings) {
        const asked = decodeBothWays("getmnlistd", hexToBytes(request.payload), protocolVersion, file);
        expect(toHashHex(asked.baseBlockHash), file).toBe(request.baseBlockHash);
        expect(toHashHex(asked.blockHash), file).toBe(request.blockHash);
      }
    });
  });
}

/**
 * The smallest diff of each encoding, by hand: one transaction, one entry, nothing else.
 * Source: protocol/wire.md 4.3
 */
describe("the encoding by protocol version", () => {
  const head = `${"11".repeat(32)}${"22".repeat(32)}0100000001${"33".repeat(32)}0101`;
  const coinbase = "01000000000000000000"; // version 1, type 0, no inputs, no outputs, lock time 0
  const fields = `${"44".repeat(32)}${"55".repeat(32)}${"00".repeat(12)}7f000001270f${"66".repeat(48)}${"77".repeat(20)}01`;
  const cases: [number, string, number, number][] = [
    [70221, `${head}${coinbase}0001${fields}0000`, 1, 1],
    [70224, `${head}${coinbase}0001${fields}0000`, 1, 1],
    [70225, `${head}${coinbase}01000001${fields}0000`, 1, 1],
    [70226, `${head}${coinbase}02000001${fields}0000`, 2, 1],
    [70227, `${head}${coinbase}01000001${fields}0000`, 1, 1],
    [70227, `${head}${coinbase}02000001${fields}00000000`, 2, 2],
    [70228, `${head}${coinbase}010000010100${fields}0000`, 1, 1],
    [70228, `${head}${coinbase}010000010200${fields}00000000`, 1, 2],
    [70229, `0100${head}${coinbase}00010100${fields}0000`, 1, 1],
    [70230, `0100${head}${coinbase}00010200${fields}0000000000`, 1, 2],
    [70240, `0100${head}${coinbase}00010200${fields}0000000000`, 1, 2],
  ];

  it.each(cases)("at %i decodes and encodes %s", (protocolVersion, hex, version, entryVersion) => {
    const diff = decodeBothWays("mnlistdiff", hexToBytes(hex), protocolVersion, "");
    expect(diff.version).toBe(version);
    expect(diff.mnList.map((entry) => entry.version)).toEqual([entryVersion]);
    expect(diff.mnList.map((entry) => bytesToHex(entry.proRegTxHash))).toEqual(["44".repeat(32)]);
    expect(diff.quorumsCLSigs).toEqual([]);
  });

  it("refuses versions of the diff that no node sends", () => {
    const hex = `0300${head}${coinbase}0000000000`;
    expect(codeOf(() => decode(mnListDiff(70240), hexToBytes(hex)))).toBe("wire/unsupported-version");
    expect(codeOf(() => decode(mnListDiff(70240), hexToBytes(hex.replace("0300", "0000"))))).toBe(
      "wire/unsupported-version",
    );
  });

  it.each([
    ["merkle hashes", 0, MAX_TRANSACTIONS, 32],
    ["deletedMNs", 1, MAX_MASTERNODES, 32],
    ["mnList", 2, MAX_MASTERNODES, 136],
    ["deletedQuorums", 3, MAX_QUORUMS, 33],
    ["newQuorums", 4, MAX_QUORUMS, 309],
    ["quorumsCLSigs", 5, MAX_QUORUMS, 97],
  ])("refuses one more of %s than the limit, although the bytes are there", (what, before, limit, size) => {
    const start =
      what === "merkle hashes"
        ? `0100${head.slice(0, 136)}`
        : `0100${head}${coinbase}${"00".repeat(before - 1)}`;
    const prefix = hexToBytes(start);
    const count = limit + 1;
    const bytes = new Uint8Array(prefix.length + 3 + count * size + 100);
    bytes.set(prefix);
    bytes.set([0xfd, count & 0xff, count >> 8], prefix.length);
    expect(factsOf(() => decode(mnListDiff(70240), bytes))).toEqual({
      code: "wire/oversized",
      what,
      size: count,
      limit,
    });
  });
});
