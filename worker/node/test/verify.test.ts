import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { hasVectors, readVector, readVectorJson, vectorPath } from "../../test/vectors.ts";
import type { VerifyReport } from "../offlineVerifier.ts";
import { runVerify } from "../runVerify.ts";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../../..");
const scratch = mkdtempSync(join(tmpdir(), "dashlight-verify-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** The tool as the process it is. */
function runProcess(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const tsx = join(root, "node_modules/tsx/dist/cli.mjs");
  return spawnSync("node", [tsx, "worker/node/verify.ts", ...args], { cwd: root, encoding: "utf8" });
}

async function verify(...args: string[]): Promise<{ status: number; report: VerifyReport }> {
  const { status, stdout } = await runVerify(args);
  return { status, report: JSON.parse(stdout) as VerifyReport };
}

function scratchFile(name: string, content: string | Uint8Array): string {
  const path = join(scratch, name);
  writeFileSync(path, content);
  return path;
}

interface Expected {
  diffsInApplyOrder: { blockHash: string; blockHeight?: number }[];
  lastCommitmentPerIndex: { quorumHash: string; quorumHeight: number }[];
  nonRotatedQuorumsVerifiedFromListsAtHand?: { llmqType: number; quorumHash: string; quorumHeight: number }[];
}

/** Heights that the expectations name: height -> hash. */
function knownBlocks(path: string): Record<string, string> {
  const expected = readVectorJson<Expected>(path);
  const blocks: Record<string, string> = {};
  for (const { blockHeight, blockHash } of expected.diffsInApplyOrder) {
    if (blockHeight !== undefined) blocks[blockHeight] = blockHash;
  }
  const quorums = [
    ...expected.lastCommitmentPerIndex,
    ...(expected.nonRotatedQuorumsVerifiedFromListsAtHand ?? []),
  ];
  for (const { quorumHeight, quorumHash } of quorums) blocks[quorumHeight] = quorumHash;
  return blocks;
}

const countVerified = (report: VerifyReport, isRotating: boolean, rotatingType: number) =>
  report.quorums.filter((q) => q.status === "verified" && (q.llmqType === rotatingType) === isRotating)
    .length;

const QRINFOS = [
  {
    network: "mainnet",
    name: "2449949",
    protocol: 70236,
    rotating: 32,
    others: 7,
    companion: "mnlistdiff_0_2449941_p70236",
  },
  {
    network: "mainnet",
    name: "2028764",
    protocol: 70230,
    rotating: 32,
    others: 7,
    companion: "mnlistdiff_0_2028691_p70230",
  },
  { network: "testnet", name: "849809", protocol: 70228, rotating: 32, others: 0, headers: [846500, 850999] },
  { network: "testnet", name: "905294", protocol: 70230, rotating: 32, others: 3, headers: [899800, 905999] },
  { network: "devnet", name: "paloma_15184", protocol: 70240, rotating: 2, others: 0 },
];

if (["mainnet/qrinfo", "testnet/qrinfo", "devnet/qrinfo"].some(hasVectors)) {
  describe("verify on qrinfos of real networks", () => verifyRealNetworks());
}

function verifyRealNetworks(): void {
  for (const { network, name, protocol, rotating, others, companion, headers } of QRINFOS) {
    if (!hasVectors(`${network}/qrinfo`)) continue;
    it(`${network} ${name}: ${rotating} rotating and ${others} other quorums`, async () => {
      const base = `${network}/qrinfo/qrinfo_${name}`;
      const args = ["--network", network];
      if (headers) {
        args.push("--headers", vectorPath(`${network}/headers/headers_${headers.join("_")}.bin`));
        args.push("--from", String(headers[0]));
      } else {
        const blocks = JSON.stringify(knownBlocks(`${base}_expected.json`));
        args.push("--blocks", scratchFile(`${network}-${name}.json`, blocks));
      }
      if (companion) args.push(`mnlistdiff@${protocol}:${vectorPath(`mainnet/mnlistdiff/${companion}.bin`)}`);
      args.push(`qrinfo@${protocol}:${vectorPath(`${base}_p${protocol}.bin`)}`);
      const { status, report } = await verify(...args);
      const rotatingType = network === "devnet" ? 105 : 5;
      expect(status).toBe(0);
      expect(report.messages.every(({ ok }) => ok)).toBe(true);
      expect(countVerified(report, true, rotatingType)).toBeGreaterThanOrEqual(rotating);
      expect(countVerified(report, false, rotatingType)).toBeGreaterThanOrEqual(others);
      const announced = readVectorJson<Expected>(`${base}_expected.json`).lastCommitmentPerIndex;
      for (const { quorumHash } of announced) {
        const found = report.quorums.find((q) => q.llmqType === rotatingType && q.quorumHash === quorumHash);
        expect(found?.status, quorumHash).toBe("verified");
      }
      expect(new Set(report.lists.map((list) => list.header))).toEqual(
        new Set([headers ? "verified" : "header-unknown"]),
      );
      expect(report.lists.every(({ roots }) => roots === "match")).toBe(true);
    });
  }

  if (hasVectors("testnet/chainlock")) {
    it("verifies testnet's ChainLock 905775 and says what is not known of its quorum", async () => {
      const { status, report } = await verify(
        ...["--network", "testnet", "--headers", vectorPath("testnet/headers/headers_899800_905999.bin")],
        ...[
          "--from",
          "899800",
          `mnlistdiff@70230:${vectorPath("testnet/mnlistdiff/mnlistdiff_0_905762_p70230.bin")}`,
        ],
        `clsig:${vectorPath("testnet/chainlock/clsig_905775.bin")}`,
      );
      expect(status).toBe(0);
      expect(report.chainLocks).toEqual([
        {
          file: vectorPath("testnet/chainlock/clsig_905775.bin"),
          height: 905775,
          blockHash: "000000e832ac791591489ccfbb531ace828e1465b68b203158c9974c4c2b23b5",
          quorumHash: "0000000472494322447f539a0f784bf60f374899893a1d5312d920998f00c688",
          status: "verified",
          reason: "quorum members list-missing 905248",
        },
      ]);
    });
  }

  if (hasVectors("mainnet/mnlistdiff")) {
    it("recognises a framed capture", async () => {
      const file = vectorPath("mainnet/mnlistdiff/mnlistdiff_0_2221605_framed.bin");
      const { status, report } = await verify("--network", "mainnet", `mnlistdiff:${file}`);
      expect(status).toBe(0);
      expect(report.lists).toEqual([
        {
          height: 2221605,
          masternodes: 3170,
          valid: 2345,
          quorums: 88,
          roots: "match",
          header: "header-unknown",
        },
      ]);
    });
  }
}

describe("verify on a regtest capture", () => {
  const folder = vectorPath("regtest/cycle-a");
  const given = [
    "--network",
    "regtest",
    "--params",
    `${folder}/params.json`,
    "--blocks",
    `${folder}/chain.json`,
  ];
  const workBlocks = `qrinfo:${folder}/qrinfo/478x-bnone@70240.bin`;
  const fullList = `mnlistdiff:${folder}/mnlistdiff/zero-478.bin`;

  it("verifies lists, every quorum of the tip, a ChainLock and an InstantSend lock against checked headers", async () => {
    const { status, report } = await verify(
      ...given,
      workBlocks,
      fullList,
      `clsig:${folder}/clsig/456.bin`,
      `isdlock:${folder}/isdlock/442555dab1fd9be6.bin`,
    );
    expect(status).toBe(0);
    expect(report.lists.map(({ height, header }) => `${height} ${header}`)).toEqual(
      [352, 376, 400, 424, 448, 478].map((height) => `${height} verified`),
    );
    const active = readVectorJson<{ llmqType: number; quorumHash: string; activeAtTip: boolean }[]>(
      "regtest/cycle-a/quorums.json",
    ).filter(({ activeAtTip }) => activeAtTip);
    expect(active.length).toBe(8);
    for (const { llmqType, quorumHash } of active) {
      const found = report.quorums.find((q) => q.llmqType === llmqType && q.quorumHash === quorumHash);
      expect(found?.status).toBe("verified");
    }
    expect(report.chainLocks.map(({ height, status, reason }) => ({ height, status, reason }))).toEqual([
      { height: 456, status: "verified", reason: undefined },
    ]);
    expect(report.instantLocks.length).toBe(1);
  });

  it("names the code of a flipped bit in a list, reports the mismatch, and exits with 1", async () => {
    const diff = readVector("regtest/cycle-a/mnlistdiff/zero-478.bin").slice();
    const entry = Buffer.from(diff).indexOf(Buffer.from("0f2b", "hex"), 400);
    const position = entry > 0 ? entry : 600;
    diff[position] = (diff[position] as number) ^ 1;
    const { status, report } = await verify(...given, `mnlistdiff:${scratchFile("flipped.bin", diff)}`);
    expect(status).toBe(1);
    expect(report.messages[0]?.error?.code).toBe("engine/merkle-root-mismatch");
    expect(report.lists.map(({ height, roots }) => ({ height, roots }))).toEqual([
      { height: 478, roots: "mismatch" },
    ]);
  });

  it("calls a ChainLock with another signature invalid", async () => {
    const lock = readVector("regtest/cycle-a/clsig/456.bin").slice();
    lock.set(readVector("regtest/cycle-a/clsig/455.bin").subarray(36), 36);
    const { status, report } = await verify(...given, workBlocks, `clsig:${scratchFile("forged.bin", lock)}`);
    expect(status).toBe(1);
    expect(report.chainLocks.map(({ status }) => status)).toEqual(["invalid"]);
  });

  it("reports a truncated payload and goes on", async () => {
    const cut = readVector("regtest/cycle-a/mnlistdiff/zero-478.bin").subarray(0, 900);
    const { status, report } = await verify(...given, `mnlistdiff:${scratchFile("cut.bin", cut)}`, fullList);
    expect(status).toBe(1);
    expect(report.messages.map(({ ok, error }) => error?.code ?? ok)).toEqual(["wire/truncated", true]);
  });

  it("refuses headers that do not link", async () => {
    const chain = readVectorJson<{ height: number; header: string }[]>("regtest/cycle-a/chain.json");
    const headers = chain.slice(100, 140).map(({ header }) => Buffer.from(header, "hex"));
    headers.splice(20, 1);
    const { status, stderr } = await runVerify([
      ...["--network", "regtest", "--params", `${folder}/params.json`],
      ...["--headers", scratchFile("gap.bin", Buffer.concat(headers)), "--from", "100", fullList],
    ]);
    expect(status).toBe(2);
    expect(stderr).toContain("chain/unknown-parent");
  });
});

describe("verify as a process", () => {
  it("prints one JSON object and nothing else, and ends with 0", () => {
    const folder = vectorPath("regtest/cycle-a");
    const { status, stdout, stderr } = runProcess(
      ...["--network", "regtest", "--params", `${folder}/params.json`, "--blocks", `${folder}/chain.json`],
      `mnlistdiff:${folder}/mnlistdiff/zero-478.bin`,
    );
    expect(status).toBe(0);
    expect(stderr).toBe("");
    expect(Object.keys(JSON.parse(stdout))).toEqual([
      ...["messages", "lists", "quorums", "chainLocks", "instantLocks"],
    ]);
  });

  it("says on stderr what is wrong with its arguments, and ends with 2", () => {
    const { status, stdout, stderr } = runProcess("--network", "mainnet");
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toContain("no KIND:FILE given");
  });
});

describe("verify's arguments", () => {
  it.each([
    [["mnlistdiff:x"], "--network is missing"],
    [["--network", "litecoin", "mnlistdiff:x"], "params/unknown-network"],
    [["--network", "mainnet"], "no KIND:FILE given"],
    [["--network", "mainnet", "block:x"], "not KIND[@PROTOCOL]:FILE"],
    [["--network", "mainnet", "--headers", "x", "mnlistdiff:x"], "--from HEIGHT"],
    [["--network", "mainnet", "--colour", "mnlistdiff:x"], "--colour"],
    [["--network", "mainnet", "mnlistdiff:/nowhere/at/all"], "no such file"],
  ])("%j exits with 2 and says why", async (args, words) => {
    const { status, stdout, stderr } = await runVerify(args);
    expect(status).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain(words);
  });
});
