import { hexToBytes } from "@noble/hashes/utils.js";
import { beforeAll, describe, expect, it } from "vitest";
import type { QuorumEntry } from "../engine/quorumSet.ts";
import { EMPTY_ENGINE, type EngineState, newestList, type QuorumStatus } from "../engine/state.ts";
import {
  basicPublicKey,
  explainUnknown,
  formatService,
  masternodeRows,
  quorumMemberRows,
  quorumRows,
  quorumTypeRows,
} from "../rows.ts";
import { RecordedChain } from "../sync/test/recordedChain.ts";
import { decode } from "../wire/codec.ts";
import { type SmlEntry, smlEntry } from "../wire/smlEntry.ts";
import { hasVectors, readVectorJson } from "./vectors.ts";

const FOLDER = "regtest/cycle-a";
const NEEDED_TYPES = [100, 103, 106];

/** An entry with the 18 bytes of a plain address, or with extended ones. */
function entryWith(version: "0200" | "0300", netInfo: string): SmlEntry {
  const tail = `${"81".repeat(48)}${"02".repeat(20)}01`;
  return decode(smlEntry, hexToBytes(`${version}${"aa".repeat(32)}${"bb".repeat(32)}${netInfo}${tail}0000`));
}

describe("an address", () => {
  it.each([
    ["an IPv4 address", "00000000000000000000ffffc0000201270f", "192.0.2.1:9999"],
    ["an IPv4 address of zeros", "00000000000000000000ffff00000000270f", "0.0.0.0:9999"],
    ["none", "000000000000000000000000000000000000", undefined],
    ["none, with a port", "00000000000000000000000000000000270f", undefined],
    // RFC 5952, section by section.
    ["4.1 leading zeros", "20010db8000a000b000c000d000e000f0050", "[2001:db8:a:b:c:d:e:f]:80"],
    ["4.2.1 as much as possible", "20010db8000000000000000000020001270f", "[2001:db8::2:1]:9999"],
    ["4.2.2 no single group", "20010db80000000100010001000100010050", "[2001:db8:0:1:1:1:1:1]:80"],
    ["4.2.3 the longest run", "20010000000000010000000000000001270f", "[2001:0:0:1::1]:9999"],
    ["4.2.3 the first of equals", "20010db8000000000001000000000001270f", "[2001:db8::1:0:0:1]:9999"],
    [
      "4.3 lower case",
      "abcdef01234567890abcdef012345678270f",
      "[abcd:ef01:2345:6789:abc:def0:1234:5678]:9999",
    ],
    ["loopback: zeros at the start", "00000000000000000000000000000001270f", "[::1]:9999"],
    ["zeros at the end", "fe800000000000000000000000000000270f", "[fe80::]:9999"],
    ["almost IPv4", "000000000000000000010000c0000201270f", "[::1:0:c000:201]:9999"],
  ])("is written for %s", (_what, netInfo, expected) => {
    expect(formatService(entryWith("0200", netInfo))).toBe(expected);
  });

  it.each([
    ["IPv4", "010100010101047f000001270f", "127.0.0.1:9999"],
    ["the first of several", "010100020101047f000001270f010104c0000201270f", "127.0.0.1:9999"],
    ["IPv6", "0101000101021020010db8000000000000000000000001270f", "[2001:db8::1]:9999"],
    ["CJDNS, which is IPv6 to look at", `01010001010610fc${"00".repeat(14)}01270f`, "[fc00::1]:9999"],
    ["Tor", `01010001010420${"22".repeat(32)}270f`, `${"22".repeat(32)}:9999`],
    ["a domain", "01010001020b6578616d706c652e6f726701bb", "example.org:443"],
    ["one marked invalid", "01010001ff", undefined],
    ["a purpose without any", "01010000", undefined],
    ["none at all", "0100", undefined],
    ["of an unknown format", "02", undefined],
    ["Platform's only", "01010101010104c0000201270f", undefined],
    ["behind Platform's", "01020101010104c000020127100001010104c0000202270f", "192.0.2.2:9999"],
  ])("of version 3 is the core's: %s", (_what, netInfo, expected) => {
    expect(formatService(entryWith("0300", netInfo))).toBe(expected);
  });
});

const BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/** @returns the 20 bytes of an address, hex; its version and checksum are dropped */
function keyIdOf(address: string): string {
  const value = [...address].reduce((sum, character) => sum * 58n + BigInt(BASE58.indexOf(character)), 0n);
  return value.toString(16).padStart(50, "0").slice(2, 42);
}

/** What the node's RPC says of the same list. */
interface RpcEntry {
  readonly proRegTxHash: string;
  readonly confirmedHash: string;
  readonly service: string;
  readonly isValid: boolean;
  readonly nType: number;
  readonly nVersion: number;
  readonly pubKeyOperator: string;
  readonly votingAddress: string;
  readonly platformHTTPPort?: number;
  readonly platformNodeID?: string;
}

interface RpcQuorum {
  readonly llmqType: number;
  readonly quorumHash: string;
  readonly quorumHeight: number;
  readonly quorumIndex: number;
  readonly quorumPublicKey: string;
  readonly activeAtTip: boolean;
  readonly members: readonly { readonly proTxHash: string; readonly valid: boolean }[];
}

describe.runIf(hasVectors(FOLDER))("on the regtest capture cycle-a", () => {
  let recorded: RecordedChain;
  let unjudged: EngineState;
  let judged: EngineState;
  beforeAll(async () => {
    recorded = await RecordedChain.load();
    unjudged = recorded.fedFromTip();
    const needed = [...tipList(unjudged).quorums.values()].filter(({ commitment }) =>
      NEEDED_TYPES.includes(commitment.llmqType),
    );
    judged = await recorded.judge(unjudged, needed);
  });

  function tipList(state: EngineState) {
    const list = newestList(state);
    if (!list) throw new Error("no list");
    return list;
  }

  const rowsOf = (state: EngineState) => quorumRows(tipList(state), state, recorded.context, NEEDED_TYPES);
  const rpcQuorums = () =>
    readVectorJson<RpcQuorum[]>(`${FOLDER}/quorums.json`).filter(({ activeAtTip }) => activeAtTip);

  it("shows masternodes as the node's RPC does, in order of their hashes", () => {
    const { mnList } = readVectorJson<{ mnList: RpcEntry[] }>(`${FOLDER}/mnlistdiff/0-478.json`);
    const expected = mnList.map((entry) => ({
      proTxHash: entry.proRegTxHash,
      confirmedHash: entry.confirmedHash,
      service: entry.service,
      isValid: entry.isValid,
      isEvo: entry.nType === 1,
      pubKeyOperator: entry.pubKeyOperator,
      keyIDVoting: keyIdOf(entry.votingAddress),
      version: entry.nVersion,
      platformHTTPPort: entry.platformHTTPPort,
      platformNodeID: entry.platformNodeID,
    }));
    expected.sort((a, b) => (a.proTxHash < b.proTxHash ? -1 : 1));
    const rows = masternodeRows(tipList(judged));
    expect(rows).toEqual(expected);
    expect(rows.some(({ isEvo }) => isEvo)).toBe(true);
  });

  it("shows quorums as the node's RPC does, by type, newest first", () => {
    const rows = rowsOf(judged);
    const shown = rows.map((row) => [
      row.llmqType,
      row.height,
      row.quorumIndex,
      row.quorumHash,
      row.quorumPublicKey,
    ]);
    const expected = rpcQuorums()
      .sort(
        (a, b) => a.llmqType - b.llmqType || b.quorumHeight - a.quorumHeight || b.quorumIndex - a.quorumIndex,
      )
      .map((quorum) => [
        quorum.llmqType,
        quorum.quorumHeight,
        quorum.quorumIndex,
        quorum.quorumHash,
        quorum.quorumPublicKey,
      ]);
    expect(shown).toEqual(expected);
    for (const row of rows) {
      expect([row.signers.length, row.validMembers.length]).toEqual([row.size, row.size]);
      expect(row.isNeeded).toBe(NEEDED_TYPES.includes(row.llmqType));
    }
    expect([...new Set(rows.map(({ llmqType, name }) => `${llmqType} ${name}`))]).toEqual([
      "100 llmq_test",
      "102 llmq_test_v17",
      "103 llmq_test_dip0024",
      "106 llmq_test_platform",
    ]);
  });

  it("says of each quorum whether it is verified, and if not why, in one sentence", () => {
    const reasons = (state: EngineState) =>
      new Set(rowsOf(state).map(({ llmqType, status, reason }) => `${llmqType} ${status} ${reason ?? ""}`));
    expect(reasons(judged)).toEqual(
      new Set([
        "100 verified ",
        "102 unknown Not checked: the network signs nothing with this type.",
        "103 verified ",
        "106 verified ",
      ]),
    );
    expect(reasons(unjudged)).toContain("100 unknown Not checked yet.");
  });

  it.each<[QuorumStatus, string]>([
    [{ status: "invalid", reason: "quorum-signature" }, "The quorum's own signature is forged."],
    [{ status: "invalid", reason: "members-signature" }, "Its members did not sign it."],
    [
      { status: "unknown", reason: { code: "base-block-unknown" } },
      "It was formed below the first header this client has.",
    ],
    [
      { status: "unknown", reason: { code: "list-missing", height: 448 } },
      "The masternode list at block 448 is missing.",
    ],
    [
      { status: "unknown", reason: { code: "snapshot-missing", cycleHeight: 432 } },
      "The snapshot of the cycle at block 432 is missing.",
    ],
    [
      { status: "unknown", reason: { code: "snapshot-contradicted", cycleHeight: 456 } },
      "The snapshots peers sent for the cycle at block 456 do not fit its signatures.",
    ],
  ])("%o is explained", (status, sentence) => {
    const [quorum] = [...tipList(unjudged).quorums.values()];
    if (!quorum) throw new Error("no quorum");
    const state = { ...unjudged, statuses: new Map([[quorum.id, status]]) };
    const row = rowsOf(state).find(({ quorumPublicKey }) => quorumPublicKey === basicPublicKey(quorum));
    expect(row).toMatchObject({ status: status.status, reason: sentence });
    if (status.status === "unknown") expect(explainUnknown(status.reason)).toBe(sentence);
  });

  it("shows a quorum it cannot place, and a type it has no name for", () => {
    const context = {
      ...recorded.context,
      params: { ...recorded.context.params, llmqs: new Map() },
      chain: { ...recorded.context.chain, heightOf: () => undefined, hashAt: () => undefined },
    };
    const blind = { ...context, chain: { ...context.chain, merkleRootAt: () => undefined } };
    const rows = quorumRows(tipList(judged), judged, blind, []);
    const rotating = rows.filter(({ llmqType }) => llmqType === 103);
    expect(rotating.map(({ quorumIndex }) => quorumIndex)).toEqual([1, 0]);
    expect(rows.every(({ height, isNeeded }) => height === undefined && !isNeeded)).toBe(true);
    expect(new Set(rows.map(({ name }) => name))).toEqual(new Set(["100", "102", "103", "106"]));
    expect(quorumTypeRows(tipList(judged), judged, blind, []).map(({ name }) => name)).toEqual([
      "100",
      "102",
      "103",
      "106",
    ]);
  });

  it("counts quorums by type", () => {
    const counts = { total: 2, invalid: 0 };
    const verified = { ...counts, isNeeded: true, verified: 2, unknown: 0 };
    expect(quorumTypeRows(tipList(judged), judged, recorded.context, NEEDED_TYPES)).toEqual([
      { llmqType: 100, name: "llmq_test", ...verified },
      { llmqType: 102, name: "llmq_test_v17", ...counts, isNeeded: false, verified: 0, unknown: 2 },
      { llmqType: 103, name: "llmq_test_dip0024", ...verified },
      { llmqType: 106, name: "llmq_test_platform", ...verified },
    ]);
  });

  it("lists members in the order and with the flags that the node's RPC tells", () => {
    const quorums = [...tipList(judged).quorums.values()];
    const services = new Map(
      masternodeRows(tipList(judged)).map(({ proTxHash, service }) => [proTxHash, service]),
    );
    for (const { quorumPublicKey, members } of rpcQuorums()) {
      const quorum = quorums.find((entry) => basicPublicKey(entry) === quorumPublicKey);
      const rows = quorum && quorumMemberRows(quorum, judged, recorded.context);
      expect(rows?.map(({ proTxHash, isValidMember }) => ({ proTxHash, valid: isValidMember }))).toEqual(
        members.map(({ proTxHash, valid }) => ({ proTxHash, valid })),
      );
      expect(rows?.map(({ service }) => service)).toEqual(
        members.map(({ proTxHash }) => services.get(proTxHash)),
      );
      expect(rows?.filter(({ isSigner }) => isSigner).length).toBeGreaterThan(1);
    }
  });

  it("has no members to show while a list they are drawn from is missing", () => {
    const [quorum] = [...tipList(judged).quorums.values()];
    expect(quorum && quorumMemberRows(quorum, EMPTY_ENGINE, recorded.context)).toBeUndefined();
  });
});

describe.runIf(hasVectors("regtest/legacy-bls-d"))("a quorum key in the legacy encoding", () => {
  it("is shown in the basic one", () => {
    type Commitment = { version: number; quorumPublicKey: string; null: boolean };
    const mined = readVectorJson<Commitment[]>("regtest/legacy-bls-d/commitments.json");
    const legacy = mined.find(({ version, null: isNull }) => version <= 2 && !isNull);
    if (!legacy) throw new Error("no legacy commitment");
    const withKey = (version: number, hex: string) =>
      ({ commitment: { version, quorumPublicKey: hexToBytes(hex) } }) as unknown as QuorumEntry;
    const shown = basicPublicKey(withKey(legacy.version, legacy.quorumPublicKey));
    expect(shown).toMatch(/^[89ab][0-9a-f]{95}$/);
    expect(basicPublicKey(withKey(3, shown ?? ""))).toBe(shown);
    expect(shown).not.toBe(legacy.quorumPublicKey);
    expect(basicPublicKey(withKey(3, "ff".repeat(48)))).toBeUndefined();
  });
});
