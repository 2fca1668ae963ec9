import { existsSync } from "node:fs";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { describe, expect, it } from "vitest";
import { hasVectors, readVectorJson, vectorPath } from "../../test/vectors.ts";
import { readCbTx } from "../cbTx.ts";
import { type Bitset, countBits, decode, encode, isBitSet } from "../codec.ts";
import type { FinalCommitment } from "../finalCommitment.ts";
import { toHashHex } from "../hashes.ts";
import { extractMatches } from "../merkle.ts";
import { MAX_MASTERNODES, MAX_QUORUMS, type MnListDiff } from "../mnListDiff.ts";
import { getQRInfo, type QRInfo, type QuorumSnapshot, qrInfo, quorumSnapshot } from "../qrInfo.ts";
import { computeTxid } from "../tx.ts";
import {
  codeOf,
  decodeBothWays,
  decodeSame,
  factsOf,
  fileRecordings,
  REGTEST_SCENARIOS,
  type Recording,
  readRecording,
  regtestRecordings,
} from "./recordings.ts";

/** The diffs of a message by the names the recordings give them. */
function diffsByRole(info: QRInfo): Map<string, MnListDiff> {
  const diffs: [string, MnListDiff | undefined][] = [
    ["mnListDiffTip", info.mnListDiffTip],
    ["mnListDiffH", info.mnListDiffH],
    ["mnListDiffAtHMinusC", info.mnListDiffAtHMinusC],
    ["mnListDiffAtHMinus2C", info.mnListDiffAtHMinus2C],
    ["mnListDiffAtHMinus3C", info.mnListDiffAtHMinus3C],
    ["mnListDiffAtHMinus4C", info.atHMinus4C?.mnListDiff],
    ...info.mnListDiffList.map((diff, i): [string, MnListDiff] => [`mnListDiffList[${i}]`, diff]),
  ];
  return new Map(diffs.flatMap(([role, diff]) => (diff === undefined ? [] : [[role, diff]])));
}

function expectCoinbaseProven(diff: MnListDiff, label: string): void {
  const { matches } = extractMatches(diff);
  expect(matches, label).toEqual([{ position: 0, hash: computeTxid(diff.cbTx) }]);
}

interface SnapshotFacts {
  mnSkipListMode: number;
  activeQuorumMembersBits: number;
  activeQuorumMembersSet: number;
  mnSkipListLength: number;
}

interface QRInfoFacts {
  extraShare: boolean;
  diffsInApplyOrder: {
    role: string;
    baseBlockHash: string;
    blockHash: string;
    blockHeight: number;
    mnListEntries: number;
    deletedMNs: number;
    newQuorums: number;
    deletedQuorums: number;
    quorumsCLSigs: number;
  }[];
  quorumSnapshots: Record<string, SnapshotFacts>;
  quorumSnapshotList: SnapshotFacts[];
  lastCommitmentPerIndex: {
    quorumIndex: number;
    quorumHash: string;
    commitmentVersion: number;
    signers: number;
    validMembers: number;
  }[];
}

function snapshotFacts(snapshot: QuorumSnapshot): SnapshotFacts {
  return {
    mnSkipListMode: snapshot.mnSkipListMode,
    activeQuorumMembersBits: snapshot.activeQuorumMembers.length,
    activeQuorumMembersSet: countBits(snapshot.activeQuorumMembers),
    mnSkipListLength: snapshot.mnSkipList.length,
  };
}

for (const folder of ["mainnet/qrinfo", "testnet/qrinfo", "devnet/qrinfo"]) {
  if (!hasVectors(folder)) continue;
  describe(folder, () => {
    const recordings = fileRecordings(folder);
    it.each(recordings.filter(({ message }) => message === "qrinfo"))(
      "$file decodes to the facts recorded beside it",
      (entry) => {
        const info = decodeBothWays(
          "qrinfo",
          readRecording(folder, entry),
          entry.protocolVersion,
          entry.file,
        );
        const factsFile = recordings.find(({ file }) => file === entry.expectedFile);
        if (factsFile === undefined) throw new Error("no facts");
        readRecording(folder, factsFile);
        const facts = readVectorJson<QRInfoFacts>(`${folder}/${factsFile.file}`);
        const diffs = diffsByRole(info);
        expect(info.atHMinus4C !== undefined).toBe(facts.extraShare);
        expect([...diffs.keys()].sort()).toEqual(facts.diffsInApplyOrder.map(({ role }) => role).sort());
        for (const expected of facts.diffsInApplyOrder) {
          const diff = diffs.get(expected.role);
          if (diff === undefined) throw new Error(expected.role);
          expectCoinbaseProven(diff, expected.role);
          expect(expected).toMatchObject({
            baseBlockHash: toHashHex(diff.baseBlockHash),
            blockHash: toHashHex(diff.blockHash),
            blockHeight: readCbTx(diff.cbTx)?.height,
            mnListEntries: diff.mnList.length,
            deletedMNs: diff.deletedMNs.length,
            newQuorums: diff.newQuorums.length,
            deletedQuorums: diff.deletedQuorums.length,
            quorumsCLSigs: diff.quorumsCLSigs.length,
          });
        }
        expect({
          atHMinusC: snapshotFacts(info.quorumSnapshotAtHMinusC),
          atHMinus2C: snapshotFacts(info.quorumSnapshotAtHMinus2C),
          atHMinus3C: snapshotFacts(info.quorumSnapshotAtHMinus3C),
          ...(info.atHMinus4C && { atHMinus4C: snapshotFacts(info.atHMinus4C.snapshot) }),
        }).toEqual(facts.quorumSnapshots);
        expect(info.quorumSnapshotList.map(snapshotFacts)).toEqual(facts.quorumSnapshotList);
        expect(facts.lastCommitmentPerIndex).toMatchObject(
          info.lastCommitmentPerIndex.map((commitment) => ({
            quorumIndex: commitment.quorumIndex,
            quorumHash: toHashHex(commitment.quorumHash),
            commitmentVersion: commitment.version,
            signers: countBits(commitment.signers),
            validMembers: countBits(commitment.validMembers),
          })),
        );
      },
    );
  });
}

interface RegtestDiffFacts {
  baseHeight: number;
  height: number;
  mnList: number;
  deletedMNs: number;
  newQuorums: number;
  deletedQuorums: number;
  clsigs: number;
}

interface RegtestSnapshot {
  mode: number;
  activeQuorumMembers: string;
  skipList: number[];
}

interface RegtestFacts {
  mnListDiffTip: RegtestDiffFacts;
  mnListDiffH: RegtestDiffFacts;
  mnListDiffAtHMinusC: RegtestDiffFacts;
  mnListDiffAtHMinus2C: RegtestDiffFacts;
  mnListDiffAtHMinus3C: RegtestDiffFacts;
  mnListDiffAtHMinus4C?: RegtestDiffFacts;
  snapshots: RegtestSnapshot[];
  snapshotAtHMinus4C?: RegtestSnapshot;
  lastCommitmentPerIndex: {
    quorumHash: string;
    quorumHeight: number;
    quorumIndex: number;
    nVersion: number;
  }[];
  quorumSnapshotList: RegtestSnapshot[];
  mnListDiffList: RegtestDiffFacts[];
}

interface RegtestQRInfo extends Recording<RegtestFacts> {
  readonly request: {
    readonly message: string;
    readonly payload: string;
    readonly baseBlockHashes: string[];
    readonly blockRequestHash: string;
    readonly extraShare: boolean;
  };
}

/** `quorum rotationinfo` of the same node. */
interface RpcRotationInfo {
  extraShare: boolean;
  quorumSnapshotAtHMinusC: RpcSnapshot;
  quorumSnapshotAtHMinus2C: RpcSnapshot;
  quorumSnapshotAtHMinus3C: RpcSnapshot;
  quorumSnapshotAtHMinus4C?: RpcSnapshot;
  lastCommitmentPerIndex: { quorumHash: string; quorumSig: string; membersSig: string; signers: string }[];
  mnListDiffTip: { blockHash: string; baseBlockHash: string };
}

interface RpcSnapshot {
  activeQuorumMembers: boolean[];
  mnSkipListMode: number;
  mnSkipList: number[];
}

function bitList(bits: Bitset): boolean[] {
  return Array.from({ length: bits.length }, (_, i) => isBitSet(bits, i));
}

function toRegtestSnapshot(snapshot: QuorumSnapshot): RegtestSnapshot {
  return {
    mode: snapshot.mnSkipListMode,
    activeQuorumMembers: bitList(snapshot.activeQuorumMembers)
      .map((bit) => (bit ? "1" : "0"))
      .join(""),
    skipList: [...snapshot.mnSkipList],
  };
}

function toRpcSnapshot(snapshot: QuorumSnapshot): RpcSnapshot {
  return {
    activeQuorumMembers: bitList(snapshot.activeQuorumMembers),
    mnSkipListMode: snapshot.mnSkipListMode,
    mnSkipList: [...snapshot.mnSkipList],
  };
}

for (const scenario of REGTEST_SCENARIOS) {
  describe(`${scenario}: qrinfo`, () => {
    const recordings = regtestRecordings<RegtestFacts>(scenario, "qrinfo") as RegtestQRInfo[];
    const chain = readVectorJson<{ height: number; hash: string }[]>(`${scenario}/chain.json`);
    const heights = new Map(chain.map(({ hash, height }) => [hash, height]));
    const heightOf = (hash: Uint8Array) => heights.get(toHashHex(hash));

    function toRegtestDiff(diff: MnListDiff): Partial<RegtestDiffFacts> {
      return {
        baseHeight: heightOf(diff.baseBlockHash),
        height: heightOf(diff.blockHash),
        mnList: diff.mnList.length,
        deletedMNs: diff.deletedMNs.length,
        newQuorums: diff.newQuorums.length,
        deletedQuorums: diff.deletedQuorums.length,
        clsigs: diff.quorumsCLSigs.length,
      };
    }

    it("decodes to the facts of the manifest and encodes to the same bytes, at its protocol version", () => {
      expect(recordings).toHaveLength(51);
      for (const entry of recordings) {
        const { protocolVersion, file } = entry;
        const info = decodeBothWays("qrinfo", readRecording(scenario, entry), protocolVersion, file);
        expect(
          {
            mnListDiffTip: toRegtestDiff(info.mnListDiffTip),
            mnListDiffH: toRegtestDiff(info.mnListDiffH),
            mnListDiffAtHMinusC: toRegtestDiff(info.mnListDiffAtHMinusC),
            mnListDiffAtHMinus2C: toRegtestDiff(info.mnListDiffAtHMinus2C),
            mnListDiffAtHMinus3C: toRegtestDiff(info.mnListDiffAtHMinus3C),
            snapshots: [
              info.quorumSnapshotAtHMinusC,
              info.quorumSnapshotAtHMinus2C,
              info.quorumSnapshotAtHMinus3C,
            ].map(toRegtestSnapshot),
            lastCommitmentPerIndex: info.lastCommitmentPerIndex.map((commitment) => ({
              quorumHash: toHashHex(commitment.quorumHash),
              quorumHeight: heightOf(commitment.quorumHash),
              quorumIndex: commitment.quorumIndex,
              nVersion: commitment.version,
            })),
            quorumSnapshotList: info.quorumSnapshotList.map(toRegtestSnapshot),
            mnListDiffList: info.mnListDiffList.map(toRegtestDiff),
            ...(info.atHMinus4C && {
              snapshotAtHMinus4C: toRegtestSnapshot(info.atHMinus4C.snapshot),
              mnListDiffAtHMinus4C: toRegtestDiff(info.atHMinus4C.mnListDiff),
            }),
          },
          file,
        ).toEqual(entry.expect);
        expect(info.atHMinus4C !== undefined, file).toBe(entry.request.extraShare);
        for (const [role, diff] of diffsByRole(info)) expectCoinbaseProven(diff, `${file} ${role}`);
      }
    });

    it("has the values that quorum rotationinfo of the same node shows", () => {
      let compared = 0;
      for (const entry of recordings) {
        const rpcFile = `${scenario}/${entry.file.replace(/\.bin$/, ".json")}`;
        // The answer at another version has other diffs; the RPC speaks the newest.
        if (!existsSync(vectorPath(rpcFile)) || entry.capturedAs !== undefined) continue;
        const info = decode(qrInfo(entry.protocolVersion), readRecording(scenario, entry));
        const rpc = readVectorJson<RpcRotationInfo>(rpcFile);
        expect(rpc, entry.file).toMatchObject({
          extraShare: info.atHMinus4C !== undefined,
          quorumSnapshotAtHMinusC: toRpcSnapshot(info.quorumSnapshotAtHMinusC),
          quorumSnapshotAtHMinus2C: toRpcSnapshot(info.quorumSnapshotAtHMinus2C),
          quorumSnapshotAtHMinus3C: toRpcSnapshot(info.quorumSnapshotAtHMinus3C),
          ...(info.atHMinus4C && { quorumSnapshotAtHMinus4C: toRpcSnapshot(info.atHMinus4C.snapshot) }),
          lastCommitmentPerIndex: info.lastCommitmentPerIndex.map((commitment: FinalCommitment) => ({
            quorumHash: toHashHex(commitment.quorumHash),
            quorumSig: bytesToHex(commitment.quorumSig),
            membersSig: bytesToHex(commitment.membersSig),
            signers: bytesToHex(commitment.signers.bytes),
          })),
          mnListDiffTip: {
            baseBlockHash: toHashHex(info.mnListDiffTip.baseBlockHash),
            blockHash: toHashHex(info.mnListDiffTip.blockHash),
          },
        });
        compared++;
      }
      expect(compared).toBeGreaterThan(3);
    });

    it("was asked for by a getqrinfo that decodes to its hashes", () => {
      for (const { request, protocolVersion, file } of recordings) {
        const asked = decodeBothWays("getqrinfo", hexToBytes(request.payload), protocolVersion, file);
        expect(asked.baseBlockHashes.map(toHashHex), file).toEqual(request.baseBlockHashes);
        expect(toHashHex(asked.blockRequestHash), file).toBe(request.blockRequestHash);
        expect(asked.extraShare, file).toBe(request.extraShare);
      }
    });
  });
}

describe("a snapshot", () => {
  it("has signed skips, relative to the first", () => {
    const snapshot = decodeSame(quorumSnapshot, hexToBytes(`01000000${"0517"}${"02"}05000000ffffffff`));
    expect(toRegtestSnapshot(snapshot)).toEqual({
      mode: 1,
      activeQuorumMembers: "11101",
      skipList: [5, -1],
    });
  });

  it("of mode 3, which no node builds, still decodes", () => {
    expect(decodeSame(quorumSnapshot, hexToBytes("030000000000")).mnSkipListMode).toBe(3);
  });

  it("with a padding bit set is refused", () => {
    expect(codeOf(() => decode(quorumSnapshot, hexToBytes("00000000053700")))).toBe("wire/non-canonical");
  });

  it("of more masternodes than the limit is refused", () => {
    const bits = MAX_MASTERNODES + 1;
    const bytes = new Uint8Array(4 + 3 + Math.ceil(bits / 8) + 1);
    bytes.set([0xfd, bits & 0xff, bits >> 8], 4);
    expect(factsOf(() => decode(quorumSnapshot, bytes))).toEqual({
      code: "wire/oversized",
      what: "activeQuorumMembers",
      size: bits,
      limit: MAX_MASTERNODES,
    });
  });
});

describe("a qrinfo by hand", () => {
  const diff = `0100${"11".repeat(32)}${"22".repeat(32)}0100000001${"33".repeat(32)}0101${"01000000000000000000"}0000000000`;
  const snapshot = "000000000000";
  const head = `${snapshot.repeat(3)}${diff.repeat(5)}`;

  it.each([
    ["without extraShare", `${head}00${"00"}${"00"}${"00"}`, undefined, 0],
    ["with extraShare", `${head}01${snapshot}${diff}${"00"}${"00"}${"00"}`, "22".repeat(32), 0],
    ["with two further cycles", `${head}00${"00"}02${snapshot.repeat(2)}02${diff.repeat(2)}`, undefined, 2],
  ])("%s decodes and encodes", (_, hex, blockHash, further) => {
    const info = decodeBothWays("qrinfo", hexToBytes(hex), 70240, "");
    expect(info.atHMinus4C && bytesToHex(info.atHMinus4C.mnListDiff.blockHash)).toBe(blockHash);
    expect([info.quorumSnapshotList.length, info.mnListDiffList.length]).toEqual([further, further]);
  });

  /** A count one above the limit, and bytes enough for it. */
  const tooMany = (limit: number, size: number) => {
    const count = limit + 1;
    const prefix = count < 0xfd ? [count] : [0xfd, count & 0xff, count >> 8];
    return `${bytesToHex(Uint8Array.from(prefix))}${"00".repeat(count * size + 600)}`;
  };

  it.each([
    ["mnSkipList", MAX_MASTERNODES, `${"00000000"}00${tooMany(MAX_MASTERNODES, 4)}`],
    ["lastCommitmentPerIndex", MAX_QUORUMS, `${head}00${tooMany(MAX_QUORUMS, 309)}`],
    // 32 indexes of three cycles are the most.
    ["quorumSnapshotList", 96, `${head}00${"00"}${tooMany(96, 6)}`],
    ["mnListDiffList", 96, `${head}00${"00"}${"00"}${tooMany(96, 84)}`],
    [
      "quorum indexes",
      MAX_QUORUMS,
      `${snapshot.repeat(3)}${diff.slice(0, -2)}01${"00".repeat(96)}${tooMany(MAX_QUORUMS, 2)}`,
    ],
  ])("with more %s than the limit of %i is refused, although the bytes are there", (what, limit, hex) => {
    expect(factsOf(() => decode(qrInfo(70240), hexToBytes(hex)))).toEqual({
      code: "wire/oversized",
      what,
      size: limit + 1,
      limit,
    });
  });

  it("encodes the diffs in it as the protocol version says", () => {
    const info = decode(qrInfo(70240), hexToBytes(`${head}00000000`));
    expect(encode(qrInfo(70229), info)).toHaveLength(encode(qrInfo(70240), info).length - 5);
    expect(encode(qrInfo(70224), info)).toHaveLength(encode(qrInfo(70240), info).length - 15);
  });
});

describe("getqrinfo", () => {
  it("may name no base", () => {
    const asked = decodeSame(getQRInfo, hexToBytes(`00${"ab".repeat(32)}01`));
    expect(asked).toMatchObject({ baseBlockHashes: [], extraShare: true });
  });

  if (hasVectors("p2p")) {
    it("of the documentation decodes to its hashes", () => {
      interface Sample {
        message: string;
        payload: string;
        decoded: { baseBlockHashes: string[]; blockRequestHash: string; extraShare: boolean };
      }
      const samples = readVectorJson<Sample[]>("p2p/samples.json");
      const sample = samples.find(({ message }) => message === "getqrinfo");
      if (sample === undefined) throw new Error("no sample");
      const asked = decodeBothWays("getqrinfo", hexToBytes(sample.payload), 70240, "");
      expect({
        baseBlockHashes: asked.baseBlockHashes.map(toHashHex),
        blockRequestHash: toHashHex(asked.blockRequestHash),
        extraShare: asked.extraShare,
      }).toEqual(sample.decoded);
    });
  }
});
