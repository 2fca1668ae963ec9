import { describe, expect, it } from "vitest";
import type { MasternodeRow, QuorumRow } from "../../worker/api.ts";
import { countMasternodes, filterMasternodes } from "../masternodeFilter.ts";
import { countSet, countStatuses, groupQuorums } from "../quorumGroups.ts";

function masternode(part: Partial<MasternodeRow>): MasternodeRow {
  return {
    proTxHash: "aa11",
    confirmedHash: "",
    service: "203.0.113.7:9999",
    isValid: true,
    isEvo: false,
    pubKeyOperator: "",
    keyIDVoting: "",
    version: 2,
    platformHTTPPort: undefined,
    platformNodeID: undefined,
    ...part,
  };
}

const MASTERNODES = [
  masternode({ proTxHash: "aa11" }),
  masternode({ proTxHash: "bb22", isValid: false }),
  masternode({ proTxHash: "cc33", isEvo: true, service: "[2001:DB8::1]:9999" }),
  masternode({ proTxHash: "dd44", isEvo: true, isValid: false, service: undefined }),
];

describe("filterMasternodes", () => {
  it.each([
    ["all", "", ["aa11", "bb22", "cc33", "dd44"]],
    ["enabled", "", ["aa11", "cc33"]],
    ["banned", "", ["bb22", "dd44"]],
    ["evo", "", ["cc33", "dd44"]],
    ["regular", "", ["aa11", "bb22"]],
    ["all", "b2", ["bb22"]],
    ["all", " BB22 ", ["bb22"]],
    ["all", "203.0.113", ["aa11", "bb22"]],
    ["enabled", "203.0.113", ["aa11"]],
    ["all", "2001:db8", ["cc33"]],
    ["all", "nothing", []],
  ] as const)("%s matching '%s'", (kind, query, hashes) => {
    expect(filterMasternodes(MASTERNODES, kind, query).map((row) => row.proTxHash)).toEqual(hashes);
  });

  it("counts every kind", () => {
    expect(countMasternodes(MASTERNODES)).toEqual({ all: 4, enabled: 2, banned: 2, evo: 2, regular: 2 });
  });
});

function quorum(part: Partial<QuorumRow>): QuorumRow {
  return {
    llmqType: 5,
    name: "llmq_60_75",
    quorumHash: "aa",
    quorumIndex: 0,
    height: 1976,
    status: "verified",
    reason: undefined,
    quorumPublicKey: "",
    size: 3,
    signers: [true, false, true],
    validMembers: [true, true, true],
    isNeeded: true,
    ...part,
  };
}

const QUORUMS = [
  quorum({ llmqType: 1, quorumHash: "a1", isNeeded: false, status: "unknown" }),
  quorum({ quorumHash: "b1" }),
  quorum({ quorumHash: "b2", status: "invalid" }),
  quorum({ llmqType: 4, quorumHash: "c1" }),
];

describe("groupQuorums", () => {
  it("puts needed types first and keeps the order within", () => {
    const groups = groupQuorums(QUORUMS, undefined, "all");
    expect(groups.map((group) => [group.llmqType, group.rows.map((row) => row.quorumHash)])).toEqual([
      [4, ["c1"]],
      [5, ["b1", "b2"]],
      [1, ["a1"]],
    ]);
  });

  it("filters by type and status and leaves out empty groups", () => {
    expect(groupQuorums(QUORUMS, 5, "invalid").flatMap((group) => group.rows)).toEqual([QUORUMS[2]]);
    expect(groupQuorums(QUORUMS, 4, "invalid")).toEqual([]);
  });

  it("counts statuses and set bits", () => {
    expect(countStatuses(QUORUMS)).toEqual({ all: 4, verified: 2, unknown: 1, invalid: 1 });
    expect(countSet([true, false, true])).toBe(2);
  });
});
